"""Everything about one node at one moment, with all digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.columns import Value
from engine.ops.declare import Op
from engine.trace import Node, Trace
from tutor.render.expressions import expression, name_of
from tutor.render.numbers import absent, bracketed, exact, number
from tutor.render.plain import Line, Run, spelled, spelled_line, text_of
from tutor.render.sanitise import sanitise
from tutor.render.values import inline, is_scalar, shape_text, span

ARRIVES = "arrives as"
_MOST = 8
_MOST_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution to a gradient: the amount and where it comes from, its share of the sum of
    all sizes (or ""), and the size of its largest entry."""

    amount: str
    source: str
    share: str
    size: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a node.

    title: `q = x + y`. place: where it was made, `loss.py:7` or the sub-term that was typed. rows:
    (label, line), the most important first: value, gradient, shape, what it is, used by, where
    from, scope. The roles of their runs: "text", "value", "gradient", "absent", "source" (a node's
    name), "share" (percent). parts, count: the contributions that `arrives` tells in less room,
    and how many there are.
    """

    title: str
    place: str
    rows: tuple[tuple[str, Line], ...]
    parts: tuple[Part, ...] = ()
    count: int = 0


def inspection(
    trace: Trace, node: int, cursor: int, *, text: str | None = None, ascii: bool = False
) -> Inspection:
    """What is known of `node` when `cursor` events have happened.

    text: the typed expression, to quote the sub-term from.
    """
    entry = trace.nodes[node]
    rows: list[tuple[str, Line]] = [
        ("value", _value(trace, node, cursor)),
        ("gradient", _gradient(trace, node, cursor)),
    ]
    parts = _parts(trace, node, cursor)
    count = sum(i < cursor for i in trace.arrivals(node))
    if parts:
        rows.append((ARRIVES, arrives(parts, count)))
    rows.append(("is", _kind(entry, trace.op(node))))
    if entry.shape:
        rows.append(("shape", ((f"{shape_text(entry.shape)}, {entry.dtype}", "text"),)))
    elif entry.dtype != "float64":
        rows.append(("dtype", ((entry.dtype, "text"),)))
    users = trace.consumers(node)
    rows.append(("used by", _names(trace, users) if users else (("nothing, the result", "text"),)))
    if entry.scope:
        rows.append(("scope", ((sanitise(" › ".join(entry.scope)), "text"),)))
    rows += [("decides", line) for line in _decisions(trace, node)]
    name = name_of(trace, node)
    title = f"{name} = {expression(trace, node)}" if entry.inputs else name
    return Inspection(
        spelled(title, ascii),
        spelled(_place(entry, text), ascii),
        tuple([(label, spelled_line(line, ascii)) for label, line in rows]),
        tuple(parts),
        count,
    )


def _decisions(trace: Trace, node: int) -> list[Line]:
    """What Python went on with where it looked at the node's value; a replay does not decide it
    again."""
    at = trace.pass_of(node)
    local = node - trace.node_range(at).start
    lines: list[Line] = []
    for decision in trace.passes[at].decisions:
        if decision.node != local:
            continue
        place = "" if decision.location is None else f" at {sanitise(str(decision.location))}"
        if decision.kind == "truth":
            told = f"a branch{place}: {'taken' if decision.outcome else 'not taken'}"
        else:
            told = f"read as the {decision.kind} {number(float(decision.outcome))}{place}"
        lines.append(((told, "text"),))
    return lines


def _value(trace: Trace, node: int, cursor: int) -> Line:
    if not trace.known(node, cursor):
        return ((absent(), "absent"), (" not computed yet", "text"))
    return ((_full(trace.value(node)), "value"),)


def _gradient(trace: Trace, node: int, cursor: int) -> Line:
    """The gradient as the sum of its contributions so far."""
    arrivals = trace.arrivals(node)
    happened = [i for i in arrivals if i < cursor]
    if not arrivals:
        entry = trace.nodes[node]
        why = " none is wanted for a constant" if not entry.requires_grad else " none comes here"
        return ((absent(), "absent"), (why, "text"))
    if not happened:
        return ((absent(), "absent"), (" nothing has arrived yet", "text"))
    total: Run = (_full(trace.grad_at(node, cursor)), "gradient")
    if len(happened) == len(arrivals):
        return (total,)
    return (total, (f" so far, {len(happened)} of {len(arrivals)} parts", "text"))


def _parts(trace: Trace, node: int, cursor: int) -> list[Part]:
    """The contributions that have arrived, in that order; beyond 1000 the first of them."""
    happened = [i for i in trace.arrivals(node) if i < cursor]
    whole = _whole(trace, happened)
    parts = []
    for source, _, amount in map(trace.arrival, happened[:_MOST_PARTS]):
        size = float(np.max(np.abs(amount), initial=0.0))
        whence = "seed" if source is None else f"from {name_of(trace, source)}"
        share = f" ({size / whole:.0%})" if whole and len(happened) > 1 else ""
        parts.append(Part(inline(amount, most=4), whence, share, size))
    return parts


def arrives(
    parts: Sequence[Part], count: int, width: int | None = None, *, ascii: bool = False
) -> Line:
    """The gradient as the sum of its `count` contributions, in the order of their arrival.

    Where that takes more than `width` cells the largest come first, as many as fit, and the line
    ends in how many more there are: `5 from a + 2 from b … and 97 more`.
    """
    line = _sum(parts, count, ascii)
    if width is None or len(text_of(line)) <= width:
        return line
    ranked = sorted(parts, key=lambda part: -part.size if part.size == part.size else -np.inf)
    shown = 1
    while shown < len(ranked) and len(text_of(_sum(ranked[: shown + 1], count, ascii))) <= width:
        shown += 1
    return _sum(ranked[:shown], count, ascii)


def _sum(parts: Sequence[Part], count: int, ascii: bool) -> Line:
    runs: list[Run] = []
    for part in parts:
        amount = part.amount
        if runs:
            runs.append((" + ", "text"))
            amount = bracketed(amount)
        runs += [(amount, "gradient"), (f" {part.source}", "source")]
        if part.share:
            runs.append((part.share, "share"))
    if len(parts) < count:
        runs.append((f" … and {count - len(parts)} more", "text"))
    return spelled_line(tuple(runs), ascii)


def _whole(trace: Trace, happened: list[int]) -> float:
    """The sum of the sizes of scalar contributions; 0 where no shares can be told."""
    if len(happened) > _MOST_PARTS:
        return 0.0
    amounts = [trace.arrival(i)[2] for i in happened]
    if not all(is_scalar(amount) for amount in amounts):
        return 0.0
    whole = sum(abs(float(amount)) for amount in amounts)
    return whole if 0.0 < whole < float("inf") else 0.0


def _kind(entry: Node, op: Op | None) -> Line:
    if op is None:
        leaf = "an input, can be edited" if entry.op == "input" else "a constant"
        return ((leaf, "text"),)
    return ((f"{entry.op}: {op.rule.removeprefix(entry.op).strip()}", "text"),)


def _names(trace: Trace, nodes: list[int]) -> Line:
    names = [name_of(trace, node) for node in dict.fromkeys(nodes)]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ((", ".join(names[:_MOST]) + more, "source"),)


def _place(entry: Node, text: str | None) -> str:
    place = entry.location
    if place is None:
        return ""
    if place.file is None and text is not None and place.start is not None:
        return sanitise(text[place.start : place.end])
    return sanitise(str(place))


def _full(value: Value | None) -> str:
    if value is None:
        return absent()
    if is_scalar(value):
        return exact(value)
    if value.size <= 4:
        return inline(value)
    with np.errstate(all="ignore"):  # infinities of both signs have no mean
        mean = number(float(value.mean())) if value.size else "—"
    return f"{span(value)}, mean {mean}"
