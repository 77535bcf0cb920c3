"""What is told of one cell: the products that made it, or the contributions that came back."""

from __future__ import annotations

from typing import Literal

from engine.trace import Trace
from tutor.debugger.cells.cell import CellError, Index
from tutor.debugger.cells.input_report import input_report
from tutor.debugger.cells.output_report import output_report
from tutor.debugger.cells.places import cell_name, checked, first
from tutor.render.expressions import name_of
from tutor.render.report import Report, Row

Side = Literal["output", "input"]

MOST = 12
"""How many products, slopes or shares a report lists."""


def report(
    trace: Trace,
    node: int,
    index: Index | None = None,
    cursor: int | None = None,
    side: Side | None = None,
    *,
    most: int = MOST,
    largest: bool = False,
) -> Report:
    """One cell of a node at a moment, as rows, sentences and data.

    index: which cell; the first one when None. cursor: how many events have happened; None for all
    of them. side: "output" tells what made the cell, "input" what came back into it; None is
    "output" for what an op made and "input" for a leaf. most: how many products or shares are
    listed; largest: the largest of them first, not in reading order. A row opens the node that its
    cell belongs to, or the event of a contribution.

    Raises CellError for a cell that is not there.
    """
    cursor = len(trace.events) if cursor is None else cursor
    entry = trace.nodes[node]
    given = first(tuple(entry.shape)) if index is None else index
    place = checked(trace, node, () if given is None else given)
    made = bool(entry.inputs)
    if side is None:
        side = "output" if made else "input"
    try:
        if side == "input":
            return input_report(trace, node, place, cursor, most=most, largest=largest)
        if not trace.known(node, cursor):
            return _early(trace, node, place)
        return output_report(trace, node, place, cursor, most=most, largest=largest)
    except CellError as error:
        return _said(trace, node, place, side, str(error))


def _early(trace: Trace, node: int, index: Index) -> Report:
    name = name_of(trace, node)
    return _said(
        trace,
        node,
        index,
        "output",
        f"{name} has not been computed yet; event {trace.value_event(node) + 1} computes it",
        trace.value_event(node) + 1,
    )


def _said(
    trace: Trace, node: int, index: Index, side: Side, text: str, event: int | None = None
) -> Report:
    """A report that says one thing: why there is nothing to show."""
    begins_with_name = text.startswith(name_of(trace, node))
    said = f"{text if begins_with_name else text[:1].upper() + text[1:]}."
    data = {"node": node, "name": trace.nodes[node].name, "cell": list(index), "side": side}
    return Report(
        "cells",
        cell_name(trace, node, index),
        (Row(((said, "text"),), node, event),),
        (said,),
        {**data, "why": text},
    )
