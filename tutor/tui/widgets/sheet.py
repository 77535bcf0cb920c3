"""Sheet: the lines of a derivation one below the other, with a field in the place of one of
them."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from tutor.tui.widgets.line import Lines
from tutor.tui.widgets.lineeditor import LineEditor
from tutor.tui.widgets.surface import Row, Surface

GUTTER = 8
"""Cells before the text of a line: its mark and its number."""

LineRow = tuple[Row, int]
"""A row and the index of the line that it belongs to."""


class LineRows(Surface):
    """Rows of finished lines, each of which can be clicked."""

    class Picked(Message):
        """A line was clicked."""

        def __init__(self, index: int) -> None:
            self.index = index
            super().__init__()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: Sequence[LineRow] = ()

    def show(self, rows: Sequence[LineRow]) -> None:
        """Show these rows."""
        self._shown = rows
        self.paint([row for row, _ in rows])

    def on_click(self, event: events.Click) -> None:
        if event.y < len(self._shown):
            self.post_message(self.Picked(self._shown[event.y][1]))
        else:
            self.post_message(self.Picked(-1))

    def on_resize(self) -> None:
        self.paint([row for row, _ in self._shown])
        self.refresh()


class Sheet(Container, can_focus=True):
    """Finished lines above and below the field. It has the keys itself while nobody writes."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._above: Sequence[LineRow] = ()
        self._below: Sequence[LineRow] = ()
        self._spot: Row = ()

    def compose(self) -> ComposeResult:
        yield LineRows(id="above")
        with Container(id="current", classes="row"):
            yield Lines(id="gutter")
            yield LineEditor(id="line")
        yield Lines(id="spot")
        yield LineRows(id="below")

    @property
    def field(self) -> LineEditor:
        """The field."""
        return self.query_one("#line", LineEditor)

    def show(self, above: Sequence[LineRow], below: Sequence[LineRow]) -> None:
        """Show the finished lines around the field."""
        self._above, self._below = above, below
        self._lay()

    def show_current(self, gutter: Row, spot: Row) -> None:
        """Show the mark of the line in the field, and what is marked below its text."""
        self.query_one("#gutter", Lines).show(gutter)
        self.query_one("#spot", Lines).show(spot)
        self._spot = spot
        self._lay()

    def on_resize(self) -> None:
        self._lay()

    def _lay(self) -> None:
        """Give the rows above the field what room there is; at least a third is left for those
        below it."""
        height = self.size.height
        spot = 1 if self._spot and height > 2 else 0
        room = max(0, height - 1 - spot)
        below = min(len(self._below), max(room // 3, room - len(self._above)))
        above = _end_of(self._above, room - below) if room else []
        under = _beginning_of(self._below, below)
        self.query_one("#above").styles.height = len(above)
        self.query_one("#spot").styles.height = spot
        self.query_one("#above", LineRows).show(above)
        self.query_one("#below", LineRows).show(under)
        self.call_after_refresh(self._repaint, above, under)

    def _repaint(self, above: Sequence[LineRow], under: Sequence[LineRow]) -> None:
        self.query_one("#above", LineRows).show(above)
        self.query_one("#below", LineRows).show(under)

    @on(LineRows.Picked)
    def _nothing_there(self, message: LineRows.Picked) -> None:
        if message.index < 0:
            message.stop()
            self.field.focus()


def _end_of(rows: Sequence[LineRow], room: int) -> list[LineRow]:
    """The last rows for which there is room, from the beginning of a line on where that can be,
    below one that says how many lines are hidden."""
    if len(rows) <= room or not room:
        return list(rows[:room])
    cut = len(rows) - room + 1
    whole = next((at for at in range(cut, len(rows)) if rows[at][1] != rows[at - 1][1]), cut)
    shown = rows[whole:]
    hidden = {index for _, index in rows[:whole]} - {index for _, index in shown}
    return [_hidden(len(hidden), "above", rows[whole - 1][1]), *shown]


def _beginning_of(rows: Sequence[LineRow], room: int) -> list[LineRow]:
    """The first rows for which there is room, above one that says how many lines are hidden."""
    if len(rows) <= room or not room:
        return list(rows[:room])
    shown = rows[: room - 1]
    hidden = {index for _, index in rows[room - 1 :]} - {index for _, index in shown}
    return [*shown, _hidden(len(hidden), "below", rows[room - 1][1])]


def _hidden(count: int, where: str, index: int) -> LineRow:
    told = f"  {count} line{'s' * (count != 1)} {where}" if count else ""
    return [(f"{'…':>3}{told}", "faint")], index
