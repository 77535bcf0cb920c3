"""Cells by their places: which there are, their names, and the way from one to the next."""

from __future__ import annotations

import re
from typing import Literal

from engine.trace import Trace
from tutor.debugger.cells.cell import CellError, Index
from tutor.render.expressions import name_of
from tutor.render.values import shape_text

Direction = Literal["left", "right", "up", "down", "page up", "page down", "first", "last"]

_NUMBERS = re.compile(r"-?\d{1,18}")


def shape_of(trace: Trace, node: int) -> Index:
    """The shape of a node's value."""
    return tuple(trace.nodes[node].shape)


def first(shape: Index) -> Index | None:
    """The first cell of an array; None where it has none."""
    return None if 0 in shape else (0,) * len(shape)


def moved(shape: Index, index: Index, direction: Direction, *, page: int = 10) -> Index:
    """The cell beside a cell; the same where there is none in that direction.

    left, right: along the last axis. up, down: along the one before. With more than two axes, up
    from the first row goes to the last row of the slice before. page up and down: by `page` rows of
    the slice. first, last: of all cells.
    """
    if not shape:
        return ()
    if direction == "first":
        return (0,) * len(shape)
    if direction == "last":
        return tuple([size - 1 for size in shape])
    if direction in ("left", "right"):
        step = 1 if direction == "right" else -1
        return (*index[:-1], min(max(index[-1] + step, 0), shape[-1] - 1))
    if len(shape) == 1:
        return index
    by = {"up": -1, "down": 1, "page up": -page, "page down": page}[direction]
    row, place = 0, 1
    for size, i in zip(shape[-2::-1], index[-2::-1], strict=True):
        row += i * place
        place *= size
    if abs(by) > 1:
        above = row - index[-2]
        row = min(max(row + by, above), above + shape[-2] - 1)
    else:
        row = min(max(row + by, 0), place - 1)
    leading = []
    for size in shape[-2::-1]:
        row, i = divmod(row, size)
        leading.append(i)
    return (*leading[::-1], index[-1])


def cell_name(trace: Trace, node: int, index: Index) -> str:
    """A cell as it is written: `W[0, 1]`, and of a scalar the node's name."""
    name = name_of(trace, node)
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def read_index(text: str) -> Index:
    """The index of a text such as `[0, 1]`, `0, 1` or `0 1`; of an empty one, that of a scalar.

    Raises CellError for anything else.
    """
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    parts = inner.replace(",", " ").split()
    if not all(_NUMBERS.fullmatch(part) for part in parts):
        raise CellError(f"a cell is given by whole numbers, such as [0, 1], not by {text!r}")
    return tuple([int(part) for part in parts])


def checked(trace: Trace, node: int, index: Index) -> Index:
    """The index with negative numbers counted from the end, as in NumPy.

    Raises CellError for a cell that is not there.
    """
    shape = shape_of(trace, node)
    name = name_of(trace, node)
    if 0 in shape:
        raise CellError(f"{name} of shape {shape_text(shape)} has no cells")
    if index and not shape:
        raise CellError(f"{name} is a scalar: it is one cell, without an index")
    if len(index) != len(shape):
        axes = f"{len(shape)} number{'s' if len(shape) != 1 else ''}"
        raise CellError(
            f"a cell of {name}, of shape {shape_text(shape)}, has {axes}, not {len(index)}"
        )
    found = []
    for axis, (i, size) in enumerate(zip(index, shape, strict=True)):
        if not -size <= i < size:
            raise CellError(f"{name} has no cell {i} along axis {axis}: they are 0 to {size - 1}")
        found.append(i % size)
    return tuple(found)
