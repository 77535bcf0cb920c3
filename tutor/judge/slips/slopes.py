"""Wrong local derivatives of ops of one operand: what learners take for the right one.

The true ones come from the op's own rule, with upstream 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tutor.judge.graph import Graph
from tutor.judge.slips.sweep import Spot, WrongRule
from tutor.judge.slips.terms import local_derivative

Array = Any

ACTIVATIONS = frozenset(
    "sigmoid tanh relu leaky_relu softplus elu gelu swish step softmax log_softmax".split()
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong rule, and the slip that it is.

    shared: learners who make it make it at every step of the same op, so it is tried at all of
    them together as well. wrong: the factor that stands in the place of the local derivative, to
    be found in the learner's tree. extra: what it costs beyond others of its label.
    """

    label: str
    rule: WrongRule
    shared: bool = False
    wrong: Callable[[Spot], Array] | None = None
    extra: float = 0.0


def _times(slope: Callable[[Spot], Array]) -> WrongRule:
    """The rule of an op of one operand that takes `slope` for its local derivative."""

    def rule(spot: Spot) -> list[Array | None]:
        return [spot.upstream * slope(spot)]

    return rule


@cache
def of_slope(op: str) -> tuple[Mistake, ...]:
    """The mistakes with the local derivative of an elementwise op of one operand."""
    found: list[Mistake] = []

    def add(label: str, slope: Callable[[Spot], Array], shared: bool = True) -> None:
        found.append(Mistake(label, _times(slope), shared, slope))

    def true(spot: Spot) -> Array:
        return local_derivative(op, spot.inputs[0], spot.out)

    if op != "neg":
        add("missing_chain_factor", lambda spot: 1.0)
    if op not in ("exp", "neg", "sqrt"):
        label = "activation_for_derivative" if op in ACTIVATIONS else "not_differentiated"
        add(label, lambda spot: spot.out)
    if op != "neg":
        add("extra_chain_factor", lambda spot: true(spot) ** 2)
        add("inverted_ratio", lambda spot: 1 / true(spot))
    add("sign_error", lambda spot: -true(spot), shared=False)
    for label, slope in _SLOPES.get(op, ()):
        add(label, slope)
    for other in _TAKEN_FOR.get(op, ()):
        add("wrong_local_derivative", _slope_of(other))
    return tuple(found)


def _slope_of(op: str) -> Callable[[Spot], Array]:
    return lambda spot: local_derivative(op, spot.inputs[0])


def _x(power: Callable[[Array], Array]) -> Callable[[Spot], Array]:
    return lambda spot: power(spot.inputs[0])


def _out(power: Callable[[Array], Array]) -> Callable[[Spot], Array]:
    return lambda spot: power(spot.out)


