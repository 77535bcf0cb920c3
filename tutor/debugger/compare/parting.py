"""Since when two runs differ: the first event that is another one, and the first branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.passes import Decision
from engine.source import Location
from tutor.debugger.compare.differences import difference
from tutor.debugger.compare.sides import Moment

Array = np.ndarray[Any, Any]
Kind = Literal["value", "gradient", "update", "graph", "seed"]


@dataclass(frozen=True, slots=True)
class Parting:
    """The first event at which two runs part.

    kind: "value", "gradient" or "update" where the same event brought another number; "graph" where
    another node came; "seed" where another gradient was given. a, b: the events, by number in their
    traces, None where a run has no further event. node_a, node_b: what they were at.
    """

    kind: Kind
    a: int | None
    b: int | None
    node_a: int | None
    node_b: int | None


@dataclass(frozen=True, slots=True)
class Branch:
    """The first time that Python saw another number and went another way.

    location: the line. a, b: what each run got there; None where it did not come by. node_a,
    node_b: whose value it looked at.
    """

    location: Location | None
    a: bool | float | None
    b: bool | float | None
    node_a: int | None
    node_b: int | None


def parting(a: Moment, b: Moment, mine: Array, yours: Array) -> Parting | None:
    """The first event of both that is not the same; None where they agree as far as both have come.

    mine, yours: the corresponding nodes, in order.
    """
    found = _first_value(a, b, mine, yours)
    if found is not None or min(a.happened, b.happened) < len(a.p.ops):
        return found
    return _first_backward(a, b)


def branch(a: Moment, b: Moment) -> Branch | None:
    """The first decision that fell out in another way, among those whose outcome steers the
    program; None where all fell out the same."""
    for one, other in zip(_steering(a), _steering(b), strict=False):
        if one.kind != other.kind or one.location != other.location:
            return Branch(one.location, one.outcome, None, a.first + one.node, None)
        if one.outcome != other.outcome:
            return Branch(
                one.location, one.outcome, other.outcome, a.first + one.node, b.first + other.node
            )
    return None


def _steering(side: Moment) -> list[Decision]:
    return [d for d in side.p.decisions if d.kind != "number" and d.node < side.happened]


def _first_value(a: Moment, b: Moment, mine: Array, yours: Array) -> Parting | None:
    """Both runs compute nodes 0, 1, 2, … in turn: they agree as long as node i of one is node i of
    the other, and has the same value."""
    n, m = len(a.p.ops), len(b.p.ops)
    common = min(n, m, a.happened, b.happened)
    twin = np.full(n, -1)
    twin[mine[mine >= 0]] = yours[mine >= 0]
    astray = np.flatnonzero(twin[:common] != np.arange(common))
    same = int(astray[0]) if len(astray) else common
    with np.errstate(all="ignore"):
        x, y = a.p.values.floats[:same], b.p.values.floats[:same]
        other = set(np.flatnonzero((x != y) & ~(np.isnan(x) & np.isnan(y))).tolist())
    other = {i for i in other if i not in a.p.values.arrays and i not in b.p.values.arrays}
    for i in sorted({*a.p.values.arrays, *b.p.values.arrays}):
        if i < same and difference(a.p.values[i], b.p.values[i]).differs:
            other.add(i)
            break
    ops = {i for i in range(same) if a.p.ops[i] is not b.p.ops[i]}
    if other or ops:
        i = min(other | ops)
        kind: Kind = "graph" if i in ops else "value"
        return Parting(kind, _event(a, i), _event(b, i), a.first + i, b.first + i)
    if same < common:
        return Parting("graph", _event(a, same), _event(b, same), a.first + same, b.first + same)
    if n != m and common == min(n, m) and max(a.happened, b.happened) > common:
        return _one_goes_on(a, b, common)
    return None


def _one_goes_on(a: Moment, b: Moment, at: int) -> Parting:
    """One run is at its backward pass while the other computes a further node."""
    nodes = [side.first + at if at < len(side.p.ops) else None for side in (a, b)]
    events = [_event(side, at) if at < side.happened else None for side in (a, b)]
    return Parting("graph", events[0], events[1], nodes[0], nodes[1])


def _event(side: Moment, local: int) -> int:
    return side.trace.forward_range(side.at).start + local


def _first_backward(a: Moment, b: Moment) -> Parting | None:
    start = len(a.p.ops)
    if min(a.happened, b.happened) > start and difference(a.p.seed, b.p.seed).differs:
        nodes = a.first + a.p.output, b.first + b.p.output
        return Parting("seed", _event(a, start), _event(b, start), *nodes)
    passed = [max(0, min(side.happened, side.p.updates_start) - start - 1) for side in (a, b)]
    common = min(passed)
    p, q = a.p, b.p
    other = (p.sources[:common] != q.sources[:common]) | (p.slots[:common] != q.slots[:common])
    with np.errstate(all="ignore"):
        x, y = p.amounts.floats[:common], q.amounts.floats[:common]
        other |= (x != y) & ~(np.isnan(x) & np.isnan(y))
    found = [int(np.argmax(other))] if other.any() else []
    for k in p.amounts.arrays:
        if k >= common or (found and k >= found[0]):
            break
        if difference(p.amounts[k], q.amounts[k]).differs:
            found = [k]
    if found:
        k = found[0]
        nodes = a.first + int(p.targets[k]), b.first + int(q.targets[k])
        return Parting("gradient", _event(a, start + 1 + k), _event(b, start + 1 + k), *nodes)
    return _first_update(a, b)


def _first_update(a: Moment, b: Moment) -> Parting | None:
    for k, (one, other) in enumerate(zip(a.p.updates, b.p.updates, strict=False)):
        local = a.p.updates_start + k
        if min(a.happened, b.happened) <= local:
            return None
        if one[0] != other[0] or difference(one[2], other[2]).differs:
            nodes = a.first + one[0], b.first + other[0]
            return Parting("update", _event(a, local), _event(b, local), *nodes)
    return None
