"""Python's operators on Tensors.

A scalar graph is made of millions of these calls, so an operator on two Python floats makes its
node here, in one call; everything else goes through `apply`. Both make the same node.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from engine.apply import apply
from engine.arrays import floats
from engine.errors import GradientError, ShapeError
from engine.ops import arithmetic, compare, index, linalg
from engine.ops.declare import Op
from engine.state import BUSY, MODE, recording
from engine.tensor import Tensor, next_serial
from engine.writing import write_all

_FLOATS = floats.NAMESPACE
_new = object.__new__
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}


def binary(op: Op, on_floats: Callable[[float, float], float]) -> Callable[[Tensor, Any], Any]:
    """The method for `tensor <op> other`; `on_floats` is what Python itself does on two floats."""

    def method(self: Tensor, other: Any) -> Any:
        try:
            b = other.held
        except AttributeError:
            return apply(op, (self, other), {}) if _is_operand(other) else NotImplemented
        a = self.held
        if type(a) is float and type(b) is float:
            try:
                value = on_floats(a, b)
            except (ArithmeticError, ValueError):
                return apply(op, (self, other), {})
            node = _new(Tensor)
            node.held = value
            node.op = op
            node.first = self
            node.others = other
            node.kept = None
            node.requires_grad = self.requires_grad or other.requires_grad
            node.serial = next_serial()
            if BUSY and (mode := MODE.get()) is not None:
                mode.made(node)
            elif not node.requires_grad:
                node.forget()
            return node
        return apply(op, (self, other), {})

    return method


def unary(op: Op) -> Callable[..., Tensor]:
    """The method for `tensor.<op>()`."""
    forward = op.forward

    def method(self: Tensor, **params: Any) -> Tensor:
        a = self.held
        if type(a) is not float or params or not op.elementwise:
            return apply(op, (self,), params)
        try:
            value = forward(_FLOATS, a)
        except (ArithmeticError, ValueError, AttributeError):
            return apply(op, (self,), params)
        node = _new(Tensor)
        node.held = value
        node.op = op
        node.first = self
        node.others = node.kept = None
        node.requires_grad = self.requires_grad
        node.serial = next_serial()
        if BUSY and (mode := MODE.get()) is not None:
            mode.made(node)
        elif not node.requires_grad:
            node.forget()
        return node

    return method


def in_place(op: Op, name: str) -> Callable[[Tensor, Any], Any]:
    """The method for `tensor <op>= other`.

    A leaf that requires a gradient is a parameter: under `no_grad` it is changed in place, as in
    PyTorch; elsewhere that is refused, since a graph may hold it. While recording, an array goes on
    as the new node, as `engine.writing` says. Any other tensor is left as it is, and the name
    stands for the new one. Raises GradientError where a change is refused and ShapeError where the
    result has another shape.
    """

    def method(self: Tensor, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        if type(self.held) is not float and recording():
            return write_all(self, name, lambda: apply(op, (self, other), {}))
        if self.op is not None or not self.requires_grad or recording():
            return apply(op, (self, other), {})
        if MODE.get() is None:
            who = self.name or "a leaf that requires a gradient"
            raise GradientError(
                f"{who} {name}= ...: a leaf that requires a gradient cannot be changed in place; "
                "do it inside `with engine.no_grad():`"
            )
        result = apply(op, (self, other), {})
        if result.shape != self.shape:
            raise ShapeError(
                f"{self.name or 'a tensor'} {name}= ...: a result of shape {result.shape} does not "
                f"fit into shape {self.shape}"
            )
        if type(self.held) is float:
            self.held = result.held
        else:
            self.held[...] = result.held
        return self

    return method


def _general(op: Op) -> Callable[[Tensor, Any], Any]:
    def method(self: Tensor, other: Any) -> Any:
        return apply(op, (self, other), {}) if _is_operand(other) else NotImplemented

    return method


def reflected(op: Op) -> Callable[[Tensor, Any], Any]:
    """The method for `other <op> tensor` where other is a number or an array."""

    def method(self: Tensor, other: Any) -> Tensor:
        return apply(op, (other, self), {}) if _is_operand(other) else NotImplemented

    return method


def _is_operand(x: Any) -> bool:
    return isinstance(x, (Tensor, int, float, list, tuple)) or hasattr(x, "dtype")


def _getitem(self: Tensor, key: Any) -> Tensor:
    return index.getitem(self, index=index.plain_index(key))


def _abs(self: Tensor) -> Tensor:
    from engine.ops import REGISTRY

    return REGISTRY["abs"](self)


def install() -> None:
    """Give Tensor its operators."""
    for name, op, on_floats in (
        ("add", arithmetic.add, operator.add),
        ("sub", arithmetic.sub, operator.sub),
        ("mul", arithmetic.mul, operator.mul),
        ("truediv", arithmetic.div, operator.truediv),
        ("pow", arithmetic.pow, math.pow),
    ):
        setattr(Tensor, f"__{name}__", binary(op, on_floats))
        setattr(Tensor, f"__r{name}__", reflected(op))
        setattr(Tensor, f"__i{name}__", in_place(op, _SIGNS[name]))
    for name, op in (
        ("matmul", linalg.matmul),
        ("gt", compare.gt),
        ("ge", compare.ge),
        ("lt", compare.lt),
        ("le", compare.le),
        ("eq", compare.eq),
        ("ne", compare.ne),
    ):
        setattr(Tensor, f"__{name}__", _general(op))
    for name, method in {
        "__rmatmul__": reflected(linalg.matmul),
        "__neg__": unary(arithmetic.neg),
        "__pos__": lambda self: self if type(self.held) is float else self.copy(),
        "__abs__": _abs,
        "__getitem__": _getitem,
    }.items():
        setattr(Tensor, name, method)
