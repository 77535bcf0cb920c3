"""One event in one row of a list: `14  f → n4  −0.2689  = −1.368 · 0.1966`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.columns import Value
from engine.trace import Trace
from tutor.render.expressions import expression, name_of, value_text
from tutor.render.numbers import bracketed, number
from tutor.render.plain import spelled
from tutor.render.values import change, inline, is_scalar, shape_text, span

_FEW = 2


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event for a list. number: counted from 1. what: `x`, `seed f`, `q → x`, `update w`.
    amount: the value or gradient it brought. how: where that came from, or nothing."""

    number: str
    what: str
    amount: str
    how: str


def event_row(trace: Trace, event: int, *, ascii: bool = False) -> EventRow:
    """The row of event number `event` (counted from 0)."""
    entry = trace.events[event]
    name = name_of(trace, entry.node)
    if entry.kind == "value":
        made = trace.nodes[entry.node].inputs
        how = f"= {expression(trace, entry.node)}" if made else ""
        brief = value_text(trace, entry.node) if is_scalar(entry.value) else _brief(entry.value)
        row = (name, brief, how)
    elif entry.kind == "seed":
        row = (f"seed {name}", _brief(entry.amount), "")
    elif entry.kind == "update":
        old, new = change(entry.old, entry.new, most=_FEW)
        how = f"= {old} − {number(entry.rate or 0.0)} · {_factor(entry.amount)}"
        row = (f"update {name}", new, how)
    else:
        source = name if entry.source is None else name_of(trace, entry.source)
        how = ""
        if entry.local is not None and is_scalar(entry.local):
            how = f"= {_brief(entry.upstream)} · {_factor(entry.local)}"
        row = (f"{source} → {name}", _brief(entry.amount), how)
    what, amount, how = [spelled(text, ascii) for text in row]
    return EventRow(str(event + 1), what, amount, how)


def _brief(value: Value | None) -> str:
    if value is None or is_scalar(value) or value.size <= _FEW:
        return inline(value)
    return f"{shape_text(value.shape)} {span(value)}"


def _factor(value: Value | None) -> str:
    text = _brief(value)
    return bracketed(text) if value is not None and is_scalar(value) else text
