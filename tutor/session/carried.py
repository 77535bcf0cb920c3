"""What is kept when the function is run again: the place in time, and the nodes that a person
opened, marked or asks about. Where the graph is another one, nodes are found again by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.trace import Pass, Trace
from tutor.debugger.frame import Frame
from tutor.debugger.view.folds import fault
from tutor.debugger.view.zoom import Zoom


def place(frame: Frame, trace: Trace) -> int:
    """The cursor in a fresh trace of one pass that corresponds to where one stands."""
    old, new = frame.trace.passes[frame.trace.pass_at(frame.cursor)], trace.passes[0]
    done = frame.cursor - frame.trace.forward_range(frame.trace.pass_at(frame.cursor)).start
    if alike(old, new):
        return min(done, new.event_count)
    if done >= old.event_count:
        return new.event_count
    if 0 < done <= old.backward_start:
        node = new.by_name.get(old.names[done - 1])
        return new.backward_start if node is None else node + 1
    return min(done, new.event_count)


def zoom(frame: Frame, trace: Trace) -> Zoom:
    """The zoom for the first pass of another trace. In another graph the groups are others, so
    what was opened and folded is as at the beginning; gates of one's own stay where they can."""
    old, new = frame.trace.passes[frame.trace.pass_at(frame.cursor)], trace.passes[0]
    if alike(old, new):
        return frame.zoom
    folds = []
    for fold in frame.zoom.folds:
        nodes = _found(old, new, fold.nodes)
        if nodes is not None and fault(new, nodes) is None:
            folds.append(replace(fold, nodes=nodes))
    marked = [_found(old, new, [node]) or () for node in frame.zoom.marked]
    return Zoom(frame.zoom.base, folds=tuple(folds), marked=frozenset().union(*marked))


def node(frame: Frame, after: Frame, number: int) -> int | None:
    """The node of another trace, in the pass that is looked at there, that a node of this one is;
    None where there is none."""
    at = frame.trace.pass_of(number)
    to = after.trace.pass_at(after.cursor)
    old, new = frame.trace.passes[at], after.trace.passes[to]
    local = number - frame.trace.node_range(at).start
    found = _found(old, new, [local])
    return None if found is None else after.trace.node_range(to).start + found[0]


def alike(old: Pass, new: Pass) -> bool:
    """Whether nodes and groups of the one have the same numbers in the other."""
    return old is new or (old.operands == new.operands and old.scopes == new.scopes)


def _found(old: Pass, new: Pass, nodes: Iterable[int]) -> tuple[int, ...] | None:
    if alike(old, new):
        return tuple(nodes)
    found = [new.by_name.get(old.names[node]) for node in nodes]
    there = sorted({node for node in found if node is not None})
    return tuple(there) if there and len(there) == len(found) else None
