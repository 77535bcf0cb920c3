"""How far two columns of numbers are apart, node by node, all at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Value
from tutor.debugger.compare.sides import Numbers

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two values of one node.

    a, b: None where it is not there. absolute: the largest |b − a| of all cells; relative: that,
    over the largest size on either side. Both are ∞ where they cannot be told: the shapes differ, a
    NaN or an infinity stands against another number, one is not there. cell: where the largest
    difference is.
    """

    a: Value | None
    b: Value | None
    absolute: float
    relative: float
    cell: tuple[int, ...] | None = None

    @property
    def differs(self) -> bool:
        """Whether the two are not the same; NaN is the same as NaN."""
        return self.absolute != 0.0


@dataclass(frozen=True, slots=True)
class Differences:
    """The differences of all pairs of nodes: 0 where they are the same."""

    absolute: Array
    relative: Array


def differences(a: Numbers, b: Numbers, mine: Array, yours: Array) -> Differences:
    """How far the numbers of corresponding nodes are apart.

    mine, yours: their local ids, −1 for none. Only what is there on both sides is compared; what is
    there on one alone differs by ∞.
    """
    both = (mine >= 0) & (yours >= 0)
    left, right = np.where(both, mine, 0), np.where(both, yours, 0)
    with np.errstate(all="ignore"):
        x, y = a.floats[left], b.floats[right]
        absolute = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(y - x))
        absolute[np.isnan(absolute)] = np.inf
        relative = np.where(absolute == 0.0, 0.0, absolute / np.maximum(np.abs(x), np.abs(y)))
    relative[np.isnan(relative)] = np.inf
    arrays = np.zeros(len(mine), dtype=bool)
    for numbers, ids in ((a, mine), (b, yours)):
        if numbers.arrays:
            arrays |= np.isin(ids, list(numbers.arrays))
    for k in np.flatnonzero(arrays & both).tolist():
        found = difference(a[int(mine[k])], b[int(yours[k])])
        absolute[k], relative[k] = found.absolute, found.relative
    there, here = a.there[left] & both, b.there[right] & both
    one = there != here
    absolute[one] = relative[one] = np.inf
    absolute[~both | (~there & ~here)] = relative[~both | (~there & ~here)] = 0.0
    return Differences(absolute, relative)


def difference(a: Value | None, b: Value | None) -> Difference:
    """How far two values are apart, and where most."""
    if a is None or b is None:
        apart = 0.0 if a is b else math.inf
        return Difference(a, b, apart, apart)
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape:
        return Difference(a, b, math.inf, math.inf)
    if x.size == 0:
        return Difference(a, b, 0.0, 0.0)
    with np.errstate(all="ignore"):
        gaps = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(y - x))
        gaps = np.where(np.isnan(gaps), np.inf, gaps)
        cell = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
        most = float(gaps[cell])
        sizes = np.concatenate([np.abs(x).ravel(), np.abs(y).ravel()])
        finite = sizes[np.isfinite(sizes)]
        largest = float(finite.max(initial=0.0))
    relative = 0.0 if most == 0.0 else math.inf if math.isinf(most) else most / largest
    return Difference(a, b, most, relative, tuple(int(i) for i in cell) or None)
