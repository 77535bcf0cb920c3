"""How all cells of a value depend on one input cell: a column of the Jacobian in one pass.

What the rule hands to one input cell is a linear function of the seed, and its gradient by the
seed is the column. So the rule is run on Tensors, with a seed that wants a gradient, and then it is
back-propagated from that one entry.
"""

from __future__ import annotations

import numpy as np

from engine import backward
from engine.arrays import tensors
from engine.passes import Pass
from engine.tensor import Tensor, as_tensor
from tutor.debugger.cells.call import FAILURES, Array, Call, call_of, one_hot, rule_failed
from tutor.debugger.cells.cell import CellError, Index
from tutor.debugger.cells.local import local_of
from tutor.debugger.cells.probes import generic

_MOST_ROWS = 256


def column(p: Pass, node: int, operand: int, index: Index) -> tuple[Array, Array]:
    """The local derivatives of all cells of a node (by local id) by one cell of an operand, and a
    mask of the cells that it touches; both in the shape of the node's value.

    Raises CellError where the gradient rule fails.
    """
    call = call_of(p, node)
    if call.op.elementwise:
        return _elementwise(p, node, call, operand, index)
    slopes = _asked(call, operand, index)
    mask = slopes != 0
    beside = _beside(call, operand)
    if beside is not None:
        try:
            generic_slopes = _asked(beside, operand, index)
        except CellError:
            generic_slopes = np.full(call.shape, np.nan)
        if np.isfinite(generic_slopes).all():
            mask = (generic_slopes != 0) | (mask & np.isfinite(slopes))
    if not np.isfinite(slopes).all() and np.count_nonzero(mask) <= _MOST_ROWS:
        slopes = _by_rows(call, operand, index, mask)
    return np.where(mask, slopes, 0.0), mask


def _elementwise(p: Pass, node: int, call: Call, operand: int, index: Index) -> tuple[Array, Array]:
    try:
        local = p.local(node, operand)
    except FAILURES as error:
        raise rule_failed(call, error) from error
    slopes = np.zeros(call.shape) if local is None else np.asarray(local)
    shape = tuple(np.shape(call.values[operand]))
    lead = (slice(None),) * (len(call.shape) - len(shape))
    own = tuple([slice(None) if size == 1 else i for i, size in zip(index, shape, strict=True)])
    mask = np.zeros(call.shape, dtype=bool)
    mask[(*lead, *own)] = True
    return np.where(mask, slopes, 0.0), mask


def _asked(call: Call, operand: int, index: Index) -> Array:
    """The column by the rule of the rule; row by row where the rule does not run on Tensors."""
    try:
        return _by_rule_of_rule(call, operand, index)
    except FAILURES as error:
        if np.size(call.out) > _MOST_ROWS:
            raise rule_failed(call, error) from error
    return _by_rows(call, operand, index, np.ones(call.shape, dtype=bool))


def _by_rule_of_rule(call: Call, operand: int, index: Index) -> Array:
    dtype = np.asarray(call.out).dtype
    ones = np.ones(call.shape, dtype=dtype if dtype.kind == "f" else np.float64)
    seed = Tensor(ones, requires_grad=True)
    values = [Tensor(v) for v in call.values]
    wants = tuple([k == operand for k in range(len(values))])
    extra = {"wants": wants} if call.op.prunes else {}
    with np.errstate(all="ignore"):
        found = call.op.vjp(
            tensors.NAMESPACE, seed, Tensor(call.out), *values, **call.params, **extra
        )[operand]
        if found is None:
            return np.zeros(call.shape)
        arrived = backward.unbroadcast(tensors.NAMESPACE, as_tensor(found), values[operand])
        if not arrived.requires_grad:
            return np.zeros(call.shape)
        arrived.backward(one_hot(arrived.held, index))
    return np.zeros(call.shape) if seed.grad is None else np.asarray(seed.grad.data)


def _by_rows(call: Call, operand: int, index: Index, mask: Array) -> Array:
    """The entries of the column one by one, each from the row of its output cell."""
    found = np.zeros(call.shape)
    for place in np.argwhere(mask):
        at = tuple([int(i) for i in place])
        found[at] = local_of(call, at).slopes[operand][index]
    return found


def _beside(call: Call, operand: int) -> Call | None:
    """The call at a point where nothing is 0 or not finite; None where it is there already, and
    where the op cannot be called there.

    Operands that are no numbers to the op, such as classes, cannot be moved.
    """
    for which in (range(len(call.values)), (operand,)):
        values = [
            generic(v, i) if i in which and np.asarray(v).dtype.kind == "f" else v
            for i, v in enumerate(call.values)
        ]
        if all(a is v for a, v in zip(values, call.values, strict=True)):
            return None
        try:
            return call.on([np.asarray(v) for v in values])
        except FAILURES:
            continue
    return None
