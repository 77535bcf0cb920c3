"""A side of a comparison: one pass at one moment, read as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Value
from engine.passes import Pass
from engine.trace import Trace

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared.

    at: the number of the pass; None for the one that is under way at `cursor`, or the last one
    where there is no cursor. cursor: how many events of the trace have happened; None for all of
    the pass. label: what the side is called, such as "before" or a file's name.
    """

    trace: Trace
    at: int | None = None
    cursor: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values or gradients by local node id: scalars in `floats`, arrays beside them, and whether
    each is there."""

    floats: Array
    arrays: Mapping[int, Any]
    there: Array

    def __getitem__(self, i: int) -> Value | None:
        if not self.there[i]:
            return None
        return self.arrays[i] if i in self.arrays else float(self.floats[i])


@dataclass(frozen=True, slots=True)
class Moment:
    """What is there at the moment of a side.

    p: the pass. first: the id in the trace of its node 0. happened: how many of its events have.
    """

    trace: Trace
    p: Pass
    at: int
    first: int
    happened: int
    values: Numbers
    gradients: Numbers
    label: str


def moment(side: Side, label: str) -> Moment:
    """A side, read. label: what it is called where it has no name itself.

    Raises IndexError where there is no such pass.
    """
    trace = side.trace
    at = side.at
    if at is None:
        at = len(trace.passes) - 1 if side.cursor is None else trace.pass_at(side.cursor)
    if not 0 <= at < len(trace.passes):
        raise IndexError(f"there is no pass {at}; there are {len(trace.passes)}")
    p = trace.passes[at]
    happened = p.event_count
    if side.cursor is not None:
        happened = max(0, min(happened, side.cursor - trace.forward_range(at).start))
    return Moment(
        trace,
        p,
        at,
        trace.node_range(at).start,
        happened,
        Numbers(p.values.floats, p.values.arrays, np.arange(len(p.ops)) < happened),
        _gradients(p, happened),
        side.label or label,
    )


def _gradients(p: Pass, happened: int) -> Numbers:
    """The gradients that had arrived after so many events of the pass."""
    nodes = len(p.ops)
    if happened >= p.updates_start:
        there = np.ones(nodes, dtype=bool)
        there[list(p.gradients.absent)] = False
        return Numbers(p.gradients.floats, p.gradients.arrays, there)
    count = max(0, happened - p.backward_start - 1)
    targets = p.targets[:count]
    there = np.bincount(targets, minlength=nodes) > 0
    floats = np.zeros(nodes)  # of no contributions at all, bincount makes whole numbers
    if count:
        floats += np.bincount(targets, weights=p.amounts.floats[:count], minlength=nodes)
    seeded = p.seed is not None and happened > p.backward_start
    if seeded:
        there[p.output] = True
        floats[p.output] = float(p.seed) if type(p.seed) is float else 0.0
    arrays = {i: p.gradient_at(i, happened) for i in p.gradients.arrays if there[i]}
    return Numbers(floats, arrays, there)
