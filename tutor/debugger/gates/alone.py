"""A gate taken out of its graph: a function of its inputs, recorded by itself at the same point.

As a trace of its own it has what every trace has: gradients, differences, a proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.apply import apply
from engine.backward import added
from engine.columns import Value
from engine.passes import Pass
from engine.recording import record_with
from engine.tensor import Tensor
from engine.trace import Trace
from engine.transforms import jacobian
from tutor.debugger.cells.cell import Index
from tutor.debugger.cells.local import projected
from tutor.debugger.cells.output import agree
from tutor.debugger.gates.gate import Gate

_MOST_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Local:
    """A gate's derivative by one of its inputs, and what it passes on there.

    node: the input, by its local id. slope: the local derivative: by every entry of the input where
    the output is one number, entry by entry where the gate is elementwise, else all entries of the
    output by all of the input, where they are few; None where they are many. contribution: the
    upstream gradient times that. passed: what the events inside the gate passed on to the
    input, added up; None for nothing. agrees: the two are the same.
    """

    node: int
    slope: Value | None
    contribution: Value | None
    passed: Value | None
    agrees: bool


def function_of(p: Pass, gate: Gate, cell: Index | None = None) -> Callable[..., Tensor]:
    """The gate as a function of its inputs, called by their names.

    cell: the one cell of the output that an elementwise gate is wanted for; its inputs are then
    single numbers.
    """
    names = {node: p.names[node] for node in gate.inputs}

    def run(**given: Tensor) -> Tensor:
        made = {node: given[name] for node, name in names.items()}
        for node in gate.fixed:
            made[node] = Tensor(_at(p.values[node], cell), name=p.given_names.get(node))
        for node in gate.members:
            op = p.ops[node]
            if op is not None:
                operands = tuple([made[k] for k in p.operands[node]])
                made[node] = apply(op, operands, p.params.get(node, {}))
                made[node].name = p.given_names.get(node)
        return made[gate.output]

    return run


def alone(
    p: Pass, gate: Gate, upstream: Value | None = None, *, cell: Index | None = None
) -> Trace:
    """The gate by itself, at the point of its pass: a trace whose inputs are the gate's.

    upstream: the seed; ones when None. cell: as in `function_of`. Raises what the ops raise.
    """
    values = {p.names[node]: _at(p.values[node], cell) for node in gate.inputs}
    seed = upstream if gate.inputs else None
    return record_with(function_of(p, gate, cell), values, upstream=seed)


def _at(value: Value, cell: Index | None) -> Value:
    """What broadcasting lays at one cell of the output."""
    if cell is None or type(value) is float:
        return value
    return np.asarray(value[projected(cell, tuple(value.shape))])


def elementwise(p: Pass, gate: Gate) -> bool:
    """Whether every entry of the output depends on one entry of each input."""
    shape = np.shape(p.values[gate.output])
    ops = [p.ops[node] for node in gate.members]
    return all(op is not None and op.elementwise for op in ops) and all(
        np.shape(p.values[node]) == shape for node in gate.inputs
    )


def locals_of(p: Pass, gate: Gate) -> list[Local]:
    """The gate's local derivative by each of its inputs, and what it passes on. Raises what the
    ops raise."""
    upstream = p.gradients[gate.output]
    trace = alone(p, gate)
    carried = None if upstream is None else alone(p, gate, upstream)
    found = []
    for k, node in enumerate(gate.inputs):
        passed = passed_on(p, gate, node)
        amount = None if carried is None else carried.grad(k)
        found.append(
            Local(
                node=node,
                slope=_slope(p, gate, trace, k),
                contribution=amount,
                passed=passed,
                agrees=_same(amount, passed, p.values[gate.output]),
            )
        )
    return found


def _slope(p: Pass, gate: Gate, trace: Trace, k: int) -> Value | None:
    out, node = p.values[gate.output], gate.inputs[k]
    if np.ndim(out) == 0 or elementwise(p, gate):
        return trace.grad(k)
    if np.size(out) * np.size(p.values[node]) > _MOST_ENTRIES:
        return None
    run = function_of(p, gate)
    names = [p.names[node] for node in gate.inputs]

    def of(*given: Tensor) -> Tensor:
        return run(**dict(zip(names, given, strict=True)))

    return np.asarray(jacobian(of, k)(*[p.values[node] for node in gate.inputs]).data)


def passed_on(p: Pass, gate: Gate, node: int, count: int | None = None) -> Value | None:
    """What the contributions from inside a gate to one of its inputs add up to; None for nothing.

    count: how many contributions of the pass have happened; None for all.
    """
    inside = set(gate.members)
    arrived = [
        event - p.backward_start - 1
        for event in p.arrivals(node)
        if event > p.backward_start or node != p.output
    ]
    total: Any = None
    for edge in arrived:
        if int(p.sources[edge]) in inside and (count is None or edge < count):
            amount = p.amounts[edge]
            total = amount if total is None else added(total, amount)
    return total


def _same(amount: Value | None, passed: Value | None, out: Value) -> bool:
    if amount is None or passed is None:
        return amount is passed or not np.any(amount if passed is None else passed)
    pairs = zip(np.ravel(amount).tolist(), np.ravel(passed).tolist(), strict=True)
    size = float(np.max(np.abs(passed), initial=0.0))
    scale = size if math.isfinite(size) else 1.0
    return all(agree(a, b, scale, out) for a, b in pairs)
