"""Line editor: the field in which one line of a derivation is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Input

from tutor.language.tokens import MAX_TEXT


class LineEditor(Input):
    """Letters always go in here. Escape leaves the field, a pasted text of several lines is handed
    on whole, page up and page down read on in what is said below.

    Textual does what a binding says after the letters that were typed behind it, when keys come
    fast. Here every key has its turn: a line that is finished does not take letters of the next.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    class Left(Message):
        """The keys shall act."""

    class Scrolled(Message):
        """Another part of a long text is in view."""

    class Paged(Message):
        """The text below shall move by a page."""

        def __init__(self, way: int) -> None:
            self.way = way
            super().__init__()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, select_on_focus=False)
        self.cursor_blink = False
        self._acts: Callable[[str], bool] = lambda _key: False
        self._takes: Callable[[str], None] = lambda _text: None

    def serve(self, acts: Callable[[str], bool], takes: Callable[[str], None]) -> None:
        """acts: is asked first what a key means, False where it is the field's own. takes: is given
        a text of several lines, with what stood before and behind the cursor."""
        self._acts, self._takes = acts, takes

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_page(self, way: int) -> None:
        self.post_message(self.Paged(way))

    def put(self, text: str) -> None:
        """Replace what stands in the field, with the cursor at its end."""
        self.value = text
        self.cursor_position = len(text)
        self.call_after_refresh(self._show_cursor)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        self.post_message(self.Scrolled())

    def _show_cursor(self) -> None:
        """Textual does not scroll to the cursor for the first text of a field."""
        if self.is_attached:
            place = Region(self._cursor_offset, 0, 1, 1)
            self.scroll_to_region(place, force=True, animate=False)

    async def _on_key(self, event: events.Key) -> None:
        if self._acts(event.key):
            event.stop()
            event.prevent_default()
            return
        own = None if event.is_printable else self._bindings.key_to_bindings.get(event.key)
        if own:
            event.stop()
            event.prevent_default()
            await self.run_action(own[0].action)
            return
        await super()._on_key(event)

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
            self._takes(self.value[:start] + "\n".join(lines) + self.value[end:])
