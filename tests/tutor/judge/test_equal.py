"""Two values are one where rounding can account for their difference, and nowhere else."""

from __future__ import annotations

import numpy as np

from engine.arrays.bounded import NAMESPACE, Bounded, bounded, constant
from tutor.judge.equal import compare, differ

X = bounded(np.linspace(-3, 3, 20))


def test_other_orders_of_rounding_are_equal() -> None:
    found = compare((X + 1e6) - 1e6, X, 20)
    assert not found.false
    assert found.enough
    assert not compare(X * 3 / 7, 3 / (7 / X), 20).false


def test_a_billionth_is_a_difference() -> None:
    assert compare(X * (1 + 1e-9), X, 20).false
    assert compare(X + 1e-9, X, 20).false


def test_what_hides_behind_large_numbers_is_not_enough() -> None:
    found = compare((X + 1e30) - 1e30, X, 20)
    assert not found.false
    assert not found.enough


def test_no_value_where_the_truth_has_one() -> None:
    found = compare(NAMESPACE.sqrt(X), X, 20)
    assert found.undefined.tolist() == (X.value < 0).tolist()
    assert found.defined.all()
    assert not compare(X, NAMESPACE.sqrt(X), 20).undefined.any()


def test_overflow_of_a_form_says_nothing() -> None:
    z = bounded(np.array([1.0, 800.0, -800.0]))
    form = NAMESPACE.exp(z) / (1 + NAMESPACE.exp(z))
    found = compare(form, 1 / (1 + NAMESPACE.exp(-z)), 3)
    assert not found.false
    assert found.sharp[:, 0].tolist() == [True, False, True]


def test_beyond_the_doubles_for_certain_is_a_difference() -> None:
    z = bounded(np.array([1000.0]))
    assert compare(NAMESPACE.exp(z), z, 1).false
    assert not compare(NAMESPACE.exp(z), NAMESPACE.exp(z), 1).false


def test_a_constant_meets_any_number_of_samples() -> None:
    assert not compare(constant(2.0), X * 0 + 2, 20).false
    assert compare(constant(2.0), X, 20).false


def test_near_a_threshold_either_branch_may_be_right() -> None:
    z = bounded(np.array([1e-17, 1.0]), np.array([1e-16, 0.0]))
    mask = NAMESPACE.where(z > 0, 1.0, 0.0)
    found = compare(mask, constant(0.0), 2)
    assert found.differs[:, 0].tolist() == [False, True]


def test_the_coarse_look_finds_what_to_look_at() -> None:
    a = Bounded(np.array([[1.0, 2.0], [1.0, 2.1], [np.nan, 2.0]]), None)
    b = Bounded(np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]), None)
    assert differ(a, b, 3).tolist() == [False, True, True]
