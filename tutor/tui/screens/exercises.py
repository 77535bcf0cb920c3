"""The exercises: a list to choose one to derive from, narrowed by what is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input

from tutor.judge import shelf
from tutor.session.deriving.derivation import begin
from tutor.tui.widgets.keybar import Key, KeyBar
from tutor.tui.widgets.line import Lines, Rule
from tutor.tui.widgets.menu import Entry, Menu
from tutor.tui.words import wrapped

if TYPE_CHECKING:
    from tutor.tui.app import BackpropTutor

_KEYS = (
    Key("enter", "derive it", "choose"),
    Key("↓ ↑", "list", "list"),
    Key("esc", "back", "leave"),
)
_MOST_TARGETS = 3
_LEVELS = (
    "one rule",
    "one neuron, one sum, one identity",
    "layers and batches",
    "several layers, windows, steps in time",
    "whole cells and normalisations",
)


class ExercisesScreen(Screen[None]):
    """Type to narrow the list, enter derives the one under the cursor."""

    AUTO_FOCUS: ClassVar[str | None] = "#wanted"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("q", "leave", show=False),
        Binding("down", "list", show=False),
        Binding("ctrl+p", "app.command_palette", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield Rule("Derive a gradient")
        with Container(classes="row"):
            yield Lines([[(" find", "quiet")]])
            yield Input(id="wanted", select_on_focus=False)
        yield Menu(id="exercises", always=True)
        yield Rule(id="about-title")
        yield Lines(id="about")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self._search("")
        self.query_one("#keys", KeyBar).show(_KEYS)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._search(message.value)

    @on(Input.Submitted)
    def action_choose(self) -> None:
        """Derive what the cursor stands on."""
        self.query_one(Menu).action_choose()

    @on(Menu.Moved)
    def _moved(self, message: Menu.Moved) -> None:
        self._tell(message.name)

    @on(Menu.Chosen)
    def _chosen(self, message: Menu.Chosen) -> None:
        try:
            exercise = shelf.load(message.name)
        except shelf.ShelfError as error:
            self.query_one("#about", Lines).show([(" ✗ ", "wrong"), (str(error), "text")])
            return
        target = exercise.targets[0] if exercise.targets else ""
        self._app.derive(begin(message.name, exercise, target))

    @on(Menu.Left)
    def _left(self, message: Menu.Left) -> None:
        if message.way < 0:
            self.query_one(Input).focus()

    @on(KeyBar.Pressed)
    async def _pressed(self, message: KeyBar.Pressed) -> None:
        await self.run_action(message.action)

    def action_list(self) -> None:
        """Go into the list."""
        # At once, so that keys that come fast move the cursor there.
        self.set_focus(self.query_one(Menu))

    def action_leave(self) -> None:
        """Go back."""
        self._app.back()

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell, self.query_one(Menu).chosen)

    def _search(self, text: str) -> None:
        """List the exercises whose title, name or targets hold every word; where there is none,
        those that are about them."""
        words = text.lower().split()
        found = [one for one in shelf.summaries() if _holds(_called(one), words)]
        found = found or [one for one in shelf.summaries() if _holds(one.summary, words)]
        entries: list[Entry] = []
        level = 0
        for one in found:
            if one.level != level:
                level = one.level
                entries += [Entry([])] if entries else []
                head = [(f"Level {level}", "title"), (f"   {_LEVELS[level - 1]}", "faint")]
                entries.append(Entry(head))
            row = [(one.title.ljust(46), "text"), (_shown(one), "quiet")]
            entries.append(Entry(row, one.name))
        if not entries:
            entries.append(Entry([("no exercise holds these words", "quiet")]))
        menu = self.query_one(Menu)
        menu.fill(entries)
        self._tell(menu.chosen)

    def _tell(self, name: str | None) -> None:
        """What the exercise under the cursor is about."""
        about = next((one for one in shelf.summaries() if one.name == name), None)
        line, title = self.query_one("#about", Lines), self.query_one("#about-title", Rule)
        if about is None:
            title.show("")
            line.show()
            return
        title.show(about.title, about.name)
        line.show(*[[(" ", "ground"), *row] for row in wrapped(about.summary, line.size.width - 2)])

    @property
    def _app(self) -> BackpropTutor:
        return cast("BackpropTutor", self.app)


def _asks(one: shelf.Summary) -> str:
    return "  ".join(one.targets) if one.targets else one.find


def _shown(one: shelf.Summary) -> str:
    few = "  ".join(one.targets[:_MOST_TARGETS])
    return f"{few}  …" if len(one.targets) > _MOST_TARGETS else _asks(one)


def _called(one: shelf.Summary) -> str:
    return f"{one.title} {one.name} {_asks(one)}"


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text.lower() for word in words)
