"""The application: its screens, its themes, and how it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.screen import Screen

from tutor.settings.settings import SettingError, Settings, load, save
from tutor.settings.terminal import unicode_ok
from tutor.tui.palette import COLOURS, TERMINAL, theme_for, themes

if TYPE_CHECKING:
    from tutor.session.deriving.derivation import Derivation
    from tutor.session.session import Session


class BackpropTutor(App[int]):
    """The interface. It opens the home screen, or the stepper on a given session."""

    TITLE = "Backprop Tutor"
    CSS_PATH: ClassVar[str] = "styles/app.tcss"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] = [  # noqa: RUF012
        (0, "-tiny"),
        (11, "-low"),
        (20, "-high"),
        (32, "-tall"),
    ]
    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(
        self,
        session: Session | Derivation | None = None,
        *,
        plain: bool | None = None,
        settings: Settings | None = None,
        complaints: Sequence[str] = (),
    ) -> None:
        """session: what to step through or to derive; None opens the home screen. plain: draw with
        ASCII only; None asks the settings and the terminal. settings: what the person chose; None
        for what is chosen for everybody. complaints: what of that cannot be used, to be told."""
        self.settings = Settings() if settings is None else settings
        theme = theme_for(self.settings.theme)
        # The filter that obeys NO_COLOR is chosen there, before the theme: say which it will be.
        super().__init__(ansi_color=True if theme == TERMINAL else None)
        if plain is None and isinstance(self.settings.ascii, bool):
            plain = self.settings.ascii
        self.ascii_only = not unicode_ok() if plain is None else plain
        if not self.settings.motion:
            self.animation_level = "none"
        self._session = session
        self._derivations: dict[str, Derivation] = {}
        self._complaints = complaints
        for one in themes():
            self.register_theme(one)
        self.theme = theme

    def get_default_screen(self) -> Screen[None]:
        """The first screen: the home screen, or the one for what was given."""
        if self._session is None:
            from tutor.tui.screens.home import HomeScreen

            return HomeScreen()
        from tutor.session.session import Session

        if isinstance(self._session, Session):
            return self._stepper(self._session)
        from tutor.tui.screens.derive import DeriveScreen

        return DeriveScreen(self._session)

    def step_through(self, session: Session) -> None:
        """Open the stepper on a session, above what is open now."""
        self.push_screen(self._stepper(session))

    def derive(self, derivation: Derivation) -> None:
        """Open the derive screen on a derivation, above what is open now. Lines that were written
        for the same exercise before are there again."""
        from tutor.tui.screens.derive import DeriveScreen

        before = self._derivations.get(derivation.name)
        same = before is not None and before.exercise == derivation.exercise
        fresh = before if before is not None and same and not derivation.lines else derivation
        self.push_screen(DeriveScreen(fresh))

    def leave_derivation(self, derivation: Derivation) -> None:
        """Leave the derive screen; its lines are kept as long as the program runs."""
        self._derivations[derivation.name] = derivation
        self.back()

    def choose_exercise(self) -> None:
        """Open the list of exercises to derive."""
        from tutor.tui.screens.exercises import ExercisesScreen

        self.push_screen(ExercisesScreen())

    def _stepper(self, session: Session) -> Screen[None]:
        from tutor.actions.keymap import chosen
        from tutor.session.writing import preferred
        from tutor.tui.screens.stepper import StepperScreen

        keymap, odd = chosen(self.settings.keymap, self.settings.keys)
        screen = StepperScreen(preferred(session, self.settings), keymap)
        wrong = [*self._complaints, *odd]
        if wrong:
            screen.said = f"{wrong[0]} (backprop settings shows what is chosen)"
        return screen

    def back(self) -> None:
        """Leave the screen in front; the program with the last one."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.exit(0)

    async def on_event(self, event: events.Event) -> None:
        """Ask the screen in front first: it may be waiting for the second key of a chord."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            take = getattr(self.screen, "take_key", None)
            if take is not None and take(event.key):
                return
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers: the actions of the screen in front, the themes, the way out."""
        commands = getattr(screen, "commands", None)
        if commands is not None:
            yield from commands()
        for name in COLOURS:
            title = name.removeprefix("backprop-")
            told = _THEMES[title] + (", as now" if name == self.theme else "")
            yield SystemCommand(f"Colour theme: {title}", told, lambda n=name: self.use(n))
        yield SystemCommand("Quit", "Leave the program (ctrl+q)", self.action_quit)

    def use(self, theme: str) -> None:
        """Change to another theme, and keep it for the next time."""
        self.ansi_color = None
        self.theme = theme
        with suppress(OSError, SettingError):
            save("theme", theme.removeprefix("backprop-"))

    def _fatal_error(self) -> None:
        """Leave; `_run` raises the error again, for the door to report like any other."""
        self._close_messages_no_wait()

    def action_help_quit(self) -> None:
        """Say in the program's own line how one leaves: ctrl+c copies, it does not end anything."""
        say = getattr(self.screen, "say", None)
        if say is not None:
            say("ctrl+c does not leave: q goes back, ctrl+q leaves the program.")

    async def action_quit(self) -> None:
        self.exit(0)


_THEMES = {
    "dark": "Light text on a dark ground",
    "light": "Dark text on a light ground",
    "contrast": "White and bright colours on black",
    "terminal": "The terminal's own 16 colours",
}


def run_home(*, plain: bool | None = None) -> int:
    """Open the home screen and return the exit code."""
    settings, complaints = load()
    return _run(BackpropTutor(plain=plain, settings=settings, complaints=complaints))


def run_stepper(session: Session, *, plain: bool | None = None) -> int:
    """Open the stepper on a session and return the exit code."""
    settings, complaints = load()
    return _run(BackpropTutor(session, plain=plain, settings=settings, complaints=complaints))


def run_derive(derivation: Derivation, *, plain: bool | None = None) -> int:
    """Open the derive screen on a derivation and return the exit code."""
    settings, complaints = load()
    return _run(BackpropTutor(derivation, plain=plain, settings=settings, complaints=complaints))


def _run(app: BackpropTutor) -> int:
    code = app.run()
    if app._exception is not None:
        raise app._exception
    return app.return_code or code or 0
