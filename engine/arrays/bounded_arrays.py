"""Reductions, products and rearrangements of samples with error bounds.

Every function takes and gives pairs (value, error), the samples along the first axis, error None
for values alone. Axis numbers are those of one sample, so each is moved by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import numpy_
from engine.arrays.bounded_errors import LIBRARY, TINY, U
from engine.arrays.bounded_places import moved

Array = Any
Pair = tuple[Array, Array]
Axis = Any

_INF = np.array(np.inf)
_total: Any = np.add.reduce
_product: Any = np.multiply.reduce
_largest: Any = np.maximum.reduce
_any: Any = np.logical_or.reduce
_all: Any = np.logical_and.reduce


def _count(x: Array, axes: tuple[int, ...]) -> int:
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return count


def sum(x: Array, e: Array, axis: Axis = None, keepdims: bool = False) -> Pair:
    """Sums: (n − 1)·u·Σ|x| of rounding whatever the order of adding."""
    axes = moved(axis, x.ndim - 1)
    value = _total(x, axes, keepdims=keepdims)
    if e is None:
        return value, None
    factor = (_count(x, axes) - 1) * U
    error = _total(e + factor * np.abs(x), axes, keepdims=keepdims)
    return value, _settled(value, error, x, e, axes, keepdims)


def mean(x: Array, e: Array, axis: Axis = None, keepdims: bool = False) -> Pair:
    """Sums over their number of entries."""
    count = _count(x, moved(axis, x.ndim - 1))
    value, error = sum(x, e, axis, keepdims)
    value = value / count
    return value, None if error is None else error / count + np.where(
        np.isinf(value), 0.0, U * np.abs(value) + TINY * np.not_equal(value, 0)
    )


def _settled(
    value: Array, error: Array, x: Array, e: Array, axes: tuple[int, ...], keepdims: bool
) -> Array:
    """Errors without nan; a sum that is beyond the range for certain has none."""
    if np.isfinite(error).all():
        return error
    known = _all(e < np.inf, axes, keepdims=keepdims)
    beyond = np.where(known, 0.0, np.inf)
    return np.where(np.isinf(value), beyond, np.fmin(error, _INF))


def prod(x: Array, e: Array, axis: Axis = None, keepdims: bool = False) -> Pair:
    """Products: each error times all other sizes, and one rounding a factor."""
    axes = moved(axis, x.ndim - 1)
    value = _product(x, axes, keepdims=keepdims)
    if e is None:
        return value, None
    size = np.abs(x) + e
    whole = _product(size, axes, keepdims=keepdims)
    shares = np.where(size > 0, e / size, 0.0) + U
    error = whole * _total(shares, axes, keepdims=keepdims) * (1 + 2.0**-20)
    return value, np.fmin(error + TINY * _all(size > 0, axes, keepdims=keepdims), _INF)


def max(x: Array, e: Array, axis: Axis = None, keepdims: bool = False) -> Pair:
    """The largest entries: the largest error among those which may be the largest."""
    axes = moved(axis, x.ndim - 1)
    value = _largest(x, axes, keepdims=keepdims)
    if e is None:
        return value, None
    floor = _largest(x - e, axes, keepdims=True)
    reach = np.where(x + e < floor, 0.0, e)
    return value, _largest(reach, axes, keepdims=keepdims)


def min(x: Array, e: Array, axis: Axis = None, keepdims: bool = False) -> Pair:
    """The smallest entries, as `max` of the negatives."""
    value, error = max(-x, e, axis, keepdims)
    return -value, error


def _unsure(x: Array, e: Array, axes: tuple[int, ...]) -> Array:
    """Where more than one entry may be the largest, kept along the axes; ties of exact entries
    are no doubt."""
    reaches = x + e >= _largest(x - e, axes, keepdims=True)
    several = _total(reaches, axes, keepdims=True) > 1
    inexact = _any(reaches & (e > 0), axes, keepdims=True)
    return reaches & several & inexact


def argmax(x: Array, e: Array, axis: int | None = None, keepdims: bool = False) -> Pair:
    """Places of the first largest entries; the error is inf where another may be the largest."""
    if axis is None:
        x = x.reshape(len(x), -1)
        e = None if e is None else e.reshape(len(e), -1)
        axis = 0
    at = moved(axis, x.ndim - 1)
    value = np.argmax(x, at[0], keepdims=keepdims)
    if e is None:
        return value, None
    doubt = _any(_unsure(x, e, at), at, keepdims=keepdims)
    return value, np.where(doubt, np.inf, 0.0)


def winners(x: Array, e: Array, axis: Axis) -> Pair:
    """Each entry's share in being the largest: see `engine.arrays.numpy_.winners`. The error is 1
    for every entry that may be the largest beside another."""
    axes = moved(axis, x.ndim - 1)
    single = axis is not None and not isinstance(axis, tuple)
    value = numpy_.winners(x, axes[0] if single else axes)
    return value, None if e is None else _unsure(x, e, axes).astype(np.float64)


def shift(x: Array, e: Array, axis: Axis) -> Pair:
    """The largest finite entry, kept: a constant, and exact because any other would do as well."""
    value = numpy_.shift(x, moved(axis, x.ndim - 1))
    return value, None if e is None else np.zeros(value.shape)


def cumsum(x: Array, e: Array, axis: int | None = None) -> Pair:
    """Running sums, with the rounding of each as in `sum`."""
    if axis is None:
        x = x.reshape(len(x), -1)
        e = None if e is None else e.reshape(len(e), -1)
        axis = 0
    at = moved(axis, x.ndim - 1)[0]
    value = np.cumsum(x, at)
    if e is None:
        return value, None
    return value, np.fmin(np.cumsum(e + x.shape[at] * U * np.abs(x), at), _INF)


def matmul(a: Array, ea: Array, b: Array, eb: Array) -> Pair:
    """The matrix product sample by sample; vectors as in NumPy.

    The error is |a|·eb + ea·|b| + ea·eb + k·u·|a|·|b| with k products in each sum.
    """
    a_is_vector, b_is_vector = a.ndim == 2, b.ndim == 2
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError("a scalar has no matrix product")
    left = a[:, None, :] if a_is_vector else a
    right = b[:, :, None] if b_is_vector else b
    gap = right.ndim - left.ndim
    if gap:
        left, right = _stacked(left, gap), _stacked(right, -gap)
    value = _trimmed(np.matmul(left, right), a_is_vector, b_is_vector)
    if ea is None or eb is None:
        return value, None
    ea, eb = ea.reshape(left.shape), eb.reshape(right.shape)
    size, other = np.abs(left), np.abs(right)
    count = (left.shape[-1] + 1) * U
    error = np.matmul(size + ea, eb + count * other) + np.matmul(ea, other)
    error = np.fmin(error + TINY * (error > 0), _INF)
    return value, _trimmed(error, a_is_vector, b_is_vector)


def _stacked(x: Array, gap: int) -> Array:
    """x with axes of size 1 behind that of the samples."""
    return x.reshape(len(x), *(1,) * gap, *x.shape[1:]) if gap > 0 else x


def _trimmed(x: Array, rows: bool, columns: bool) -> Array:
    if columns:
        x = x[..., 0]
    if rows:
        x = x[..., 0] if columns else x[..., 0, :]
    return x


def einsum(pattern: str, pairs: list[Pair]) -> Pair:
    """Sums of products sample by sample: `pattern` has letters only and an arrow."""
    left, _, right = pattern.partition("->")
    terms = left.split(",")
    free = next(letter for letter in "zyxwvutsrqponmlkjihgfedcbaZYX" if letter not in pattern)
    whole = ",".join(free + term for term in terms) + "->" + free + right
    samples = np.max([len(x) for x, _ in pairs])
    values = [np.broadcast_to(x, (samples, *x.shape[1:])) for x, _ in pairs]
    value = numpy_.einsum(whole, *values)
    if any(e is None for _, e in pairs):
        return value, None
    sizes = [np.abs(x) for x in values]
    errors = [np.broadcast_to(e, x.shape) for (_, e), x in zip(pairs, values, strict=True)]
    summed = {
        letter: size
        for term, x in zip(terms, values, strict=True)
        for letter, size in zip(term, x.shape[1:], strict=True)
        if letter not in right
    }
    count = len(pairs)
    for size in summed.values():
        count *= size
    error = (count + len(pairs)) * U * numpy_.einsum(whole, *sizes)
    for i, own in enumerate(errors):
        wider = [x + e for x, e in zip(sizes[:i], errors[:i], strict=True)]
        error = error + numpy_.einsum(whole, *wider, own, *sizes[i + 1 :])
    error = error * (1 + LIBRARY * count)
    return value, np.fmin(error + TINY * (error > 0), _INF)
