from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from tests.tutor.debugger.audit.healthy import mlp, rnn, typed
from tutor.debugger.audit import audit
from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.chain import factors


@given(st.integers(1, 12), st.floats(0.2, 3.0), st.integers(0, 50))
def test_the_factors_of_all_levels_multiply_to_the_whole(
    depth: int, gain: float, seed: int
) -> None:
    trace = mlp(engine.tanh, (4, *(5,) * depth, 3), gain=gain, batch=3, seed=seed)
    audited = Audited(trace, 0)
    levels = factors(audited)
    assert levels is not None
    ids = np.flatnonzero((audited.products | audited.activations) & (audited.levels >= 0))
    top = audited.levels[ids].max()
    ends = [
        np.sqrt(audited.gradient_squares[ids[audited.levels[ids] == level]].sum())
        for level in (0, top)
    ]
    assert sum(level.factor for level in levels) == pytest.approx(np.log10(ends[1] / ends[0]))


def test_slopes_and_weights_are_parted_by_hand() -> None:
    """w3·tanh(w2·tanh(w1·x)): each slope and each weight is one factor."""
    z1 = 0.5 * 0.8
    z2 = 0.1 * np.tanh(z1)
    trace = typed("w3*tanh(w2*tanh(w1*x))", w1=0.5, w2=0.1, w3=2, x=0.8)
    levels = factors(Audited(trace, 0))
    assert levels is not None
    slopes = [level.slopes for level in levels if level.kind == "tanh′"]
    assert 10 ** sum(slopes) == pytest.approx((1 - np.tanh(z1) ** 2) * (1 - np.tanh(z2) ** 2))
    assert 10 ** sum(v.factor - v.slopes for v in levels) == pytest.approx(2 * 0.1)


@pytest.mark.parametrize(("steps", "told"), [(8, False), (50, True)])
def test_a_recurrence_vanishes_with_its_length(steps: int, told: bool) -> None:
    found = next(f for f in audit(rnn(steps=steps, scale=0.7)) if f.check.startswith("vanishing"))
    assert (found.severity == "warning") == told


def test_the_bars_tell_the_same_sum() -> None:
    found = next(
        f
        for f in audit(mlp(engine.sigmoid, (8, *(16,) * 10, 4)))
        if f.check.startswith("vanishing")
    )
    assert found.data["log10"] == pytest.approx(
        sum(x["log10"] for x in found.data["levels"]), abs=1e-4
    )
    assert found.data["log10"] == pytest.approx(sum(found.data["shares"].values()), abs=1e-4)
    assert len(found.rows) == 9
    assert all(len(row.text) <= 78 for row in found.rows)


def test_saturated_units_are_named_as_the_reason() -> None:
    trace = mlp(engine.tanh, (8, *(16,) * 8, 4), bias=4.0)
    found = next(f for f in audit(trace) if f.check.startswith("vanishing"))
    assert found.severity == "warning"
    assert found.data["shares"]["tanh′"] < -3
    assert found.remedy.startswith("the units are saturated (")
    assert found.remedy.endswith(": bring b3 nearer to 0: it is 4 in size")


def test_a_gradient_that_is_small_everywhere_does_not_vanish() -> None:
    def loss(**p: Any) -> Any:
        h: Any = np.ones((4, 8))
        for weight in p.values():
            h = engine.tanh(h @ weight)
        return (h * 1e-12).sum()

    rng = np.random.default_rng(0)
    inputs = {f"W{k}": rng.normal(size=(8, 8)) / np.sqrt(8) for k in range(4)}
    found = next(f for f in audit(engine.record_with(loss, inputs)) if "vanishing" in f.check)
    assert found.severity == "nothing"
