"""Paths: every way from the output to a node, and what comes along it.

Counted first, for there may be more of them than atoms in the world. Between scalars a path's
product of local derivatives is found without trying all: the largest come first. Between arrays the
gradient is sent along each path alone, where there are few.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from engine.backward import vjp
from engine.columns import Value
from engine.passes import Pass
from tutor.debugger.why.flow import Flow

MOST = 200
MOST_ARRAY_PATHS = 32


@dataclass(frozen=True, slots=True)
class Path:
    """One way from the output to the target.

    nodes: local ids, the output first. slots: through which operand each step goes. factors: the
    seed and the local derivative of each step; None where arrays lie on the way. amount: what
    comes along it. share: its size beside the sizes of all paths, 0..1, NaN where
    these have no sum.
    """

    nodes: tuple[int, ...]
    slots: tuple[int, ...]
    factors: tuple[float, ...] | None
    amount: float
    share: float


@dataclass(frozen=True, slots=True)
class Paths:
    """All ways to the target.

    count: how many, at most UNCOUNTED. listed: the largest first; all of them where that is
    `whole`. size: the sum of the sizes of all of them, None where it was not worked out.
    """

    count: int
    listed: tuple[Path, ...]
    size: float | None

    @property
    def whole(self) -> bool:
        """Whether every path is listed."""
        return len(self.listed) == self.count


def paths(p: Pass, flow: Flow, most: int = MOST) -> Paths:
    """The ways to the target, `most` of them listed. Between arrays none are listed where there
    are more than 32."""
    ways = flow.between.ways
    if flow.factors is None:
        if ways > min(most, MOST_ARRAY_PATHS):
            return Paths(ways, (), None)
        found = sorted(_sent(p, flow), key=lambda path: -_weight(path.amount))
        size = sum(abs(path.amount) for path in found)
    else:
        size = abs(float(p.seed)) * _sizes(flow)[p.output]
        found = [path for path, _ in zip(_largest_first(p, flow), range(most), strict=False)]
    whole = size or 1.0
    shared = [
        Path(path.nodes, path.slots, path.factors, path.amount, abs(path.amount) / whole)
        for path in found
    ]
    return Paths(ways, tuple(shared), size)


def _sizes(flow: Flow, largest: bool = False) -> dict[int, float]:
    """From each node to the target: the sum, or the largest, of the sizes of its paths."""
    part = flow.between
    sizes: dict[int, float] = {part.target: 1.0}
    for source, operand, factor in reversed(_edges(flow)):
        size = abs(factor) * sizes[operand] if sizes[operand] else 0.0
        before = sizes.get(source, 0.0)
        sizes[source] = max(before, size) if largest else before + size
    return sizes


def _edges(flow: Flow) -> list[tuple[int, int, float]]:
    part = flow.between
    factors = [] if flow.factors is None else flow.factors.tolist()
    return list(zip(part.sources.tolist(), part.targets.tolist(), factors, strict=True))


def _largest_first(p: Pass, flow: Flow) -> Iterator[Path]:
    """Every path, those with the largest product first.

    The part of a path that is known is continued in the order of the best that can become of it,
    which is known exactly.
    """
    best = _sizes(flow, largest=True)
    steps: dict[int, list[tuple[int, int, float]]] = {}
    slots = p.slots[flow.between.edges].tolist()
    for (source, operand, factor), slot in zip(_edges(flow), slots, strict=True):
        steps.setdefault(source, []).append((operand, slot, factor))
    seed = float(p.seed)
    number = count(0, -1)
    # Of equals the one begun last goes on, so that a path is finished before others are begun.
    waiting: list[Any] = [(-_weight(best[p.output]), 0, p.output, seed, (p.output,), (), (seed,))]
    while waiting:
        _, _, node, product, nodes, through, factors = heapq.heappop(waiting)
        if node == flow.between.target:
            yield Path(nodes, through, factors, product, 0.0)
            continue
        for operand, slot, factor in reversed(steps[node]):
            longer = product * factor
            entry = (
                -_weight(longer * best[operand]),
                next(number),
                operand,
                longer,
                (*nodes, operand),
                (*through, slot),
                (*factors, factor),
            )
            heapq.heappush(waiting, entry)


def _weight(x: float) -> float:
    return abs(x) if x == x else math.inf


def _sent(p: Pass, flow: Flow) -> Iterator[Path]:
    """Every path between arrays, with what arrives when the gradient is sent along it alone."""
    part = flow.between
    steps: dict[int, list[tuple[int, int]]] = {}
    slots = p.slots[part.edges].tolist()
    for source, operand, slot in zip(
        part.sources.tolist(), part.targets.tolist(), slots, strict=True
    ):
        steps.setdefault(source, []).append((operand, slot))
    waiting: list[Any] = [(p.output, p.seed, (p.output,), ())]
    while waiting:
        node, gradient, nodes, through = waiting.pop()
        if node == part.target:
            yield Path(nodes, through, None, _measured(flow, gradient), 0.0)
            continue
        wants = [False] * len(p.operands[node])
        for _, slot in steps[node]:
            wants[slot] = True
        values = [p.values[i] for i in p.operands[node]]
        params = p.params.get(node, {})
        passed = vjp(p.ops[node], gradient, p.values[node], values, params, wants)
        for operand, slot in reversed(steps[node]):
            waiting.append((operand, passed[slot], (*nodes, operand), (*through, slot)))


def _measured(flow: Flow, gradient: Value) -> float:
    """What of a gradient at the target is asked for: an entry, or its part along the whole."""
    if type(gradient) is float:
        return gradient
    if flow.index is not None:
        return float(gradient[flow.index])
    with np.errstate(all="ignore"):
        return float(np.sum(np.multiply(gradient, flow.tangents[flow.between.target])))
