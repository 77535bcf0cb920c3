"""Values of any shape: in one line, as a small heat map, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Value
from tutor.render.numbers import absent, apart, exact, fitted, number
from tutor.render.plain import spelled

LEVELS = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a heat map: two characters (sign, shade) and a level from −4 to 4.

    Level 0 is an entry of 0; ±1 to ±4 is the size beside the largest of the map. None: not a
    number.
    """

    text: str
    level: int | None


def is_scalar(value: Value) -> bool:
    """Whether a value is one number of shape ()."""
    return type(value) is float or np.ndim(value) == 0


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it: `()`, `(3,)`, `(3, 4)`."""
    return str(tuple(int(size) for size in shape))


def inline(value: Value | None, *, ascii: bool = False, most: int = 12) -> str:
    """A value in one line: a number, `[1, −2]`, or shape and range where there are more than
    `most` entries: `(64, 32) from −1.2 to 3.4`."""
    if value is None:
        return absent(ascii=ascii)
    if is_scalar(value):
        return number(float(value), ascii=ascii)
    if value.size <= most:
        return _nested(value, ascii)
    return f"{shape_text(value.shape)} {span(value, ascii=ascii)}"


def change(old: Value, new: Value, *, ascii: bool = False, most: int = 12) -> tuple[str, str]:
    """Two values in one line each; numbers in as many digits as it takes to see the difference."""
    if is_scalar(old) and is_scalar(new):
        return apart(float(old), float(new), ascii=ascii)
    return inline(old, ascii=ascii, most=most), inline(new, ascii=ascii, most=most)


def span(value: Any, *, ascii: bool = False) -> str:
    """From which to which number an array goes, and how many entries are not finite."""
    array = np.asarray(value, dtype=np.float64)
    finite = array[np.isfinite(array)]
    odd = array.size - finite.size
    parts = []
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        parts.append(
            f"all {number(low, ascii=ascii)}"
            if low == high and not odd
            else f"from {number(low, ascii=ascii)} to {number(high, ascii=ascii)}"
        )
    if odd:
        parts.append(f"{odd} not finite")
    return ", ".join(parts) or "empty"


def heat(value: Value, rows: int, columns: int, *, ascii: bool = False) -> list[list[Cell]]:
    """A map of at most `rows` x `columns` cells, as a matrix of (last axis) columns.

    Where there are more entries than cells, a cell shows the largest of its block by size.
    """
    matrix = as_matrix(value)
    row_parts = np.array_split(np.arange(matrix.shape[0]), min(rows, matrix.shape[0]) or 1)
    column_parts = np.array_split(np.arange(matrix.shape[1]), min(columns, matrix.shape[1]) or 1)
    finite = np.abs(matrix[np.isfinite(matrix)])
    largest = float(finite.max()) if finite.size else 0.0
    return [
        [_cell(matrix[r[0] : r[-1] + 1, c[0] : c[-1] + 1], largest, ascii) for c in column_parts]
        for r in row_parts
        if len(r)
    ]


def heat_size(shape: tuple[int, ...], rows: int, columns: int) -> tuple[int, int]:
    """How many rows and columns of cells `heat` makes of an array of this shape."""
    across = shape[-1] if shape else 1
    down = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
    return min(rows, down), min(columns, across)


def as_matrix(value: Value) -> np.ndarray[Any, Any]:
    """A value as float64 of two axes: a vector is one row, further axes are stacked."""
    array = np.asarray(value, dtype=np.float64)
    if array.size == 0:
        return array.reshape(0, 0)
    return array.reshape(1, 1) if array.ndim == 0 else array.reshape(-1, array.shape[-1])


def table(
    value: Value,
    *,
    full: bool = False,
    rows: int = 40,
    columns: int = 12,
    ascii: bool = False,
) -> list[str]:
    """The entries in aligned columns, one line a row, `…` where rows or columns are left out.

    full: all digits of each entry. The slices of more than two axes follow each other under a
    line `[0, 1]:` each.
    """
    array = np.asarray(value)
    if array.ndim <= 2:
        return _matrix_lines(array, full, rows, columns, ascii)
    lines: list[str] = []
    for index in np.ndindex(*array.shape[:-2]):
        if len(lines) >= rows:
            lines.append(spelled("…", ascii))
            break
        lines.append(f"[{', '.join(map(str, index))}]:")
        lines += _matrix_lines(array[index], full, rows, columns, ascii)
    return lines


def _matrix_lines(
    array: np.ndarray[Any, Any], full: bool, rows: int, columns: int, ascii: bool
) -> list[str]:
    if array.size == 0:
        return ["empty"]
    matrix = array.reshape(1, -1) if array.ndim < 2 else array
    shown = matrix[:rows, :columns]
    texts = [
        [exact(x, ascii=ascii) if full else number(float(x), ascii=ascii) for x in row]
        for row in shown
    ]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    more = "  " + spelled("…", ascii) if matrix.shape[1] > columns else ""
    lines = [
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) + more
        for row in texts
    ]
    if matrix.shape[0] > rows:
        lines.append(spelled(f"… {matrix.shape[0] - rows} more rows", ascii))
    return lines


def _cell(block: np.ndarray[Any, Any], largest: float, ascii: bool) -> Cell:
    if not np.isfinite(block).all():
        return Cell("!!", None)
    extreme = float(block.flat[np.abs(block).argmax()])
    if extreme == 0.0:
        return Cell(spelled(" ·" if not ascii else " 0", ascii), 0)
    size = max(1, min(LEVELS, int(np.ceil(LEVELS * (abs(extreme) / largest)))))
    text = ("+" if extreme > 0 else "−") + "░▒▓█"[size - 1]
    return Cell(spelled(text, ascii), size if extreme > 0 else -size)


def _nested(array: np.ndarray[Any, Any], ascii: bool) -> str:
    if array.ndim == 0:
        return number(float(array), ascii=ascii)
    return f"[{', '.join(_nested(part, ascii) for part in array)}]"


def column(value: Value | None, width: int, *, ascii: bool = False) -> str:
    """A number in a column of fixed width, flush right; `—` for nothing yet."""
    if value is None:
        return absent(ascii=ascii).rjust(width)
    return fitted(float(value), width, ascii=ascii).rjust(width)
