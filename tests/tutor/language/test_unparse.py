"""Trees to text and back, and in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.language import parse, unparse, words
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Expression,
    Index,
    Keyword,
    Name,
    Number,
    Slice,
    Transpose,
    Unary,
    walk,
)
from tutor.language.unparse import unparse_with_spans

NAMES = ("x", "y", "w1", "W", "alpha", "dL_dw", "e", "T", "step", "l", "O0")

numbers = st.one_of(
    st.integers(0, 10**6).map(float),
    st.floats(0, 1e250, allow_nan=False, allow_subnormal=False),
)
whole = st.one_of(st.none(), st.integers(-9, 9))
slices = st.builds(Slice, whole, whole, st.sampled_from([None, None, -1, 2]))
leaves = st.one_of(st.builds(Number, numbers), st.builds(Name, st.sampled_from(NAMES)))
settings = st.sampled_from(
    [
        (),
        (Keyword("axis", 0),),
        (Keyword("axis", -1), Keyword("keepdims", True)),
        (Keyword("axis", (0, 1)),),
        (Keyword("axis", (1,)),),
        (Keyword("axis", None),),
    ]
)


def _larger(terms: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    one, two = st.tuples(terms), st.tuples(terms, terms)
    return st.one_of(
        st.builds(Unary, st.sampled_from(["-", "+"]), terms),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "@", "**"]), terms, terms),
        st.builds(Compare, st.sampled_from([">", "<", ">=", "<=", "==", "!="]), terms, terms),
        st.builds(Transpose, terms),
        st.builds(
            Index,
            terms,
            st.lists(st.one_of(st.integers(-99, 99), slices), min_size=1, max_size=3).map(tuple),
        ),
        st.builds(Call, st.sampled_from(["exp", "sigmoid", "softmax", "leaky_relu"]), one),
        st.builds(Call, st.sampled_from(["maximum", "matmul", "outer"]), two),
        st.builds(Call, st.just("sum"), one, settings),
        st.builds(Call, st.just("where"), st.tuples(terms, terms, terms)),
        st.builds(
            Call,
            st.just("einsum"),
            two,
            st.just((Keyword("pattern", "ij,jk->ik"),)),
        ),
        st.lists(terms.filter(lambda term: not isinstance(term, Array)), min_size=1, max_size=3)
        .map(tuple)
        .map(Array),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(leaves, _larger, max_leaves=15)


@given(expressions)
def test_a_tree_is_the_tree_of_its_text(tree: Expression) -> None:
    text = unparse(tree)
    assert parse(text, declared=NAMES).result == tree


@given(expressions)
def test_every_term_stands_where_it_says(tree: Expression) -> None:
    text, placed = unparse_with_spans(tree)
    assert [place.term for place in placed] == list(walk(tree))
    for place in placed:
        assert text[place.start : place.end] == unparse(place.term)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("((x+y))*z", "(x + y)*z"),
        ("2(a-y)^2/2", "2*(a - y)**2/2"),
        ("x-(y-z)", "x - (y - z)"),
        ("(x-y)-z", "x - y - z"),
        ("x/(y*z)", "x/(y*z)"),
        ("x*-y", "x*(-y)"),
        ("(-x)**2", "(-x)**2"),
        ("-(x**2)", "-x**2"),
        ("(x**y)**z", "(x**y)**z"),
        ("x**(y**z)", "x**y**z"),
        ("x**(-y)", "x**-y"),
        ("W^T@x", "W.T @ x"),
        ("(W@x)ᵀ", "(W @ x).T"),
        ("x[0:2,:,-1,::2]", "x[0:2, :, -1, ::2]"),
        ("[[1,2.50],[3,4e0]]", "[[1, 2.5], [3, 4]]"),
        ("1e-7x", "1e-07*x"),
        ("(x>0)*y", "(x > 0)*y"),
        ("ln(σ(x))", "log(sigmoid(x))"),
        ("sum(x,0)", "sum(x, axis=0)"),
        ("max(x,y)+max(x)", "maximum(x, y) + max(x)"),
        ("z=w*x+b;L=z²", "z = w*x + b; L = z**2"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert unparse(parse(text)) == normal


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("x + y", "x plus y"),
        ("(x + y)*z", "the quantity x plus y, end of quantity, times z"),
        ("z*(x + y)", "z times the quantity x plus y, end of quantity"),
        ("-x²", "minus x squared"),
        ("(a - y)**3/2", "the quantity a minus y, end of quantity, cubed divided by 2"),
        ("x**n", "x to the power n"),
        ("W.T @ x", "W transposed matrix times x"),
        ("sigmoid(w*x)", "sigmoid of the quantity w times x, end of quantity"),
        ("maximum(a, 0)", "maximum of a and 0"),
        ("sum(x, axis=0)", "sum of x, with axis 0"),
        ("x[-1, :]", "x at index minus 1, all"),
        ("x > 0", "x is greater than 0"),
        ("q = x + y; q*z", "q equals x plus y; q times z"),
        ("[1, 2]", "the array 1, 2, end of array"),
    ],
)
def test_words(text: str, spoken: str) -> None:
    assert words(parse(text)) == spoken


@given(expressions)
def test_words_hold_no_sign(tree: Expression) -> None:
    assert not set("+*/@()[]<>=^") & set(words(tree))


def test_a_tall_tree_is_no_trouble() -> None:
    text = " + ".join(["x"] * 200)
    assert unparse(parse(text)) == text
