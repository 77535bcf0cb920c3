"""Comparisons of one value with itself, written in two ways, are decided; nothing hides there."""

from __future__ import annotations

from typing import Any

import pytest

from tutor.judge.exercise import read_exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Verdict

REAL = {"shape": [], "domain": "real"}
VECTOR = {"shape": ["n"], "domain": "real"}
RELU: dict[str, Any] = {
    "vars": {"w": REAL, "x": REAL, "y": REAL},
    "forward": ["z = w*x", "a = relu(z)", "L = (a - y)**2/2"],
    "loss": "L",
}
TANH = RELU | {"forward": ["z = w*x", "a = tanh(z)", "L = (a - y)**2/2"]}
LARGEST: dict[str, Any] = {
    "dims": {"n": 5, "d": 3},
    "vars": {"X": {"shape": ["n", "d"]}, "w": {"shape": ["d"]}},
    "forward": ["z = X @ w", "m = max(z)", "L = m**2"],
    "loss": "L",
}


def judged(context: dict[str, Any], target: str, *lines: str, seed: int = 3) -> Verdict:
    return judge(read_exercise(context), target, list(lines), seed)


@pytest.mark.parametrize(
    "tie",
    [
        "*(2/3*3/2 >= 1)",
        "*(z <= w*x)",
        "*(z == x*w)",
        "*((x + y) - y >= x)",
        "*(sqrt(x*x) >= abs(x))",
        "*(sin(w)**2 + cos(w)**2 >= 1)",
        "*max(1, step(w*x - z))",
        "*max(1, sign(x*w - z))",
        "*(1 - sign(w*x - z))",
        "*(1 - abs(sign(2*z/2 - w*x)))",
        "*where(w*x - z, 1, 2)",
    ],
)
def test_a_tied_mask_is_no_place_to_hide(tie: str) -> None:
    truth = "(a - y)*x*(1 - a**2)"
    for factor in ("3*", "-", "1.001*"):
        assert judged(TANH, "dL/dw", factor + truth + tie).kind == "wrong"


@pytest.mark.parametrize(
    "line",
    ["m*(z >= m)", "-2*m*(z == m)", "where(z < m, 0, 7*m)", "where(m > z, 2*m, 2*m)"],
)
def test_a_wrong_share_in_the_largest_entry_is_seen(line: str) -> None:
    assert judged(LARGEST, "dL/dz", line).kind == "wrong"


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("dL/dz", "2*m*(z >= m)"),
        ("dL/dz", "2*m*(z == max(X @ w))"),
        ("dL/dw", "X.T @ where(z >= m, 2*m, 0)"),
        ("dL/dw", "2*m*((z >= m) @ X)"),
        ("dL/dw", "2*m*sum(X*outer(m <= z, w == w), axis=0)"),
    ],
)
def test_the_largest_entry_is_equal_to_the_largest(target: str, line: str) -> None:
    for seed in range(5):
        assert judged(LARGEST, target, line, seed=seed).kind == "correct"


def test_a_value_is_tied_with_its_relu_where_it_is_positive() -> None:
    assert judged(RELU, "dL/dw", "(a - y)*x*(a >= z)*(z > 0)").kind == "correct"
    assert judged(RELU, "dL/dw", "3*(a - y)*x*(a >= z)*(z > 0)").kind == "wrong"
    assert judged(RELU, "dL/dw", "(a - y)*x*(a == z)").kind == "correct"
    assert judged(RELU, "dL/dw", "2*(a - y)*x*(a == z)").kind == "wrong"


def test_a_mask_of_the_learner_s_own_is_decided_too() -> None:
    mask = "m = (w*x >= z)"
    assert judged(RELU, "dL/dw", mask, "(a - y)*x*(z > 0)*m").kind == "correct"
    found = judged(RELU, "dL/dw", mask, "5*(a - y)*x*(z > 0)*m")
    assert (found.kind, found.first_wrong) == ("wrong", 1)


def test_where_half_of_all_points_sit_on_a_tie_the_slope_of_relu_is_still_met() -> None:
    for line in ("(a - y)*x*(z >= 0)", "(a - y)*x*relu'(w*x)", "(a - y)*x*(0 < x*w)"):
        assert judged(RELU, "dL/dw", line).kind == "correct"
