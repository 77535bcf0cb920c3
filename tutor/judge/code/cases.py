"""One array beside what it should be, at all points of one set of sizes; and what may be done to
what it should be on the way to what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from tutor.judge.code.evidence import Evidence, same

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """label: the slip. told: a clause that goes on after the array's name, `is right, but …`."""

    label: str
    told: str


@dataclass(frozen=True, slots=True)
class Case:
    """One array at the points of one set of sizes: the learner's (one a point, of any shape) and
    what it should be, (S, *shape)."""

    evidence: Evidence
    own: Array
    wanted: Array

    @property
    def axes(self) -> int:
        """How many axes it should have."""
        return self.wanted.ndim - 1


def all_same(cases: Sequence[Case], made: Callable[[Case], Array]) -> bool:
    """Whether what is made of each case is the learner's array."""
    return all(same(made(case), case.own) for case in cases)


def turned(x: Array) -> Array:
    """Each array of a stack with its axes reversed."""
    return np.transpose(x, (0, *range(x.ndim - 1, 0, -1)))


def reduced(reduce: Callable[..., Any], axes: tuple[int, ...], keepdims: bool, case: Case) -> Array:
    """What each array should be, summed or averaged over some of its axes."""
    return np.asarray(reduce(case.wanted, tuple([i + 1 for i in axes]), keepdims=keepdims))


def spread(reduce: Callable[..., Any], axes: tuple[int, ...], case: Case) -> Array:
    """The same, repeated over these axes."""
    return np.broadcast_to(reduced(reduce, axes, True, case), case.wanted.shape)


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    """The axes that may be summed over: one, then more."""
    for size in range(1, count + 1):
        yield from combinations(range(count), size)


def axes_text(axes: tuple[int, ...], count: int) -> str:
    """Some of so many axes, in words."""
    if len(axes) == count > 1:
        return "all entries"
    if axes == (0,) and count > 1:
        return "the batch (axis 0)"
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {' and '.join(map(str, axes))}"
