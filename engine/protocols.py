"""NumPy's own functions on Tensors: a function written in plain NumPy is differentiated unchanged.

`np.exp(x) @ w` reaches the registered ops through `__array_ufunc__` and `__array_function__`. What
is not in the tables is refused, with the user's line, and never computed without a gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine import source
from engine.errors import EngineError, LeavesGraphError
from engine.instructions import changes_in_place
from engine.ops import REGISTRY
from engine.state import MODE, recording
from engine.tensor import Tensor, as_tensor

Function = Callable[..., Any]


def ufunc_call(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute `ufunc(*inputs)` or a reduction by it through the registered ops."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    outs = kwargs.get("out") or ()
    if outs and not any(isinstance(x, Tensor) for x in outs) and not _in_graph(inputs):
        # An array updated by a gradient: `p.data -= rate * p.grad`.
        return getattr(ufunc, method)(*[_plain(x) for x in inputs], **kwargs)
    if outs and changes_in_place(source.calling_frame()):
        raise LeavesGraphError(
            f"np.{name} would write a tensor into a plain NumPy array ({source.calling_line()}), "
            "where no gradient could flow back: write a = a + ... in place of a += ..."
        )
    _refuse_out(name, kwargs)
    unknown = sorted(set(kwargs) - {"out", "axis", "keepdims"})
    if unknown:
        raise _refusal(f"np.{name}({unknown[0]}=...)", "this argument has no gradient rule here")
    if method == "reduce":
        if ufunc.__name__ not in _REDUCTIONS:
            raise _refusal(f"np.{name}", "no gradient rule for it")
        axis = kwargs.get("axis", 0)
        return REGISTRY[_REDUCTIONS[ufunc.__name__]](
            inputs[0], axis=axis, keepdims=bool(kwargs.get("keepdims", False))
        )
    if method != "__call__":
        raise _refusal(f"np.{name}", "no gradient rule for it")
    if ufunc.__name__ in _FLAT_UFUNCS:
        return ufunc(*[_plain(x) for x in inputs])
    op = _UFUNCS.get(ufunc.__name__)
    if op is not None:
        return REGISTRY[op](*inputs)
    composed = _COMPOSED.get(ufunc.__name__)
    if composed is None:
        raise _refusal(f"np.{name}", "no gradient rule for it")
    return composed(*[as_tensor(x) for x in inputs])


def function_call(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Compute one of NumPy's functions through the registered ops."""
    name = function.__name__
    if name == "full_like" and any(isinstance(x, Tensor) for x in (*args[1:], *kwargs.values())):
        return _full_like(*args, **kwargs)
    if name in _FLAT_FUNCTIONS:
        plain = function(*[_plain(x) for x in args], **{k: _plain(x) for k, x in kwargs.items()})
        return _fresh(name, plain) if name in _FRESH and recording() else plain
    ours = _FUNCTIONS.get(name)
    if ours is None or not function.__module__.startswith("numpy"):
        raise _refusal(f"{function.__module__}.{name}", "no gradient rule for it")
    _refuse_out(name, kwargs)
    kwargs = {key: value for key, value in kwargs.items() if key != "out"}
    try:
        return ours(*args, **kwargs)
    except TypeError as error:
        if isinstance(error, EngineError):
            raise
        raise _refusal(
            f"np.{name}", f"called in a way it has no gradient rule for ({error})"
        ) from error


def _in_graph(operands: Sequence[Any]) -> bool:
    """Whether a gradient could flow back to one of these operands."""
    mode = MODE.get()
    building = mode is None or mode.recording
    return building and any(isinstance(x, Tensor) and x.requires_grad for x in operands)


def _refuse_out(name: str, kwargs: dict[str, Any]) -> None:
    if kwargs.get("out") is not None:
        why = "what is written into an array, or a tensor, leaves the graph; use the result"
        raise _refusal(f"np.{name}(out=...)", why)


def _refusal(what: str, why: str) -> EngineError:
    return LeavesGraphError(
        f"{what} on a tensor ({source.calling_line()}): {why}; "
        "see engine.ops for what there is, or .detach() to leave the graph on purpose"
    )


def _plain(x: Any) -> Any:
    """The value of a Tensor without the graph, for what is flat everywhere."""
    if isinstance(x, Tensor):
        return x.detach().data
    if isinstance(x, (list, tuple)):
        return type(x)(_plain(part) for part in x)
    return x


def _fresh(name: str, array: Any) -> Any:
    """A new array of numbers as a tensor, so that tensors can be written into it. What
    `empty_like` gives would be different every time; here it is zeros."""
    if array.dtype.kind != "f":
        return array
    return as_tensor(np.zeros_like(array) if name == "empty_like" else array)


def _copy(a: Any) -> Tensor:
    """The same entries in an array of their own; of a mask, a mask."""
    x = as_tensor(a)
    return Tensor(x.data.copy()) if x.dtype.kind == "b" else x + 0.0


