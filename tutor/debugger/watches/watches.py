"""Watches: what a value or a gradient is now, and everything it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.stops.conditions import Quantity
from tutor.debugger.stops.names import check_quantity
from tutor.debugger.stops.parser import parse_quantity
from tutor.debugger.stops.readings import moments

Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Watch:
    """Something that is watched. text: as it was typed: `grad(W1)`, `W[0, 1]`, `norm(grad(W))`."""

    text: str
    quantity: Quantity


def parse_watch(text: str, trace: Trace | None = None) -> Watch:
    """Read a watch; with a trace, its node and entry must be there.

    A name alone is its value. Raises LanguageError, with a span and a hint.
    """
    quantity = parse_quantity(text)
    if trace is not None:
        check_quantity(quantity, trace, text)
    return Watch(text.strip(), quantity)


def now(trace: Trace, watch: Watch, cursor: int) -> Value | None:
    """What is watched when `cursor` events have happened: a number, an array, or None for nothing
    yet.

    A value holds until the next pass has its own; the gradient of a pass is gone when the next
    pass begins.
    """
    standing = _standing(trace, watch, cursor)
    return standing[-1][1] if standing else None


def last_event(trace: Trace, watch: Watch, cursor: int) -> int | None:
    """The number of the latest event so far that wrote what is watched; None for none."""
    standing = _standing(trace, watch, cursor)
    return standing[-1][0] if standing else None


def history(trace: Trace, watch: Watch, cursor: int) -> tuple[Point, ...]:
    """Every event so far that wrote what is watched, with the number it had from then on.

    Over all passes up to this one. An array is told by its norm. A value event that repeats what
    the update before it had set is left out.
    """
    points: list[Point] = []
    value = watch.quantity.held == "value"
    for at in range(trace.pass_at(cursor) + 1):
        for event, found in _moments(trace, watch, at, cursor):
            number = _as_number(found)
            if value and _repeats(trace, at, points, number):
                continue
            points.append((event, number))
    return tuple(points)


def has_norm(trace: Trace, watch: Watch, cursor: int) -> bool:
    """Whether the history tells an array by its norm."""
    standing = now(trace, watch, cursor)
    return standing is not None and np.ndim(standing) > 0


def _standing(trace: Trace, watch: Watch, cursor: int) -> list[tuple[int, Any]]:
    at = trace.pass_at(cursor)
    found = _moments(trace, watch, at, cursor)
    if not found and watch.quantity.held == "value" and at > 0:
        return _moments(trace, watch, at - 1, cursor)
    return found


def _moments(trace: Trace, watch: Watch, at: int, cursor: int) -> list[tuple[int, Any]]:
    """What was written in pass number `at` before the cursor, by event numbers of the trace."""
    first = trace.forward_range(at).start
    found = moments(trace.passes[at], watch.quantity)
    return [(first + event, value) for event, value in found if first + event < cursor]


def _as_number(value: Any) -> float:
    if np.ndim(value) == 0:
        return float(value)
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(np.square(np.asarray(value, dtype=np.float64)))))


def _repeats(trace: Trace, at: int, points: list[Point], number: float) -> bool:
    """Whether the number is what an update at the end of the pass before had set."""
    if not points or at == 0 or points[-1][0] not in trace.update_range(at - 1):
        return False
    last = points[-1][1]
    return last == number or (last != last and number != number)
