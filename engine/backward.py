"""Back-propagation: from one tensor back to every node that it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from engine.arrays import floats, namespace_for, namespace_of, tensors
from engine.errors import GradientError
from engine.tensor import Tensor, as_tensor, as_value

Value = Any
_NOTHING = object()
_FLOATS = floats.NAMESPACE



def backward(root: Tensor, gradient: Any = None, create_graph: bool = False) -> None:
    """Accumulate d(root)/d(node), weighted by `gradient`, into every node's `grad`.

    Every node waits until all who use it have passed their share on; nodes are therefore visited
    in the reverse of the order in which they were made.
    """
    seed = seed_for(root, gradient)
    order = _reached(root)
    root.arriving = as_tensor(seed) if create_graph else seed
    for node in order:
        upstream, node.arriving = node.arriving, None
        if upstream is _NOTHING:
            continue
        node.kept = upstream if node.kept is None else accumulate(node.kept, upstream)
        if node.op is None:
            continue
        if create_graph:
            amounts = _contributions_in_graph(node, upstream)
        else:
            amounts = contributions(node, upstream)
        others = node.others
        if type(others) is not tuple:
            _pass_on(node.first, amounts[0])
            if others is not None:
                _pass_on(others, amounts[1])
        else:
            for operand, amount in zip(node.inputs, amounts, strict=True):
                _pass_on(operand, amount)


def seed_for(root: Tensor, gradient: Any) -> Value:
    """The gradient that starts the backward pass: 1 for a scalar, else the one given.

    Raises GradientError when none is given for an array, or its shape is another, or the root
    needs no gradient.
    """
    if not root.requires_grad:
        raise GradientError("backward: this tensor does not depend on any that requires a gradient")
    if gradient is None:
        if root.size != 1:
            raise GradientError(
                f"backward: the output has shape {root.shape}; pass a gradient of that shape, "
                "or reduce it to a scalar first (sum, mean)"
            )
        held = root.held
        return 1.0 if type(held) is float else namespace_of((held,)).ones_like(held)
    seed = gradient.held if type(gradient) is Tensor else as_value(gradient, None, root.device)
    if tuple(np.shape(seed)) != root.shape:
        raise GradientError(
            f"backward: gradient of shape {np.shape(seed)} for an output of shape {root.shape}"
        )
    return fit(seed, root.held)


def contributions(node: Tensor, upstream: Value) -> Sequence[Value | None]:
    """What `node` passes on to each of its operands: upstream times local derivative, in the
    shape and dtype of the operand; None where nothing passes."""
    op, first, others = node.op, node.first, node.others
    assert op is not None
    assert first is not None
    a = first.held
    if type(upstream) is float and type(a) is float and node.params is None and op.elementwise:
        try:
            if others is None:
                return op.vjp(_FLOATS, upstream, node.held, a)  # type: ignore[no-any-return]
            if type(others) is not tuple and type(others.held) is float:
                if not op.prunes:
                    return op.vjp(_FLOATS, upstream, node.held, a, others.held)  # type: ignore[no-any-return]
                wants = (first.requires_grad, others.requires_grad)
                return op.vjp(_FLOATS, upstream, node.held, a, others.held, wants=wants)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError, AttributeError):
            pass
    inputs = node.inputs
    return vjp(
        op,
        upstream,
        node.held,
        [t.held for t in inputs],
        node.params or {},
        [t.requires_grad for t in inputs],
    )


def vjp(
    op: Any,
    upstream: Value,
    out: Value,
    values: Sequence[Value],
    params: Any,
    wants: Sequence[bool],
) -> list[Value | None]:
    """The gradient rule of `op` on values, with broadcasting undone, on any kind of array."""
    xp = namespace_of([upstream, out, *values])
    if xp is floats.NAMESPACE:
        xp = namespace_for(None)
    arrays = [xp.asarray(v) if type(v) is float else v for v in values]
    g = xp.asarray(upstream) if type(upstream) is float else upstream
    out = xp.asarray(out) if type(out) is float else out
    extra = {"wants": tuple(wants)} if op.prunes else {}
    with np.errstate(all="ignore"):
        gradients = op.vjp(xp, g, out, *arrays, **params, **extra)
        return [
            None if gradient is None or not wanted else fit(unbroadcast(xp, gradient, value), value)
            for gradient, value, wanted in zip(gradients, values, wants, strict=True)
        ]


def unbroadcast(xp: Any, gradient: Value, value: Value) -> Value:
    """Sum a gradient over the axes along which its operand was repeated by broadcasting."""
    shape = () if type(value) is float else tuple(value.shape)
    have = tuple(np.shape(gradient)) if type(gradient) is not Tensor else gradient.shape
    if have == shape:
        return gradient
    if len(have) < len(shape) or any(
        h not in (s, 1) and s != 1 for h, s in zip(have[::-1], shape[::-1], strict=False)
    ):
        return xp.broadcast_to(gradient, shape)
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(
        lead + i for i, size in enumerate(shape) if size == 1 and have[lead + i] != 1
    )
    summed = xp.sum(gradient, axis=axes, keepdims=True) if axes else gradient
    smaller = xp.reshape(summed, have[lead:] if not axes else shape) if lead else summed
    return smaller if tuple(smaller.shape) == shape else xp.broadcast_to(smaller, shape)


def fit(gradient: Value, value: Value) -> Value:
    """A gradient as its node holds it: a Python float beside a float, else of the value's dtype."""
    if type(value) is float:
        return gradient if type(gradient) in (float, Tensor) else float(gradient)
    dtype = value.dtype
    if type(gradient) is float or isinstance(gradient, np.generic):
        return np.asarray(gradient, dtype=dtype if dtype.kind == "f" else None)
    if gradient.dtype != dtype and dtype.kind == "f":
        return gradient.astype(dtype)
    return gradient