def _full_like(a: Any, fill_value: Any, **settings: Any) -> Tensor:
    shape = np.full_like(_plain(a), 0.0, **settings).shape
    return REGISTRY["broadcast_to"](fill_value, shape=shape)


_UFUNCS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "negative": "neg",
    "power": "pow",
    "float_power": "pow",
    "matmul": "matmul",
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "logaddexp": "logaddexp",
    "sqrt": "sqrt",
    "square": "square",
    "sin": "sin",
    "cos": "cos",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "absolute": "abs",
    "fabs": "abs",
    "sign": "sign",
    "floor": "floor",
    "maximum": "maximum",
    "minimum": "minimum",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "equal": "eq",
    "not_equal": "ne",
}

_COMPOSED: dict[str, Function] = {
    "positive": lambda x: +x,
    "reciprocal": lambda x: 1.0 / x,
    "tan": lambda x: np.sin(x) / np.cos(x),
    "exp2": lambda x: np.exp(x * math.log(2.0)),
    "log2": lambda x: np.log(x) / math.log(2.0),
    "log10": lambda x: np.log(x) / math.log(10.0),
    "heaviside": lambda x, at_zero: REGISTRY["where"](x == 0, at_zero, REGISTRY["step"](x)),
    "hypot": lambda a, b: np.sqrt(a * a + b * b),
    "deg2rad": lambda x: x * (math.pi / 180.0),
    "radians": lambda x: x * (math.pi / 180.0),
}

_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}

_FLAT_UFUNCS = frozenset(
    "isnan isinf isfinite signbit logical_and logical_or logical_not logical_xor bitwise_and "
    "bitwise_or bitwise_xor invert".split()
)

_FRESH = frozenset({"zeros_like", "ones_like", "full_like", "empty_like"})

_FLAT_FUNCTIONS = frozenset(
    "shape ndim size zeros_like ones_like full_like empty_like argmax argmin argsort nonzero "
    "count_nonzero any all array_equal allclose isclose result_type array_repr array_str "
    "iscomplexobj isrealobj".split()
)


