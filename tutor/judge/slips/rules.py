"""Wrong gradient rules, made from the declarations of the ops: what learners take for the right one.

Each is a function from what a step sees (a `Spot`) to what it passes to its operands by mistake.
The true amounts come from the op's own rule, local derivatives from its `vjp` with upstream 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine.arrays.numpy_ import NAMESPACE
from engine.ops import REGISTRY
from engine.ops import axes as axis_names
from tutor.judge.graph import Graph, Step
from tutor.judge.slips.sweep import Spot, WrongRule
from tutor.judge.slips.terms import local_derivative

Array = Any

ACTIVATIONS = frozenset(
    "sigmoid tanh relu leaky_relu softplus elu gelu swish step softmax log_softmax".split()
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong rule, and the slip that it is. shared: learners who make it make it at every step of
    the same op, so it is tried at all of them together as well."""

    label: str
    rule: WrongRule
    shared: bool = False
    wrong: Callable[[Spot], Array] | None = None
    extra: float = 0.0
    """The factor that stands in place of the local derivative, to be found in the learner's tree."""


def mistakes(
    graph: Graph, place: int, moving: frozenset[int], nodes: Sequence[Array]
) -> Iterator[Mistake]:
    """The mistakes that can be made at one step. moving: the steps that the sweep passes. nodes:
    the values of all steps at some point."""
    step = graph.steps[place]
    if step.op is None:
        return
    moved = [slot for slot, operand in enumerate(step.operands) if operand in moving]
    if len(moved) < len(step.operands) or len(moved) == 1:
        yield from _of_fixed(graph, step)
    if step.op.elementwise and len(step.operands) == 1:
        yield from _of_slope(step.op.name)
        yield from _of_points(graph, place, nodes)
    yield from _BY_OP.get(step.op.name, _none)()
    if len(moved) > 1:
        yield from _OF_BOTH.get(step.op.name, _none)()


def _none() -> Iterator[Mistake]:
    return iter(())


def _of_fixed(graph: Graph, step: Step) -> Iterator[Mistake]:
    """Mistakes with a factor that is a size of the batch or a number: 1/n lost, twice, upside down."""
    if step.op is None or step.op.name not in ("mul", "div") or len(step.operands) != 2:
        return
    for slot, operand in enumerate(step.operands):
        other = graph.steps[operand]
        if other.op is None and (other.name in graph.sizes):
            for power in (0, 2, -1):
                yield Mistake("batch_mean", _scaled(step.op.name, slot, power))


def _scaled(op: str, slot: int, power: int) -> WrongRule:
    """The factor at `slot` taken to a power: 0 loses it, 2 doubles it, -1 turns it over."""

    def rule(spot: Spot) -> list[Array | None]:
        factor = spot.inputs[slot] if op == "mul" else 1 / spot.inputs[slot]
        moved = None if slot == 0 else spot.upstream * factor**power
        other = spot.upstream * factor**power if slot == 0 else None
        return [moved, other]

    return rule


def _times(slope: Callable[[Spot], Array]) -> WrongRule:
    """The rule of an op of one operand that takes `slope` for its local derivative."""

    def rule(spot: Spot) -> list[Array | None]:
        return [spot.upstream * slope(spot)]

    return rule


@cache
def _of_slope(op: str) -> tuple[Mistake, ...]:
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
        add(
            "wrong_local_derivative",
            lambda spot, other=other: local_derivative(other, spot.inputs[0]),
        )  # type: ignore[misc]
    return tuple(found)


def _x(power: Callable[[Array], Array]) -> Callable[[Spot], Array]:
    return lambda spot: power(spot.inputs[0])


def _out(power: Callable[[Array], Array]) -> Callable[[Spot], Array]:
    return lambda spot: power(spot.out)


