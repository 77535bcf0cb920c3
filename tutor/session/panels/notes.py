"""What is noted: breakpoints, watches and marks in one list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from tutor.debugger.stops.report import stops_report
from tutor.debugger.watches.report import watches_report
from tutor.render.report import Report, Row
from tutor.render.sentences import sentence
from tutor.session.marking import BEFORE
from tutor.session.panel import Panel, show
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class NotesPanel(Panel):
    """Watches first, for they change from event to event. A row leads to its event."""

    kind: ClassVar[str] = "notes"

    def report(self, session: Session) -> Report:
        """Watches, breakpoints and marks at the session's moment."""
        notes, trace, cursor = session.notes, session.trace, session.frame.cursor
        watches = watches_report(trace, notes.watches, cursor)
        stops = stops_report(trace, notes.stops, cursor)
        marks = [_mark(session, letter, at) for letter, at in sorted(notes.marks.items())]
        rows = (
            Row((("Watches", "title"),)),
            *watches.rows,
            Row(()),
            Row((("Breakpoints", "title"),)),
            *stops.rows,
            *((Row(()), Row((("Marks", "title"),)), *marks) if marks else ()),
        )
        told = [f"{_of(letter)} at event {at}." for letter, at in sorted(notes.marks.items())]
        data = {**watches.data, **stops.data, "marks": dict(notes.marks)}
        sentences = (*watches.sentences, *stops.sentences, *told)
        aside = f"event {cursor} of {len(trace.events)}"
        return Report("notes", "watches, breakpoints, marks", rows, sentences, data, aside)


def ask(session: Session) -> Session:
    """Show what is noted, or the graph again."""
    if isinstance(session.panel, NotesPanel):
        return replace(session, panel=None)
    return show(session, NotesPanel())


def _of(letter: str) -> str:
    return "Before the last jump you were" if letter == BEFORE else f"Mark {letter} is"


def _mark(session: Session, letter: str, at: int) -> Row:
    told = "the start" if at == 0 else ""
    if 0 < at <= len(session.trace.events):
        told = sentence(session.trace, at - 1)
    return Row(((f"  {letter}  ", "strong"), (told, "text")), event=at - 1 if at else None)
