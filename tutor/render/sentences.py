"""One short sentence for each event: the same for the status line, line mode and `--text`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from engine.columns import Value
from engine.trace import Event, Trace
from tutor.render.expressions import (
    expression,
    filled,
    gradient_name,
    name_of,
    pieces,
    value_before,
    value_text,
    with_numbers,
)
from tutor.render.matrix_rules import matrix_rule
from tutor.render.numbers import bracketed, number
from tutor.render.plain import spelled
from tutor.render.spoken import in_words as in_words
from tutor.render.values import change, inline, is_scalar, shape_text, span

_TERMS = 4
_ENTRIES = 6
_FACTOR_ENTRIES = 3


def sentence(
    trace: Trace, event: int, *, numbered: bool = True, spoken: bool = False, ascii: bool = False
) -> str:
    """What event number `event` (counted from 0) did.

    `Event 9 of 10: q passes −4 on to x (−4 times 1). x is complete.`

    numbered: begin with its number, counted from 1. spoken: signs as words, for a screen reader.
    """
    text = _told_of(trace, event, None)
    if numbered:
        text = f"{_ordinal(trace, event)}{text}"
    return in_words(text) if spoken else spelled(text, ascii)


def sentences(trace: Trace, *, ascii: bool = False) -> Iterator[str]:
    """`sentence` of every event, numbered, in order; faster than one by one."""
    counts = []
    for p in trace.passes:
        count = np.bincount(p.targets, minlength=len(p.ops))
        count[p.output] += p.seed is not None
        counts += count.tolist()
    arrived = [0] * len(counts)
    for event in trace.events:
        place = None
        if event.kind in ("seed", "contribution"):
            arrived[event.node] += 1
            place = arrived[event.node], counts[event.node]
        yield spelled(_ordinal(trace, event.i) + _told_of(trace, event.i, place, event), ascii)


def _ordinal(trace: Trace, event: int) -> str:
    return f"Event {event + 1} of {len(trace.events)}: "


def _told_of(
    trace: Trace, i: int, place: tuple[int, int] | None, event: Event | None = None
) -> str:
    """place: which arrival at its node the event is, of how many; None to look that up."""
    event = trace.events[i] if event is None else event
    if event.kind == "value":
        return _value(trace, event)
    if event.kind == "seed":
        return _seed(trace, event)
    if event.kind == "update":
        return _update(trace, event)
    if place is None:
        arrivals = trace.arrivals(event.node)
        place = bisect_right(arrivals, i), len(arrivals)
    return _contribution(trace, event, *place)


def start_sentence(trace: Trace, *, spoken: bool = False, ascii: bool = False) -> str:
    """What stands before the first event: what the graph is."""
    text = f"{graph_sentence(trace)} Nothing has happened yet."
    return in_words(text) if spoken else spelled(text, ascii)


def graph_sentence(trace: Trace, *, spoken: bool = False, ascii: bool = False) -> str:
    """The graph in a sentence: `Graph with 5 nodes: x, y, z are inputs; q = x + y; f = q·z.`"""
    inputs = list(trace.inputs)
    count = len(trace.passes[0].ops)
    nodes = f"Graph with {count} node{'s' if count != 1 else ''}"
    if not inputs:
        given = "no inputs"
    elif len(inputs) > 8:
        given = f"{len(inputs)} inputs"
    else:
        given = f"{', '.join(inputs)} {'are inputs' if len(inputs) > 1 else 'is the input'}"
    made = [i for i in trace.node_range(0) if trace.nodes[i].inputs] if count <= 40 else []
    told = ""
    if 0 < len(made) <= 6:
        told = "".join(f"; {name_of(trace, i)} = {expression(trace, i)}" for i in made)
    text = f"{nodes}: {given}{told}."
    return in_words(text) if spoken else spelled(text, ascii)


def _value(trace: Trace, event: Event) -> str:
    node = trace.nodes[event.node]
    name = name_of(trace, node.id)
    before = _before(trace, event)
    if not node.inputs:
        if node.op == "constant" and not node.shape:
            return f"{_result(trace, event)} is a constant."
        kind = ", a constant" if node.op == "constant" else ""
        return f"{name} is {_result(trace, event)}{kind}{before}."
    told = with_numbers(trace, node.id)
    if (
        is_scalar(event.value)
        and told is not None
        and all(is_scalar(trace.value(operand)) for operand in node.inputs)
    ):
        how = filled(pieces(trace, node), [name_of(trace, k) for k in node.inputs])
        return f"{name} = {how} = {told} = {_result(trace, event)}{before}."
    return f"{name} = {expression(trace, node.id)} = {_result(trace, event)}{before}."


def _before(trace: Trace, event: Event) -> str:
    """What the value was in the pass before, where it is another one now."""
    old = value_before(trace, event.node)
    if old is None or not is_scalar(event.value) or old == event.value:
        return ""
    return f" (it was {change(old, event.value)[0]})"


def _seed(trace: Trace, event: Event) -> str:
    name = name_of(trace, event.node)
    if trace.passes[trace.pass_of(event.node)].seed_given:
        return f"the backward pass starts at {name} with the given gradient {_told(event.amount)}."
    if trace.nodes[event.node].shape:
        return f"the backward pass starts at {name} with ones, {_told(event.amount)}."
    return f"the backward pass starts at {name} with the gradient {_told(event.amount)}."


def _contribution(trace: Trace, event: Event, arrived: int, expected: int) -> str:
    source = name_of(trace, event.node if event.source is None else event.source)
    target = name_of(trace, event.node)
    passed = f"{source} passes {_told(event.amount)} on to {target}{_reason(trace, event)}"
    if expected == 1:
        return f"{passed}. {target} is complete."
    total = _sum(trace, event, arrived)
    if arrived == expected:
        return f"{passed}. {target} is complete with {total}."
    return f"{passed}. {target} has {total} so far, {arrived} of {expected} parts."


def _reason(trace: Trace, event: Event) -> str:
    """Where the amount comes from, in brackets: upstream times local, or the rule of the arrays."""
    if event.source is None or event.operand is None:
        return ""
    if event.local is not None:
        if not is_scalar(event.local) and event.local.size > _FACTOR_ENTRIES:
            return ""
        summed = ", summed" if np.shape(event.amount) != np.shape(event.upstream) else ""
        return f" ({_told(event.upstream)} times {_told(event.local)}{summed})"
    node = trace.nodes[event.source]
    rule = matrix_rule(trace, node, event.operand)
    if rule is None:
        return ""
    before, behind, after = rule
    return f" ({before}{gradient_name(trace, node.id)}{behind}{after})"


def _sum(trace: Trace, event: Event, arrived: int) -> str:
    """The total, as a sum of the few arrivals that made it."""
    if not 1 < arrived <= _TERMS or not is_scalar(event.total):
        return _told(event.total)
    arrivals = trace.arrivals(event.node)[:arrived]
    terms = [_told(trace.arrival(i)[2]) for i in arrivals]
    return f"{' + '.join([terms[0], *map(bracketed, terms[1:])])} = {_told(event.total)}"


def _update(trace: Trace, event: Event) -> str:
    name = name_of(trace, event.node)
    rate = number(event.rate or 0.0)
    old, new = _told(event.old), _told(event.new)
    if is_scalar(event.old):
        old, new = change(event.old, event.new)
    goes = f"{name} goes from {old} to {new}"
    if not is_scalar(event.old):
        return f"{goes}, minus {rate} times its gradient."
    return f"{goes}: minus {rate} times {_told(event.amount)}."


def _result(trace: Trace, event: Event) -> str:
    """The value, in more digits where it differs only there from that of the pass before."""
    if is_scalar(event.value):
        return value_text(trace, event.node)
    return _told(event.value)


def _told(value: Value | None) -> str:
    if value is None or is_scalar(value) or value.size <= _ENTRIES:
        return inline(value)
    return f"an array {shape_text(value.shape)} {span(value)}"
