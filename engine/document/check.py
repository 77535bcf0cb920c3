"""Whether a pass that was read from a document can be what a recording left."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from math import isfinite, prod
from typing import Any

import numpy as np

from engine.apply import forward
from engine.arrays import numpy_
from engine.columns import Column
from engine.document.document import DocumentError
from engine.document.foreign import ForeignOp
from engine.ops.declare import Op
from engine.passes import Pass

Array = np.ndarray[Any, Any]

_NONE: Mapping[str, Any] = {}
_LITTLE = 100_000  # entries

# Columns that have as many rows as another one.
LENGTHS = {
    "ops": ("operand_counts", "wanted", "locations", "values", "gradients"),
    "sources": ("slots", "amounts"),
    "update_nodes": ("update_rates", "update_values"),
}


def everything(place: str, p: Pass) -> None:
    """Raise DocumentError, which names the place, the node and what is wrong with it, unless all
    parts of the pass agree with each other.

    That the numbers are what the ops give is not computed again.
    """
    _ops(place, p)
    _leaves(place, p)
    _contributions(place, p)
    _shapes(place, p)
    _calls(place, p)


def _ops(place: str, p: Pass) -> None:
    """Every node has as many operands as its op takes."""
    counts = np.diff(p.operands.starts)
    takes: dict[int, tuple[int, bool]] = {id(None): (0, False)}
    for op in {id(op): op for op in p.ops if op is not None}.values():
        takes[id(op)] = (op.arity, op.variadic)
    each = np.array([takes[id(op)][0] for op in p.ops])
    free = np.array([takes[id(op)][1] for op in p.ops], dtype=bool)
    wrong = np.flatnonzero(np.where(free, counts == 0, counts != each))
    if len(wrong):
        node = int(wrong[0])
        _fail(place, p, node, f"it has {counts[node]} operands")


def _leaves(place: str, p: Pass) -> None:
    if p.values.absent:
        _fail(place, p, min(p.values.absent), "it has no value")
    if p.amounts.absent:
        raise DocumentError(f"{place}: contribution {min(p.amounts.absent)} has no amount")
    for node in p.inputs.values():
        if p.ops[node] is not None:
            _fail(place, p, node, "it is called an input and was computed")
    if len(set(p.inputs.values())) < len(p.inputs):
        raise DocumentError(f"{place}: two inputs are one node")
    for node in p.params:
        if p.ops[node] is None:
            _fail(place, p, node, "it has parameters and no op")


def _shapes(place: str, p: Pass) -> None:
    """Gradients, contributions and updates have the shapes of what they belong to."""
    for node in sorted(p.gradients.arrays.keys() | p.values.arrays.keys()):
        if node not in p.gradients.absent and _shape(p.gradients, node) != _shape(p.values, node):
            _fail(place, p, node, "its gradient has another shape than its value")
    if p.seed is not None and np.shape(p.seed) != _shape(p.values, p.output):
        _fail(place, p, p.output, "its seed has another shape than its value")
    wide = np.zeros(len(p.ops), dtype=bool)
    wide[[node for node, array in p.values.arrays.items() if array.ndim]] = True
    given = np.zeros(len(p.sources), dtype=bool)
    for k, amount in p.amounts.arrays.items():
        given[k] = True
        if amount.shape != _shape(p.values, int(p.targets[k])):
            _misshapen(place, p, k)
    bare = np.flatnonzero(wide[p.targets] & ~given).tolist()
    if bare:
        _misshapen(place, p, bare[0])
    for node, _, new in p.updates:
        if np.shape(new) != _shape(p.values, node):
            _fail(place, p, node, "it is updated to a value of another shape")
        if node in p.gradients.absent:
            _fail(place, p, node, "it is updated and has no gradient")


def _contributions(place: str, p: Pass) -> None:
    """Contributions come from the newest node to the oldest, along edges that a gradient reached
    and that want one; and every gradient has come along one, or is the seed."""
    sources, slots, targets = p.sources, p.slots.astype(np.int32), p.targets
    later, before = sources[1:], sources[:-1]
    wrong = np.flatnonzero((later > before) | ((later == before) & (slots[1:] <= slots[:-1])))
    if len(wrong):
        raise DocumentError(f"{place}: contribution {wrong[0] + 1} is out of order")
    if p.seed is not None and not p.wanted[p.output]:
        _fail(place, p, p.output, "it is seeded and wants no gradient")
    unwanted = np.flatnonzero(~p.wanted[targets])
    if len(unwanted):
        _fail(place, p, int(targets[unwanted[0]]), "it wants no gradient and is given one")
    reached = np.zeros(len(p.ops), dtype=bool)
    reached[targets] = True
    if p.seed is not None:
        reached[p.output] = True
    early = np.flatnonzero(~reached[sources])
    if len(early):
        _fail(place, p, int(sources[early[0]]), "it passes on a gradient and has none")
    there = np.ones(len(p.ops), dtype=bool)
    there[list(p.gradients.absent)] = False
    odd = np.flatnonzero(there != reached)
    if len(odd):
        _fail(place, p, int(odd[0]), "it has a gradient that never came, or the other way round")
    if p.seed is not None and np.any(targets == p.output):
        _fail(place, p, p.output, "it is seeded and is given contributions as well")


def _calls(place: str, p: Pass) -> None:
    """The ops can be called with the parameters, and fit the shapes of the operands.

    A rule of an elementwise op, which an event reads its local derivative from, is tried on a
    single entry; another op is run where that is certainly little work, to see its shape.
    """
    passed: set[tuple[Any, ...]] = set()
    for node in _looked_at(p):
        op: Any = p.ops[node]
        if isinstance(op, ForeignOp):
            continue
        params = p.params.get(node, _NONE)
        places = (node, *p.operands[node])
        shapes = tuple([_shape(p.values, i) for i in places])
        kinds = tuple([_dtype(p.values, i) for i in places]) if op.elementwise else ()
        call = (op, id(params), shapes, kinds)
        if call in passed:
            continue
        try:
            if op.elementwise:
                _rehearse(op, params, shapes, kinds)
            else:
                inspect.signature(op.forward).bind(None, *places[1:], **params)
                if op.check is not None:
                    op.check(*shapes[1:], **params)
                if _work(shapes[1:], list(params.values())) <= _LITTLE:
                    value = forward(op, [p.values[i] for i in places[1:]], params)
                    if np.shape(value) != shapes[0]:
                        raise ValueError("its value has not the shape that the op gives")
        except Exception as error:  # whatever an op makes of parameters that were made up
            said = (str(error) or type(error).__name__).splitlines()[0]
            raise DocumentError(
                f"{place}: node {node} ({op.name}) cannot be: {ascii(said[:120])[1:-1]}"
            ) from error
        passed.add(call)


def _looked_at(p: Pass) -> list[int]:
    """The nodes that are not ordinary scalars: with parameters, or with an array somewhere."""
    arrays = np.zeros(len(p.ops), dtype=bool)
    arrays[list(p.values.arrays)] = True
    strange = arrays.copy()
    users = np.repeat(np.arange(len(p.ops)), np.diff(p.operands.starts))
    strange[users[arrays[p.operands.flat]]] = True
    strange[list(p.params)] = True
    strange |= np.array([op is not None and not op.plain for op in p.ops])
    return [i for i in np.flatnonzero(strange).tolist() if p.ops[i] is not None]


def _rehearse(
    op: Op, params: Mapping[str, Any], shapes: tuple[Any, ...], kinds: tuple[Any, ...]
) -> None:
    """Run an elementwise op and its rule on one entry each of these dtypes; of the shapes it is
    enough that they broadcast."""
    if np.broadcast_shapes(*shapes[1:]) != shapes[0]:
        raise ValueError("its value has not the shape of its operands together")
    out, *operands = [np.ones((1,), dtype=kind) for kind in kinds]
    extra = {"wants": (True,) * len(operands)} if op.prunes else {}
    with np.errstate(all="ignore"):
        op.forward(numpy_.NAMESPACE, *operands, **params)
        upstream = np.ones((1,), dtype=out.dtype)
        slopes = op.vjp(numpy_.NAMESPACE, upstream, out, *operands, **params, **extra)
    if len(slopes) != len(operands):
        raise ValueError("its rule does not give one gradient an operand")


def _work(shapes: tuple[tuple[int, ...], ...], params: list[Any]) -> int:
    """No op makes more entries than this of operands of these shapes: what takes them apart by
    numbers among its parameters (a shape, a width, a step) has all these multiplied."""
    entries = prod([max(prod(shape), 1) for shape in shapes])
    while params and entries <= _LITTLE:
        part = params.pop()
        if isinstance(part, (tuple, list)):
            params.extend(part)
        elif isinstance(part, slice):
            params.extend((part.start, part.stop, part.step))
        elif isinstance(part, (np.ndarray, np.generic)):
            entries *= max(part.size, 1)
        elif isinstance(part, (int, float)) and part:
            entries *= 1 + abs(int(part)) if isfinite(part) else _LITTLE + 1
    return entries


def _shape(column: Column, i: int) -> tuple[int, ...]:
    array = column.arrays.get(i)
    return () if array is None else tuple(array.shape)


def _dtype(column: Column, i: int) -> Any:
    array = column.arrays.get(i)
    return np.dtype(np.float64) if array is None else array.dtype


def _misshapen(place: str, p: Pass, k: int) -> None:
    raise DocumentError(
        f"{place}: contribution {k} has another shape than node {p.targets[k]}, to which it goes"
    )


def _fail(place: str, p: Pass, node: int, message: str) -> None:
    op = p.ops[node]
    raise DocumentError(f"{place}: node {node} ({'a leaf' if op is None else op.name}): {message}")
