"""What is true at a set of points: the value of every name, and every derivative of one by another.

Truth is the engine's reverse mode over the forward lines, on samples with error bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod

import numpy as np

from engine.arrays.bounded import NAMESPACE, Bounded
from tutor.judge import samples
from tutor.judge.chance import Chance
from tutor.judge.evaluate import Evaluation, MisfitError
from tutor.judge.graph import Shape, Sweep
from tutor.judge.links import Chain, Linked, ordinary
from tutor.judge.samples import Leaves
from tutor.judge.setting import Setting as Setting
from tutor.judge.setting import setting_of as setting_of
from tutor.judge.switches import ties
from tutor.language.tree import Expression


class Ground:
    """Some points, and what is true there.

    leaves: the samples of the variables. values: by name of every variable, quantity and size,
    and of the learner's own symbols as they are defined. nodes: of every step of the graph.
    """

    def __init__(
        self,
        setting: Setting,
        which: int,
        leaves: Leaves,
        count: int,
        bounds: bool = True,
        own: Mapping[str, Expression] | None = None,
        scales: Sequence[float] | None = None,
    ) -> None:
        self.setting = setting
        self.scales = np.ones(count) if scales is None else np.asarray(scales, dtype=float)
        self.which = which
        self.leaves = leaves
        self.count = count
        graph = setting.graph
        given = samples.as_values(leaves, setting.sizes[which], bounds)
        self.nodes: tuple[Bounded, ...] = graph.forward(given, NAMESPACE)
        self.values: dict[str, Bounded | float] = {
            name: self.nodes[place] for name, place in graph.places.items()
        }
        self.values.update({name: float(size) for name, size in setting.sizes[which].items()})
        self._derivatives: dict[tuple[str, str], Bounded | Linked] = {}
        self._swept: dict[str, Sweep] = {}
        self._evaluation = Evaluation(self.values, self.derivative, NAMESPACE, self.named_sizes)
        for name, tree in (own or {}).items():
            self.define(name, tree)

    @property
    def named_sizes(self) -> dict[int, str]:
        """The names of the sizes, for messages; no two names have one size here."""
        return {size: name for name, size in self.setting.sizes[self.which].items()}

    def part(self, which: np.ndarray) -> Ground:
        """Some of the samples, without bounds."""
        few = object.__new__(Ground)
        few.setting, few.which, few.count = self.setting, self.which, len(which)
        few.leaves, few.scales = samples.picked(self.leaves, which), self.scales[which]
        few.nodes = tuple([node.pick(which).values() for node in self.nodes])
        few.values = {
            name: value.pick(which).values() if isinstance(value, Bounded) else value
            for name, value in self.values.items()
        }
        few._derivatives = {
            key: value.pick(which).values()
            for key, value in self._derivatives.items()
            if isinstance(value, Bounded)
        }
        few._swept = {}
        few._evaluation = Evaluation(few.values, few.derivative, NAMESPACE, few.named_sizes)
        return few

    def value(self, tree: Expression) -> Bounded | Linked:
        """The value of a term here. Raises MisfitError where shapes do not fit."""
        found: Bounded | Linked = self._evaluation.value(tree)
        return found

    def terms(self, tree: Expression) -> dict[int, Bounded | Linked | Chain]:
        """The value of every term within a term, by `id`."""
        return self._evaluation.terms(tree)

    @cached_property
    def usable(self) -> np.ndarray:
        """The samples that count, (S,): those off the kinks, where slopes are conventions; all of
        them if there are hardly any such."""
        off = self.off_kinks
        return off if off.sum() >= min(4, len(off)) else np.ones(self.count, dtype=bool)

    @cached_property
    def off_kinks(self) -> np.ndarray:
        """The samples at which no forward line sits on a kink, (S,)."""
        return ~ties(self.setting.graph, self.nodes, self.count)

    @cached_property
    def defined(self) -> np.ndarray:
        """The samples at which every forward line has a finite value, (S,)."""
        return defined(self.nodes[: self.setting.graph.count], self.count)

    def define(self, name: str, tree: Expression) -> None:
        """Give a symbol of the learner's own the value of a term; nothing where it has none."""
        try:
            self.values[name] = self.plain(tree)
        except MisfitError:
            self.values.pop(name, None)

    def plain(self, tree: Expression) -> Bounded:
        """The value of a term as an array, also where it is a derivative of arrays."""
        value = self.value(tree)
        if isinstance(value, Linked):
            made: Bounded = ordinary(NAMESPACE, value)
            return made
        return value

    def shape(self, name: str) -> Shape:
        """The shape of a quantity or variable at these points."""
        return self.setting.shape(name, self.which)

    def derivative(self, of: str, by: str) -> Bounded | Linked:
        """The total derivative of one quantity by another that is independent.

        For a scalar it has the shape of `by`; for an array it is linked: a diagonal where each
        entry depends on the same entry alone, else the Jacobian, of both shapes one behind the
        other.
        """
        key = (of, by)
        if key not in self._derivatives:
            above = self.shape(of)
            if not above:
                self._derivatives[key] = self.jacobian(of, by)
            else:
                diagonal = self.diagonal(of, by)
                whole = self.jacobian(of, by) if diagonal is None else None
                self._derivatives[key] = Linked(of, by, len(above), whole, diagonal)
        return self._derivatives[key]

    def diagonal(self, of: str, by: str) -> Bounded | None:
        """The derivative of each entry by the same entry, where each depends on no other."""
        graph, shapes = self.setting.graph, self.setting.shapes[self.which]
        if not graph.depends(of, by) or not graph.elementwise(of, by, shapes):
            return None
        place = graph.places[of]
        ones = NAMESPACE.ones_like(self.nodes[place])
        return Sweep(graph, self.nodes, place, ones, NAMESPACE).at(graph.places[by])

    def jacobian(self, of: str, by: str) -> Bounded:
        """The derivative of every entry of one by every entry of another: (*of, *by)."""
        graph = self.setting.graph
        above, below = self.shape(of), self.shape(by)
        if of not in self._swept:
            self._swept[of] = self._sweep(of, above)
        arrived: Bounded | None = self._swept[of].at(graph.places[by])
        if arrived is None:
            zeros = np.zeros((1, *above, *below))
            return Bounded(zeros, zeros)
        if not above:
            return arrived
        entries = prod(above)
        value, error = arrived.value, arrived.error
        if len(value) != self.count * entries:
            value = np.broadcast_to(value, (self.count * entries, *below))
            error = None if error is None else np.broadcast_to(error, value.shape)
        wide = (self.count, *above, *below)
        return Bounded(value.reshape(wide), None if error is None else error.reshape(wide))

    def _sweep(self, of: str, above: Shape) -> Sweep:
        """A reverse sweep; from an array, one for each of its entries at once: every sample is
        repeated as many times, each with a seed of its own."""
        graph = self.setting.graph
        place = graph.places[of]
        if not above:
            return Sweep(
                graph, self.nodes, place, NAMESPACE.ones_like(self.nodes[place]), NAMESPACE
            )
        entries = prod(above)
        repeated = [_repeated(node, entries) for node in self.nodes[: place + 1]]
        seeds = np.tile(np.eye(entries), (self.count, 1)).reshape(-1, *above)
        return Sweep(graph, repeated, place, Bounded(seeds, np.zeros(seeds.shape)), NAMESPACE)


