"""Cuts: at a chosen depth, which nodes carry how much of a gradient.

The depth of a node is its longest distance from the output. It grows along every path, so each path
has exactly one last node at depth d or less: these nodes are the cut at d. A node carries its own
gradient times how fast it changes with the target along the edges that lead on below d. Where an
edge jumps over levels, the node it comes from stays in the cut until its last edge has crossed.
What the nodes of a cut carry sums to the gradient of the target.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from engine.columns import Value
from engine.passes import Pass
from tutor.debugger.why.flow import Between, Flow
from tutor.debugger.why.tangents import pushed

Part = tuple[int | None, ...]
"""Which entries of a node: a number for each axis, None for all along it."""

FEW = 3
"""A cut of at most so many nodes shows its arrays unit by unit."""

READABLE = 16
"""As many members one takes in at a glance."""

MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a cut, or a part of it, and what it carries of the target's gradient.

    node: local id. part: which entries of an array; None for the whole node. share: its size
    beside the sizes of all members, 0..1, NaN where these have no sum. through: the operands by
    which it carries, where it has others on the way that belong to the cut themselves; else empty.
    """

    node: int
    part: Part | None
    amount: float
    share: float
    through: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """All that crosses one depth.

    members: the largest first, at most 200 of them. count: how many there are. nodes: how many
    nodes they belong to. total: their sum, the
    gradient of the target. size: the sum of their sizes. cancels: 1 − |total| / size, the part
    that cancels; 0 where nothing is carried. scale: the sum of the sizes of all entries, before
    any are summed: rounding is judged by it.
    """

    depth: int
    members: tuple[Member, ...]
    count: int
    nodes: int
    total: float
    size: float
    cancels: float
    scale: float


def cut(
    p: Pass,
    flow: Flow,
    depth: int,
    *,
    units: bool | None = None,
    opened: Collection[int] = (),
) -> Cut:
    """The cut at `depth`, 0 (the output alone) to the target's own depth (the target alone).

    units: show arrays unit by unit, that is by the places along their last axis (of images, by
    channel), summed over the others; None does so for a cut of few nodes. opened: the nodes, by
    local id, that are shown entry by entry. Raises ValueError for a depth that is not there.
    """
    bottom, target = flow.between.bottom, flow.between.target
    if not 0 <= depth <= bottom:
        raise ValueError(f"there is no cut {depth}; there are 0 to {bottom}")
    through: dict[int, tuple[int, ...]] = {}
    if depth == bottom:
        carried: dict[int, Value] = {target: _product(p, target, flow.tangents)}
        units = False
    else:
        carried, through = _carried(p, flow, depth)
    if units is None:
        units = len(carried) <= FEW
    blocks = [_block(node, amount, node in opened, units) for node, amount in carried.items()]
    amounts = np.concatenate([block.amounts for block in blocks])
    sizes = np.abs(amounts)
    with np.errstate(all="ignore"):
        size, total = float(sizes.sum()), float(amounts.sum())
    whole = size or 1.0
    starts = np.cumsum([0, *[len(block.amounts) for block in blocks]])
    members = []
    # What is no number is what one looks for: it comes first.
    order = np.argsort(-np.where(np.isnan(sizes), np.inf, sizes), kind="stable")
    for k in order[:MOST_MEMBERS].tolist():
        at = int(np.searchsorted(starts, k, side="right")) - 1
        block = blocks[at]
        which = block.part(k - int(starts[at]))
        share = float(sizes[k]) / whole
        amount = float(amounts[k])
        members.append(Member(block.node, which, amount, share, through.get(block.node, ())))
    cancels = max(0.0, 1.0 - abs(total) / size) if 0 < size < np.inf else 0.0
    scale = sum([float(np.sum(np.abs(amount))) for amount in carried.values()])
    return Cut(depth, tuple(members), len(amounts), len(carried), total, size, cancels, scale)


