"""What numbers are made of: one namespace of array functions for each kind of array.

An op is written once, against `xp`, and runs over Python floats, NumPy, CuPy, SymPy symbols,
samples with bounds of their rounding errors (engine.arrays.bounded) and Tensors. `namespace_of`
picks `xp` from the data. Every namespace offers the same names, with
NumPy's meanings, so an op may use these and arithmetic operators, and nothing else (that of Python
floats has only what works entry by entry; where a name is missing, NumPy computes):

    exp log log1p expm1 sqrt sin cos sinh cosh tanh erf logaddexp abs sign power
    maximum minimum where greater less equal floor
    sum mean max min prod argmax cumsum matmul einsum
    reshape transpose broadcast_to expand_dims squeeze flip pad concatenate stack take
    zeros zeros_like ones_like asarray scatter windows shift winners one_hot

Six of them are not NumPy's. `scatter(shape, index, values)` adds values into zeros at an index,
`windows(x, sizes, strides)` is a sliding view, `erf` is the error function. The other three
are constants, which no gradient passes: `shift(x, axis)` is the largest entry kept along `axis`
(what a stable softmax subtracts; 0 on symbols, where nothing overflows), `winners(x, axis)` is each
entry's share in being the largest (all to the first along one axis, even shares over several),
and `one_hot(classes, count, like)` has a 1 at each class number.

Parameters of these functions are given by place where NumPy allows it. Comparisons give masks; a
mask goes into `where`, nowhere else. Plain Python numbers may stand beside arrays, and a
constant such as √2 is written `math.sqrt(2)`: symbols read it as exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.arrays import floats, numpy_
from engine.errors import DeviceError

Array = Any
Namespace = Any

_BY_TYPE: dict[type, Namespace] = {float: floats.NAMESPACE}
_LAZY: dict[str, Callable[[], Namespace]] = {}


def register(array_type: type, namespace: Namespace) -> None:
    """Teach the engine a new kind of array: arrays of `array_type` are computed by `namespace`."""
    _BY_TYPE[array_type] = namespace


def register_lazily(module: str, load: Callable[[], Namespace]) -> None:
    """Teach the engine arrays of a library that is imported only when one of them is met."""
    _LAZY[module] = load


def namespace_of(values: Iterable[Array]) -> Namespace:
    """The namespace for these values: that of the first which is more than a Python float.

    Raises DeviceError when arrays of two kinds stand beside each other.
    """
    found: Namespace = floats.NAMESPACE
    for value in values:
        kind = type(value)
        if kind is float:
            continue
        namespace = _BY_TYPE.get(kind)
        if namespace is None:
            namespace = _discover(kind)
        if found is floats.NAMESPACE:
            found = namespace
        elif namespace is not found:
            raise DeviceError(
                f"arrays of two kinds meet: {found.name} and {namespace.name}; "
                "move one of them first: Tensor(x, device=...)"
            )
    return found


def namespace_for(device: str | None) -> Namespace:
    """The namespace that makes arrays on `device`: None and "cpu" are NumPy, "cuda" is CuPy."""
    if device is None or device == "cpu":
        return numpy_.NAMESPACE
    if device == "cuda" or device.startswith("cuda:"):
        return _LAZY["cupy"]()
    for namespace in _BY_TYPE.values():
        if getattr(namespace, "device", None) == device:
            return namespace
    raise DeviceError(f"there is no device {device!r}; there are 'cpu' and 'cuda'")


def _discover(kind: type) -> Namespace:
    for known, namespace in _BY_TYPE.items():
        if issubclass(kind, known):
            _BY_TYPE[kind] = namespace
            return namespace
    load = _LAZY.get(kind.__module__.partition(".")[0])
    if load is None:
        raise DeviceError(f"the engine has no arithmetic for values of type {kind.__name__}")
    _BY_TYPE[kind] = load()
    return _BY_TYPE[kind]


def _cupy() -> Namespace:
    from engine.arrays import cupy_

    return cupy_.namespace()


for _kind in numpy_.TYPES:
    register(_kind, numpy_.NAMESPACE)
register_lazily("cupy", _cupy)
