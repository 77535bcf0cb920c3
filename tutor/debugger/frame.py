"""Frame: one moment of a trace, and what has just happened in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.trace import Event, Trace
from tutor.debugger.view.zoom import AUTO, Zoom

Direction = Literal["forward", "backward", "update"]

# The operand, the node that uses it, and its place among that node's operands.
EdgeKey = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of a trace.

    cursor: how many events have happened, 0..len(trace.events). focus: the node that a person looks
    at; None for the active one. zoom: how much of the graph is seen.
    """

    trace: Trace
    cursor: int = 0
    focus: int | None = None
    zoom: Zoom = AUTO


@dataclass(frozen=True, slots=True)
class Active:
    """The event that has just happened.

    node: the node that got a value, a gradient or an update. direction: which way things flow.
    edges: what the event ran along, as (operand node, node that uses it, operand number): all
    operands for a value, one edge for a contribution, none for a seed or an update.
    """

    event: Event
    node: int
    direction: Direction
    edges: tuple[EdgeKey, ...]


def active(frame: Frame) -> Active | None:
    """What has just happened; None at the very start."""
    if frame.cursor == 0:
        return None
    event = frame.trace.events[frame.cursor - 1]
    if event.kind == "value":
        operands = frame.trace.nodes[event.node].inputs
        edges = tuple([(operand, event.node, k) for k, operand in enumerate(operands)])
        return Active(event, event.node, "forward", edges)
    if event.source is not None and event.operand is not None:
        edge = (event.node, event.source, event.operand)
        return Active(event, event.node, "backward", (edge,))
    return Active(event, event.node, "update" if event.kind == "update" else "backward", ())


def focused(frame: Frame) -> int:
    """The node to show: the focus, else the active node, else the output of the first pass."""
    if frame.focus is not None:
        return frame.focus
    now = active(frame)
    return frame.trace.output if now is None else now.node


def phase(frame: Frame) -> Direction:
    """Which part of its pass the moment lies in; an update ends a pass."""
    now = active(frame)
    return "forward" if now is None else now.direction