def _reduction(name: str) -> Function:
    def reduce(a: Any, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        return REGISTRY[name](a, axis=axis, keepdims=keepdims)

    return reduce


def _var(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
    x = as_tensor(a)
    centred = x - REGISTRY["mean"](x, axis=axis, keepdims=True)
    total: Tensor = REGISTRY["sum"](centred * centred, axis=axis, keepdims=keepdims)
    return total / (x.size // total.size - ddof)


def _std(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
    return REGISTRY["sqrt"](_var(a, axis, ddof=ddof, keepdims=keepdims))


def _average(a: Any, axis: Any = None, weights: Any = None) -> Tensor:
    if weights is None:
        return REGISTRY["mean"](a, axis=axis)
    a, weights = as_tensor(a), np.asarray(weights, dtype=np.float64)
    if axis is not None and weights.ndim == 1:
        weights = np.expand_dims(weights, [k for k in range(a.ndim) if k != axis % a.ndim])
    weights = np.broadcast_to(weights, a.shape)
    total: Tensor = REGISTRY["sum"](a * weights, axis=axis)
    average: Tensor = total / weights.sum(axis=axis)
    return average


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    x = as_tensor(x)
    if ord not in (None, 2, 1) or (ord is not None and x.ndim > 1 and axis is None):
        raise TypeError(f"norm of order {ord}")
    if ord == 1:
        return REGISTRY["sum"](REGISTRY["abs"](x), axis=axis, keepdims=keepdims)
    return REGISTRY["sqrt"](REGISTRY["sum"](x * x, axis=axis, keepdims=keepdims))


def _transpose(a: Any, axes: Any = None) -> Tensor:
    return REGISTRY["transpose"](a) if axes is None else REGISTRY["transpose"](a, axes=tuple(axes))


def _moved(a: Any, order: list[int]) -> Tensor:
    return REGISTRY["transpose"](a, axes=tuple(order))


def _swapaxes(a: Any, axis1: int, axis2: int) -> Tensor:
    order = list(range(as_tensor(a).ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return _moved(a, order)


def _moveaxis(a: Any, source: int, destination: int) -> Tensor:
    ndim = as_tensor(a).ndim
    order = [axis for axis in range(ndim) if axis != source % ndim]
    order.insert(destination % ndim, source % ndim)
    return _moved(a, order)


def _reshape(a: Any, /, shape: Any = None, newshape: Any = None) -> Tensor:
    shape = newshape if shape is None else shape
    return REGISTRY["reshape"](a, shape=(shape,) if isinstance(shape, int) else tuple(shape))


def _expand_dims(a: Any, axis: Any) -> Tensor:
    return REGISTRY["expand_dims"](a, axis=axis)


def _pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Tensor:
    if mode != "constant":
        raise TypeError(f"mode {mode!r}")
    width = np.broadcast_to(np.asarray(pad_width), (as_tensor(array).ndim, 2))
    return REGISTRY["pad"](
        array, width=tuple((int(a), int(b)) for a, b in width), value=float(constant_values)
    )


def _concatenate(arrays: Any, /, axis: int | None = 0) -> Tensor:
    if axis is None:
        return REGISTRY["concatenate"](*[_ravel(x) for x in arrays], axis=0)
    return REGISTRY["concatenate"](*arrays, axis=axis)


def _stack(arrays: Any, axis: int = 0) -> Tensor:
    return REGISTRY["stack"](*arrays, axis=axis)


def _vstack(tup: Any) -> Tensor:
    return _concatenate([x if as_tensor(x).ndim > 1 else _reshape(x, (1, -1)) for x in tup], 0)


def _hstack(tup: Any) -> Tensor:
    arrays = [x if as_tensor(x).ndim else _reshape(x, (1,)) for x in tup]
    return _concatenate(arrays, 0 if as_tensor(arrays[0]).ndim == 1 else 1)


def _ravel(a: Any) -> Tensor:
    return _reshape(a, (-1,))


def _where(condition: Any, x: Any, y: Any) -> Tensor:
    return REGISTRY["where"](condition, x, y)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    lo, hi = (a_min if min is None else min), (a_max if max is None else max)
    return REGISTRY["clip"](a, lo=lo, hi=hi)


def _einsum(pattern: str, /, *operands: Any) -> Tensor:
    return REGISTRY["einsum"](*operands, pattern=pattern)


def _inner(a: Any, b: Any) -> Tensor:
    if as_tensor(a).ndim > 1 or as_tensor(b).ndim > 1:
        raise TypeError("inner of matrices; write a @ b.T")
    return REGISTRY["dot"](a, b)


def _dot(a: Any, b: Any) -> Tensor:
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim == 0 or b.ndim == 0:
        return REGISTRY["mul"](a, b)
    return REGISTRY["dot" if a.ndim == b.ndim == 1 else "matmul"](a, b)


def _outer(a: Any, b: Any) -> Tensor:
    return REGISTRY["outer"](_ravel(a), _ravel(b))


def _trace(a: Any) -> Tensor:
    return REGISTRY["sum"](REGISTRY["diag"](a))


def _take(a: Any, indices: Any, axis: int | None = None) -> Tensor:
    if axis is None:
        a, axis = _ravel(a), 0
    return REGISTRY["take"](a, indices=_plain(indices), axis=axis)


def _repeat(a: Any, repeats: int, axis: int | None = None) -> Tensor:
    if axis is None:
        a, axis = _ravel(a), 0
    count = as_tensor(a).shape[axis]
    return REGISTRY["take"](a, indices=np.repeat(np.arange(count), repeats), axis=axis)


def _flip(m: Any, axis: Any = None) -> Tensor:
    return REGISTRY["flip"](m, axis=axis)


def _squeeze(a: Any, axis: Any = None) -> Tensor:
    return REGISTRY["squeeze"](a, axis=axis)


def _broadcast_to(array: Any, shape: Any) -> Tensor:
    return REGISTRY["broadcast_to"](array, shape=tuple(shape))


def _convolve(a: Any, v: Any, mode: str = "full") -> Tensor:
    if mode not in ("full", "valid"):
        raise TypeError(f"mode {mode!r}")
    return REGISTRY["conv_full" if mode == "full" else "conv"](a, v)


def _correlate(a: Any, v: Any, mode: str = "valid") -> Tensor:
    if mode not in ("full", "valid"):
        raise TypeError(f"mode {mode!r}")
    return REGISTRY["corr_full" if mode == "full" else "corr"](a, v)


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    x = as_tensor(ary)
    pieces = np.split(np.arange(x.shape[axis]), indices_or_sections)
    lead = (slice(None),) * (axis % x.ndim)
    spans = [(int(piece[0]), int(piece[-1]) + 1) if len(piece) else (0, 0) for piece in pieces]
    return [x[(*lead, slice(start, stop))] for start, stop in spans]


_FUNCTIONS: dict[str, Function] = {
    **{name: _reduction(name) for name in ("sum", "mean", "prod", "max", "min")},
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    "var": _var,
    "std": _std,
    "average": _average,
    "norm": _norm,
    "cumsum": lambda a, axis=None: REGISTRY["cumsum"](
        _ravel(a) if axis is None else a, axis=0 if axis is None else axis
    ),
    "transpose": _transpose,
    "matrix_transpose": lambda x: _swapaxes(x, -1, -2),
    "swapaxes": _swapaxes,
    "moveaxis": _moveaxis,
    "reshape": _reshape,
    "ravel": _ravel,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "broadcast_to": _broadcast_to,
    "flip": _flip,
    "pad": _pad,
    "concatenate": _concatenate,
    "stack": _stack,
    "vstack": _vstack,
    "hstack": _hstack,
    "split": _split,
    "where": _where,
    "clip": _clip,
    "take": _take,
    "repeat": _repeat,
    "diag": lambda v, k=0: REGISTRY["diag"](v, k=k),
    "trace": _trace,
    "dot": _dot,
    "inner": _inner,
    "outer": _outer,
    "einsum": _einsum,
    "convolve": _convolve,
    "correlate": _correlate,
    "copy": _copy,
}
