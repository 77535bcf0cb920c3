"""Precedence is Python's: the same text, read by Python and by the language, gives one number."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.language import parse
from tutor.language.tree import Binary, Compare, Expression, Number, Unary

SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
PYTHON = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.Gt: ">",
    ast.Lt: "<",
    ast.GtE: ">=",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def work_out(sign: str, left: float, right: float) -> float:
    try:
        result = SIGNS[sign](left, right)
    except (ZeroDivisionError, OverflowError):
        return math.nan
    return math.nan if isinstance(result, complex) else float(result)


def ours(term: Expression) -> float:
    match term:
        case Number():
            return term.value
        case Unary():
            return -ours(term.operand) if term.sign == "-" else ours(term.operand)
        case Binary():
            return work_out(term.sign, ours(term.left), ours(term.right))
        case Compare():
            return work_out(term.relation, ours(term.left), ours(term.right))
        case _:
            raise AssertionError(term)


def pythons(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub()):
            return -pythons(node.operand)
        case ast.UnaryOp():
            return pythons(node.operand)
        case ast.BinOp():
            return work_out(PYTHON[type(node.op)], pythons(node.left), pythons(node.right))
        case ast.Compare(ops=[relation], comparators=[right]):
            return work_out(PYTHON[type(relation)], pythons(node.left), pythons(right))
        case _:
            raise AssertionError(ast.dump(node))


numbers = st.sampled_from(["1", "2", "3", "0.5", "7", "1.5e0", ".25", "10."])
signs = st.sampled_from(["+", "-", "*", "/", "**", " + ", " - ", " ** "])


def larger(terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}{}{}".format, terms, signs, terms),
        st.builds("{}{}{}{}{}".format, terms, signs, terms, signs, terms),
        st.builds("-{}".format, terms),
        st.builds("({})".format, terms),
        st.builds("({} > {})".format, terms, terms),
    )


@given(st.recursive(numbers, larger, max_leaves=12))
def test_as_python(text: str) -> None:
    expected = pythons(ast.parse(text, mode="eval").body)
    assert ours(parse(text).result) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2(3 + 4)", 14),
        ("1/2(6)", 3),
        ("6/2(1 + 2)", 9),
        ("2**3(2)", 16),
        ("2*3²", 18),
        ("(1 + 1)(2 + 1)²", 18),
        ("-2²", -4),
        ("2^3^2", 512),
        ("1 − 2 − 3", -4),
        ("2·3 × 4 ⊙ 5", 120),
        ("(3 > 2) + (2 > 3)", 1),
        ("3 > 2 + 2", 0),
    ],
)
def test_beyond_python(text: str, value: float) -> None:
    assert ours(parse(text).result) == value
