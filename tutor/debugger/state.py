"""What one node has at one moment, and what differs between two runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.frame import Frame
from tutor.render.expressions import value_before


@dataclass(frozen=True, slots=True)
class Term:
    """One arrival at a node: event number, who passed it on (None: the seed), and how much."""

    event: int
    source: int | None
    operand: int | None
    amount: Value


@dataclass(frozen=True, slots=True)
class NodeState:
    """What a node has at a moment.

    known: its value has been computed; `value` is None before. gradient: what has arrived so far;
    None for nothing yet. terms: the arrivals so far, whose amounts add up to `gradient`. expected:
    how many arrivals there are in all (0: no gradient ever comes here). complete: all of them have
    arrived. changed: its value is another one than in the pass before.
    """

    node: int
    known: bool
    value: Value | None
    gradient: Value | None
    terms: tuple[Term, ...]
    expected: int
    complete: bool
    changed: bool


def state(frame: Frame, node: int) -> NodeState:
    """What `node` has at this moment."""
    trace, cursor = frame.trace, frame.cursor
    known = trace.known(node, cursor)
    arrivals = trace.arrivals(node)
    happened = [i for i in arrivals if i < cursor]
    return NodeState(
        node=node,
        known=known,
        value=trace.value(node) if known else None,
        gradient=trace.grad_at(node, cursor),
        terms=tuple([Term(i, *trace.arrival(i)) for i in happened]),
        expected=len(arrivals),
        complete=bool(arrivals) and len(happened) == len(arrivals),
        changed=known and changed_since_last_pass(trace, node),
    )


def changed_since_last_pass(trace: Trace, node: int) -> bool:
    """Whether a node's value differs from that in the pass before; False in the first pass, and
    where the pass before took another way through the function."""
    before = value_before(trace, node)
    return before is not None and not same(before, trace.value(node))


def changed_nodes(before: Trace, after: Trace, *, at: int = 0) -> frozenset[int]:
    """The nodes of `after`'s first pass whose value or gradient is not what it was in pass number
    `at` of `before`.

    Nodes correspond by number where the graph is the same, else by name and op; a node that was not
    there before counts as changed.
    """
    old, new = before.passes[at], after.passes[0]
    alike = old.ops == new.ops and old.operands == new.operands
    changed = set()
    for i in range(len(new.ops)):
        k = i if alike else old.by_name.get(new.names[i])
        if (
            k is None
            or old.ops[k] is not new.ops[i]
            or not same(old.value(k), new.value(i))
            or not same(old.gradient(k), new.gradient(i))
        ):
            changed.add(i)
    return frozenset(changed)


def same(a: Value | None, b: Value | None) -> bool:
    """Whether two values are equal in shape and in every entry; NaN equals NaN."""
    if a is None or b is None:
        return a is b
    if type(a) is float and type(b) is float:
        return a == b or (a != a and b != b)
    return np.array_equal(a, b, equal_nan=True)
