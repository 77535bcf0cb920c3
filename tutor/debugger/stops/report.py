"""What is told of breakpoints: a list of them, and all moments at which one holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.trace import Trace
from tutor.debugger.stops.conditions import HELP, Condition, Field, Quantity, Relation
from tutor.debugger.stops.names import pieces_of
from tutor.debugger.stops.stops import Stop, parse_stop, stops_at
from tutor.render.events import event_row
from tutor.render.json_ import plain
from tutor.render.plain import Line
from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise
from tutor.render.sentences import sentence
from tutor.render.values import is_scalar

MOST = 100
"""How many moments a scan lists unless told otherwise."""

_FEW = 12
_BOTH_ENDS = "op is that of the node that receives; the op that passes on is written: through = ..."
_WIDTH = 78


def stops_report(trace: Trace, stops: Sequence[Stop], cursor: int) -> Report:
    """The breakpoints with how often each holds and where it holds next.

    A row opens the next moment behind the cursor, or the last one where there is none behind.
    """
    told = [_told(trace, stop, cursor) for stop in stops]
    width = max([len(sanitise(stop.text)) for stop in stops], default=0)
    rows, sentences = [], []
    for k, (stop, (count, event, ahead)) in enumerate(zip(stops, told, strict=True), 1):
        text = sanitise(stop.text)
        where = _where(event, ahead)
        quiet = "strong" if stop.enabled else "faint"
        rows.append(
            Row(
                (
                    (f"{k:>3} ", "faint"),
                    ("● " if stop.enabled else "○ ", "wrong" if stop.enabled else "faint"),
                    (text.ljust(min(width, 40)), quiet),
                    (f"   {_moments(count)}", "quiet"),
                    (f"   {where}" if where else "", "text"),
                    ("" if stop.enabled else "   off", "faint"),
                ),
                event=event,
            )
        )
        off = "" if stop.enabled else " It is switched off."
        sentences.append(
            f"Breakpoint {k}, {text}: {_holds(count)}{f', {where}' if where else ''}.{off}"
        )
    if not stops:
        rows = [
            Row((("There is no breakpoint yet. What can be written:", "quiet"),)),
            *[Row(_help_line(line)) for line in HELP.splitlines()],
        ]
        sentences = ["There is no breakpoint yet. An example: |grad| > 10."]
    data = [
        {
            "number": k,
            "condition": stop.text,
            "enabled": stop.enabled,
            "moments": count,
            "next": event if ahead else None,
        }
        for k, (stop, (count, event, ahead)) in enumerate(zip(stops, told, strict=True), 1)
    ]
    return Report("stops", "Breakpoints", tuple(rows), tuple(sentences), {"stops": data})


def scan_report(trace: Trace, text: str, cursor: int = 0, *, most: int = MOST) -> Report:
    """All moments of a trace at which the condition in `text` holds, the first `most` of them.

    The first moment behind `cursor` is chosen. Raises LanguageError as `parse_stop` does.
    """
    stop = parse_stop(text, trace)
    events = stops_at(trace, stop)
    shown = events[:most].tolist()
    rows = [_event_line(trace, event) for event in shown]
    sentences = [f"{sanitise(stop.text)} {_holds(len(events))} of {len(trace.events)}."]
    sentences += [sentence(trace, event) for event in shown[:_FEW]]
    more = len(events) - len(shown)
    if more:
        rows.append(Row(((f"… and {more} more", "quiet"),)))
    if len(events) > _FEW:
        sentences.append(f"And {len(events) - _FEW} more.")
    if _asks_of_both_ends(stop.condition):
        rows.append(Row(((_BOTH_ENDS, "quiet"),)))
        sentences.append(_BOTH_ENDS)
    if not shown:
        rows.append(Row((("It holds at no event of this trace.", "quiet"),)))
    data = {
        "condition": stop.text,
        "count": len(events),
        "events": [_event_data(trace, event) for event in shown],
    }
    at = min(int(np.searchsorted(events, cursor)), max(0, len(shown) - 1))
    aside = _moments(len(events))
    return Report("scan", sanitise(stop.text), tuple(rows), tuple(sentences), data, aside, at)


def _asks_of_both_ends(condition: Condition) -> bool:
    """Whether a condition asks for the op of the node that receives what another op passed on."""
    pieces = list(pieces_of(condition))
    sides = [side for piece in pieces if isinstance(piece, Relation)
             for side in (piece.left, piece.right)]  # fmt: skip
    passed = any(isinstance(s, Quantity) and s.held in ("local", "upstream") for s in sides)
    return passed and any(isinstance(piece, Field) and piece.name == "op" for piece in pieces)


def _told(trace: Trace, stop: Stop, cursor: int) -> tuple[int, int | None, bool]:
    """How often a stop holds, an event to open, and whether that is still to come."""
    events = stops_at(trace, stop)
    if len(events) == 0:
        return 0, None, False
    k = int(np.searchsorted(events, cursor))
    return len(events), int(events[min(k, len(events) - 1)]), k < len(events)


def _where(event: int | None, ahead: bool) -> str:
    if event is None:
        return ""
    return f"next: event {event + 1}" if ahead else f"last: event {event + 1}"


def _moments(count: int) -> str:
    return "never" if count == 0 else f"{count} moment{'s' * (count > 1)}"


def _holds(count: int) -> str:
    return f"holds at {count} event{'s' * (count != 1)}" if count else "holds at no event"


def _event_line(trace: Trace, event: int) -> Row:
    row = event_row(trace, event)
    entry = trace.event(event)
    head = f"{row.number:>7}  {row.what:<16} {row.amount:>10}"
    how = f"  {row.how}" if row.how else ""
    if len(head) + len(how) > _WIDTH:
        how = f"{how[: max(0, _WIDTH - len(head) - 1)]}…"
    line: Line = (
        (head[:9], "faint"),
        (head[9:26], "text"),
        (head[26:], "forward" if entry.kind == "value" else "backward"),
        (how, "quiet"),
    )
    return Row(line, node=entry.node, event=event)


def _event_data(trace: Trace, event: int) -> dict[str, Any]:
    """An event for a script: arrays of more than a few entries by their shape alone."""
    entry = trace.event(event)
    node = trace.node(entry.node)
    data: dict[str, Any] = {
        "i": event,
        "kind": entry.kind,
        "node": entry.node,
        "name": node.name,
        "op": node.op,
        "line": None if node.location is None else node.location.line,
    }
    quantities = {
        "value": entry.value,
        "amount": entry.amount,
        "total": entry.total,
        "old": entry.old,
        "new": entry.new,
    }
    for name, value in quantities.items():
        if value is None:
            continue
        small = is_scalar(value) or value.size <= _FEW
        data[name] = plain(value) if small else {"shape": list(value.shape)}
    return data


def _help_line(line: str) -> Line:
    example, meaning = line[:25], line[25:]
    return ((f"  {example}", "strong"), (meaning, "quiet"))
