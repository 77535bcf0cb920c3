"""What a function printed while it was traced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise
from tutor.session.panel import Panel, show
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class PrintedPanel(Panel):
    """The lines as they came."""

    kind: ClassVar[str] = "printed"

    def report(self, session: Session) -> Report:
        """What the last run printed."""
        lines = [sanitise(line.expandtabs(4)) for line in session.printed.splitlines()]
        rows = tuple([Row(((line, "text"),)) for line in lines])
        aside = f"{len(lines)} line{'s' if len(lines) != 1 else ''}"
        title = f"printed by {session.text}"
        return Report("printed", title, rows, tuple(lines), {"printed": session.printed}, aside)


def ask(session: Session) -> Session:
    """Show what was printed, or hide it again."""
    if isinstance(session.panel, PrintedPanel):
        return replace(session, panel=None)
    return show(session, PrintedPanel())
