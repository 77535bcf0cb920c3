"""Report view: the rows of an answer, with a mark that moves over those that lead somewhere."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tutor.render.report import Report
from tutor.render.report import Row as ReportRow
from tutor.tui.widgets.surface import Row, Surface


class ReportView(Surface, can_focus=True):
    """Rows with a mark. Enter or a click opens the row; what lies below is told in the last
    line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    class Opened(Message):
        """A row was opened."""

        def __init__(self, view: ReportView, row: ReportRow) -> None:
            self.view = view
            self.row = row
            super().__init__()

        @property
        def control(self) -> ReportView:
            """The view that the row stands in."""
            return self.view

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._report: Report | None = None
        self._cursor = 0
        self._first = 0

    def show(self, report: Report) -> None:
        """Show an answer. The mark stays where it is as long as the question is the same one."""
        before = self._report
        self._report = report
        if before is None or (before.kind, before.title) != (report.kind, report.title):
            self._cursor, self._first = report.at, 0
        elif before.at != report.at:
            self._cursor = report.at
        else:
            self._cursor = max(0, min(self._cursor, len(report.rows) - 1))
            self._draw(follow=False)
            return
        self._cursor = max(0, min(self._cursor, len(report.rows) - 1))
        self._draw()

    @property
    def row(self) -> ReportRow | None:
        """The row under the mark."""
        rows = self._report.rows if self._report is not None else ()
        return rows[self._cursor] if rows else None

    def action_move(self, way: int) -> None:
        """Move the mark to the next row that leads somewhere, or scroll where none does."""
        rows = self._report.rows if self._report is not None else ()
        at = self._cursor + way
        while 0 <= at < len(rows) and not _leads(rows[at]):
            at += way
        if 0 <= at < len(rows):
            self._cursor = at
            self._draw()
        else:
            self._scroll(way)

    def walk(self, way: str) -> bool:
        """Move the mark with the keys of the graph; False to the sides, where there is nothing."""
        if way in ("up", "down"):
            self.action_move(1 if way == "down" else -1)
        return way in ("up", "down")

    def action_page(self, way: int) -> None:
        """Move by what is in view."""
        self._scroll(way * max(1, self.size.height - 1))

    def open_row(self) -> None:
        """Open the row under the mark."""
        row = self.row
        if row is not None and _leads(row):
            self.post_message(self.Opened(self, row))

    def on_click(self, event: events.Click) -> None:
        at = self._first + event.y
        if self._report is not None and at < len(self._report.rows):
            self._cursor = at
            self._draw()
            self.open_row()

    def on_mouse_scroll_down(self) -> None:
        self._scroll(2)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-2)

    def on_focus(self) -> None:
        self._draw()

    def on_blur(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.refresh()

    def _scroll(self, rows: int) -> None:
        count = len(self._report.rows) if self._report is not None else 0
        last = max(0, count - self.size.height)
        self._first = max(0, min(last, self._first + rows))
        self._draw(follow=False)

    def _draw(self, follow: bool = True) -> None:
        rows = self._report.rows if self._report is not None else ()
        height = max(1, self.size.height)
        if follow:
            # What is told in the last line must not hide the mark; a far one goes to the middle.
            if not self._first < self._cursor < self._first + height - 2:
                far = not self._first - 1 <= self._cursor <= self._first + height - 1
                to = self._cursor - height // 2 if far else self._first
                self._first = max(min(to, self._cursor), self._cursor - height + 2)
            self._first = max(0, min(self._first, max(0, len(rows) - height)))
        shown = rows[self._first : self._first + height]
        painted = [self._row(self._first + y, row) for y, row in enumerate(shown)]
        below = len(rows) - self._first - height
        if below > 0 and height > 3:
            painted[-1] = [(f"   … {below + 1} more rows", "faint")]
        self.paint(painted)

    def _row(self, at: int, row: ReportRow) -> Row:
        if at == self._cursor and _leads(row):
            lit = "cursor" if self.has_focus else "strong"
            return [(" ▸ ", lit), *row.line]
        return [("   ", "ground"), *row.line]


def _leads(row: ReportRow) -> bool:
    return row.node is not None or row.event is not None
