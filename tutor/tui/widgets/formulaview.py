"""Formula view: drawn lines, longer than the pane if need be, with the one that counts in view."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from tutor.tui.widgets.line import Pane
from tutor.tui.widgets.surface import Row


class FormulaView(Pane):
    """A pane of which some rows are kept in view."""

    class Laid(Message):
        """It has another size, and shows other rows of the same."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._kept = (0, 0)

    def show_around(self, rows: Sequence[Row], first: int, end: int) -> None:
        """Show these rows so that `first:end` is in view; the end of it where it is too long."""
        self._given, self._kept = rows, (first, end)
        height = max(1, self.size.height)
        # What lies below is told in the last line, which must not hide what counts.
        told = 1 if height > 3 and end < len(rows) else 0
        top = min(self._first, first)
        self._first = max(0, min(max(top, end + told - height), len(rows) - height))
        self._draw()

    @property
    def above(self) -> bool:
        """Whether rows lie above those in view."""
        return self._first > 0

    def on_resize(self) -> None:
        self.show_around(self._given, *self._kept)
        self.refresh()
        self.post_message(self.Laid())
