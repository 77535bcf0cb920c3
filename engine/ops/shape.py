"""The same entries in another arrangement: gradients go back the way the entries came."""

from __future__ import annotations

from math import prod
from numbers import Integral
from typing import Any

from engine.errors import ShapeError
from engine.ops import axes
from engine.ops.axes import Axis
from engine.ops.declare import Refusal, Sample, op

Shape = tuple[int, ...]


def _check_reshape(x: Shape, *, shape: tuple[int, ...] | int) -> None:
    wanted = _as_tuple(shape)
    known = prod([size for size in wanted if size != -1])
    open_places = wanted.count(-1)
    fits = known == prod(x) if not open_places else known > 0 and prod(x) % known == 0
    if open_places > 1 or not fits:
        raise ShapeError(f"{prod(x)} entries do not fit the shape {wanted}")


@op(
    "reshape",
    rule="reshape gives the gradient back in the old shape",
    check=_check_reshape,
    samples=(
        Sample(((2, 3),), {"shape": (3, 2)}),
        Sample(((4,),), {"shape": (2, -1)}),
        Sample(((2, 2),), {"shape": -1}),
        Sample(((),), {"shape": (1, 1)}, small=False),
    ),
    refuses=(Refusal(((2, 3),), "6 entries do not fit the shape (4, 2)", {"shape": (4, 2)}),),
)
def reshape(xp: Any, x: Any, *, shape: tuple[int, ...] | int) -> Any:
    """The entries of x, row by row, in a new shape; one size may be -1, which is worked out."""
    return xp.reshape(x, shape)


@reshape.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, shape: tuple[int, ...] | int) -> Any:
    return (xp.reshape(g, tuple(x.shape)),)


def _check_transpose(x: Shape, *, axes: tuple[int, ...] | None = None) -> None:
    if axes is not None and sorted([i % len(x) if x else i for i in axes]) != [*range(len(x))]:
        raise ShapeError(f"axes {axes} must name each of the {len(x)} axes once")


@op(
    "T",
    rule="transpose gives the gradient back transposed the other way",
    check=_check_transpose,
    samples=(
        Sample(((2, 3),)),
        Sample(((2, 1, 3),), {"axes": (1, 2, 0)}),
        Sample(((3,),), small=False),
    ),
    refuses=(Refusal(((2, 3),), "must name each of the 2 axes once", {"axes": (0, 0)}),),
    synonyms=("permute",),
)
def transpose(xp: Any, x: Any, *, axes: tuple[int, ...] | None = None) -> Any:
    """x with its axes in another order: axis i of the result is axis axes[i]; None reverses."""
    return xp.transpose(x, axes)


@transpose.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axes: tuple[int, ...] | None = None) -> Any:
    if axes is None:
        return (xp.transpose(g),)
    order = [i % x.ndim for i in axes]
    return (xp.transpose(g, tuple([order.index(i) for i in range(x.ndim)])),)


def _check_broadcast(x: Shape, *, shape: tuple[int, ...]) -> None:
    wanted = _as_tuple(shape)
    lead = len(wanted) - len(x)
    if lead < 0 or any(size not in (1, wanted[lead + i]) for i, size in enumerate(x)):
        raise ShapeError(f"shape {x} cannot be repeated to {wanted}")


