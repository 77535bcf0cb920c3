"""CuPy arrays as numbers. Imported only when a device is asked for or a CuPy array is met."""

from __future__ import annotations

from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from engine.arrays import numpy_
from engine.errors import DeviceError

_FROM_CUPY = """exp log log1p expm1 sqrt sin cos sinh cosh tanh logaddexp abs sign power maximum
minimum where greater less equal floor sum mean max min prod argmax cumsum matmul einsum reshape
transpose broadcast_to expand_dims squeeze flip pad concatenate stack take zeros zeros_like
ones_like asarray""".split()


@cache
def namespace() -> Any:
    """CuPy's functions under the engine's names.

    Raises DeviceError, with the reason, when CuPy is not installed or finds no GPU.
    """
    try:
        import cupy
    except ImportError as error:
        raise DeviceError(
            f"device 'cuda' needs CuPy, which is not installed here ({error}): "
            "pip install '.[cuda12]' or '.[cuda13]' in the clone"
        ) from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:
        raise DeviceError(f"device 'cuda': CuPy finds no usable GPU ({error})") from error
    if count == 0:
        raise DeviceError("device 'cuda': CuPy finds no GPU in this machine")

    from cupy.lib.stride_tricks import as_strided
    from cupyx.scipy.special import erf

    def windows(x: Any, sizes: tuple[int, ...], strides: tuple[int, ...]) -> Any:
        lead = x.ndim - len(sizes)
        counts = tuple((x.shape[lead + i] - size) // strides[i] + 1 for i, size in enumerate(sizes))
        steps = tuple(x.strides[lead + i] * stride for i, stride in enumerate(strides))
        return as_strided(
            x, (*x.shape[:lead], *counts, *sizes), (*x.strides[:lead], *steps, *x.strides[lead:])
        )

    def one_hot(classes: Any, count: int, like: Any) -> Any:
        # Asking whether a class is wrong would wait for the GPU: its row becomes nan instead.
        hot = classes[..., None] == cupy.arange(count)
        right = cupy.sum(hot, axis=-1, keepdims=True) == 1
        return cupy.where(right, hot, cupy.nan).astype(like.dtype)

    return SimpleNamespace(
        name="cupy",
        device="cuda",
        erf=erf,
        one_hot=one_hot,
        scatter=partial(numpy_.scatter, m=cupy),
        shift=partial(numpy_.shift, m=cupy),
        windows=windows,
        winners=partial(numpy_.winners, m=cupy),
        **{name: getattr(cupy, name) for name in _FROM_CUPY},
    )