def accumulate(sum_so_far: Any, amount: Any) -> Any:
    """Add a gradient to the one that an earlier backward pass has left."""
    if type(sum_so_far) is Tensor and type(amount) is not Tensor:
        return sum_so_far.held + amount
    return sum_so_far + amount


def _pass_on(operand: Tensor | None, amount: Value | None) -> None:
    if operand is None or amount is None or operand.arriving is None:
        return
    if operand.arriving is _NOTHING:
        operand.arriving = amount
    else:
        operand.arriving = operand.arriving + amount


def _reached(root: Tensor) -> list[Tensor]:
    """The nodes below `root` that need a gradient, newest first, each marked as waiting."""
    root.arriving = _NOTHING
    order = [root]
    stack = [root]
    while stack:
        node = stack.pop()
        first, others = node.first, node.others
        if first is None:
            continue
        if first.arriving is None and first.requires_grad:
            first.arriving = _NOTHING
            order.append(first)
            stack.append(first)
        if type(others) is Tensor:
            if others.arriving is None and others.requires_grad:
                others.arriving = _NOTHING
                order.append(others)
                stack.append(others)
        elif others is not None:
            for operand in others:
                if operand.arriving is None and operand.requires_grad:
                    operand.arriving = _NOTHING
                    order.append(operand)
                    stack.append(operand)
    order.sort(key=attrgetter("serial"), reverse=True)
    return order


def _contributions_in_graph(node: Tensor, upstream: Tensor) -> list[Any]:
    """The same as `contributions`, computed on Tensors, so that it can be differentiated again."""
    assert node.op is not None
    inputs = node.inputs
    wants = [t.requires_grad for t in inputs]
    extra = {"wants": tuple(wants)} if node.op.prunes else {}
    gradients = node.op.vjp(
        tensors.NAMESPACE, upstream, node, *inputs, **(node.params or {}), **extra
    )
    return [
        None if g is None or not wanted else unbroadcast(tensors.NAMESPACE, as_tensor(g), t)
        for g, t, wanted in zip(gradients, inputs, wants, strict=True)
    ]
