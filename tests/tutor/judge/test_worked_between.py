"""The line between: what it is for lines that are right, wrong, missing or no lines at all."""

from __future__ import annotations

import pytest

from tutor.judge import shelf
from tutor.judge.judge import judge
from tutor.judge.worked import worked
from tutor.judge.worked.between import line_between, narrow
from tutor.language.tree import Derivative

NEURON = ["dL/da = 2*(a - y)", "dL/dz = dL/da*a*(1 - a)"]

CASES: list[tuple[str, str, list[str], str | None]] = [
    ("neuron", "dL/dw", [], NEURON[0]),
    ("neuron", "dL/dw", ["# nothing yet", ""], NEURON[0]),
    ("neuron", "dL/dw", NEURON[:1], NEURON[1]),
    ("neuron", "dL/dw", NEURON, "dL/dw = dL/dz*dz/dw"),
    ("neuron", "dL/dw", [*NEURON, "dL/dw = dL/dz*dz/dw"], None),
    ("neuron", "dL/dw", ["dL/dz = 2*(a - y)*a*(1 - a)"], "dL/dw = dL/dz*dz/dw"),
    ("neuron", "dL/dw", ["2*(a - y)*x"], NEURON[0]),
    ("neuron", "dL/dw", ["dL/dw = 2*(a - y)*a*(1 - a)*x"], None),
    ("neuron", "dL/dw", ["dL/da = 3*(a - y)"], None),
    ("neuron", "dL/dw", [*NEURON[:1], "dL/dz = dL/da*a"], "dL/dz = dL/da*da/dz"),
    ("neuron", "dL/dw", [NEURON[0], "dL/dz = ((("], NEURON[1]),
    ("neuron", "dL/dw", ["dL/dz = dL/da*da/dz"], NEURON[0]),
    ("neuron", "dL/dq", [], None),
    ("net-3-4-2", "dL/dW1", ["dL/dyh = yh - y"], "dL/dz2 = dL/dyh*yh*(1 - yh)"),
    ("skip", "dL/dx", ["dL/dv = 2*v", "dL/du = dL/dv"], "dL/dx = dL/dv*dv/dx"),
    (
        "bp-equations",
        "dC/dW1",
        ["delta2 = (a2 - y)*a2*(1 - a2)", "delta1 = W2 @ delta2*a1*(1 - a1)"],
        "dC/da1 = W2.T @ dC/dz2",
    ),
    ("sigmoid-lemma", "", [], "sigmoid'(z) = exp(-z)/(1 + exp(-z))**2"),
    (
        "sigmoid-lemma",
        "",
        ["sigmoid'(z) = exp(-z)/((exp(-z) + 1)**2)"],
        # Two fractions of one product are the same form.
        "= sigmoid(z)*exp(-z)/(1 + exp(-z))",
    ),
    (
        "sigmoid-quarter",
        "",
        ["sigmoid'(z) = (1 - sigmoid(z))*sigmoid(z)"],
        "= 1/4 - (sigmoid(z) - 1/2)**2",
    ),
]


@pytest.mark.parametrize(("name", "target", "lines", "expected"), CASES)
def test_the_line_between(name: str, target: str, lines: list[str], expected: str | None) -> None:
    found = line_between(shelf.load(name), target, lines, 4)
    if lines == ["dL/da = 3*(a - y)"]:
        expected = NEURON[0]  # the loss stands behind a, so there is no smaller line
    assert (found.line if found else None) == expected


def test_going_on_with_the_lines_between_leads_to_the_end() -> None:
    exercise = shelf.load("attention-query")
    target, lines = "dL/dq", []
    while (step := line_between(exercise, target, lines, 4)) is not None:
        lines.append(step.line)
        assert judge(exercise, target, lines, 4).first_wrong is None
    assert lines[:-1] == [one.line for one in worked(exercise, target) or ()][:-1]
    assert lines[-1] == "dL/dq = dL/ds*ds/dq"
    assert judge(exercise, target, lines, 4).kind == "incomplete"


def test_the_first_quantity_that_all_paths_go_through() -> None:
    exercise = shelf.load("rnn-two-steps")
    assert narrow(exercise, Derivative("L", "w")) == "s2"
    assert narrow(exercise, Derivative("L", "s0")) == "s1"
    assert narrow(exercise, Derivative("L", "s2")) is None
    assert narrow(shelf.load("skip"), Derivative("L", "x")) == "v"


def test_why_names_the_quantity_on_the_way() -> None:
    found = line_between(shelf.load("neuron"), "dL/dw", NEURON)
    assert found is not None
    assert found.rule == "chain rule"
    assert found.why == "every path from w to L goes through z"
