"""Proofs of whole functions: the right is proved, the wrong is named, the too large is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.ops import REGISTRY
from engine.ops.declare import Domain
from engine.proof import check_gradients
from engine.proof.symbolic import prove, prove_trace

POSITIVE = Domain(0.2, 3.0)


def batch_norm(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    centred = x - engine.mean(x, axis=0)
    variance = engine.mean(centred * centred, axis=0)
    return gamma * centred / engine.sqrt(variance + 1e-5) + beta


def layer_norm(x: Tensor) -> Tensor:
    centred = x - engine.mean(x, axis=-1, keepdims=True)
    return centred / (engine.mean(centred**2, axis=-1, keepdims=True) + 1e-5) ** 0.5


def lstm_cell(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    n = h.shape[-1]
    sums = x @ w + h @ u + b
    i, f, g, o = (sums[..., k * n : (k + 1) * n] for k in range(4))
    cell = engine.sigmoid(f) * c + engine.sigmoid(i) * engine.tanh(g)
    return engine.sigmoid(o) * engine.tanh(cell)


def gru_cell(x: Tensor, h: Tensor, w: Tensor, u: Tensor) -> Tensor:
    reset, update = engine.sigmoid(x * w[0] + h * u[0]), engine.sigmoid(x * w[1] + h * u[1])
    fresh = engine.tanh(x * w[2] + reset * (h * u[2]))
    return (1 - update) * fresh + update * h


def toy_network(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, w3: Tensor) -> Tensor:
    return engine.sigmoid(w3 @ engine.sigmoid(w2 @ engine.sigmoid(w1 @ x + b1) + b2))


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return engine.softmax((q @ k.T) * 0.5) @ v


def softmax_cross_entropy(x: Tensor) -> Tensor:
    return -engine.log(engine.softmax(x))[1]


def relu(x: Tensor) -> Tensor:
    return engine.relu(x)


def tanh(x: Tensor) -> Tensor:
    return engine.tanh(x)


FUNCTIONS: list[tuple[Callable[..., Any], dict[str, tuple[int, ...]]]] = [
    (lambda x, y, z: (x + y) * z, {"x": (), "y": (), "z": ()}),
    (lambda a, b: a @ b, {"a": (2, 3), "b": (3, 2)}),
    (softmax_cross_entropy, {"x": (4,)}),
    (lambda x: engine.sum(engine.log_softmax(x) * 0.3), {"x": (2, 3)}),
    (lambda x: engine.cross_entropy(x, [1, 0]), {"x": (2, 3)}),
    (lambda x: engine.sum(engine.softmax(x), axis=-1), {"x": (3,)}),
    (batch_norm, {"x": (3, 2), "gamma": (2,), "beta": (2,)}),
    (layer_norm, {"x": (1, 4)}),
    (lstm_cell, {"x": (2,), "h": (1,), "c": (1,), "w": (2, 4), "u": (1, 4), "b": (4,)}),
    (gru_cell, {"x": (), "h": (), "w": (3,), "u": (3,)}),
    (
        toy_network,
        {"x": (2,), "w1": (2, 2), "b1": (2,), "w2": (2, 2), "b2": (2,), "w3": (2, 2)},
    ),
    (attention, {"q": (2, 2), "k": (2, 2), "v": (2, 2)}),
    (lambda x: engine.sum(engine.gelu(x) * engine.swish(x)), {"x": (3,)}),
    (lambda x, k: engine.sum(engine.corr(x, k) ** 2), {"x": (3, 3), "k": (2, 2)}),
]


@pytest.mark.parametrize(("fn", "shapes"), FUNCTIONS)
def test_a_function_of_smooth_ops_is_proved_everywhere(
    fn: Callable[..., Any], shapes: dict[str, tuple[int, ...]]
) -> None:
    proof = prove(fn, shapes)
    assert proof.status == "proved", proof.why
    assert proof.regions == ("everywhere",)
    assert proof.entries == sum(int(np.prod(shape)) for shape in shapes.values())
    assert proof.how == "whole"


def test_branches_are_proved_region_by_region() -> None:
    proof = prove(lambda x: engine.relu(x) * x, {"x": ()})
    assert proof.status == "proved"
    assert {"x < 0" in r or "x <= 0" in r for r in proof.regions} == {True, False}
    assert len(proof.regions) == 2


def test_branches_of_python_are_proved_each() -> None:
    def fn(x: Tensor) -> Tensor:
        return engine.sin(x) if x > 0 else x * x

    assert prove(fn, {"x": ()}).entries == 2


def test_logarithms_and_powers_are_proved_on_positive_numbers() -> None:
    proof = prove(lambda p, b: p**b * engine.log(p * b), {"p": (), "b": ()}, domain=POSITIVE)
    assert proof.status == "proved", proof.why


@contextmanager
def replaced(name: str, rule: Callable[..., Any]) -> Iterator[None]:
    op = REGISTRY[name]
    right = op.vjp
    op.vjp = rule
    try:
        yield
    finally:
        op.vjp = right


@contextmanager
def slipped(name: str, factor: float) -> Iterator[None]:
    right = REGISTRY[name].vjp
    with replaced(name, lambda *values, **params: [factor * g for g in right(*values, **params)]):
        yield


@pytest.mark.long
def test_a_slip_deep_in_a_function_is_named() -> None:
    shapes = {"x": (2,), "w1": (2, 2), "b1": (2,), "w2": (2, 2), "b2": (2,), "w3": (2, 2)}
    with slipped("sigmoid", -1.0):
        proof = prove(toy_network, shapes)
    assert proof.status == "differs"
    assert proof.why is not None
    assert proof.why.startswith("by x[0] the tape has ")


def test_a_trace_is_proved_for_its_inputs_and_for_any_node() -> None:
    trace = engine.record(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4)
    assert prove_trace(trace).entries == 3
    assert prove_trace(trace, ["q", "z"]).status == "proved"


def test_a_trace_names_its_region() -> None:
    trace = engine.record(relu, x=-1.0)
    assert prove_trace(trace).regions == ("x < 0 and x <= 0",)


def test_a_trace_on_a_border_is_left_to_numbers() -> None:
    proof = prove_trace(engine.record(relu, x=0.0))
    assert proof.status == "skipped"
    assert proof.why == "the point lies on the border of x >= 0, where branches meet"


def test_a_wrong_trace_is_refuted_on_every_road() -> None:
    with slipped("tanh", 0.5):
        trace = engine.record(tanh, x=0.3)
        check, proof = check_gradients(trace), prove_trace(trace)
    assert (check.status, check.note) == ("differs", "1 of 1 entries")
    assert check.max_error == pytest.approx(0.4576, abs=1e-3)
    assert proof.status == "differs"
    assert proof.why == "by x the tape has 0.457568, the derivative is 0.915137"


def deep(x: Tensor) -> Tensor:
    for _ in range(300):
        x = engine.sin(x) + 0.1 * x
    return x


def test_a_graph_that_is_too_large_for_one_expression_is_proved_op_by_op() -> None:
    trace = engine.record(deep, x=0.5)
    proof = prove_trace(trace, seconds=4)
    assert (proof.status, proof.how) == ("proved", "op by op"), proof.why
    with slipped("sin", 2.0):
        assert prove_trace(engine.record(deep, x=0.5), seconds=4).status == "differs"


def test_large_arrays_are_left_to_numbers() -> None:
    trace = engine.record(lambda a, b: engine.sum(a @ b), a=np.ones((60, 60)), b=np.ones((60, 60)))
    proof = prove_trace(trace)
    assert proof.status == "skipped"
    assert proof.why == "too large for symbols: 10,801 numbers, at most 1,000"


def test_a_point_without_a_number_is_not_vouched_for() -> None:
    for fn, x in ((lambda x: engine.sqrt(x) * x, 0.0), (engine.log, -1.0), (engine.sqrt, 0.0)):
        proof = prove_trace(engine.record(fn, x=x))
        assert proof.status == "skipped"
        assert proof.why == "the function or its gradient is not finite at this point"


def test_what_is_equal_by_an_identity_that_is_not_used_is_not_called_wrong() -> None:
    with replaced("sin", lambda xp, g, out, x: (g * (1 - 2 * xp.power(xp.sin(x / 2), 2)),)):
        proof = prove(lambda x: engine.sin(x) * 1, {"x": ()})
    assert proof.status == "numeric"
    assert proof.why == "the derivative by x agrees, but could not be reduced to 0"


def test_an_op_that_symbols_cannot_take_is_left_to_numbers() -> None:
    with replaced("sin", lambda xp, g, out, x: (g * np.arctan(x),)):
        proof = prove_trace(engine.record(lambda x: engine.sin(x) * 2, x=[0.3]))
    assert proof.status == "skipped"
    assert proof.why is not None
    assert proof.why.startswith("SymPy could not take it: ")


def test_no_time_means_no_proof() -> None:
    proof = prove_trace(engine.record(lambda x: engine.sin(x) * x, x=1.0), seconds=0.0)
    assert proof.status == "skipped"
    assert proof.why == "not decided within 0 seconds"


def test_a_second_derivative_is_proved() -> None:
    from engine.transforms import gradients

    def slope(x: Tensor) -> Tensor:
        inner = x if x.requires_grad else x.detach().requires_grad_()
        (found,) = gradients(engine.sum(engine.tanh(inner) ** 3), [inner], create_graph=True)
        assert found is not None
        return found

    assert prove(slope, {"x": (2,)}).status == "proved"


def test_constants_are_read_as_exact_numbers() -> None:
    assert prove(lambda x: x * 0.1 + 0.7, {"x": ()}).status == "proved"
    trace = engine.record(lambda x: engine.erf(x / np.sqrt(2.0)), x=0.3)
    assert prove_trace(trace).status == "proved"
