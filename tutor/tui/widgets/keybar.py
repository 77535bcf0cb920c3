"""Key bar: the few keys that make sense now, each of which can also be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from tutor.tui.widgets.surface import Run, Surface, row_width

GAP = "  "


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its label, what it does in a word or two, and the action it stands for."""

    label: str
    title: str
    action: str


class KeyBar(Surface):
    """One line of keys. Those that do not fit are left out, the last ones first."""

    class Pressed(Message):
        """A key in the bar was clicked."""

        def __init__(self, action: str) -> None:
            self.action = action
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: Sequence[Key] = ()
        self._spans: list[tuple[int, int, str]] = []

    def show(self, keys: Sequence[Key]) -> None:
        """Show these keys, from left to right."""
        self._keys = keys
        row: list[Run] = [(" ", "ground")]
        spans = []
        at = 1
        for key in keys:
            runs = [(key.label, "key"), (" " + key.title, "quiet")]
            width = row_width(runs)
            if at + width > self.size.width:
                break
            spans.append((at, at + width, key.action))
            row += [*runs, (GAP, "ground")]
            at += width + len(GAP)
        self._spans = spans
        self.paint([row])

    def on_resize(self) -> None:
        self.show(self._keys)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        for start, end, action in self._spans:
            if start <= event.x < end:
                self.post_message(self.Pressed(action))
                return
