"""Many samples of one array at once, each with a bound of its rounding error.

`Bounded(value, error)` holds S samples: value and error are (S, *shape), and `.shape`, `.ndim`,
axis numbers and broadcasting leave S out, so the engine's own declarations run over it as they
stand: `op.forward(NAMESPACE, x)`, `op.vjp(NAMESPACE, g, out, x)`. Every result carries a bound of
|computed − exact|, worked out beside the value; samples without bounds (error None) compute values
alone, three times as fast. A constant has one sample (S = 1) and meets any number of them.

A comparison gives a mask. Where the difference lies within the errors its error is 1 (it is as
a number unsure by 1), and `where` then bounds both branches; but where that is so at a good part of
the samples the operands are one value, and the mask says what holds of equal numbers. An error of
inf says that nothing is known, also where the value is nan.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.arrays import bounded_arrays, bounded_errors, bounded_places, numpy_, register
from engine.arrays.bounded_errors import U
from engine.arrays.erf import erf

Array = Any
_quiet = np.errstate(all="ignore")


class Bounded:
    """S samples of one array, each entry with a bound of its error (None: values alone)."""

    __slots__ = ("error", "value")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Array, error: Array | None) -> None:
        self.value = value
        self.error = error

    @property
    def samples(self) -> int:
        """S, the number of samples: 1 for a constant."""
        return len(self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return tuple(self.value.shape[1:])

    @property
    def ndim(self) -> int:
        """The number of axes of one sample."""
        return int(self.value.ndim) - 1

    @property
    def size(self) -> int:
        """The number of entries of one sample."""
        return int(self.value.size) // len(self.value) if len(self.value) else 0

    @property
    def dtype(self) -> Any:
        """float64, or bool for a mask."""
        return self.value.dtype

    @property
    def T(self) -> Bounded:
        """Every sample with its axes reversed."""
        return _transpose(self)

    def at(self, k: int) -> tuple[Array, Array | None]:
        """Sample k as plain arrays: its value and its error. Of a constant every k is the same."""
        k = k if len(self.value) > 1 else 0
        return self.value[k], None if self.error is None else self.error[k]

    def pick(self, indices: Any) -> Bounded:
        """The samples at `indices` (numbers, a slice or a mask over S); a constant as it is."""
        if len(self.value) == 1:
            return self
        return Bounded(self.value[indices], None if self.error is None else self.error[indices])

    def values(self) -> Bounded:
        """The same samples without bounds."""
        return Bounded(self.value, None)

    def __getitem__(self, key: Any) -> Bounded:
        value = bounded_places.getitem(self.value, key)
        return Bounded(
            value, None if self.error is None else bounded_places.getitem(self.error, key)
        )

    def __repr__(self) -> str:
        return f"Bounded({self.value!r}, {self.error!r})"

    def __add__(self, other: Any) -> Bounded:
        return _add(self, other)

    def __radd__(self, other: Any) -> Bounded:
        return _add(other, self)

    def __sub__(self, other: Any) -> Bounded:
        return _sub(self, other)

    def __rsub__(self, other: Any) -> Bounded:
        return _sub(other, self)

    def __mul__(self, other: Any) -> Bounded:
        return _mul(self, other)

    def __rmul__(self, other: Any) -> Bounded:
        return _mul(other, self)

    def __truediv__(self, other: Any) -> Bounded:
        return _div(self, other)

    def __rtruediv__(self, other: Any) -> Bounded:
        return _div(other, self)

    def __pow__(self, other: Any) -> Bounded:
        return _power(self, other)

    def __rpow__(self, other: Any) -> Bounded:
        return _power(other, self)

    def __matmul__(self, other: Any) -> Bounded:
        return _matmul(self, other)

    def __rmatmul__(self, other: Any) -> Bounded:
        return _matmul(other, self)

    def __neg__(self) -> Bounded:
        return Bounded(-_counted(self.value), self.error)

    def __pos__(self) -> Bounded:
        return self

    def __abs__(self) -> Bounded:
        return Bounded(np.abs(self.value), self.error)

    def __gt__(self, other: Any) -> Bounded:
        return _greater(self, other)

    def __lt__(self, other: Any) -> Bounded:
        return _less(self, other)

    def __ge__(self, other: Any) -> Bounded:
        return _greater_equal(self, other)

    def __le__(self, other: Any) -> Bounded:
        return _less_equal(self, other)

    def __eq__(self, other: object) -> Bounded:  # type: ignore[override]
        return _equal(self, other)

    def __ne__(self, other: object) -> Bounded:  # type: ignore[override]
        return _not_equal(self, other)

    def __and__(self, other: Any) -> Bounded:
        return _both(self, other)

    def __or__(self, other: Any) -> Bounded:
        return _either(self, other)

    def __invert__(self) -> Bounded:
        return Bounded(~self.value, self.error)

    def __bool__(self) -> bool:
        raise TypeError("many samples are not one truth; use where(mask, a, b)")


def bounded(values: Any, error: Any = 0.0) -> Bounded:
    """Samples along the first axis, (S, *shape); `error` bounds each entry, None for no bounds."""
    value = np.asarray(values, dtype=np.float64)
    if value.ndim == 0:
        raise ValueError("samples stand along the first axis; use constant(x) for one value")
    if error is None:
        return Bounded(value, None)
    return Bounded(value, np.broadcast_to(np.asarray(error, dtype=np.float64), value.shape))


def constant(x: Any) -> Bounded:
    """One value for all samples (S = 1).

    Whole numbers and dyadic fractions that doubles hold exactly have error 0; any other number
    stands for the decimal or the constant that it was rounded from, within one unit u.
    """
    if isinstance(x, Bounded):
        return x
    if isinstance(x, (float, int)):
        return _number(float(x))
    value = np.asarray(x)
    if value.dtype != bool:
        value = value.astype(np.float64)
    scaled = value * 2.0**20
    exact = (scaled == np.floor(scaled)) & (np.abs(value) <= 2.0**53)
    return Bounded(value[None], np.where(exact, 0.0, 2 * U * np.abs(value))[None])


@lru_cache(maxsize=1024)
def _number(x: float) -> Bounded:
    value = np.array([x])
    value.setflags(write=False)
    scaled = x * 2.0**20
    exact = abs(x) <= 2.0**53 and scaled == np.floor(scaled)
    error = np.array([0.0 if exact else 2 * U * abs(x)])
    error.setflags(write=False)
    return Bounded(value, error)


_AS_FRACTIONS: dict[Any, Callable[[Fraction, Fraction], Fraction]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.divide: lambda a, b: a / b,
}


def _is_exact(function: Any, a: Array, b: Array, c: Array) -> bool:
    """Whether arithmetic of two exact numbers came out without rounding."""
    x, y, z = float(a[0]), float(b[0]), float(c[0])
    if not (abs(x) < 2**53 and abs(y) < 2**53 and abs(z) < 2**53):
        return False
    if function is np.divide and y == 0:
        return False
    return _AS_FRACTIONS[function](Fraction(x), Fraction(y)) == Fraction(z)


def _lift(function: Any, rule: Callable[..., Array]) -> Callable[[Any], Bounded]:
    @_quiet
    def call(x: Any) -> Bounded:
        if type(x) is not Bounded:
            x = constant(x)
        value, error = x.value, x.error
        result = function(value)
        return Bounded(result, None if error is None else rule(result, value, error))

    return call


def _lift_pair(function: Any, rule: Callable[..., Array]) -> Callable[[Any, Any], Bounded]:
    folds = function in _AS_FRACTIONS
    counts = folds or function is np.power

    @_quiet
    def call(left: Any, right: Any) -> Bounded:
        if type(left) is not Bounded:
            left = constant(left)
        if type(right) is not Bounded:
            right = constant(right)
        a, b, ea, eb = left.value, right.value, left.error, right.error
        if counts:
            a, b = _counted(a), _counted(b)
        if a.ndim != b.ndim:
            a, b, ea, eb = _level(a, b, ea, eb)
        result = function(a, b)
        if ea is None or eb is None:
            return Bounded(result, None)
        error = rule(result, a, ea, b, eb)
        numbers = folds and result.shape == (1,) and not ea[0] and not eb[0]
        if numbers and _is_exact(function, a, b, result):
            error = np.zeros(1)
        return Bounded(result, error)

    return call


def _lift_relation(function: Any, at_tie: bool) -> Callable[[Any, Any], Bounded]:
    @_quiet
    def call(left: Any, right: Any) -> Bounded:
        left, right = constant(left), constant(right)
        a, b, ea, eb = left.value, right.value, left.error, right.error
        if a.ndim != b.ndim:
            a, b, ea, eb = _level(a, b, ea, eb)
        result = function(a, b)
        if ea is None or eb is None:
            return Bounded(result, None)
        return Bounded(*bounded_errors.compared(result, a, ea, b, eb, at_tie))

    return call


@_quiet
def _sign(x: Any) -> Bounded:
    x = constant(x)
    result = np.sign(_counted(x.value))
    if x.error is None:
        return Bounded(result, None)
    return Bounded(*bounded_errors.sign(result, _counted(x.value), x.error))


def _counted(x: Array) -> Array:
    """A mask as the numbers 0 and 1; numbers as they are."""
    return x.astype(np.float64) if x.dtype == bool else x


def _level(a: Array, b: Array, ea: Array, eb: Array) -> tuple[Array, Array, Array, Array]:
    """Two operands with as many axes: those missing come behind the axis of the samples."""
    gap = b.ndim - a.ndim
    if gap > 0:
        shape = (len(a), *(1,) * gap, *a.shape[1:])
        return a.reshape(shape), b, None if ea is None else ea.reshape(shape), eb
    shape = (len(b), *(1,) * -gap, *b.shape[1:])
    return a, b.reshape(shape), ea, None if eb is None else eb.reshape(shape)


_add = _lift_pair(np.add, bounded_errors.add)
_sub = _lift_pair(np.subtract, bounded_errors.add)
_mul = _lift_pair(np.multiply, bounded_errors.mul)
_div = _lift_pair(np.divide, bounded_errors.div)
_power = _lift_pair(np.power, bounded_errors.power)
_greater = _lift_relation(np.greater, False)
_less = _lift_relation(np.less, False)
_greater_equal = _lift_relation(np.greater_equal, True)
_less_equal = _lift_relation(np.less_equal, True)
_equal = _lift_relation(np.equal, True)
_not_equal = _lift_relation(np.not_equal, False)
_both = _lift_pair(np.logical_and, lambda c, a, ea, b, eb: np.maximum(ea, eb) + 0.0 * c)
_either = _lift_pair(np.logical_or, lambda c, a, ea, b, eb: np.maximum(ea, eb) + 0.0 * c)


@_quiet
def _where(mask: Any, yes: Any, no: Any) -> Bounded:
    mask = constant(mask)
    if mask.dtype != bool:
        mask = _not_equal(mask, 0.0)
    parts = [mask, constant(yes), constant(no)]
    most = max([x.value.ndim for x in parts])
    values, errors = [], []
    for x in parts:
        shape = (len(x.value), *(1,) * (most - x.value.ndim), *x.value.shape[1:])
        values.append(x.value.reshape(shape))
        errors.append(None if x.error is None else x.error.reshape(shape))
    result = np.where(values[0], values[1], values[2])
    (m, a, b), (em, ea, eb) = values, errors
    if em is None or ea is None or eb is None:
        return Bounded(result, None)
    error = bounded_errors.where(m, em, a, ea, b, eb)
    return Bounded(result, np.broadcast_to(error, result.shape))


@_quiet
def _matmul(left: Any, right: Any) -> Bounded:
    a, b = constant(left), constant(right)
    return Bounded(*bounded_arrays.matmul(_counted(a.value), a.error, _counted(b.value), b.error))


@_quiet
def _einsum(pattern: str, *operands: Any) -> Bounded:
    parts = [constant(x) for x in operands]
    return Bounded(*bounded_arrays.einsum(pattern, [(_counted(x.value), x.error) for x in parts]))


def _reduction(function: Callable[..., Any]) -> Callable[..., Bounded]:
    @_quiet
    def call(x: Any, *arguments: Any, **settings: Any) -> Bounded:
        x = constant(x)
        return Bounded(*function(_counted(x.value), x.error, *arguments, **settings))

    return call


def _arranged(arrange: Callable[..., Array]) -> Callable[..., Bounded]:
    """A function that moves entries, done to values and errors alike."""

    def call(x: Any, *arguments: Any, **settings: Any) -> Bounded:
        x = constant(x)
        value = arrange(x.value, *arguments, **settings)
        error = None if x.error is None else arrange(x.error, *arguments, **settings)
        return Bounded(value, error)

    return call


def _joined(join: Callable[..., Array], extra: int) -> Callable[..., Bounded]:
    """`concatenate` (extra 0) or `stack` (1): constants are repeated for every sample first."""

    def call(operands: Any, axis: int = 0) -> Bounded:
        parts = [constant(x) for x in operands]
        samples = max([len(x.value) for x in parts])
        at = bounded_places.moved(axis, parts[0].ndim + extra)[0]
        value = join([bounded_places.for_samples(x.value, samples) for x in parts], axis=at)
        if any(x.error is None for x in parts):
            return Bounded(value, None)
        return Bounded(
            value, join([bounded_places.for_samples(x.error, samples) for x in parts], axis=at)
        )

    return call


def _pad(x: Any, widths: Any, mode: str = "constant", constant_values: float = 0.0) -> Bounded:
    x, filler = constant(x), constant(constant_values)
    pairs = ((0, 0), *widths)
    value = np.pad(x.value, pairs, constant_values=filler.value[0])
    if x.error is None or filler.error is None:
        return Bounded(value, None)
    return Bounded(value, np.pad(x.error, pairs, constant_values=filler.error[0]))


def _zeros(shape: Any, dtype: Any = None) -> Bounded:
    zeros = np.zeros((1, *bounded_places.sized(shape)))
    return Bounded(zeros, zeros)


def _ones_like(x: Any) -> Bounded:
    return Bounded(np.ones((1, *x.shape)), np.zeros((1, *x.shape)))


def _scatter(shape: tuple[int, ...], index: Any, values: Any) -> Bounded:
    values = constant(values)
    return Bounded(
        *bounded_places.scatter(bounded_places.sized(shape), index, values.value, values.error)
    )


def _one_hot(classes: Any, count: int, like: Any) -> Bounded:
    value = numpy_.one_hot(constant(classes).value, count, np.zeros(1))
    return Bounded(value, np.zeros(value.shape))


_transpose = _arranged(bounded_places.transposed)

NAMESPACE = SimpleNamespace(
    name="bounded",
    device="bounded",
    exp=_lift(np.exp, bounded_errors.exp),
    log=_lift(np.log, bounded_errors.log),
    log1p=_lift(np.log1p, bounded_errors.log1p),
    expm1=_lift(np.expm1, bounded_errors.expm1),
    sqrt=_lift(np.sqrt, bounded_errors.sqrt),
    sin=_lift(np.sin, bounded_errors.sin),
    cos=_lift(np.cos, bounded_errors.cos),
    sinh=_lift(np.sinh, bounded_errors.sinh),
    cosh=_lift(np.cosh, bounded_errors.cosh),
    tanh=_lift(np.tanh, bounded_errors.tanh),
    erf=_lift(erf, bounded_errors.erf),
    abs=_lift(np.abs, bounded_errors.absolute),
    sign=_sign,
    floor=_lift(np.floor, bounded_errors.floor),
    logaddexp=_lift_pair(np.logaddexp, bounded_errors.logaddexp),
    power=_power,
    maximum=_lift_pair(np.maximum, bounded_errors.extreme),
    minimum=_lift_pair(np.minimum, bounded_errors.extreme),
    where=_where,
    greater=_greater,
    less=_less,
    equal=_equal,
    sum=_reduction(bounded_arrays.sum),
    mean=_reduction(bounded_arrays.mean),
    prod=_reduction(bounded_arrays.prod),
    max=_reduction(bounded_arrays.max),
    min=_reduction(bounded_arrays.min),
    argmax=_reduction(bounded_arrays.argmax),
    cumsum=_reduction(bounded_arrays.cumsum),
    winners=_reduction(bounded_arrays.winners),
    shift=_reduction(bounded_arrays.shift),
    matmul=_matmul,
    einsum=_einsum,
    reshape=_arranged(bounded_places.reshaped),
    transpose=_transpose,
    broadcast_to=_arranged(bounded_places.repeated_to),
    expand_dims=_arranged(bounded_places.expanded),
    squeeze=_arranged(bounded_places.squeezed),
    flip=_arranged(bounded_places.flipped),
    concatenate=_joined(np.concatenate, 0),
    stack=_joined(np.stack, 1),
    take=_arranged(bounded_places.taken),
    pad=_pad,
    windows=_arranged(numpy_.windows),
    scatter=_scatter,
    zeros=_zeros,
    zeros_like=lambda x: _zeros(x.shape),
    ones_like=_ones_like,
    asarray=constant,
    one_hot=_one_hot,
)

register(Bounded, NAMESPACE)