Slope = tuple[str, Callable[[Spot], Array]]
_SLOPES: dict[str, tuple[Slope, ...]] = {
    "sigmoid": (
        ("missing_chain_factor", _out(lambda a: 1 - a)),
        ("wrong_local_derivative", _out(lambda a: 1 - a * a)),
        ("wrong_local_derivative", _out(lambda a: a * (1 + a))),
        ("wrong_local_derivative", _out(lambda a: a * a)),
        ("wrong_local_derivative", _out(lambda a: (1 - a) ** 2)),
        ("wrong_local_derivative", _x(lambda x: np.exp(-x))),
        ("wrong_local_derivative", _x(lambda x: np.exp(-x) / (1 + np.exp(-x)))),
        ("integrated_instead", _x(lambda x: np.logaddexp(x, 0.0))),
    ),
    "tanh": (
        ("wrong_local_derivative", _out(lambda a: 1 - a)),
        ("wrong_local_derivative", _out(lambda a: 1 + a * a)),
        ("wrong_local_derivative", _out(lambda a: a * (1 - a))),
        ("wrong_local_derivative", _out(lambda a: (1 - a) ** 2)),
        ("wrong_local_derivative", _out(lambda a: a * a)),
        ("additive_constant", _out(lambda a: -a * a)),
        ("integrated_instead", _x(lambda x: np.log(np.cosh(x)))),
    ),
    "relu": (
        ("wrong_local_derivative", _x(np.sign)),
        ("wrong_local_derivative", _x(lambda x: np.where(x < 0, 1.0, 0.0))),
        ("integrated_instead", _out(lambda a: a * a / 2)),
        ("wrong_local_derivative", _x(lambda x: x)),
    ),
    "softplus": (
        ("wrong_local_derivative", _x(np.exp)),
        ("missing_chain_factor", _x(lambda x: 1 / (1 + np.exp(x)))),
    ),
    "exp": (
        ("power_rule", _x(lambda x: x * np.exp(x - 1))),
        ("wrong_local_derivative", _x(lambda x: x)),
        ("wrong_local_derivative", _x(lambda x: 1 / x)),
    ),
    "log": (
        ("inverted_ratio", _x(lambda x: x)),
        ("power_rule", _x(lambda x: 1 / (x * x))),
        ("wrong_local_derivative", _x(np.exp)),
        ("integrated_instead", _x(lambda x: x * np.log(x) - x)),
    ),
    "sqrt": (
        ("inverted_ratio", _out(lambda a: a / 2)),
        ("inverted_ratio", _out(lambda a: a)),
        ("power_rule", _x(lambda x: 1 / (2 * x))),
        ("power_rule", _out(lambda a: 1 / (2 * a**3))),
        ("constant_factor", _out(lambda a: 1 / a)),
        ("integrated_instead", _out(lambda a: 2 * a**3 / 3)),
    ),
    "square": (
        ("power_rule", _x(lambda x: 2 * x * x)),
        ("constant_factor", _x(lambda x: x)),
        ("integrated_instead", _x(lambda x: x**3 / 3)),
    ),
    "sin": (("integrated_instead", _x(lambda x: -np.cos(x) * 1.0)),),
    "cos": (("wrong_local_derivative", _x(np.cos)),),
    "log1p": (
        ("wrong_local_derivative", _x(lambda x: 1 / x)),
        ("inverted_ratio", _x(lambda x: 1 + x)),
    ),
    "abs": (("wrong_local_derivative", _x(lambda x: np.where(x > 0, 1.0, 0.0))),),
}
"""What is taken for the local derivative of an op beside what `of_slope` makes of any op."""

_KINKED = frozenset({"relu", "leaky_relu", "abs", "sign", "step"})

_TAKEN_FOR: dict[str, tuple[str, ...]] = {
    "sigmoid": ("relu",),
    "tanh": ("sigmoid", "relu"),
    "relu": ("sigmoid", "tanh"),
    "softplus": ("relu", "sigmoid", "tanh"),
}

FORMULAS: tuple[Callable[[Array], Array], ...] = (
    lambda v: v * (1 - v),
    lambda v: 1 - v * v,
    lambda v: 1 - v,
    lambda v: (1 - v) ** 2,
    lambda v: 1 + v * v,
)
"""What is taken for a local derivative written with the value of the function."""

_BY_OUT: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda v: v * (1 - v),
    "tanh": lambda v: 1 - v * v,
    "exp": lambda v: v,
    "sqrt": lambda v: 1 / (2 * v),
}
"""Local derivatives as functions of the op's own value."""


def of_points(graph: Graph, place: int, nodes: Sequence[Array]) -> Iterator[Mistake]:
    """The right formula for a local derivative, at another quantity of the graph."""
    step = graph.steps[place]
    if step.op is None or step.op.name == "neg":
        return
    op = step.op.name
    formula = _BY_OUT.get(op)
    source = step.operands[0]
    shape = nodes[place].shape
    sizes = {graph.places[name] for name in graph.sizes}
    for other in sorted(set(graph.places.values()) | {place, source}):
        if other in sizes or nodes[other].shape != shape:
            continue
        if other != source:
            # The slope of a kink is the same at many places: it says less of where it was taken.
            extra = 0.2 if op in _KINKED else 0.0
            wrong = _found_at(op, other)
            yield Mistake("wrong_eval_point", _slope_at(op, other), wrong=wrong, extra=extra)
        if formula is not None and other != place:
            yield Mistake("wrong_eval_point", _formula_at(formula, other))


def _slope_at(op: str, other: int) -> WrongRule:
    return lambda spot: [spot.upstream * local_derivative(op, spot.nodes[other])]


def _found_at(op: str, other: int) -> Callable[[Spot], Array]:
    return lambda spot: local_derivative(op, spot.nodes[other])


def _formula_at(formula: Callable[[Array], Array], other: int) -> WrongRule:
    return lambda spot: [spot.upstream * formula(spot.nodes[other])]
