"""Trees that simplify as they are made: the same value, in the signs that a person would use."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.judge.evaluate import value_of
from tutor.judge.worked import algebra
from tutor.judge.worked.closing import expanded
from tutor.judge.worked.sizes import Size, UnwritableError, broadcast, matrix_shape, shape_of
from tutor.judge.worked.sweep import tidied
from tutor.language.derivation import read_expression
from tutor.language.lines import Vocabulary
from tutor.language.tree import Binary, Expression, Name, Number, Unary
from tutor.language.unparse import unparse

VALUES = {"x": 1.3, "y": -0.7, "z": 2.9, "n": 5.0}
WORDS = Vocabulary(frozenset(VALUES))


def read(text: str) -> Expression:
    return read_expression(text, WORDS)


def tidy(text: str) -> str:
    return unparse(tidied(read(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1*x", "x"),
        ("x*1", "x"),
        ("0*x + y", "y"),
        ("--x", "x"),
        ("-(x - y)", "y - x"),
        ("-x + y", "y - x"),
        ("x - -y", "x + y"),
        ("x + x", "2*x"),
        ("x - x", "0"),
        ("x*x", "x**2"),
        ("x**2/x", "x"),
        ("x/x", "1"),
        ("x*y/(y*x)", "1"),
        ("2*x/2", "x"),
        ("x/2*2*y", "x*y"),
        ("x/3", "x/3"),
        ("x*0.5", "x/2"),
        ("-x*-y", "x*y"),
        ("x*-y", "-x*y"),
        ("x/(y/z)", "x*z/y"),
        ("x/y/z", "x/(y*z)"),
        ("x**1", "x"),
        ("x**0", "1"),
        ("x**-1", "1/x"),
        ("(x**2)**3", "x**6"),
        ("x*y + y*x", "2*x*y"),
        ("(x - y) - (x - z)", "z - y"),
        ("2*(x - y)", "2*(x - y)"),
        ("0.1*x", "0.1*x"),
        ("exp(x)*exp(x)", "exp(x)**2"),
    ],
)
def test_terms_are_tidied(text: str, expected: str) -> None:
    tidied_text = tidy(text)
    assert tidied_text in (expected, expected.replace("0.1*x", "x/10"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x/n - y/n", "(x - y)/n"),
        ("2*x - 2*y", "2*(x - y)"),
        ("x*y + x*z", "(y + z)*x"),
        ("x/2 + y/2", "(x + y)/2"),
        ("x + y", "x + y"),
        ("x", "x"),
    ],
)
def test_common_factors_are_taken_out(text: str, expected: str) -> None:
    assert unparse(algebra.factored(tidied(read(text)))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((1 - y)/(1 - x) - y/x)*x*(1 - x)", "x - y"),
        ("(x + y)*(x - y)", "x**2 - y**2"),
        ("x*(y/x - z)", "y - z*x"),
    ],
)
def test_products_are_multiplied_out(text: str, expected: str) -> None:
    assert unparse(expanded(tidied(read(text)))) == expected


def _trees() -> st.SearchStrategy[Expression]:
    leaves: st.SearchStrategy[Any] = st.one_of(
        st.sampled_from([Name(name) for name in VALUES]),
        st.sampled_from([Number(value) for value in (0.0, 1.0, 2.0, 3.0, 0.5)]),
    )

    def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.builds(Binary, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
            st.builds(lambda base, power: Binary("**", base, Number(power)), inner,
                      st.sampled_from([1.0, 2.0, 3.0])),
            st.builds(lambda operand: Unary("-", operand), inner),
        )  # fmt: skip

    return st.recursive(leaves, larger, max_leaves=12)


def value(tree: Expression) -> float:
    try:
        return float(value_of(tree, VALUES))
    except ZeroDivisionError:
        return math.nan


@given(_trees())
def test_simplifying_keeps_the_value(tree: Expression) -> None:
    before = value(tree)
    if not math.isfinite(before) or abs(before) > 1e6:
        return
    for simplify in (tidied, algebra.factored, expanded):
        made = simplify(tree)
        if "/ 0" not in unparse(made):
            assert value(made) == pytest.approx(before, rel=1e-6, abs=1e-6), unparse(made)


@given(_trees())
def test_what_is_simplified_reads_back(tree: Expression) -> None:
    made = tidied(tree)
    assert unparse(read(unparse(made))) == unparse(made)


def test_a_size_remembers_how_it_was_written() -> None:
    n, d = Size(5, Name("n")), Size(3, Name("d"))
    assert unparse((n * d).tree) == "n*d"
    assert unparse((1 * n).tree) == "n"
    assert unparse((n - d + 1).tree) == "n - d + 1"
    assert n * d == 15


def test_shapes_of_terms() -> None:
    n, d = Size(5, Name("n")), Size(3, Name("d"))
    known: dict[str, tuple[int, ...]] = {"x": (n, d), "y": (d,), "z": (n,), "n": ()}
    for text, shape in {
        "x @ y": (n,),
        "x.T @ z": (d,),
        "x + y": (n, d),
        "sum(x, axis=0)": (d,),
        "sum(x, axis=1, keepdims=True)": (n, 1),
        "outer(z, y)": (n, d),
        "diag(y)": (d, d),
        "softmax(x)/n": (n, d),
        "corr(z, y)": (3,),
        "conv_full(z, y)": (7,),
        "logsumexp(x)": (n,),
    }.items():
        assert shape_of(read(text), known) == shape
    with pytest.raises(UnwritableError):
        broadcast((n,), (d,))
    with pytest.raises(UnwritableError):
        matrix_shape((n, d), (n,))
