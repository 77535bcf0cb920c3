"""What is told of watches: what each is now, how it changed last, and how it came to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.stops.names import node_named
from tutor.debugger.watches.sparkline import sparkline
from tutor.debugger.watches.watches import Point, Watch, has_norm, history, last_event, now
from tutor.render.json_ import plain
from tutor.render.numbers import absent, apart, number
from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise
from tutor.render.values import inline, is_scalar

_BARS = 20
_NAME = 24
_NOW = 18
_MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class _Told:
    """A watch at a moment: its name, its value, its history, and the event that wrote it last."""

    text: str
    value: Value | None
    points: tuple[Point, ...]
    event: int | None
    norm: bool


def watches_report(trace: Trace, watches: Sequence[Watch], cursor: int) -> Report:
    """The watches when `cursor` events have happened; a row opens the event that wrote it last."""
    told = [_told(trace, watch, cursor) for watch in watches]
    width = min(_NAME, max([len(one.text) for one in told], default=0))
    rows = [_row(trace, watch, one, width) for watch, one in zip(watches, told, strict=True)]
    sentences = [_sentence(one) for one in told]
    if not watches:
        rows = [Row((("Nothing is watched yet. An example: grad(W1) or norm(grad(W1))", "quiet"),))]
        sentences = ["Nothing is watched yet. An example: grad(W1)."]
    data = [
        {
            "watch": one.text,
            "now": plain(one.value),
            "event": one.event,
            "norm": one.norm,
            "history": [[event, plain(x)] for event, x in one.points[-_MOST_POINTS:]],
            "points": len(one.points),
        }
        for one in told
    ]
    return Report("watches", "Watches", tuple(rows), tuple(sentences), {"watches": data})


def _told(trace: Trace, watch: Watch, cursor: int) -> _Told:
    return _Told(
        sanitise(watch.text),
        now(trace, watch, cursor),
        history(trace, watch, cursor),
        last_event(trace, watch, cursor),
        has_norm(trace, watch, cursor),
    )


def _row(trace: Trace, watch: Watch, told: _Told, width: int) -> Row:
    role = "value" if watch.quantity.held == "value" else "gradient"
    current = (inline(told.value, most=3), role)
    if told.value is None:
        current = (absent(), "absent")
    changed = _change(told)
    note = "  norm" if told.norm and len(told.points) > 1 else ""
    return Row(
        (
            (told.text.ljust(width), "strong"),
            ("  ", "text"),
            (current[0].rjust(_NOW), current[1]),
            (f"  {changed:>12}", "changed" if changed else "text"),
            ("  ", "text"),
            (sparkline([x for _, x in told.points], _BARS), role),
            (note, "faint"),
        ),
        node=_node(trace, watch, told.event),
        event=told.event,
    )


def _node(trace: Trace, watch: Watch, event: int | None) -> int | None:
    at = 0 if event is None else trace.pass_of(trace.event(event).node)
    local = node_named(trace.passes[at], watch.quantity.node or "")
    return None if local is None else trace.node_range(at).start + local


def _change(told: _Told) -> str:
    """By how much the last event changed it, with its sign: `+0.25`."""
    if told.value is None or len(told.points) < 2:
        return ""
    old, new = told.points[-2][1], told.points[-1][1]
    if old == new or (old != old and new != new):
        return "unchanged"
    by = new - old
    if not math.isfinite(by):
        return f"now {number(new)}"
    return f"{'+' if by > 0 else ''}{number(by)}"


def _sentence(told: _Told) -> str:
    if told.value is None:
        return f"{told.text}: nothing yet."
    text = f"{told.text} is {inline(told.value)}"
    if len(told.points) < 2:
        return f"{text}."
    what = "its norm was" if told.norm else "it was"
    old, new = told.points[-2][1], told.points[-1][1]
    was = apart(old, new)[0] if is_scalar(told.value) else number(old)
    return f"{text}; {what} {was} before, in {len(told.points)} moments."
