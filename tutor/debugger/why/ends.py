"""Where gradient stops: nodes that none reaches, factors of 0, and the first number gone wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Column, Value
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.why.flow import Flow
from tutor.render.expressions import expression, name_of, output_name
from tutor.render.sanitise import sanitise

_MOST = 4
_DECIDED = {
    "truth": "Python asked whether {} is true{}: a decision passes no gradient.",
    "number": "Python read {} as a plain number{}, which passes no gradient.",
    "whole number": "Python read {} as a whole number{}, which passes no gradient.",
}


@dataclass(frozen=True, slots=True)
class End:
    """A place where gradient stops or goes wrong: the node, why in one sentence, and the event to
    look at, if there is one. Ids and numbers are those of the trace."""

    node: int
    why: str
    event: int | None = None


def unreached(trace: Trace, node: int) -> tuple[End, ...]:
    """Why no gradient reaches a node: where each chain of nodes that use it ends."""
    at = trace.pass_of(node)
    p, offset = trace.passes[at], trace.node_range(at).start
    name = name_of(trace, node)
    if not p.wanted[node - offset]:
        if p.ops[node - offset] is None:
            return (End(node, f"{name} is a constant: no gradient is wanted for it."),)
        return (End(node, f"{name} is worked out of constants alone: no gradient is wanted."),)
    result = output_name(trace, node)
    if p.seed is None:
        return (
            End(offset + p.output, f"{result} depends on no input, so nothing is passed back."),
        )
    return tuple(_chain_ends(trace, p, offset, node - offset, result)[:_MOST])


def _chain_ends(trace: Trace, p: Pass, offset: int, node: int, result: str) -> list[End]:
    found: list[End] = []
    seen, waiting = {node}, [node]
    looked = {d.node: d for d in p.decisions}
    while waiting and len(found) < _MOST:
        at = waiting.pop()
        name = name_of(trace, offset + at)
        users = dict.fromkeys(p.consumers[at])
        if at in looked:
            place = looked[at].location
            where = "" if place is None or place.file is None else f" ({sanitise(str(place))})"
            what = _made(trace, offset + at) if p.ops[at] is not None else name
            told = _DECIDED[looked[at].kind].format(what, where)
            found.append(End(offset + at, told))
        elif not users:
            told = (
                f"{name} is used by nothing that leads to {result}. What is detached, or read as a "
                "plain number, passes no gradient."
            )
            found.append(End(offset + at, told))
        for user in users:
            if p.gradients[user] is not None:
                op: Any = p.ops[user]
                told = f"{op.name} passes nothing on to {name} ({op.rule})."
                found.append(End(offset + user, told))
            elif user not in seen:
                seen.add(user)
                waiting.append(user)
    return found


def stopped(trace: Trace, node: int, flow: Flow) -> tuple[End, ...]:
    """Nodes on the way that had a gradient and changed no more with the target: a slope of 0."""
    at = trace.pass_of(node)
    p, offset = trace.passes[at], trace.node_range(at).start
    found = []
    alive = np.zeros(len(p.ops), dtype=bool)
    for local in np.flatnonzero(flow.between.depth >= 0).tolist():
        alive[local] = _moves(flow.tangents[local])
    edge = alive[flow.between.targets] & ~alive[flow.between.sources]
    for local in sorted(set(flow.between.sources[edge].tolist()), reverse=True):
        if np.any(np.asarray(p.gradients[local]) != 0):
            found.append(_stop(trace, offset + local))
            if len(found) == _MOST:
                break
    return tuple(found)


def _moves(tangent: Value) -> bool:
    return tangent != 0 if type(tangent) is float else bool(np.any(tangent))


def _stop(trace: Trace, node: int) -> End:
    p = trace.passes[trace.pass_of(node)]
    op: Any = p.ops[node - trace.node_range(p.index).start]
    departures = trace.departures(node)
    told = f"{_made(trace, node)} is flat here: {op.rule}."
    return End(node, told, departures[0] if departures else None)


def first_odd(trace: Trace, at: int) -> End | None:
    """The first number of pass `at` that is not finite and was made of finite ones."""
    p, offset = trace.passes[at], trace.node_range(at).start
    for local in _odd(p.values):
        operands = p.operands[local]
        if p.ops[local] is None:
            if _is_nan(p.values[local]):
                name = name_of(trace, offset + local)
                told = f"{name} is not a number from the start."
                return End(offset + local, told, trace.forward_range(at).start + local)
        elif all(_finite(p.values[i]) for i in operands):
            told = f"{_made(trace, offset + local)} is the first {_what(p.values[local])}."
            return End(offset + local, told, trace.forward_range(at).start + local)
    for k in _odd(p.amounts):
        source = int(p.sources[k])
        if _finite(p.gradients[source]):
            target = name_of(trace, offset + int(p.targets[k]))
            told = (
                f"The first {_what(p.amounts[k])} is what {_made(trace, offset + source)} "
                f"passes on to {target}."
            )
            event = trace.backward_range(at).start + 1 + k
            return End(offset + source, told, event)
    return None


def _odd(column: Column) -> list[int]:
    """The places of a column that hold anything not finite, in order."""
    places = np.flatnonzero(~np.isfinite(column.floats)).tolist()
    places = [i for i in places if i not in column.absent]
    return sorted(places + [i for i, x in column.arrays.items() if not _finite(x)])


def _made(trace: Trace, node: int) -> str:
    return f"{name_of(trace, node)} = {expression(trace, node)}"


def _what(value: Value) -> str:
    return "that is not a number" if _is_nan(value) else "infinity"


def _finite(value: Value | None) -> bool:
    return value is not None and bool(np.isfinite(np.asarray(value, dtype=np.float64)).all())


def _is_nan(value: Value) -> bool:
    return bool(np.isnan(np.asarray(value, dtype=np.float64)).any())
