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
from tutor.debugger.cells.probes import Point, Probes, beside, probe

_ALIKE = 1e-11
_SUM = 1e-9
_MOST_OPERANDS = 5
_MOST_AGAIN = 20_000
_FEW = 8


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
    found = _chosen(probes, index, [_head(probes, k, supports) for k in range(len(supports))])
    call = probes.base.call
    if found is not None or sum(int(np.size(v)) for v in call.values) > _MOST_AGAIN:
        return found
    # What is 0 hides the constant it is multiplied by, and several factors hide each other.
    again = probe(call, index, probes.base.slopes, zeros=False)
    if again is None or again.base.call is not call:
        return None if again is None else products_of(again, index)
    if len(supports) < 3:
        return None
    heads = [_head_by_operand(probes, index, k, supports) for k in range(len(supports))]
    return _chosen(probes, index, heads)


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
                picked = [(k, head) for k, head in enumerate(heads) if k in chosen and head]
                paired = any((head.partners >= 0).any() for _, head in picked)
                if not paired and not _turns(probes.base, chosen, index):
                    return None
                return _joined(probes.moved, picked)
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
    with np.errstate(all="ignore"):
        parts = _slopes(point, operand, cells) * _numbers(point, operand, cells)
        return float(parts.sum()), float(np.abs(parts).sum())


def _at(point: Point, index: Index) -> float:
    return float(np.asarray(point.call.out)[index])


def _flat(support: Array | None) -> Array:
    return np.zeros(0, dtype=np.int64) if support is None else np.flatnonzero(support)


def _numbers(point: Point, operand: int, cells: Array) -> Array:
    """The values of these cells of an operand."""
    return np.asarray(np.asarray(point.call.values[operand]).ravel()[cells])


def _slopes(point: Point, operand: int, cells: Array) -> Array:
    slopes = point.slopes[operand]
    return np.zeros(len(cells)) if slopes is None else np.asarray(slopes.ravel()[cells])


def _head(points: Probes, operand: int, supports: list[Array]) -> _Head | None:
    """The slopes by an operand as constants or as single cells of the others."""
    cells = supports[operand]
    others = [m for m in range(len(supports)) if m != operand and len(supports[m])]
    owners = np.concatenate([np.full(len(supports[m]), m) for m in others] or [_NONE])
    places = np.concatenate([supports[m] for m in others] or [_NONE])
    before = np.concatenate([_numbers(points.base, m, supports[m]) for m in others] or [_NONE])
    after = np.concatenate([_numbers(points.moved, m, supports[m]) for m in others] or [_NONE])
    at_base, beside_it = (_slopes(at, operand, cells) for at in (points.base, points.moved))
    found = np.full(len(cells), -1)
    plain, usual = np.flatnonzero(at_base), np.flatnonzero(before)
    matched = _matched(beside_it[plain] / at_base[plain] - 1, after[usual] / before[usual] - 1)
    if matched is None:
        return None
    found[plain] = np.where(matched >= 0, usual[matched] if len(usual) else -1, -1)
    if len(plain) < len(cells):
        paired = found >= 0
        constants = beside_it[paired] / after[found[paired]]
        born, zeros = np.flatnonzero(at_base == 0), np.flatnonzero(before == 0)
        partners = _of_zeros(beside_it[born], after[zeros], constants)
        if partners is None:
            return None
        found[born] = zeros[partners]
    paired = found >= 0
    partners = np.where(paired, owners[found] if len(owners) else -1, -1)
    partner_cells = np.where(paired, places[found] if len(places) else -1, -1)
    return _Head(cells, partners[:, None], partner_cells[:, None])


def _of_zeros(slopes: Array, values: Array, constants: Array) -> Array | None:
    """For each slope that was 0 the number of the cell that was 0, too, and is equal to it now,
    times one of a few constants; None where one is not."""
    found = np.full(len(slopes), -1)
    if not len(values):
        return None
    few = np.unique(np.concatenate([[1.0, -1.0], _rounded(constants)]))[:_FEW]
    for constant in few:
        left = np.flatnonzero(found < 0)
        nearest, distance = _nearest(slopes[left] / constant, values)
        hit = distance <= _ALIKE * np.abs(values[nearest])
        found[left[hit]] = nearest[hit]
    return None if (found < 0).any() else found


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
        own = _slopes(points.base, operand, cells)
        if point is None or not own.all():
            return None
        changes = _slopes(point, operand, cells) / own - 1
        before, after = (_numbers(at, other, places) for at in (points.base, point))
        found = _matched(changes, _NONE if other == operand else after / before - 1)
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
    nearest, distance = _nearest(changes[moved], shares)
    if (distance > _ALIKE).any():
        return None
    found[moved] = nearest
    return found


def _nearest(wanted: Array, numbers: Array) -> tuple[Array, Array]:
    """For each wanted number which of the others is nearest to it, and how far away."""
    order = np.argsort(numbers)
    ranked = numbers[order]
    right = np.searchsorted(ranked, wanted).clip(0, len(ranked) - 1)
    left = (right - 1).clip(0)
    is_left = np.abs(ranked[left] - wanted) <= np.abs(ranked[right] - wanted)
    nearest = np.where(is_left, left, right)
    return order[nearest], np.abs(ranked[nearest] - wanted)


def _joined(point: Point, heads: list[tuple[int, _Head]]) -> Products:
    """The products of all heads, each with its factors in the order of the operands. point: one
    where nothing is 0."""
    coefficients, operands, cells = [], [], []
    width = max(head.partners.shape[1] for _, head in heads) + 1
    for operand, head in heads:
        count = len(head.cells)
        mine = np.full((count, width), -1)
        places = np.full((count, width), -1)
        mine[:, 0], places[:, 0] = operand, head.cells
        mine[:, 1 : 1 + head.partners.shape[1]] = head.partners
        places[:, 1 : 1 + head.partners.shape[1]] = head.partner_cells
        constants = _slopes(point, operand, head.cells)
        for m, value in enumerate(point.call.values):
            for at in range(1, width):
                is_here = mine[:, at] == m
                constants[is_here] /= np.asarray(value).ravel()[places[is_here, at]]
        order = np.argsort(np.where(mine < 0, len(point.slopes), mine), axis=1, kind="stable")
        coefficients.append(_rounded(constants))
        operands.append(np.take_along_axis(mine, order, axis=1))
        cells.append(np.take_along_axis(places, order, axis=1))
    return Products(np.concatenate(coefficients), np.concatenate(operands), np.concatenate(cells))


def _rounded(constants: Array) -> Array:
    """The constants without what rounding did to them."""
    near = np.round(constants, 12)
    return np.where(np.abs(constants - near) <= 1e-11 * np.abs(constants), near, constants)
