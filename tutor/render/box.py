"""What stands in a node's box: its title, its value `v`, its gradient `∂`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.columns import Value
from engine.trace import Trace
from tutor.render.expressions import expression, name_of, value_text
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
    mark: Run = ("*", "changed") if changed and known else (" ", "label")
    v, d = spelled("v", ascii), spelled("∂", ascii)
    if shape:
        rows = [
            *_map(((f" {v}", "label"), mark), value, shape, ascii),
            *_map(((f" {d}", "label"), (" ", "label")), gradient, shape, ascii),
        ]
    else:
        told = value_text(trace, node, ascii=ascii) if known else ""
        if not known or len(told) > width:
            told = column(value, width, ascii=ascii)
        rows = [
            _row(v, mark, told.rjust(width), "value" if known else "absent"),
            _row(
                d,
                (" ", "label"),
                column(gradient, width, ascii=ascii),
                "absent" if gradient is None else "gradient",
            ),
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
    op = trace.op(node)
    symbol = spelled(entry.op if op is None else op.symbol, ascii)
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
        for part in (p.gradients, p.amounts):
            numbers = (part[i] for i in range(len(part)))
            widths = [len(number(float(x))) for x in numbers if x is not None and is_scalar(x)]
            widest = max([widest, *widths])
    scalars = (i for i in range(len(trace.nodes)) if is_scalar(trace.value(i)))
    widest = max([widest, *[len(value_text(trace, i)) for i in scalars]])
    return min(widest, WIDEST)


def _row(label: str, mark: Run, text: str, role: str) -> Line:
    return ((f" {label}", "label"), mark, (text, role), (" ", "label"))


def _map(head: Line, value: Value | None, shape: tuple[int, ...], ascii: bool) -> list[Line]:
    """The rows of a tensor: a heat map, or `—` and as many blank rows as it will have."""
    blank: Line = (("   ", "label"),)
    if value is None:
        down, _ = heat_size(shape, HEAT_ROWS, HEAT_COLUMNS)
        return [(*head, (absent(ascii=ascii), "absent")), *[blank] * (max(down, 1) - 1)]
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