@op(
    "broadcast_to",
    rule="broadcast_to sums the gradient over the copies of each entry",
    check=_check_broadcast,
    samples=(
        Sample(((3,),), {"shape": (2, 3)}),
        Sample(((2, 1),), {"shape": (2, 2)}),
        Sample(((),), {"shape": (2,)}),
    ),
    refuses=(Refusal(((3,),), "shape (3,) cannot be repeated to (2,)", {"shape": (2,)}),),
)
def broadcast_to(xp: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated along axes of size 1, and along new axes in front, to the given shape."""
    return xp.broadcast_to(x, shape)


@broadcast_to.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    return (g,)


def _expanded(x: Shape, shape: tuple[int, ...]) -> Shape:
    wanted = _as_tuple(shape)
    lead = len(wanted) - len(x)
    if -1 in wanted[: max(lead, 0)]:
        raise ShapeError(f"-1 in {wanted} keeps the size of an axis, and there is none to keep")
    return tuple(
        [x[i - lead] if size == -1 and i >= lead else size for i, size in enumerate(wanted)]
    )


@op(
    "expand",
    rule="expand sums the gradient over the copies of each entry",
    check=lambda x, *, shape: _check_broadcast(x, shape=_expanded(x, shape)),
    samples=(
        Sample(((2, 1),), {"shape": (-1, 3)}),
        Sample(((3,),), {"shape": (2, 3)}),
    ),
    refuses=(
        Refusal(((2, 3),), "shape (2, 3) cannot be repeated to (2, 4)", {"shape": (-1, 4)}),
        Refusal(((3,),), "there is none to keep", {"shape": (-1, 3)}),
    ),
)
def expand(xp: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated along axes of size 1 to the given shape, where -1 keeps a size, as in PyTorch."""
    return xp.broadcast_to(x, _expanded(tuple(x.shape), shape))


@expand.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    return (g,)


@op(
    "expand_dims",
    rule="expand_dims gives the gradient back without the new axis",
    check=lambda x, *, axis: axes.normal(axis, len(x) + 1),
    samples=(Sample(((3,),), {"axis": 0}), Sample(((2, 3),), {"axis": -1})),
    refuses=(Refusal(((3,),), "there is no axis 2", {"axis": 2}),),
    synonyms=("unsqueeze",),
)
def expand_dims(xp: Any, x: Any, *, axis: int) -> Any:
    """x with a new axis of size 1 at place `axis` of the result."""
    return xp.expand_dims(x, axis)


@expand_dims.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: int) -> Any:
    return (xp.reshape(g, tuple(x.shape)),)


def _check_squeeze(x: Shape, *, axis: Axis = None) -> None:
    if axis is not None:
        for i in axes.normal(axis, len(x)):
            if x[i] != 1:
                raise ShapeError(f"axis {i} has size {x[i]}; only axes of size 1 can be removed")


@op(
    "squeeze",
    rule="squeeze gives the gradient back with the axes of size 1",
    check=_check_squeeze,
    samples=(
        Sample(((1, 3, 1),)),
        Sample(((2, 1),), {"axis": 1}),
    ),
    refuses=(Refusal(((2, 1),), "axis 0 has size 2", {"axis": 0}),),
)
def squeeze(xp: Any, x: Any, *, axis: Axis = None) -> Any:
    """x without its axes of size 1, or without the given ones."""
    return xp.squeeze(x, axis=axis)


@squeeze.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None) -> Any:
    return (xp.reshape(g, tuple(x.shape)),)


@op(
    "flip",
    rule="flip gives the gradient back flipped",
    check=lambda x, *, axis=None: axes.normal(axis, len(x)),
    samples=(Sample(((3,),)), Sample(((2, 2),), {"axis": 0}), Sample(((2, 3),), small=False)),
    refuses=(Refusal(((3,),), "there is no axis 1", {"axis": 1}),),
)
def flip(xp: Any, x: Any, *, axis: Axis = None) -> Any:
    """x with its entries in reverse order along the axes, all of them when None."""
    return xp.flip(x, axis)


@flip.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None) -> Any:
    return (xp.flip(g, axis),)


def _check_pad(x: Shape, *, width: Any, value: float = 0) -> None:
    if not x:
        raise ShapeError("a scalar has no axis to pad")
    if any(before < 0 or after < 0 for before, after in _pairs(width, len(x))):
        raise ShapeError(f"width {width} is negative; take a slice to remove entries")


@op(
    "pad",
    rule="pad gives back the gradient of the middle; what was added keeps its own",
    check=_check_pad,
    samples=(
        Sample(((3,),), {"width": (1, 2)}),
        Sample(((2, 2),), {"width": 1}),
        Sample(((2, 2),), {"width": ((0, 1), (2, 0)), "value": 3.0}),
    ),
    refuses=(
        Refusal(((2, 3),), "3 pairs of widths for 2 axes", {"width": ((1, 1), (1, 1), (1, 1))}),
        Refusal(((3,),), "is negative", {"width": -1}),
        Refusal(((3,),), "a width is a number, a pair", {"width": 0.5}),
        Refusal(((),), "a scalar has no axis to pad", {"width": 1}),
    ),
)
def pad(xp: Any, x: Any, *, width: Any, value: float = 0) -> Any:
    """x with entries of `value` around it.

    width: how many on each side: one number, a pair (before, after) for every axis, or a pair an
    axis.
    """
    return xp.pad(x, _pairs(width, x.ndim), constant_values=value)