def readable_depth(p: Pass, part: Between) -> int:
    """The depth of the cut that tells most at a glance: that with most members, up to 16 of them;
    of equals the one nearest the middle. Where all have more, that with the fewest."""
    if part.bottom < 2:
        return part.bottom // 2
    last = np.full(len(p.ops), -1)
    np.maximum.at(last, part.sources, part.depth[part.targets])
    nodes = np.flatnonzero(last >= 0)
    counts, weights = np.zeros(part.bottom + 1, dtype=int), np.zeros(part.bottom + 1, dtype=int)
    sizes = np.ones(len(nodes), dtype=int)
    if p.values.arrays:
        sizes = np.array([_unit_count(p.values[n]) for n in nodes.tolist()])
    for column, amount in ((counts, np.ones(len(nodes), dtype=int)), (weights, sizes)):
        np.add.at(column, part.depth[nodes], amount)
        np.add.at(column, last[nodes], -amount)
    counts, weights = np.cumsum(counts), np.cumsum(weights)
    members = np.where(counts <= FEW, weights, counts)
    inner = range(1, part.bottom)

    def rank(depth: int) -> tuple[bool, int, float]:
        count = int(members[depth])
        fits = 1 < count <= READABLE
        order = -count if fits else count if count > 1 else np.iinfo(np.int64).max
        return not fits, int(order), abs(depth - part.bottom / 2)

    return min(inner, key=rank)


def _carried(
    p: Pass, flow: Flow, depth: int
) -> tuple[dict[int, Value], dict[int, tuple[int, ...]]]:
    """What each node of the cut carries; and the operands through which, where not all are."""
    part, tangents = flow.between, flow.tangents
    above = part.depth[part.sources] <= depth
    beyond = part.depth[part.targets] > depth
    crossing = np.flatnonzero(above & beyond)
    within = np.zeros(len(p.ops), dtype=bool)
    within[part.sources[~beyond]] = True
    crossed = part.sources[crossing]
    partial = set(crossed[within[crossed]].tolist())
    edges: dict[int, list[tuple[int, int]]] = {}
    for node, operand, edge in zip(
        crossed.tolist(),
        part.targets[crossing].tolist(),
        part.edges[crossing].tolist(),
        strict=True,
    ):
        edges.setdefault(node, []).append((operand, edge))
    carried: dict[int, Value] = {}
    for node, pairs in edges.items():
        if type(p.values[node]) is float and all(type(tangents[i]) is float for i, _ in pairs):
            carried[node] = sum([_times(p.amounts[edge], tangents[i]) for i, edge in pairs])
        elif node in partial:
            moving = {int(p.slots[edge]): tangents[i] for i, edge in pairs}
            carried[node] = _times(p.gradients[node], pushed(p, node, moving))
        else:
            carried[node] = _product(p, node, tangents)
    through = {node: tuple(dict.fromkeys(i for i, _ in edges[node])) for node in edges}
    return carried, {node: operands for node, operands in through.items() if node in partial}


def _product(p: Pass, node: int, tangents: Any) -> Value:
    return _times(p.gradients[node], tangents[node])


def _times(gradient: Value, tangent: Value) -> Value:
    """A gradient times a tangent, entry by entry, in double precision; 0 where the tangent is."""
    if type(gradient) is float and type(tangent) is float:
        return gradient * tangent if tangent else 0.0
    wide = np.asarray(gradient, dtype=np.float64)
    with np.errstate(all="ignore"):
        return np.where(np.equal(tangent, 0.0), 0.0, wide * tangent)


def unit_axis(shape: tuple[int, ...]) -> int:
    """The axis along which an array has its units: channels of (N, C, H, W), else the last."""
    return 1 if len(shape) == 4 else len(shape) - 1


def _unit_count(value: Value) -> int:
    shape = () if type(value) is float else value.shape
    return int(shape[unit_axis(shape)]) if shape else 1


@dataclass(frozen=True, slots=True)
class _Block:
    """What the parts of one node carry. shape: of the node where the parts are its entries or, with
    `axis`, its units; None where the whole node is one part."""

    node: int
    amounts: np.ndarray[Any, Any]
    shape: tuple[int, ...] | None = None
    axis: int | None = None

    def part(self, i: int) -> Part | None:
        if self.shape is None:
            return None
        if self.axis is None:
            return tuple(map(int, np.unravel_index(i, self.shape)))
        return tuple([i if k == self.axis else None for k in range(len(self.shape))])


def _block(node: int, amount: Value, opened: bool, units: bool) -> _Block:
    if type(amount) is float:
        return _Block(node, np.array([amount]))
    shape = amount.shape
    if not shape or not (opened or units) or amount.size < 2:
        return _Block(node, np.array([float(amount.sum())]))
    axis = unit_axis(shape)
    if opened or prod(shape) == shape[axis]:
        return _Block(node, amount.reshape(-1), shape)
    others = tuple([i for i in range(len(shape)) if i != axis])
    return _Block(node, amount.sum(axis=others), shape, axis)
