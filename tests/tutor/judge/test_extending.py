"""Symbols of the learner's own in derivatives are worked out, or refused kindly."""

from __future__ import annotations

from typing import Any

import pytest

from tutor.judge.exercise import read_exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Verdict

REAL = {"shape": [], "domain": "real"}
RELU: dict[str, Any] = {
    "vars": {"w": REAL, "x": REAL, "y": REAL},
    "forward": ["z = w*x", "a = relu(z)", "L = (a - y)**2"],
    "loss": "L",
}
BATCH: dict[str, Any] = {
    "dims": {"n": 5, "d": 3},
    "vars": {"X": {"shape": ["n", "d"]}, "w": {"shape": ["d"]}, "y": {"shape": ["n"]}},
    "forward": ["L = sum((X @ w - y)**2)/n + sum((X @ w - y)**4)"],
    "loss": "L",
}


def judged(context: dict[str, Any], target: str, *lines: str) -> Verdict:
    return judge(read_exercise(context), target, list(lines), 3)


@pytest.mark.parametrize(
    "lines",
    [
        ("q = w*x", "dL/dq = 2*(a - y)*(z > 0)", "dL/dw = dL/dq*x"),
        ("q = w*x", "dq/dw = x", "dL/dw = 2*(a - y)*(z > 0)*dq/dw"),
        ("q = x*w", "da/dq = (z > 0)", "dL/dw = 2*(a - y)*da/dq*x"),
        ("e = a - y", "dL/de = 2*e", "de/da = 1", "dL/dw = dL/de*de/da*(z > 0)*x"),
        ("e = relu(w*x) - y", "de/dw = (z > 0)*x", "2*e*de/dw"),
        ("e = y - a", "dL/de = 2*e", "de/da = -1", "dL/dw = dL/de*de/da*(z > 0)*x"),
        ("e = y - a", "dL/de = 2*e", "dL/da = -dL/de", "dL/dz = dL/da*(z > 0)", "dL/dz*x"),
        ("e = y - a", "r = a - y", "de/dr = -1", "dL/dr = 2*r", "dL/dr*(z > 0)*x"),
        ("q = -w*x", "dL/dq = -2*(a - y)*(z > 0)", "dL/dw = dL/dq*(-x)"),
        ("s = x*w*y", "ds/dw = x*y", "2*(a - y)*(z > 0)*x"),
        ("q = x", "dz/dq = w", "dw/dq = 0", "2*(a - y)*(z > 0)*x"),
        ("q = w*x", "r = q**2", "dr/dq = 2*q", "2*(a - y)*(z > 0)*x"),
    ],
)
def test_what_depends_on_an_own_symbol_is_worked_out(lines: tuple[str, ...]) -> None:
    assert judged(RELU, "dL/dw", *lines).kind == "correct"


def test_a_term_that_the_loss_has_twice_is_one_quantity() -> None:
    lines = ["e = X @ w - y", "dL/de = 2*e/n + 4*e**3", "dL/dw = X.T @ dL/de"]
    assert judged(BATCH, "dL/dw", *lines).kind == "correct"
    lines[1] = "dL/de = 2*e/n"
    found = judged(BATCH, "dL/dw", *lines)
    assert (found.kind, found.first_wrong) == ("wrong", 1)


def test_a_term_whose_negative_the_loss_has_is_a_quantity_too() -> None:
    lines = ["e = y - X @ w", "dL/de = 2*e/n + 4*e**3", "dL/dw = -X.T @ dL/de"]
    named = {**BATCH, "forward": ["r = X @ w - y", "L = sum(r**2)/n + sum(r**4)"]}
    for context in (BATCH, named):
        assert judged(context, "dL/dw", *lines).kind == "correct"
        assert judged(context, "dL/dw", lines[0], "dL/de = 2*e/n", lines[2]).first_wrong == 1


def test_a_false_derivative_of_an_own_symbol_is_wrong() -> None:
    found = judged(RELU, "dL/dw", "q = w*x", "dq/dw = w", "2*(a - y)*(z > 0)*x")
    assert (found.kind, found.first_wrong) == ("wrong", 1)


@pytest.mark.parametrize(
    "lines",
    [
        ("q = w + x", "dL/dq = 1", "x"),
        ("q = x*y", "dw/dq = 0", "x"),
        ("q = 3", "dL/dq = 0", "x"),
        ("q = 3", "dq/dw = 0", "x"),
        ("q = dL/dz", "dq/dw = 0", "x"),
        ("q = sigmoid'(z)", "dq/dw = 0", "x"),
    ],
)
def test_what_is_no_function_of_an_own_symbol_is_refused(lines: tuple[str, ...]) -> None:
    found = judged(RELU, "dL/dw", *lines)
    assert (found.kind, found.label, found.first_wrong) == ("reject", "unknown_name", 1)
    assert found.message.startswith("Line 2: q is ")


def test_an_own_symbol_has_derivatives_in_an_identity_too() -> None:
    context: dict[str, Any] = {
        "vars": {"x": REAL},
        "forward": ["s = sigmoid(x)"],
        "find": "identity",
        "from": "ds/dx",
        "to": "s*(1 - s)",
    }
    found = judged(context, "", "q = exp(x)", "ds/dx = 1/(1 + q)**2*dq/dx", "= s*(1 - s)")
    assert found.kind == "correct"
