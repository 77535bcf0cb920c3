"""Chains of equal terms, equality up to a constant or a factor, and bounds."""

from __future__ import annotations

from typing import Any

import pytest

from tutor.judge.exercise import Exercise, read_exercise
from tutor.judge.judge import judge


def statement(variables: dict[str, Any], start: str, goal: str, **more: Any) -> Exercise:
    made: dict[str, Any] = {}
    for name, given in variables.items():
        shape, domain = given if isinstance(given, tuple) else (given, "real")
        made[name] = {"shape": shape, "domain": domain}
    return read_exercise({"vars": made, "find": "identity", "from": start, "to": goal, **more})


MIRROR = statement({"z": []}, "sigmoid(-z)", "1 - sigmoid(z)")
QUARTER = statement({"z": []}, "sigmoid'(z)", "1/4", find="bound")
GAUSS = statement(
    {"y": ["n"], "a": ["n"], "s": ([], "positive")},
    "-log(prod(exp(-(y - a)**2/(2*s**2))/s))",
    "sum((y - a)**2)",
    dims={"n": 4},
    up_to=["constant", "positive_factor"],
    constants=["s"],
)
SHIFTED = statement(
    {"y": [], "a": [], "s": ([], "positive")},
    "(y - a)**2/2 + log(s)",
    "(y - a)**2/2",
    up_to="constant",
    constants=["s"],
)
SCALED = statement(
    {"y": [], "a": [], "s": ([], "positive")},
    "(y - a)**2/(2*s**2)",
    "(y - a)**2",
    up_to="positive_factor",
    constants=["s"],
)


UNSAID = statement(
    {"y": [], "a": [], "s": ([], "positive")},
    "(y - a)**2/(2*s**2) + log(s)",
    "(y - a)**2/(2*s**2)",
    up_to="constant",
)


@pytest.mark.parametrize(
    ("given_in", "lines"),
    [
        (UNSAID, ["(y - a)**2/(2*s**2)"]),
        (MIRROR, ["1/(1 + exp(z))", "1 - sigmoid(z)"]),
        (MIRROR, ["sigmoid(-z) = 1/(1 + exp(z))", "= exp(-z)/(1 + exp(-z))", "= 1 - sigmoid(z)"]),
        (MIRROR, ["sigmoid(-z)", "1/(1 + exp(z)) = -sigmoid(z) + 1"]),
        (MIRROR, ["e = exp(z)", "1/(1 + e)", "1 - e/(1 + e)", "1 - sigmoid(z)"]),
        (MIRROR, ["exp(-z) = 1/exp(z)", "sigmoid(-z) = 1/(1 + exp(z))", "= 1 - sigmoid(z)"]),
        (QUARTER, ["sigmoid'(z) = sigmoid(z)*(1 - sigmoid(z)) <= 0.25"]),
        (QUARTER, ["sigmoid'(z) = 1/4 - (sigmoid(z) - 1/2)**2", "<= 1/4"]),
        (QUARTER, ["= sigmoid(z)*(1 - sigmoid(z))", "sigmoid'(z) <= 1/4"]),
        (GAUSS, ["sum((y - a)**2)/(2*s**2) + n*log(s)", "sum((y - a)**2)/2", "sum((y - a)**2)"]),
        (SHIFTED, ["(y - a)**2/2 + 7", "= (y - a)**2/2"]),
        (SCALED, ["3*(y - a)**2", "(y - a)**2"]),
    ],
)
def test_right_chains(given_in: Exercise, lines: list[str]) -> None:
    for seed in range(5):
        found = judge(given_in, "", lines, seed)
        assert (found.kind, found.label) == ("correct", None), found.message
        assert {one.mark for one in found.lines} == {"≈"}


