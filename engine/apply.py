"""Running an op forward: on values, and on Tensors, where it makes the node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.arrays import floats, namespace_of
from engine.errors import ShapeError
from engine.state import BUSY, MODE
from engine.tensor import Tensor, Value, as_tensor, next_serial

if TYPE_CHECKING:
    from engine.ops.declare import Op


def apply(op: Op, operands: tuple[Any, ...], params: Mapping[str, Any]) -> Tensor:
    """Run an op forward and make the node.

    Raises ShapeError, which names the op, the shapes and the nodes, when the operands do not fit.
    """
    if BUSY and np.ndarray in set(map(type, operands)):
        operands = _kept(operands)
    tensors = tuple([x if type(x) is Tensor else as_tensor(x) for x in operands])
    values = [t.held for t in tensors]
    value = forward(op, values, params, tensors)
    node = object.__new__(Tensor)
    node.held = value
    node.op = op
    node.first = tensors[0]
    count = len(tensors)
    node.others = None if count == 1 else tensors[1] if count == 2 else tensors[1:]
    if params:
        node._params = params
    node.requires_grad = any(t.requires_grad for t in tensors)
    node.kept = None
    node.serial = next_serial()
    if BUSY and (mode := MODE.get()) is not None:
        mode.made(node)
    elif not node.requires_grad:
        node.forget()
    return node


def _kept(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands with copies of plain arrays, into which the function may write later."""
    mode = MODE.get()
    if mode is None or not mode.recording:
        return operands
    kept = []
    for x in operands:
        if type(x) is np.ndarray:
            leaf = as_tensor(x.copy())
            mode.took(leaf, x)
            x = leaf
        kept.append(x)
    return tuple(kept)


def forward(
    op: Op, values: list[Value], params: Mapping[str, Any], tensors: tuple[Tensor, ...] = ()
) -> Value:
    """The value of an op on values, without making a node. `tensors` serve the error message.

    Raises ShapeError as `apply` does.
    """
    if op.elementwise:
        for i, v in enumerate(values):
            if type(v) is np.ndarray and v.ndim == 0 and v.dtype == np.float64:
                values[i] = v.item()
        if all(type(v) is float for v in values):
            try:
                return float(op.forward(floats.NAMESPACE, *values, **params))
            except (ArithmeticError, ValueError, AttributeError):
                values = as_arrays(values)
    elif any(type(v) is float for v in values):
        values = as_arrays(values)
    xp = namespace_of(values)
    try:
        if op.check is not None:
            op.check(*[tuple(np.shape(v)) for v in values], **params)
        with np.errstate(all="ignore"):
            value = op.forward(xp, *values, **params)
    except (ValueError, TypeError, IndexError, ShapeError) as error:
        raise _refused(op, values, params, tensors, error) from error
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if type(value) is np.ndarray:
        if value.dtype.kind in "iu":  # masks that were added up
            value = value.astype(np.float64)
        if value.ndim == 0 and value.dtype == np.float64:
            return float(value)
    return value


def as_arrays(values: Sequence[Value]) -> list[Value]:
    """The same values with arrays in place of Python floats, of the kind and dtype of the others:
    a number beside float32 arrays does not make them wider."""
    xp = namespace_of(values)
    if xp is floats.NAMESPACE:
        return [np.asarray(v) for v in values]
    dtypes = [v.dtype for v in values if type(v) is not float and v.dtype.kind == "f"]
    dtype = max(dtypes, key=lambda d: d.itemsize, default=None)
    return [xp.asarray(v, dtype=dtype) if type(v) is float else v for v in values]


def _refused(
    op: Op,
    values: list[Value],
    params: Mapping[str, Any],
    tensors: tuple[Tensor, ...],
    error: Exception,
) -> ShapeError:
    sign = op.symbol if len(values) == 2 and not op.symbol[:1].isalpha() else ","
    between = f" {sign} " if sign != "," else ", "
    shapes = between.join(str(tuple(np.shape(v))) for v in values)
    given = "".join(f", {key}={value!r}" for key, value in params.items())
    names = [t.name or "?" for t in tensors]
    who = f" ({between.join(names)})" if any(n != "?" for n in names) else ""
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    if op.elementwise and not isinstance(error, ShapeError):
        why = _broadcast_clash([tuple(np.shape(v)) for v in values]) or why
    return ShapeError(f"{op.name}: {shapes}{given}: {why}{who}", op=op.name)


def _broadcast_clash(shapes: list[tuple[int, ...]]) -> str | None:
    longest = max(len(shape) for shape in shapes)
    for axis in range(1, longest + 1):
        sizes = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(sizes) > 1:
            one, other = sorted(sizes)[:2]
            return f"sizes {one} and {other} of axis -{axis} do not broadcast"
    return None
