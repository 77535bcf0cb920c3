"""The ops that a Tensor has as methods, as PyTorch and NumPy have them: `t.sum(axis=0)`, `t.exp()`.

Each is the op of the same name, with the tensor as its first operand. Unlike PyTorch's,
`t.max(axis)` gives the values alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.operators import unary
from engine.ops import REGISTRY
from engine.ops.axes import one
from engine.ops.declare import Op
from engine.tensor import Tensor

_ONE_OPERAND = """exp expm1 log log1p sqrt square sin cos sinh cosh erf abs sign floor sigmoid tanh
relu""".split()
_WITH_ARGUMENTS = """sum mean prod max min cumsum logsumexp softmax log_softmax squeeze expand_dims
take diag clip pow dot outer matmul maximum minimum""".split()
_OTHER_NAMES = {"unsqueeze": "expand_dims", "clamp": "clip"}
_WITH_SIZES = ("reshape", "expand", "flip")
_AS_NUMPY = {name: name for name in ("ravel", "swapaxes", "std", "var", "copy", "argmax")} | {
    "flatten": "ravel"
}


def install() -> None:
    """Give Tensor its methods."""
    for name in _ONE_OPERAND:
        _put(name, unary(REGISTRY[name]), REGISTRY[name])
    for name in _WITH_ARGUMENTS:
        _put(name, _with_arguments(REGISTRY[name]), REGISTRY[name])
    for name, known in _OTHER_NAMES.items():
        _put(name, _with_arguments(REGISTRY[known]), REGISTRY[known])
    for name in _WITH_SIZES:
        _put(name, _with_sizes(REGISTRY[name]), REGISTRY[name])
    for name, known in _AS_NUMPY.items():
        setattr(Tensor, name, _as_numpy(known))
    _put("transpose", _transpose, REGISTRY["transpose"])
    _put("permute", _with_sizes(REGISTRY["transpose"]), REGISTRY["transpose"])


def _put(name: str, method: Callable[..., Tensor], op: Op) -> None:
    method.__name__ = name
    method.__doc__ = method.__doc__ or op.doc
    setattr(Tensor, name, method)


def _with_arguments(op: Op) -> Callable[..., Tensor]:
    def method(self: Tensor, *arguments: Any, **params: Any) -> Tensor:
        return op(self, *arguments, **params)

    return method


def _as_numpy(name: str) -> Callable[..., Any]:
    """The method that does what NumPy's function of that name does on a tensor."""
    function = getattr(np, name)

    def method(self: Tensor, *arguments: Any, **params: Any) -> Any:
        return function(self, *arguments, **params)

    method.__name__ = name
    method.__doc__ = f"As `np.{name}`, differentiated where it has a slope."
    return method


def _with_sizes(op: Op) -> Callable[..., Tensor]:
    """A method that takes its sizes or axes one by one or as a tuple: `t.reshape(2, 3)`."""

    def method(self: Tensor, *sizes: Any, **params: Any) -> Tensor:
        if len(sizes) > 1:
            return op(self, sizes, **params)
        return op(self, *[tuple(s) if isinstance(s, list) else s for s in sizes], **params)

    return method


def _transpose(self: Tensor, *axes: Any) -> Tensor:
    """The tensor with its axes in another order; without arguments, in reverse order.

    Two axes are exchanged, as in PyTorch; a tuple, or three and more, is the whole new order.
    """
    if len(axes) == 2:
        order = list(range(self.ndim))
        first, second = one(axes[0], self.ndim), one(axes[1], self.ndim)
        order[first], order[second] = second, first
        axes = tuple(order)
    elif len(axes) == 1:
        axes = tuple(axes[0])
    return REGISTRY["transpose"](self, axes=axes or None)
