from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.debugger.stops.conditions import (
    HELP,
    Bare,
    Changed,
    Condition,
    Field,
    Happens,
    Is,
    Joined,
    Not,
    Number,
    Place,
    Quantity,
    Relation,
)
from tutor.debugger.stops.parser import parse_condition, parse_quantity
from tutor.language import LanguageError

_WORDS = (
    "value grad |grad| and or not is nan finite ( ) [ ] , 3 -1.5 1e6 > < >= = != norm( abs( W1 op "
    "log scope line changed shape grad(W) updated written kind : ' ≤ | 0"
).split()


def quantity(held: str = "value", node: str | None = None, *wraps: str) -> Quantity:
    return Quantity(held, node, None, wraps, "some", 0, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("value > 1e6", Relation(quantity(), ">", Number(1e6, 0, 0), 0, 0)),
        ("|grad| >= 10", Relation(quantity("grad", None, "abs"), ">=", Number(10, 0, 0), 0, 0)),
        ("abs(grad) ≥ 10", Relation(quantity("grad", None, "abs"), ">=", Number(10, 0, 0), 0, 0)),
        ("local ≤ −0.5", Relation(quantity("local"), "<=", Number(-0.5, 0, 0), 0, 0)),
        ("value ≠ 0", Relation(quantity(), "!=", Number(0, 0, 0), 0, 0)),
        ("value == 0", Relation(quantity(), "=", Number(0, 0, 0), 0, 0)),
        ("3 < upstream", Relation(Number(3, 0, 0), "<", quantity("upstream"), 0, 0)),
        ("grad is inf", Is(quantity("grad"), "inf", 0, 0)),
        ("value is not finite", Not(Is(quantity(), "finite", 0, 0), 0, 0)),
        ("shape = (3, 4)", Field("shape", "=", (3, 4), 0, 0)),
        ("shape != ()", Field("shape", "!=", (), 0, 0)),
        ("name = W1", Field("name", "=", "W1", 0, 0)),
        ("name = 0.5", Field("name", "=", "0.5", 0, 0)),
        ("line > 12", Field("line", ">", 12.0, 0, 0)),
        ("kind = contribution", Field("kind", "=", "contribution", 0, 0)),
        ("from = h_2", Field("from", "=", "h_2", 0, 0)),
        ("changed", Changed(0, 0)),
        ("op log", Place("op", "log", None, 0, 0)),
        ("line 12", Place("line", 12, None, 0, 0)),
        ("loss.py:12", Place("line", 12, "loss.py", 0, 0)),
        ("scope net.layer1", Place("scope", "net.layer1", None, 0, 0)),
        ("W1", Bare("W1", 0, 0)),
        ("'op'", Bare("op", 0, 0)),
        ("op", Bare("op", 0, 0)),
        ("W1 updated", Happens("W1", "updated", 0, 0)),
        ("grad(W1)", Happens("W1", "written", 0, 0)),
        ("grad(W1) complete", Happens("W1", "complete", 0, 0)),
        ("W1 written", Happens("W1", "written", 0, 0)),
        ("value(h)", Happens("h", "computed", 0, 0)),
        ("norm(grad(W)) > 1", Relation(quantity("grad", "W", "norm"), ">", Number(1, 0, 0), 0, 0)),
        ("θ_2 < 0", Relation(quantity("value", "θ_2"), "<", Number(0, 0, 0), 0, 0)),
    ],
)
def test_what_is_written_is_what_is_read(text: str, tree: Condition) -> None:
    assert parse_condition(text) == tree


def test_and_binds_more_tightly_than_or_and_brackets_decide() -> None:
    a, b, c = Bare("a", 0, 0), Bare("b", 0, 0), Bare("c", 0, 0)
    both = Joined("and", (b, c), 0, 0)
    assert parse_condition("a or b and c") == Joined("or", (a, both), 0, 0)
    either = Joined("or", (a, b), 0, 0)
    assert parse_condition("(a or b) and c") == Joined("and", (either, c), 0, 0)
    assert parse_condition("not a and b") == Joined("and", (Not(a, 0, 0), b), 0, 0)
    assert parse_condition("0 < value < 1") == parse_condition("0 < value and value < 1")


def test_pieces_know_where_they_stand() -> None:
    tree = parse_condition("op = log and |grad| > 10")
    assert isinstance(tree, Joined)
    assert [(part.start, part.end) for part in tree.parts] == [(0, 8), (13, 24)]