@pad.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, width: Any, value: float = 0) -> Any:
    pairs = _pairs(width, x.ndim)
    sizes = zip(pairs, x.shape, strict=True)
    return (g[tuple([slice(before, before + size) for (before, _), size in sizes])],)


def _check_concatenate(*xs: Shape, axis: int = 0) -> None:
    along = axes.one(axis, len(xs[0]))
    for x in xs[1:]:
        if len(x) != len(xs[0]):
            raise ShapeError(f"{xs[0]} and {x} differ in their number of axes")
        for i, size in enumerate(x):
            if i != along and size != xs[0][i]:
                raise ShapeError(f"{xs[0]} and {x} differ on axis {i}, beside axis {along}")


@op(
    "concat",
    rule="concatenate gives each operand its part of the gradient",
    check=_check_concatenate,
    variadic=True,
    samples=(
        Sample(((2,), (3,))),
        Sample(((2, 1), (2, 2), (2, 1)), {"axis": 1}),
        Sample(((1, 2), (2, 2)), {"axis": -2}, small=False),
    ),
    refuses=(
        Refusal(((2, 3), (2, 2)), "differ on axis 1, beside axis 0"),
        Refusal(((), ()), "a scalar has no axis"),
    ),
    synonyms=("concat",),
)
def concatenate(xp: Any, *xs: Any, axis: int = 0) -> Any:
    """Operands one behind the other along an axis; all other sizes must be alike."""
    return xp.concatenate(xs, axis=axis)


@concatenate.gradient
def _(xp: Any, g: Any, out: Any, *xs: Any, axis: int = 0) -> Any:
    along = axis % g.ndim
    parts = []
    start = 0
    for x in xs:
        parts.append(g[axes.at(along, slice(start, start + x.shape[along]))])
        start += x.shape[along]
    return tuple(parts)


def _check_stack(*xs: Shape, axis: int = 0) -> None:
    axes.one(axis, len(xs[0]) + 1)
    for x in xs[1:]:
        if x != xs[0]:
            raise ShapeError(f"{xs[0]} and {x} differ; all operands must have one shape")


@op(
    "stack",
    rule="stack gives each operand its layer of the gradient",
    check=_check_stack,
    variadic=True,
    samples=(
        Sample(((), (), ())),
        Sample(((2,), (2,)), {"axis": 1}),
        Sample(((2, 3), (2, 3)), {"axis": -1}, small=False),
    ),
    refuses=(Refusal(((2,), (3,)), "(2,) and (3,) differ"),),
)
def stack(xp: Any, *xs: Any, axis: int = 0) -> Any:
    """Operands of one shape as layers along a new axis."""
    return xp.stack(xs, axis=axis)


@stack.gradient
def _(xp: Any, g: Any, out: Any, *xs: Any, axis: int = 0) -> Any:
    along = axis % g.ndim
    return tuple([g[axes.at(along, i)] for i in range(len(xs))])


def _as_tuple(shape: Any) -> Shape:
    return (int(shape),) if isinstance(shape, Integral) else tuple(shape)


def _pairs(width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    if isinstance(width, Integral):
        return ((int(width), int(width)),) * ndim
    if _is_pair(width):
        return ((width[0], width[1]),) * ndim
    if not isinstance(width, (tuple, list)) or not all(_is_pair(pair) for pair in width):
        raise ShapeError(f"a width is a number, a pair or a pair for each axis, not {width!r}")
    if len(width) != ndim:
        raise ShapeError(f"{len(width)} pairs of widths for {ndim} axes")
    return tuple([(before, after) for before, after in width])


def _is_pair(width: Any) -> bool:
    return (
        isinstance(width, (tuple, list))
        and len(width) == 2
        and all(isinstance(size, Integral) for size in width)
    )
