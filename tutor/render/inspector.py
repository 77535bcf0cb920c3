"""Everything about one node at one moment, with all digits."""

from __future__ import annotations

from dataclasses import dataclass

from engine.columns import Value
from engine.ops import REGISTRY
from engine.trace import Node, Trace
from tutor.render.expressions import expression, name_of
from tutor.render.numbers import absent, bracketed, exact, number
from tutor.render.plain import Line, Run, spelled, spelled_line
from tutor.render.sanitise import sanitise
from tutor.render.values import inline, is_scalar, shape_text, span

_MOST = 8


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a node.

    title: `q = x + y`. place: where it was made, `loss.py:7` or the sub-term that was typed. rows:
    (label, line), the most important first: value, gradient, shape, what it is, used by, where
    from, scope. The roles of their runs: "text", "value", "gradient", "absent", "source" (a node's
    name), "share" (percent).
    """

    title: str
    place: str
    rows: tuple[tuple[str, Line], ...]


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
    if parts:
        rows.append(("arrives as", parts))
    rows.append(("is", _kind(entry)))
    if entry.shape:
        rows.append(("shape", ((f"{shape_text(entry.shape)}, {entry.dtype}", "text"),)))
    elif entry.dtype != "float64":
        rows.append(("dtype", ((entry.dtype, "text"),)))
    users = trace.consumers(node)
    rows.append(("used by", _names(trace, users) if users else (("nothing, the result", "text"),)))
    if entry.scope:
        rows.append(("scope", ((sanitise(" › ".join(entry.scope)), "text"),)))
    name = name_of(trace, node)
    title = f"{name} = {expression(trace, node)}" if entry.inputs else name
    return Inspection(
        spelled(title, ascii),
        spelled(_place(entry, text), ascii),
        tuple([(label, spelled_line(line, ascii)) for label, line in rows]),
    )


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


def _parts(trace: Trace, node: int, cursor: int) -> Line:
    happened = [i for i in trace.arrivals(node) if i < cursor]
    runs: list[Run] = []
    events = [trace.events[i] for i in happened[:_MOST]]
    whole = _whole(trace, happened)
    for event in events:
        amount = inline(event.amount, most=4)
        if runs:
            runs.append((" + ", "text"))
            amount = bracketed(amount)
        runs.append((amount, "gradient"))
        if event.source is None:
            runs.append((" seed", "source"))
        else:
            runs.append((f" from {name_of(trace, event.source)}", "source"))
        if whole and len(happened) > 1:
            runs.append((f" ({abs(float(event.amount)) / whole:.0%})", "share"))
    if len(happened) > _MOST:
        runs.append((f" + {len(happened) - _MOST} more", "text"))
    return tuple(runs)


def _whole(trace: Trace, happened: list[int]) -> float:
    """The sum of the sizes of scalar contributions; 0 where no shares can be told."""
    if len(happened) > 1000:
        return 0.0
    amounts = [trace.events[i].amount for i in happened]
    if not all(is_scalar(amount) for amount in amounts):
        return 0.0
    whole = sum(abs(float(amount)) for amount in amounts)
    return whole if 0.0 < whole < float("inf") else 0.0


def _kind(entry: Node) -> Line:
    if entry.op == "input":
        return (("an input, can be edited", "text"),)
    if entry.op == "constant":
        return (("a constant", "text"),)
    rule = REGISTRY[entry.op].rule
    return ((f"{entry.op}: {rule.removeprefix(entry.op).strip()}", "text"),)


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
    mean = number(float(value.mean())) if value.size else "—"
    return f"{span(value)}, mean {mean}"
