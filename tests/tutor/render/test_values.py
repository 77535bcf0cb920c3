from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tutor.render.values import heat, heat_size, inline, span, table

ARRAYS = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=9),
    elements=st.floats(-1e6, 1e6) | st.sampled_from([0.0, math.nan, math.inf]),
)


def test_inline() -> None:
    assert inline(-0.5) == "−0.5"
    assert inline(None) == "—"
    assert inline(np.array([1.0, -2.0])) == "[1, −2]"
    assert inline(np.array([[1.0], [2.0]]), ascii=True) == "[[1], [2]]"
    assert inline(np.linspace(-1, 2, 20)) == "(20,) from −1 to 2"
    assert inline(np.zeros((4, 5))) == "(4, 5) all 0"
    assert inline(np.float32(0.5)) == "0.5"


def test_span_counts_what_is_not_finite() -> None:
    assert span(np.array([1.0, math.nan, math.inf])) == "from 1 to 1, 2 not finite"
    assert span(np.array([math.nan])) == "1 not finite"
    assert span(np.zeros(0)) == "empty"


@given(ARRAYS, st.integers(1, 4), st.integers(1, 6), st.booleans())
def test_a_heat_map_has_its_size_whatever_the_values(
    array: np.ndarray, rows: int, columns: int, ascii: bool
) -> None:
    cells = heat(array, rows, columns, ascii=ascii)
    assert (len(cells), len(cells[0])) == heat_size(array.shape, rows, columns)
    for cell in (cell for row in cells for cell in row):
        assert len(cell.text) == 2
        assert cell.text.isascii() or not ascii
        assert cell.level is None or -4 <= cell.level <= 4
        if cell.level:
            assert cell.text[0] == ("+" if cell.level > 0 else "-" if ascii else "−")


def test_heat_levels_are_shares_of_the_largest() -> None:
    (row,) = heat(np.array([1.0, -0.5, 0.1, 0.0, math.nan]), 1, 5)
    assert [(cell.text, cell.level) for cell in row] == [
        ("+█", 4),
        ("−▒", -2),
        ("+░", 1),
        (" ·", 0),
        ("!!", None),
    ]


def test_a_heat_map_of_many_entries_shows_the_largest_of_each_block() -> None:
    array = np.zeros((10, 10))
    array[0, 0], array[9, 9] = -2, 1
    cells = heat(array, 2, 2)
    assert [[cell.level for cell in row] for row in cells] == [[-4, 0], [0, 2]]


def test_tables_are_aligned_and_say_what_they_leave_out() -> None:
    assert table(np.array([[1.0, -20.5], [300.0, 4.0]])) == ["  1  −20.5", "300      4"]
    assert table(np.array([1.0, 2.0])) == ["1  2"]
    assert table(np.array([0.1, 1 / 3]), full=True, ascii=True) == ["0.1  0.3333333333333333"]
    wide = table(np.zeros((50, 20)), rows=3, columns=4)
    assert wide == [*["0  0  0  0  …"] * 3, "… 47 more rows"]
    cube = table(np.arange(8.0).reshape(2, 2, 2))
    assert cube == ["[0]:", "0  1", "2  3", "[1]:", "4  5", "6  7"]


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_empty_arrays_are_said_to_be_empty(shape: tuple[int, ...]) -> None:
    assert table(np.zeros(shape)) == ["empty"]
    assert heat(np.zeros(shape), 2, 2) == []
