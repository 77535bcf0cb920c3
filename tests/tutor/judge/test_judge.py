"""The contract's examples, and every rule by which a line is judged."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.judge.exercise import Exercise, read_exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Verdict

SEEDS = (0, 1, 2, 3, 4)


def exercise(forward: Sequence[str], variables: dict[str, Any], **more: Any) -> Exercise:
    made: dict[str, Any] = {}
    for name, given_as in variables.items():
        shape, domain = given_as if isinstance(given_as, tuple) else (given_as, "real")
        made[name] = {"shape": shape, "domain": domain}
    return read_exercise({"vars": made, "forward": list(forward), "loss": "L", **more})


LOGISTIC = exercise(["z = w*x + b", "L = log(1 + exp(-y*z))"], {"w": [], "x": [], "b": [], "y": []})
BRANCH = exercise(["u = x*w", "v = u + x", "L = v**2"], {"x": [], "w": []})
LINEAR = exercise(
    ["yh = X @ w", "L = sum((yh - y)**2)/n"],
    {"X": ["n", "d"], "w": ["d"], "y": ["n"]},
    dims={"n": 5, "d": 3},
    final_form="backprop",
    aliases={"delta": "dL/dyh"},
)
SOFTMAX = exercise(
    ["p = softmax(z)", "L = -sum(y*log(p))"],
    {"z": ["k"], "y": (["k"], "simplex")},
    dims={"k": 4},
)
TANH = exercise(["a = tanh(z)", "L = a**2"], {"z": []})
NEURON = exercise(
    ["z = w*x + b", "a = sigmoid(z)", "L = (a - y)**2/2"], {"w": [], "x": [], "b": [], "y": []}
)
RELU = exercise(["z = w*x", "a = relu(z)", "L = (a - y)**2"], {"w": [], "x": [], "y": []})
TWO_RELUS = exercise(
    ["h = relu(w1*x)", "a = relu(w2*h)", "L = (a - y)**2"], {"w1": [], "w2": [], "x": [], "y": []}
)
HUBER = exercise(
    ["r = a - b", "L = where(abs(r) <= c, r**2/2, c*(abs(r) - c/2))"],
    {"a": [], "b": [], "c": ([], "positive")},
)
SQUARE = exercise(["L = x**2/2"], {"x": []})


def verdict(given_in: Exercise, target: str, *lines: str, seed: int = 7) -> Verdict:
    return judge(given_in, target, lines, seed)


@pytest.mark.parametrize(
    ("given_in", "target", "line", "kind", "labels"),
    [
        (LOGISTIC, "dL/dw", "-y*x*sigmoid(-y*z)", "correct", {None}),
        (LOGISTIC, "dL/dw", "-y*sigmoid(-y*z)", "wrong", {"missing_chain_factor"}),
        (LOGISTIC, "dL/dw", "-y*x*sigmoid(y*z)", "wrong", {"wrong_eval_point", "sign_error"}),
        (BRANCH, "dL/dx", "2*v*w", "wrong", {"missing_branch"}),
        (LINEAR, "dL/dw", "2*X.T @ (yh - y)/n", "correct", {None}),
        (LINEAR, "dL/dw", "2*X @ (yh - y)/n", "wrong", {"transpose_error"}),
        (LINEAR, "dL/dw", "2*X.T @ (yh - y)", "wrong", {"batch_mean"}),
        (SOFTMAX, "dL/dz", "dL/dz = p - y", "correct", {None}),
        (SOFTMAX, "dL/dz", "-y/p * p*(1 - p)", "wrong", {"softmax_diagonal_only"}),
        (TANH, "dL/dz", "dL/dz = dL/da * da/dz", "incomplete", {"unresolved"}),
        (TANH, "dL/dz", "__import__('os')", "reject", {"forbidden_syntax"}),
    ],
)
def test_the_examples_of_the_contract(
    given_in: Exercise, target: str, line: str, kind: str, labels: set[str | None]
) -> None:
    found = verdict(given_in, target, line)
    assert found.kind == kind
    assert found.label in labels
    assert found.first_wrong == (0 if kind in ("wrong", "reject") else None)


@pytest.mark.parametrize(
    ("given_in", "target", "lines"),
    [
        (TANH, "dL/dz", ["dL/dz = 2*((a + 1e6) - 1e6)*(1 - a**2)"]),
        (TANH, "dL/dz", ["2*a*(1 - a)*(1 + a)"]),
        (TANH, "dL/dz", ["8*a*exp(2*z)/(1 + exp(2*z))**2"]),
        (TANH, "dL/dz", ["dL/da = 2a", "da/dz = 1 - a^2", "dL/dz = dL/da * da/dz"]),
        (TANH, "dL/dz", ["dL/dz = dL/da * da/dz", "= 2*a*tanh'(z)"]),
        (TANH, "dz", ["dz = 2*a*dtanh(z)"]),
        (TANH, "dL/dz", ["# the chain rule", "", "2*a*(1 - a**2)"]),
        (NEURON, "dL/dw", ["g = a - y", "s = a(1 - a)", "g*s*x"]),
        (NEURON, "dL/dw", ["sigmoid'(z) = a*(1 - a)", "dL/dw = (a - y)*sigmoid'(z)*x"]),
        (NEURON, "dL/dw", ["z = x*w + b", "dL/dw = (a - y)*a*(1 - a)*x"]),
        (NEURON, "dL/dw", ["dL/dw = (a - y)*exp(-z)/(1 + exp(-z))**2*x"]),
        (LINEAR, "dL/dw", ["dw = X.T @ delta"]),
        (LINEAR, "dL/dw", ["dL/dw = dL/dyh @ X"]),
        (LINEAR, "dL/dw", ["r = yh - y", "c = 2/n", "dL/dw = c*(r @ X)"]),
        (SOFTMAX, "dL/dz", ["sum(y)*p - y"]),
        (SOFTMAX, "dL/dz", ["dL/dp = -y/p", "dp/dz = diag(p) - outer(p, p)", "dL/dp @ dp/dz"]),
        (RELU, "dL/dw", ["2(a - y)*(z > 0)*x"]),
        (RELU, "dL/dw", ["2(a - y)*(z >= 0)*x"]),
        (RELU, "dL/dw", ["2(a - y)*relu'(z)*x"]),
        (RELU, "dL/dw", ["2(a - y)*a/z*x"]),
        (RELU, "dL/dw", ["where(w*x > 0, 2*(a - y)*x, 0)"]),
        (TWO_RELUS, "dL/dw1", ["2(a - y)*(w2*h >= 0)*w2*(w1*x >= 0)*x"]),
        (TWO_RELUS, "dL/dw2", ["2(a - y)*relu'(w2*h)*h"]),
        (HUBER, "dL/da", ["r*(abs(r) < c) + c*(r > c) - c*(r < -c)"]),
        (HUBER, "dL/da", ["max(-c, min(c, r))"]),
        (SQUARE, "dL/dx", ["x"]),
        (SQUARE, "dL/dx", ["x**3/x**2"]),
    ],
)
def test_right_answers_in_every_form(given_in: Exercise, target: str, lines: list[str]) -> None:
    for seed in SEEDS:
        found = verdict(given_in, target, *lines, seed=seed)
        assert (found.kind, found.label) == ("correct", None), found.message
        assert {one.mark for one in found.lines} == {"≈"}


@pytest.mark.parametrize(
    ("given_in", "target", "lines", "at"),
    [
        (TANH, "dL/dz", ["2*a*(1 - a**2)*(1 + 1e-9)"], 0),
        (TANH, "dL/dz", ["2*a*(1 - a**2) + 1e-9"], 0),
        (TANH, "dL/dz", ["2*a*(1 - a**2)", "= 2*a - a**3"], 1),
        (TANH, "dL/dz", ["dL/da = a", "dL/dz = 2*a*(1 - a**2)"], 0),
        (NEURON, "dL/dw", ["", "# then", "dz/dw = w", "dL/dw = (a - y)*a*(1 - a)*x"], 2),
        (LINEAR, "dL/dw", ["2*(yh - y) @ X/5"], 0),
        (LINEAR, "dL/dw", ["2*sum(X.T @ (yh - y))/n"], 0),
        (RELU, "dL/dw", ["2(a - y)*x"], 0),
        (RELU, "dL/dw", ["2(a - y)*(z > 0.0001)*x"], 0),
        (RELU, "dL/dw", ["2(min(a, 6) - y)*(z > 0)*x"], 0),
        (RELU, "dL/dw", ["2(a - y)*(z > 0)*(abs(x - 1) > 0.01)*x"], 0),
        (TWO_RELUS, "dL/dw1", ["2(a - y)*w2*(h > 0)*x"], 0),
        (HUBER, "dL/da", ["r*(abs(r) < c + 0.001) + c*(r > c) - c*(r < -c)"], 0),
        (SQUARE, "dL/dx", ["sqrt(x**2)"], 0),
        (SQUARE, "dL/dx", ["sqrt(x)**2"], 0),
        (SQUARE, "dL/dx", ["exp(log(x))"], 0),
    ],
)
def test_wrong_answers_that_look_right(
    given_in: Exercise, target: str, lines: list[str], at: int
) -> None:
    for seed in SEEDS:
        found = verdict(given_in, target, *lines, seed=seed)
        assert (found.kind, found.first_wrong) == ("wrong", at)
        assert found.label is not None
        assert found.message


def test_what_is_true_on_a_part_of_the_domain_only_is_said_so() -> None:
    for line in ("sqrt(x**2)", "exp(log(x))", "sqrt(x)**2"):
        assert verdict(SQUARE, "dL/dx", line).label == "domain_mismatch"


@pytest.mark.parametrize(
    ("lines", "reason", "at"),
    [
        ([], "empty_input", None),
        (["", "# nothing"], "empty_input", 0),
        (["2*a*(1 - a**2)", "2*(a"], "syntax_error", 1),
        (["1 +", "2*a*("], "syntax_error", 0),
        (["2*a*q"], "unknown_name", 0),
        (["log(-1 - a**2)"], "not_finite", 0),
        (["t = log(-1 - a**2)", "2*a*(1 - a**2)"], "not_finite", 0),
        (["2*a*(1 - a**2)/(z - z)"], "not_finite", 0),
        (["2*a*(1 - a**2) + (a + 1e200 - a - 1e200)"], "number_too_large", 0),
        (["\x00"], "bad_character", 0),
        (["sum(z, axis=5)"], "bad_arguments", 0),
        (["2*a*(1 - a**2)" + "+ 0*a" * 1000], "too_long", 0),
    ],
)
def test_refusals(lines: list[str], reason: str, at: int | None) -> None:
    found = verdict(TANH, "dL/dz", *lines)
    assert (found.kind, found.label, found.first_wrong) == ("reject", reason, at)
    assert found.candidates == ()


def test_the_whole_answer_is_refused_for_one_line_that_cannot_be_read() -> None:
    found = verdict(TANH, "dL/dz", "dL/dz = 7", "2*a*(1 - a**2", "z")
    assert (found.kind, found.first_wrong) == ("reject", 1)
    assert [one.mark for one in found.lines] == [" ", "?", " "]


def test_work_is_bounded_by_steps() -> None:
    lines = ["2*a*(1 - a**2)" + "+ z - z" * 90] * 28
    found = verdict(TANH, "dL/dz", *lines)
    assert (found.kind, found.label) == ("reject", "too_long")


@pytest.mark.parametrize(
    ("given_in", "target", "lines", "label"),
    [
        (TANH, "dL/dz", ["dL/dz = dL/da * (1 - a**2)"], "unresolved"),
        (TANH, "dL/dz", ["dL/da = 2*a"], "unresolved"),
        (TANH, "dL/dz", ["dL/dz = dL/dz"], "circular"),
        (TANH, "dL/dz", ["dL/dz = 2*dL/dz - dL/dz"], "circular"),
        (TANH, "dL/dz", ["dL/da = dL/dz/(1 - a**2)", "dL/dz = dL/da*(1 - a**2)"], "circular"),
        (TANH, "dL/dz", ["g = dL/da", "dL/dz = g*(1 - a**2)"], "unresolved"),
        (LINEAR, "dL/dw", ["dL/dw = dL/dyh * dyh/dw"], "unresolved"),
        (LINEAR, "dL/dw", ["dL/dyh = 2*(yh - y)/n"], "unresolved"),
        (LINEAR, "dL/dw", ["dL/dw = dw"], "circular"),
    ],
)
def test_true_lines_that_do_not_arrive(
    given_in: Exercise, target: str, lines: list[str], label: str
) -> None:
    found = verdict(given_in, target, *lines)
    assert (found.kind, found.label, found.first_wrong) == ("incomplete", label, None)
    assert "≈" in {one.mark for one in found.lines}


def test_a_given_quantity_is_contradicted() -> None:
    found = verdict(NEURON, "dL/dw", "a = sigmoid(w*x)", "dL/dw = (a - y)*a*(1 - a)*x")
    assert (found.kind, found.first_wrong, found.label) == ("wrong", 0, "contradicts_given")
    assert [one.mark for one in found.lines] == ["✗", "≈"]


def test_lines_that_follow_from_a_wrong_one_are_marked() -> None:
    found = verdict(
        NEURON,
        "dL/dw",
        "dL/da = 2*(a - y)",
        "dL/dz = dL/da*a*(1 - a)",
        "= 2*(a - y)*a*(1 - a)",
        "dL/dw = 2*(a - y)*a*(1 - a)*x",
        "dL/db = a",
    )
    assert [one.mark for one in found.lines] == ["✗", "≈", "~", "~", "✗"]
    assert [one.follows for one in found.lines] == [None, None, 0, 0, None]


def test_a_line_with_a_symbol_of_a_wrong_line_follows_from_it() -> None:
    found = verdict(NEURON, "dL/dw", "s = a", "dL/dz = (a - y)*s", "dL/dw = (a - y)*s*x")
    assert found.first_wrong == 1
    assert [one.mark for one in found.lines] == ["≈", "✗", "~"]


def test_the_span_and_the_counter_example_say_where() -> None:
    found = verdict(TANH, "dL/dz", "dL/dz = 2*a*(1 - a**2) = 2*a*(1 + a**2)")
    assert found.span is not None
    start, end = found.span
    assert 25 <= start < end <= 40
    shown = found.counter_example
    assert shown is not None
    z = shown.values["z"]
    assert round(z, 1) == z
    assert shown.yours != shown.truth


def test_a_counter_example_of_arrays_has_the_entry() -> None:
    shown = verdict(LINEAR, "dL/dw", "X.T @ (yh - y)/n").counter_example
    assert shown is not None
    assert shown.entry is not None
    assert len(shown.values["X"]) == len(shown.values["y"])
    assert shown.truth == pytest.approx(2 * shown.yours)


def test_another_shape_is_wrong_however_it_broadcasts() -> None:
    total = exercise(["L = sum(x)"], {"x": ["n"]}, dims={"n": 3})
    assert verdict(total, "dL/dx", "1").kind == "wrong"
    assert verdict(total, "dL/dx", "0*x + 1").kind == "correct"
    assert verdict(LINEAR, "dL/dw", "X @ (yh - y)").kind == "wrong"


def test_the_seed_is_recorded_and_drawn_freshly() -> None:
    assert verdict(TANH, "dL/dz", "z", seed=11).seed == 11
    seeds = {judge(TANH, "dL/dz", ["2*a*(1 - a**2)"]).seed for _ in range(5)}
    assert len(seeds) == 5
    again = judge(TANH, "dL/dz", ["2*z"], 5)
    assert again == judge(TANH, "dL/dz", ["2*z"], 5)


def test_a_target_that_is_none_is_refused() -> None:
    for target in ("", "z", "dL/dq", "eval('1')"):
        found = verdict(TANH, target, "2*a*(1 - a**2)")
        assert (found.kind, found.label) == ("reject", "bad_arguments")


def test_overflow_of_another_form_refuses_no_right_answer() -> None:
    for line in ("-y*x*exp(-y*z)/(1 + exp(-y*z))", "-y*x/(1 + exp(y*z))", "-x*y/(exp(z)**y + 1)"):
        for seed in SEEDS:
            assert verdict(LOGISTIC, "dL/dw", line, seed=seed).kind == "correct"


def test_derivatives_by_what_a_quantity_does_not_depend_on_are_0() -> None:
    assert verdict(NEURON, "dL/dw", "da/dy = 0", "(a - y)*a*(1 - a)*x").kind == "correct"
    assert verdict(NEURON, "dL/dw", "da/dy = 1", "(a - y)*a*(1 - a)*x").first_wrong == 0


@settings(max_examples=150)
@given(st.text(alphabet="awxyz0123456789.+-*/@()=' dL,><^T²σ", max_size=40))
def test_no_text_makes_it_raise(text: str) -> None:
    assert judge(NEURON, "dL/dw", [text], 3).kind in ("correct", "wrong", "incomplete", "reject")


def test_nothing_is_opened_imported_or_executed_while_judging() -> None:
    lines = ["dL/da = a - y", "dL/dz = dL/da*sigmoid'(z)", "dL/dw = dL/dz*w"]
    judge(NEURON, "dL/dw", lines, 1)
    seen: list[str] = []
    watching = True

    def hook(event: str, _: Any) -> None:
        if watching and event.split(".")[0] in ("open", "import", "exec", "compile", "subprocess"):
            seen.append(event)

    sys.addaudithook(hook)
    judge(NEURON, "dL/dw", lines)
    watching = False
    assert seen == []


def test_a_form_that_saturates_at_moderate_points_is_not_refused() -> None:
    steep = exercise(["a = sigmoid(30*x)", "L = (a - y)**2/2"], {"x": [], "y": []})
    line = "(a - y)*30*a**2*(1 - a)**2/(a*(1 - a))"
    for seed in SEEDS:
        assert verdict(steep, "dL/dx", line, seed=seed).kind == "correct"


def test_a_symbol_that_is_undefined_on_part_of_the_domain_is_found() -> None:
    found = verdict(SQUARE, "dL/dx", "t = log(x)", "dL/dx = exp(t)")
    assert (found.kind, found.first_wrong, found.label) == ("wrong", 1, "domain_mismatch")
