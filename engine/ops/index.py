"""Picking entries out, and putting gradients back in their places."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from engine.errors import ShapeError
from engine.ops import axes
from engine.ops.declare import REAL, Refusal, Sample, op


@op(
    "[ ]",
    rule="getitem puts the gradient back at the places it was taken from; all others get 0",
    domain=(REAL,),
    samples=(
        Sample(((3,),), {"index": 1}),
        Sample(((2, 3),), {"index": (slice(None), slice(0, 2))}),
        Sample(((2, 3),), {"index": (slice(None), [0, 0, 2])}),
    ),
    refuses=(Refusal(((3,),), "index 3 is out of bounds", {"index": 3}),),
)
def getitem(xp: Any, x: Any, *, index: Any) -> Any:
    """The entries of x at `index`, with NumPy's rules for integers, slices, lists and masks."""
    return x[index]


@getitem.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, index: Any) -> Any:
    return (xp.scatter(tuple(x.shape), index, g),)


@op(
    "scatter",
    rule="scatter passes back the gradient found at the places it wrote to",
    domain=(REAL,),
    samples=(
        Sample(((),), {"shape": (3,), "index": 1}),
        Sample(((3,),), {"shape": (2,), "index": [0, 1, 0]}),
    ),
)
def scatter(xp: Any, values: Any, *, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of `shape` with `values` added at `index`; repeated places add up."""
    return xp.scatter(shape, index, values)


@scatter.gradient
def _(xp: Any, g: Any, out: Any, values: Any, *, shape: tuple[int, ...], index: Any) -> Any:
    return (g[index],)


def _check_write(x: tuple[int, ...], new: tuple[int, ...], *, index: Any) -> None:
    places = np.arange(prod(x)).reshape(x)[plain_index(index)]
    fits = new[len(new) - len(np.shape(places)) :] if len(new) > np.ndim(places) else new
    if prod(new) != prod(fits) or not _stretches(fits, np.shape(places)):
        raise ShapeError(f"{new} does not fit into the {np.shape(places)} entries at the index")
    if np.unique(places).size != np.size(places):
        raise ShapeError("the index names a place twice")


def _stretches(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    pairs = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(size in (1, wide) for size, wide in pairs)


@op(
    "[ ]=",
    rule="write passes the gradient of the entries written on to the new ones; what stood there "
    "before gets 0, and all other entries keep theirs",
    domain=(REAL, REAL),
    samples=(
        Sample(((3,), ()), {"index": 1}),
        Sample(((2, 3), (2,)), {"index": (slice(None), 1)}),
        Sample(((2, 3), (3,)), {"index": [1, 0]}),
        Sample(((2, 3), ()), {"index": (slice(None), slice(0, 2))}, small=False),
    ),
    refuses=(
        Refusal(((3,), (2,)), "does not fit into the () entries", {"index": 1}),
        Refusal(((3,), (2,)), "names a place twice", {"index": [0, 0]}),
        Refusal(((3,), ()), "index 3 is out of bounds", {"index": 3}),
    ),
    check=_check_write,
)
def write(xp: Any, x: Any, new: Any, *, index: Any) -> Any:
    """x with the entries at `index` replaced by `new`, which is broadcast to their shape: what
    `x[index] = new` leaves in x. The index may name no place twice."""
    places = xp.broadcast_to(*_fitting(xp, x, new, index))
    return xp.where(_written(xp, x, index), xp.scatter(tuple(x.shape), index, places), x)


@write.gradient
def _(xp: Any, g: Any, out: Any, x: Any, new: Any, *, index: Any) -> Any:
    return xp.where(_written(xp, x, index), xp.zeros_like(g), g), g[index]


def _fitting(xp: Any, x: Any, new: Any, index: Any) -> tuple[Any, tuple[int, ...]]:
    """New entries without leading axes of size 1 that the place has not, and the place's shape."""
    shape = tuple(x[index].shape)
    extra = max(0, new.ndim - len(shape))
    return xp.reshape(new, tuple(new.shape)[extra:]) if extra else new, shape


def _written(xp: Any, x: Any, index: Any) -> Any:
    """A mask of the places that the index names."""
    return xp.greater(xp.scatter(tuple(x.shape), index, xp.ones_like(x[index])), 0.5)


def _check_take(x: tuple[int, ...], *, indices: Any, axis: int | None = None) -> None:
    axes.normal(axis, len(x))
    if isinstance(indices, float):
        raise ShapeError("an index must be whole numbers")
    count = prod(x) if axis is None else x[axis]
    places = plain_index(indices)
    if isinstance(places, (int, tuple, list, np.ndarray)):
        # Looked at here, because CuPy would wrap around in silence.
        wrong = [i for i in np.ravel(places).tolist() if not -count <= i < count]
        if wrong:
            raise ShapeError(f"index {wrong[0]} is out of bounds for {count} entries")


@op(
    "take",
    rule="take adds the gradient back at the places it was taken from; all others get 0",
    samples=(
        Sample(((3,),), {"indices": (2, 0, 2)}),
        Sample(((3, 2),), {"indices": (0, 0), "axis": 0}),
        Sample(((2, 3),), {"indices": ((0, 1), (2, 2)), "axis": -1}),
        Sample(((2, 3),), {"indices": 4}, small=False),
    ),
    refuses=(
        Refusal(((3,),), "index 3 is out of bounds", {"indices": (0, 3)}),
        Refusal(((3,),), "there is no axis 1", {"indices": 0, "axis": 1}),
        Refusal(((3,),), "whole numbers", {"indices": 0.5}),
    ),
    check=_check_take,
)
def take(xp: Any, x: Any, *, indices: tuple[int, ...] | int, axis: int | None = None) -> Any:
    """The entries of x at `indices` along an axis; of all entries, row by row, when axis is None.

    The axis is replaced by those of `indices` (a number, or nested tuples, lists or an array of
    them).
    """
    return xp.take(x, plain_index(indices), axis=axis)


@take.gradient
def _(
    xp: Any, g: Any, out: Any, x: Any, *, indices: tuple[int, ...] | int, axis: int | None = None
) -> Any:
    places = _as_lists(plain_index(indices))
    shape = tuple(x.shape)
    if axis is None:
        return (xp.reshape(xp.scatter((prod(shape),), places, g), shape),)
    return (xp.scatter(shape, axes.at(axis % x.ndim, places), g),)


def _check_diag(x: tuple[int, ...], *, k: int = 0) -> None:
    if len(x) not in (1, 2):
        raise ShapeError(f"diag takes a vector or a matrix, not an array of {len(x)} axes")
    if len(x) == 2 and not -x[0] <= k <= x[1]:
        raise ShapeError(f"a matrix of shape {x} has no diagonal {k}")


@op(
    "diag",
    rule="diag passes the gradient between the vector and the diagonal; all other entries get 0",
    samples=(
        Sample(((2,),)),
        Sample(((2,),), {"k": -1}),
        Sample(((2, 3),)),
        Sample(((3, 3),), {"k": 1}, small=False),
    ),
    refuses=(
        Refusal(((2, 2, 2),), "diag takes a vector or a matrix"),
        Refusal(((2, 2),), "has no diagonal 5", {"k": 5}),
    ),
    check=_check_diag,
)
def diag(xp: Any, x: Any, *, k: int = 0) -> Any:
    """A vector on diagonal k of a matrix of zeros: (n,) -> (n + |k|, n + |k|); of a matrix, its
    diagonal k as a vector. k counts upwards from the main diagonal."""
    if x.ndim == 2:
        return x[_diagonal(x.shape, k)]
    size = x.shape[0] + abs(k)
    return xp.scatter((size, size), _diagonal((size, size), k), x)


@diag.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, k: int = 0) -> Any:
    if x.ndim == 1:
        return (g[_diagonal(g.shape, k)],)
    return (xp.scatter(tuple(x.shape), _diagonal(x.shape, k), g),)


def _diagonal(shape: tuple[int, ...], k: int) -> tuple[list[int], list[int]]:
    down, right = max(-k, 0), max(k, 0)
    count = min(shape[0] - down, shape[1] - right)
    return [*range(down, down + count)], [*range(right, right + count)]


def _as_lists(indices: Any) -> Any:
    """Nested tuples as nested lists: in an index, a tuple would stand for several axes."""
    return [_as_lists(i) for i in indices] if isinstance(indices, (tuple, list)) else indices


def plain_index(key: Any) -> Any:
    """An index without Tensors: masks and whole numbers among them are taken out of the graph. Of
    lists and arrays it has copies, because they may change later."""
    from engine.tensor import Tensor

    if isinstance(key, tuple):
        return tuple(plain_index(part) for part in key)
    if isinstance(key, (list, np.ndarray)):
        return key.copy()
    if isinstance(key, np.integer):
        return int(key)
    if type(key) is Tensor:
        if key.dtype.kind == "b":
            return key.data
        whole = np.asarray(key.held)
        if not np.all(whole == np.floor(whole)):
            raise ShapeError("an index must be whole numbers")
        return whole.astype(np.int64)
    return key
