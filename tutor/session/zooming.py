"""Zooming: opening and folding groups of the graph, down to the cells of one op."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tutor.debugger import moving
from tutor.debugger.frame import Frame, focused
from tutor.debugger.view import moves
from tutor.render.expressions import name_of
from tutor.session import looking
from tutor.session.panel import close
from tutor.session.panels import cells
from tutor.session.panels.gate import open_gate
from tutor.session.refused import Refused
from tutor.session.session import Session, at


def closer(session: Session) -> Session:
    """One level closer: look at the active node; open the group it is folded into; show the cells
    of an op."""
    frame = session.frame
    node = focused(frame)
    item = moves.item_at(frame, node)
    if item.kind != "node":
        return _told(session, moves.opened(frame, node), f"{item.title} is open.")
    if frame.focus is None:
        return at(session, moving.focus(frame, node))
    return cells.of_node(session, node)


def opened(session: Session) -> Session:
    """Open the group that the focused node is folded into."""
    node = focused(session.frame)
    item = moves.item_at(session.frame, node)
    if item.kind == "node":
        return cells.of_node(session, node)
    return _told(session, moves.opened(session.frame, node), f"{item.title} is open.")


def folded(session: Session) -> Session:
    """Fold the innermost open group around the focused node."""
    frame = moves.folded(session.frame, focused(session.frame))
    if frame is session.frame:
        raise Refused("no group is open around this node")
    item = moves.item_at(frame, focused(frame))
    return _told(session, frame, f"Folded into {item.title}.")


def all_open(session: Session) -> Session:
    """Open every group, as far as there is room."""
    return _told(session, moves.all_open(session.frame), "Everything is open.")


def all_folded(session: Session) -> Session:
    """Fold every group."""
    return _told(session, moves.all_folded(session.frame), "Every group is folded.")


def automatic(session: Session) -> Session:
    """Open as much as can be taken in."""
    return _told(session, moves.automatic(session.frame), "The groups are as at the beginning.")


def mark(session: Session) -> Session:
    """Mark the focused node for a gate of one's own, or unmark it."""
    node = focused(session.frame)
    frame = moves.mark(session.frame, node)
    count = len(frame.zoom.marked)
    name = name_of(session.trace, node)
    state = "marked" if count > len(session.frame.zoom.marked) else "no longer marked"
    nodes = f"{count} node{'s' if count != 1 else ''}"
    return _told(session, frame, f"{name} is {state}; {nodes} to be folded into one gate.")


def mark_named(session: Session, text: str) -> Session:
    """Mark the nodes of these names: `mark-node n5 n6 n7`."""
    frame = session.frame
    for name in text.replace(",", " ").split():
        frame = moves.mark(frame, looking.node_named(session.trace, name, looking.here(session)))
    count = len(frame.zoom.marked)
    marked = "1 node is" if count == 1 else f"{count} nodes are"
    return _told(session, frame, f"{marked} marked to be folded into one gate.")


def fold_marked(session: Session, text: str) -> Session:
    """Fold the marked nodes into a gate of this name, and show its own local derivative."""
    frame = moves.fold_marked(session.frame, text.strip())
    after = _told(session, frame, f"{text.strip()} is one gate now.")
    return open_gate(after, frame.zoom.folds[-1])


def unfold(session: Session) -> Session:
    """Give up the gate of one's own that the focused node is in."""
    frame = moves.unfold(session.frame, focused(session.frame))
    if frame is session.frame:
        raise Refused("this node is in no gate of yours")
    open_here = session.panel is not None and session.panel.kind == "gate"
    return _told(close(session) if open_here else session, frame, "The gate is unfolded.")


def gate_names(session: Session, text: str) -> Sequence[str]:
    """The names of one's own gates, for completion."""
    return [fold.name for fold in session.frame.zoom.folds if fold.name.startswith(text)]


def _told(session: Session, frame: Frame, told: str) -> Session:
    return replace(session, frame=frame, told=told)
