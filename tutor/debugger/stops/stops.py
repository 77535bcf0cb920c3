"""Stops: conditions at which running on comes to a halt, and the moves from one to the next.

A stop is the moment right after an event at which its condition holds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.trace import Trace
from tutor.debugger.frame import Frame
from tutor.debugger.moving import end, jump, start
from tutor.debugger.stops.columns import Array
from tutor.debugger.stops.conditions import Bare, Condition
from tutor.debugger.stops.judging import holds_at
from tutor.debugger.stops.names import check_names
from tutor.debugger.stops.parser import parse_condition
from tutor.language import LanguageError
from tutor.render.kept import Kept

_MOST_KEPT = 64

_found: Kept[Trace, OrderedDict[Condition, Array]] = Kept(lambda _: OrderedDict())


@dataclass(frozen=True, slots=True)
class Stop:
    """A breakpoint. text: as it was typed. enabled: whether running on halts at it."""

    text: str
    condition: Condition
    enabled: bool = True


def parse_stop(text: str, trace: Trace | None = None) -> Stop:
    """Read a breakpoint; with a trace, its names must be there.

    Raises LanguageError, with a span and a hint: the names near to one that is not there.
    """
    condition = parse_condition(text)
    if trace is not None:
        check_names(condition, trace, text)
    return Stop(text.strip(), condition)


def stop_on(trace: Trace, node: int) -> Stop:
    """A breakpoint on everything that happens to a node."""
    name = trace.node(node).name
    text = written(name)
    return Stop(text, Bare(name, 0, len(text)))


def written(name: str) -> str:
    """A node's name as a condition spells it; in quotes where it means something else."""
    try:
        if parse_condition(name) == Bare(name, 0, 0):
            return name
    except LanguageError:
        pass
    quote = '"' if "'" in name else "'"
    return f"{quote}{name}{quote}"


def stops_at(trace: Trace, stop: Stop) -> Array:
    """The numbers of the events (from 0) at which the condition holds, in order, read-only.

    Found once a trace and condition. What is not enabled is found all the same.
    """
    known = _found(trace)
    events = known.get(stop.condition)
    if events is None:
        events = holds_at(trace, stop.condition)
        events.flags.writeable = False
        known[stop.condition] = events
        if len(known) > _MOST_KEPT:
            known.popitem(last=False)
    return events


def next_stop(frame: Frame, stops: Sequence[Stop]) -> tuple[Frame, Stop | None]:
    """On to the nearest stop behind this moment, and which one it is; of several there, the first
    of `stops`. Without one, on to the end, and None."""
    reached, found = len(frame.trace.events) + 1, None
    for stop in stops:
        if stop.enabled:
            events = stops_at(frame.trace, stop)
            k = int(np.searchsorted(events, frame.cursor, side="left"))
            if k < len(events) and int(events[k]) + 1 < reached:
                reached, found = int(events[k]) + 1, stop
    return (end(frame), None) if found is None else (jump(frame, reached), found)


def previous_stop(frame: Frame, stops: Sequence[Stop]) -> tuple[Frame, Stop | None]:
    """Back to the nearest stop before this moment, and which one it is; without one, back to the
    start, and None."""
    reached, found = 0, None
    for stop in stops:
        if stop.enabled:
            events = stops_at(frame.trace, stop)
            k = int(np.searchsorted(events, frame.cursor - 1, side="left"))
            if k > 0 and int(events[k - 1]) + 1 > reached:
                reached, found = int(events[k - 1]) + 1, stop
    return (start(frame), None) if found is None else (jump(frame, reached), found)
