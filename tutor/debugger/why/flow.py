"""The part of a pass through which gradient flows from the output to one node.

Local node ids throughout. `between` gives its nodes, edges and depths; `flow` adds how fast each
node changes with one entry of the target. Both are kept for the nodes asked about last, so that
walking from cut to cut costs next to nothing.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from engine.columns import Value
from engine.errors import EngineError
from engine.passes import Pass
from tutor.debugger.why.tangents import pushed, slopes

Index = tuple[int, ...]
Made = TypeVar("Made")
_KEPT = 8

UNCOUNTED = 10**100
"""From here on paths are not counted any further."""


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """The nodes on some path from the output to `target`.

    edges: the numbers of the contributions along those paths, in the order in which they happened;
    sources, targets: their ends. depth: of each node of the pass its longest distance from the
    output, counted in ops along those paths; −1 for a node on none. bottom: the target's. ways: how
    many paths there are, at most UNCOUNTED.
    """

    target: int
    edges: np.ndarray[Any, Any]
    sources: np.ndarray[Any, Any]
    targets: np.ndarray[Any, Any]
    depth: np.ndarray[Any, Any]
    bottom: int
    ways: int


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What flows to one entry of the target.

    index: the entry; () of a scalar, None where the whole array is measured along its own
    gradient. gradient: what is to be explained. tangents: how fast each node changes with the
    target's entry along the way, by node, a float or an array of the node's shape; 0.0 for a node
    that is not between. factors: the local derivative along each edge; None where arrays lie on
    the way.
    """

    between: Between
    index: Index | None
    gradient: float
    tangents: Sequence[Value]
    factors: np.ndarray[Any, Any] | None


def between(p: Pass, target: int) -> Between:
    """The part of the pass between its output and `target`. Kept for the last few targets."""
    return _kept(p, ("between", target), lambda: _between(p, target))


def flow(p: Pass, target: int, index: Index | None) -> Flow:
    """What flows to entry `index` of `target`; None measures the whole array along its own
    gradient. The target must have a gradient. Kept for the last few."""
    return _kept(p, ("flow", target, index), lambda: _flow(p, target, index))


def _between(p: Pass, target: int) -> Between:
    # Sources descend, so what lies between stands at the front; other leaves lead nowhere. Loops
    # over plain lists: a graph may be one long chain, of which NumPy would take a link at a time.
    first = int(np.searchsorted(-p.sources, -target, side="left"))
    leaf = np.diff(p.operands.starts) == 0
    leaf[target] = False
    numbers = np.flatnonzero(~leaf[p.targets[:first]])
    sources, targets = p.sources[numbers], p.targets[numbers]
    reached = bytearray(len(p.ops))
    reached[target] = 1
    for source, operand in zip(sources[::-1].tolist(), targets[::-1].tolist(), strict=True):
        if reached[operand]:
            reached[source] = 1
    between = np.frombuffer(reached, dtype=bool)[targets]
    sources, targets = sources[between], targets[between]
    depth, ways = [-1] * len(p.ops), [0] * len(p.ops)
    depth[p.output], ways[p.output] = 0, 1
    for source, operand in zip(sources.tolist(), targets.tolist(), strict=True):
        below = depth[source] + 1
        if below > depth[operand]:
            depth[operand] = below
        total = ways[operand] + ways[source]
        ways[operand] = total if total < UNCOUNTED else UNCOUNTED
    return Between(
        target,
        numbers[between],
        sources,
        targets,
        np.array(depth, dtype=np.int32),
        depth[target],
        ways[target],
    )


def _flow(p: Pass, target: int, index: Index | None) -> Flow:
    part = between(p, target)
    gradient: Any = p.gradients[target]
    if gradient is None:
        raise EngineError("no gradient arrives there, so there is nothing to follow")
    if type(gradient) is float:
        start: Value = 1.0
        explained = gradient
    elif index is None:
        wide = np.asarray(gradient, dtype=np.float64)
        explained = float(np.sqrt(np.sum(wide * wide)))
        start = wide / explained if explained else np.zeros(wide.shape)
    else:
        start = np.zeros(gradient.shape)
        start[index] = 1.0
        explained = float(gradient[index])
    plain, factors = _plain(p, part)
    tangents = _tangents(p, part, start, plain, factors)
    scalar = type(gradient) is float and bool(plain.all())
    return Flow(part, index, explained, tangents, factors if scalar else None)


def _tangents(
    p: Pass,
    part: Between,
    start: Value,
    plain: np.ndarray[Any, Any],
    factors: np.ndarray[Any, Any],
) -> list[Value]:
    """How fast each node changes, from the target up to the output; 0.0 for those not between."""
    tangents: list[Value] = [0.0] * len(p.ops)
    tangents[part.target] = start
    sources, operands = part.sources[::-1].tolist(), part.targets[::-1].tolist()
    slopes_up = factors[::-1].tolist()
    if plain.all() and np.isfinite(factors).all():
        for source, operand, factor in zip(sources, operands, slopes_up, strict=True):
            tangents[source] += factor * tangents[operand]
        return tangents
    waiting: dict[int, Value] = {}  # the operands' tangents of node `at`, which has arrays
    at = -1
    slots = p.slots[part.edges[::-1]].tolist()
    simple = plain[::-1].tolist()
    for source, operand, factor, slot, alone in zip(
        sources, operands, slopes_up, slots, simple, strict=True
    ):
        if waiting and source != at:
            tangents[at] = pushed(p, at, waiting)
            waiting = {}
        tangent = tangents[operand]
        if alone:
            tangents[source] += factor * tangent if tangent else 0.0
        else:
            at = source
            waiting[slot] = tangent
    if waiting:
        tangents[at] = pushed(p, at, waiting)
    return tangents


def _plain(p: Pass, part: Between) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Which edges lead between floats from a node all of whose operands are floats, and the local
    derivatives of those."""
    count = len(part.edges)
    factors = np.zeros(count)
    if not p.values.arrays:
        return np.ones(count, dtype=bool), slopes(p, part.edges)
    arrays = np.zeros(len(p.ops), dtype=bool)
    arrays[list(p.values.arrays)] = True
    mixed = np.zeros(len(p.ops), dtype=bool)
    mixed[part.sources[arrays[part.targets]]] = True
    plain = ~(arrays | mixed)[part.sources]
    factors[plain] = slopes(p, part.edges[plain])
    return plain, factors


_cache: OrderedDict[tuple[Any, ...], tuple[weakref.ref[Pass], Any]] = OrderedDict()


def _kept(p: Pass, what: tuple[Any, ...], make: Callable[[], Made]) -> Made:
    """What `make` gives, made once for a pass as long as it is among the last few asked for."""
    key = (id(p), *what)
    known = _cache.get(key)
    if known is not None and known[0]() is p:
        _cache.move_to_end(key)
        made: Made = known[1]
        return made
    made = make()
    _cache[key] = (weakref.ref(p), made)
    while len(_cache) > _KEPT:
        _cache.popitem(last=False)
    return made