Slope = tuple[str, Callable[[Spot], Array]]
_SLOPES: dict[str, tuple[Slope, ...]] = {
    "sigmoid": (
        ("wrong_local_derivative", _out(lambda a: 1 - a)),
        ("wrong_local_derivative", _out(lambda a: 1 - a * a)),
        ("wrong_local_derivative", _out(lambda a: a * (1 + a))),
        ("wrong_local_derivative", _out(lambda a: a * a)),
        ("wrong_local_derivative", _out(lambda a: a * a * (1 - a))),
        ("wrong_local_derivative", _out(lambda a: a * (1 - a) ** 2)),
        ("wrong_local_derivative", _out(lambda a: a * (1 - a * a))),
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
        ("wrong_local_derivative", _out(lambda a: a * (1 - a * a))),
        ("additive_constant", _out(lambda a: -a * a)),
        ("integrated_instead", _x(lambda x: np.log(np.cosh(x)))),
    ),
    "relu": (
        ("wrong_local_derivative", _x(lambda x: np.sign(x))),
        ("wrong_local_derivative", _x(lambda x: np.where(x < 0, 1.0, 0.0))),
        ("integrated_instead", _out(lambda a: a * a / 2)),
        ("wrong_local_derivative", _x(lambda x: x)),
    ),
    "softplus": (
        ("wrong_local_derivative", _x(lambda x: np.exp(x))),
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
        ("wrong_local_derivative", _x(lambda x: np.exp(x))),
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
    "cos": (("wrong_local_derivative", _x(lambda x: np.cos(x))),),
    "log1p": (
        ("wrong_local_derivative", _x(lambda x: 1 / x)),
        ("inverted_ratio", _x(lambda x: 1 + x)),
    ),
    "abs": (("wrong_local_derivative", _x(lambda x: np.where(x > 0, 1.0, 0.0))),),
}
"""What is taken for the local derivative of an op beside what `_of_slope` makes of any op."""

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


def _of_points(graph: Graph, place: int, nodes: Sequence[Array]) -> Iterator[Mistake]:
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


def _mul() -> Iterator[Mistake]:
    yield Mistake("missing_chain_factor", lambda s: [s.upstream, s.passed[1]], True)
    yield Mistake("missing_chain_factor", lambda s: [s.passed[0], s.upstream], True)
    yield Mistake("wrong_node", lambda s: [s.upstream * s.inputs[0], s.passed[1]])
    yield Mistake("wrong_node", lambda s: [s.passed[0], s.upstream * s.inputs[1]])
    yield Mistake("sign_error", lambda s: [_minus(s.passed[0]), s.passed[1]])
    yield Mistake("sign_error", lambda s: [s.passed[0], _minus(s.passed[1])])
    yield Mistake(
        "integrated_instead",
        lambda s: [s.upstream * s.inputs[1] * s.inputs[0] ** 2 / 2, s.passed[1]],
    )
    yield Mistake(
        "integrated_instead",
        lambda s: [s.passed[0], s.upstream * s.inputs[0] * s.inputs[1] ** 2 / 2],
    )
    yield Mistake("inverted_ratio", lambda s: [s.upstream / s.inputs[1], s.passed[1]])
    yield Mistake("inverted_ratio", lambda s: [s.passed[0], s.upstream / s.inputs[0]])


def _add() -> Iterator[Mistake]:
    yield Mistake("sign_error", lambda s: [_minus(s.passed[0]), s.passed[1]])
    yield Mistake("sign_error", lambda s: [s.passed[0], _minus(s.passed[1])])


def _div() -> Iterator[Mistake]:
    def to_second(label: str, wrong: Callable[[Array, Array], Array]) -> Mistake:
        return Mistake(label, lambda s: [s.passed[0], s.upstream * wrong(s.inputs[0], s.inputs[1])])

    yield Mistake("missing_chain_factor", lambda s: [s.upstream, s.passed[1]])
    yield Mistake("inverted_ratio", lambda s: [s.upstream * s.inputs[1], s.passed[1]])
    yield to_second("sign_error", lambda a, b: a / (b * b))
    yield to_second("product_quotient_rule", lambda a, b: -a / b)
    yield to_second("product_quotient_rule", lambda a, b: a / b)
    yield to_second("product_quotient_rule", lambda a, b: -1 / (b * b))
    yield to_second("product_quotient_rule", lambda a, b: 1 / (b * b))
    yield to_second("product_quotient_rule", lambda a, b: 1 / b)
    yield to_second("product_quotient_rule", lambda a, b: -1 / b)
    yield to_second("missing_chain_factor", lambda a, b: 1.0)
    yield to_second("power_rule", lambda a, b: -a / b**3)
    yield to_second("power_rule", lambda a, b: -2 * a / b**3)
    yield to_second("integrated_instead", lambda a, b: a * np.log(np.abs(b)))


def _both_factors() -> Iterator[Mistake]:
    yield Mistake("product_quotient_rule", lambda s: [s.upstream, s.upstream])
    yield Mistake(
        "product_quotient_rule", lambda s: [s.upstream * s.inputs[0], s.upstream * s.inputs[1]]
    )
    yield Mistake("product_quotient_rule", lambda s: [s.passed[0], _minus(s.passed[1])])


def _both_parts() -> Iterator[Mistake]:
    yield Mistake(
        "product_quotient_rule",
        lambda s: [s.upstream, s.passed[1] * s.inputs[1]],  # type: ignore[operator]
    )
    yield Mistake(
        "product_quotient_rule",
        lambda s: [s.upstream * s.inputs[1], s.passed[1] * s.inputs[1] ** 2],  # type: ignore[operator]
    )
    yield Mistake("product_quotient_rule", lambda s: [s.upstream / s.inputs[1] ** 2, s.passed[1]])
    yield Mistake(
        "product_quotient_rule",
        lambda s: [s.upstream, s.passed[1] * s.inputs[1] ** 2],  # type: ignore[operator]
    )
    yield Mistake("product_quotient_rule", lambda s: [s.upstream, s.upstream])
    yield Mistake("product_quotient_rule", lambda s: [s.upstream, _minus(s.upstream)])


def _pow() -> Iterator[Mistake]:
    def to_base(label: str, wrong: Callable[[Array, Array], Array]) -> Mistake:
        return Mistake(
            label,
            lambda s: [s.upstream * wrong(s.inputs[0], s.inputs[1]), s.passed[1]],
            True,
            lambda s: wrong(s.inputs[0], s.inputs[1]),
        )

    yield to_base("missing_chain_factor", lambda x, n: 1.0)
    yield to_base("power_rule", lambda x, n: n * np.power(x, n))
    yield to_base("power_rule", lambda x, n: np.power(x, n - 1) if n != 2 else np.nan)
    yield to_base("constant_factor", lambda x, n: np.power(x, n - 1) if n == 2 else np.nan)
    yield to_base("not_differentiated", lambda x, n: np.power(x, n))
    yield to_base("power_rule", lambda x, n: n * np.power(x, n - 2) if n != 2 else np.nan)
    yield to_base("power_rule", lambda x, n: (n - 1) * np.power(x, n - 1) if n != 2 else np.nan)
    yield to_base("power_rule", lambda x, n: (n - 1) * np.power(x, n - 2) if n != 2 else np.nan)
    yield to_base("power_rule", lambda x, n: n * np.power(x, n + 1))
    yield to_base("power_rule", lambda x, n: n * x)
    yield to_base("power_rule", lambda x, n: n if n != 2 else np.nan)
    yield to_base("power_rule", lambda x, n: (n + 1) * np.power(x, n))
    yield to_base("integrated_instead", lambda x, n: np.power(x, n + 1) / (n + 1))
    yield to_base("inverted_ratio", lambda x, n: 1 / (n * np.power(x, n - 1)))
    yield to_base("wrong_local_derivative", lambda x, n: np.power(x, n) * np.log(np.abs(x)))
    yield Mistake(
        "power_rule",
        lambda s: [s.passed[0], s.upstream * s.inputs[1] * np.power(s.inputs[0], s.inputs[1] - 1)],
    )
    yield Mistake("wrong_local_derivative", lambda s: [s.passed[0], s.upstream * s.out])


def _mean() -> Iterator[Mistake]:
    def count(spot: Spot) -> float:
        return float(spot.inputs[0].size / max(1, spot.out.size))

    yield Mistake("batch_mean", lambda s: [s.passed[0] * count(s)], True)  # type: ignore[operator]
    yield Mistake("batch_mean", lambda s: [s.passed[0] / count(s)], True)  # type: ignore[operator]
    yield Mistake("batch_mean", lambda s: [s.passed[0] * count(s) ** 2])  # type: ignore[operator]
    for axis in range(3):
        yield Mistake("batch_mean", _counting(axis, count))


def _counting(axis: int, count: Callable[[Spot], float]) -> WrongRule:
    """The mean's 1/count with the size of one axis alone."""
    return lambda s: [s.passed[0] * (count(s) / s.inputs[0].shape[axis])]  # type: ignore[operator]


def _softmax() -> Iterator[Mistake]:
    yield Mistake("softmax_diagonal_only", lambda s: [s.upstream * s.out * (1 - s.out)], True)
    yield Mistake("softmax_diagonal_only", lambda s: [s.upstream * s.out], True)
    yield Mistake(
        "softmax_diagonal_only",
        lambda s: [-s.out * (_total(s.upstream * s.out, s) - s.upstream * s.out)],
        True,
    )
    yield Mistake("missing_branch", lambda s: [-s.out * _total(s.upstream * s.out, s)], True)
    yield Mistake("missing_chain_factor", lambda s: [s.upstream], True)
    yield Mistake(
        "missing_chain_factor", lambda s: [s.upstream - _total(s.upstream * s.out, s)], True
    )
    yield Mistake("missing_sum", lambda s: [s.out * (s.upstream - s.upstream * s.out)], True)
    yield Mistake(
        "sign_error", lambda s: [s.out * (s.upstream + _total(s.upstream * s.out, s))], True
    )
    yield Mistake(
        "missing_chain_factor", lambda s: [s.out * (s.upstream - _total(s.upstream, s))], True
    )
    yield Mistake(
        "batch_mean",
        lambda s: [s.out * (s.upstream - _total(s.upstream * s.out, s) / s.out.shape[-1])],
        True,
    )
    yield Mistake(
        "wrong_axis",
        lambda s: [s.out * (s.upstream - np.sum(s.upstream * s.out, axis=0, keepdims=True))],
        True,
    )
    yield Mistake("wrong_axis", lambda s: [s.out * (s.upstream - np.sum(s.upstream * s.out))], True)


def _total(values: Array, spot: Spot) -> Array:
    return np.sum(values, axis=spot.params.get("axis", -1), keepdims=True)


def _log_softmax() -> Iterator[Mistake]:
    yield Mistake("missing_branch", lambda s: [s.upstream])
    yield Mistake("softmax_diagonal_only", lambda s: [s.upstream * (1 - np.exp(s.out))])
    yield Mistake("missing_sum", lambda s: [s.upstream - np.exp(s.out) * s.upstream])
    yield Mistake("sign_error", lambda s: [s.upstream + np.exp(s.out) * _total(s.upstream, s)])


def _logsumexp() -> Iterator[Mistake]:
    yield Mistake("missing_chain_factor", lambda s: [np.broadcast_to(_kept(s), s.inputs[0].shape)])
    yield Mistake("missing_chain_factor", lambda s: [_kept(s) * np.exp(s.inputs[0])])


def _kept(spot: Spot) -> Array:
    axis = spot.params.get("axis", -1)
    return np.reshape(spot.upstream, axis_names.kept(spot.inputs[0].shape, axis))


def _largest() -> Iterator[Mistake]:
    def everywhere(s: Spot) -> list[Array | None]:
        axis = s.params.get("axis")
        g = np.reshape(s.upstream, axis_names.kept(s.inputs[0].shape, axis))
        return [np.broadcast_to(g, s.inputs[0].shape)]

    yield Mistake("wrong_local_derivative", everywhere)


def _chosen() -> Iterator[Mistake]:
    yield Mistake("activation_for_derivative", lambda s: [s.upstream * s.out, s.upstream * s.out])
    yield Mistake("missing_chain_factor", lambda s: [s.upstream, s.upstream])
    yield Mistake(
        "wrong_local_derivative",
        lambda s: [
            s.upstream - s.passed[0] if s.passed[0] is not None else None,
            s.upstream - s.passed[1] if s.passed[1] is not None else None,
        ],
    )


def _cumulative() -> Iterator[Mistake]:
    yield Mistake("missing_branch", lambda s: [s.upstream])


def _product() -> Iterator[Mistake]:
    yield Mistake(
        "not_differentiated", lambda s: [np.broadcast_to(s.upstream * s.out, s.inputs[0].shape)]
    )
    yield Mistake(
        "missing_chain_factor", lambda s: [np.broadcast_to(s.upstream, s.inputs[0].shape)]
    )


def _sliding(op: str, other: str) -> Callable[[], Iterator[Mistake]]:
    """A kernel that is not turned round, or turned once too often: the other op's rule."""

    def rule(spot: Spot) -> list[Array | None]:
        given = REGISTRY[other].vjp(
            NAMESPACE, spot.upstream, spot.out, *spot.inputs, wants=(True, True)
        )
        return [
            None if right is None else wrong
            for wrong, right in zip(given, spot.passed, strict=True)
        ]

    def made() -> Iterator[Mistake]:
        yield Mistake("kernel_flip", rule)

    return made


def _minus(value: Array | None) -> Array | None:
    return None if value is None else -value


_OF_BOTH: dict[str, Callable[[], Iterator[Mistake]]] = {
    "mul": _both_factors,
    "div": _both_parts,
}
"""Mistakes with ops both of whose operands depend on the quantity."""

_BY_OP: dict[str, Callable[[], Iterator[Mistake]]] = {
    "mul": _mul,
    "add": _add,
    "sub": _add,
    "div": _div,
    "pow": _pow,
    "mean": _mean,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "max": _largest,
    "min": _largest,
    "maximum": _chosen,
    "minimum": _chosen,
    "cumsum": _cumulative,
    "prod": _product,
    "corr": _sliding("corr", "conv"),
    "conv": _sliding("conv", "corr"),
    "corr_full": _sliding("corr_full", "conv_full"),
    "conv_full": _sliding("conv_full", "corr_full"),
}
