"""The products that an output cell is the sum of, found from the op's gradient rule in numbers.

A sum of products is linear in some of the operands, its heads: it is the sum of their cells times
their slopes, these slopes depend on other operands alone, and it changes its sign with the heads.
Where a slope is the value of one cell of another operand, times a constant, the two make a product.
Nothing of it knows an op's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tutor.debugger.cells.call import FAILURES, Array
from tutor.debugger.cells.cell import Index
from tutor.debugger.cells.probes import Point, Probes, beside

_ALIKE = 1e-11
_SUM = 1e-9
_MOST_OPERANDS = 5


@dataclass(frozen=True, slots=True)
class Products:
    """Sums of products as columns, one entry a product.

    coefficients: the constants. operands, cells: the factors, shape (products, factors): which
    operand and which of its cells, counted flat; −1 where a product has fewer factors.
    """

    coefficients: Array
    operands: Array
    cells: Array


@dataclass(frozen=True, slots=True)
class _Head:
    """The slopes by one operand, written as constants times cells of other operands."""

    cells: Array
    partners: Array
    partner_cells: Array


def products_of(probes: Probes, index: Index) -> Products | None:
    """How an output cell is a sum of products of input cells; None where it is not."""
    supports = [_flat(probes.support(k)) for k in range(len(probes.base.slopes))]
    heads = [_head(probes, k, supports) for k in range(len(supports))]
    found = _chosen(probes, index, heads)
    if found is None and len(heads) > 2:
        heads = [_head_by_operand(probes, index, k, supports) for k in range(len(supports))]
        found = _chosen(probes, index, heads)
    return found


def _chosen(probes: Probes, index: Index, heads: list[_Head | None]) -> Products | None:
    """The fewest heads that add up to the output cell, at both points."""
    usable = [k for k, head in enumerate(heads) if head is not None and len(head.cells)]
    sums = {
        k: [_weighed(point, k, head.cells) for point in (probes.base, probes.moved)]
        for k, head in enumerate(heads)
        if head is not None and k in usable
    }
    outs = [_at(point, index) for point in (probes.base, probes.moved)]
    sizes = range(1, len(usable) + 1) if len(usable) <= _MOST_OPERANDS else (len(usable),)
    for size in sizes:
        for chosen in combinations(usable, size):
            if all(
                abs(sum(sums[k][at][0] for k in chosen) - outs[at])
                <= _SUM * sum(sums[k][at][1] for k in chosen)
                for at in (0, 1)
            ):
                if not _turns(probes.base, chosen, index):
                    return None
                return _joined(probes.base, [(k, heads[k]) for k in chosen])
    return None


def _turns(base: Point, heads: tuple[int, ...], index: Index) -> bool:
    """Whether the output cell changes its sign with the heads: relu and max do not, which are sums
    only as long as the same branch is taken."""
    values = [
        np.asarray(-v if k in heads else v, dtype=np.asarray(v).dtype)
        for k, v in enumerate(base.call.values)
    ]
    try:
        turned = float(np.asarray(base.call.on(values).out)[index])
    except FAILURES:
        return False
    out = _at(base, index)
    return abs(turned + out) <= _SUM * max(abs(out), abs(turned))


def _weighed(point: Point, operand: int, cells: Array) -> tuple[float, float]:
    """The sum of these cells of an operand times their slopes, and the sum of the sizes of these
    products."""
    slopes = point.slopes[operand]
    if slopes is None:
        return 0.0, 0.0
    parts = slopes.ravel()[cells] * np.asarray(point.call.values[operand]).ravel()[cells]
    return float(parts.sum()), float(np.abs(parts).sum())


def _at(point: Point, index: Index) -> float:
    return float(np.asarray(point.call.out)[index])


def _flat(support: Array | None) -> Array:
    return np.zeros(0, dtype=np.int64) if support is None else np.flatnonzero(support)


def _shares(points: Probes, operand: int, cells: Array) -> Array:
    """By which share each of these cells of an operand was moved."""
    before = np.asarray(points.base.call.values[operand]).ravel()[cells]
    after = np.asarray(points.moved.call.values[operand]).ravel()[cells]
    return np.asarray(after / before - 1)


def _changes(before: Point, after: Point, operand: int, cells: Array) -> Array | None:
    """By which share the slopes by these cells change between two points."""
    a, b = before.slopes[operand], after.slopes[operand]
    if a is None or b is None:
        return None
    a, b = a.ravel()[cells], b.ravel()[cells]
    if not a.all():
        return None
    return np.asarray(b / a - 1)


def _head(points: Probes, operand: int, supports: list[Array]) -> _Head | None:
    """The slopes by an operand as constants or as single cells of the others."""
    cells = supports[operand]
    changes = _changes(points.base, points.moved, operand, cells)
    if changes is None:
        return None
    others = [m for m in range(len(supports)) if m != operand and len(supports[m])]
    owners = np.concatenate([np.full(len(supports[m]), m) for m in others] or [_NONE])
    places = np.concatenate([supports[m] for m in others] or [_NONE])
    shares = np.concatenate([_shares(points, m, supports[m]) for m in others] or [_NONE])
    found = _matched(changes, shares)
    if found is None:
        return None
    matched = found >= 0
    partners = np.where(matched, owners[found] if len(owners) else -1, -1)
    partner_cells = np.where(matched, places[found] if len(places) else -1, -1)
    return _Head(cells, partners[:, None], partner_cells[:, None])


def _head_by_operand(
    points: Probes, index: Index, operand: int, supports: list[Array]
) -> _Head | None:
    """The same where a slope is a product of cells of several operands: these are moved one by
    one, which shows one factor each."""
    cells = supports[operand]
    if not len(cells):
        return None
    partners, partner_cells = [], []
    for other, places in enumerate(supports):
        if not len(places):
            continue
        point = beside(points.base.call, index, other)
        changes = None if point is None else _changes(points.base, point, operand, cells)
        if point is None or changes is None:
            return None
        alone = Probes(points.base, point)
        shares = _NONE if other == operand else _shares(alone, other, places)
        found = _matched(changes, shares)
        if found is None:
            return None
        matched = found >= 0
        partners.append(np.where(matched, other, -1))
        partner_cells.append(np.where(matched, places[found], -1))
    return _Head(cells, np.stack(partners, axis=1), np.stack(partner_cells, axis=1))


_NONE = np.zeros(0, dtype=np.int64)


def _matched(changes: Array, shares: Array) -> Array | None:
    """For each change the number of the share that is equal to it, −1 where there is no change;
    None as soon as one is neither."""
    found = np.full(len(changes), -1)
    moved = np.flatnonzero(np.abs(changes) > _ALIKE)
    if not len(moved):
        return found
    if not len(shares):
        return None
    order = np.argsort(shares)
    ranked = shares[order]
    near = np.searchsorted(ranked, changes[moved]).clip(1, max(1, len(ranked) - 1))
    left = (near - 1).clip(0)
    right = near.clip(0, len(ranked) - 1)
    wanted = changes[moved]
    nearest = np.where(np.abs(ranked[left] - wanted) <= np.abs(ranked[right] - wanted), left, right)
    if (np.abs(ranked[nearest] - wanted) > _ALIKE).any():
        return None
    found[moved] = order[nearest]
    return found


def _joined(base: Point, heads: list[tuple[int, _Head | None]]) -> Products:
    """The products of all heads, each with its factors in the order of the operands."""
    coefficients, operands, cells = [], [], []
    width = max(head.partners.shape[1] for _, head in heads if head is not None) + 1
    for operand, head in heads:
        if head is None:
            continue
        count = len(head.cells)
        mine = np.full((count, width), -1)
        places = np.full((count, width), -1)
        mine[:, 0], places[:, 0] = operand, head.cells
        mine[:, 1 : 1 + head.partners.shape[1]] = head.partners
        places[:, 1 : 1 + head.partners.shape[1]] = head.partner_cells
        slopes = base.slopes[operand]
        constants = np.ones(count) if slopes is None else slopes.ravel()[head.cells].copy()
        for m, value in enumerate(base.call.values):
            for at in range(1, width):
                is_here = mine[:, at] == m
                constants[is_here] /= np.asarray(value).ravel()[places[is_here, at]]
        order = np.argsort(np.where(mine < 0, len(base.slopes), mine), axis=1, kind="stable")
        coefficients.append(_rounded(constants))
        operands.append(np.take_along_axis(mine, order, axis=1))
        cells.append(np.take_along_axis(places, order, axis=1))
    return Products(np.concatenate(coefficients), np.concatenate(operands), np.concatenate(cells))


def _rounded(constants: Array) -> Array:
    """The constants without what rounding did to them."""
    near = np.round(constants, 12)
    return np.where(np.abs(constants - near) <= 1e-11 * np.abs(constants), near, constants)
