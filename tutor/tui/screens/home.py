"""The home screen: type a function, go on with a recent one, or see what else there is."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from tutor.render.sanitise import sanitise
from tutor.settings import recent
from tutor.tui.one_line import one_line
from tutor.tui.opening import EXAMPLE, EXAMPLE_INPUTS, Fault, Ready, open_session, read
from tutor.tui.widgets.keybar import Key, KeyBar
from tutor.tui.widgets.line import Lines, Rule
from tutor.tui.widgets.menu import Entry, Menu
from tutor.tui.widgets.surface import Row

if TYPE_CHECKING:
    from tutor.session.session import Session
    from tutor.tui.app import BackpropTutor

_KEYS = (
    Key("enter", "step through it", "start"),
    Key("tab", "next field", "app.focus_next"),
    Key("↓", "recent", "list"),
    Key("f1", "help", "help"),
    Key("ctrl+p", "all actions", "palette"),
    Key("ctrl+q", "quit", "app.quit"),
)
_LIST_KEYS = (
    Key("enter", "open", "choose"),
    Key("tab", "type a function", "app.focus_next"),
    Key("d", "derive", "derive"),
    Key("?", "help", "help"),
    Key("ctrl+p", "all actions", "palette"),
    Key("q", "quit", "back"),
)
_SCREENS = (
    ("trace", "Trace a function", 'backprop trace "(x + y)*z" --at x=-2,y=5,z=-4'),
    ("derive", "Derive a gradient", "backprop derive NAME"),
    ("file", "A function of yours", "backprop trace loss.py:mse --at data.npz"),
    ("open", "A saved trace", "backprop open run.bptrace"),
    ("help", "Help", "backprop --help"),
)


class HomeScreen(Screen[None]):
    """Where one begins. Its first frame needs no NumPy: language and engine load behind it."""

    AUTO_FOCUS: ClassVar[str | None] = "#expression"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", show=False),
        Binding("ctrl+p", "palette", show=False),
        Binding("down", "list", show=False),
        Binding("escape", "leave", show=False),
        Binding("d", "derive", show=False),
        Binding("q", "back", show=False),
    ]

    class Opened(Message):
        """A target was opened beside the screen, or could not be."""

        def __init__(self, ready: Ready, opened: Session | Fault) -> None:
            self.ready = ready
            self.opened = opened
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._recent: list[recent.Recent] = []
        self._loaded = False
        self._deriving = False  # the exercises are wanted as soon as all is loaded
        self._stopped: Event | None = None  # while a target is opened beside the screen

    def compose(self) -> ComposeResult:
        yield Lines([[(" Backprop Tutor", "strong"), (_MOTTO, "quiet")]], id="title")
        yield Rule("Trace a function")
        with Container(classes="row"):
            yield Lines([[("   f", "quiet")]])
            yield Input(EXAMPLE, id="expression", select_on_focus=False)
        yield Lines(id="expression-caret")
        with Container(classes="row"):
            yield Lines([[("   at", "quiet")]])
            yield Input(EXAMPLE_INPUTS, id="inputs", select_on_focus=False)
        yield Lines(id="inputs-caret")
        yield Lines(id="verdict")
        yield Menu(id="home-list")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self._fill_list()
        self._show_keys()
        self.query_one("#verdict", Lines).show(_INVITATION)
        self.call_after_refresh(self._load)

    def on_screen_resume(self) -> None:
        self._fill_list()

    @work(thread=True, exclusive=True, group="load")
    def _load(self) -> None:
        """Import what reading needs, away from the event loop, then judge what stands there."""
        read(EXAMPLE, EXAMPLE_INPUTS)
        import tutor.session.session  # noqa: F401  (so that Enter opens at once)

        self.app.call_from_thread(self._now_loaded)

    def _now_loaded(self) -> None:
        self._loaded = True
        if self.is_attached:
            self._judge()
        if self._deriving:
            self.action_derive()

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._loaded:
            self._judge()

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Open the stepper on what stands in the fields."""
        ready = self._judge()
        if not isinstance(ready, Ready) or self._stopped is not None:
            return
        if not ready.slow:
            self._show_opened(ready, open_session(ready))
            return
        self._stopped = Event()
        self.say("Running it … esc stops it.")
        self._open_beside(ready, self._stopped)

    @work(thread=True, exclusive=True, group="open")
    def _open_beside(self, ready: Ready, stopped: Event) -> None:
        """A user's file may run long; the screen stays at hand."""
        opened = open_session(ready, stopped)
        if self.is_attached:
            self.post_message(self.Opened(ready, opened))

    @on(Opened)
    def _take_opened(self, message: Opened) -> None:
        self._show_opened(message.ready, message.opened)

    def _show_opened(self, ready: Ready, opened: Session | Fault) -> None:
        self._stopped = None
        if isinstance(opened, Fault):
            self._tell(opened)
            return
        recent.remember(recent.Recent(ready.text, ready.typed))
        self._app.step_through(opened)

    def on_unmount(self) -> None:
        if self._stopped is not None:
            self._stopped.set()

    def _judge(self) -> Ready | Fault:
        """Read both fields and say what is wrong, under the spot, or that one can start."""
        outcome = read(self._value("#expression"), self._value("#inputs"))
        self._tell(outcome)
        return outcome

    def _tell(self, outcome: Ready | Fault) -> None:
        carets: dict[str, Row] = {"expression": [], "inputs": []}
        verdict: list[Row] = [_INVITATION]
        if isinstance(outcome, Fault):
            typed = self.query_one(f"#{outcome.field}", Input)
            column = outcome.start - typed.scroll_offset.x
            marks = "^" * max(1, outcome.end - outcome.start)
            if 0 <= column < typed.size.width:
                carets[outcome.field] = [(" " * (_LABEL + column) + marks, "wrong")]
            verdict = self._told(outcome)
        for field, row in carets.items():
            self.query_one(f"#{field}-caret", Lines).show(row)
        self.query_one("#verdict", Lines).show(*verdict)

    def _told(self, fault: Fault) -> list[Row]:
        """What is wrong, on the two lines that there are; what does not fit ends in a sign."""
        from tutor.tui.words import folded, shortened

        width, height = self.query_one("#verdict", Lines).size
        hint = [(f" ({fault.hint})", "quiet")] if fault.hint else []
        lines = folded([(fault.message, "text"), *hint], width - _LABEL)
        heads = [("   ✗ ", "wrong"), *[("     ", "ground")] * (len(lines) - 1)]
        rows: list[Row] = [[head, *line] for head, line in zip(heads, lines, strict=True)]
        return shortened(rows, height, width) if len(rows) > height > 0 else rows

    def on_resize(self) -> None:
        if self._loaded:
            self.call_after_refresh(self._judge)

    def say(self, sentence: str) -> None:
        """Put a sentence below the fields until something is typed."""
        self.query_one("#verdict", Lines).show([("   " + sentence, "text")])

    def _fill_list(self) -> None:
        self._recent = recent.load()
        entries = [Entry([("Recent", "title")])]
        for i, one in enumerate(self._recent[:_MOST_RECENT]):
            at = ", ".join(f"{name}={text}" if text else name for name, text in one.inputs)
            row = [(one_line(one.expression)[0], "text"), ("   " + one_line(at)[0], "quiet")]
            entries.append(Entry(row, f"recent {i}"))
        if not self._recent:
            entries.append(Entry([("  " + _NOTHING_YET, "quiet")]))
        entries += [Entry([]), Entry([("Screens", "title")])]
        for name, title, command in _SCREENS:
            entries.append(Entry([(title.ljust(20), "text"), (command, "quiet")], name))
        self.query_one("#home-list", Menu).fill(entries)

    @on(Menu.Chosen)
    def _chosen(self, message: Menu.Chosen) -> None:
        if message.name == "help":
            self.action_help()
        elif message.name == "derive":
            self.action_derive()
        elif message.name == "trace":
            self.query_one("#expression", Input).focus()
        elif message.name in _TEACH:
            self.query_one("#expression", Input).focus()
            self.say(_TEACH[message.name])
        else:
            one = self._recent[int(message.name.split()[1])]
            inputs = ", ".join(f"{name}={text}" if text else name for name, text in one.inputs)
            self.query_one("#expression", Input).value = sanitise(one_line(one.expression)[0])
            self.query_one("#inputs", Input).value = sanitise(inputs)
            self.action_start()

    @on(Menu.Left)
    def _left_list(self, message: Menu.Left) -> None:
        if message.way < 0:
            self.query_one("#inputs", Input).focus()

    @on(KeyBar.Pressed)
    async def _pressed(self, message: KeyBar.Pressed) -> None:
        await self.run_action(message.action)

    def on_descendant_focus(self) -> None:
        self._show_keys()

    def action_list(self) -> None:
        """Go on to the next field, or to the list below them."""
        if self.focused is self.query_one("#expression"):
            self.query_one("#inputs").focus()
        else:
            self.query_one("#home-list").focus()

    def action_choose(self) -> None:
        """Open what the cursor of the list stands on."""
        self.query_one("#home-list", Menu).action_choose()

    def action_leave(self) -> None:
        """Stop what is being opened; else out of a text field, so that letters act."""
        if self._stopped is not None:
            self._stopped.set()
        else:
            self.query_one("#home-list").focus()

    def action_help(self) -> None:
        """Show what the keys do."""
        from tutor.tui.screens.help import home_help

        self.app.push_screen(home_help(_KEYS, _LIST_KEYS, width=self.size.width))

    def action_derive(self) -> None:
        """Choose an exercise to derive line by line; two threads must not import the same."""
        self._deriving = not self._loaded
        if self._loaded and self.is_current:
            self._app.choose_exercise()

    def action_palette(self) -> None:
        """Find any action by its name."""
        self.app.action_command_palette()

    def action_back(self) -> None:
        """Leave the program."""
        self._app.back()

    def commands(self) -> Iterable[SystemCommand]:
        """What the palette offers here: every screen, and the recent expressions."""
        yield SystemCommand("Trace a function", "Step through what is typed", self.action_start)
        yield SystemCommand(
            "Derive a gradient", "Choose an exercise, each line is judged", self.action_derive
        )
        yield SystemCommand("Help", "What the keys do", self.action_help)

    def _show_keys(self) -> None:
        in_list = isinstance(self.focused, Menu)
        self.query_one("#keys", KeyBar).show(_LIST_KEYS if in_list else _KEYS)

    def _value(self, field: str) -> str:
        return self.query_one(field, Input).value

    @property
    def _app(self) -> BackpropTutor:
        return cast("BackpropTutor", self.app)


_TEACH = {
    "file": "Type the file and the function, such as loss.py:mse, and press enter: it is run.",
    "open": "Type the name of the trace, such as run.bptrace, and press enter.",
}
_MOTTO = "   step through a real gradient, forwards and backwards"
_INVITATION: Row = [("   Press ", "quiet"), ("enter", "key"), (" to step through it.", "quiet")]
_NOTHING_YET = f"Nothing traced yet. Press enter to step through {EXAMPLE}."
_MOST_RECENT = 7
_LABEL = 6
