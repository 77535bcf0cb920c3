"""The picture of a pass: where the boxes of its items stand, and what they show at a moment.

`plan` places the boxes once; `scene` says what they show. Drawn by `tutor.layout.draw` or
`draw_text`; no terminal is needed. The passes of a trace share a plan as long as they take the same
way through the function, so boxes are known by their item's id, for a node its number within the
pass.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.frame import Active, Frame, active, phase
from tutor.debugger.state import same
from tutor.debugger.view.box import SEVERAL, folded_rows, folded_size, folded_title, several
from tutor.debugger.view.view import Item, View, view
from tutor.debugger.view.zoom import Zoom
from tutor.layout import Active as ActiveEdge
from tutor.layout import Box, Edge, Face, Layout, Scene, layout
from tutor.layout.scene import EdgeState, Flow, State
from tutor.render.box import column_width, content, size
from tutor.render.plain import Line, spelled
from tutor.render.values import column, is_scalar

BESIDE = 150
"""Up to how many nodes the value of the pass before stands beside the new one."""

_TO = " → "


@dataclass(frozen=True, slots=True)
class Plan:
    """The layout of what is seen of one pass, and what its boxes were measured for.

    width: the column of numbers. beside: there is room for the value of the pass before. faces:
    what the boxes of this trace were found to show. arrivals: of boxes that were looked at, the
    events that write a gradient that is shown there.
    """

    trace: Trace
    at: int
    zoom: Zoom
    view: View
    layout: Layout
    width: int
    beside: bool

    faces: dict[tuple[object, ...], Face] = field(default_factory=dict)
    arrivals: dict[int, list[int]] = field(default_factory=dict)

    def fitted(self, trace: Trace, at: int, zoom: Zoom) -> Plan | None:
        """The plan for pass number `at` of `trace`, if it can be drawn on this layout, box for
        box. Marks need no other layout."""
        if replace(zoom, marked=frozenset()) != self.zoom:
            return None
        if trace is self.trace and at == self.at:
            return self
        ours, theirs = self.trace.passes[self.at], trace.passes[at]
        fits = (
            ours.ops == theirs.ops
            and ours.operands == theirs.operands
            and ours.names == theirs.names
            and ours.scopes == theirs.scopes
            and column_width(trace) <= self.width
            and (len(trace.passes) > 1) == (len(self.trace.passes) > 1)
        )
        return replace(self, trace=trace, at=at, faces={}, arrivals={}) if fits else None


def plan(trace: Trace, at: int, zoom: Zoom) -> Plan:
    """Lay out what is seen of pass number `at`."""
    width = column_width(trace)
    p, first = trace.passes[at], trace.node_range(at).start
    seen = view(p, zoom)
    beside = len(trace.passes) > 1 and len(seen.items) <= BESIDE
    boxes = []
    for item in seen.items:
        if item.kind == "node":
            columns, rows = size(trace, first + item.id, width=width)
            if beside and is_scalar(p.values[item.id]):
                columns = max(columns, 2 * width + len(_TO) + 4)
        else:
            columns, rows = folded_size(trace, first, item, width)
        boxes.append(Box(item.id, columns + 2, rows + 2, item.inputs))
    bare = replace(zoom, marked=frozenset())
    return Plan(trace, at, bare, seen, layout(boxes), width, beside)


def scene(
    plan: Plan, frame: Frame, changed: frozenset[int] = frozenset(), *, ascii: bool = False
) -> Scene:
    """What the boxes and edges show at a moment of the plan's pass.

    changed: the nodes of the first pass that an edit changed. ascii: numbers and titles in ASCII.
    """
    trace, seen = frame.trace, plan.view
    first = trace.node_range(plan.at).start
    now = active(frame)
    lit = None if now is None else seen.at(now.node - first).id
    focus = _item(plan, frame.focus)
    flow = phase(frame)
    updated = _updated(trace, plan.at, frame.cursor)
    edited = _items_of(seen, changed) if plan.at == 0 else frozenset()

    def face(box: int) -> Face:
        item = seen.by_id[box]
        node = first + item.output
        known = trace.known(first + item.begins, frame.cursor)
        gradient = trace.grad_at(node, frame.cursor) if known else None
        state = _state(known, gradient is not None, box in edited, box == lit)
        marked = box in frame.zoom.marked
        # What a box shows depends on these alone: most boxes are the same from event to event.
        about = (box, known, *_told_apart(plan, item, frame.cursor, gradient))
        key = (*about, box in edited, state, flow, box == focus, marked, node in updated, ascii)
        face = plan.faces.get(key)
        if face is None:
            face = plan.faces[key] = made(item, box in edited, state, box == focus, marked)
        return face

    def made(item: Item, changed: bool, state: State, focus: bool, marked: bool) -> Face:
        node = first + item.output
        if item.kind == "node":
            box = content(trace, node, frame.cursor, width=plan.width, changed=changed, ascii=ascii)
            title, rows = box.title, box.rows
            if plan.beside and not trace.nodes[node].shape:
                rows = _with_before(trace, node, updated, plan.width, rows, ascii)
        else:
            title = folded_title(item, ascii=ascii)
            rows = folded_rows(
                trace, first, item, frame.cursor, plan.width, changed=changed, ascii=ascii
            )
        suffix = f".active.{flow}" if state == "active" else ""
        if suffix or state == "pending":
            suffix = suffix or ".pending"
            rows = tuple([tuple([(text, role + suffix) for text, role in row]) for row in rows])
        if marked:
            (label, role), *rest = rows[0]
            rows = ((("#" if ascii else "◆", "result"), (label[1:], role), *rest), *rows[1:])
        return Face(title, rows, state, focus)

    def edge(box: int) -> EdgeState:
        node = first + seen.by_id[box].output
        if not trace.known(node, frame.cursor):
            return "pending"
        return "normal" if trace.grad_at(node, frame.cursor) is None else "done"

    return Scene(face, _edges(seen, now, first), edge)


def follow(plan: Plan, frame: Frame) -> tuple[int, ...]:
    """The boxes to keep in view at a moment, the most important last."""
    first = plan.trace.node_range(plan.at).start
    now = active(frame)
    nodes = [first] if now is None else [consumer for _, consumer, _ in now.edges] + [now.node]
    found = [plan.view.at(node - first).id for node in nodes]
    focus = _item(plan, frame.focus)
    return tuple(found if focus is None else [*found, focus])


def _item(plan: Plan, node: int | None) -> int | None:
    """The item that a node of the trace is seen in; None where it is of another pass."""
    own = plan.trace.node_range(plan.at)
    return None if node is None or node not in own else plan.view.at(node - own.start).id


@lru_cache(maxsize=4)
def _items_of(seen: View, nodes: frozenset[int]) -> frozenset[int]:
    """The items that any of some nodes of a first pass are seen in."""
    within = [node for node in nodes if node < len(seen.item_of)]
    return frozenset(seen.item_of[within].tolist())


def _told_apart(plan: Plan, item: Item, cursor: int, gradient: Value | None) -> tuple[object, ...]:
    """What tells the numbers in a box from those at another moment."""
    trace = plan.trace
    first = trace.node_range(plan.at).start
    nodes = item.outputs if several(trace, first, item) else (item.output,)
    if len(nodes) == 1 and (gradient is None or type(gradient) is float):
        return trace.known(first + item.output, cursor), gradient
    if len(nodes) > SEVERAL:
        return trace.known(first + item.output, cursor), gradient is not None
    events = plan.arrivals.get(item.id)
    if events is None:
        events = list(chain.from_iterable([trace.arrivals(first + node) for node in nodes]))
        plan.arrivals[item.id] = events = sorted(events)
    done = cursor - trace.forward_range(plan.at).start
    return bisect_left(nodes, done), bisect_left(events, cursor)


def _with_before(
    trace: Trace,
    node: int,
    updated: Mapping[int, Value],
    width: int,
    rows: tuple[Line, ...],
    ascii: bool,
) -> tuple[Line, ...]:
    """The rows of a number with room for an older one at its left, `v −12 → −12.9`: that of the
    pass before, or for an updated parameter the one it has in this pass."""
    label, mark, new, *rest = rows[0]
    at = trace.pass_of(node)
    old = trace.counterpart(node, at - 1) if at else None
    before, after = (" " * width, "before"), (" " * len(_TO), "label")
    if node in updated:
        before, after = (new[0], "before"), (_TO, "label")
        new = (column(updated[node], width, ascii=ascii), "changed")
    elif old is not None and not same(trace.value(old), trace.value(node)):
        before, after = (column(trace.value(old), width, ascii=ascii), "before"), (_TO, "label")
    if new[1] == "absent":
        before, after = (" " * width, "before"), (" " * len(_TO), "label")
    value = (label, mark, before, (spelled(after[0], ascii), after[1]), new, *rest)
    label, mark, *number = rows[1]
    blank = (" " * (width + len(_TO)), "label")
    return (value, (label, mark, blank, *number))


def _updated(trace: Trace, at: int, cursor: int) -> Mapping[int, Value]:
    """The parameters of pass number `at` that were updated by now, and their new values."""
    done = [i for i in trace.update_range(at) if i < cursor]
    return {event.node: event.new for event in map(trace.events.__getitem__, done[:BESIDE])}


def _state(known: bool, reached: bool, changed: bool, lit: bool) -> State:
    if lit:
        return "active"
    if not known:
        return "pending"
    if changed:
        return "changed"
    return "done" if reached else "normal"


def _edges(seen: View, now: Active | None, first: int) -> tuple[ActiveEdge, ...]:
    """The edges between items that the event ran along; none within one item."""
    if now is None:
        return ()
    flow: Flow = "forward" if now.direction == "forward" else "backward"
    found = [seen.edge(source - first, user - first, number) for source, user, number in now.edges]
    return tuple(dict.fromkeys(ActiveEdge(Edge(*edge), flow) for edge in found if edge))
