"""What is wrong with the numbers and gradients of a run, and what to try."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from tutor.debugger.audit import audit, report
from tutor.render.report import Report
from tutor.session.panel import Panel, show
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class AuditPanel(Panel):
    """The findings, the gravest first. A row leads to the node and event it speaks of."""

    kind: ClassVar[str] = "audit"

    def report(self, session: Session) -> Report:
        """The findings about the pass that is looked at."""
        at = session.trace.pass_at(session.frame.cursor)
        return report(audit(session.trace, at), title=f"audit of {session.text}")


def ask(session: Session) -> Session:
    """Audit the run."""
    if isinstance(session.panel, AuditPanel):
        return replace(session, panel=None)
    return show(session, AuditPanel())
