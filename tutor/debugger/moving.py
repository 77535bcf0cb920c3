"""Moves through time: pure functions from a Frame to a Frame.

A move that has nowhere to go returns the frame it was given. A move through time lets go of the
focus, so that what has just happened is what is shown.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import Any

import numpy as np

from engine.trace import Pass, Trace
from tutor.debugger.frame import Frame


def jump(frame: Frame, cursor: int) -> Frame:
    """To the moment when `cursor` events have happened, kept within the trace."""
    cursor = max(0, min(cursor, len(frame.trace.events)))
    return frame if cursor == frame.cursor else replace(frame, cursor=cursor, focus=None)


def jump_to_event(frame: Frame, event: int) -> Frame:
    """To the moment right after event number `event` (counted from 0)."""
    return jump(frame, event + 1)


def next_event(frame: Frame) -> Frame:
    """One event on."""
    return jump(frame, frame.cursor + 1)


def previous_event(frame: Frame) -> Frame:
    """One event back."""
    return jump(frame, frame.cursor - 1)


def next_node(frame: Frame) -> Frame:
    """To the next moment at which a node is done: its value, its whole gradient, its update."""
    trace = frame.trace
    for at in range(trace.pass_at(frame.cursor), len(trace.passes)):
        done = _done_cursors(trace, at)
        k = int(np.searchsorted(done, frame.cursor, side="right"))
        if k < len(done):
            return jump(frame, int(done[k]))
    return jump(frame, len(trace.events))


def previous_node(frame: Frame) -> Frame:
    """To the moment before this one at which a node was done; from the first one, to the start."""
    trace = frame.trace
    for at in range(trace.pass_at(frame.cursor), -1, -1):
        done = _done_cursors(trace, at)
        k = int(np.searchsorted(done, frame.cursor, side="left"))
        if k > 0:
            return jump(frame, int(done[k - 1]))
    return jump(frame, 0)


def rest_of_pass(frame: Frame) -> Frame:
    """To the end of the forward pass, of the backward pass, or of the updates, whichever is
    next."""
    return jump(frame, next((b for b in boundaries(frame.trace) if b > frame.cursor), frame.cursor))


def start_of_pass(frame: Frame) -> Frame:
    """Back to where the forward pass, the backward pass or the updates began."""
    before = [b for b in boundaries(frame.trace) if b < frame.cursor]
    return jump(frame, before[-1] if before else 0)


def start(frame: Frame) -> Frame:
    """To the moment before anything has happened."""
    return jump(frame, 0)


def end(frame: Frame) -> Frame:
    """To the moment when everything has happened."""
    return jump(frame, len(frame.trace.events))


def scrub(frame: Frame, steps: int) -> Frame:
    """`steps` fortieths of the trace on (back, when negative), at least one event each."""
    size = max(1, len(frame.trace.events) // 40)
    return jump(frame, frame.cursor + steps * size)


def focus(frame: Frame, node: int | None) -> Frame:
    """Look at `node`; None looks at the active one again. Raises IndexError for no such node."""
    if node is not None:
        frame.trace.pass_of(node)
    return frame if node == frame.focus else replace(frame, focus=node)


def writers(trace: Trace, node: int, cursor: int) -> list[int]:
    """The events so far that wrote the node's gradient, in order; while there is none, the event
    that computed its value; an empty list before that."""
    arrivals = trace.arrivals(node)
    wrote = arrivals[: bisect_left(arrivals, cursor)]
    if wrote:
        return wrote
    computed = trace.value_event(node)
    return [computed] if computed < cursor else []


def last_writer(frame: Frame, node: int) -> int | None:
    """The latest event so far that wrote the node's gradient, or else its value; None for none."""
    wrote = writers(frame.trace, node, frame.cursor)
    return wrote[-1] if wrote else None


def to_writer(frame: Frame, node: int) -> Frame | None:
    """Back to the moment right after the last event that wrote `node`; None where there is none.

    Standing at such a moment, to the one before: first through the parts of its gradient, then to
    its value, and where an update of the pass before had set that, on to the update. `node` (there
    its counterpart in the pass before) is in focus afterwards, so that the same move goes on.
    """
    trace = frame.trace
    before = writers(trace, node, frame.cursor - 1)
    if before:
        return replace(frame, cursor=before[-1] + 1, focus=node)
    if frame.cursor - 1 != trace.value_event(node):
        return None
    at = trace.pass_of(node)
    earlier = trace.counterpart(node, at - 1) if at else None
    if earlier is None:
        return None
    local = earlier - trace.node_range(at - 1).start
    updates = zip(trace.update_range(at - 1), trace.passes[at - 1].updates, strict=True)
    event = next((event for event, (updated, _, _) in updates if updated == local), None)
    return None if event is None else replace(frame, cursor=event + 1, focus=earlier)


def boundaries(trace: Trace) -> list[int]:
    """The cursors between forward passes, backward passes and updates, the two ends included."""
    cursors = [0]
    for at in range(len(trace.passes)):
        for part in (trace.forward_range(at), trace.backward_range(at), trace.update_range(at)):
            if len(part):
                cursors.append(part.stop)
    return cursors


def _done_cursors(trace: Trace, at: int) -> np.ndarray[Any, Any]:
    """The cursors in pass `at` right after a value, the last arrival at a node, or an update."""
    p = trace.passes[at]
    first = trace.forward_range(at).start
    parts = [
        np.arange(p.backward_start),
        _completions(p),
        np.arange(p.updates_start, p.event_count),
    ]
    return first + 1 + np.concatenate(parts)


def _completions(p: Pass) -> np.ndarray[Any, Any]:
    """The events, counted within the pass, with which a node's gradient was complete."""
    count = len(p.targets)
    last = np.full(len(p.ops), -1)
    last[p.targets] = np.arange(count)
    done = np.flatnonzero(last[p.targets] == np.arange(count)) + p.backward_start + 1
    if p.seed is not None and last[p.output] < 0:
        return np.concatenate([[p.backward_start], done])
    return done