def test_an_index_a_quantifier_and_several_wraps() -> None:
    assert parse_condition("all(|grad(W)[0, -1]|) > 3") == Relation(
        Quantity("grad", "W", (0, -1), ("abs",), "all", 0, 0), ">", Number(3, 0, 0), 0, 0
    )


@pytest.mark.parametrize(
    ("text", "reason", "message", "span"),
    [
        ("", "empty_input", "there is no condition here", (0, 0)),
        ("grad", "syntax_error", "expected a relation, but the text ends", (4, 4)),
        ("value >", "syntax_error", "expected a quantity, a name or a number", (7, 7)),
        ("value > nan", "syntax_error", "expected a number, found nan (write: is nan)", (8, 11)),
        ("value is 3", "syntax_error", "write = to compare with a number", (9, 10)),
        ("shape > (3,)", "bad_arguments", "shape is compared with = or !=", (6, 7)),
        ("shape = 3", "syntax_error", "expected a shape such as (3, 4), found 3", (8, 9)),
        ("kind = late", "unknown_name", "late is no kind of event", (7, 11)),
        ("3 > 4", "bad_arguments", "two numbers are no condition", (0, 5)),
        ("3 is nan", "bad_arguments", "a number is what it is", (0, 1)),
        ("(value > 3", "syntax_error", "but the text ends", (10, 10)),
        ("value > 3)", "syntax_error", "expected and, or, or the end, found )", (9, 10)),
        ("|grad > 3", "syntax_error", 'expected "|" to close', (6, 7)),
        ("a & b", "bad_character", "U+0026 (&) has no place in a condition (write and)", (2, 3)),
        ("a \x1b b", "bad_character", "U+001B has no place", (2, 3)),
        ("delta(W) > 3", "unknown_name", "write grad(...)", (0, 5)),
        ("amount(W) > 3", "bad_arguments", "write from = W and amount", (0, 9)),
        ("grad(W) computed", "bad_arguments", "a gradient is not computed", (8, 16)),
        ("norm(all(grad)) > 3", "bad_arguments", "stands outside", (0, 15)),
        ("min(norm(grad)) > 3", "bad_arguments", "of one number", (0, 15)),
        ("0 < all(grad)", "bad_arguments", "stands on the left", (4, 13)),
        ("line = 1.5", "syntax_error", "whole number", (7, 10)),
        ("value > 1e999", "number_too_large", "write: value is inf", (8, 13)),
        ("'W > 3", "syntax_error", "never closed", (0, 1)),
        ("value > -W", "syntax_error", "a number after the minus", (9, 10)),
        ("op and", "syntax_error", "but the text ends", (6, 6)),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_stands(
    text: str, reason: str, message: str, span: tuple[int, int]
) -> None:
    with pytest.raises(LanguageError) as refused:
        parse_condition(text)
    assert refused.value.reason == reason
    assert message in str(refused.value)
    assert (refused.value.start, refused.value.end) == span
    assert refused.value.text == text


def test_long_and_deep_texts_are_refused() -> None:
    with pytest.raises(LanguageError, match="at most 500"):
        parse_condition("W or " * 101)
    with pytest.raises(LanguageError, match="more than 32 brackets"):
        parse_condition("(" * 40 + "W" + ")" * 40)
    with pytest.raises(LanguageError, match="more than 32 brackets"):
        parse_condition("not " * 40 + "W")


@given(st.text(max_size=30) | st.lists(st.sampled_from(_WORDS), max_size=8).map(" ".join))
def test_whatever_is_typed_the_only_error_is_a_language_error(text: str) -> None:
    refused = None
    try:
        parse_condition(text)
    except LanguageError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.start <= refused.end <= len(text)
        assert refused.message
        assert "\n" not in str(refused)
        assert str(refused).isprintable()


def test_every_example_of_the_help_can_be_read() -> None:
    for line in HELP.splitlines():
        assert parse_condition(line[:25].strip())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "a number does not change"),
        ("grad", "of which node?"),
        ("all(grad(W))", "no number that could be watched"),
        ("grad(W) > 3", "expected the end of what is watched, found >"),
    ],
)
def test_what_cannot_be_watched_is_refused(text: str, message: str) -> None:
    with pytest.raises(LanguageError) as refused:
        parse_quantity(text)
    assert message in str(refused.value)
