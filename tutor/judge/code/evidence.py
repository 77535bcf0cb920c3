"""What a learner's arrays say and what is true, at all points, and how near the two have to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays.bounded import NAMESPACE, Bounded
from tutor.judge.chance import Chance
from tutor.judge.code.task import Task
from tutor.judge.graph import Graph
from tutor.judge.ground import Ground, defined, drawn

Array = np.ndarray[Any, Any]

SCALES = (1.0, 0.5, 1.3, 0.7, 2.0, 0.9, 1.6, 0.3, 2.5, 1.0, 3.0, 0.6)
"""How large the inputs are at the points of one set of sizes."""

MARGIN = 256
"""How many times the bound of our own rounding error another order of operations may be off."""

NEAR = {"float64": 1e-11, "float32": 1e-4, "float16": 2e-2}
"""Beside that, the share of an array's largest entry that each entry may be off, by dtype. A
difference quotient in place of a derivation is further off than that."""

ALIKE = 1e-5
"""The share by which an array may be off from what a slip would give: one of float32 is meant to be
explained too, and what follows from it."""


@dataclass(frozen=True)
class Points:
    """The points of one set of sizes. which: the set. chosen: those samples of `ground` at which
    the computation has a value."""

    task: Task
    which: int
    ground: Ground
    chosen: Array

    def inputs(self, place: int) -> dict[str, Any]:
        """The arguments of the learner's function at one point, by their names in the file."""
        task = self.task
        names = [variable.name for variable in task.exercise.variables]
        given = {task.spelled[name]: self.ground.leaves[name][self.chosen[place]] for name in names}
        sizes = task.sizes[self.which]
        return given | {task.spelled[name]: np.asarray(sizes[name]) for name in task.passed}


def points_of(task: Task, seed: int) -> tuple[Points, Points]:
    """Points for both sets of sizes; the same for the same seed."""
    rng = Chance(seed)
    made = []
    for which in (0, 1):
        ground = drawn(task.setting, which, rng, SCALES)
        made.append(Points(task, which, ground, np.flatnonzero(defined(ground.nodes, len(SCALES)))))
    return made[0], made[1]


class Evidence:
    """The learner's arrays at the first few points of one set, and what is true there.

    given: by name all arrays, one for each point. own: those of them that have the right shape and
    finite numbers at every point, as (S, *shape). count: S.
    """

    def __init__(self, points: Points, given: Mapping[str, Sequence[Array]], count: int) -> None:
        self.points = points
        self.task = points.task
        self.graph: Graph = points.task.graph
        self.given = given
        self.count = count
        self.chosen = points.chosen[: self.count]
        self.nodes = tuple([self._at_points(node) for node in points.ground.nodes])
        self.own = {
            name: stacked
            for name, arrays in given.items()
            if (stacked := self._usable(name, arrays)) is not None
        }

    def _at_points(self, node: Bounded) -> Bounded:
        return node if len(node.value) == 1 else node.pick(self.chosen)

    def _usable(self, name: str, arrays: Sequence[Array]) -> Array | None:
        shape = self.task.shape(name, self.points.which)
        if any(x.shape != shape or x.dtype.kind not in "fiu" for x in arrays):
            return None
        stacked = np.stack([x.astype(np.float64) for x in arrays])
        return stacked if np.isfinite(stacked).all() else None

    def sweep(self, forced: Mapping[str, Array] | None = None) -> dict[str, Bounded]:
        """The gradient of the loss by everything, if those by some quantities were given ones."""
        places = self.graph.places
        end = places[self.task.loss]
        given = {places[name]: Bounded(x, np.zeros(x.shape)) for name, x in (forced or {}).items()}
        seed = NAMESPACE.ones_like(self.nodes[end])
        with np.errstate(all="ignore"):
            arrived = self.graph.backward(self.nodes, end, seed, NAMESPACE, forced=given)
        return {name: self._whole(name, arrived[place]) for name, place in places.items()}

    @cached_property
    def truth(self) -> dict[str, Bounded]:
        """The true gradients."""
        return self.sweep()

    def following(self, name: str) -> Bounded:
        """The gradient by one quantity, given the learner's own ones by all others that are of use:
        what a right backward step would make of them."""
        others = {other: x for other, x in self.own.items() if other != name}
        return self.sweep(others)[name]

    def contributions(self, name: str, consumers: Iterable[str], truly: bool) -> Iterator[Array]:
        """What each of its consumers passes to a quantity, (S, *shape). truly: from the true
        gradients, else from the learner's own."""
        for consumer in consumers:
            forced: dict[str, Array] = {}
            for other in consumers:
                start = self.truth[other].value
                if not truly and other in self.own:
                    start = self.own[other]
                forced[other] = start if other == consumer else np.zeros_like(start)
            yield self.sweep(forced)[name].value

    def value(self, name: str) -> Array:
        """The values of a variable, a quantity or a size, (S, *shape)."""
        value = self.nodes[self.graph.places[name]].value
        return np.broadcast_to(value, (self.count, *value.shape[1:]))

    def _whole(self, name: str, arrived: Bounded | None) -> Bounded:
        """What arrives as (S, *shape); zeros where nothing does."""
        shape: tuple[int, ...] = (self.count,)
        if name not in self.graph.sizes:
            shape = (self.count, *self.task.shape(name, self.points.which))
        if arrived is None:
            return Bounded(np.zeros(shape), np.zeros(shape))
        error = np.zeros(1) if arrived.error is None else arrived.error
        return Bounded(np.broadcast_to(arrived.value, shape), np.broadcast_to(error, shape))


def near(own: Array, truth: Bounded, dtype: str = "float64") -> bool:
    """Whether arrays (S, *shape) are true ones but for rounding, at every point.

    dtype: of the learner's arrays. Entries of which our own computation knows nothing do not count.
    """
    if own.shape != truth.value.shape:
        return False
    error = np.asarray(truth.error)
    share = NEAR.get(dtype, NEAR["float64"])
    with np.errstate(all="ignore"):
        off = np.abs(own - truth.value)
        allowed = MARGIN * error + share * _scale(truth.value)
        unknown = ~np.isfinite(truth.value) | ~np.isfinite(error)
        return bool(np.all(unknown | (off <= allowed)))


def same(a: Array, b: Array, share: float = ALIKE) -> bool:
    """Whether two arrays (S, …) are the same within a share of the largest entry at each point."""
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(a - b) <= share * np.maximum(_scale(a), _scale(b))))


def _scale(x: Array) -> Array:
    """The largest entry at each point, and not much less than the largest at all of them."""
    sizes = np.abs(np.where(np.isfinite(x), x, 0.0))
    each = sizes.max(axis=tuple(range(1, x.ndim)), keepdims=True, initial=0.0)
    return np.asarray(np.maximum(each, 1e-3 * each.max(initial=0.0)))
