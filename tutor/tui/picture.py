"""The picture of a session's graph: where its boxes stand, and what they show at a moment.

The passes of a trace are drawn on one layout as long as they take the same way through the
function, so boxes are known here by their number within a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.frame import Active, active, phase
from tutor.debugger.state import same
from tutor.layout import Active as ActiveEdge
from tutor.layout import Box, Edge, Face, Layout, Scene, layout
from tutor.layout.scene import EdgeState, Flow, State
from tutor.render.box import TITLE, column_width, content, size
from tutor.render.plain import Line, spelled
from tutor.render.values import column, is_scalar
from tutor.session.session import Session
from tutor.tui.widgets.canvas import Picture

BESIDE = 150
"""Up to how many nodes the value of the pass before stands beside the new one."""

MANY = 2000
"""From how many nodes on boxes have the width of the longest title, without a look at their own."""

_TO = " → "


@dataclass(frozen=True, slots=True)
class Drawing:
    """The layout of one pass, and what its boxes were measured for.

    width: the column of numbers. beside: there is room for the value of the pass before. faces:
    what the boxes of this trace were found to show.
    """

    trace: Trace
    at: int
    layout: Layout
    width: int
    beside: bool

    faces: dict[tuple[object, ...], Face] = field(default_factory=dict)

    def fitted(self, trace: Trace, at: int) -> Drawing | None:
        """The drawing for pass number `at` of `trace`, if it can be drawn on this layout, box for
        box."""
        if trace is self.trace and at == self.at:
            return self
        ours, theirs = self.trace.passes[self.at], trace.passes[at]
        fits = (
            ours.ops == theirs.ops
            and ours.operands == theirs.operands
            and ours.names == theirs.names
            and column_width(trace) <= self.width
            and (len(trace.passes) > 1) == (len(self.trace.passes) > 1)
        )
        return replace(self, trace=trace, at=at, faces={}) if fits else None


def drawing(trace: Trace, at: int) -> Drawing:
    """Lay out pass number `at`. Takes some 50 µs a node."""
    width = column_width(trace)
    p, first = trace.passes[at], trace.node_range(at).start
    beside = len(trace.passes) > 1 and len(p.ops) <= BESIDE
    boxes = []
    for i in range(len(p.ops)):
        scalar = is_scalar(p.values[i])
        if scalar and len(p.ops) > MANY:
            columns, rows = TITLE + 2, 2
        else:
            columns, rows = size(trace, first + i, width=width)
        if beside and scalar:
            columns = max(columns, 2 * width + len(_TO) + 4)
        boxes.append(Box(i, columns + 2, rows + 2, p.operands[i]))
    return Drawing(trace, at, layout(boxes), width, beside)


def picture(session: Session, plan: Drawing, *, ascii: bool = False) -> Picture:
    """What the canvas shows at the session's moment."""
    frame, trace = session.frame, session.trace
    at = trace.pass_at(frame.cursor)
    first = trace.node_range(at).start
    now = active(frame)
    lit = set() if now is None else {now.node}
    flow = phase(frame)
    updated = _updated(trace, at, frame.cursor)

    def face(box: int) -> Face:
        node = first + box
        changed = at == 0 and node in session.changed
        known = trace.known(node, frame.cursor)
        gradient = trace.grad_at(node, frame.cursor) if known else None
        state = _state(known, gradient is not None, changed, node in lit)
        focus = node == frame.focus
        # What a box shows depends on these alone: most boxes are the same from event to event.
        about = (node, known, gradient if type(gradient) is float else id(gradient))
        key = (*about, changed, state, flow, focus, node in updated, ascii)
        face = plan.faces.get(key)
        if face is None:
            face = plan.faces[key] = made(node, changed, state, focus)
        return face

    def made(node: int, changed: bool, state: State, focus: bool) -> Face:
        shown = content(trace, node, frame.cursor, width=plan.width, changed=changed, ascii=ascii)
        suffix = f".active.{flow}" if state == "active" else ""
        rows = shown.rows
        if plan.beside and not trace.nodes[node].shape:
            wide = _beside(trace, node, updated, plan.width, rows[0], ascii)
            label, mark, *number = rows[1]
            blank = (" " * (plan.width + len(_TO)), "label")
            rows = (wide, (label, mark, blank, *number))
        if suffix or state == "pending":
            suffix = suffix or ".pending"
            rows = tuple([tuple([(text, role + suffix) for text, role in row]) for row in rows])
        return Face(shown.title, rows, state, focus)

    def edge(box: int) -> EdgeState:
        node = first + box
        if not trace.known(node, frame.cursor):
            return "pending"
        return "normal" if trace.grad_at(node, frame.cursor) is None else "done"

    return Picture(
        plan.layout, Scene(face, _edges(now, first), edge), flow, _follow(session, now, first)
    )


def _beside(
    trace: Trace, node: int, updated: Mapping[int, Value], width: int, row: Line, ascii: bool
) -> Line:
    """The row of a value with an older one at its left, `v −12 → −12.9`: that of the pass before,
    or for an updated parameter the one it has in this pass."""
    label, mark, new, *rest = row
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
    return (label, mark, before, (spelled(after[0], ascii), after[1]), new, *rest)


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


def _edges(now: Active | None, first: int) -> tuple[ActiveEdge, ...]:
    if now is None:
        return ()
    flow: Flow = "forward" if now.direction == "forward" else "backward"
    return tuple(
        ActiveEdge(Edge(source - first, consumer - first, operand), flow)
        for source, consumer, operand in now.edges
    )


def _follow(session: Session, now: Active | None, first: int) -> tuple[int, ...]:
    """The boxes to keep in view, the most important last."""
    nodes = []
    if now is None:
        nodes.append(first)
    else:
        nodes += [consumer for _, consumer, _ in now.edges] + [now.node]
    if session.frame.focus is not None:
        nodes.append(session.frame.focus)
    return tuple([node - first for node in nodes])
