from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine.trace import Trace
from tests.tutor.debugger.audit.healthy import typed
from tutor.debugger.audit import Finding, audit


def first(trace: Trace) -> Finding:
    return next(f for f in audit(trace) if f.check == "NaN and infinity")


def test_a_given_infinity_is_nobody_s_fault() -> None:
    mask = np.array([0.0, -np.inf, 0.0])
    trace = engine.record(lambda x, m: engine.softmax(x + m)[0], x=np.ones(3), m=mask)
    found = first(trace)
    assert (found.severity, found.text) == (
        "nothing",
        "no NaN, and no infinity but those that were given",
    )


def test_a_given_infinity_is_blamed_on_who_makes_a_nan_of_it() -> None:
    found = first(typed("a - b", a=float("inf"), b=float("inf")))
    assert found.data["kind"] == "∞ − ∞"
    assert found.text == "first NaN: sub (f) got inf and inf from a and b"


def test_a_given_nan_is_named_and_nothing_after_it() -> None:
    found = first(typed("ln(x) + y", x=2, y=float("nan")))
    assert (found.text, found.data["kind"]) == ("first NaN: y was given it", "given")


def test_a_nan_made_before_a_given_one_comes_first() -> None:
    def loss(x: Any) -> Any:
        return engine.log(x) + np.nan

    found = first(engine.record(loss, x=-1.0))
    assert found.data["kind"] == "log of a negative number"


@pytest.mark.parametrize(
    ("text", "inputs", "kind"),
    [
        ("x/y", {"x": 1, "y": 0}, "division by 0"),
        ("x/y", {"x": 0, "y": 0}, "0/0"),
        ("ln(x)", {"x": 0}, "log of 0"),
        ("sqrt(x)", {"x": -1}, "root of a negative number"),
        ("x^y", {"x": -8, "y": 0.5}, "root of a negative number"),
        ("x^y", {"x": 0, "y": -1}, "division by 0"),
        ("x*y", {"x": 1e200, "y": 1e200}, "overflow"),
        ("exp(x)", {"x": 1000}, "overflow"),
        ("x*y", {"x": 0, "y": float("inf")}, "0·∞"),
        ("x/y", {"x": float("inf"), "y": float("-inf")}, "∞/∞"),
        ("sin(x)", {"x": float("inf")}, "undefined"),
    ],
)
def test_the_kinds_of_arithmetic_are_told_apart(
    text: str, inputs: dict[str, float], kind: str
) -> None:
    found = first(typed(text, **inputs))
    assert (found.severity, found.data["kind"]) == ("wrong", kind)


def test_an_overflow_in_a_matrix_product_names_its_size_and_the_dtype() -> None:
    trace = engine.record_with(
        lambda a, b: (a @ b).sum(), {"a": np.full((2, 3), 200.0), "b": np.full((3, 2), 200.0)},
        dtype="float16",
    )  # fmt: skip
    found = first(trace)
    assert "matmul" in found.text
    assert found.cell == (0, 0)
    assert any("the largest float16 is 65504" in row.text for row in found.rows)


def test_a_row_masked_in_full_is_named() -> None:
    mask = np.array([[0.0, 0.0], [-np.inf, -np.inf]])
    found = first(engine.record(lambda x: engine.softmax(x + mask).sum(), x=np.ones((2, 2))))
    assert "softmax" in found.text
    assert found.remedy == "leave at least one entry of each row unmasked"


def test_an_infinity_that_is_absorbed_is_a_warning() -> None:
    found = first(engine.record(lambda x: x + 1.0 / engine.exp(engine.Tensor(800.0)), x=1.0))
    assert found.severity == "warning"
    assert any("absorbed" in row.text for row in found.rows)


def test_a_probability_of_0_for_what_is_true() -> None:
    def loss(p: Any) -> Any:
        return engine.cross_entropy_from_probabilities(p, np.array([0.0, 1.0]))

    found = first(engine.record(loss, p=np.array([1.0, 0.0])))
    assert "probability of 0" in found.text
    assert "logits" in found.remedy


def test_where_over_a_nan_is_told_with_the_way_out() -> None:
    def loss(x: Any) -> Any:
        return engine.where(x > 0, engine.sqrt(x), 0.0).sum()

    found = first(engine.record(loss, x=np.array([4.0, -2.0])))
    assert "passes 0 · NaN on to x at −2" in found.text
    assert "sqrt(where(ok, x, 1))" in found.remedy
    assert any("hides the value" in row.text for row in found.rows)


def test_gradients_that_overflow_only_as_they_add_up() -> None:
    def loss(x: Any) -> Any:
        return (x * 40000.0 + x * 40000.0).sum()

    with np.errstate(over="ignore"):
        trace = engine.record_with(loss, {"x": np.array([0.01])}, dtype="float16")
    found = first(trace)
    assert "the gradient of x overflows as its contributions add up" in found.text
    assert found.event == trace.arrivals("x")[-1]


def test_a_seed_that_is_not_finite_is_given_too() -> None:
    trace = engine.record_with(lambda x: x * 2.0, {"x": 1.0}, upstream=float("inf"))
    assert first(trace).severity == "nothing"


def test_without_a_pass_named_the_first_odd_one_is_audited() -> None:
    def loss(x: Any) -> Any:
        return engine.log(x)

    trace = engine.record(loss, x=0.5)
    trace = engine.step(engine.step(trace, loss, 0.2), loss, 1.0)
    values = [trace.passes[at].value(trace.passes[at].output) for at in range(3)]
    assert np.isfinite(values[:2]).all()
    assert np.isnan(values[2])
    assert first(trace).node in trace.node_range(2)
    again = engine.step(trace, loss, 0.1)
    assert first(again).node in again.node_range(2)
    assert next(iter(audit(again, 0))).severity == "nothing"
    with pytest.raises(IndexError, match="there is no pass 4; there are 4"):
        audit(again, 4)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_result_of_one_entry_is_told_whatever_its_shape(shape: tuple[int, ...]) -> None:
    found = first(typed("log(x - 2)", x=np.full(shape, 1.0)))
    assert found.data["kind"] == "log of a negative number"
    assert any("the result is nan" in row.text for row in found.rows)
