"""What is told of an input cell: the contributions that came back, and from which output cells."""

from __future__ import annotations

import math
from typing import Any

from engine.trace import Trace
from tutor.debugger.cells.call import Array
from tutor.debugger.cells.cell import Arrival, CellError, Index, InputCell, Share
from tutor.debugger.cells.grid import Grid, grid
from tutor.debugger.cells.input import input_with_masks, touching
from tutor.debugger.cells.output_report import GRID_ROWS, GRID_WIDTH, clipped, columns, grid_rows
from tutor.debugger.cells.places import cell_name
from tutor.render.expressions import name_of, output_name
from tutor.render.json_ import plain
from tutor.render.numbers import absent, bracketed, number
from tutor.render.report import Report, Row

_SPOKEN = 4
_MOST_GRIDS = 4


def input_report(
    trace: Trace, node: int, index: Index, cursor: int, *, most: int, largest: bool
) -> Report:
    """The report of What came back into one cell."""
    cell, masks = input_with_masks(trace, node, index, cursor, most=most, largest=largest)
    name = cell_name(trace, node, index)
    rows = []
    for arrival in cell.arrivals:
        rows += _arrival_rows(trace, cell, arrival)
    left = cell.arrived - len(cell.arrivals)
    if left:
        rows.append(Row(columns(f"{left:,} more contributions", "", number(cell.rest), faint=True)))
    rows.append(_total_row(trace, cell))
    fed = _fed(trace, cell)
    rows += [Row((("  " + said, "text"),), user) for user, said in fed]
    rows += grid_rows(_grids(trace, cell, masks, cursor))
    known = trace.known(node, cursor)
    return Report(
        "cells",
        f"What came back into {name}",
        tuple(rows),
        (*_sentences(trace, cell, known), *[f"{said}." for _, said in fed]),
        _data(trace, cell, known),
        aside=absent() if cell.gradient is None else number(cell.gradient),
    )


def _slope_name(trace: Trace, node: int, index: Index) -> str:
    return f"∂{output_name(trace, node)}/∂{cell_name(trace, node, index)}"


def _arrival_rows(trace: Trace, cell: InputCell, arrival: Arrival) -> list[Row]:
    """The contribution, then one row for each output cell that it came from."""
    amount = number(arrival.amount)
    if arrival.source is None:
        return [Row(columns("the seed", "", amount), cell.node, arrival.event + 1)]
    source = name_of(trace, arrival.source)
    head = columns(f"from {source}, event {arrival.event + 1}", "", amount, strong=True)
    rows = [Row(head, arrival.source, arrival.event + 1)]
    if arrival.why:
        return [*rows, Row(((f"    {clipped(arrival.why, 74)}", "quiet"),), arrival.source)]
    if not arrival.touched:
        return [*rows, Row((("    it touches no cell there: nothing comes back", "quiet"),))]
    for share in arrival.shares:
        rows.append(Row(columns(*_share(trace, cell, arrival, share)), arrival.source))
    left = arrival.touched - len(arrival.shares)
    if left:
        rows.append(Row(columns(f"  {left:,} more", "", number(arrival.rest), faint=True)))
    if not arrival.agrees:
        said = f"    ✗ these add up to {number(arrival.total)}, the rule passed on {amount}"
        rows.append(Row(((said, "wrong"),), arrival.source))
    return rows


def _share(trace: Trace, cell: InputCell, arrival: Arrival, share: Share) -> tuple[str, str, str]:
    source = cell.node if arrival.source is None else arrival.source
    out = cell_name(trace, source, share.index)
    own = cell_name(trace, cell.node, cell.index)
    formula = f"  {_slope_name(trace, source, share.index)} · ∂{out}/∂{own}"
    numbers = f"{number(share.upstream)} · {bracketed(number(share.slope))}"
    return formula, numbers, number(share.amount)


def _total_row(trace: Trace, cell: InputCell) -> Row:
    name = _slope_name(trace, cell.node, cell.index)
    if cell.gradient is None:
        said = "no gradient comes here" if not cell.expected else "nothing has come back yet"
        return Row(((f"  {name}: {said}", "quiet"),), cell.node)
    line = columns(name, "", number(cell.gradient), strong=True)
    if cell.complete:
        return Row((*line, ("  ✓", "right")), cell.node)
    left = cell.expected - cell.arrived
    return Row((*line, (f"  {left} more to come", "quiet")), cell.node)


