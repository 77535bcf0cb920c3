"""Lines of text that change often: titles, sentences, hints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tutor.tui.widgets.surface import Row, Surface


class Lines(Surface):
    """Rows that are given whole; they are laid again when the size changes."""

    def __init__(self, rows: Sequence[Row] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given: Sequence[Row] = rows

    class Clicked(Message):
        """The lines were clicked."""

        def __init__(self, lines: Lines) -> None:
            self.lines = lines
            super().__init__()

        @property
        def control(self) -> Lines:
            """The lines that were clicked."""
            return self.lines

    def on_click(self) -> None:
        self.post_message(self.Clicked(self))

    def show(self, *rows: Row) -> None:
        """Show these rows in place of the old ones."""
        self._given = rows
        self.paint(rows)

    def on_resize(self) -> None:
        self.paint(self._given)
        self.refresh()


class Rule(Surface):
    """A horizontal line with words in it: ``── q → x ───── add passes it on ──``."""

    def __init__(self, left: str = "", right: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._words = (left, right)
        self._role = "title"

    def show(self, left: str, right: str = "", role: str = "title") -> None:
        """Put other words into the line."""
        if (left, right, role) != (*self._words, self._role):
            self._words, self._role = (left, right), role
            self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.refresh()

    def _draw(self) -> None:
        left, right = self._words
        width = self.size.width
        before = f" {left} " if left else ""
        after = f" {right} " if right else ""
        fill = width - 4 - len(before) - len(after)
        if fill < 1:
            after, fill = "", max(0, width - 4 - len(before))
        self.paint(
            [
                [
                    ("──", "line"),
                    (before, self._role),
                    ("─" * fill, "line"),
                    (after, "quiet"),
                    ("──", "line"),
                ]
            ]
        )


class Pane(Surface, can_focus=True):
    """Rows to read, longer than the pane if need be: the arrows and the wheel move over them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_rows(-1)", show=False),
        Binding("down,j", "scroll_rows(1)", show=False),
        Binding("pageup", "scroll_page(-1)", show=False),
        Binding("pagedown", "scroll_page(1)", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given: Sequence[Row] = ()
        self._first = 0

    def show(self, rows: Sequence[Row], *, keep_place: bool = False) -> None:
        """Show these rows from the first on, or from where one is."""
        self._given = rows
        if not keep_place:
            self._first = 0
        self._draw()

    def action_scroll_rows(self, lines: int) -> None:
        """Move over the rows; what lies below is told in the last line."""
        last = max(0, len(self._given) - self.size.height)
        self._first = max(0, min(last, self._first + lines))
        self._draw()

    def action_scroll_page(self, way: int) -> None:
        """Move by what is in view."""
        self.action_scroll_rows(way * max(1, self.size.height - 1))

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll_rows(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll_rows(-1)

    def on_resize(self) -> None:
        self._draw()
        self.refresh()

    def _draw(self) -> None:
        height = self.size.height
        rows = list(self._given[self._first : self._first + height])
        below = len(self._given) - self._first - height
        if below > 0 and height > 3:
            rows[-1] = [(f"   … {below + 1} more lines", "faint")]
        self.paint(rows)
