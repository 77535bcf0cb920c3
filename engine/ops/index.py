"""Picking entries out, and putting gradients back in their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.errors import ShapeError
from engine.ops.declare import REAL, Refusal, Sample, op


@op(
    "[ ]",
    rule="getitem puts the gradient back at the places it was taken from; all others get 0",
    domain=(REAL,),
    samples=(
        Sample(((3,),), {"index": 1}),
        Sample(((2, 3),), {"index": (slice(None), slice(0, 2))}),
        Sample(((2, 3),), {"index": (slice(None), [0, 0, 2])}),
    ),
    refuses=(Refusal(((3,),), "index 3 is out of bounds", {"index": 3}),),
)
def getitem(xp: Any, x: Any, *, index: Any) -> Any:
    """The entries of x at `index`, with NumPy's rules for integers, slices, lists and masks."""
    return x[index]


@getitem.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, index: Any) -> Any:
    return (xp.scatter(tuple(x.shape), index, g),)


@op(
    "scatter",
    rule="scatter passes back the gradient found at the places it wrote to",
    domain=(REAL,),
    samples=(
        Sample(((),), {"shape": (3,), "index": 1}),
        Sample(((3,),), {"shape": (2,), "index": [0, 1, 0]}),
    ),
)
def scatter(xp: Any, values: Any, *, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of `shape` with `values` added at `index`; repeated places add up."""
    return xp.scatter(shape, index, values)


@scatter.gradient
def _(xp: Any, g: Any, out: Any, values: Any, *, shape: tuple[int, ...], index: Any) -> Any:
    return (g[index],)


def plain_index(key: Any) -> Any:
    """An index without Tensors: masks and whole numbers among them are taken out of the graph."""
    from engine.tensor import Tensor

    if isinstance(key, tuple):
        return tuple(plain_index(part) for part in key)
    if type(key) is Tensor:
        if key.dtype.kind == "b":
            return key.data
        whole = np.asarray(key.held)
        if not np.all(whole == np.floor(whole)):
            raise ShapeError("getitem: an index must be whole numbers")
        return whole.astype(np.int64)
    return key
