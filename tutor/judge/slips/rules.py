"""Wrong gradient rules, made from the declarations of the ops.

Each is a function from what a step sees (a `Spot`) to what it passes to its operands by mistake;
the true amounts come from the op's own rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from engine.arrays.numpy_ import NAMESPACE
from engine.ops import REGISTRY
from engine.ops import axes as axis_names
from tutor.judge.graph import Graph, Step
from tutor.judge.slips.slopes import Mistake, of_points, of_slope
from tutor.judge.slips.sweep import Spot, WrongRule

Array = Any


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
        yield from of_slope(step.op.name)
        yield from of_points(graph, place, nodes)
    yield from _BY_OP.get(step.op.name, _none)()
    if len(moved) > 1:
        yield from _OF_BOTH.get(step.op.name, _none)()


def _none() -> Iterator[Mistake]:
    return iter(())


def _of_fixed(graph: Graph, step: Step) -> Iterator[Mistake]:
    """Mistakes with a factor that is a size: 1/n lost, there twice, upside down."""
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
    yield to_second("power_rule", lambda a, b: -a / b)
    yield to_second("power_rule", lambda a, b: a / b)
    for power in (1, 2):
        for sign in (1.0, -1.0):
            yield to_second("missing_chain_factor", lambda a, b, k=power, s=sign: s / b**k)  # type: ignore[misc]
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
        lambda s: [s.upstream, s.passed[1] * s.inputs[1]],
    )
    yield Mistake(
        "product_quotient_rule",
        lambda s: [s.upstream * s.inputs[1], s.passed[1] * s.inputs[1] ** 2],
    )
    yield Mistake("product_quotient_rule", lambda s: [s.upstream / s.inputs[1] ** 2, s.passed[1]])
    yield Mistake(
        "product_quotient_rule",
        lambda s: [s.upstream, s.passed[1] * s.inputs[1] ** 2],
    )
    yield Mistake("product_quotient_rule", lambda s: [s.upstream, s.upstream])
    yield Mistake("product_quotient_rule", lambda s: [s.upstream, _minus(s.upstream)])
    yield Mistake("product_quotient_rule", lambda s: [s.upstream, None])


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
    yield to_base("not_differentiated", np.power)
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
    return lambda s: [s.passed[0] * (count(s) / s.inputs[0].shape[axis])]


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
