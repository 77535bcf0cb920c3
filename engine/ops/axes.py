"""Which axes a call means, and what it is told when there are none such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import ShapeError

Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None


def normal(axis: Axis, ndim: int) -> Shape:
    """The axes as numbers from 0, in rising order; None means all of them.

    Raises ShapeError for an axis that is not there or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = tuple([one(i, ndim) for i in (axis if isinstance(axis, Sequence) else (axis,))])
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axis {axis} names an axis twice")
    return tuple(sorted(axes))


def one(axis: int, ndim: int) -> int:
    """One axis as a number from 0. Raises ShapeError when there is no such axis."""
    if not -ndim <= axis < ndim:
        have = ("a scalar has no axis", "the only axis is 0", f"the axes are 0 to {ndim - 1}")
        raise ShapeError(f"there is no axis {axis}: {have[min(ndim, 2)]}")
    return axis % ndim


def kept(shape: Sequence[int], axis: Axis) -> Shape:
    """The shape with size 1 at the axes: what a reduction leaves with keepdims."""
    gone = normal(axis, len(shape))
    return tuple([1 if i in gone else size for i, size in enumerate(shape)])


def at(axis: int, index: Any) -> tuple[Any, ...]:
    """The index that picks `index` along one axis (from 0) and everything along those before."""
    return (*[slice(None)] * axis, index)
