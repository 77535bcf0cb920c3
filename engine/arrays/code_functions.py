"""The functions that an op may use, on pieces of NumPy source text.

What a person would write by hand is preferred to the call that the op makes: `x.sum(axis=0)`,
`W.T`, `x[:, None]`, `np.outer(a, b)`. Five of the engine's functions are not NumPy's and come with
the code that uses them (`Code.needs`): erf, scatter, windows, winners and shift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.arrays import numpy_, register
from engine.arrays.code import (
    ANY,
    ATOM,
    PRODUCT,
    Code,
    Part,
    array,
    array_text,
    as_code,
    equal,
    greater,
    less,
    literal,
    power,
    text,
)
from engine.arrays.erf import erf
from engine.errors import EngineError

_LONG_INDEX = 8
"""From how many entries on a list in an index is an array with a name."""

Shape = tuple[int, ...]


def item(x: Code, key: Any) -> Code:
    """x[key]."""
    parts, plain = index(key)
    value = np.asarray(x.value)[plain]
    kind = "view" if np.ndim(value) and numpy_.once(plain) else "made"
    return Code(((x, ATOM), "[", *parts, "]"), ATOM, value, kind)


def index(key: Any) -> tuple[list[Part], Any]:
    """An index as it is typed within [ ], and the same with values in place of code."""
    if not isinstance(key, tuple):
        parts, plain = _index_part(key)
        return parts, plain
    if not key:
        return ["()"], ()
    written: list[Part] = []
    plains = []
    for i, entry in enumerate(key):
        parts, plain = _index_part(entry)
        written += [", ", *parts] if i else parts
        plains.append(plain)
    return ([*written, ","] if len(key) == 1 else written), tuple(plains)


def _index_part(entry: Any) -> tuple[list[Part], Any]:
    if isinstance(entry, Code):
        return [(entry, ANY)], np.asarray(entry.value)
    if isinstance(entry, slice):
        bounds = [entry.start, entry.stop, *([] if entry.step is None else [entry.step])]
        return [":".join("" if bound is None else str(int(bound)) for bound in bounds)], entry
    if entry is None or entry is Ellipsis:
        return ["None" if entry is None else "..."], entry
    if isinstance(entry, (int, np.integer)):
        return [str(int(entry))], int(entry)
    held = np.asarray(entry)
    if held.dtype.kind not in "iub":
        raise EngineError(f"an index of type {type(entry).__name__} cannot be written down as code")
    if held.ndim == 0:
        return [str(held.item())], held.item()
    if held.size >= _LONG_INDEX or held.size == 0:
        return [(array(held), ANY)], held
    return [array_text(held)], held


def where(condition: Any, yes: Any, no: Any) -> Code:
    chosen = as_code(condition)
    if chosen.kind == "literal":
        return as_code(yes if chosen.value else no)
    return _call("where", chosen, yes, no)


def matmul(a: Any, b: Any) -> Code:
    """a @ b; the outer product and products with vectors as one writes these."""
    left, right = as_code(a), as_code(b)
    row, column = _vector(left, 0), _vector(right, 1)
    if left.ndim == right.ndim == 2:
        if left.shape == (1, 1) and left.base is not None and left.base.ndim == 0:
            other = _vector(right, 0)
            if other is not None:
                return reshape(left.base * other, right.shape)
        if right.shape == (1, 1) and right.base is not None and right.base.ndim == 0:
            other = _vector(left, 1)
            if other is not None:
                return reshape(other * right.base, left.shape)
        if left.shape[1] == 1 and right.shape[0] == 1:
            first, second = _vector(left, 1), _vector(right, 0)
            if first is not None and second is not None:
                return _call("outer", first, second)
        if row is not None or column is not None:
            shorter = matmul(left if row is None else row, right if column is None else column)
            return reshape(shorter, (left.shape[0], right.shape[1]))
    value = np.matmul(left.value, right.value)
    return Code(((left, PRODUCT), " @ ", (right, PRODUCT + 1)), PRODUCT, value)


def _vector(x: Code, axis: int) -> Code | None:
    """The vector that x sees as a matrix with one row (axis 0) or one column (axis 1)."""
    if x.ndim == 2 and x.shape[axis] == 1 and x.base is not None and x.base.ndim == 1:
        return x.base
    return None


def reshape(x: Any, shape: Any) -> Code:
    """x in another shape; new axes and axes of size 1 by an index."""
    code = as_code(x)
    value = np.reshape(code.value, shape)
    wanted = value.shape
    base = code.base if code.base is not None else code
    if base.shape == wanted:
        return base
    if code.shape == wanted:
        return code
    if base.ndim == 0:
        parts: tuple[Part, ...] = ("np.reshape(", (base, ANY), f", {shape_text(wanted)})")
    else:
        places = _new_axes(base.shape, wanted) or _taken_axes(base.shape, wanted)
        end = f"[{places}]" if places else f".reshape({', '.join(map(str, wanted)) or '()'})"
        parts = ((base, ATOM), end)
    return Code(parts, ATOM, value, "view", base)


def _new_axes(old: Shape, new: Shape) -> str | None:
    """`:, None` where the new shape is the old one with axes of size 1 among it."""
    places = []
    left = list(old)
    for size in new:
        if left and size == left[0]:
            left.pop(0)
            places.append(":")
        elif size == 1:
            places.append("None")
        else:
            return None
    return ", ".join(places) if not left and len(new) > len(old) else None


def _taken_axes(old: Shape, new: Shape) -> str | None:
    """`:, 0` where the new shape is the old one without some axes of size 1."""
    places = []
    left = list(new)
    for size in old:
        if left and size == left[0]:
            left.pop(0)
            places.append(":")
        elif size == 1:
            places.append("0")
        else:
            return None
    if left or len(new) >= len(old):
        return None
    while len(places) > 1 and places[-1] == ":":
        places.pop()
    return ", ".join(places)


def transpose(x: Any, axes: Any = None) -> Code:
    code = as_code(x)
    order = [i % code.ndim for i in (range(code.ndim)[::-1] if axes is None else axes)]
    if order == sorted(order):
        return code
    new = tuple([code.shape[i] for i in order])
    if sum(size != 1 for size in code.shape) < 2:
        return reshape(code, new)
    value = np.transpose(code.value, order)
    if order == sorted(order, reverse=True):
        if len(code.parts) == 2 and code.parts[1] == ".T":
            return code.operands[0]
        return Code(((code, ATOM), ".T"), ATOM, value, "view")
    if order == [*range(code.ndim - 2), code.ndim - 1, code.ndim - 2]:
        return Code(("np.swapaxes(", (code, ANY), ", -1, -2)"), ATOM, value, "view")
    return Code(("np.transpose(", (code, ANY), f", {tuple(order)})"), ATOM, value, "view")


def broadcast_to(x: Any, shape: Any) -> Code:
    code = as_code(x)
    value = np.broadcast_to(np.asarray(code.value), shape)
    if code.shape == value.shape:
        return code
    if code.kind == "literal":
        return _filled(float(code.value), value.shape)
    base = code.base
    if base is not None and (1,) * (code.ndim - base.ndim) + base.shape == code.shape:
        code = base
    parts = ("np.broadcast_to(", (code, ANY), f", {shape_text(value.shape)})")
    return Code(parts, ATOM, value, "view")


def _filled(number: float, shape: Shape) -> Code:
    if shape == ():
        return literal(number)
    sizes = str(shape[0]) if len(shape) == 1 else shape_text(shape)
    known = {0.0: f"np.zeros({sizes})", 1.0: f"np.ones({sizes})"}
    written = known.get(number) or f"np.full({sizes}, {text(literal(number))})"
    return Code((written,), ATOM, np.full(shape, number))


def one_hot(classes: Any, count: int, like: Any) -> Code:
    code = as_code(classes)
    value = numpy_.one_hot(np.asarray(code.value, np.float64), count, np.zeros(()))
    if code.ndim == 0:
        return Code((f"np.eye({count})[int(", (code, ANY), ")]"), ATOM, value)
    return Code((f"np.eye({count})[", (code, ATOM), ".astype(int)]"), ATOM, value)


def shift(x: Any, axis: Any) -> Code:
    """The largest entries; where these are not finite in the recording, by our own function."""
    code = as_code(x)
    largest = np.max(code.value, axis=axis, keepdims=True)
    if np.all(np.isfinite(largest)):
        return _call("max", code, axis=axis, keepdims=True)
    return _ours("shift", numpy_.shift(code.value, axis), (code, ANY), f", {axis!r}")


def scatter(shape: Any, key: Any, values: Any) -> Code:
    code = as_code(values)
    parts, plain = index(key)
    value = numpy_.scatter(tuple(shape), plain, np.asarray(code.value))
    if isinstance(key, (tuple, slice)):
        parts = ["np.s_[", *parts, "]"]
    return _ours("scatter", value, f"{shape_text(tuple(shape))}, ", *parts, ", ", (code, ANY))


def astype(x: Any, dtype: str) -> Code:
    """x as numbers of another kind: "float" of masks that were added up."""
    code = as_code(x)
    if code.ndim == 0:
        return Code(("np.float64(", (code, ANY), ")"), ATOM, np.float64(code.value))
    return Code(((code, ATOM), f".astype({dtype})"), ATOM, np.asarray(code.value).astype(dtype))


def shape_text(shape: Shape) -> str:
    """A shape as one types it."""
    return str(tuple([int(size) for size in shape]))


def _ours(name: str, value: Any, *parts: Part) -> Code:
    return Code((f"{name}(", *parts, ")"), ATOM, value, needs=name)


def _call(name: str, *arguments: Any, **settings: Any) -> Code:
    """np.name(arguments, settings)."""
    parts: list[Part] = [f"np.{name}("]
    plain = []
    for i, argument in enumerate(arguments):
        written, value = _argument(argument)
        parts += [", ", *written] if i else written
        plain.append(value)
    for key, setting in settings.items():
        parts.append(f", {key}={_setting(setting)}")
    return Code((*parts, ")"), ATOM, getattr(np, name)(*plain, **settings))


def _argument(argument: Any) -> tuple[list[Part], Any]:
    if isinstance(argument, (list, tuple)) and any(isinstance(x, Code) for x in argument):
        written: list[Part] = ["["]
        codes = [as_code(x) for x in argument]
        for i, code in enumerate(codes):
            written += [", ", (code, ANY)] if i else [(code, ANY)]
        return [*written, "]"], [x.value for x in codes]
    if isinstance(argument, Code):
        return [(argument, ANY)], argument.value
    if isinstance(argument, np.ndarray):
        return [(array(argument), ANY)], argument
    if isinstance(argument, (bool, int, float, np.generic)):
        number = literal(argument)
        return [(number, ANY)], number.value
    return [_setting(argument)], argument


def _setting(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"np.array({array_text(value)})"
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], int):
        return str(value[0])
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _function(name: str) -> Callable[..., Code]:
    def call(*arguments: Any, **settings: Any) -> Code:
        return _call(name, *arguments, **settings)

    return call


def _reduction(name: str) -> Callable[..., Code]:
    """`x.sum(axis=0)` of an array, `np.sum(…)` of what may be a plain number."""

    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Code:
        code = as_code(x)
        settings = {} if axis is None else {"axis": axis}
        if keepdims:
            settings["keepdims"] = True
        if code.ndim == 0 or code.level < ATOM or code.kind == "array":
            return _call(name, code, **settings)
        written = ", ".join(f"{key}={_setting(setting)}" for key, setting in settings.items())
        value = getattr(np, name)(code.value, **settings)
        return Code(((code, ATOM), f".{name}({written})"), ATOM, value)

    return call


def _absolute(x: Any) -> Code:
    return abs(as_code(x))


def _expand_dims(x: Any, axis: Any) -> Code:
    code = as_code(x)
    return reshape(code, np.expand_dims(np.asarray(code.value), axis).shape)


def _squeeze(x: Any, axis: Any = None) -> Code:
    code = as_code(x)
    return reshape(code, np.squeeze(np.asarray(code.value), axis=axis).shape)


def _flip(x: Any, axis: Any = None) -> Code:
    code = as_code(x)
    if code.ndim == 0:
        return code
    setting = "" if axis is None else f", {_setting(axis)}"
    value = np.flip(np.asarray(code.value), axis)
    return Code(("np.flip(", (code, ANY), f"{setting})"), ATOM, value, "view")


def _einsum(pattern: str, *operands: Any) -> Code:
    return _call("einsum", pattern, *operands)


def _pad(x: Any, widths: Any, mode: str = "constant", constant_values: Any = 0) -> Code:
    settings = {} if constant_values == 0 else {"constant_values": constant_values}
    return _call("pad", as_code(x), widths, **settings)


def _zeros(shape: Any, dtype: Any = None) -> Code:
    return _filled(0.0, np.zeros(shape).shape)


def _erf(x: Any) -> Code:
    code = as_code(x)
    return _ours("erf", erf(np.asarray(code.value, np.float64))[()], (code, ANY))


def _windows(x: Any, sizes: Shape, strides: Shape) -> Code:
    code = as_code(x)
    value = numpy_.windows(np.asarray(code.value), sizes, strides)
    made = _ours("windows", value, (code, ANY), f", {tuple(sizes)}, {tuple(strides)}")
    made.kind = "view"
    return made


def _winners(x: Any, axis: Any) -> Code:
    code = as_code(x)
    value = numpy_.winners(np.asarray(code.value, np.float64), axis)
    return _ours("winners", value, (code, ANY), f", {axis!r}")


def _asarray(x: Any, dtype: Any = None) -> Code:
    if isinstance(x, Sequence):
        return array(x)
    return as_code(x)


_PLAIN = """exp log log1p expm1 sqrt sin cos sinh cosh tanh logaddexp sign maximum minimum floor
concatenate stack take""".split()

NAMESPACE = SimpleNamespace(
    name="code",
    device="code",
    abs=_absolute,
    power=power,
    where=where,
    greater=greater,
    less=less,
    equal=equal,
    matmul=matmul,
    einsum=_einsum,
    reshape=reshape,
    transpose=transpose,
    broadcast_to=broadcast_to,
    expand_dims=_expand_dims,
    squeeze=_squeeze,
    flip=_flip,
    pad=_pad,
    zeros=_zeros,
    zeros_like=lambda x: _filled(0.0, x.shape),
    ones_like=lambda x: _filled(1.0, x.shape),
    asarray=_asarray,
    erf=_erf,
    scatter=scatter,
    windows=_windows,
    shift=shift,
    winners=_winners,
    one_hot=one_hot,
    **{name: _function(name) for name in _PLAIN},
    **{name: _reduction(name) for name in "sum mean prod max min argmax cumsum".split()},
)

register(Code, NAMESPACE)
