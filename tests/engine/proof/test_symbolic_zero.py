"""The exact test for 0: it knows its identities, and calls nothing 0 that is not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import cos, cosh, erf, exp, log, pi, sin, sinh, sqrt, tanh

from engine.arrays.symbol_values import value_at
from engine.proof.symbolic_quotients import Budget, OutOfBudgetError
from engine.proof.symbolic_zero import ZeroTest

x, y, z, b = sympy.symbols("x y z b", real=True)
p, q = sympy.symbols("p q", positive=True)
half = sympy.Rational(1, 2)
sigmoid = 1 / (1 + exp(-x))
spread = sqrt((x - y) ** 2 + (y - z) ** 2 + sympy.Rational(1, 1000))


@pytest.mark.parametrize(
    "zero",
    [
        x - x,
        (x + y) ** 3 - x**3 - 3 * x**2 * y - 3 * x * y**2 - y**3,
        sigmoid - exp(x) / (1 + exp(x)),
        sympy.diff(sigmoid, x) - sigmoid * (1 - sigmoid),
        sympy.diff(tanh(x * y), x) - y / cosh(x * y) ** 2,
        sinh(2 * x) - 2 * sinh(x) * cosh(x),
        exp(x + y) - exp(x) * exp(y),
        exp(x / 2) ** 2 - exp(x),
        exp(x + y / spread) - exp(y / spread) * exp(x),
        sin(x) ** 4 - (1 - cos(x) ** 2) ** 2,
        p ** (b - 1) * p - p**b,
        p**b - exp(b * log(p)),
        sympy.diff(p**b, b) - p**b * log(p),
        sqrt(p) ** 3 - p * sqrt(p),
        1 / sqrt(p) - sqrt(p) / p,
        spread * spread - (x - y) ** 2 - (y - z) ** 2 - sympy.Rational(1, 1000),
        1 / spread**3 - spread / (spread**2) ** 2,
        log(p * q) - log(p) - log(q),
        log(1 + exp(x)) - x - log(1 + exp(-x)),
        log(p / (p + q)) + log(1 + q / p),
        (p + q) ** sympy.Rational(7, 5) - ((p + q) ** sympy.Rational(7, 10)) ** 2,
        sqrt(p + q) * (p + q) ** sympy.Rational(1, 3) - (p + q) ** sympy.Rational(5, 6),
        sqrt(6) - sqrt(2) * sqrt(3),
        sympy.diff(erf(x / sqrt(2)), x) - sqrt(2 / pi) * exp(-(x**2) / 2),
        exp(log(p) * 3) - p**3,
        (x**2 - y**2) / (x - y) - x - y,
    ],
)
def test_what_is_0_is_reduced_to_0(zero: Any) -> None:
    assert ZeroTest().vanishes(zero)


@pytest.mark.parametrize(
    "other",
    [
        x,
        sympy.Integer(1),
        sympy.Rational(1, 10**12),
        sigmoid - 1 / (1 + exp(x)),
        sqrt(x**2) - x,
        log(x**2) - 2 * log(x),
        exp(x) - exp(y),
        sin(x) - cos(x),
        p**b - p ** (b + 1),
        sympy.Piecewise((x, x > 0), (0, True)),
        x / y - y / x,
    ],
)
def test_what_is_not_0_is_not_called_0(other: Any) -> None:
    assert not ZeroTest().vanishes(other)


def test_one_test_decides_many_expressions() -> None:
    test = ZeroTest()
    answers = [test.vanishes(e) for e in (exp(x) - exp(x), exp(x) - 1, tanh(x) - sinh(x) / cosh(x))]
    assert answers == [True, False, True]


def test_a_proof_costs_no_more_than_its_budget() -> None:
    large = (x + y + z + exp(x) + exp(y) + p) ** 12 - 1
    with pytest.raises(OutOfBudgetError, match="the expressions are too large"):
        ZeroTest(Budget(steps=1000)).vanishes(large)
    with pytest.raises(OutOfBudgetError, match="not decided within 0 seconds"):
        ZeroTest(Budget(seconds=0.0)).vanishes(large)
    with pytest.raises(OutOfBudgetError, match="a power of 1000"):
        ZeroTest().vanishes((x + y) ** 1000 - 1)


leaves = st.sampled_from([x, y, p, sympy.Integer(2), half])


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda t: t[0] + t[1]),
        pair.map(lambda t: t[0] * t[1]),
        inner.map(lambda e: 1 / (1 + exp(e))),
        inner.map(sin),
        inner.map(tanh),
        inner.map(lambda e: sqrt(e**2 + 1)),
    )


expressions = st.recursive(leaves, grown, max_leaves=5)


@pytest.mark.long
@given(expressions, expressions)
def test_a_verdict_never_contradicts_the_numbers(first: Any, second: Any) -> None:
    point = {x: 0.37, y: -0.81, p: 1.3}
    difference = first - second
    if ZeroTest().vanishes(difference):
        assert value_at(difference, point) == pytest.approx(0.0, abs=1e-9)


@given(expressions)
def test_the_same_expression_written_out_is_the_same(e: Any) -> None:
    assert ZeroTest().vanishes(sympy.expand(e) - e)
