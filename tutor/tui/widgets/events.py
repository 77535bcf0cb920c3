"""Event list: one line an event, a mark on the latest; only what is in view is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tutor.tui.widgets.surface import Row, Run, Surface

Describe = Callable[[int], Row]


class EventList(Surface, can_focus=True):
    """`count` events, each described when it comes into view. What lies ahead is quiet."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    class Picked(Message):
        """An event was picked, by its number."""

        def __init__(self, event: int) -> None:
            self.event = event
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._describe: Describe | None = None
        self._of: object = None
        self._known: dict[int, Row] = {}
        self._count = 0
        self._cursor = -1
        self._first = 0

    def show(self, of: object, describe: Describe, count: int, cursor: int) -> None:
        """Show the list with the mark on event number `cursor` (-1: before the first).

        of: whose events they are; as long as it is the same object, rows are described once.
        """
        if of is not self._of:
            self._of, self._known = of, {}
        self._describe, self._count, self._cursor = describe, count, cursor
        self._follow()
        self._draw()

    def action_move(self, way: int) -> None:
        """Go to the event above or below."""
        at = self._cursor + way
        if -1 <= at < self._count:
            self.post_message(self.Picked(at))

    def action_page(self, way: int) -> None:
        """Go on or back by as many events as are in view."""
        at = max(-1, min(self._count - 1, self._cursor + way * max(1, self.size.height - 1)))
        self.post_message(self.Picked(at))

    def on_click(self, event: events.Click) -> None:
        at = self._first + event.y
        if at < self._count:
            self.post_message(self.Picked(at))

    def on_mouse_scroll_down(self) -> None:
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-3)

    def on_resize(self) -> None:
        self._follow()
        self._draw()
        self.refresh()

    def on_focus(self) -> None:
        self._draw()

    def on_blur(self) -> None:
        self._draw()

    def _scroll(self, lines: int) -> None:
        self._first = max(0, min(self._count - self.size.height, self._first + lines))
        self._draw()

    def _follow(self) -> None:
        """Keep the mark in view with a line before and after it, moving by half a page."""
        height = max(1, self.size.height)
        edge = 1 if height > 4 else 0
        if not self._first + edge <= self._cursor < self._first + height - edge:
            self._first = self._cursor - height // 2
        self._first = max(0, min(self._count - height, self._first))

    def _draw(self) -> None:
        if self._describe is None:
            return
        last = min(self._count, self._first + self.size.height)
        self.paint([self._row(at) for at in range(self._first, last)])

    def _row(self, at: int) -> Row:
        row = self._known.get(at)
        if row is None:
            assert self._describe is not None  # noqa: S101
            row = self._known[at] = self._describe(at)
        if at == self._cursor:
            mark: Run = (" ▸ " if self.has_focus else " ▶ ", "cursor")
            width = self.size.width
            return [mark, *[(text, "cursor") for text, _ in row], (" " * width, "cursor")]
        if at > self._cursor:
            return [("   ", "ground"), *[(text, "faint") for text, _ in row]]
        return [("   ", "ground"), *row]
