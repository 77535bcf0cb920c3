"""Arrays of SymPy expressions as numbers: the engine's own code, forward and backward, on symbols.

`symbols_like((2, 3), "x")` makes an array of symbols x[0,0] … x[1,2]; it can be held by a Tensor.
Numbers that meet symbols become exact: 0.1 is 1/10, and the double nearest to √2, π, ln 2, 2/√π …
is that constant, because an op cannot write it in any other way.

Comparisons give relations, which go into `where` and make a Piecewise; inside a region
(engine.arrays.symbol_values) they are decided, and one branch comes out.

Imported only by those who want symbols: it imports SymPy.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy

from engine.arrays import register
from engine.arrays.symbol_values import exact, number_of, settled, whole_part
from engine.errors import EngineError

Array = Any
Expression = Any


class SymbolArray(np.ndarray[Any, Any]):
    """An array of SymPy expressions (or of relations: a mask). Every result is one too, also a
    single entry, which stays an array of shape ()."""

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **settings: Any
    ) -> Any:
        if out is not None:
            raise EngineError("an array of symbols cannot be written into")
        known = _UFUNCS.get(ufunc.__name__) if method == "__call__" else None
        if known is not None:
            return known(*inputs)
        if ufunc.__name__ not in _ARITHMETIC:
            return NotImplemented
        plain = [_numbers(x) for x in inputs]
        return as_symbols(getattr(ufunc, method)(*plain, **settings))

    def __getitem__(self, key: Any) -> SymbolArray:
        return as_symbols(self.view(np.ndarray)[_plain_key(key)])

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """Numbers as a NumPy array; an array with a symbol left in it stays as it is."""
        numbers = [number_of(x) for x in self.view(np.ndarray).flat]
        if np.dtype(dtype).kind == "O" or not all(x.is_number for x in numbers):
            return self
        return np.array([float(x) for x in numbers]).reshape(self.shape).astype(dtype)

    def __repr__(self) -> str:
        return f"symbols({self.tolist()})"

    __str__ = __repr__


def symbols_like(shape: tuple[int, ...], name: str, **assumptions: bool) -> SymbolArray:
    """An array of symbols `name[i,j]` (`name` for shape ()), real unless told otherwise."""
    assumptions.setdefault("real", True)
    result = np.empty(shape, dtype=object)
    for place in product(*map(range, shape)):
        at = ",".join(map(str, place))
        result[place] = sympy.Symbol(f"{name}[{at}]" if place else name, **assumptions)
    return result.view(SymbolArray)


def as_symbols(x: Any, dtype: Any = None) -> SymbolArray:
    """Numbers, nested lists, arrays or expressions as an array of exact expressions."""
    if isinstance(x, np.ndarray):
        plain = x.view(np.ndarray)
    elif isinstance(x, (list, tuple)):
        plain = np.array(x, dtype=object)
    else:
        plain = np.empty((), dtype=object)
        plain[()] = x
    result = np.empty(plain.shape, dtype=object)
    for place in np.ndindex(plain.shape):
        result[place] = exact(plain[place])
    return result.view(SymbolArray)


def _numbers(x: Any) -> Any:
    plain = as_symbols(x).view(np.ndarray)
    result = np.empty(plain.shape, dtype=object)
    for place in np.ndindex(plain.shape):
        result[place] = number_of(plain[place])
    return result


def _plain_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_plain_key(part) for part in key)
    if isinstance(key, SymbolArray):
        mask = all(v in (sympy.true, sympy.false) for v in key.view(np.ndarray).flat)
        return key.astype(bool if mask else np.int64)
    return key


def _elementwise(function: Callable[..., Expression], count: int) -> Callable[..., SymbolArray]:
    spread = np.frompyfunc(function, count, 1)

    def call(*operands: Any) -> SymbolArray:
        return as_symbols(spread(*[as_symbols(x).view(np.ndarray) for x in operands]))

    return call


def _numeric(function: Callable[..., Expression], count: int) -> Callable[..., SymbolArray]:
    return _elementwise(lambda *parts: function(*map(number_of, parts)), count)


def _relation(kind: Any) -> Callable[..., SymbolArray]:
    def compare(a: Expression, b: Expression) -> Any:
        if a == b:
            return settled(kind(sympy.Integer(0), sympy.Integer(0)))
        return settled(kind(a, b))

    return _numeric(compare, 2)


def _choose(condition: Any, yes: Expression, no: Expression) -> Expression:
    if condition.is_Symbol or not isinstance(condition, sympy.logic.boolalg.Boolean):
        condition = sympy.Ne(condition, 0)
    condition = settled(condition)
    if condition == sympy.true:
        return yes
    if condition == sympy.false:
        return no
    return sympy.Piecewise((number_of(yes), condition), (number_of(no), True))


def _greatest(a: Expression, b: Expression) -> Expression:
    return a if a == b else _choose(sympy.Ge(a, b), a, b)


def _least(a: Expression, b: Expression) -> Expression:
    return a if a == b else _choose(sympy.Le(a, b), a, b)


def _absolute(x: Expression) -> Expression:
    return _choose(sympy.Ge(x, 0), x, -x)


def _sign(x: Expression) -> Expression:
    return _choose(
        sympy.Gt(x, 0), sympy.Integer(1), _choose(sympy.Lt(x, 0), -sympy.S.One, sympy.S.Zero)
    )


def _reduction(combine: Callable[[list[Expression]], Expression]) -> Callable[..., SymbolArray]:
    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> SymbolArray:
        plain = _numbers(x)
        axes = range(plain.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        gone = sorted(i % plain.ndim for i in axes)
        kept = [i for i in range(plain.ndim) if i not in gone]
        rows = plain.transpose(*kept, *gone).reshape(*(plain.shape[i] for i in kept), -1)
        result = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(result.shape):
            result[place] = combine(rows[place].tolist())
        if keepdims:
            result = result.reshape([1 if i in gone else n for i, n in enumerate(plain.shape)])
        return as_symbols(result)

    return reduce


def _fold(pick: Callable[[Expression, Expression], Expression]) -> Callable[..., Expression]:
    def fold(entries: list[Expression]) -> Expression:
        best = entries[0]
        for entry in entries[1:]:
            best = pick(best, entry)
        return best

    return fold


def _first_greatest(entries: list[Expression]) -> Expression:
    at = 0
    for i in range(1, len(entries)):
        truth = settled(sympy.Gt(entries[i], entries[at]))
        if truth not in (sympy.true, sympy.false):
            raise EngineError("argmax of symbols needs a region that tells which one is greatest")
        at = i if truth == sympy.true else at
    return sympy.Integer(at)


def _argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return _reduction(_first_greatest)(x, axis, keepdims).astype(np.int64)


def _kept(function: Callable[..., Any]) -> Callable[..., SymbolArray]:
    """A NumPy function that moves entries, or adds and multiplies them, on plain object arrays."""

    def call(*arguments: Any, **settings: Any) -> SymbolArray:
        return as_symbols(function(*[_plain(a) for a in arguments], **settings))

    return call


def _winners(x: Any, axis: Any) -> SymbolArray:
    if isinstance(axis, int):
        first = _argmax(x, axis, keepdims=True)
        won = np.zeros(x.shape, dtype=np.int64)
        np.put_along_axis(won, first, 1, axis)
        return as_symbols(won)
    won = _elementwise(number_of, 1)(_equal(x, NAMESPACE.max(x, axis, keepdims=True)))
    return as_symbols(won / NAMESPACE.sum(won, axis, keepdims=True))


def _one_hot(classes: Any, count: int, like: Any) -> SymbolArray:
    from engine.arrays import numpy_

    numbers = as_symbols(classes).astype(np.float64)
    return as_symbols(numpy_.one_hot(numbers, count, numbers).astype(np.int64))


def _plain(argument: Any) -> Any:
    if isinstance(argument, SymbolArray):
        return argument.view(np.ndarray)
    if isinstance(argument, (list, tuple)) and any(isinstance(a, SymbolArray) for a in argument):
        return [as_symbols(a).view(np.ndarray) for a in argument]
    return argument


def _pad(x: Any, widths: Any, mode: str = "constant", constant_values: Any = 0) -> SymbolArray:
    filler = exact(constant_values)
    return as_symbols(np.pad(_plain(x), widths, mode="constant", constant_values=filler))


def _scatter(shape: tuple[int, ...], index: Any, values: Any) -> SymbolArray:
    result = _zeros(shape).view(np.ndarray)
    np.add.at(result, _plain_key(index), _numbers(values))
    return as_symbols(result)


def _windows(x: Any, sizes: tuple[int, ...], strides: tuple[int, ...]) -> SymbolArray:
    from engine.arrays import numpy_

    return as_symbols(numpy_.windows(_plain(x), sizes, strides))


def _shift(x: Any, axis: Any) -> SymbolArray:
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {i % x.ndim for i in axes}
    return _zeros(tuple(1 if i in gone else size for i, size in enumerate(x.shape)))


def _zeros(shape: Any, dtype: Any = None) -> SymbolArray:
    return as_symbols(np.zeros(shape, dtype=np.int64))


def _ones_like(x: Any) -> SymbolArray:
    return as_symbols(np.ones(x.shape, dtype=np.int64))


_ARITHMETIC = frozenset("add subtract multiply divide negative positive power matmul".split())
_exp = _numeric(sympy.exp, 1)
_log = _numeric(sympy.log, 1)
_greater, _less = _relation(sympy.Gt), _relation(sympy.Lt)
_equal = _relation(sympy.Eq)

NAMESPACE = SimpleNamespace(
    name="symbols",
    device="symbols",
    exp=_exp,
    log=_log,
    log1p=_numeric(lambda x: sympy.log(1 + x), 1),
    expm1=_numeric(lambda x: sympy.exp(x) - 1, 1),
    sqrt=_numeric(sympy.sqrt, 1),
    sin=_numeric(sympy.sin, 1),
    cos=_numeric(sympy.cos, 1),
    sinh=_numeric(sympy.sinh, 1),
    cosh=_numeric(sympy.cosh, 1),
    tanh=_numeric(sympy.tanh, 1),
    erf=_numeric(sympy.erf, 1),
    logaddexp=_numeric(lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)), 2),
    abs=_numeric(_absolute, 1),
    sign=_numeric(_sign, 1),
    power=_numeric(lambda a, b: a**b, 2),
    maximum=_numeric(_greatest, 2),
    minimum=_numeric(_least, 2),
    where=_elementwise(_choose, 3),
    greater=_greater,
    less=_less,
    equal=_equal,
    floor=_numeric(whole_part, 1),
    sum=_reduction(lambda entries: sympy.Add(*entries)),
    mean=_reduction(lambda entries: sympy.Add(*entries) / len(entries)),
    prod=_reduction(lambda entries: sympy.Mul(*entries)),
    max=_reduction(_fold(_greatest)),
    min=_reduction(_fold(_least)),
    argmax=_argmax,
    cumsum=_kept(np.cumsum),
    matmul=_kept(np.matmul),
    einsum=_kept(np.einsum),
    reshape=_kept(np.reshape),
    transpose=_kept(np.transpose),
    broadcast_to=_kept(np.broadcast_to),
    expand_dims=_kept(np.expand_dims),
    squeeze=_kept(np.squeeze),
    flip=_kept(np.flip),
    concatenate=_kept(np.concatenate),
    stack=_kept(np.stack),
    take=_kept(np.take),
    pad=_pad,
    zeros=_zeros,
    zeros_like=lambda x: _zeros(x.shape),
    ones_like=_ones_like,
    asarray=as_symbols,
    scatter=_scatter,
    windows=_windows,
    shift=_shift,
    winners=_winners,
    one_hot=_one_hot,
)

_UFUNCS: dict[str, Callable[..., SymbolArray]] = {
    "greater": _greater,
    "less": _less,
    "greater_equal": _relation(sympy.Ge),
    "less_equal": _relation(sympy.Le),
    "equal": _equal,
    "not_equal": _relation(sympy.Ne),
    "absolute": NAMESPACE.abs,
    "logical_not": _elementwise(sympy.Not, 1),
    "invert": _elementwise(sympy.Not, 1),
    "bitwise_and": _elementwise(sympy.And, 2),
    "bitwise_or": _elementwise(sympy.Or, 2),
}

register(SymbolArray, NAMESPACE)
