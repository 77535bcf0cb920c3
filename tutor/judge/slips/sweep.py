"""The reverse sweep between two steps of the graph, and what one wrong rule in it changes.

A sweep is linear below the step whose rule is wrong. So the error that a wrong rule makes in the
end is its error at that step, carried down. `Sweep.projected` says what that is along one random
direction for the price of a dot product: the tangents of all steps in that direction are found
once, by a central difference of the forward pass. A wrong rule that passes there is then carried
down in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays.numpy_ import NAMESPACE
from tutor.judge.graph import Graph, unbroadcast
from tutor.judge.slips.terms import UNFIT, Steps

Array = Any

_NUDGE = 1e-4
_COST = 3
"""A rule costs as many steps as it takes the time of a term of a tree."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What a wrong rule may look at: its step, what arrives there, and the values around it."""

    step: int
    upstream: Array
    out: Array
    inputs: tuple[Array, ...]
    params: Mapping[str, Any]
    nodes: tuple[Array, ...]
    passed: tuple[Array | None, ...]


WrongRule = Callable[[Spot], Sequence["Array | None"]]
"""What a step passes to its operands by mistake, before broadcasting is undone."""


class Sweep:
    """One true sweep from a step to a step before it, at one point.

    between: the steps on the way, in order. arrived: what arrives at each of them. passed: what
    each of them passes to each of its operands, None where that lies off the way.
    """

    __slots__ = (
        "_inside",
        "_spots",
        "_tangents",
        "arrived",
        "between",
        "by",
        "graph",
        "nodes",
        "of",
        "passed",
        "steps",
    )

    def __init__(self, graph: Graph, nodes: tuple[Array, ...], of: str, by: str, steps: Steps):
        self.graph = graph
        self.nodes = nodes
        self.steps = steps
        self.of = graph.places[of]
        self.by = graph.places[by]
        self.between = graph.between(self.by, self.of)
        self._inside = frozenset(self.between)
        self._tangents: dict[int, Array] | None = None
        self._spots: dict[int, Spot] = {}
        self.passed: dict[int, tuple[Array | None, ...]] = {}
        seed = np.ones_like(nodes[self.of])
        self.arrived = self._down({self.of: seed}, {}, keep=True)

    @property
    def truth(self) -> Array:
        """The true derivative: what arrives at the end."""
        return self.arrived.get(self.by)

    def spot(self, step: int, upstream: Array | None = None) -> Spot:
        """What a rule sees at a step, with what truly arrives there unless another is given."""
        made = self.graph.steps[step]
        return Spot(
            step,
            self.arrived[step] if upstream is None else upstream,
            self.nodes[step],
            tuple([self.nodes[i] for i in made.operands]),
            made.params,
            self.nodes,
            self.passed.get(step, ()) if upstream is None else self._true(step, upstream),
        )

    def errors(self, step: int, rule: WrongRule) -> dict[int, Array] | None:
        """What a wrong rule passes to each operand, less what it should; None where it is unfit."""
        self.steps.take(_COST)
        try:
            spot = self._spots.get(step)
            if spot is None:
                spot = self._spots[step] = self.spot(step)
            given = rule(spot)
            errors: dict[int, Array] = {}
            for place, wrong, right in zip(
                self.graph.steps[step].operands, given, self.passed[step], strict=True
            ):
                if right is None:
                    continue
                error = -right if wrong is None else self._fitted(wrong, place) - right
                errors[place] = errors[place] + error if place in errors else error
        except UNFIT:
            return None
        return errors

    def along(self, errors: Mapping[int, Array], direction: Array) -> float:
        """How large the error at the end is along `direction`, if these are made at some steps."""
        tangents = self._tangents
        if tangents is None:
            tangents = self._tangents = self._along(direction)
        found = 0.0
        for i, error in errors.items():
            tangent = tangents[i]
            found += float(np.vdot(tangent, error) if tangent.shape else tangent * error)
        return found

    def cut_errors(self, cut: Iterable[tuple[int, int]]) -> dict[int, Array] | None:
        """The errors of edges that pass nothing; None where one of them lies below another."""
        errors: dict[int, Array] = {}
        edges = list(cut)
        ancestors = self.graph.ancestors
        for i, slot in edges:
            operand = self.graph.steps[i].operands[slot]
            if any(ancestors[operand] >> other & 1 for other, _ in edges):
                return None
            amount = self.passed[i][slot] if i in self.passed else None
            if amount is not None:
                errors[operand] = errors[operand] - amount if operand in errors else -amount
        return errors

    def with_rules(self, rules: Mapping[int, WrongRule]) -> Array:
        """What arrives at the end when several steps follow wrong rules; None where unfit."""
        seed = np.ones_like(self.nodes[self.of])
        try:
            return self._down({self.of: seed}, rules).get(self.by)
        except UNFIT:
            return None

    def alone(self, place: int) -> Array:
        """What would arrive at the end if each entry of a step depended on the same entry of the
        end alone; both have one shape."""
        upstream = self.arrived[place]
        found = np.zeros(self.nodes[self.by].shape)
        flat = np.zeros(upstream.size)
        for entry in range(upstream.size):
            flat[:] = 0.0
            flat[entry] = 1.0
            row = self._down({place: flat.reshape(upstream.shape)}, {}).get(self.by)
            if row is None:
                return None
            found.flat[entry] = upstream.flat[entry] * row.flat[entry]
        return found

    def slope(self, place: int) -> Array:
        """The derivative of a step by the end, where it is elementwise: what a seed of ones there
        makes at the end."""
        return self._down({place: np.ones_like(self.nodes[place])}, {}).get(self.by)

    def with_cut(self, cut: frozenset[tuple[int, int]]) -> Array:
        """What arrives at the end when some edges, (step, operand's place), pass nothing."""
        seed = np.ones_like(self.nodes[self.of])
        return self._down({self.of: seed}, {}, cut=cut).get(self.by)

    def _down(
        self,
        seeds: Mapping[int, Array],
        rules: Mapping[int, WrongRule],
        keep: bool = False,
        cut: frozenset[tuple[int, int]] = frozenset(),
    ) -> dict[int, Array]:
        arrived = dict(seeds)
        for i in reversed(self.between):
            upstream = arrived.get(i)
            if upstream is None or i == self.by:
                continue
            self.steps.take(_COST)
            rule = rules.get(i)
            if rule is None:
                amounts = self._true(i, upstream)
            else:
                amounts = self._wrong(i, upstream, rule)
            if keep:
                self.passed[i] = amounts
            for slot, place in enumerate(self.graph.steps[i].operands):
                amount = amounts[slot]
                if amount is not None and (i, slot) not in cut:
                    arrived[place] = arrived[place] + amount if place in arrived else amount
        return arrived

    def _true(self, i: int, upstream: Array) -> tuple[Array | None, ...]:
        step = self.graph.steps[i]
        if step.op is None:
            return (upstream,)
        inputs = [self.nodes[k] for k in step.operands]
        extra: dict[str, Any] = {}
        if step.op.prunes:
            extra["wants"] = tuple([k in self._inside for k in step.operands])
        amounts = step.op.vjp(NAMESPACE, upstream, self.nodes[i], *inputs, **step.params, **extra)
        return tuple(
            [
                None if amount is None or k not in self._inside else self._fitted(amount, k)
                for k, amount in zip(step.operands, amounts, strict=True)
            ]
        )

    def _wrong(self, i: int, upstream: Array, rule: WrongRule) -> tuple[Array | None, ...]:
        return tuple(
            [
                None if amount is None or k not in self._inside else self._fitted(amount, k)
                for k, amount in zip(
                    self.graph.steps[i].operands, rule(self.spot(i, upstream)), strict=True
                )
            ]
        )

    def _fitted(self, amount: Array, place: int) -> Array:
        return unbroadcast(NAMESPACE, amount, self.nodes[place].shape)

    def _along(self, direction: Array) -> dict[int, Array]:
        ahead = self._nudged(_NUDGE * direction)
        behind = self._nudged(-_NUDGE * direction)
        return {
            i: (ahead[i] - behind[i]) / (2 * _NUDGE) if ahead[i].dtype != bool else np.float64(0)
            for i in self.between
        }

    def _nudged(self, change: Array) -> dict[int, Array]:
        values: dict[int, Array] = {self.by: self.nodes[self.by] + change}
        for i in self.between:
            if i == self.by:
                continue
            self.steps.take()
            step = self.graph.steps[i]
            inputs = [values.get(k, self.nodes[k]) for k in step.operands]
            if step.op is None:
                values[i] = inputs[0]
            else:
                values[i] = step.op.forward(NAMESPACE, *inputs, **step.params)
        return values
