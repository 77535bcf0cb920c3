"""The entries of samples in other places: indexing, reshaping, turning, repeating.

The samples stand along the first axis; shapes, axis numbers and indices are those of one sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import numpy_
from engine.arrays.bounded_errors import U

Array = Any
Axis = Any


def moved(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Axes of one sample as axes of all: None means every one of them. `ndim` leaves S out."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list)):
        return tuple([_one(i, ndim) for i in axis])
    return (_one(axis, ndim),)


def _one(axis: Any, ndim: int) -> int:
    place = int(axis)
    if not -ndim <= place < ndim:
        raise np.exceptions.AxisError(place, ndim)
    return place % ndim + 1


def sized(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple; one number is a shape of one axis."""
    return tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)


def transposed(x: Array, axes: Any = None) -> Array:
    """Every sample with its axes in another order, reversed when None."""
    order = range(x.ndim - 1, 0, -1) if axes is None else [i % (x.ndim - 1) + 1 for i in axes]
    return x.transpose(0, *order)


def repeated_to(x: Array, shape: Any) -> Array:
    """Every sample broadcast to a shape."""
    wanted = sized(shape)
    lead = (1,) * (len(wanted) - x.ndim + 1)
    return np.broadcast_to(x.reshape(len(x), *lead, *x.shape[1:]), (len(x), *wanted))


def expanded(x: Array, axis: int) -> Array:
    """Every sample with a new axis of size 1 at a place of the result."""
    return np.expand_dims(x, axis % x.ndim + 1)


def squeezed(x: Array, axis: Any = None) -> Array:
    """Every sample without its axes of size 1, or without the given ones."""
    if axis is None:
        return x.reshape(len(x), *[size for size in x.shape[1:] if size != 1])
    return np.squeeze(x, moved(axis, x.ndim - 1))


def taken(x: Array, indices: Any, axis: int | None = None) -> Array:
    """The entries of every sample at whole numbers along an axis, as `numpy.take`."""
    if axis is None:
        return np.take(x.reshape(len(x), -1), indices, axis=1)
    return np.take(x, indices, axis=moved(axis, x.ndim - 1)[0])


def for_samples(x: Array, samples: int) -> Array:
    """A constant repeated for a number of samples; samples as they are."""
    return x if len(x) == samples else np.broadcast_to(x, (samples, *x.shape[1:]))


def at_samples(key: Any) -> Any:
    """An index of one sample as an index of all, or None where lists or arrays are in it."""
    parts = key if isinstance(key, tuple) else (key,)
    if numpy_.once(key):
        return (slice(None), *parts)
    return None


def _last(x: Array) -> Array:
    return np.moveaxis(x, 0, -1)


def _closed(key: Any, ndim: int) -> tuple[Any, ...]:
    """An index with its dots written out, so that an axis behind it stays untouched."""
    parts = key if isinstance(key, tuple) else (key,)
    used = 0
    for part in parts:
        if part is None or part is Ellipsis:
            continue
        used += part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1
    if not any(part is Ellipsis for part in parts):
        return parts
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    return (*parts[:at], *(slice(None),) * (ndim - used), *parts[at + 1 :])


def getitem(x: Array, key: Any) -> Array:
    """The entries of every sample at an index, with NumPy's rules."""
    plain = at_samples(key)
    if plain is not None:
        return x[plain]
    return np.moveaxis(_last(x)[_closed(key, x.ndim - 1)], -1, 0)


def scatter(shape: tuple[int, ...], key: Any, x: Array, e: Array) -> tuple[Array, Array]:
    """Zeros of `shape` in every sample, with the entries added at an index; repeated places add
    up, with one rounding each."""
    closed = (*_closed(key, len(shape)), slice(None))
    wide = (*shape, len(x))
    value = np.moveaxis(numpy_.scatter(wide, closed, _last(x)), -1, 0)
    if e is None:
        return value, None
    error = np.moveaxis(numpy_.scatter(wide, closed, _last(e)), -1, 0)
    if numpy_.once(key):
        return value, error
    size = np.moveaxis(numpy_.scatter(wide, closed, _last(np.abs(x))), -1, 0)
    ones = np.ones((*x.shape[1:], 1))
    count = np.moveaxis(numpy_.scatter((*shape, 1), closed, ones), -1, 0)
    return value, error + np.maximum(count - 1, 0.0) * U * size


def reshaped(x: Array, shape: Any) -> Array:
    """Every sample in another shape, row by row."""
    return x.reshape(len(x), *sized(shape))


def flipped(x: Array, axis: Axis = None) -> Array:
    """Every sample with its entries in reverse order along some axes, all of them when None."""
    return np.flip(x, moved(axis, x.ndim - 1))
