"""Many entries become one: sums, means, products, the largest, softmax and its relatives."""

from __future__ import annotations

from math import prod as product
from typing import Any

from engine.errors import ShapeError
from engine.ops import axes
from engine.ops.axes import Axis
from engine.ops.declare import DISTINCT, Refusal, Sample, op

_SAMPLES = (
    Sample(((3,),)),
    Sample(((2, 2),), {"axis": 0}),
    Sample(((2, 2),), {"axis": -1, "keepdims": True}),
    Sample(((2, 3, 2),), {"axis": (0, 2)}, small=False),
    Sample(((),), small=False),
)
_ALONG = (
    Sample(((3,),)),
    Sample(((2, 2),)),
    Sample(((3, 2),), {"axis": 0}),
    Sample(((2, 3, 2),), {"axis": 1}, small=False),
)
_NO_AXIS = Refusal(((2, 3),), "there is no axis 2: the axes are 0 to 1", {"axis": 2})
_SCALAR = Refusal(((),), "there is no axis -1: a scalar has no axis", {"axis": -1})


def _check(x: tuple[int, ...], *, axis: Axis = None, keepdims: bool = False) -> None:
    axes.normal(axis, len(x))


def _check_not_empty(x: tuple[int, ...], *, axis: Axis = None, keepdims: bool = False) -> None:
    if not product([x[i] for i in axes.normal(axis, len(x))]):
        raise ShapeError("there is no entry to reduce")


