"""What is seen of the graph, in rows: for those who do not look at pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from tutor.debugger.view.report import view_report
from tutor.render.report import Report
from tutor.session.panel import Panel, show
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class ViewPanel(Panel):
    """The items of the picture: nodes, and groups that are folded."""

    kind: ClassVar[str] = "view"

    def report(self, session: Session) -> Report:
        """One row for each item."""
        return view_report(session.trace, session.frame)


def ask(session: Session) -> Session:
    """Show the graph in rows, or the picture again."""
    if isinstance(session.panel, ViewPanel):
        return replace(session, panel=None)
    return show(session, ViewPanel())
