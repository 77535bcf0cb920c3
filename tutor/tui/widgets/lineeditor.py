"""Line editor: the field in which one line of a derivation is written."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Input

from tutor.language.tokens import MAX_TEXT


class LineEditor(Input):
    """Letters always go in here. Escape leaves the field, a pasted text of several lines is handed
    on whole, page up and page down read on in what is said below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    class Left(Message):
        """The keys shall act."""

    class Paged(Message):
        """The text below shall move by a page."""

        def __init__(self, way: int) -> None:
            self.way = way
            super().__init__()

    class Pasted(Message):
        """Several lines were pasted; text is what stands before the cursor, they, and the rest."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_page(self, way: int) -> None:
        self.post_message(self.Paged(way))

    def put(self, text: str) -> None:
        """Replace what stands in the field, with the cursor at its end."""
        self.value = text
        self.cursor_position = len(text)
        self.call_after_refresh(self._show_cursor)

    def _show_cursor(self) -> None:
        """Textual does not scroll to the cursor for the first text of a field."""
        if self.is_attached:
            place = Region(self._cursor_offset, 0, 1, 1)
            self.scroll_to_region(place, force=True, animate=False)

    def _on_paste(self, event: events.Paste) -> None:
        """Textual's own would keep the first line only."""
        lines = [line for line in event.text[: MAX_TEXT + 1].splitlines() if line.strip()]
        event.stop()
        event.prevent_default()
        if not lines:
            return
        start, end = sorted(self.selection)
        if len(lines) == 1:
            self.replace(lines[0], start, end)
        else:
            whole = "\n".join(lines)
            self.post_message(self.Pasted(self.value[:start] + whole + self.value[end:]))
