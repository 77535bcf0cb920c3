"""The picture of a session's graph: where its boxes stand, and what they show at a moment.

The passes of a trace are drawn on one layout as long as they take the same way through the
function, so boxes are known here by their number within a pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.trace import Trace
from tutor.debugger.frame import Active, active, phase
from tutor.debugger.state import same
from tutor.layout import Active as ActiveEdge
from tutor.layout import Box, Edge, Face, Layout, Scene, layout
from tutor.layout.scene import EdgeState, Flow, State
from tutor.render.box import column_width, content, size
from tutor.render.plain import Line, spelled
from tutor.render.values import column
from tutor.session.session import Session
from tutor.tui.widgets.canvas import Picture

BESIDE = 150
"""Up to how many nodes the value of the pass before stands beside the new one."""

_TO = " → "


@dataclass(frozen=True, slots=True)
class Drawing:
    """The layout of one pass, and what its boxes were measured for: the column of numbers, and
    whether there is room for the value of the pass before."""

    trace: Trace
    at: int
    layout: Layout
    width: int
    beside: bool

    def fits(self, trace: Trace, at: int) -> bool:
        """Whether pass number `at` of `trace` can be drawn on it, box for box."""
        if trace is self.trace and at == self.at:
            return True
        ours, theirs = self.trace.passes[self.at], trace.passes[at]
        return (
            ours.ops == theirs.ops
            and ours.operands == theirs.operands
            and ours.names == theirs.names
            and column_width(trace) <= self.width
            and (len(trace.passes) > 1) == (len(self.trace.passes) > 1)
        )


def drawing(trace: Trace, at: int) -> Drawing:
    """Lay out pass number `at`. Some 50 µs a node."""
    width = column_width(trace)
    first = trace.node_range(at).start
    beside = len(trace.passes) > 1 and len(trace.passes[at].ops) <= BESIDE
    boxes = []
    for node in trace.node_range(at):
        columns, rows = size(trace, node, width=width)
        if beside and not trace.nodes[node].shape:
            columns = max(columns, 2 * width + len(_TO) + 4)
        inputs = tuple([k - first for k in trace.nodes[node].inputs])
        boxes.append(Box(node - first, columns + 2, rows + 2, inputs))
    return Drawing(trace, at, layout(boxes), width, beside)


def picture(session: Session, plan: Drawing, *, ascii: bool = False) -> Picture:
    """What the canvas shows at the session's moment."""
    frame, trace = session.frame, session.trace
    at = trace.pass_at(frame.cursor)
    first = trace.node_range(at).start
    now = active(frame)
    lit = set() if now is None else {now.node}
    flow = phase(frame)

    def face(box: int) -> Face:
        node = first + box
        changed = at == 0 and node in session.changed
        shown = content(trace, node, frame.cursor, width=plan.width, changed=changed, ascii=ascii)
        state = _state(session, node, changed, node in lit)
        suffix = f".active.{flow}" if state == "active" else ""
        rows = shown.rows
        if at and plan.beside:
            rows = (_beside(trace, node, at, plan.width, rows[0], ascii), *rows[1:])
        if suffix or state == "pending":
            suffix = suffix or ".pending"
            rows = tuple([tuple([(text, role + suffix) for text, role in row]) for row in rows])
        return Face(shown.title, rows, state, node == frame.focus)

    def edge(box: int) -> EdgeState:
        node = first + box
        if not trace.known(node, frame.cursor):
            return "pending"
        return "normal" if trace.grad_at(node, frame.cursor) is None else "done"

    return Picture(
        plan.layout, Scene(face, _edges(now, first), edge), flow, _follow(session, now, first)
    )


def _beside(trace: Trace, node: int, at: int, width: int, row: Line, ascii: bool) -> Line:
    """The row of a value with that of the pass before at its left: `v −12 → −12.9`."""
    old = trace.counterpart(node, at - 1)
    if old is None or trace.nodes[node].shape:
        return row
    label, mark, new, *rest = row
    text, arrow = column(trace.value(old), width, ascii=ascii), spelled(_TO, ascii)
    if same(trace.value(old), trace.value(node)):
        text, arrow = " " * len(text), " " * len(arrow)
    return (label, mark, (text, "before"), (arrow, "label"), new, *rest)


def _state(session: Session, node: int, changed: bool, lit: bool) -> State:
    trace, cursor = session.trace, session.frame.cursor
    if lit:
        return "active"
    if not trace.known(node, cursor):
        return "pending"
    if changed:
        return "changed"
    return "normal" if trace.grad_at(node, cursor) is None else "done"


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
