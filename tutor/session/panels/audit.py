"""What is wrong with the numbers and gradients of a run, and what to try."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tutor.debugger.audit import audit, report
from tutor.render.report import Report, Row
from tutor.session.panel import followed, show
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class AuditPanel:
    """The findings, the gravest first. A row leads to the node and event it speaks of."""

    kind: str = "audit"

    def report(self, session: Session) -> Report:
        """The findings about the pass that is looked at."""
        at = session.trace.pass_at(session.frame.cursor)
        return report(audit(session.trace, at), title=f"audit of {session.text}")

    def turned(self, session: Session, way: int) -> AuditPanel | None:
        """There is one audit."""
        return None

    def opened(self, session: Session, row: Row) -> Session:
        """Go to what a finding speaks of."""
        return followed(session, row)


def ask(session: Session) -> Session:
    """Audit the run."""
    if isinstance(session.panel, AuditPanel):
        return replace(session, panel=None)
    return show(session, AuditPanel())
