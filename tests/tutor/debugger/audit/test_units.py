from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.ops import REGISTRY
from engine.ops.declare import Op
from tests.tutor.debugger.audit.healthy import Array, mlp, typed
from tutor.debugger.audit import audit
from tutor.debugger.audit.profiles import compares, multiplies, profile, selects
from tutor.debugger.audit.units import by_chance


def texts(trace: engine.Trace) -> list[str]:
    return [
        f.text
        for f in audit(trace)
        if f.check == "dead and saturated units" and f.severity in ("wrong", "warning")
    ]


@pytest.mark.parametrize(
    ("kind", "ops"),
    [
        ("flat", ["step", "sign", "floor"]),
        ("one-sided", ["relu", "softplus", "elu", "gelu", "swish"]),
        ("two-sided", ["sigmoid", "tanh", "erf"]),
        ("bent", ["leaky_relu", "sine", "sin", "cos", "abs"]),
        ("other", ["neg", "exp", "log", "square", "sqrt", "sinh", "add", "matmul", "sum"]),
    ],
)
def test_an_op_is_judged_by_its_slopes(kind: str, ops: list[str]) -> None:
    assert {name: profile(REGISTRY[name], {}).kind for name in ops} == dict.fromkeys(ops, kind)


def test_an_op_that_comes_later_is_judged_too() -> None:
    def forward(xp: object, x: Array) -> Array:
        return x / (1 + np.abs(x)) ** 2

    later = Op(
        "later", forward, symbol="l", rule="", domain=(None,), samples=(), refuses=(),
        elementwise=True, variadic=False, check=None, numeric_only=None, synonyms=(),
    )  # fmt: skip
    later.gradient(lambda xp, g, out, x: (g / (1 + x * x) ** 2,))
    assert profile(later, {}).kind == "two-sided"


def test_where_tanh_and_the_sigmoid_are_flat() -> None:
    assert profile(REGISTRY["tanh"], {}).limit == 2.5
    assert profile(REGISTRY["sigmoid"], {}).limit == 5.1
    assert profile(REGISTRY["clip"], {"lo": -1.0, "hi": 1.0}).kind == "two-sided"
    assert profile(REGISTRY["clip"], {"lo": 0.0}).kind == "one-sided"


def test_which_ops_choose_compare_and_multiply() -> None:
    ops = REGISTRY.values()
    assert {op.name for op in ops if selects(op)} == {"maximum", "minimum", "where"}
    assert {op.name for op in ops if compares(op)} == {"gt", "ge", "lt", "le", "eq", "ne"}
    products = {"matmul", "dot", "outer", "einsum", "conv", "corr", "conv_full", "corr_full"}
    assert {op.name for op in ops if multiplies(op)} == products


@given(st.integers(0, 40), st.integers(1, 40))
def test_the_chance_of_heads(off: int, count: int) -> None:
    expected = sum(comb(count, k) for k in range(off, count + 1)) / 2**count
    assert by_chance(off, count) == pytest.approx(expected)


def test_the_chance_of_very_many_units() -> None:
    assert by_chance(5300, 10000) == 0.0
    assert by_chance(5100, 10000) == 1.0


@pytest.mark.parametrize(("off", "told"), [(40, False), (47, False), (48, True), (63, True)])
def test_more_units_off_than_chance_explains(off: int, told: bool) -> None:
    z = np.random.default_rng(0).normal(size=(20, 64)) + np.where(np.arange(64) < off, -9, 9)
    v = np.random.default_rng(1).normal(size=64)
    found = texts(engine.record(lambda z: (engine.relu(z) @ v).sum(), z=z))
    assert bool(found) == told
    if told:
        assert f"{off} of 64 units are off for all 20 examples" in found[0]


def test_one_relu_that_is_off_stops_everything() -> None:
    (found,) = texts(typed("2*relu(w*x)", w=-1, x=3))
    assert "the unit is off for this example, so nothing passes" in found


def test_units_to_which_no_gradient_comes_are_not_counted() -> None:
    def loss(z: engine.Tensor) -> engine.Tensor:
        return (engine.relu(z) * np.array([0.0, 0.0, 1.0, 2.0])).sum()

    z = np.array([[-1.0, -1.0, 1.0, 1.0]] * 8)
    assert texts(engine.record(loss, z=z)) == []


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5])
def test_a_spread_of_up_to_one_and_a_half_is_not_saturated(gain: float) -> None:
    assert texts(mlp(engine.tanh, gain=gain)) == []


@pytest.mark.parametrize("mask_first", [True, False])
def test_a_unit_may_be_a_product_with_a_mask_of_numbers(mask_first: bool) -> None:
    def loss(w: engine.Tensor, x: engine.Tensor) -> engine.Tensor:
        z = w * x
        h = (z > 0) * z if mask_first else z * (z > 0)
        return 2.0 * h

    (found,) = texts(engine.record(loss, w=-1.0, x=3.0))
    assert "mul" in found
    assert "the unit is off" in found
    assert texts(engine.record(loss, w=1.0, x=3.0)) == []


def test_a_mask_that_is_all_that_depends_on_an_input_is_no_unit() -> None:
    data = np.array([1.0, 2.0])
    assert texts(engine.record(lambda w: (data * (w > 0)).sum() + w.sum(), w=np.zeros(2))) == []
    assert texts(engine.record(lambda w: 2.0 * (w > 0) + w, w=1.0)) == []


def test_a_mask_from_elsewhere_is_no_unit() -> None:
    rng = np.random.default_rng(0)
    padded, v = np.arange(64) < 10, rng.normal(size=64)
    z = rng.normal(size=(8, 64))
    trace = engine.record(lambda z: (engine.where(padded, z, -1e9) * 1e-9) @ v @ np.ones(8), z=z)
    assert texts(trace) == []
    assert texts(engine.record(lambda z: (z * (padded > 0.5)) @ v @ np.ones(8), z=z)) == []
    bent = engine.record(lambda z: engine.where(z > 9, z, 0.0) @ v @ np.ones(8), z=z)
    assert "all 64 units are at their bound" in texts(bent)[0]


def test_layers_without_an_entry() -> None:
    assert texts(engine.record(lambda x: engine.relu(x).sum(), x=np.zeros((0, 3)))) == []
    assert texts(engine.record(lambda x: engine.tanh(x).sum(), x=np.zeros((3, 0)))) == []


def test_an_output_unit_may_be_sure() -> None:
    assert texts(typed("-ln(sigmoid(W @ x))", W=[20.0], x=[2.0])) == []


def test_the_remedy_scales_the_weights_back_to_a_spread_of_one() -> None:
    finding = next(f for f in audit(mlp(engine.tanh, gain=10.0)) if f.check.startswith("dead"))
    assert finding.remedy == "scale W1 by 0.1, or Xavier"
