"""Moves of the zoom: pure functions from a Frame to a Frame.

Nodes are those of the trace. A move that changes nothing returns the frame it was given.
"""

from __future__ import annotations

from dataclasses import replace

from engine.passes import Pass
from tutor.debugger.frame import Frame
from tutor.debugger.view.folds import FoldError, fault, with_constants
from tutor.debugger.view.tree import tree
from tutor.debugger.view.view import Item, View, fold_id, is_open, view
from tutor.debugger.view.zoom import AUTO, Base, Fold, Zoom
from tutor.render.sanitise import sanitise

NAME = 24


def shown(frame: Frame) -> View:
    """What is seen of the pass that is under way."""
    trace = frame.trace
    return view(trace.passes[trace.pass_at(frame.cursor)], frame.zoom)


def item_at(frame: Frame, node: int) -> Item:
    """The item that a node is seen in. Raises IndexError for no such node."""
    p, local = _placed(frame, node)
    return view(p, frame.zoom).at(local)


def opened(frame: Frame, node: int) -> Frame:
    """Open the folded item that a node is seen in."""
    p, local = _placed(frame, node)
    item = view(p, frame.zoom).at(local)
    if item.kind == "node":
        return frame
    zoom = replace(
        frame.zoom,
        opened=frame.zoom.opened | {item.id},
        closed=frame.zoom.closed - {item.id},
    )
    return replace(frame, zoom=_drawable(p, zoom, local, item.id))


def folded(frame: Frame, node: int) -> Frame:
    """Fold the innermost open group around the item that a node is seen in."""
    p, local = _placed(frame, node)
    zoom = frame.zoom
    item = view(p, zoom).at(local)
    gate = _fold_of(zoom, local)
    if gate is not None and item.kind == "node" and fold_id(gate) in zoom.opened:
        return replace(frame, zoom=replace(zoom, opened=zoom.opened - {fold_id(gate)}))
    around = tree(p).path(local)[: item.depth]
    if not around:
        return frame
    closed = around[-1].id
    return replace(
        frame, zoom=replace(zoom, opened=zoom.opened - {closed}, closed=zoom.closed | {closed})
    )


def all_open(frame: Frame) -> Frame:
    """Open every group, as far as that can be drawn; gates of one's own too."""
    gates = frozenset(fold_id(fold) for fold in frame.zoom.folds)
    return _based(frame, "open", gates)


def all_folded(frame: Frame) -> Frame:
    """Fold every group."""
    return _based(frame, "folded")


def automatic(frame: Frame) -> Frame:
    """Open as much as makes a picture that can be taken in, as at the beginning."""
    return _based(frame, "auto")


def revealed(frame: Frame, node: int) -> Frame:
    """Open all groups around a node, so that it is seen by itself."""
    p, local = _placed(frame, node)
    if view(p, frame.zoom).at(local).kind == "node":
        return frame
    groups, zoom = tree(p), frame.zoom
    closed = {group.id for group in groups.path(local) if not is_open(groups, group, zoom)}
    gate = _fold_of(zoom, local)
    if gate is not None:
        closed.add(fold_id(gate))
    zoom = replace(zoom, opened=zoom.opened | closed, closed=zoom.closed - closed)
    return replace(frame, zoom=_drawable(p, zoom, local))


def mark(frame: Frame, node: int) -> Frame:
    """Mark a node that is to be folded with others into one gate; again, unmark it.

    Raises FoldError for a node that is not seen by itself.
    """
    p, local = _placed(frame, node)
    item = view(p, frame.zoom).at(local)
    if item.kind != "node":
        name = sanitise(p.names[local])
        raise FoldError(f"{name} is folded into {item.title}; open that to mark nodes in it")
    return replace(frame, zoom=replace(frame.zoom, marked=frame.zoom.marked ^ {local}))


def fold_marked(frame: Frame, name: str) -> Frame:
    """Fold the marked nodes into one gate with a name, and with them the constants that nothing
    else uses.

    Raises FoldError where the name is missing or in use, and where the nodes are no gate, as
    `folds.fault` says.
    """
    zoom, trace = frame.zoom, frame.trace
    p = trace.passes[trace.pass_at(frame.cursor)]
    name = name.strip()[:NAME]
    if not name:
        raise FoldError("a gate needs a name, such as sigmoid")
    if any(fold.name == name for fold in zoom.folds):
        raise FoldError(f"there is a gate called {sanitise(name)} already; choose another name")
    nodes = with_constants(p, zoom.marked)
    why = fault(p, nodes)
    if why is None:
        why = next(
            (_taken(p, fold, nodes) for fold in zoom.folds if {*fold.nodes} & {*nodes}), None
        )
    if why is not None:
        raise FoldError(why)
    gate = Fold(name, nodes)
    after = replace(zoom, folds=(*zoom.folds, gate), marked=frozenset())
    if view(p, after).at(nodes[-1]).kind != "fold":
        raise FoldError("groups that are folded lie between the marked nodes; open them first")
    return replace(frame, zoom=after)


def unfold(frame: Frame, node: int) -> Frame:
    """Give up the person's own gate that a node is in."""
    _, local = _placed(frame, node)
    gate, zoom = _fold_of(frame.zoom, local), frame.zoom
    if gate is None:
        return frame
    folds = tuple([fold for fold in zoom.folds if fold is not gate])
    return replace(frame, zoom=replace(zoom, folds=folds, opened=zoom.opened - {fold_id(gate)}))


def _drawable(p: Pass, zoom: Zoom, local: int, but: int = -1) -> Zoom:
    """The zoom, if in it the node is seen by itself or in another item than `but`; else, since
    there is no room for all of it, without what was opened for other reasons."""
    if _reaches(p, zoom, local, but):
        return zoom
    around = frozenset(group.id for group in tree(p).path(local))
    gates = frozenset(fold_id(fold) for fold in zoom.folds)
    return replace(zoom, base="auto", opened=zoom.opened & (around | gates))


def _reaches(p: Pass, zoom: Zoom, local: int, but: int) -> bool:
    item = view(p, zoom).at(local)
    return item.kind == "node" or (but >= 0 and item.id != but)


def _based(frame: Frame, base: Base, gates: frozenset[int] = frozenset()) -> Frame:
    zoom = Zoom(base, gates, AUTO.closed, frame.zoom.folds, frame.zoom.marked)
    return frame if zoom == frame.zoom else replace(frame, zoom=zoom)


def _placed(frame: Frame, node: int) -> tuple[Pass, int]:
    at = frame.trace.pass_of(node)
    return frame.trace.passes[at], node - frame.trace.node_range(at).start


def _fold_of(zoom: Zoom, local: int) -> Fold | None:
    return next((fold for fold in zoom.folds if local in fold.nodes), None)


def _taken(p: Pass, fold: Fold, nodes: tuple[int, ...]) -> str:
    shared = next(node for node in nodes if node in fold.nodes)
    gate = sanitise(fold.name)
    return f"{sanitise(p.names[shared])} is in the gate {gate} already; unfold that first"
