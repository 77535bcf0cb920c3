"""Texts and the trees that they are."""

from __future__ import annotations

import pytest

from tutor.language import parse
from tutor.language.tree import (
    Array,
    Binary,
    Compare,
    Expression,
    Index,
    Name,
    Number,
    Slice,
    Statement,
    Transpose,
    Unary,
    walk,
)

a, b, x, y, z = (Name(name) for name in "abxyz")


def times(left: Expression, right: Expression) -> Binary:
    return Binary("*", left, right)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x", x),
        ("2.5e-3", Number(0.0025)),
        ("(x)", x),
        ("x + y*z", Binary("+", x, times(y, z))),
        ("(x + y)*z", times(Binary("+", x, y), z)),
        ("x - y - z", Binary("-", Binary("-", x, y), z)),
        ("x/y*z", times(Binary("/", x, y), z)),
        ("x @ y * z", times(Binary("@", x, y), z)),
        ("x**y**z", Binary("**", x, Binary("**", y, z))),
        ("x^2", Binary("**", x, Number(2))),
        ("x²", Binary("**", x, Number(2))),
        ("2x³", times(Number(2), Binary("**", x, Number(3)))),
        ("-x**2", Unary("-", Binary("**", x, Number(2)))),
        ("-x²", Unary("-", Binary("**", x, Number(2)))),
        ("x**-y", Binary("**", x, Unary("-", y))),
        ("x**-y**z", Binary("**", x, Unary("-", Binary("**", y, z)))),
        ("-x*y", times(Unary("-", x), y)),
        ("x*-y", times(x, Unary("-", y))),
        ("--x", Unary("-", Unary("-", x))),
        ("+x", Unary("+", x)),
        ("2(x - y)", times(Number(2), Binary("-", x, y))),
        ("(x)(y)", times(x, y)),
        ("a(1 - a)", times(a, Binary("-", Number(1), a))),
        ("(a)x", times(a, x)),
        ("2x", times(Number(2), x)),
        ("2 x", times(Number(2), x)),
        ("a²(b)", times(Binary("**", a, Number(2)), b)),
        ("x²y", times(Binary("**", x, Number(2)), y)),
        ("x[0](y)", times(Index(x, (0,)), y)),
        ("1/2(a - y)", times(Binary("/", Number(1), Number(2)), Binary("-", a, y))),
        ("2**3x", times(Binary("**", Number(2), Number(3)), x)),
        ("-2x", times(Unary("-", Number(2)), x)),
        ("x > y + z", Compare(">", x, Binary("+", y, z))),
        ("(x >= 0)*y", times(Compare(">=", x, Number(0)), y)),
        ("x == y", Compare("==", x, y)),
        ("x.T @ y", Binary("@", Transpose(x), y)),
        ("x^T @ y", Binary("@", Transpose(x), y)),
        ("xᵀ @ y", Binary("@", Transpose(x), y)),
        ("(x @ y)ᵀ", Transpose(Binary("@", x, y))),
        ("-x.T**2", Unary("-", Binary("**", Transpose(x), Number(2)))),
        ("x[0]", Index(x, (0,))),
        ("x[-1]", Index(x, (-1,))),
        ("x[1, 2]", Index(x, (1, 2))),
        ("x[0:2]", Index(x, (Slice(0, 2),))),
        ("x[:, 1]", Index(x, (Slice(), 1))),
        ("x[::-1]", Index(x, (Slice(None, None, -1),))),
        ("x[1:, :-1]", Index(x, (Slice(1), Slice(None, -1)))),
        ("x.T[0]**2", Binary("**", Index(Transpose(x), (0,)), Number(2))),
        ("[1, 2, 3]", Array((Number(1), Number(2), Number(3)))),
        ("[[1, 2], [3, x]]", Array((Array((Number(1), Number(2))), Array((Number(3), x))))),
        ("[1, 2,]", Array((Number(1), Number(2)))),
        ("x # a comment", x),
        ("(x\n + y)", Binary("+", x, y)),
    ],
)
def test_trees(text: str, tree: Expression) -> None:
    assert parse(text).result == tree


def test_statements() -> None:
    program = parse("z = a*x + b; # the sum\n\nL = (z - y)**2/2\n")
    assert [statement.name for statement in program.statements] == ["z", "L"]
    assert program.statements[0] == Statement("z", Binary("+", times(a, x), b))
    assert program.inputs == ("a", "x", "b", "y")
    assert program.result_name == "L"


def test_a_last_expression_has_no_name() -> None:
    program = parse("q = x + y; q*z")
    assert program.result_name is None
    assert program.result == times(Name("q"), z)
    assert program.inputs == ("x", "y", "z")


def test_inputs_come_in_order_of_first_appearance() -> None:
    assert parse("z*y + x*z").inputs == ("z", "y", "x")


def test_subscripts_are_digits_of_the_name() -> None:
    assert parse("x₁₂ + x12").inputs == ("x12",)


def test_a_declared_name_wins_over_a_function() -> None:
    tree = parse("step(x - 1)", declared=["step"]).result
    assert tree == times(Name("step"), Binary("-", x, Number(1)))
    assert parse("exp = 2; exp(x)").result == times(Name("exp"), x)


def test_a_declared_T_is_a_power() -> None:
    assert parse("x^T", declared=["T"]).result == Binary("**", x, Name("T"))
    assert parse("x**T").result == Binary("**", x, Name("T"))
    assert parse("T = 2; x^T(y)").result == times(Binary("**", x, Name("T")), y)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("(x + y)*z", ["(x + y)*z", "x + y", "x", "y", "z"]),
        ("z*((x) + y)", ["z*((x) + y)", "z", "(x) + y", "x", "y"]),
        ("2(x - y)²", ["2(x - y)²", "2", "(x - y)²", "x - y", "x", "y", "²"]),
        (" - (x)", ["- (x)", "x"]),
        ("(x)(y) ", ["(x)(y)", "x", "y"]),
        ("(x > y)*z", ["(x > y)*z", "x > y", "x", "y", "z"]),
        ("(x @ y).T[0]", ["(x @ y).T[0]", "(x @ y).T", "x @ y", "x", "y"]),
        ("[x, (y)]", ["[x, (y)]", "x", "y"]),
        ("x₁ − y", ["x₁ − y", "x₁", "y"]),
        ("(x)**(-y)", ["(x)**(-y)", "x", "-y", "y"]),
    ],
)
def test_spans(text: str, spans: list[str]) -> None:
    terms = walk(parse(text).result)
    assert [text[term.start : term.end] for term in terms] == spans


def test_spans_count_from_the_start_of_the_program() -> None:
    text = "z = w*x;\nL = z²"
    program = parse(text)
    second = program.statements[1]
    assert text[second.start : second.end] == "L = z²"
    assert text[second.expression.start : second.expression.end] == "z²"


def test_an_implied_product_is_marked_and_equal() -> None:
    implied = parse("2x").result
    assert isinstance(implied, Binary)
    assert implied.implied
    assert implied == parse("2*x").result


def test_a_long_sum_is_deep_and_no_trouble() -> None:
    program = parse("+".join(["x"] * 200))
    assert sum(1 for _ in walk(program.result)) == 399


def test_sixty_four_levels_are_read() -> None:
    assert parse("(" * 64 + "x" + ")" * 64).result == x
