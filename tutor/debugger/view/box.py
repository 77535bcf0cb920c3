"""What stands in the box of a folded group: its title, and the value and gradient that it gives."""

from __future__ import annotations

import numpy as np

from engine.trace import Trace
from tutor.debugger.view.view import Item
from tutor.render.box import HEAT_COLUMNS, content, size
from tutor.render.plain import Line, Run, spelled
from tutor.render.values import heat

TITLE = 28
SEVERAL = 64
"""Up to so many numbers that a group gives, a box shows them as a map."""


def folded_title(item: Item, *, ascii: bool = False) -> str:
    """`▸ layer1 (12 nodes)`, `▸ cell ×8`; one that is too long loses the end of its name."""
    name = spelled(item.title, ascii)
    count = "" if item.count else f" ({item.size} nodes)"
    if len(name) + len(count) > TITLE - 2 and count:
        count = f" ({item.size})"
    room = TITLE - 2 - len(count)
    if len(name) > room:
        name = name[: room - 3] + "..." if ascii else name[: room - 1] + "…"
    return f"{'>' if ascii else '▸'} {name}{count}"


def folded_size(trace: Trace, first: int, item: Item, width: int) -> tuple[int, int]:
    """Columns and rows inside the box of a group, at every moment."""
    needed = len(folded_title(item)) + 2
    if several(trace, first, item):
        across = max(2 * HEAT_COLUMNS, len(counted(item)))
        return max(across + 4, needed), 2
    columns, rows = size(trace, first + item.output, width=width)
    shape = trace.nodes[first + item.output].shape
    return max(needed, width + 4 if not shape else columns), rows


def folded_rows(
    trace: Trace,
    first: int,
    item: Item,
    cursor: int,
    width: int,
    *,
    changed: bool = False,
    ascii: bool = False,
) -> tuple[Line, ...]:
    """The value and gradient of the node that stands for a group; of a group that gives several
    numbers a map of them, or how many they are."""
    if not several(trace, first, item):
        node = first + item.output
        return content(trace, node, cursor, width=width, changed=changed, ascii=ascii).rows
    nodes = [first + node for node in item.outputs]
    known = trace.known(nodes[-1], cursor)
    mark: Run = ("*", "changed") if changed and known else (" ", "label")
    values = [trace.value(node) for node in nodes] if known and len(nodes) <= SEVERAL else []
    gradients = (
        [trace.grad_at(node, cursor) for node in nodes] if known and len(nodes) <= SEVERAL else []
    )
    arrived = trace.grad_at(nodes[-1], cursor) is not None
    return (
        _row(spelled(" v", ascii), mark, values, item, known, ascii),
        _row(spelled(" ∂", ascii), (" ", "label"), gradients, item, arrived, ascii),
    )


def several(trace: Trace, first: int, item: Item) -> bool:
    """Whether a group gives several numbers, none of them an array."""
    arrays = trace.passes[trace.pass_of(first)].values.arrays
    return len(item.outputs) > 1 and arrays.keys().isdisjoint(item.outputs)


def _row(
    label: str, mark: Run, numbers: list[object], item: Item, there: bool, ascii: bool
) -> Line:
    head: Line = ((label, "label"), mark)
    if there and len(item.outputs) > SEVERAL:
        return (*head, (counted(item), "label"))
    if not numbers or all(number is None for number in numbers):
        return (*head, (spelled("—", ascii), "absent"))
    flat = np.array([0.0 if number is None else number for number in numbers], dtype=np.float64)
    cells = heat(flat, 1, HEAT_COLUMNS, ascii=ascii)[0]
    runs = [(c.text, "heat!" if c.level is None else f"heat{c.level:+d}") for c in cells]
    return (*head, *runs)


def counted(item: Item) -> str:
    """`100 numbers`, of a group that gives so many."""
    return f"{len(item.outputs)} numbers"
