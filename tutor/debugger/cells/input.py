"""One cell of a node: what came back into it, from which output cells, through which slopes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.columns import Value
from engine.passes import Pass
from engine.trace import Trace
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

    cursor: how many events have happened; None for all of them. most: how many contributions are
    listed, and how many shares of each; largest: the largest of them first, by size, not in the
    order of events and cells. Raises CellError for a cell that is not there.
    """
    return input_with_masks(trace, node, index, cursor, most=most, largest=largest)[0]


def input_with_masks(
    trace: Trace,
    node: int,
    index: Index,
    cursor: int | None = None,
    *,
    most: int = MOST,
    largest: bool = False,
) -> tuple[InputCell, list[tuple[int, Array]]]:
    """An input cell, and for each listed contribution the node that it came from and a mask, in
    that node's shape, of the output cells that touch this one. Arguments and errors as of
    `input_cell`."""
    index = checked(trace, node, index)
    cursor = len(trace.events) if cursor is None else cursor
    at = trace.pass_of(node)
    p, start = trace.passes[at], trace.node_range(at).start
    first_event = trace.backward_range(at).start + 1
    arrivals = trace.arrivals(node)
    happened = [event for event in arrivals if event < cursor]
    amounts = np.array([entry(_amount(p, event - first_event), index) for event in happened])
    order = np.argsort(-np.abs(amounts), kind="stable") if largest else np.arange(len(amounts))
    listed, masks = [], []
    for k in order[:most].tolist():
        arrival = Arrival(happened[k], None, None, float(amounts[k]))
        edge = happened[k] - first_event
        if edge >= 0:
            arrival, mask = _arrival(p, edge, start, arrival, index, most, largest)
            if mask is not None and arrival.source is not None:
                masks.append((arrival.source, mask))
        listed.append(arrival)
    gradient = trace.grad_at(node, cursor)
    cell = InputCell(
        node=node,
        index=index,
        value=entry(trace.value(node), index),
        gradient=None if gradient is None else entry(gradient, index),
        arrivals=tuple(listed),
        arrived=len(happened),
        rest=float(amounts[order[most:]].sum()),
        expected=len(arrivals),
    )
    return cell, masks


def touching(trace: Trace, node: int, index: Index, *, most: int = MOST) -> list[tuple[int, Array]]:
    """The output cells that an input cell touches: for each use of it, in order, the node that uses
    it and a mask in that node's shape.

    most: how many uses are told. Raises as `input_cell` does, and where a rule fails.
    """
    index = checked(trace, node, index)
    start = trace.node_range(trace.pass_of(node)).start
    p = trace.passes[trace.pass_of(node)]
    uses = [
        (user, operand)
        for user in dict.fromkeys(p.consumers[node - start][: most + 1])
        for operand, used in enumerate(p.operands[user])
        if used == node - start
    ]
    return [(start + user, column(p, user, operand, index)[1]) for user, operand in uses[:most]]


def _amount(p: Pass, edge: int) -> Value:
    """What passed along contribution number `edge` of the pass; −1 is the seed."""
    return p.seed if edge < 0 else p.amounts[edge]


def _arrival(
    p: Pass, edge: int, start: int, arrival: Arrival, index: Index, most: int, largest: bool
) -> tuple[Arrival, Array | None]:
    """A contribution with its shares, and the mask of the output cells that they came from."""
    source, operand = int(p.sources[edge]), int(p.slots[edge])
    arrival = replace(arrival, source=start + source, operand=operand)
    try:
        slopes, mask = column(p, source, operand, index)
    except CellError as error:
        return replace(arrival, why=str(error)), None
    places = np.flatnonzero(mask)
    upstream = np.asarray(p.gradients[source], dtype=np.float64).reshape(-1)[places]
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
    arrival = replace(
        arrival,
        shares=tuple(shares),
        touched=len(places),
        rest=rest,
        total=total,
        agrees=agree(total, arrival.amount, size, p.values[source]),
    )
    return arrival, mask