def _fed(trace: Trace, cell: InputCell) -> list[tuple[int, str]]:
    """Before anything has come back: which output cells it will come from."""
    if cell.arrived:
        return []
    try:
        uses = touching(trace, cell.node, cell.index, most=_SPOKEN)
    except CellError:
        return []
    told = []
    for user, mask in uses:
        count = int(mask.sum())
        cells = "1 cell" if count == 1 else f"{count:,} cells"
        told.append((user, f"It touches {cells} of {name_of(trace, user)}"))
    return told


def _grids(
    trace: Trace, cell: InputCell, masks: list[tuple[int, Array]], cursor: int
) -> list[Grid]:
    """The gradients of the nodes that use the cell, with the cells that it touches marked, then its
    own; none of what is a single number."""
    grids = []
    for user, mask in masks[:_MOST_GRIDS]:
        if mask.shape:
            window = grid(
                trace, user, cursor, what="gradient", rows=GRID_ROWS, width=GRID_WIDTH, touched=mask
            )
            grids.append(window)
    if cell.index:
        grids.append(
            grid(
                trace,
                cell.node,
                cursor,
                what="gradient",
                rows=GRID_ROWS,
                width=GRID_WIDTH,
                chosen=cell.index,
            )
        )
    return grids


def _sentences(trace: Trace, cell: InputCell, known: bool) -> list[str]:
    name = cell_name(trace, cell.node, cell.index)
    value = f"{name} is {number(cell.value)}" if known else f"{name} has not been computed yet"
    if cell.gradient is None:
        why = (
            "no gradient comes to it"
            if not cell.expected
            else "no gradient has come back to it yet"
        )
        return [f"{value}; {why}."]
    told = [f"{value}; its gradient is {number(cell.gradient)}{_so_far(cell)}."]
    for arrival in cell.arrivals[:_SPOKEN]:
        told.append(_arrived(trace, arrival))
        if not arrival.agrees:
            parts = f"Its parts add up to {number(arrival.total)}, which is not what was passed on"
            odd = "a number that is not finite stands elsewhere in the operands"
            told.append(f"{parts}{'' if math.isfinite(arrival.amount) else f': {odd}'}.")
    left = cell.arrived - len(cell.arrivals[:_SPOKEN])
    if left:
        rest = cell.rest + sum(arrival.amount for arrival in cell.arrivals[_SPOKEN:])
        told.append(f"{left:,} more contributions add up to {number(rest)}.")
    return told


def _so_far(cell: InputCell) -> str:
    return "" if cell.complete else f" so far, {cell.arrived} of {cell.expected} parts"


def _arrived(trace: Trace, arrival: Arrival) -> str:
    amount = number(arrival.amount)
    if arrival.source is None:
        return f"The backward pass starts here with {amount}."
    source = name_of(trace, arrival.source)
    if arrival.why:
        return f"From {source} came {amount}; {arrival.why}."
    if not arrival.touched:
        return f"From {source} came {amount}: it touches no cell there."
    few = arrival.shares[:_SPOKEN]
    parts = [
        f"{number(s.upstream)} times {number(s.slope)} from "
        f"{cell_name(trace, arrival.source, s.index)}"
        for s in few
    ]
    left = arrival.touched - len(few)
    if left:
        rest = arrival.rest + sum(s.amount for s in arrival.shares[_SPOKEN:])
        parts.append(f"{left:,} more that add up to {number(rest)}")
    return f"From {source} came {amount}: {', plus '.join(parts)}."


def _data(trace: Trace, cell: InputCell, known: bool) -> dict[str, Any]:
    return {
        "node": cell.node,
        "name": trace.nodes[cell.node].name,
        "cell": list(cell.index),
        "side": "input",
        "value": plain(cell.value) if known else None,
        "gradient": plain(cell.gradient),
        "arrived": cell.arrived,
        "expected": cell.expected,
        "rest": plain(cell.rest),
        "arrivals": [
            {
                "event": arrival.event,
                "from": arrival.source,
                "name": None if arrival.source is None else trace.nodes[arrival.source].name,
                "operand": arrival.operand,
                "amount": plain(arrival.amount),
                "touched": arrival.touched,
                "shares": [
                    {
                        "cell": list(share.index),
                        "upstream": plain(share.upstream),
                        "slope": plain(share.slope),
                        "amount": plain(share.amount),
                    }
                    for share in arrival.shares
                ],
                "rest": plain(arrival.rest),
                "total": plain(arrival.total),
                "agrees": arrival.agrees,
                **({"why": arrival.why} if arrival.why else {}),
            }
            for arrival in cell.arrivals
        ],
    }