def _repeated(node: Bounded, times: int) -> Bounded:
    """Every sample so many times, one behind the other; a constant as it is."""
    if len(node.value) == 1:
        return node
    error = None if node.error is None else np.repeat(node.error, times, axis=0)
    return Bounded(np.repeat(node.value, times, axis=0), error)


def drawn(
    setting: Setting,
    which: int,
    rng: Chance,
    scales: Sequence[float] = samples.SCALES + samples.BEYOND,
) -> Ground:
    """Points of the given scales; those where the computation itself has no value are replaced by
    moderate ones where it has."""
    variables = setting.exercise.variables
    shapes = setting.of_variables(which)
    leaves = samples.draw(variables, shapes, rng, scales)
    ground = Ground(setting, which, leaves, len(scales), scales=scales)
    bad = ~ground.defined
    if ground.off_kinks.sum() < 0.4 * len(scales):
        bad |= ~ground.off_kinks
    moderate = np.flatnonzero(bad & (ground.scales <= samples.MODERATE))
    if not len(moderate):
        return ground
    more_scales = (0.3, 0.6, 1.0, 1.5) * 50
    more = samples.draw(variables, shapes, rng, more_scales)
    known = Ground(setting, which, more, len(more_scales))
    good = np.flatnonzero(known.defined & known.off_kinks)
    moved = moderate[: len(good)]
    for name, values in leaves.items():
        values[moved] = more[name][good[: len(moved)]]
    return Ground(setting, which, leaves, len(scales), scales=scales)


def defined(nodes: tuple[Bounded, ...], count: int) -> np.ndarray:
    """At which samples every step has a finite value: (S,) masks."""
    mask = np.ones(count, dtype=bool)
    for node in nodes:
        value = node.value
        if value.dtype != bool:
            mask &= np.isfinite(value).all(axis=tuple(range(1, value.ndim)))
    return mask


def forced_sweep(ground: Ground, of: str, given: Mapping[str, Bounded]) -> Sweep:
    """The sweep from a scalar if the gradients at some quantities were the given ones."""
    graph = ground.setting.graph
    place = graph.places[of]
    seed = NAMESPACE.ones_like(ground.nodes[place])
    forced = {graph.places[name]: value for name, value in given.items()}
    return Sweep(graph, ground.nodes, place, seed, NAMESPACE, forced=forced)
