"""Samples with bounds: the engine's declarations run over them, and every bound holds."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

from engine import arrays
from engine.arrays import namespace_of, numpy_
from engine.arrays.bounded import NAMESPACE, Bounded, bounded, constant
from engine.ops import REGISTRY, Op
from engine.ops.declare import Sample
from engine.proof.points import drawn, operands

NAMES = re.search(r"\n\n    (exp log.*?)\n\n", arrays.__doc__ or "", re.DOTALL)
assert NAMES is not None
CALLS = [
    pytest.param(op, sample, id=f"{name}-{i}")
    for name, op in REGISTRY.items()
    for i, sample in enumerate(op.samples)
]
# Their NumPy route computes in float64 whatever it is given.
ONLY_DOUBLE = {"erf", "gelu"}


@pytest.mark.parametrize("name", NAMES.group(1).split())
def test_every_name_is_offered(name: str) -> None:
    assert hasattr(NAMESPACE, name)


def both_passes(op: Op, xp: Any, inputs: list[Any], sample: Sample, one: Any) -> list[Any]:
    """The result of an op and what its rule passes to each operand."""
    settings: dict[str, Any] = dict(sample.params)
    out = op.forward(xp, *inputs, **settings)
    if op.prunes:
        settings["wants"] = tuple([True] * len(inputs))
    return [out, *op.vjp(xp, one(out), out, *inputs, **settings)]


@pytest.mark.parametrize("inexact", [0.0, 1e-9])
@pytest.mark.parametrize(("op", "sample"), CALLS)
def test_every_op_runs_and_its_bounds_hold(op: Op, sample: Sample, inexact: float) -> None:
    """Three draws at once give what NumPy gives one by one, and the bound covers the distance to
    the same op in extended precision, with operands shifted within their errors."""
    draws = [operands(op, sample, number) for number in range(3)]
    rng = np.random.default_rng(5)
    free = drawn(sample)
    samples, exact = [], []
    for i, is_free in enumerate(free):
        value = np.stack([np.asarray(draw[i], dtype=np.float64) for draw in draws])
        error = np.abs(value) * inexact * (is_free and op.name not in ONLY_DOUBLE)
        samples.append(Bounded(value, error))
        moved = value.astype(np.longdouble) + error * rng.choice([-0.99, -0.3, 0.99], value.shape)
        exact.append(moved)
    found = both_passes(op, NAMESPACE, samples, sample, NAMESPACE.ones_like)
    quick = both_passes(op, NAMESPACE, [x.values() for x in samples], sample, NAMESPACE.ones_like)
    for k in range(3):
        plain = both_passes(
            op, numpy_.NAMESPACE, [np.asarray(x) for x in draws[k]], sample, _ones(np.float64)
        )
        wide = [x[k] if x[k].ndim else np.asarray(x[k]) for x in exact]
        true = both_passes(op, numpy_.NAMESPACE, wide, sample, _ones(np.longdouble))
        for mine, fast, numpys, right in zip(found, quick, plain, true, strict=True):
            if numpys is None:
                assert mine is None
                continue
            value, error = mine.at(k)
            assert np.shape(value) == np.shape(numpys)
            np.testing.assert_allclose(value, numpys, rtol=1e-13, atol=1e-14)
            assert np.array_equal(fast.at(k)[0], value)
            if op.name not in ONLY_DOUBLE:
                assert np.all(np.abs(1.0 * value - right) <= error * (1 + 1e-12))
            assert np.all(error <= (1e-12 + 1e4 * inexact) * np.maximum(np.abs(value), 0.1))


def _ones(dtype: Any) -> Any:
    return lambda x: np.ones(np.shape(x), dtype=dtype)


def test_shapes_leave_the_samples_out() -> None:
    x = bounded(np.arange(24.0).reshape(4, 2, 3))
    assert (x.shape, x.ndim, x.size, x.samples) == ((2, 3), 2, 6, 4)
    assert x.T.shape == (3, 2)
    assert x[0].shape == (3,)
    assert x[..., :1].shape == (2, 1)
    assert x[:, [0, 0, 2, 1]].shape == (2, 4)
    assert x[1, :, None].shape == (3, 1)
    assert np.array_equal(x.at(2)[0], np.arange(12.0, 18.0).reshape(2, 3))
    assert np.array_equal(x.pick([3, 1]).value, x.value[[3, 1]])
    assert namespace_of([x, 2.0]) is NAMESPACE


def test_lists_beside_whole_numbers_in_an_index_mean_what_they_mean_for_one_sample() -> None:
    x = bounded(np.arange(48.0).reshape(2, 2, 3, 4))
    got = x[0, :, [0, 3]]
    assert np.array_equal(got.at(1)[0], x.value[1][0, :, [0, 3]])
    assert np.array_equal(x[..., [[0], [1]]].at(1)[0], x.value[1][..., [[0], [1]]])


def test_broadcasting_aligns_one_sample_with_another() -> None:
    """Samples of a scalar, a vector and a matrix: S is never taken for an axis."""
    matrix, vector, scalar = (
        bounded(np.random.default_rng(1).normal(size=(3, *shape))) for shape in ((3, 3), (3,), ())
    )
    for left, right in ((matrix, vector), (vector, matrix), (scalar, matrix), (vector, scalar)):
        for k in range(3):
            assert np.array_equal((left * right).at(k)[0], left.at(k)[0] * right.at(k)[0])
            assert np.array_equal((left - right).at(k)[0], left.at(k)[0] - right.at(k)[0])
    assert np.allclose((matrix @ vector).at(1)[0], matrix.at(1)[0] @ vector.at(1)[0])
    assert np.allclose((vector @ matrix).at(1)[0], vector.at(1)[0] @ matrix.at(1)[0])
    assert (vector @ vector).shape == ()
    stacks = bounded(np.random.default_rng(2).normal(size=(3, 2, 4, 3)))
    assert np.allclose((stacks @ vector).at(2)[0], stacks.at(2)[0] @ vector.at(2)[0])
    assert np.allclose((stacks @ matrix).at(2)[0], stacks.at(2)[0] @ matrix.at(2)[0])


def test_constants_meet_any_number_of_samples() -> None:
    x = bounded([1.0, 2.0, 3.0])
    assert np.array_equal((2 * x + 1).value, [3.0, 5.0, 7.0])
    assert np.array_equal((6 / x - 1).value, [5.0, 2.0, 1.0])
    assert np.array_equal((1 - x**2).value, [0.0, -3.0, -8.0])
    assert np.array_equal((2**x).value, [2.0, 4.0, 8.0])
    rows = constant(np.eye(2))
    joined = NAMESPACE.stack([x, constant(0.5)])
    assert (rows.samples, joined.samples, joined.shape) == (1, 3, (2,))
    assert np.array_equal(NAMESPACE.concatenate([joined, joined]).at(1)[0], [2.0, 0.5, 2.0, 0.5])


def test_only_numbers_that_doubles_hold_are_exact() -> None:
    for x in (0.0, 1.0, -3.0, 0.5, 0.375, 1e6):
        assert constant(x).error[0] == 0
    for x in (0.1, 1 / 3, 1e-3):
        assert 0 < constant(x).error[0] <= 2.0**-52 * x
    assert (constant(2.0) - 1).error[0] == 0
    assert (constant(1.0) / 2).error[0] == 0
    assert (constant(1.0) / 3).error[0] > 0
    assert np.array_equal((bounded([-2.0, 0.0]) ** (constant(3.0) - 1)).value, [4.0, 0.0])


def test_without_bounds_only_values_are_computed() -> None:
    x, y = bounded([1.0, 2.0], None), bounded([3.0, 4.0])
    assert (x * y).error is None
    assert NAMESPACE.where(x > 1, x, y).error is None
    assert (constant(0.1) * y).error is not None


def test_a_comparison_within_the_errors_is_unsure_and_where_bounds_both_branches() -> None:
    x = bounded([1.0, 1e-9, -1.0, 0.0], [1e-3, 1e-3, 1e-3, 0.0])
    mask = x > 0
    assert mask.dtype == bool
    assert mask.value.tolist() == [True, True, False, False]
    assert mask.error.tolist() == [0.0, 1.0, 0.0, 0.0]
    chosen = NAMESPACE.where(mask, 5.0, 2.0)
    assert chosen.error.tolist() == [0.0, 3.0, 0.0, 0.0]
    assert (x == 0).error.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert (~mask & (x < 5)).error.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert NAMESPACE.sign(x).error.tolist() == [0.0, 2.0, 0.0, 0.0]
    with pytest.raises(TypeError, match="not one truth"):
        bool(mask)


def test_a_mask_is_counted_as_zeros_and_ones() -> None:
    mask = bounded([[1.0, -1.0, 2.0]]) > 0
    assert NAMESPACE.sum(mask).value.tolist() == [2.0]
    assert (mask - mask).value.tolist() == [[0.0, 0.0, 0.0]]
    assert (mask + mask).value.tolist() == [[2.0, 0.0, 2.0]]


def test_the_largest_of_entries_that_may_tie_is_unsure() -> None:
    x = bounded([[1.0, 1.0 + 1e-12, 0.5], [1.0, 2.0, 0.0], [2.0, 2.0, 1.0]], 1e-9)
    exact = bounded([[2.0, 2.0, 1.0]])
    assert NAMESPACE.winners(x, -1).error.tolist()[:2] == [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert NAMESPACE.winners(exact, -1).error.tolist() == [[0.0, 0.0, 0.0]]
    assert NAMESPACE.argmax(x, -1).error.tolist() == [np.inf, 0.0, np.inf]
    assert NAMESPACE.winners(exact, None).value.tolist() == [[0.5, 0.5, 0.0]]


def test_beyond_the_range_of_doubles_the_truth_is_still_bounded() -> None:
    """1/(1 + e⁸⁰⁰) is 0 for certain; 1/(x − x) is not known."""
    x = bounded([800.0, 40.0, -800.0])
    out = 1 / (1 + NAMESPACE.exp(x))
    assert out.value[0] == 0
    assert out.error[0] < 1e-300
    rest = 1 - out
    assert rest.value[2] == 0
    assert 0 < rest.error[2] < 1e-14
    lost = 1 / (x - x)
    assert np.all(lost.error == np.inf)
    near = bounded([1e-17], 1e-16)
    assert (1 / near).error[0] == np.inf
    assert NAMESPACE.log(near).error[0] == np.inf
    assert NAMESPACE.log(NAMESPACE.exp(x)).error[0] == np.inf


def test_undefined_entries_stay_undefined_and_nobody_is_warned() -> None:
    x = bounded([-1.0, 0.0, np.nan])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        undefined = NAMESPACE.log(x) + NAMESPACE.sqrt(x) + x / 0
        assert not np.isfinite(undefined.value).any()
        assert np.all(undefined.error[:2] == np.inf)
        assert (x > 0).error.tolist() == [0.0, 0.0, np.inf]
        NAMESPACE.where(x > 0, x, 1 / x)
        NAMESPACE.sum(bounded([[np.inf, -np.inf]]))
        NAMESPACE.power(x, 0.5)


def test_bounds_follow_cancellation() -> None:
    """(a + 1e6) − 1e6 is a within its bound; a·(1 + 1e-9) is not."""
    a = bounded([1.0, 0.3, 7.0])
    back = (a + 1e6) - 1e6
    assert np.all(np.abs(back.value - a.value) <= back.error)
    scaled = a * (1 + constant(1e-9))
    assert np.all(np.abs(scaled.value - a.value) > 100 * (scaled.error + a.error))


def test_samples_need_their_axis() -> None:
    with pytest.raises(ValueError, match="first axis"):
        bounded(3.0)
