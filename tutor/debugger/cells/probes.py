"""Points beside the one that an op was called at: they tell what is 0 by chance from what is not
connected, and which cell a slope is equal to.

At the base no number is 0, so an input cell is touched where its slope is not 0. Beside it every
cell is moved by a share of its own; a slope that moves by that share is that cell's value, times a
constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.columns import Value
from tutor.debugger.cells.call import FAILURES, Array, Call, row
from tutor.debugger.cells.cell import CellError, Index

REACH = 2.0**-14
"""How far a probe moves a cell, beside its size: far beyond rounding, and rarely over a kink."""

_GOLDEN = (5**0.5 - 1) / 2
_SMALL = 1e-3


@dataclass(frozen=True, slots=True)
class Point:
    """A call at a point, and the slopes of one of its output cells by each operand."""

    call: Call
    slopes: tuple[Array | None, ...]


@dataclass(frozen=True, slots=True)
class Probes:
    """What is known about an output cell around the point of its call.

    base: a point where no operand is 0 or not finite; the call itself where that is so. moved: a
    point where every cell is moved by a share of its own.
    """

    base: Point
    moved: Point

    def support(self, operand: int) -> Array | None:
        """Which cells of an operand the output cell touches, as a mask."""
        at_base, beside = self.base.slopes[operand], self.moved.slopes[operand]
        if at_base is None or beside is None:
            return None
        return np.asarray((at_base != 0) | (beside != 0))


def probe(call: Call, index: Index, slopes: Sequence[Array | None]) -> Probes | None:
    """Ask the rule around the point of a call; None where it cannot be asked there.

    slopes: those of the call itself. Operands that get no gradient stay as they are.
    """
    free = [s is not None and _is_float(v) for s, v in zip(slopes, call.values, strict=True)]
    at = [
        generic(value, i) if is_free else value
        for i, (value, is_free) in enumerate(zip(call.values, free, strict=True))
    ]
    try:
        base = Point(call, tuple(slopes))
        if any(a is not v for a, v in zip(at, call.values, strict=True)):
            base = _point(call.on([_array(x) for x in at]), index)
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


def generic(value: Value, operand: int) -> Value:
    """The value in float64 with other numbers where it is 0 or not finite; itself where it needs no
    change."""
    array = np.asarray(value, dtype=np.float64)
    usual = np.isfinite(array) & (array != 0)
    if usual.all():
        return value if type(value) is float or value.dtype == np.float64 else array
    filled = array.copy()
    odd = array[~usual]
    filled[~usual] = _SMALL * (1 + _spread(odd.size, operand)) + (odd != 0)
    return filled


def shifted(values: Sequence[Value], free: Sequence[bool]) -> list[Array]:
    """The values with every cell of the free operands moved by a share of its own."""
    sizes = [int(np.size(v)) for v in values]
    spread = _spread(sum(sizes), 0)
    spread += 0.5
    spread *= REACH
    spread += 1
    moved, start = [], 0
    for value, size, is_free in zip(values, sizes, free, strict=True):
        array = np.asarray(value)
        if is_free:
            array = array * spread[start : start + size].reshape(array.shape)
        moved.append(_array(array))
        start += size
    return moved


def _spread(count: int, offset: int) -> Array:
    """Numbers in [0, 1), far apart from each other: the multiples of the golden ratio."""
    numbers = np.arange(1 + 101 * offset, count + 1 + 101 * offset, dtype=np.float64)
    numbers *= _GOLDEN
    numbers -= np.floor(numbers)
    return numbers


def _point(call: Call, index: Index) -> Point:
    return Point(call, tuple(row(call, index)))


def _array(value: Value) -> Array:
    return np.asarray(value)


def _is_float(value: Value) -> bool:
    return type(value) is float or value.dtype.kind == "f"
