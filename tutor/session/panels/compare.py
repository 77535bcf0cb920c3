"""Two runs, or two moments of one, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from engine.document import SUFFIX, load
from tutor.debugger.compare import Side, compare, report
from tutor.render.report import Report
from tutor.session.files import path_of
from tutor.session.notes import Pinned
from tutor.session.panel import Panel, show
from tutor.session.refused import Refused
from tutor.session.session import Session

Order = Literal["largest", "graph"]


@dataclass(frozen=True, slots=True)
class ComparePanel(Panel):
    """Old against new. What is old: the pinned moment, else the run before the last edit, else the
    pass before. `<` and `>` change between the largest difference first and the order of the
    graph."""

    order: Order = "largest"
    kind: ClassVar[str] = "compare"

    def report(self, session: Session) -> Report:
        """The nodes that differ, their values and gradients."""
        old, new = sides(session)
        return report(compare(old, new), order=self.order)

    def turned(self, session: Session, way: int) -> ComparePanel | None:
        """The other order."""
        return replace(self, order="graph" if self.order == "largest" else "largest")


def sides(session: Session) -> tuple[Side, Side]:
    """What is compared. Raises Refused where there is one run of one pass and nothing pinned."""
    trace, cursor = session.trace, session.frame.cursor
    pinned = session.notes.pinned
    if pinned is not None:
        same = pinned.trace is trace
        old = Side(pinned.trace, None, pinned.cursor if same else None, pinned.label)
        return old, Side(trace, None, cursor if same else None, "now")
    before = session.past[-1] if session.past else None
    # A step of descent keeps the inputs of the first pass; what gives others is an edit.
    if before is not None and before.inputs is not session.inputs:
        at = before.trace.pass_at(before.cursor)
        return Side(before.trace, at, None, "before"), Side(trace, 0, None, "now")
    if len(trace.passes) > 1:
        at = max(1, trace.pass_at(cursor))
        return (
            Side(trace, at - 1, None, f"pass {at}"),
            Side(trace, at, None, f"pass {at + 1}"),
        )
    raise Refused("there is nothing to compare with", hint="pin a moment, edit, or take a step")


def ask(session: Session) -> Session:
    """Compare this run with the one before, or with what was pinned."""
    if isinstance(session.panel, ComparePanel):
        return replace(session, panel=None)
    sides(session)
    return show(session, ComparePanel())


def ask_with(session: Session, text: str) -> Session:
    """Compare this run with a trace that was saved."""
    path = path_of(text)
    if path.suffix != SUFFIX:
        raise Refused(f"expected a trace, a file that ends in {SUFFIX}", 0, len(text))
    other = load(path).trace
    pinned = Pinned(other, len(other.events), path.name)
    notes = replace(session.notes, pinned=pinned)
    return show(replace(session, notes=notes), ComparePanel())


def pin(session: Session) -> Session:
    """Pin this moment, to compare later ones with it; again at the same moment, let go of it."""
    old = session.notes.pinned
    if old is not None and old.trace is session.trace and old.cursor == session.frame.cursor:
        notes = replace(session.notes, pinned=None)
        return replace(session, notes=notes, told="Nothing is pinned any more.")
    cursor = session.frame.cursor
    pinned = Pinned(session.trace, cursor, f"event {cursor}")
    notes = replace(session.notes, pinned=pinned)
    return replace(session, notes=notes, told="This moment is pinned; compare shows what differs.")
