"""What stands in a node's box: its title, its value `v`, its gradient `∂`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.ops import REGISTRY
from engine.trace import Trace, Value
from tutor.render.expressions import expression, name_of
from tutor.render.numbers import WIDEST, absent, number
from tutor.render.plain import Line, Run, spelled
from tutor.render.values import column, heat, heat_size, is_scalar, shape_text

HEAT_ROWS = 3
HEAT_COLUMNS = 4
TITLE = 16
_MANY = 2000


@dataclass(frozen=True, slots=True)
class Content:
    """What a box shows: a title for its border, and its rows as runs (text, role).

    Roles: "label", "value", "gradient", "absent", "changed", and for a heat map "heat+4" to
    "heat-4", "heat+0" and "heat!" (not a number).
    """

    title: str
    rows: tuple[Line, ...]


def content(
    trace: Trace,
    node: int,
    cursor: int,
    *,
    width: int = WIDEST,
    changed: bool = False,
    ascii: bool = False,
) -> Content:
    """The box of a node at a moment. width: the column of numbers, from `column_width`.

    A changed value gets the mark `*`. The number of rows is the same at every moment.
    """
    known = trace.known(node, cursor)
    value = trace.value(node) if known else None
    gradient = trace.grad_at(node, cursor)
    shape = trace.nodes[node].shape
    rows = [
        *_part("v", "value", value, shape, width, changed and known, ascii),
        *_part("∂", "gradient", gradient, shape, width, False, ascii),
    ]
    return Content(title(trace, node, ascii=ascii), tuple(rows))


def size(trace: Trace, node: int, *, width: int = WIDEST) -> tuple[int, int]:
    """Columns and rows inside a node's box, at every moment."""
    shape = trace.nodes[node].shape
    needed = len(title(trace, node)) + 2
    if not shape:
        return max(width + 4, needed), 2
    down, across = heat_size(shape, HEAT_ROWS, HEAT_COLUMNS)
    return max(2 * across + 4, needed, 8), 2 * max(down, 1)


def title(trace: Trace, node: int, *, ascii: bool = False) -> str:
    """A box's title: `x`, `q = x + y`, `h σ`, `W (3, 4)`, in at most 16 cells."""
    entry = trace.nodes[node]
    name = spelled(name_of(trace, node), ascii)
    shape = f" {shape_text(entry.shape)}" if entry.shape else ""
    if not entry.inputs:
        return _cut(name + shape, ascii)
    long = f"{name} = {expression(trace, node, ascii=ascii)}"
    if len(long) + len(shape) <= TITLE:
        return long + shape
    symbol = spelled(REGISTRY[entry.op].symbol, ascii)
    short = f"{name} {symbol}"
    return short + shape if len(short) + len(shape) <= TITLE else _cut(short, ascii)


def column_width(trace: Trace) -> int:
    """The cells that the numbers of a trace need, from 5 to 9; one width for all boxes.

    In a trace of more than 2000 nodes it is 9, without looking.
    """
    if len(trace.nodes) > _MANY:
        return WIDEST
    widest = 5
    for p in trace.passes:
        for part in (p.values, p.gradients, p.totals):
            numbers = (part[i] for i in range(len(part)))
            widths = [len(number(float(x))) for x in numbers if x is not None and is_scalar(x)]
            widest = max([widest, *widths])
    return min(widest, WIDEST)


def _part(
    label: str,
    role: str,
    value: Value | None,
    shape: tuple[int, ...],
    width: int,
    changed: bool,
    ascii: bool,
) -> list[Line]:
    label = spelled(label, ascii)
    mark: Run = ("*", "changed") if changed else (" ", "label")
    head: Line = ((f" {label}", "label"), mark)
    blank: Line = (("   ", "label"),)
    if not shape:
        kind = "absent" if value is None else role
        return [(*head, (column(value, width, ascii=ascii), kind), (" ", "label"))]
    if value is None:
        down, _ = heat_size(shape, HEAT_ROWS, HEAT_COLUMNS)
        first: Line = (*head, (absent(ascii=ascii), "absent"))
        return [first, *[blank] * (max(down, 1) - 1)]
    cells = heat(value, HEAT_ROWS, HEAT_COLUMNS, ascii=ascii)
    if not cells:
        return [(*head, ("empty", "absent"))]
    rows: list[Line] = []
    for i, row in enumerate(cells):
        runs = [(c.text, "heat!" if c.level is None else f"heat{c.level:+d}") for c in row]
        rows.append((*(head if i == 0 else blank), *runs))
    return rows


def _cut(text: str, ascii: bool) -> str:
    if len(text) <= TITLE:
        return text
    return text[: TITLE - 3] + "..." if ascii else text[: TITLE - 1] + "…"
