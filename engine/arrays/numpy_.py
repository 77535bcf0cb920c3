"""NumPy arrays as numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.arrays.erf import erf
from engine.errors import ShapeError


def scatter(shape: tuple[int, ...], index: Any, values: Any, m: Any = np) -> Any:
    """Zeros of `shape` with `values` added at `index`; repeated places add up."""
    result = m.zeros(shape, dtype=values.dtype)
    if once(index):
        result[index] = values
    else:
        m.add.at(result, index, values)
    return result


def once(index: Any) -> bool:
    """Whether an index certainly names no place twice: it has no lists or arrays in it."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or isinstance(part, (int, slice, type(Ellipsis))) for part in parts)


def windows(x: Any, sizes: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """Sliding windows over the last axes: (..., H, W) -> (..., OH, OW, KH, KW), a view."""
    axes = tuple(range(x.ndim - len(sizes), x.ndim))
    view = np.lib.stride_tricks.sliding_window_view(x, sizes, axes)
    steps = tuple(slice(None, None, step) for step in strides)
    index: Any = (Ellipsis, *steps, *(slice(None) for _ in sizes))
    return view[index]


def shift(x: Any, axis: int | tuple[int, ...] | None, m: Any = np) -> Any:
    """The largest finite entry along `axis`, kept: what a stable log-sum-exp subtracts."""
    largest = m.max(x, axis=axis, keepdims=True)
    return m.where(m.isfinite(largest), largest, m.zeros_like(largest))


def winners(x: Any, axis: int | tuple[int, ...] | None, m: Any = np) -> Any:
    """Each entry's share in being the largest along `axis`: 1 for the first of the largest along
    one axis; over all axes (None) or several (a tuple) the largest share the 1 evenly."""
    if axis is not None and not isinstance(axis, tuple):
        first = m.expand_dims(m.argmax(x, axis=axis), axis)
        places = m.arange(x.shape[axis]).reshape([-1] + [1] * (x.ndim - 1 - axis % x.ndim))
        return (places == first).astype(x.dtype)
    won = (x == m.max(x, axis=axis, keepdims=True)).astype(x.dtype)
    return won / m.sum(won, axis=axis, keepdims=True)


def one_hot(classes: Any, count: int, like: Any) -> Any:
    """Rows of 0 with a 1 at each class number, in the dtype of `like`: (...,) -> (..., count).

    Raises ShapeError for a number that is no class.
    """
    whole = classes.astype(np.int64)
    wrong = (whole != classes) | (whole < 0) | (whole >= count)
    if np.any(wrong):
        bad = np.asarray(classes)[wrong].flat[0]
        raise ShapeError(f"class {bad:g} is none of the {count} classes 0 to {count - 1}")
    return (whole[..., None] == np.arange(count)).astype(like.dtype)


def einsum(pattern: str, *operands: Any) -> Any:
    """Sums of products by `pattern`, through matrix products where it can be."""
    return np.einsum(pattern, *operands, optimize=len(operands) > 1)


_FROM_NUMPY = """exp log log1p expm1 sqrt sin cos sinh cosh tanh logaddexp abs sign power maximum
minimum where greater less equal floor sum mean max min prod argmax cumsum matmul reshape
transpose broadcast_to expand_dims squeeze flip pad concatenate stack take zeros zeros_like
ones_like asarray""".split()

NAMESPACE = SimpleNamespace(
    name="numpy",
    device="cpu",
    einsum=einsum,
    erf=erf,
    one_hot=one_hot,
    scatter=scatter,
    windows=windows,
    shift=shift,
    winners=winners,
    **{name: getattr(np, name) for name in _FROM_NUMPY},
)

TYPES: tuple[type, ...] = (np.ndarray, np.float16, np.float32, np.float64, np.bool_)
