"""Cells: widths, cuts, and what is never drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.layout import text_width
from tutor.layout.cells import fit, to_cells, window


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("∂f/∂x", 5), ("重み", 4), ("e\u0301", 1), ("\u200b", 0), ("\x1b", 1), ("🙂", 2)],
)
def test_widths(text: str, width: int) -> None:
    assert text_width(text) == width


@given(st.text())
def test_nothing_that_moves_the_cursor_gets_through(text: str) -> None:
    drawn = "".join(to_cells(text, ascii_only=False))
    assert not any(
        char < " " or "\x7f" <= char < "\xa0" or char in "\u2028\u2029" for char in drawn
    )
    assert not any("\u202a" <= char <= "\u202e" or char == "\u200d" for char in drawn)


@given(st.text())
def test_ascii_twins_have_the_same_width(text: str) -> None:
    twin = to_cells(text, ascii_only=True)
    assert "".join(twin).isascii()
    assert len(twin) <= text_width(text)
    assert len("".join(twin)) == len(twin)


@given(st.text("ab重み\u0301"), st.integers(0, 9))
def test_a_cut_text_fits_and_halves_nothing(text: str, width: int) -> None:
    whole = to_cells(text, ascii_only=False)
    cut = fit(whole, width, "…")
    assert len(cut) <= width
    assert cut == whole or width == 0 or cut[-1] == "…"
    assert text_width("".join(cut)) == len(cut)


@given(st.text("ab重み"), st.integers(0, 9), st.integers(0, 9))
def test_a_window_is_as_wide_as_asked(text: str, start: int, length: int) -> None:
    whole = to_cells(text, ascii_only=False)
    part = window(whole, start, start + length)
    assert text_width("".join(part)) == len(part) == len(whole[start : start + length])
