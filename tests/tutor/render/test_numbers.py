from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.render.numbers import apart, bracketed, exact, fitted, number, speak, spoken

# Rounding the largest floats up to four digits gives infinity.
FINITE = st.floats(-1e308, 1e308)


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-4.0, "−4"),
        (123456.0, "123456"),
        (1234567.0, "1.235e6"),
        (-1.36788, "−1.368"),
        (0.1966119, "0.1966"),
        (0.001234, "0.001234"),
        (0.0009, "9e−4"),
        (-1.2345e-5, "−1.234e−5"),
        (12345.678, "12346"),
        (999.96, "1000"),
        (1e300, "1e300"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "−inf"),
    ],
)
def test_four_digits(x: float, shown: str) -> None:
    assert number(x) == shown
    assert number(x, ascii=True) == shown.replace("−", "-")


@given(FINITE)
def test_a_number_is_right_to_four_digits(x: float) -> None:
    shown = number(x, ascii=True)
    assert shown.isascii()
    assert math.isclose(float(shown), x, rel_tol=5.01e-4)


@given(FINITE, st.integers(8, 12))
def test_a_fitted_number_fits(x: float, width: int) -> None:
    shown = fitted(x, width, ascii=True)
    assert len(shown) <= width
    assert math.isclose(float(shown), x, rel_tol=0.5)


@given(FINITE)
def test_all_digits_give_the_number_back(x: float) -> None:
    assert float(exact(x, ascii=True)) == x


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (np.float32(0.1), "0.1"),
        (np.asarray(0.1, dtype=np.float16), "0.1"),
        (np.float64(-0.1), "−0.1"),
        (True, "1"),
        (3.0, "3"),
        (1e-7, "1e−7"),
        (math.nan, "nan"),
    ],
)
def test_all_digits_are_those_of_the_dtype(x: float, shown: str) -> None:
    assert exact(x) == shown


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (-3.0, -2.999731059, ("−3", "−2.99973")),
        (2.0, 1.5, ("2", "1.5")),
        (0.7310586, 0.7313755, ("0.73106", "0.73138")),
        (1.0, 1.0, ("1", "1")),
        (math.nan, 1.0, ("nan", "1")),
    ],
)
def test_apart_shows_the_difference(old: float, new: float, shown: tuple[str, str]) -> None:
    assert apart(old, new) == shown


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1.0))
def test_apart_shows_how_large_the_difference_is(old: float, step: float) -> None:
    new = old + step
    before, after = (float(text) for text in apart(old, new, ascii=True))
    assert math.isclose(after - before, new - old, rel_tol=0.06)


def test_words() -> None:
    assert spoken(-4) == "minus 4"
    assert spoken(-1.2e-5) == "minus 1.2 times 10 to the minus 5"
    assert spoken(math.inf) == "infinity"
    assert spoken(-math.inf) == "minus infinity"
    assert spoken(math.nan) == "not a number"
    assert speak("n2e times (−2) passes") == "n2e times minus 2 passes"


def test_only_negative_numbers_are_bracketed() -> None:
    assert [bracketed(text) for text in ("−4", "-4", "4", "—", "x")] == [
        "(−4)",
        "(-4)",
        "4",
        "—",
        "x",
    ]