@pytest.mark.parametrize(
    ("given_in", "lines", "at"),
    [
        (MIRROR, ["1/(1 + exp(-z))", "1 - sigmoid(z)"], 0),
        (MIRROR, ["1/(1 + exp(z))", "= 1 + sigmoid(z)", "= 1 - sigmoid(z)"], 1),
        (MIRROR, ["sigmoid(-z) = -sigmoid(z)"], 0),
        (QUARTER, ["sigmoid'(z) = sigmoid(z)*(1 - sigmoid(z))", "<= 1/5", "<= 1/4"], 1),
        (QUARTER, ["sigmoid'(z) <= 0.2499"], 0),
        (QUARTER, ["sigmoid'(z) >= 1/4"], 0),
        (QUARTER, ["sigmoid'(z) < sigmoid(z)*(1 - sigmoid(z))"], 0),
        (GAUSS, ["-sum((y - a)**2)", "sum((y - a)**2)"], 0),
        (GAUSS, ["sum((y - a)**2)/2", "sum(y**2 - a**2)"], 1),
        (GAUSS, ["sum((y - a)**2)*s + a"], 0),
        (SHIFTED, ["(y - a)**2/2 + y"], 0),
        (UNSAID, ["(y - a)**2/(2*s**2) + a"], 0),
        (SHIFTED, ["(y - a)**2"], 0),
        (SCALED, ["(y - a)**2 + 1"], 0),
        (SCALED, ["-(y - a)**2/(2*s**2)"], 0),
        (SCALED, ["0*(y - a)**2"], 0),
    ],
)
def test_wrong_chains(given_in: Exercise, lines: list[str], at: int) -> None:
    for seed in range(5):
        found = judge(given_in, "", lines, seed)
        assert (found.kind, found.first_wrong) == ("wrong", at)
        assert found.label is not None


@pytest.mark.parametrize(
    ("given_in", "lines"),
    [
        (MIRROR, ["1/(1 + exp(z))"]),
        (MIRROR, ["sigmoid(-z)"]),
        (QUARTER, ["sigmoid'(z) <= 1/2"]),
        (QUARTER, ["sigmoid'(z) = sigmoid(z)*(1 - sigmoid(z))"]),
        (QUARTER, ["sigmoid'(z) <= 1/2", ">= 1/4"]),
        (GAUSS, ["sum((y - a)**2)/(2*s**2) + n*log(s)"]),
    ],
)
def test_chains_that_do_not_arrive(given_in: Exercise, lines: list[str]) -> None:
    found = judge(given_in, "", lines, 3)
    assert (found.kind, found.label, found.first_wrong) == ("incomplete", "unresolved", None)


def test_what_goes_on_from_a_wrong_line_follows_from_it() -> None:
    lines = ["1/(1 + exp(-z))", "sigmoid(z)", "1 - sigmoid(z)"]
    found = judge(MIRROR, "", lines, 1)
    assert [one.mark for one in found.lines] == ["✗", "~", "✗"]
    assert found.lines[1].follows == 0


def test_a_bound_of_arrays_holds_for_every_entry() -> None:
    shares = statement({"z": ["k"]}, "softmax(z)", "1", dims={"k": 3}, find="bound")
    assert judge(shares, "", ["softmax(z) <= 1"], 1).kind == "correct"
    assert judge(shares, "", ["softmax(z) <= 1/2"], 1).kind == "wrong"


def test_a_bound_through_the_forward_lines() -> None:
    steps = read_exercise(
        {
            "vars": {"x": {}, "w": {}, "s": {}},
            "forward": ["t = tanh(x + w*s)"],
            "loss": "t",
            "find": "bound",
            "from": "abs(dt/ds)",
            "to": "abs(w)",
        }
    )
    assert judge(steps, "", ["abs(dt/ds) = (1 - t**2)*abs(w)", "<= abs(w)"], 1).kind == "correct"
    assert judge(steps, "", ["abs(dt/ds) = (1 - t**2)*w", "<= abs(w)"], 1).first_wrong == 0
    assert judge(steps, "abs(w)", ["abs(dt/ds) <= abs(w)/2"], 1).kind == "wrong"
