"""At which events of a trace a condition holds.

A condition is judged at every event. What it says of the event's node (`op`, `name`, `shape`, …)
is the same at all of its events; for a contribution that node is the one that receives it, and
`through` and `from` say who passed it on. The quantities are

- `value`: of the event's node, brought by its value event;
- `grad`: its gradient so far, brought by the seed and by each contribution, the event's own amount
  included; an update brings the gradient it uses;
- `amount`, `upstream`, `local`: of a contribution; a seed has an amount too;
- `value(h)`, `grad(W)`: of a node by name, as it stands at that moment, brought by the events of
  that node (an update brings a new value).

What is not there yet makes a relation neither true nor false, so that it does not hold under `not`
either. The whole condition holds at an event when it is true there and the event brought one of the
quantities that make it true; without any quantity (`op = log`) when it is true. So `value > 3 and
|grad| > 1` holds at gradient events of nodes whose value is above 3, and `value > 3` alone does not
hold again at each of them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.state import same
from tutor.debugger.stops.columns import KINDS, UPDATE, VALUE, Array, columns_of, lines_of, op_codes
from tutor.debugger.stops.conditions import (
    Bare,
    Changed,
    Condition,
    Field,
    Happens,
    Is,
    Joined,
    Not,
    Number,
    Place,
    Quantity,
    Relation,
)
from tutor.debugger.stops.names import LEAVES, in_scope, is_op, node_named
from tutor.debugger.stops.readings import Reading, reading

# Where a condition is true, and where something of it is new; None: nothing of it ever changes.
Verdict = tuple[Array, Array | None]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_STATES: dict[str, Callable[[Any], Any]] = {
    "nan": np.isnan,
    "inf": np.isinf,
    "finite": np.isfinite,
}


def holds_at(trace: Trace, condition: Condition) -> Array:
    """The numbers of the events at which a condition holds, in order."""
    found = []
    for at in range(len(trace.passes)):
        true, fresh = _judged(trace, at, condition, False)
        first = trace.forward_range(at).start
        found.append(first + np.flatnonzero(true if fresh is None else true & fresh))
    return np.concatenate(found)


def _judged(trace: Trace, at: int, condition: Condition, negated: bool) -> Verdict:
    p = trace.passes[at]
    match condition:
        case Not():
            return _judged(trace, at, condition.part, not negated)
        case Joined():
            verdicts = [_judged(trace, at, part, negated) for part in condition.parts]
            return _all_of(verdicts) if (condition.word == "and") != negated else _any_of(verdicts)
        case Relation():
            return _relation(p, condition, negated)
        case Is():
            read = reading(p, condition.quantity)
            return _test(read, condition.quantity, _STATES[condition.what], negated)
        case Changed():
            return _changed(trace, at, negated)
        case Field():
            true = _field(p, condition, at)
        case Place():
            true = _at_place(p, _nodes_at(p, condition))
        case Happens():
            true = _happens(p, condition)
        case Bare():
            true = _bare(p, condition.name)
    return (~true if negated else true), None


def _all_of(verdicts: list[Verdict]) -> Verdict:
    true = np.logical_and.reduce([true for true, _ in verdicts])
    news = [fresh for _, fresh in verdicts if fresh is not None]
    return true, np.logical_or.reduce(news) if news else None


def _any_of(verdicts: list[Verdict]) -> Verdict:
    true = np.logical_or.reduce([true for true, _ in verdicts])
    if all(fresh is None for _, fresh in verdicts):
        return true, None
    return true, np.logical_or.reduce([t if f is None else t & f for t, f in verdicts])


def _relation(p: Pass, relation: Relation, negated: bool) -> Verdict:
    compare = _COMPARE[relation.sign]
    left, right = relation.left, relation.right
    if isinstance(left, Quantity) and isinstance(right, Number):
        wanted = right.number
        return _test(reading(p, left), left, lambda a: compare(a, wanted), negated)
    if isinstance(left, Number) and isinstance(right, Quantity):
        wanted = left.number
        return _test(reading(p, right), right, lambda a: compare(wanted, a), negated)
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _compared(p, left, right, compare, negated)
    raise ValueError("two numbers are no condition")


def _test(read: Reading, quantity: Quantity, test: Callable[[Any], Any], negated: bool) -> Verdict:
    """A test of one quantity at every event."""
    with np.errstate(all="ignore"):
        true = read.known & (test(read.numbers) != negated)
        for event, array in read.arrays():
            verdict = _holds(test(array), quantity) != negated
            if read.since:  # until the next one says otherwise
                true[event:] = verdict
            else:
                true[event] = verdict
    return true, read.fresh


def _compared(
    p: Pass, left: Quantity, right: Quantity, compare: Callable[[Any, Any], Any], negated: bool
) -> Verdict:
    """Two quantities against each other; arrays only where both are, or one is a number."""
    one, other = reading(p, left), reading(p, right)
    with np.errstate(all="ignore"):
        true = one.known & other.known & (compare(one.numbers, other.numbers) != negated)
        for event, a, b in _pairs(one, other):
            try:
                verdict = compare(a, b)
            except ValueError:  # shapes that do not fit have no relation
                continue
            true[event] = _holds(verdict, left) != negated
    return true, one.fresh | other.fresh


def _pairs(one: Reading, other: Reading) -> Iterator[tuple[int, Any, Any]]:
    """The events at which both are there and at least one is an array."""
    arrays = other.arrays()
    event, array = next(arrays, (-1, None))
    met: set[int] = set()
    for at, a in one.arrays():
        while 0 <= event < at:
            event, array = next(arrays, (-1, None))
        if event == at:
            yield at, a, array
            met.add(at)
        elif other.known[at]:
            yield at, a, other.numbers[at]
    for at, b in other.arrays():
        if at not in met and one.known[at]:
            yield at, one.numbers[at], b


def _holds(verdict: Any, quantity: Quantity) -> bool:
    return bool(np.all(verdict) if quantity.quantifier == "all" else np.any(verdict))


def _changed(trace: Trace, at: int, negated: bool) -> Verdict:
    p = trace.passes[at]
    columns = columns_of(p)
    fresh = columns.kinds == VALUE
    old = trace.passes[at - 1] if at else None
    if old is None or old.ops != p.ops or old.operands != p.operands:
        return np.zeros(p.event_count, dtype=bool), fresh
    a, b = old.values.floats, p.values.floats
    changed = (a != b) & ~(np.isnan(a) & np.isnan(b))
    for node, array in p.values.arrays.items():
        changed[node] = not same(old.values[node], array)
    return (changed != negated)[columns.nodes], fresh


def _field(p: Pass, field: Field, at: int) -> Array:
    columns = columns_of(p)
    wanted, equal = field.wanted, field.sign == "="
    if field.name == "pass":
        found = _COMPARE[field.sign](at, wanted)
        return np.full(p.event_count, bool(found))
    if field.name == "kind":
        return _mask((columns.kinds == KINDS.index(str(wanted))) == equal)
    if field.name == "line":
        lines = lines_of(p)
        with_line = (lines >= 0) & _COMPARE[field.sign](lines, wanted)
        return _mask(with_line[columns.nodes])
    if field.name in ("through", "from"):
        if field.name == "through":
            nodes = _with_op(p, str(wanted))
        else:
            nodes = _with_name(p, str(wanted))
        passed = columns.sources >= 0
        return _mask(passed & (nodes[columns.sources] == equal))
    made = {
        "op": lambda: _with_op(p, str(wanted)),
        "name": lambda: _with_name(p, str(wanted)),
        "scope": lambda: _with_scope(p, str(wanted)),
        "dtype": lambda: _with_dtype(p, str(wanted)),
        "shape": lambda: _with_shape(p, wanted),
    }[field.name]()
    return _mask((made == equal)[columns.nodes])


def _at_place(p: Pass, nodes: Array) -> Array:
    """Events at these nodes, and the contributions that they pass on."""
    columns = columns_of(p)
    passed = columns.sources >= 0
    return _mask(nodes[columns.nodes] | (passed & nodes[columns.sources]))


def _nodes_at(p: Pass, place: Place) -> Array:
    if place.name == "op":
        return _with_op(p, str(place.wanted))
    if place.name == "scope":
        return _with_scope(p, str(place.wanted))
    nodes = _mask(lines_of(p) == place.wanted)
    if place.file is not None:
        for node in np.flatnonzero(nodes).tolist():
            where = p.locations[node]
            nodes[node] = where is not None and PurePath(where.file or "").name == place.file
    return nodes


def _happens(p: Pass, happens: Happens) -> Array:
    columns = columns_of(p)
    nodes = _with_name(p, happens.node)
    if not nodes.any():
        return np.zeros(p.event_count, dtype=bool)
    mine = _mask(nodes[columns.nodes])
    if happens.what == "computed":
        return _mask(mine & (columns.kinds == VALUE))
    if happens.what == "updated":
        return _mask(mine & (columns.kinds == UPDATE))
    written = _mask(mine & (columns.kinds != VALUE) & (columns.kinds != UPDATE))
    if happens.what == "complete" and written.any():
        last = int(np.flatnonzero(written)[-1])
        written[:last] = False
    return written


def _bare(p: Pass, name: str) -> Array:
    nodes = _with_name(p, name)
    if nodes.any():
        return _mask(nodes[columns_of(p).nodes])
    if is_op(name):
        return _at_place(p, _with_op(p, name))
    return _at_place(p, _with_scope(p, name))


def _with_op(p: Pass, name: str) -> Array:
    codes, ops = op_codes(p)
    if name in LEAVES:
        return _mask((codes < 0) & (p.wanted == (name == "input")))
    code = next((code for op, code in ops.items() if op.name == name), None)
    return _mask(codes == code) if code is not None else np.zeros(len(codes), dtype=bool)


def _with_name(p: Pass, name: str) -> Array:
    """The node of that name; of constants all that are called so."""
    nodes = np.zeros(len(p.ops), dtype=bool)
    node = node_named(p, name)
    if node is None:
        return nodes
    nodes[node] = True
    if p.ops[node] is None and not p.wanted[node]:
        nodes[[i for i, one in enumerate(p.names) if one == p.names[node]]] = True
    return nodes


def _with_scope(p: Pass, name: str) -> Array:
    nodes = np.zeros(len(p.ops), dtype=bool)
    nodes[[node for node, path in p.scopes.items() if in_scope(path, name)]] = True
    return nodes


def _with_dtype(p: Pass, dtype: str) -> Array:
    nodes = np.full(len(p.ops), dtype == "float64")
    for node, array in p.values.arrays.items():
        nodes[node] = array.dtype.name == dtype
    return nodes


def _with_shape(p: Pass, shape: Any) -> Array:
    nodes = np.full(len(p.ops), shape == ())
    for node, array in p.values.arrays.items():
        nodes[node] = tuple(array.shape) == shape
    return nodes


def _mask(verdicts: Any) -> Array:
    return np.asarray(verdicts, dtype=bool)
