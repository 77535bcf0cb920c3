"""Command bar: one line to type a command or an argument in, with completion and history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input

from tutor.tui.widgets.keybar import Key
from tutor.tui.widgets.line import Lines

Completer = Callable[[str], Sequence[str]]


class CommandBar(Container):
    """`: break |grad| > 10`. Enter hands the text on, tab completes it, ↑ ↓ go through what was
    typed before, escape gives up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab", "complete", show=False, priority=True),
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
        Binding("right", "skip", show=False, priority=True),
    ]

    class Given(Message):
        """A text was given; action is whose argument it is, empty for a command."""

        def __init__(self, action: str, text: str) -> None:
            self.action = action
            self.text = text
            super().__init__()

    class Left(Message):
        """The bar is to be closed."""

    class Offered(Message):
        """There are several ways to go on; these may be shown."""

        def __init__(self, texts: Sequence[str]) -> None:
            self.texts = texts
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._action = ""
        self._complete: Completer = lambda _: ()
        self._history: dict[str, list[str]] = {}
        self._at = 0
        self._label = ""
        self._stays = False

    def compose(self) -> ComposeResult:
        with Container(classes="row"):
            yield Lines(id="command-label")
            yield Input(id="command-text", select_on_focus=False)

    def open(
        self, action: str, prompt: str, text: str, complete: Completer, *, stays: bool = False
    ) -> None:
        """Ask for the argument of an action, or for a command where `action` is empty. stays: an
        empty line is an answer too and does not close the bar."""
        self._action, self._complete, self._stays = action, complete, stays
        self._at = len(self._history.get(action, ()))
        self._label = f" {prompt} "
        label = self.query_one("#command-label", Lines)
        label.styles.width = len(self._label)
        label.show([(self._label, "strong")])
        field = self.query_one("#command-text", Input)
        field.value = text
        field.focus()
        field.cursor_position = len(text)

    @property
    def action(self) -> str:
        """Whose argument is asked for; empty for a command."""
        return self._action

    @property
    def indent(self) -> int:
        """The cells before the text."""
        return len(self._label)

    def take_keys(self) -> None:
        """Give the keys to the line."""
        self.query_one("#command-text", Input).focus()

    @property
    def text(self) -> str:
        """What stands in the line."""
        return self.query_one("#command-text", Input).value

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.give()

    def give(self) -> None:
        """Hand on what has been typed, as enter does."""
        text = self.text.strip()
        history = self._history.setdefault(self._action, [])
        if text and history[-1:] != [text]:
            history.append(text)
        stays = bool(text) or self._stays
        self.post_message(self.Given(self._action, text) if stays else self.Left())

    def action_skip(self) -> None:
        """In an empty line that stays open, go on without an answer; else move to the right."""
        if self._stays and not self.text:
            self.post_message(self.Given(self._action, ""))
        else:
            self.query_one("#command-text", Input).action_cursor_right()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_complete(self) -> None:
        """Go on as far as all completions agree; offer them where there are several."""
        found = list(self._complete(self.text))
        if not found:
            self.post_message(self.Offered(()))
            return
        common = found[0]
        for one in found[1:]:
            while not one.startswith(common):
                common = common[:-1]
        field = self.query_one("#command-text", Input)
        if len(common) > len(self.text):
            field.value = common
            field.cursor_position = len(common)
        if len(found) > 1:
            self.post_message(self.Offered(found))

    def action_recall(self, way: int) -> None:
        """Put what was typed before into the line."""
        history = self._history.get(self._action, [])
        self._at = max(0, min(len(history), self._at + way))
        field = self.query_one("#command-text", Input)
        field.value = history[self._at] if self._at < len(history) else ""
        field.cursor_position = len(field.value)


COMMAND_KEYS = (
    Key("enter", "do it", "command.give"),
    Key("tab", "complete", "command.complete"),
    Key("↑ ↓", "typed before", "command.recall"),
    Key("esc", "leave it", "command.leave"),
)
"""The keys that make sense while one types a command."""

PREDICT_KEYS = (
    Key("enter", "judge", "command.give"),
    Key("ctrl+g H", "hint", "hint"),
    Key("→", "show", "command.skip"),
    Key("esc", "stop asking", "command.leave"),
)
"""The keys that make sense while one predicts."""
