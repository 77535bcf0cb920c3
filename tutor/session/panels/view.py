"""What is seen of the graph, in rows: for those who do not look at pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tutor.debugger.view.report import view_report
from tutor.render.report import Report, Row
from tutor.session.panel import followed, show
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class ViewPanel:
    """The items of the picture: nodes, and groups that are folded."""

    kind: str = "view"

    def report(self, session: Session) -> Report:
        """One row for each item."""
        return view_report(session.trace, session.frame)

    def turned(self, session: Session, way: int) -> ViewPanel | None:
        """There is one picture."""
        return None

    def opened(self, session: Session, row: Row) -> Session:
        """Look at the node of a row."""
        return followed(session, row)


def ask(session: Session) -> Session:
    """Show the graph in rows, or the picture again."""
    if isinstance(session.panel, ViewPanel):
        return replace(session, panel=None)
    return show(session, ViewPanel())
