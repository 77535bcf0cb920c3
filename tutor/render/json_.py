"""A trace as JSON data, format 1.

    {"format": 1, "output": {name, shape, value}, "inputs": {name: {shape, value, grad}},
     "nodes": [{id, name, op, inputs, scope, shape, value, grad, rule}],
     "events": [{i, kind, node, from?, upstream?, local?, amount?, total?, old?, new?, rate?}],
     "checks": {…}}

`output`, `inputs` and `nodes` are those of the first pass. After a step of gradient descent the
value events of the next pass speak of the same nodes, with `old` and `new`; where that pass took
another way through the function, its nodes are appended. Arrays are nested lists, a value of shape
() is a number, what is not there is null; floats round-trip, and "nan", "inf" and "-inf" are
strings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.columns import Value
from engine.ops import REGISTRY
from engine.trace import Trace

FORMAT = 1


def document(trace: Trace, checks: Mapping[str, Any]) -> dict[str, Any]:
    """The trace as data for `json.dumps`. checks: what stands under "checks", as plain data."""
    numbers = _node_numbers(trace)
    shown = _shown(numbers)
    output = trace.nodes[trace.output]
    return {
        "format": FORMAT,
        "output": {
            "name": output.name,
            "shape": list(output.shape),
            "value": plain(trace.value(output.id)),
        },
        "inputs": {
            name: {
                "shape": list(trace.nodes[node].shape),
                "value": plain(trace.value(node)),
                "grad": plain(trace.grad(node)),
            }
            for name, node in trace.inputs.items()
        },
        "nodes": [_node(trace, node, numbers) for node in shown],
        "events": _events(trace, numbers),
        "checks": dict(checks),
    }


def dumps(data: Mapping[str, Any]) -> str:
    """The document as one line of ASCII that any reader takes: no NaN, no Infinity."""
    return json.dumps(data, allow_nan=False)


def event_data(trace: Trace, event: int) -> dict[str, Any]:
    """One event by itself, its nodes by name."""
    entry = trace.events[event]
    data: dict[str, Any] = {"i": event, "kind": entry.kind, "node": trace.nodes[entry.node].name}
    if entry.source is not None:
        data["from"] = trace.nodes[entry.source].name
    told = {"value": ("value",), "update": ("amount", "old", "new")}
    for name in told.get(entry.kind, ("upstream", "local", "amount", "total")):
        value = getattr(entry, name)
        if value is not None:
            data[name] = plain(value)
    if entry.rate is not None:
        data["rate"] = plain(entry.rate)
    return data


def plain(value: Value | None) -> Any:
    """A value as JSON can hold it: null, a number, a string for NaN and infinity, nested lists."""
    if value is None:
        return None
    if type(value) is float:
        return value if math.isfinite(value) else _odd(value)
    array = np.asarray(value)
    if array.dtype.kind == "b":
        array = array.astype(np.float64)
    data = array.tolist()
    return data if np.isfinite(array).all() else _replaced(data)


def _replaced(data: Any) -> Any:
    if isinstance(data, list):
        return [_replaced(part) for part in data]
    return data if math.isfinite(data) else _odd(data)


def _odd(x: float) -> str:
    return "nan" if x != x else ("inf" if x > 0 else "-inf")


def _node_numbers(trace: Trace) -> list[int]:
    """For each node of the trace the number it has in the document: that of its first
    counterpart."""
    numbers: list[int] = []
    used = 0
    for at in range(len(trace.passes)):
        nodes = trace.node_range(at)
        twin = _earlier_twin(trace, at)
        if twin is None:
            numbers.extend(range(used, used + len(nodes)))
            used += len(nodes)
        else:
            numbers.extend(numbers[i] for i in trace.node_range(twin))
    return numbers


def _earlier_twin(trace: Trace, at: int) -> int | None:
    """The latest pass before number `at` with the same graph."""
    nodes = trace.node_range(at)
    for earlier in range(at - 1, -1, -1):
        if trace.counterpart(nodes.start, earlier) is not None:
            return earlier
    return None


def _shown(numbers: list[int]) -> list[int]:
    """The first node of each number."""
    seen: dict[int, int] = {}
    for node, number in enumerate(numbers):
        seen.setdefault(number, node)
    return list(seen.values())


def _node(trace: Trace, node: int, numbers: list[int]) -> dict[str, Any]:
    entry = trace.nodes[node]
    return {
        "id": numbers[node],
        "name": entry.name,
        "op": entry.op,
        "inputs": [numbers[operand] for operand in entry.inputs],
        "scope": list(entry.scope),
        "shape": list(entry.shape),
        "value": plain(trace.value(node)),
        "grad": plain(trace.grad(node)),
        "rule": REGISTRY[entry.op].rule if entry.op in REGISTRY else None,
    }


def _events(trace: Trace, numbers: list[int]) -> list[dict[str, Any]]:
    latest: dict[int, Value] = {}
    events: list[dict[str, Any]] = []
    for event in trace.events:
        node = numbers[event.node]
        data: dict[str, Any] = {"i": event.i, "kind": event.kind, "node": node}
        if event.kind == "value":
            if node in latest:
                data["old"], data["new"] = plain(latest[node]), plain(event.value)
            latest[node] = event.value
        elif event.kind == "update":
            data["amount"] = plain(event.amount)
            data["old"], data["new"] = plain(event.old), plain(event.new)
            data["rate"] = plain(event.rate)
        else:
            if event.source is not None:
                data["from"] = numbers[event.source]
                data["upstream"] = plain(event.upstream)
                if event.local is not None:
                    data["local"] = plain(event.local)
            data["amount"], data["total"] = plain(event.amount), plain(event.total)
        events.append(data)
    return events
