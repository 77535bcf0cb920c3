from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

import engine
from engine.ops import REGISTRY
from engine.proof import GradCheck
from engine.trace import Trace
from tutor.debugger import checks
from tutor.language import parse
from tutor.sandbox.prover import Answer


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


@pytest.fixture
def wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in the rule of mul: the second factor gets the upstream gradient alone."""
    monkeypatch.setattr(REGISTRY["mul"], "vjp", lambda xp, g, out, a, b: (g * b, g))


def test_right_gradients_agree_node_by_node() -> None:
    trace = make("(x + y)*z", x=-2, y=5, z=-4)
    for node in [None, *range(5)]:
        check = checks.differences(trace, node)
        assert (check.status, check.wrong, check.mark) == ("agrees", False, "✓")
        assert check.max_error is not None
        assert check.max_error < 1e-9


@pytest.mark.usefixtures("wrong_rule")
def test_a_wrong_rule_is_found_and_the_node_named() -> None:
    trace = make("(x + y)*z", x=-2, y=5, z=-4)
    check = checks.differences(trace)
    assert (check.status, check.wrong, check.mark) == ("differs", True, "✗")
    assert check.why.startswith("z is off by")
    assert checks.differences(trace, 0).status == "agrees"
    assert "DISAGREE" in checks.sentences(check, checks.sympy(Answer("skipped")))[0]


def test_every_pass_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    function = parse("w*x").function()
    first = engine.record(function, w=2.0, x=0.5)
    trace = engine.step(first, function, 0.1, wrt=["w"])
    assert checks.differences(trace).status == "agrees"
    seen = []

    def look(one: Trace, budget: int) -> GradCheck:
        seen.append(one.value("w"))
        status: Literal["agrees", "differs"] = "differs" if len(seen) == 1 else "agrees"
        return GradCheck(status, 0.0, "w", 1, 1)

    monkeypatch.setattr("engine.proof.check_gradients", look)
    assert checks.differences(trace).wrong
    assert seen == [2.0, 1.95]


def test_a_kink_is_no_disagreement() -> None:
    check = checks.differences(make("relu(x)", x=0))
    assert (check.status, check.wrong, check.mark) == ("kink", False, "≈")
    told = checks.sentences(check, checks.sympy(Answer("skipped")))
    assert told[0] == (
        "Nothing to compare with differences: 0 of 1 entries, 1 at a kink. "
        "At a kink there is no derivative, and the tape follows a convention."
    )
    some = checks.differences(make("sum(relu(x))", x=[0, 1]))
    assert (some.status, some.max_error is not None) == ("kink", True)
    told = checks.sentences(some, checks.sympy(None))
    assert told[0].startswith("Tape and differences agree: 1 of 2 entries, 1 at a kink")


@pytest.mark.filterwarnings("error")
def test_infinite_gradients_warn_nobody() -> None:
    assert not checks.differences(make("x/y", x=1, y=0)).wrong


def test_without_a_gradient_there_is_nothing_to_compare() -> None:
    trace = make("2*3")
    assert checks.tape(trace).status == "absent"
    assert checks.differences(trace).status == "absent"
    assert not checks.differences(trace).wrong
    constant = make("x*2", x=1)
    assert checks.tape(constant, 1).status == "absent"


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (None, "…"),
        (Answer("proved"), "✓"),
        (Answer("numeric", "piecewise"), "≈"),
        (Answer("skipped", "no time"), "—"),
        (Answer("differs", "x"), "✗"),
    ],
)
def test_the_mark_of_a_proof(answer: Answer | None, mark: str) -> None:
    proof = checks.sympy(answer)
    assert proof.mark == mark
    assert proof.wrong == (mark == "✗")
    told = checks.sentences(checks.Check("differences", "agrees", "2 of 2 entries", 0.0), proof)
    assert len(told) == 2
    assert all(sentence.endswith(".") and not sentence.endswith("..") for sentence in told)


def test_the_badge_names_all_routes() -> None:
    trace = make("x*x", x=2)
    row = [checks.tape(trace), checks.differences(trace), checks.sympy(None)]
    assert checks.badge(row) == "tape ✓  differences ✓  SymPy …"


def test_the_data_has_the_keys_of_format_1_and_plain_numbers() -> None:
    difference = checks.Check("differences", "differs", "x", math.inf)
    data = checks.as_data(difference, checks.sympy(Answer("proved")))
    assert data == {
        "finite_difference": {"agrees": False, "max_error": "inf"},
        "sympy": {"status": "proved"},
    }
    told = checks.as_data(difference, checks.sympy(Answer("numeric", "too large")))
    assert told["sympy"] == {"status": "numeric", "why": "too large"}


def test_large_arrays_are_compared_along_directions() -> None:
    x = np.linspace(-1, 1, 400)
    check = checks.differences(make("sum(tanh(x)*x)", x=x))
    assert check.status == "agrees"
    assert "directions" in check.why


def test_a_function_that_is_not_finite_leaves_nothing_to_compare() -> None:
    check = checks.differences(make("log(x)", x=-1))
    assert (check.status, check.max_error, check.mark, check.wrong) == (
        "undefined",
        None,
        "—",
        False,
    )
    proof = checks.sympy(Answer("skipped"))
    assert checks.sentences(check, proof)[0] == (
        "Nothing to compare with differences: the result is not finite. "
        "Where a function is not finite, differences cannot say anything."
    )
    assert checks.as_data(check, proof)["finite_difference"] == {"agrees": None, "max_error": None}


def test_large_arrays_are_compared_along_fewer_lines() -> None:
    rng = np.random.default_rng(0)
    arrays = {"W": rng.normal(size=(300, 200)), "x": rng.normal(size=(400, 300))}
    trace = engine.record(lambda W, x: np.tanh(x @ W).sum(), **arrays)
    p = trace.passes[0]
    multiplied, entries = 400 * 300 * 200, 400 * 200
    assert checks.work(p) == pytest.approx(len(p.ops) + (multiplied + entries) / checks.NUMBERS)
    assert checks.cost(trace) == pytest.approx(2 * checks.cost(trace, trace.id("W")))
    assert checks.cost(trace) > 100 * checks.BUDGET / 7
    for node in (None, trace.id("W")):
        check = checks.differences(trace, node)
        assert (check.status, check.why.partition(" for ")[0]) == ("agrees", "2 slopes")


def test_what_a_check_costs_is_counted_by_entries_and_passes() -> None:
    trace = make("sum(tanh(W@x))", W=[[1, 2], [3, 4]], x=[5, 6])
    work = checks.work(trace.passes[0])
    assert checks.cost(trace) == 7 * 6 * work
    assert checks.cost(trace, trace.id("x")) == 7 * 2 * work
    assert work == pytest.approx(len(trace.nodes), rel=0.01)
