"""A stand-in for CuPy: arrays "on a device", strict about all that CuPy is strict about.

`installed()` puts it where `import cupy` finds it, so that the engine's own CuPy namespace is what
is tested. Device arrays refuse NumPy arrays beside them, and refuse to become host numbers on the
quiet; each transfer is counted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from engine import arrays
from engine.arrays import cupy_, numpy_


@dataclass
class Transfers:
    """How many arrays have been moved; lists and NumPy arrays in an index are counted apart."""

    to_device: int = 0
    to_host: int = 0
    indices: int = 0

    def clear(self) -> None:
        self.to_device = self.to_host = self.indices = 0


TRANSFERS = Transfers()
_SCALARS = (bool, int, float, np.generic)


class DeviceArray:
    """An array on the device. Its results are device arrays too, also those of shape ()."""

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, host: Any) -> None:
        self._host = np.asarray(host)

    @property
    def dtype(self) -> Any:
        return self._host.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self._host.shape

    @property
    def strides(self) -> tuple[int, ...]:
        return self._host.strides

    @property
    def ndim(self) -> int:
        return self._host.ndim

    @property
    def size(self) -> int:
        return self._host.size

    @property
    def nbytes(self) -> int:
        return self._host.nbytes

    @property
    def T(self) -> DeviceArray:
        return DeviceArray(self._host.T)

    def get(self) -> np.ndarray[Any, Any]:
        TRANSFERS.to_host += 1
        return self._host.copy()

    def item(self) -> Any:
        TRANSFERS.to_host += 1
        return self._host.item()

    def tolist(self) -> Any:
        return self.get().tolist()

    def astype(self, dtype: Any, copy: bool = True) -> DeviceArray:
        return DeviceArray(self._host.astype(dtype, copy=copy))

    def copy(self) -> DeviceArray:
        return DeviceArray(self._host.copy())

    def reshape(self, *shape: Any) -> DeviceArray:
        return DeviceArray(self._host.reshape(*shape))

    def __len__(self) -> int:
        return len(self._host)

    def __getitem__(self, key: Any) -> DeviceArray:
        return DeviceArray(self._host[_index(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._host[_index(key)] = _host(value)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed; use .get()")

    def _refuse(self) -> Any:
        raise TypeError("a device array was about to become a number of the host")

    __bool__ = __float__ = __int__ = __index__ = __complex__ = _refuse


def _operator(name: str) -> Callable[..., Any]:
    def operator(self: DeviceArray, *others: Any) -> Any:
        if any(isinstance(other, np.ndarray) for other in others):
            raise TypeError("Unsupported type <class 'numpy.ndarray'>")
        if not all(isinstance(other, (DeviceArray, *_SCALARS)) for other in others):
            return NotImplemented
        return DeviceArray(getattr(self._host, name)(*[_host(other) for other in others]))

    return operator


for _name in "add sub mul truediv floordiv pow matmul mod and or xor".split():
    setattr(DeviceArray, f"__{_name}__", _operator(f"__{_name}__"))
    setattr(DeviceArray, f"__r{_name}__", _operator(f"__r{_name}__"))
for _name in "lt le gt ge eq ne neg pos abs invert".split():
    setattr(DeviceArray, f"__{_name}__", _operator(f"__{_name}__"))


def _host(x: Any) -> Any:
    if isinstance(x, DeviceArray):
        return x._host
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(x, (list, tuple)):
        return type(x)(_host(part) for part in x)
    return x


def _index(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_index(part) for part in key)
    if isinstance(key, (list, np.ndarray)):
        TRANSFERS.indices += 1
        return key
    return key._host if isinstance(key, DeviceArray) else key


def _function(name: str) -> Callable[..., DeviceArray]:
    function = getattr(np, name)

    def call(*operands: Any, **settings: Any) -> DeviceArray:
        if not isinstance(operands[0], (DeviceArray, list, tuple, str)):
            raise TypeError(f"Unsupported type {type(operands[0])}")
        return DeviceArray(function(*_host(operands), **_kept(settings)))

    return call


def _kept(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: _host(setting) for name, setting in settings.items()}


def _asarray(x: Any, dtype: Any = None) -> DeviceArray:
    if isinstance(x, DeviceArray):
        return x if dtype is None else x.astype(dtype, copy=False)
    if not isinstance(x, _SCALARS):
        TRANSFERS.to_device += 1
    return DeviceArray(np.array(x, dtype=dtype))


def _take(x: DeviceArray, indices: Any, axis: int | None = None) -> DeviceArray:
    # CuPy does not look whether an index is within the axis: it wraps around.
    return DeviceArray(np.take(_host(x), _index(indices), axis=axis, mode="wrap"))


def _zeros(shape: Any, dtype: Any = float) -> DeviceArray:
    return DeviceArray(np.zeros(shape, dtype=dtype))


def _as_strided(x: DeviceArray, shape: Any = None, strides: Any = None) -> DeviceArray:
    return DeviceArray(np.lib.stride_tricks.as_strided(_host(x), shape, strides).copy())


class _Add:
    def __call__(self, a: Any, b: Any) -> DeviceArray:
        return DeviceArray(np.add(_host(a), _host(b)))

    def at(self, x: DeviceArray, index: Any, values: Any) -> None:
        np.add.at(_host(x), _index(index), _host(values))


def _modules() -> dict[str, ModuleType]:
    """The parts of CuPy that the engine uses, and no more."""
    names = "cupy cupy.lib cupy.lib.stride_tricks cupyx cupyx.scipy cupyx.scipy.special".split()
    made = {name: ModuleType(name) for name in names}
    cupy: Any = made["cupy"]
    for name in (*cupy_._FROM_CUPY, "isfinite"):
        setattr(cupy, name, _function(name))
    cupy.asarray, cupy.take, cupy.zeros = _asarray, _take, _zeros
    cupy.arange = lambda *bounds: DeviceArray(np.arange(*bounds))
    cupy.add, cupy.nan, cupy.ndarray = _Add(), np.nan, DeviceArray
    cupy.cuda = ModuleType("cupy.cuda")
    cupy.cuda.runtime = ModuleType("cupy.cuda.runtime")
    cupy.cuda.runtime.getDeviceCount = lambda: 1
    special: Any = made["cupyx.scipy.special"]
    special.erf = lambda x: DeviceArray(numpy_.erf(_host(x)))
    tricks: Any = made["cupy.lib.stride_tricks"]
    tricks.as_strided = _as_strided
    return made


DeviceArray.__module__ = "cupy"


@contextmanager
def installed() -> Iterator[Transfers]:
    """Let `import cupy` find the stand-in; gives the count of transfers."""
    made = _modules()
    before = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    cupy_.namespace.cache_clear()
    TRANSFERS.clear()
    try:
        yield TRANSFERS
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        cupy_.namespace.cache_clear()
        arrays._BY_TYPE.pop(DeviceArray, None)
