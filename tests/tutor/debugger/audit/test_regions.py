"""Activations that are written out in several ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.trace import Trace
from tests.tutor.debugger.audit.healthy import mlp, typed
from tutor.debugger.audit import Finding, audit
from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.chain import factors
from tutor.debugger.audit.regions import regions, steepest

DEEP = (8, *(16,) * 10, 4)
CHAIN = "vanishing and exploding"


def by_hand(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def by_tanh(z: Any) -> Any:
    return 0.5 * (1 + np.tanh(z / 2))


def by_exp(z: Any) -> Any:
    return np.exp(z) / (1 + np.exp(z))


def leaky(z: Any) -> Any:
    return np.where(z > 0, z, 0.01 * z)


def leaky_maximum(z: Any) -> Any:
    return np.maximum(z, 0.2 * z)


def quarter_softsign(z: Any) -> Any:
    return 0.25 * z / (1 + abs(z))


def found(trace: Trace) -> Finding:
    return next(f for f in audit(trace) if f.check == CHAIN)


@pytest.mark.parametrize("written", [by_hand, by_tanh, by_exp])
def test_a_sigmoid_by_hand_is_judged_as_the_op(written: Callable[[Any], Any]) -> None:
    ours, op = found(mlp(written, DEEP)), found(mlp(engine.sigmoid, DEEP))
    assert "sigmoid′ 10^−6.3   W 10^−0.1" in ours.text
    assert (ours.text, ours.remedy) == (op.text, op.remedy)
    assert ours.remedy.endswith("the sigmoid's slope is at most 1/4")
    assert ours.data["shares"] == pytest.approx(op.data["shares"], abs=1e-5)


def test_a_sigmoid_by_hand_in_small_weights_leaves_the_weights_to_blame() -> None:
    finding = found(mlp(by_hand, DEEP, gain=0.1))
    assert "W 10^−10.0   sigmoid′ 10^−6.0" in finding.text
    assert finding.remedy.startswith("the weights are small: scale them by 10")


def test_a_saturated_sigmoid_by_hand_is_named_as_the_reason() -> None:
    finding = found(mlp(by_hand, DEEP, bias=8.0))
    assert finding.remedy == (
        "the units are saturated (100 % with |z| > 5.1): bring b2 nearer to 0: it is 8 in size"
    )


@pytest.mark.parametrize(
    ("written", "name"), [(leaky, "leaky_relu"), (leaky_maximum, "activation")]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_deep_leaky_relu_by_hand_raises_no_alarm(
    written: Callable[[Any], Any], name: str, seed: int
) -> None:
    trace = mlp(written, DEEP, gain=2**0.5, seed=seed)
    assert [f.text for f in audit(trace) if f.severity in ("wrong", "warning")] == []
    shares = found(trace).data["shares"]
    assert set(shares) == {"W", f"{name}′"}
    assert shares[f"{name}′"] == pytest.approx(-10 * np.log10(2**0.5), abs=0.4)


def test_an_activation_without_a_name_is_judged_by_the_slopes_seen() -> None:
    finding = found(mlp(quarter_softsign, DEEP))
    assert "activation′ 10^−6.4   W 10^0.0" in finding.text
    assert finding.remedy == "tanh or relu, or skip connections: no slope here is above 0.25"


def test_single_numbers_are_seen_as_arrays_are() -> None:
    text, op = "x", "x"
    for k in range(1, 9):
        text, op = f"(1/(1 + exp(-(w{k}*{text} + b))))", f"sigmoid(w{k}*{op} + b)"
    weights = {f"w{k}": 1.0 for k in range(1, 9)} | {"x": 0.3, "b": 0.1}
    ours, other = (found(typed(f"v*{one}", v=1.0, **weights)) for one in (text, op))
    assert ours.text == other.text
    assert "sigmoid′ 10^−5" in ours.text


@given(st.integers(1, 6), st.floats(0.2, 3.0), st.integers(0, 50))
def test_the_slopes_of_a_region_are_those_of_the_op(depth: int, gain: float, seed: int) -> None:
    widths = (4, *(5,) * depth, 3)
    ours, op = (
        Audited(mlp(one, widths, gain=gain, batch=3, seed=seed), 0)
        for one in (by_hand, engine.sigmoid)
    )
    written = regions(ours)
    assert len(written) == depth
    assert {region.name for region in written} == {"sigmoid"}
    assert all(steepest(ours, region) <= 0.25 + 1e-12 for region in written)
    here, there = factors(ours, written), factors(op)
    assert here is not None
    assert there is not None
    assert [v.slopes for v in here] == pytest.approx([v.slopes for v in there], abs=1e-9)
    assert [v.factor for v in here] == pytest.approx([v.factor for v in there], abs=1e-9)


def test_what_leads_elsewhere_or_is_straight_is_no_region() -> None:
    def gated(X: Any, V: Any, W: Any, U: Any) -> Any:
        h = (X @ V) * by_hand(X @ W)  # made of two sums
        return engine.mse((0.1 * (h @ U)) @ W, np.zeros((3, 4)))  # a multiple of one

    def shared(X: Any, V: Any, W: Any, U: Any) -> Any:
        e = np.exp(X @ V)
        return ((e / (1 + e)) @ W).sum() + (e * e).sum() + (U * U).sum()  # e is used outside

    rng = np.random.default_rng(0)
    given_ = {name: rng.normal(size=(4, 4)) for name in "VWU"} | {"X": rng.normal(size=(3, 4))}
    for loss in (gated, shared):
        assert regions(Audited(engine.record_with(loss, given_), 0)) == []


def test_the_numbers_inside_tell_regions_apart() -> None:
    def loss(X: Any, V: Any, W: Any, U: Any) -> Any:
        h = leaky(X @ V)
        h = leaky_maximum(h @ W)
        return engine.mse(h @ U, np.zeros((3, 4)))

    rng = np.random.default_rng(0)
    given_ = {name: rng.normal(size=(4, 4)) for name in "VWU"} | {"X": rng.normal(size=(3, 4))}
    written = regions(Audited(engine.record_with(loss, given_), 0))
    assert [region.name for region in written] == ["leaky_relu", "activation"]


def test_a_tanh_behind_a_mask_keeps_its_name() -> None:
    mask = np.array([0.0, 2.0] * 8)
    trace = mlp(lambda z: engine.tanh(z) * mask, DEEP)
    assert {region.name for region in regions(Audited(trace, 0))} == {"tanh"}
