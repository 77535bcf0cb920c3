"""Timeline: all events from left to right, and where one is among them; a click goes there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.message import Message

from tutor.tui.widgets.surface import Run, Surface

_SIGNS = {"forward": "▶", "backward": "◀", "update": "*"}
_HUES = {"forward": "forward", "backward": "backward", "update": "changed"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events that belong together: a forward pass, a backward pass, the updates."""

    direction: str
    events: range


class Cell(NamedTuple):
    """One cell: what it shows, and the cursor a click on it leads to (None: nowhere)."""

    char: str
    role: str
    cursor: int | None = None


class Timeline(Surface, can_focus=True):
    """One line of events: `▶ ●─●─● ┃ ◀ ●─◉─○  5/6`. A click or a drag goes to a moment."""

    class Picked(Message):
        """A moment was picked: `cursor` events have happened."""

        def __init__(self, cursor: int) -> None:
            self.cursor = cursor
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given: tuple[Sequence[Stretch], int, str] = ((), 0, "")
        self._cells: list[Cell] = []

    def show(self, stretches: Sequence[Stretch], cursor: int, note: str = "") -> None:
        """Show where `cursor` is. note: words at the right end, before the count."""
        self._given = (stretches, cursor, note)
        self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.refresh()

    def on_focus(self) -> None:
        self._draw()

    def on_blur(self) -> None:
        self._draw()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._pick(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if event.button:
            self._pick(event.x)

    def _pick(self, x: int) -> None:
        if 0 <= x - 1 < len(self._cells):
            cursor = self._cells[x - 1].cursor
            if cursor is not None and cursor != self._given[1]:
                self.post_message(self.Picked(cursor))

    def _draw(self) -> None:
        stretches, cursor, note = self._given
        width = self.size.width
        if not stretches or width < 4:
            return
        total = stretches[-1].events.stop
        count = f"{note}   {cursor}/{total} " if note else f" {cursor}/{total} "
        self._cells = cells(stretches, cursor, max(4, width - 1 - len(count)))
        row: list[Run] = [("▏" if self.has_focus else " ", "title.focus")]
        for cell in self._cells:
            if row[-1][1] == cell.role:
                row[-1] = (row[-1][0] + cell.char, cell.role)
            else:
                row.append((cell.char, cell.role))
        row.append((" " * (width - 1 - len(self._cells) - len(count)), "ground"))
        row.append((count, "quiet"))
        self.paint([row])


def cells(stretches: Sequence[Stretch], cursor: int, width: int) -> list[Cell]:
    """The cells of the line, at most `width`: as wide as there is room for.

    A cell stands for one event where they fit, else for a run of them. Every stretch keeps one.
    """
    count = sum(len(one.events) for one in stretches)
    signs = 5 * len(stretches) - 3
    if 2 * count - len(stretches) + signs <= width:
        return _drawn(stretches, cursor, [len(one.events) for one in stretches], "─")
    if count + signs <= width:
        return _drawn(stretches, cursor, [len(one.events) for one in stretches], "")
    if 2 * signs <= width:
        return _drawn(stretches, cursor, _shares(stretches, width - signs), "")
    whole = Stretch("forward", range(stretches[0].events.start, stretches[-1].events.stop))
    stops = [one.events.stop for one in stretches]
    line = []
    for cell in _stretch(whole, cursor, min(count, width), "", ""):
        hue = _HUES[stretches[bisect_left(stops, cell.cursor or 0)].direction]
        line.append(cell._replace(role=hue + cell.role if cell.char != "○" else cell.role))
    return line


def _shares(stretches: Sequence[Stretch], width: int) -> list[int]:
    """How many cells each stretch gets: by its events, at least one."""
    count = sum(len(one.events) for one in stretches)
    shares = [max(1, len(one.events) * width // count) for one in stretches]
    while sum(shares) > width:
        shares[shares.index(max(shares))] -= 1
    return shares


def _drawn(
    stretches: Sequence[Stretch], cursor: int, shares: Sequence[int], link: str
) -> list[Cell]:
    line: list[Cell] = []
    for one, share in zip(stretches, shares, strict=True):
        if line:
            line += [Cell(" ", "ground"), Cell("┃", "line"), Cell(" ", "ground")]
        hue = _HUES[one.direction]
        line += [Cell(_SIGNS[one.direction], hue, one.events.start), Cell(" ", "ground")]
        line += _stretch(one, cursor, share, link, hue)
    return line


def _stretch(one: Stretch, cursor: int, share: int, link: str, hue: str) -> list[Cell]:
    """The events of one stretch in `share` dots, with `link` between them."""
    count, first = len(one.events), one.events.start
    line: list[Cell] = []
    for k in range(share):
        begin = first + k * count // share
        end = first + (k + 1) * count // share
        if link and k:
            line.append(Cell(link, hue if begin < cursor else "faint", begin + 1))
        if begin < cursor <= end:
            line.append(Cell("◉", hue + ".strong", end))
        elif end <= cursor:
            line.append(Cell("●", hue, end))
        else:
            line.append(Cell("○", "faint", end))
    return line
