"""Where a gradient comes from: its paths and cuts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from tutor.debugger import why as asked
from tutor.debugger.frame import focused
from tutor.debugger.why.report import report
from tutor.render.report import Report, Row
from tutor.session import carried, looking
from tutor.session.panel import Panel, followed, show
from tutor.session.refused import is_count
from tutor.session.session import Session

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WhyPanel(Panel):
    """The gradient of one node or entry, at one depth. depth: None for the cut that tells most.
    split: members of the cut that are shown entry by entry."""

    node: int
    index: Index | None = None
    depth: int | None = None
    split: frozenset[int] = frozenset()
    kind: ClassVar[str] = "why"

    def report(self, session: Session) -> Report:
        """The paths, the cut and what it adds up to."""
        return report(session.trace, self._why(session), cursor=session.frame.cursor)

    def turned(self, session: Session, way: int) -> WhyPanel | None:
        """An earlier cut is nearer to the output, a later one nearer to the node."""
        why = self._why(session)
        if why.cut is None:
            return None
        depth = why.cut.depth + way
        return replace(self, depth=depth, split=frozenset()) if depth in why.depths else None

    def opened(self, session: Session, row: Row) -> Session:
        """Split an array that carries part of it into its entries; else look at the node."""
        node = row.node
        if node is None or node in self.split or not session.trace.nodes[node].shape:
            return followed(session, row)
        return show(session, replace(self, split=self.split | {node}))

    def carried(self, before: Session, after: Session) -> WhyPanel | None:
        """The same node, where it is there; another graph has other cuts."""
        node = carried.node(before.frame, after.frame, self.node)
        if node is None or node == self.node:
            return None if node is None else self
        return WhyPanel(node, self.index)

    def _why(self, session: Session) -> asked.Why:
        return asked.why(session.trace, self.node, self.index, depth=self.depth, opened=self.split)


def ask(session: Session) -> Session:
    """Where does the gradient of the focused node come from?"""
    if isinstance(session.panel, WhyPanel) and session.panel.node == focused(session.frame):
        return replace(session, panel=None)
    return show(session, WhyPanel(focused(session.frame)))


def ask_of(session: Session, text: str) -> Session:
    """Where does the gradient of `W1` or of `W1[3, 7]` come from? `W1 at 2` chooses the cut."""
    name, at, depth = text.rpartition(" at ")
    if not at or not is_count(depth.strip()):
        name, depth = text, ""
    node, index = looking.cell_named(session.trace, name, looking.here(session))
    return show(session, WhyPanel(node, index, int(depth) if depth else None))
