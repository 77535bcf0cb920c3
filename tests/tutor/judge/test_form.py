"""Whether an answer is worked out, and whether two terms are the same in form."""

from __future__ import annotations

import pytest

from tutor.judge.form import Forms, constant_of, expanded, names_in, same_form
from tutor.judge.graph import Graph, compiled
from tutor.language.derivation import forward_program, read_expression
from tutor.language.lines import Vocabulary
from tutor.language.tree import Derivative, Expression

NAMES = "a b c w x z n".split()
VOCABULARY = Vocabulary(frozenset([*NAMES, "L", "t", "u"]), frozenset(), {}, "L")


def term(text: str) -> Expression:
    return read_expression(text, VOCABULARY)


def graph() -> Graph:
    return compiled(
        ["w", "x"], [], forward_program(["z = w*x", "a = tanh(z)", "L = a"], ["w", "x"])
    )


def forms(backprop: bool = False) -> Forms:
    return Forms(graph(), Derivative("L", "w"), backprop)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a + b + c", "c + (b + a)"),
        ("a - b", "-b + a"),
        ("-(a + b)", "-a - b"),
        ("a*b*2", "2*b*a"),
        ("a/2", "0.5*a"),
        ("1/4", "0.25"),
        ("-a*b", "-(b*a)"),
        ("a/(b*c)", "a/b/c"),
        ("(1 - a)*x", "x*(1 - a)"),
        ("2*x - a*b", "-(b*a) + x*2"),
        ("sum(a*b)", "sum(b*a)"),
        ("max(a, b)", "max(b, a)"),
        ("+a", "a"),
        ("-(a - b)*x", "x*(b - a)"),
        ("w**2", "w*w"),
        ("a.T @ (b + c)", "a.T @ (c + b)"),
        ("(a > b)*x", "x*(a > b)"),
    ],
)
def test_the_same_in_form(one: str, other: str) -> None:
    assert same_form(term(one), term(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a - b", "b - a"),
        ("a + b", "a*b"),
        ("a @ b", "b @ a"),
        ("a*b + a*c", "a*(b + c)"),
        ("a/b", "b/a"),
        ("a**2", "a**3"),
        ("sigmoid(z)", "1/(1 + exp(-z))"),
        ("1/4", "1/5"),
        ("a > b", "a < b"),
        ("sum(a, axis=0)", "sum(a)"),
        ("a/0", "b/0"),
    ],
)
def test_not_the_same_in_form(one: str, other: str) -> None:
    assert not same_form(term(one), term(other))


def test_numbers_are_folded() -> None:
    assert constant_of(term("-(3 - 1)/4")) == -0.5
    assert constant_of(term("2*a")) is None
    assert constant_of(term("1/0")) is None


def test_closed_needs_every_derivative_worked_out_above() -> None:
    found = forms()
    found.derived(Derivative("L", "w"), term("dL/dz*x"))
    assert found.missing == "unresolved"
    found.derived(Derivative("L", "z"), term("dL/da*(1 - a**2)"))
    found.derived(Derivative("L", "a"), term("1"))
    found.derived(Derivative("L", "w"), term("dL/dz*x"))
    assert found.missing == "unresolved"
    found.derived(Derivative("L", "z"), term("dL/da*(1 - a**2)"))
    found.derived(Derivative("L", "w"), term("dL/dz*x"))
    assert found.missing is None


def test_an_own_symbol_is_as_open_as_what_it_is() -> None:
    found = forms()
    found.define("t", term("dL/dz"))
    found.define("u", term("t*x"))
    found.derived(Derivative("L", "w"), term("u"))
    assert found.missing == "unresolved"
    found.derived(Derivative("L", "z"), term("1 - a**2"))
    found.derived(Derivative("L", "w"), term("u"))
    assert found.missing is None


def test_circles_are_seen_through_other_lines() -> None:
    found = forms()
    found.derived(Derivative("L", "z"), term("dL/dw/x"))
    found.derived(Derivative("L", "w"), term("dL/dz*x"))
    assert found.missing == "circular"


def test_the_form_of_back_propagation_leaves_gradients_of_later_nodes() -> None:
    for text, missing in [
        ("dL/dz*x", None),
        ("dL/da*(1 - a**2)*x", None),
        ("dL/da*da/dz*x", "unresolved"),
        ("dL/dx*x/w", "unresolved"),
        ("dL/dw", "circular"),
    ]:
        found = forms(backprop=True)
        found.derived(Derivative("L", "w"), term(text))
        assert found.missing == missing, text


def test_definitions_are_put_in() -> None:
    own = {"t": term("a + b"), "u": term("t*x")}
    assert expanded(term("sum(u) - t"), own) == term("sum((a + b)*x) - (a + b)")
    assert names_in([term("u*dL/dz")]) == {"u", "L", "z"}


def test_definitions_that_double_each_time_stay_names() -> None:
    own = {"t": term("a + a")}
    for i in range(60):
        own[f"t{i}"] = read_expression("b*b", VOCABULARY)
    own["u"] = term("+".join(["t"] * 200))
    assert expanded(term("u + t"), own) == term("u + t")
    assert expanded(term("t + t"), own) == term("(a + a) + (a + a)")
