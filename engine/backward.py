"""Back-propagation: from one tensor back to every node that it was made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from engine.apply import as_arrays
from engine.arrays import floats, namespace_of, tensors
from engine.errors import GradientError
from engine.tensor import Tensor, as_tensor, as_value

Value = Any
_FLOATS = floats.NAMESPACE
_SPAN = 1_000_000
_next_pass = count(1).__next__


def backward(root: Tensor, gradient: Any = None, create_graph: bool = False) -> None:
    """Accumulate d(root)/d(node), weighted by `gradient`, into every node's `grad`.

    A node was made after its operands. Whoever visits nodes from the newest to the oldest meets
    each one when everybody who used it has passed their share on, and looks at no node that no
    gradient has reached. Raises GradientError as `seed_for` does.
    """
    seed = seed_for(root, gradient)
    arrivals = _Arrivals()
    arrivals.add(root, as_tensor(seed) if create_graph else seed)
    pass_back = _contributions_in_graph if create_graph else contributions
    while arrivals.unvisited:
        _sweep(arrivals, pass_back)
    for node, before in arrivals.earlier:
        node.kept = added(before, node.kept)


class _Arrivals:
    """What has arrived so far in one backward pass; it stands in each node's `kept`.

    number: that of this backward pass. newest: the serial number of the newest node of the sweep.
    waiting: the nodes to visit in this sweep, each at its distance in serial numbers from the
        newest; the list grows while it is walked.
    unvisited: nodes too old for this sweep.
    earlier: gradients that former passes had left; they are added at the end, since they must not
        be passed on twice.
    """

    __slots__ = ("earlier", "newest", "number", "unvisited", "waiting")

    def __init__(self) -> None:
        self.number = _next_pass()
        self.newest = -1
        self.waiting: list[Tensor | None] = []
        self.unvisited: list[Tensor] = []
        self.earlier: list[tuple[Tensor, Any]] = []

    def add(self, node: Tensor, amount: Any) -> None:
        """Accumulate one contribution."""
        before = node.kept
        if before is not None and node.reached_in == self.number:
            node.kept = added(before, amount)
            return
        if before is not None:
            self.earlier.append((node, before))
        node.kept = amount
        node.reached_in = self.number
        if node.first is not None:
            self.wait(node)

    def wait(self, node: Tensor) -> None:
        """Let a node with operands wait for its turn."""
        age = self.newest - node.serial
        if not 0 <= age < _SPAN:
            self.unvisited.append(node)
            return
        if age >= len(self.waiting):
            self.waiting.extend([None] * (age + 1))
        self.waiting[age] = node


def _sweep(arrivals: _Arrivals, pass_back: Callable[[Any, Any], Sequence[Any]]) -> None:
    """Visit the nodes that wait, newest first, over a span of nodes made one after the other."""
    pending, arrivals.unvisited = arrivals.unvisited, []
    newest = arrivals.newest = max(node.serial for node in pending)
    waiting = arrivals.waiting = []
    for node in pending:
        arrivals.wait(node)
    number, arrive, wait = arrivals.number, arrivals.add, arrivals.wait
    visit: Any
    for visit in waiting:
        if visit is None:
            continue
        op, first, others, upstream = visit.op, visit.first, visit.others, visit.kept
        if op.plain and type(upstream) is float and type(first.held) is float:
            # Most nodes of most graphs are scalars. For them `arrive` is written out: a call
            # would cost as much as the arithmetic.
            try:
                if others is None:
                    (amount,) = op.vjp(_FLOATS, upstream, visit.held, first.held)
                elif type(others.held) is not float:
                    raise ValueError
                else:
                    amount, to_second = op.vjp(
                        _FLOATS, upstream, visit.held, first.held, others.held
                    )
                    if others.requires_grad and to_second is not None:
                        before = others.kept
                        if before is None:
                            others.kept = to_second
                            others.reached_in = number
                            if others.first is not None:
                                try:
                                    waiting[newest - others.serial] = others
                                except IndexError:
                                    wait(others)
                        elif others.reached_in == number:
                            others.kept = before + to_second
                        else:
                            arrive(others, to_second)
                if first.requires_grad and amount is not None:
                    before = first.kept
                    if before is None:
                        first.kept = amount
                        first.reached_in = number
                        if first.first is not None:
                            try:
                                waiting[newest - first.serial] = first
                            except IndexError:
                                wait(first)
                    elif first.reached_in == number:
                        first.kept = before + amount
                    else:
                        arrive(first, amount)
                continue
            except (ArithmeticError, ValueError, AttributeError):
                pass
        for operand, amount in zip(visit.inputs, pass_back(visit, upstream), strict=True):
            if amount is not None and operand.requires_grad:
                arrive(operand, amount)


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
    made: Any = node
    op, first, others = made.op, made.first, made.others
    a = first.held
    if op.plain and type(upstream) is float and type(a) is float:
        try:
            if others is None:
                return op.vjp(_FLOATS, upstream, node.held, a)  # type: ignore[no-any-return]
            if type(others.held) is float:
                return op.vjp(_FLOATS, upstream, node.held, a, others.held)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError, AttributeError):
            pass
    inputs = node.inputs
    return vjp(
        op,
        upstream,
        node.held,
        [t.held for t in inputs],
        node.params,
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
    g, out, *arrays = as_arrays([upstream, out, *values])
    xp = namespace_of([g])
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


def added(so_far: Any, amount: Any) -> Any:
    """The sum of two gradients of one node: a Tensor where the later one is, else a plain value."""
    if type(so_far) is Tensor and type(amount) is not Tensor:
        so_far = so_far.held
    if type(so_far) is float and type(amount) is float:
        return so_far + amount
    with np.errstate(all="ignore"):  # an overflow is seen in the gradient itself
        total = so_far + amount
    return np.asarray(total) if isinstance(total, np.generic) else total


def _contributions_in_graph(node: Tensor, upstream: Tensor) -> list[Any]:
    """The same as `contributions`, computed on Tensors, so that it can be differentiated again."""
    op: Any = node.op
    inputs = node.inputs
    wants = [t.requires_grad for t in inputs]
    extra = {"wants": tuple(wants)} if op.prunes else {}
    gradients = op.vjp(tensors.NAMESPACE, upstream, node, *inputs, **node.params, **extra)
    return [
        None if g is None or not wanted else unbroadcast(tensors.NAMESPACE, as_tensor(g), t)
        for g, t, wanted in zip(gradients, inputs, wants, strict=True)
    ]