@op(
    "Σ",
    rule="sum passes its gradient on to every entry that was summed",
    check=_check,
    samples=_SAMPLES,
    refuses=(_NO_AXIS, _SCALAR),
)
def sum(xp: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over all entries, over one axis or over several; keepdims leaves axes of size 1."""
    return xp.sum(x, axis=axis, keepdims=keepdims)


@sum.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (_spread(xp, g, x, axis),)


@op(
    "mean",
    rule="mean passes to every entry its gradient over the number of entries",
    check=_check_not_empty,
    samples=_SAMPLES,
    refuses=(_NO_AXIS, Refusal(((0,),), "there is no entry")),
)
def mean(xp: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over all entries, over one axis or over several; keepdims leaves axes of size 1."""
    return xp.mean(x, axis=axis, keepdims=keepdims)


@mean.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    count = product([x.shape[i] for i in axes.normal(axis, x.ndim)])
    return (_spread(xp, g / count, x, axis),)


@op(
    "Π",
    rule="prod passes to every entry its gradient times the product of all the others",
    check=_check,
    samples=_SAMPLES,
    refuses=(_NO_AXIS,),
)
def prod(xp: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product over all entries, over one axis or over several. Zeros are no trouble."""
    return xp.prod(x, axis=axis, keepdims=keepdims)


@prod.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    gone = axes.normal(axis, x.ndim)
    order = (*[i for i in range(x.ndim) if i not in gone], *gone)
    back = tuple([order.index(i) for i in range(x.ndim)])
    rows = xp.transpose(x, order)
    lead = tuple(rows.shape[: x.ndim - len(gone)])
    count = product([x.shape[i] for i in gone])
    others = _product_of_others(xp, xp.reshape(rows, (*lead, count)))
    others = xp.transpose(xp.reshape(others, tuple(rows.shape)), back)
    return (xp.reshape(g, axes.kept(x.shape, axis)) * others,)


@op(
    "max",
    rule="max passes its gradient to the largest entry; ties: the first along one axis, "
    "even shares over all",
    domain=(DISTINCT,),
    check=_check_not_empty,
    samples=_SAMPLES,
    refuses=(_NO_AXIS, Refusal(((0,),), "there is no entry")),
)
def max(xp: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest entry: of all, along one axis, or over several axes.

    Ties, as in PyTorch: along one axis the first of them gets the gradient (torch.max(dim)), over
    all entries or a tuple of axes they share it evenly (torch.max(), torch.amax).
    """
    return xp.max(x, axis=axis, keepdims=keepdims)


@max.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (xp.reshape(g, axes.kept(x.shape, axis)) * xp.winners(x, axis),)


@op(
    "min",
    rule="min passes its gradient to the smallest entry; ties: the first along one axis, "
    "even shares over all",
    domain=(DISTINCT,),
    check=_check_not_empty,
    samples=_SAMPLES,
    refuses=(_NO_AXIS, Refusal(((0,),), "there is no entry")),
)
def min(xp: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest entry: of all, along one axis, or over several axes. Ties as in `max`."""
    return xp.min(x, axis=axis, keepdims=keepdims)


@min.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (xp.reshape(g, axes.kept(x.shape, axis)) * xp.winners(-x, axis),)


@op(
    "cumsum",
    rule="cumsum passes to every entry the sum of the gradients from its place on",
    check=lambda x, *, axis=-1: axes.one(axis, len(x)),
    samples=_ALONG,
    refuses=(_NO_AXIS,),
)
def cumsum(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """Running sums along one axis, in the shape of x."""
    return xp.cumsum(x, axis=axis)


@cumsum.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: int = -1) -> Any:
    return (xp.flip(xp.cumsum(xp.flip(g, axis), axis=axis), axis),)


def _check_along(x: tuple[int, ...], *, axis: int = -1) -> None:
    axes.one(axis, len(x))
    if not x[axis]:
        raise ShapeError("there is no entry to reduce")


@op(
    "lse",
    rule="logsumexp passes to every entry its gradient times that entry's softmax",
    check=lambda x, *, axis=-1, keepdims=False: _check_along(x, axis=axis),
    samples=_ALONG,
    refuses=(_NO_AXIS, Refusal(((),), "a scalar has no axis")),
)
def logsumexp(xp: Any, x: Any, *, axis: int = -1, keepdims: bool = False) -> Any:
    """ln Σ eˣ along one axis, a smooth maximum, without overflow."""
    largest = xp.shift(x, axis)
    result = xp.log(xp.sum(xp.exp(x - largest), axis=axis, keepdims=True)) + largest
    return result if keepdims else xp.squeeze(result, axis=axis)


@logsumexp.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: int = -1, keepdims: bool = False) -> Any:
    rows = axes.kept(x.shape, axis)
    return (xp.reshape(g, rows) * xp.exp(x - xp.reshape(out, rows)),)


@op(
    "softmax",
    rule="softmax passes p ⊙ (g − Σ g·p): an entry's gradient less the mean of all, weighted by p",
    check=_check_along,
    samples=_ALONG,
    refuses=(_NO_AXIS, Refusal(((),), "a scalar has no axis")),
)
def softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """p = eˣ / Σ eˣ along one axis, in the shape of x: positive, summing to 1; without overflow."""
    powers = xp.exp(x - xp.shift(x, axis))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


@softmax.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: int = -1) -> Any:
    return (out * (g - xp.sum(g * out, axis=axis, keepdims=True)),)


@op(
    "log_softmax",
    rule="log_softmax passes g − p·Σ g: an entry's gradient less its softmax times the sum of all",
    check=_check_along,
    samples=_ALONG,
    refuses=(_NO_AXIS, Refusal(((),), "a scalar has no axis")),
)
def log_softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """ln softmax(x) = x − ln Σ eˣ along one axis, in the shape of x, without overflow."""
    below = x - xp.shift(x, axis)
    return below - xp.log(xp.sum(xp.exp(below), axis=axis, keepdims=True))


@log_softmax.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: int = -1) -> Any:
    return (g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),)


def _spread(xp: Any, g: Any, x: Any, axis: Axis) -> Any:
    """The gradient of a reduction, repeated over the entries that were reduced."""
    return xp.broadcast_to(xp.reshape(g, axes.kept(x.shape, axis)), tuple(x.shape))


def _product_of_others(xp: Any, x: Any) -> Any:
    """For each entry, the product of all others along the last axis, found without dividing.

    Products of neighbours double their reach in each round, from the left and from the right.
    """
    count = x.shape[-1]
    if count < 2:
        return xp.ones_like(x)
    one = xp.ones_like(x[..., :1])
    before = xp.concatenate([one, x[..., :-1]], axis=-1)
    after = xp.concatenate([x[..., 1:], one], axis=-1)
    reach = 1
    while reach < count:
        ones = xp.ones_like(x[..., :reach])
        before = before * xp.concatenate([ones, before[..., :-reach]], axis=-1)
        after = after * xp.concatenate([after[..., reach:], ones], axis=-1)
        reach *= 2
    return before * after
