"""Edit bar: one line to type the new value of an input in, with the old one beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input

from tutor.tui.widgets.keybar import Key
from tutor.tui.widgets.line import Lines


class EditBar(Container):
    """`x was −2, now [   ]`. Enter hands the text on, escape gives up, ↑ ↓ change the input."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("up", "turn(-1)", show=False),
        Binding("down", "turn(1)", show=False),
    ]

    class Given(Message):
        """A text was given for an input."""

        def __init__(self, name: str, text: str) -> None:
            self.name = name
            self.text = text
            super().__init__()

    class Turned(Message):
        """The input before (-1) or after (1) this one is wanted."""

        def __init__(self, name: str, way: int) -> None:
            self.name = name
            self.way = way
            super().__init__()

    class Left(Message):
        """The bar is to be closed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._input = ""
        self._label = ""

    def compose(self) -> ComposeResult:
        with Container(classes="row"):
            yield Lines(id="edit-label")
            yield Input(id="edit-text", select_on_focus=True)

    def open(self, name: str, old: str, text: str) -> None:
        """Ask for a value of `name`: `old` is what it is now, `text` what to begin typing from."""
        self._input = name
        self._label = f" {name} was {old}, now "
        label = self.query_one("#edit-label", Lines)
        label.styles.width = len(self._label)
        label.show([(f" {name}", "strong"), (f" was {old}, now ", "quiet")])
        field = self.query_one("#edit-text", Input)
        field.value = text
        field.focus()
        field.action_select_all()

    @property
    def indent(self) -> int:
        """The cells before the text."""
        return len(self._label)

    @on(Input.Submitted)
    def _given(self, message: Input.Submitted) -> None:
        message.stop()
        self.post_message(self.Given(self._input, message.value))

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_turn(self, way: int) -> None:
        self.post_message(self.Turned(self._input, way))

    def give(self) -> None:
        """Hand on what has been typed, as enter does."""
        self.post_message(self.Given(self._input, self.query_one("#edit-text", Input).value))


EDIT_KEYS = (
    Key("enter", "run again", "edit.give"),
    Key("↑", "input before", "edit.before"),
    Key("↓", "next input", "edit.after"),
    Key("esc", "leave it", "edit.leave"),
    Key("ctrl+g", "more", "leader"),
)
"""The keys that make sense while one types."""
