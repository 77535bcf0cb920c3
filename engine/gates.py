"""How an op is made of smaller ones: each written with other ops of the registry.

A gate that is opened shows the same value and the same gradient, put together by the chain rule
from smaller gates. What is opened may be opened again: swish into σ and ·, σ into −, exp, + and /.

The forms are those of the textbooks. Some overflow, or lose digits, where the op itself is written
so that it does not: tanh beyond |x| = 710, softplus above 709, expm1 and log1p near 0. At a kink
some take another slope (relu as a maximum passes one half at 0). Each docstring is the formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from engine.apply import as_arrays
from engine.arrays import namespace_of
from engine.errors import EngineError
from engine.ops import REGISTRY, axes
from engine.ops.declare import Op
from engine.tensor import Tensor

Gate = Callable[..., Tensor]

_PRODUCTS = 1_000_000  # how many products a matrix product may be opened into


def can_open(op: Op) -> bool:
    """Whether the op is made of smaller ones here."""
    return op.name in GATES and REGISTRY.get(op.name) is op


def opened(op: Op, operands: tuple[Tensor, ...], params: Mapping[str, Any]) -> Tensor:
    """The result of an op, computed by the smaller ops that it is made of.

    Raises EngineError for an op that is made of none, and what the smaller ops raise.
    """
    if not can_open(op):
        raise EngineError(
            f"{op.name} is not made of smaller ops here; those that are: {', '.join(GATES)}",
            op=op.name,
        )
    return GATES[op.name](*operands, **params)


def _sub(a: Tensor, b: Tensor) -> Tensor:
    """a + (−b)"""
    return a + -b


def _div(a: Tensor, b: Tensor) -> Tensor:
    """a · b⁻¹"""
    return a * b**-1


def _pow(a: Tensor, b: Tensor) -> Tensor:
    """e^(b·ln a), for a positive base"""
    if not np.all(np.asarray(a.held) > 0):
        raise EngineError("a power is made of exp and log only where its base is positive")
    return _op("exp")(b * _op("log")(a))


def _square(x: Tensor) -> Tensor:
    """x · x"""
    return x * x


def _sqrt(x: Tensor) -> Tensor:
    """x^½"""
    return x**0.5


def _abs(x: Tensor) -> Tensor:
    """max(x, −x)"""
    return _op("maximum")(x, -x)


def _minimum(a: Tensor, b: Tensor) -> Tensor:
    """−max(−a, −b)"""
    return -_op("maximum")(-a, -b)


def _clip(x: Tensor, *, lo: float | None = None, hi: float | None = None) -> Tensor:
    """min(max(x, lo), hi)"""
    if lo is not None:
        x = _op("maximum")(x, lo)
    return x if hi is None else _op("minimum")(x, hi)


def _expm1(x: Tensor) -> Tensor:
    """eˣ − 1"""
    return _op("exp")(x) - 1


def _log1p(x: Tensor) -> Tensor:
    """ln(1 + x)"""
    return _op("log")(1 + x)


def _logaddexp(a: Tensor, b: Tensor) -> Tensor:
    """ln(eᵃ + eᵇ)"""
    return _op("log")(_op("exp")(a) + _op("exp")(b))


def _sinh(x: Tensor) -> Tensor:
    """(eˣ − e⁻ˣ) / 2"""
    return (_op("exp")(x) - _op("exp")(-x)) / 2


def _cosh(x: Tensor) -> Tensor:
    """(eˣ + e⁻ˣ) / 2"""
    return (_op("exp")(x) + _op("exp")(-x)) / 2


def _tanh(x: Tensor) -> Tensor:
    """(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"""
    up, down = _op("exp")(x), _op("exp")(-x)
    return (up - down) / (up + down)


def _sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e⁻ˣ), the four gates −, exp, +1 and 1/· of the lectures"""
    return 1 / (1 + _op("exp")(-x))


def _swish(x: Tensor) -> Tensor:
    """x · σ(x)"""
    return x * _op("sigmoid")(x)


def _softplus(x: Tensor) -> Tensor:
    """ln(1 + eˣ)"""
    return _op("log1p")(_op("exp")(x))


def _gelu(x: Tensor) -> Tensor:
    """x · (1 + erf(x / √2)) / 2"""
    return x * (1 + _op("erf")(x / math.sqrt(2))) / 2


def _sine(x: Tensor, *, omega: float = 1.0) -> Tensor:
    """sin(ω · x)"""
    return _op("sin")(omega * x)


def _relu(x: Tensor) -> Tensor:
    """max(x, 0)"""
    return _op("maximum")(x, 0.0)


def _leaky_relu(x: Tensor, *, slope: float = 0.01) -> Tensor:
    """x where x > 0, slope · x elsewhere"""
    return _op("where")(x > 0, x, slope * x)


def _prelu(x: Tensor, a: Tensor) -> Tensor:
    """x where x > 0, a · x elsewhere"""
    return _op("where")(x > 0, x, a * x)


def _elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """x where x > 0, α · (eˣ − 1) elsewhere"""
    return _op("where")(x > 0, x, alpha * _op("expm1")(x))


def _maxout(x: Tensor, *, pieces: int | None = None) -> Tensor:
    """the largest of each unit's pieces, which stand in an axis of their own"""
    if pieces is not None:
        x = _op("reshape")(x, shape=(*x.shape[:-1], x.shape[-1] // pieces, pieces))
    return _op("max")(x, axis=-1)


def _mean(x: Tensor, *, axis: axes.Axis = None, keepdims: bool = False) -> Tensor:
    """Σ x / n"""
    count = prod([x.shape[i] for i in axes.normal(axis, x.ndim)])
    return _op("sum")(x, axis=axis, keepdims=keepdims) / count


def _min(x: Tensor, *, axis: axes.Axis = None, keepdims: bool = False) -> Tensor:
    """−max(−x)"""
    return -_op("max")(-x, axis=axis, keepdims=keepdims)


def _softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    """eˣ / Σ eˣ, after the largest entry was taken off as a constant"""
    powers = _op("exp")(x - _shift(x, axis))
    return powers / _op("sum")(powers, axis=axis, keepdims=True)


def _log_softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    """x − ln Σ eˣ, after the largest entry was taken off as a constant"""
    below = x - _shift(x, axis)
    return below - _op("log")(_op("sum")(_op("exp")(below), axis=axis, keepdims=True))


def _logsumexp(x: Tensor, *, axis: int = -1, keepdims: bool = False) -> Tensor:
    """ln Σ eˣ, with the largest entry taken off before and put back after"""
    largest = _shift(x, axis)
    total = _op("log")(_op("sum")(_op("exp")(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else _op("squeeze")(total, axis=axis)


def _mse(prediction: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """mean of (prediction − target)²"""
    return _reduced(_op("square")(prediction - target), reduction)


def _cross_entropy(logits: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """mean of −Σ target · ln softmax(logits), or of −ln softmax(logits) at each true class"""
    logs = _op("log_softmax")(logits, axis=-1)
    if target.ndim == logits.ndim:
        return _reduced(-_op("sum")(target * logs, axis=-1), reduction)
    classes = np.asarray(target.held).astype(np.int64)
    rows = np.indices(classes.shape)
    return _reduced(-_op("getitem")(logs, index=(*rows, classes)), reduction)


def _cross_entropy_from_probabilities(
    p: Tensor, target: Tensor, *, reduction: str = "mean"
) -> Tensor:
    """mean of −Σ target · ln p"""
    return _reduced(-_op("sum")(_weighted_log(target, p), axis=-1), reduction)


def _binary_cross_entropy(p: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """mean of −(target · ln p + (1 − target) · ln(1 − p))"""
    return _reduced(-(_weighted_log(target, p) + _weighted_log(1 - target, 1 - p)), reduction)


def _binary_cross_entropy_with_logits(
    logits: Tensor, target: Tensor, *, reduction: str = "mean"
) -> Tensor:
    """mean of target · softplus(−z) + (1 − target) · softplus(z)"""
    return _reduced(_binary_losses(logits, target), reduction)


def _multilabel_cross_entropy(logits: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """mean over the rows of Σ target · softplus(−z) + (1 − target) · softplus(z)"""
    return _reduced(_op("sum")(_binary_losses(logits, target), axis=-1), reduction)


def _hinge(
    prediction: Tensor, target: Tensor, *, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """mean of max(0, margin − target · prediction)"""
    return _reduced(_op("maximum")(margin - target * prediction, 0.0), reduction)


def _margin_ranking(
    a: Tensor, b: Tensor, target: Tensor, *, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """mean of max(0, margin − target · (a − b))"""
    return _reduced(_op("maximum")(margin - target * (a - b), 0.0), reduction)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Σ a · b of two vectors; else the product that it stands for"""
    if a.ndim == b.ndim == 1:
        return _op("sum")(a * b)
    return _op("matmul")(a, b) if a.ndim and b.ndim else a * b


def _outer(a: Tensor, b: Tensor) -> Tensor:
    """a as a column times b as a row"""
    return _op("expand_dims")(a, axis=1) * _op("expand_dims")(b, axis=0)


def _matmul(a: Tensor, b: Tensor) -> Tensor:
    """all products of an entry of a row with one of a column, then their sums"""
    rows = a if a.ndim > 1 else _op("expand_dims")(a, axis=0)
    columns = b if b.ndim > 1 else _op("expand_dims")(b, axis=1)
    lead = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    count = prod(lead) * rows.shape[-2] * rows.shape[-1] * columns.shape[-1]
    if count > _PRODUCTS:
        raise EngineError(
            f"this matrix product is a sum of {count} products; at most {_PRODUCTS} are opened"
        )
    products = _op("expand_dims")(rows, axis=-1) * _op("expand_dims")(columns, axis=-3)
    result = _op("sum")(products, axis=-2)
    gone = tuple([axis for axis, x in ((-2, a), (-1, b)) if x.ndim == 1])
    return _op("squeeze")(result, axis=gone) if gone else result


def _corr(x: Tensor, k: Tensor) -> Tensor:
    """every window of x times the kernel, summed"""
    seen = _op("windows")(x, sizes=k.shape, strides=(1,) * k.ndim)
    return _op("sum")(seen * k, axis=tuple(range(-k.ndim, 0)))


def _conv(x: Tensor, k: Tensor) -> Tensor:
    """the correlation with the kernel turned round"""
    return _op("corr")(x, _op("flip")(k))


def _corr_full(x: Tensor, k: Tensor) -> Tensor:
    """the correlation of x with zeros around it"""
    return _op("corr")(_surrounded(x, k), k)


def _conv_full(x: Tensor, k: Tensor) -> Tensor:
    """the correlation of x, with zeros around it, with the kernel turned round"""
    return _op("corr")(_surrounded(x, k), _op("flip")(k))


def _stack(*xs: Tensor, axis: int = 0) -> Tensor:
    """each operand with an axis of size 1, then all of them one after the other along it"""
    at = axis % (xs[0].ndim + 1)
    return _op("concatenate")(*[_op("expand_dims")(x, axis=at) for x in xs], axis=at)


def _op(name: str) -> Op:
    return REGISTRY[name]


def _shift(x: Tensor, axis: int) -> Tensor:
    """The largest entry along an axis, as a constant: what a stable softmax takes off."""
    (value,) = as_arrays([x.held])
    return Tensor(namespace_of([value]).shift(value, axis))


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    return losses if reduction == "none" else _op(reduction)(losses)


def _weighted_log(weight: Tensor, p: Tensor) -> Tensor:
    """weight · ln p. Where both are 0 it is 0, so a 1 stands in for such a p."""
    empty = (np.asarray(weight.held) == 0) & (np.asarray(p.held) == 0)
    if np.any(empty):
        p = _op("where")(Tensor(empty), 1.0, p)
    return weight * _op("log")(p)


def _binary_losses(logits: Tensor, target: Tensor) -> Tensor:
    softplus = _op("softplus")
    return target * softplus(-logits) + (1 - target) * softplus(logits)


def _surrounded(x: Tensor, k: Tensor) -> Tensor:
    lead = ((0, 0),) * (x.ndim - k.ndim)
    return _op("pad")(x, width=(*lead, *[(size - 1, size - 1) for size in k.shape]))


GATES: Mapping[str, Gate] = {
    "sub": _sub,
    "div": _div,
    "pow": _pow,
    "square": _square,
    "sqrt": _sqrt,
    "abs": _abs,
    "minimum": _minimum,
    "clip": _clip,
    "expm1": _expm1,
    "log1p": _log1p,
    "logaddexp": _logaddexp,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "swish": _swish,
    "softplus": _softplus,
    "gelu": _gelu,
    "sine": _sine,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "prelu": _prelu,
    "elu": _elu,
    "maxout": _maxout,
    "mean": _mean,
    "min": _min,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "mse": _mse,
    "cross_entropy": _cross_entropy,
    "cross_entropy_from_probabilities": _cross_entropy_from_probabilities,
    "binary_cross_entropy": _binary_cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy_with_logits,
    "multilabel_cross_entropy": _multilabel_cross_entropy,
    "hinge": _hinge,
    "margin_ranking": _margin_ranking,
    "dot": _dot,
    "outer": _outer,
    "matmul": _matmul,
    "corr": _corr,
    "conv": _conv,
    "corr_full": _corr_full,
    "conv_full": _conv_full,
    "stack": _stack,
}
"""The op by name, and how it is made of others. A docstring is the formula as a person reads it."""
