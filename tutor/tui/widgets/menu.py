"""Menu: a list to choose from, with headings between the entries; only what is in view is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tutor.tui.widgets.surface import Row, Surface


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its runs, and the name it is chosen by; without a name it is a heading."""

    row: Row
    name: str | None = None


class Menu(Surface, can_focus=True):
    """Entries with a cursor. Enter or a click chooses; at its ends the cursor leaves the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Chosen(Message):
        """An entry was chosen."""

        def __init__(self, menu: Menu, name: str) -> None:
            self.menu = menu
            self.name = name
            super().__init__()

    class Moved(Message):
        """The cursor is on another entry."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    class Left(Message):
        """The cursor went beyond the first (-1) or the last entry (1)."""

        def __init__(self, way: int) -> None:
            self.way = way
            super().__init__()

    def __init__(self, *, id: str | None = None, always: bool = False) -> None:
        """always: whether the cursor is shown while another widget has the focus, too."""
        super().__init__(id=id)
        self._always = always
        self._entries: Sequence[Entry] = ()
        self._cursor = 0
        self._first = 0

    def fill(self, entries: Sequence[Entry]) -> None:
        """Show these entries, with the cursor on the first that can be chosen."""
        self._entries = entries
        self._first = 0
        self._cursor = next((i for i, entry in enumerate(entries) if entry.name), 0)
        self._draw()

    @property
    def chosen(self) -> str | None:
        """The name of the entry under the cursor."""
        return self._entries[self._cursor].name if self._entries else None

    def action_move(self, way: int) -> None:
        at = self._cursor + way
        while 0 <= at < len(self._entries) and self._entries[at].name is None:
            at += way
        if 0 <= at < len(self._entries):
            self._cursor = at
            self._draw()
            self.post_message(self.Moved(self._entries[at].name or ""))
        else:
            self.post_message(self.Left(way))

    def action_choose(self) -> None:
        if self.chosen is not None:
            self.post_message(self.Chosen(self, self.chosen))

    def on_click(self, event: events.Click) -> None:
        at = self._first + event.y
        if at < len(self._entries) and self._entries[at].name is not None:
            self._cursor = at
            self._draw()
            self.action_choose()

    def on_mouse_scroll_down(self) -> None:
        self._scroll(1)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-1)

    def watch_has_focus(self, focused: bool) -> None:
        super().watch_has_focus(focused)
        self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.refresh()

    def _scroll(self, way: int) -> None:
        last = max(0, len(self._entries) - self.size.height)
        self._first = max(0, min(last, self._first + way))
        self._draw(follow=False)

    def _draw(self, follow: bool = True) -> None:
        height = self.size.height
        if follow and height:
            top = self._cursor
            while top > 0 and self._entries[top - 1].name is None:
                top -= 1
            self._first = min(self._first, top)
            self._first = max(self._first, self._cursor - height + 1)
        shown = self._entries[self._first : self._first + height]
        self.paint([self._row(self._first + y, entry) for y, entry in enumerate(shown)])

    def _row(self, at: int, entry: Entry) -> Row:
        if at != self._cursor or entry.name is None:
            return [("   " if entry.name else " ", "ground"), *entry.row]
        if not self.has_focus:
            return [(" ▸ " if self._always else "   ", "ground"), *entry.row]
        text = "".join(text for text, _ in entry.row)
        return [(" ▸ ", "cursor"), (text.ljust(self.size.width - 3), "cursor")]
