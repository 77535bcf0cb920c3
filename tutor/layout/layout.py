"""Layout: a computation graph as boxes and edges on a grid of character cells, from left to right.

``layout(boxes)`` is the whole of it: the same boxes always give the same picture. The result
answers what is where, so that a canvas can draw, hit-test and move along the graph without
searching.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tutor.layout.box import Edge, Region

Direction = Literal["left", "right", "up", "down"]
Cell = tuple[int, int]


class Placed(NamedTuple):
    """A box in its place: left column, top row, size, layer, and the rows of its ports."""

    id: int
    x: int
    y: int
    width: int
    height: int
    layer: int
    inputs: tuple[int, ...]
    input_rows: tuple[int, ...]
    output_row: int

    @property
    def region(self) -> Region:
        return Region(self.x, self.y, self.width, self.height)

    @property
    def right(self) -> int:
        """The column of the right border."""
        return self.x + self.width - 1


class Layer(NamedTuple):
    """One column of boxes: left column, width, the boxes from top to bottom, their top rows."""

    x: int
    width: int
    ids: tuple[int, ...]
    tops: tuple[int, ...]


class Hop(NamedTuple):
    """A net's way from one layer to the next: in on ``row``, verticals at the columns ``turns``
    (none, one, or two joined on the row ``jog``), and the row of its trunk in the next layer, if
    it goes on.
    """

    row: int
    turns: tuple[int, ...]
    jog: int
    onward: int


# Lines are plain tuples: there are several per edge, and garbage collection passes those over.
#
# A horizontal covers the cells x0 .. x1 of a row, ends included; an end may lie on a border or on a
# vertical. It is (x0, x1, source). A vertical covers y0 .. y1 of a column and knows the rows, with
# the arms there, at which horizontals of its net meet it: (y0, y1, source, ((row, arms), ...)).
Horizontal = tuple[int, int, int]
Vertical = tuple[int, int, int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands. Columns and rows count from 0 at the top left.

    ``rows[y]`` and ``columns[x]`` hold the lines of all nets sorted by their start, so that a part
    of the picture is found by bisection.
    """

    width: int
    height: int
    placed: Mapping[int, Placed]
    consumers: Mapping[int, tuple[Edge, ...]]
    layers: tuple[Layer, ...]
    hops: Mapping[int, tuple[Hop, ...]]
    rows: Mapping[int, Sequence[Horizontal]]
    columns: Mapping[int, Sequence[Vertical]]

    def box_at(self, x: int, y: int) -> int | None:
        """The id of the box that covers this cell, border included."""
        k = bisect_right(self.layers, x, key=_left) - 1
        if k < 0:
            return None
        layer = self.layers[k]
        i = bisect_right(layer.tops, y) - 1
        if i < 0:
            return None
        box = self.placed[layer.ids[i]]
        return box.id if y < box.y + box.height and x <= box.right else None

    def net_at(self, x: int, y: int) -> int | None:
        """The source of the net drawn in this cell; where two cross, the vertical one."""
        for lines, at in ((self.columns.get(x, ()), y), (self.rows.get(y, ()), x)):
            i = bisect_right(lines, at, key=_start) - 1
            if i >= 0 and at <= lines[i][1]:
                return lines[i][2]
        return None

    def edges_at(self, x: int, y: int) -> tuple[Edge, ...]:
        """The edges that run through this cell, several on a shared trunk, none on a box."""
        if self.box_at(x, y) is not None:
            return ()
        source = self.net_at(x, y)
        if source is None:
            return ()
        return tuple(
            edge
            for edge in self.consumers[source]
            if any(_on(x, y, a, b) for a, b in self.segments(*edge))
        )

    def boxes_in(self, region: Region) -> Iterator[Placed]:
        """The boxes that show in a region, layer by layer."""
        x, y, width, height = region
        first = max(0, bisect_right(self.layers, x, key=_left) - 1)
        for k in range(first, len(self.layers)):
            layer = self.layers[k]
            if layer.x >= x + width:
                break
            for i in range(max(0, bisect_right(layer.tops, y) - 1), len(layer.ids)):
                if layer.tops[i] >= y + height:
                    break
                box = self.placed[layer.ids[i]]
                if box.y + box.height > y and box.x + box.width > x:
                    yield box

    def horizontals_in(self, region: Region) -> Iterator[tuple[int, Horizontal]]:
        """The horizontal lines that show in a region, each with its row."""
        x, y, width, height = region
        for row in range(max(y, 0), min(y + height, self.height)):
            lines = self.rows.get(row, ())
            for i in range(max(0, bisect_right(lines, x, key=_start) - 2), len(lines)):
                line = lines[i]
                if line[0] >= x + width:
                    break
                if line[1] >= x:
                    yield row, line

    def verticals_in(self, region: Region) -> Iterator[tuple[int, Vertical]]:
        """The vertical lines that show in a region, each with its column."""
        x, y, width, height = region
        for column in range(max(x, 0), min(x + width, self.width)):
            lines = self.columns.get(column, ())
            for i in range(max(0, bisect_right(lines, y, key=_start) - 1), len(lines)):
                line = lines[i]
                if line[0] >= y + height:
                    break
                if line[1] >= y:
                    yield column, line

    def neighbour(self, box: int, direction: Direction) -> int | None:
        """Where a step along the graph leads: left to the first operand, right to the first
        consumer, up and down to the nearest box of the same layer. None at the rim.
        """
        here = self.placed[box]
        if direction == "left":
            return here.inputs[0] if here.inputs else None
        if direction == "right":
            out = self.consumers[box]
            return out[0].consumer if out else None
        layer = self.layers[here.layer]
        i = bisect_right(layer.tops, here.y) - 1 + (1 if direction == "down" else -1)
        return layer.ids[i] if 0 <= i < len(layer.ids) else None

    def segments(self, source: int, consumer: int, operand: int) -> list[tuple[Cell, Cell]]:
        """The straight pieces of one edge, as pairs of end cells, from border to border.

        Raises ValueError if there is no such edge.
        """
        there = self.placed.get(consumer)
        if there is None or operand < 0 or there.inputs[operand : operand + 1] != (source,):
            raise ValueError(f"layout: node {source} is not operand {operand} of node {consumer}")
        here = self.placed[source]
        x, y = here.right, here.output_row
        pieces: list[tuple[Cell, Cell]] = []
        for k in range(here.layer, there.layer):
            hop = self.hops[source][k - here.layer]
            target = there.input_rows[operand] if k == there.layer - 1 else hop.onward
            rows = (hop.jog, target) if len(hop.turns) == 2 else (target,)
            for turn, row in zip(hop.turns, rows, strict=False):
                if row != y:
                    pieces += [((x, y), (turn, y)), ((turn, y), (turn, row))]
                    x, y = turn, row
        pieces.append(((x, y), (there.x, y)))
        return pieces

    def route(self, source: int, consumer: int, operand: int) -> tuple[Cell, ...]:
        """Every cell of one edge in order, from beside the source to beside the consumer."""
        pieces = self.segments(source, consumer, operand)
        cells = [pieces[0][0]]
        for (x0, y0), (x1, y1) in pieces:
            dx, dy = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
            cells += [(x0 + dx * i, y0 + dy * i) for i in range(1, abs(x1 - x0) + abs(y1 - y0) + 1)]
        return tuple(cells[1:-1])


def _left(layer: Layer) -> int:
    return layer.x


def _start(line: Horizontal | Vertical) -> int:
    return line[0]


def _on(x: int, y: int, a: Cell, b: Cell) -> bool:
    return min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1])
