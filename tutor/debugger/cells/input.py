"""One cell of a node: what came back into it, from which output cells, through which slopes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.trace import Event, Trace
from tutor.debugger.cells.call import Array
from tutor.debugger.cells.cell import Arrival, CellError, Index, InputCell, Share, entry
from tutor.debugger.cells.column import column
from tutor.debugger.cells.output import MOST, agree
from tutor.debugger.cells.places import checked


def input_cell(
    trace: Trace,
    node: int,
    index: Index,
    cursor: int | None = None,
    *,
    most: int = MOST,
    largest: bool = False,
) -> InputCell:
    """One cell of a node, and the contributions that had come back into it.

    cursor: how many events have happened; None for all of them. most: how many shares of each
    contribution are listed; largest: the largest of them first, by size, not in reading order.
    Raises CellError for a cell that is not there.
    """
    index = checked(trace, node, index)
    cursor = len(trace.events) if cursor is None else cursor
    arrivals = trace.arrivals(node)
    happened = [trace.events[i] for i in arrivals if i < cursor]
    gradient = trace.grad_at(node, cursor)
    return InputCell(
        node=node,
        index=index,
        value=entry(trace.value(node), index),
        gradient=None if gradient is None else entry(gradient, index),
        arrivals=tuple([_arrival(trace, event, index, most, largest) for event in happened]),
        expected=len(arrivals),
    )


def touching(trace: Trace, node: int, index: Index) -> list[tuple[int, Array]]:
    """The output cells that an input cell touches: for each use of it, in order, the node that uses
    it and a mask in that node's shape. Raises as `input_cell` does, and where a rule fails."""
    index = checked(trace, node, index)
    at = trace.pass_of(node)
    start = trace.node_range(at).start
    p = trace.passes[at]
    found = []
    for user in dict.fromkeys(trace.consumers(node)):
        for operand, used in enumerate(p.operands[user - start]):
            if used == node - start:
                found.append((user, column(p, user - start, operand, index)[1]))
    return found


def _arrival(trace: Trace, event: Event, index: Index, most: int, largest: bool) -> Arrival:
    arrival = Arrival(event.i, event.source, event.operand, entry(event.amount, index))
    if event.source is None or event.operand is None:
        return arrival
    at = trace.pass_of(event.source)
    start = trace.node_range(at).start
    try:
        slopes, mask = column(trace.passes[at], event.source - start, event.operand, index)
    except CellError as error:
        return replace(arrival, why=str(error))
    places = np.flatnonzero(mask)
    upstream = np.asarray(event.upstream, dtype=np.float64).reshape(-1)[places]
    slope = slopes.reshape(-1)[places].astype(np.float64)
    with np.errstate(all="ignore"):
        amounts = upstream * slope
        total = float(amounts.sum())
        size = float(np.abs(amounts).sum())
        order = np.argsort(-np.abs(amounts), kind="stable") if largest else np.arange(len(amounts))
        rest = float(amounts[order[most:]].sum())
    shares = []
    for k in order[:most]:
        where = np.unravel_index(int(places[k]), slopes.shape)
        out = tuple([int(i) for i in where])
        shares.append(Share(out, float(upstream[k]), float(slope[k]), float(amounts[k])))
    return replace(
        arrival,
        shares=tuple(shares),
        touched=len(places),
        rest=rest,
        total=total,
        agrees=agree(total, arrival.amount, size, event.amount),
    )
