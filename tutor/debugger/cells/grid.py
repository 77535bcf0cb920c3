"""A window of an array's cells, as a matrix: the chosen cell and the touched ones are marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.cells.call import Array
from tutor.debugger.cells.cell import Index
from tutor.debugger.cells.places import checked, first
from tutor.render.expressions import gradient_name, name_of
from tutor.render.numbers import WIDEST, absent, fitted
from tutor.render.plain import Line
from tutor.render.values import shape_text

What = Literal["value", "gradient"]

CHOSEN, TOUCHED = "▶", "●"
_GAP = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """A window of an array.

    lines: the picture; its first line names the array and the part that is shown. cells: the cells
    of each line, from left to right; empty for a line without. left: how many characters stand left
    of the first cell; width: how many each takes.
    """

    node: int
    lines: tuple[Line, ...]
    cells: tuple[tuple[Index, ...], ...]
    left: int
    width: int

    def at(self, line: int, column: int) -> Index | None:
        """The cell that is drawn at a line and a column of characters; None where there is none."""
        if not 0 <= line < len(self.cells) or column < self.left:
            return None
        place = (column - self.left) // self.width
        return self.cells[line][place] if place < len(self.cells[line]) else None


def grid(
    trace: Trace,
    node: int,
    cursor: int | None = None,
    *,
    what: What = "value",
    rows: int = 8,
    columns: int = 8,
    width: int = 78,
    around: Index | None = None,
    chosen: Index | None = None,
    touched: Array | None = None,
) -> Grid:
    """A window of at most `rows` x `columns` cells of a node's value or gradient.

    A vector is one row; of more than two axes the slice with `around` in it is shown. cursor: how
    many events have happened (None: all); what is not there yet is `—`. around: the cell that the
    window is laid around; the chosen one, the first touched one or the first one when None.
    chosen: the cell to mark with `▶`. touched: a mask, in the node's shape, of those to mark
    with `●`. width: how many characters a line may take. Raises CellError for a cell that is not
    there.
    """
    cursor = len(trace.events) if cursor is None else cursor
    shape = tuple(trace.nodes[node].shape)
    if first(shape) is None:
        return Grid(node, (((f"{_title(trace, node, what)} has no cells", "quiet"),),), ((),), 0, 1)
    middle = checked(trace, node, _middle(shape, around, chosen, touched))
    value = _value(trace, node, cursor, what)
    down, across = (*(1, 1), *shape)[-2:] if len(shape) != 1 else (1, shape[0])
    row, column = (*(0, 0), *middle)[-2:] if len(shape) != 1 else (0, middle[0])
    texts_fit = max(1, (width - 6) // (_GAP + 1))
    at_row = _window(row, down, rows)
    at_column = _window(column, across, min(columns, texts_fit))
    texts = [[_text(value, _index(middle, shape, i, k)) for k in at_column] for i in at_row]
    wide = max([len(text) for line in texts for text in line] + [len(str(at_column[-1]))])
    while len(at_column) > 1 and len(at_column) * (wide + _GAP) + 6 > width:
        at_column = _window(column, across, len(at_column) - 1)
        texts = [[_text(value, _index(middle, shape, i, k)) for k in at_column] for i in at_row]
        wide = max([len(text) for line in texts for text in line] + [len(str(at_column[-1]))])
    each = wide + _GAP
    labels = [str(i) for i in at_row] if len(shape) > 1 else [""]
    left = max(map(len, labels)) + (3 if shape else 1)
    heading = _heading(trace, node, what, middle, at_row, at_column)
    lines: list[Line] = [((heading, "label"),)]
    cells: list[tuple[Index, ...]] = [()]
    if shape:
        numbers = "".join(str(k).rjust(each) for k in at_column)
        lines.append(((" " * left + numbers, "faint"),))
        cells.append(())
    for i, label, line in zip(at_row, labels, texts, strict=True):
        places = [_index(middle, shape, i, k) for k in at_column]
        runs = [(f"{label.rjust(left - 1)} ", "faint")]
        for place, text in zip(places, line, strict=True):
            mark, role = _mark(place, chosen, touched, what)
            runs.append((f"{mark}{text}".rjust(each), role))
        lines.append(tuple(runs))
        cells.append(tuple(places))
    return Grid(node, tuple(lines), tuple(cells), left, each)


def _middle(
    shape: Index, around: Index | None, chosen: Index | None, touched: Array | None
) -> Index:
    if around is not None:
        return around
    if chosen is not None:
        return chosen
    if touched is not None and touched.any():
        return tuple([int(i) for i in np.unravel_index(int(touched.argmax()), shape)])
    return (0,) * len(shape)


def _value(trace: Trace, node: int, cursor: int, what: What) -> Value | None:
    if what == "gradient":
        return trace.grad_at(node, cursor)
    return trace.value(node) if trace.known(node, cursor) else None


def _window(middle: int, size: int, most: int) -> range:
    """The numbers of at most `most` rows or columns, with `middle` in their middle if it can be."""
    count = max(1, min(most, size))
    start = max(0, min(middle - count // 2, size - count))
    return range(start, start + count)


def _index(middle: Index, shape: Index, row: int, column: int) -> Index:
    """The cell in a row and a column of the slice that `middle` lies in."""
    if not shape:
        return ()
    return (column,) if len(shape) == 1 else (*middle[:-2], row, column)


def _text(value: Value | None, index: Index) -> str:
    if value is None:
        return absent()
    return fitted(value if type(value) is float else float(value[index]), WIDEST)


def _mark(place: Index, chosen: Index | None, touched: Array | None, what: What) -> tuple[str, str]:
    if place == chosen:
        return CHOSEN, "active"
    if touched is not None and touched[place]:
        return TOUCHED, "local"
    return " ", what if chosen is None and touched is None else "quiet"


def _title(trace: Trace, node: int, what: What) -> str:
    return gradient_name(trace, node) if what == "gradient" else name_of(trace, node)


def _heading(
    trace: Trace, node: int, what: What, middle: Index, rows: range, columns: range
) -> str:
    """`W (128, 784), rows 3 to 10, columns 0 to 7`; of more axes `X[2, :, :] of (4, 28, 28)`."""
    shape = tuple(trace.nodes[node].shape)
    name = _title(trace, node, what)
    if not shape:
        return name
    if len(shape) > 2:
        fixed = ", ".join([*map(str, middle[:-2]), ":", ":"])
        text = f"{name}[{fixed}] of {shape_text(shape)}"
    else:
        text = f"{name} {shape_text(shape)}"
    if len(shape) > 1 and len(rows) < shape[-2]:
        text += f", rows {rows[0]} to {rows[-1]}"
    if len(columns) < shape[-1]:
        text += f", columns {columns[0]} to {columns[-1]}"
    return text
