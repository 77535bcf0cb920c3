"""Backward steps with one wrong rule: what an array would be if one op had been taken back wrongly.

The rules are those of `tutor.judge.slips.rules`, made from the ops' own declarations. Everything
above the step is the learner's own, so the slip that is found is one of this step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from engine.arrays.numpy_ import NAMESPACE
from engine.ops.declare import Op
from tutor.judge.code.evidence import Evidence, same
from tutor.judge.code.uses import Uses
from tutor.judge.graph import Graph, unbroadcast
from tutor.judge.slips.rules import mistakes
from tutor.judge.slips.slopes import Mistake
from tutor.judge.slips.sweep import Spot, WrongRule
from tutor.judge.slips.terms import UNFIT

Array = np.ndarray[Any, Any]

MOST = 3000
"""How many wrong rules are tried for one array."""


def mistaken(
    uses: Uses, name: str, evidence: Sequence[Evidence], own: Sequence[Array]
) -> tuple[str, int] | None:
    """The slip, and the step of the graph at which it was made, that gives the learner's array of a
    quantity at every point; None where no single wrong rule does."""
    first = _Point(evidence[0], 0, uses, name)
    others = [
        (_Point(one, k, uses, name), mine[k])
        for one, mine in zip(evidence, own, strict=True)
        for k in range(one.count)
        if not (one is evidence[0] and k == 0)
    ]
    for place, mistake in _tried(first, uses, name):
        if not _agrees(first, place, mistake, own[0][0]):
            continue
        if all(_agrees(point, place, mistake, mine) for point, mine in others):
            return mistake.label, place
    return None


def _tried(first: _Point, uses: Uses, name: str) -> Iterator[tuple[int, Mistake]]:
    inside = uses.inside[name]
    graph = first.graph
    left = MOST
    for place in sorted(inside, reverse=True):
        for mistake in (
            *mistakes(graph, place, first.moving, first.nodes),
            *_of_arrays(graph, place),
        ):
            if left == 0:
                return
            left -= 1
            yield place, mistake


def _of_arrays(graph: Graph, place: int) -> Iterator[Mistake]:
    """Mistakes with a whole array: another one in the place of an operand, a gradient turned round
    or transposed."""
    step = graph.steps[place]
    if step.op is None or len(step.operands) < 2:
        return
    if step.op.name in _SLIDING:
        yield Mistake("kernel_flip", _with_upstream(step.op, np.flip))
    if step.op.name in _PRODUCTS:
        for slot in range(len(step.operands)):
            yield Mistake("transpose_error", _with_operand(step.op, slot, None))
            for name, other in graph.places.items():
                if name not in graph.sizes and other not in step.operands and other != place:
                    yield Mistake("wrong_node", _with_operand(step.op, slot, other))


_SLIDING = frozenset({"corr", "conv", "corr_full", "conv_full"})
_PRODUCTS = _SLIDING | {"mul", "div", "matmul", "dot", "outer"}


def _with_upstream(op: Op, change: Callable[[Array], Array]) -> WrongRule:
    def rule(spot: Spot) -> Sequence[Array | None]:
        return _by_rule(op, spot, change(spot.upstream), spot.inputs)

    return rule


def _with_operand(op: Op, slot: int, other: int | None) -> WrongRule:
    """The op's rule with another value of the same shape for one operand, or it transposed."""

    def rule(spot: Spot) -> Sequence[Array | None]:
        inputs = list(spot.inputs)
        given = inputs[slot].T if other is None else spot.nodes[other]
        if np.shape(given) != np.shape(inputs[slot]):
            raise ValueError("another shape")
        inputs[slot] = given
        return _by_rule(op, spot, spot.upstream, inputs)

    return rule


def _by_rule(
    op: Op, spot: Spot, upstream: Array, inputs: Sequence[Array]
) -> Sequence[Array | None]:
    wants = tuple([amount is not None for amount in spot.passed])
    extra: dict[str, Any] = {"wants": wants} if op.prunes else {}
    amounts = op.vjp(NAMESPACE, upstream, spot.out, *inputs, **spot.params, **extra)
    return [amount if wanted else None for amount, wanted in zip(amounts, wants, strict=True)]


def _agrees(point: _Point, place: int, mistake: Mistake, own: Array) -> bool:
    made = point.with_rule(place, mistake)
    return made is not None and same(made[None], own[None])


class _Point:
    """One point: plain values of every step, and the gradients that the consumers hand down."""

    def __init__(self, evidence: Evidence, k: int, uses: Uses, name: str) -> None:
        self.graph = evidence.graph
        self.inside = sorted(uses.inside[name], reverse=True)
        self.place = self.graph.places[name]
        self.moving = uses.inside[name] | {self.place}
        self.nodes = tuple([node.at(k)[0] for node in evidence.nodes])
        self.starts: dict[int, Array] = {}
        for consumer in uses.consumers[name]:
            own = evidence.own.get(consumer)
            start = evidence.truth[consumer].value if own is None else own
            self.starts[self.graph.places[consumer]] = start[k]

    def with_rule(self, place: int, mistake: Mistake) -> Array | None:
        """What arrives at the quantity when one step follows a wrong rule; None where unfit."""
        try:
            with np.errstate(all="ignore"):
                return self._swept(place, mistake)
        except UNFIT:
            return None

    def _swept(self, place: int, mistake: Mistake) -> Array | None:
        arrived: dict[int, Array] = dict(self.starts)
        for i in self.inside:
            upstream = arrived.get(i)
            if upstream is None:
                continue
            operands = self.graph.steps[i].operands
            amounts = self._passed(i, upstream)
            if i == place:
                amounts = [
                    None if amount is None else unbroadcast(NAMESPACE, amount, self._shape(operand))
                    for operand, amount in zip(
                        operands, mistake.rule(self._spot(i, upstream, amounts)), strict=True
                    )
                ]
            for operand, amount in zip(operands, amounts, strict=True):
                if amount is not None and operand in self.moving and operand not in self.starts:
                    arrived[operand] = arrived[operand] + amount if operand in arrived else amount
        return arrived.get(self.place)

    def _passed(self, i: int, upstream: Array) -> list[Array | None]:
        """What a step truly passes to its operands, None to those off the way."""
        step = self.graph.steps[i]
        if step.op is None:
            return [upstream]
        inputs = [self.nodes[operand] for operand in step.operands]
        wants = tuple([operand in self.moving for operand in step.operands])
        extra: dict[str, Any] = {"wants": wants} if step.op.prunes else {}
        amounts = step.op.vjp(NAMESPACE, upstream, self.nodes[i], *inputs, **step.params, **extra)
        return [
            unbroadcast(NAMESPACE, amount, self._shape(operand))
            if amount is not None and wanted
            else None
            for operand, amount, wanted in zip(step.operands, amounts, wants, strict=True)
        ]

    def _spot(self, i: int, upstream: Array, passed: Sequence[Array | None]) -> Spot:
        step = self.graph.steps[i]
        inputs = tuple([self.nodes[operand] for operand in step.operands])
        return Spot(i, upstream, self.nodes[i], inputs, step.params, self.nodes, tuple(passed))

    def _shape(self, i: int) -> tuple[int, ...]:
        return tuple(np.shape(self.nodes[i]))
