"""Points beside the one that an op was called at: they tell what is 0 by chance from what is not
connected, and which cell a slope is equal to.

Beside the point every cell is moved by a share of its own, and what is 0 becomes a number of its
own. An input cell is touched where its slope is not 0 at one of the two points. A slope that moves
by the share of another cell is that cell's value, times a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.columns import Value
from tutor.debugger.cells.call import FAILURES, Array, Call, row
from tutor.debugger.cells.cell import CellError, Index

REACH = 2.0**-14
"""How far a probe moves a cell, beside its size: far beyond rounding, and rarely over a kink."""

_GOLDEN = (5**0.5 - 1) / 2
_SMALL = 1e-3
_MOST_KEPT = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """A call at a point, and the slopes of one of its output cells by each operand."""

    call: Call
    slopes: tuple[Array | None, ...]


@dataclass(frozen=True, slots=True)
class Probes:
    """What is known about an output cell around the point of its call.

    base: a point where all operands are finite; the call itself where that is so. moved: a point
    where every cell is moved by a share of its own, and none is 0.
    """

    base: Point
    moved: Point

    def support(self, operand: int) -> Array | None:
        """Which cells of an operand the output cell touches, as a mask."""
        at_base, beside = self.base.slopes[operand], self.moved.slopes[operand]
        if at_base is None or beside is None:
            return None
        return np.asarray((at_base != 0) | (beside != 0))


def probe(
    call: Call, index: Index, slopes: Sequence[Array | None], *, zeros: bool = True
) -> Probes | None:
    """Ask the rule around the point of a call; None where it cannot be asked there.

    slopes: those of the call itself. Operands that get no gradient stay as they are. zeros: whether
    the base may have some.
    """
    free = [s is not None and _is_float(v) for s, v in zip(slopes, call.values, strict=True)]
    at = [
        generic(value, i, zeros=zeros) if is_free else value
        for i, (value, is_free) in enumerate(zip(call.values, free, strict=True))
    ]
    try:
        base = Point(call, tuple(slopes))
        if any(a is not v for a, v in zip(at, call.values, strict=True)):
            base = _point(call.on([np.asarray(x) for x in at]), index)
        moved = _point(base.call.on(shifted(base.call.values, free)), index)
    except (*FAILURES, CellError):
        return None
    known = [s for point in (base, moved) for s in point.slopes if s is not None]
    if not all(bool(np.isfinite(s).all()) for s in known):
        return None
    return Probes(base, moved)


def beside(call: Call, index: Index, operand: int) -> Point | None:
    """The call with the cells of one operand moved; None where the rule cannot be asked there."""
    try:
        which = [i == operand for i in range(len(call.values))]
        return _point(call.on(shifted(call.values, which)), index)
    except (*FAILURES, CellError):
        return None


def generic(value: Value, operand: int, *, zeros: bool = False) -> Value:
    """The value in float64 with other numbers where it is not finite, and where it is 0 unless
    `zeros` may stay; itself where it needs no change."""
    array = np.asarray(value, dtype=np.float64)
    usual = np.isfinite(array) if zeros else np.isfinite(array) & (array != 0)
    if usual.all():
        return value if type(value) is float or value.dtype == np.float64 else array
    filled = array.copy()
    odd = array[~usual]
    filled[~usual] = _SMALL * (1 + _spread(odd.size, 101 * operand)) + (odd != 0)
    return filled


def shifted(values: Sequence[Value], free: Sequence[bool]) -> list[Array]:
    """The values with every cell of the free operands moved by a share of its own, and a small
    number of its own where there was 0."""
    factors = _factors(sum(int(np.size(v)) for v in values))
    moved, start = [], 0
    for value, is_free in zip(values, free, strict=True):
        array = np.asarray(value)
        if is_free:
            mine = factors[start : start + array.size].reshape(array.shape)
            changed = np.asarray(array * mine)
            if not changed.all():
                zero = changed == 0
                changed[zero] = (mine[zero] - 1) * (_SMALL / REACH)
            array = changed
        moved.append(array)
        start += array.size
    return moved


def _factors(count: int) -> Array:
    return _kept_factors(count) if count <= _MOST_KEPT else _kept_factors.__wrapped__(count)


@lru_cache(maxsize=2)
def _kept_factors(count: int) -> Array:
    """By what each of so many cells is multiplied; no two are alike."""
    factors = _spread(count, 0)
    factors += 0.5
    factors *= REACH
    factors += 1
    factors.flags.writeable = False
    return factors


def _spread(count: int, offset: int) -> Array:
    """Numbers in [0, 1), far apart from each other: the multiples of the golden ratio."""
    numbers = np.arange(1 + offset, count + 1 + offset, dtype=np.float64)
    numbers *= _GOLDEN
    numbers -= np.floor(numbers)
    return numbers


def _point(call: Call, index: Index) -> Point:
    return Point(call, tuple(row(call, index)))


def _is_float(value: Value) -> bool:
    return type(value) is float or value.dtype.kind == "f"
