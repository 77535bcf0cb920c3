"""What the engine adds to NumPy's functions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.arrays import numpy_
from engine.errors import ShapeError


def test_erf_is_exact_to_the_last_digits() -> None:
    x = np.concatenate([np.linspace(-7, 7, 20_011), [0.46875, -0.46875, 1e-300, 1e-8]])
    wanted = [math.erf(value) for value in x]
    np.testing.assert_allclose(numpy_.erf(x), wanted, rtol=2e-15, atol=4e-16)


def test_erf_at_the_ends() -> None:
    got = numpy_.erf(np.array([[0.0, -0.0, np.inf], [-np.inf, np.nan, 40.0]]))
    assert got.tolist()[0] == [0, 0, 1]
    assert np.signbit(got[0, 1])
    assert got[1, 0] == -1
    assert np.isnan(got[1, 1])
    assert numpy_.erf(np.zeros((0, 2))).shape == (0, 2)
    assert numpy_.erf(np.float32([0.5])).dtype == np.float32


def test_winners_share_evenly_or_the_first_takes_all() -> None:
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]])
    assert numpy_.winners(x, 1).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert numpy_.winners(x, -2).tolist() == [[0, 1, 1], [1, 0, 0]]
    assert numpy_.winners(x, None).tolist() == [[0, 0.5, 0.5], [0, 0, 0]]
    assert numpy_.winners(x, (1,)).tolist() == [[0, 0.5, 0.5], [0.5, 0.5, 0]]


def test_one_hot_refuses_what_is_no_class() -> None:
    like = np.zeros(1, dtype=np.float32)
    rows = numpy_.one_hot(np.array([1.0, 0.0]), 3, like)
    assert rows.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert rows.dtype == np.float32
    for wrong in (3.0, -1.0, 0.5):
        with pytest.raises(ShapeError, match=f"class {wrong:g} is none of the 3 classes 0 to 2"):
            numpy_.one_hot(np.array([0.0, wrong]), 3, like)


def test_scatter_adds_up_at_repeated_places() -> None:
    assert numpy_.scatter((3,), [0, 0, 2], np.array([1.0, 2.0, 4.0])).tolist() == [3, 0, 4]
    assert numpy_.scatter((3,), slice(1, None), np.array([1.0, 2.0])).tolist() == [0, 1, 2]
    mask = np.array([True, False, True])
    assert numpy_.scatter((3,), mask, np.array([1.0, 2.0])).tolist() == [1, 0, 2]


def test_windows_are_a_view_with_strides() -> None:
    x = np.arange(12.0).reshape(3, 4)
    windows = numpy_.windows(x, (2, 2), (1, 2))
    assert windows.shape == (2, 2, 2, 2)
    assert windows[1, 1].tolist() == [[6, 7], [10, 11]]
    assert np.shares_memory(windows, x)


def test_shift_is_finite() -> None:
    x = np.array([[1.0, 5.0], [-np.inf, -np.inf], [np.inf, 0.0]])
    assert numpy_.shift(x, 1).tolist() == [[5], [0], [0]]
