"""Python's operators on Tensors.

A scalar graph is made of millions of these calls, so an operator on two Python floats makes its node here, in one
call; everything else goes through `apply`. Both make the same node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.arrays import floats
from engine.ops import arithmetic, compare, index, linalg
from engine.ops.declare import Op
from engine.state import STATE
from engine.tensor import Tensor, apply, next_serial

_FLOATS = floats.NAMESPACE
_new = object.__new__


def binary(op: Op) -> Callable[[Tensor, Any], Tensor]:
    """The method for `tensor <op> other`."""
    forward = op.forward

    def operator(self: Tensor, other: Any) -> Tensor:
        if type(other) is Tensor:
            b = other.held
            if type(b) is float:
                a = self.held
                if type(a) is float:
                    try:
                        value = forward(_FLOATS, a, b)
                    except (ArithmeticError, ValueError):
                        return apply(op, (self, other), {})
                    node = _new(Tensor)
                    node.held = value
                    node.op = op
                    node.first = self
                    node.others = other
                    node.params = node.kept = node.name = node.arriving = None
                    node.requires_grad = self.requires_grad or other.requires_grad
                    node.serial = next_serial()
                    if STATE.mode is not None:
                        STATE.mode.made(node)
                    elif not node.requires_grad:
                        node.forget()
                    return node
        elif not _is_operand(other):
            return NotImplemented
        return apply(op, (self, other), {})

    return operator


def reflected(op: Op) -> Callable[[Tensor, Any], Tensor]:
    """The method for `other <op> tensor` where other is a number or an array."""

    def operator(self: Tensor, other: Any) -> Tensor:
        return apply(op, (other, self), {}) if _is_operand(other) else NotImplemented

    return operator


def _is_operand(x: Any) -> bool:
    return isinstance(x, (int, float, list, tuple)) or hasattr(x, "dtype")


def _getitem(self: Tensor, key: Any) -> Tensor:
    return index.getitem(self, index=index.plain_index(key))


def _abs(self: Tensor) -> Tensor:
    from engine.ops import REGISTRY

    return REGISTRY["abs"](self)


def install() -> None:
    """Give Tensor its operators."""
    for name, op in {
        "add": arithmetic.add,
        "sub": arithmetic.sub,
        "mul": arithmetic.mul,
        "truediv": arithmetic.div,
        "pow": arithmetic.pow,
        "matmul": linalg.matmul,
    }.items():
        setattr(Tensor, f"__{name}__", binary(op))
        setattr(Tensor, f"__r{name}__", reflected(op))
    for name, op in {
        "gt": compare.gt,
        "ge": compare.ge,
        "lt": compare.lt,
        "le": compare.le,
        "eq": compare.eq,
        "ne": compare.ne,
    }.items():
        setattr(Tensor, f"__{name}__", binary(op))
    setattr(Tensor, "__neg__", lambda self: arithmetic.neg(self))
    setattr(Tensor, "__pos__", lambda self: self)
    setattr(Tensor, "__abs__", _abs)
    setattr(Tensor, "__getitem__", _getitem)
