from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.language.boxes import HIGHEST, drawn, drawn_line, marked
from tutor.language.derivation import read_line
from tutor.language.errors import LanguageError
from tutor.language.lines import Line, Vocabulary
from tutor.language.tree import walk

NAMES = Vocabulary(frozenset("w x b y z a L W X W1 p".split()), frozenset("n"), {}, "L")


def line(text: str) -> Line:
    read = read_line(text, NAMES)
    assert read is not None
    return read


def test_a_derivative_is_a_fraction() -> None:
    assert drawn_line(line("dL/dw = 2(a - y)*x"), 60).text == (" ∂L\n──── = 2·(a − y)·x\n ∂w")


def test_ascii_alone() -> None:
    box = drawn_line(line("dL/dW1 = X.T @ (p - y)/n"), 60, ascii=True)
    assert box.text.isascii()
    assert box.text == (
        "          T\n dL      X  @ (p - y)\n----- = --------------\n dW1          n"
    )


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        ("x**2", "x²"),
        ("x**n", " n\nx"),
        ("exp(-z)", " −z\ne"),
        ("exp(z)**2", "    2\n⎛ z⎞\n⎝e ⎠"),
        ("exp(z/2)**2", "        2\n   ⎛ z ⎞\nexp⎜───⎟\n   ⎝ 2 ⎠"),
        ("sqrt(z)**2", "    2\n⎛ _⎞\n⎝√z⎠"),
        ("sigma'(z)", "σ′(z)"),
        ("abs(x)", "|x|"),
        ("sqrt(x)", " _\n√x"),
        ("sum(X, axis=0)", "Σ(X, axis=0)"),
        ("W.T", "Wᵀ"),
        ("(x + y).T", "(x + y)ᵀ"),
        ("x - (y - z)", "x − (y − z)"),
        ("-(x + y)", "−(x + y)"),
        ("W @ x", "W @ x"),
        ("(x > 0)*a", "(x > 0)·a"),
        ("x/y", " x\n───\n y"),
        ("(x/y)**2", "     2\n⎛ x ⎞\n⎜───⎟\n⎝ y ⎠"),
        ("W1", "W₁"),
    ],
)
def test_pictures(text: str, picture: str) -> None:
    assert drawn_line(line(text), 60).text == picture


def test_the_cells_of_a_spot() -> None:
    text = "dL/dw = 2(a - y)*sigma'(a)*x"
    box = drawn_line(line(text), 60)
    start = text.index("sigma'")
    cells = marked(box, start, start + len("sigma'(a)"))
    assert {y for y, _ in cells} == {box.baseline}
    assert "".join(box.rows[y][x] for y, x in sorted(cells)) == "σ′(a)"


def test_a_long_line_goes_on_below() -> None:
    box = drawn_line(line("dL/dw = (a - y)*x = (z - y)*x = (z - y)*(x + w)"), 30)
    assert box.width <= 30
    assert box.text.count(" = ") == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1/(x + ", ")"),
        ("exp(", ")"),
        ("x**(", ")"),
        ("sqrt(", ")"),
        ("abs(x/", ")"),
        ("1 - (", "/x)"),
    ],
)
def test_what_is_nested_deeply_is_drawn_at_once_and_not_too_high(before: str, after: str) -> None:
    """A part that was drawn again for each way to draw the whole took twice as long a level."""
    box = drawn_line(line(before * 28 + "x" + after * 28), 80)
    assert box.height <= 2 * HIGHEST


@given(st.text("wxyzaL()+-*/@^.T' 2dsumexpqrt,", max_size=30))
def test_every_line_that_can_be_read_can_be_drawn(text: str) -> None:
    try:
        read = read_line(text, NAMES)
    except LanguageError:
        return
    if read is None:
        return
    for ascii in (False, True):
        box = drawn_line(read, 40, ascii=ascii)
        assert len(box.rows) == len(box.owners)
        assert {len(row) for row in box.rows} == {len(row) for row in box.owners} == {box.width}
        assert 0 <= box.baseline < box.height
        assert not ascii or box.text.isascii()


def test_every_term_has_cells_of_its_own() -> None:
    term = line("dL/dw*(x + y)/(1 + exp(-z))**2 + sqrt(a)*W.T @ x").sides[0].expression
    box = drawn(term)
    owners = {id(owner) for row in box.owners for owner in row}
    missing = [one for one in walk(term) if id(one) not in owners]
    # What stands raised over its base has no sign of its own.
    assert all(type(one).__name__ in ("Binary", "Call") for one in missing)
