"""NumPy arrays as numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

_erf = np.vectorize(math.erf, otypes=[np.float64])


def erf(x: Any) -> Any:
    """The error function, to full precision (the C library's), in the dtype of x."""
    x = np.asarray(x)
    return _erf(x).astype(x.dtype, copy=False) if x.size else x.copy()


def scatter(shape: tuple[int, ...], index: Any, values: Any) -> Any:
    """Zeros of `shape` with `values` added at `index`; repeated places add up."""
    result = np.zeros(shape, dtype=values.dtype)
    np.add.at(result, index, values)
    return result


def windows(x: Any, sizes: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """Sliding windows over the last axes: (..., H, W) -> (..., OH, OW, KH, KW), a view."""
    axes = tuple(range(x.ndim - len(sizes), x.ndim))
    view = np.lib.stride_tricks.sliding_window_view(x, sizes, axes)
    steps = tuple(slice(None, None, step) for step in strides)
    return view[(Ellipsis, *steps, *(slice(None) for _ in sizes))]


def shift(x: Any, axis: int | tuple[int, ...] | None) -> Any:
    """The largest finite entry along `axis`, kept: what a stable log-sum-exp subtracts."""
    largest = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, np.zeros_like(largest))


_FROM_NUMPY = """exp log log1p expm1 sqrt sin cos sinh cosh tanh logaddexp abs sign power maximum
minimum where greater less equal floor sum mean max min prod argmax cumsum matmul einsum reshape
transpose broadcast_to expand_dims squeeze flip pad concatenate stack take zeros zeros_like
ones_like asarray""".split()

NAMESPACE = SimpleNamespace(
    name="numpy",
    device="cpu",
    erf=erf,
    scatter=scatter,
    windows=windows,
    shift=shift,
    **{name: getattr(np, name) for name in _FROM_NUMPY},
)

TYPES: tuple[type, ...] = (np.ndarray, np.float16, np.float32, np.float64, np.bool_)
