"""The ops of a recorded pass, run again: on other numbers, or on numbers of another kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.apply import apply, forward
from engine.columns import Column
from engine.passes import Pass
from engine.tensor import Tensor

Value = Any


class Replay:
    """The part of a pass that depends on some of its nodes, ready to run on other values of these.

    p: the pass. given: the nodes, by local id, whose values will be given. base: the values of all
    nodes; the recorded ones when None. Only what lies between the given nodes and the output is
    computed.
    """

    __slots__ = ("_fixed", "_output", "steps")

    def __init__(
        self, p: Pass, given: Iterable[int], base: Column | Sequence[Value] | None = None
    ) -> None:
        base = p.values if base is None else base
        flat, starts = p.operands.flat.tolist(), p.operands.starts.tolist()
        changed = set(given)
        below = []
        for node, op in enumerate(p.ops):
            if op is None or node in changed:
                continue
            operands = flat[starts[node] : starts[node + 1]]
            if not changed.isdisjoint(operands):
                changed.add(node)
                below.append((node, op, operands))
        needed = {p.output}
        steps = []
        for node, op, operands in reversed(below):
            if node in needed:
                needed.update(operands)
                steps.append((node, op, operands, p.params.get(node, {})))
        self.steps = steps[::-1]
        self._output = p.output
        self._fixed = {i: base[i] for i in needed if i not in changed}

    def __len__(self) -> int:
        """How many ops a run costs."""
        return len(self.steps)

    def output(self, given: Mapping[int, Value]) -> Value:
        """The output for other values of the given nodes; they are taken as they are."""
        values = {**self._fixed, **given}
        for node, op, operands, params in self.steps:
            values[node] = forward(op, [values[i] for i in operands], params)
        return values[self._output]


def in_double(p: Pass) -> list[Value]:
    """The values of all nodes of a pass, computed again in float64 from its leaves."""
    values: list[Value] = []
    for node, op in enumerate(p.ops):
        if op is None:
            values.append(_double(p.values[node]))
        else:
            known = [values[i] for i in p.operands[node]]
            values.append(forward(op, known, p.params.get(node, {})))
    return values


def rebuild(p: Pass, leaves: Mapping[int, Tensor]) -> Tensor:
    """The graph of a pass, made anew from other Tensors; its output.

    leaves: the Tensor to take for each leaf, or for a node that an op made, which is then not
    computed. A leaf that is not among them is made of its recorded value.
    """
    made: dict[int, Tensor] = dict(leaves)
    for node in ancestors(p, leaves):
        op = p.ops[node]
        if op is None:
            made[node] = Tensor(p.values[node], requires_grad=bool(p.wanted[node]))
        else:
            made[node] = apply(op, tuple(made[i] for i in p.operands[node]), p.params.get(node, {}))
    return made[p.output]


def ancestors(p: Pass, given: Iterable[int] = ()) -> list[int]:
    """The nodes that the output depends on, in evaluation order, up to the given ones, which are
    left out."""
    known = set(given)
    needed = {p.output}
    order = []
    for node in range(p.output, -1, -1):
        if node in needed and node not in known:
            order.append(node)
            needed.update(p.operands[node])
    return order[::-1]


def _double(value: Value) -> Value:
    if type(value) is float or value.dtype.kind != "f":
        return value
    wide = np.asarray(value, dtype=np.float64)
    return float(wide) if wide.ndim == 0 else wide
