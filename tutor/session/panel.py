"""Panel: a question that is open above the graph, and what can be done with its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

from engine.errors import EngineError
from tutor.debugger import moving
from tutor.debugger.errors import DebuggerError
from tutor.layout.layout import Direction
from tutor.render.report import Report, Row
from tutor.session.refused import Refused
from tutor.session.session import Session, at


class Panel(ABC):
    """A question about a session. Immutable; its answer is made anew for every moment. kind: that
    of its report, such as "why"."""

    __slots__ = ()
    kind: ClassVar[str]

    @abstractmethod
    def report(self, session: Session) -> Report:
        """The answer at the session's moment."""

    def turned(self, session: Session, way: int) -> Panel | None:
        """The neighbouring question (an earlier cut, another cell); None where there is none."""
        return None

    def moved(self, session: Session, way: Direction) -> Panel | None:
        """The question beside this one; None where the arrows walk along the graph."""
        return None

    def opened(self, session: Session, row: Row) -> Session:
        """What happens when a row is opened: go to its event, look at its node."""
        return followed(session, row)

    def carried(self, before: Session, after: Session) -> Panel | None:
        """The same question about another trace; None where it can not be asked there."""
        return self

    @property
    def pending(self) -> bool:
        """Whether more of the answer, which is worked out elsewhere, is to come."""
        return False

    def settle(self) -> None:  # noqa: B027 — most have nothing to wait for
        """Wait for what is to come."""


def answer(session: Session, panel: Panel) -> Report:
    """The answer to an open question at the session's moment. Raises Refused where it has none
    here: for an entry that an edit took away, or an op that this program lacks."""
    try:
        return panel.report(session)
    except (EngineError, DebuggerError) as error:
        raise Refused(str(error)) from error


def shown(session: Session, panel: Panel) -> Report:
    """The answer to an open question, or why it has none at this moment."""
    try:
        return answer(session, panel)
    except Refused as refusal:
        rows = tuple([Row(((text, "quiet"),)) for text in (refusal.message, refusal.hint) if text])
        data = {"error": refusal.message, "hint": refusal.hint}
        return Report(panel.kind, panel.kind, rows, (str(refusal),), data)


def settled(panel: Panel) -> Panel:
    """The panel when all of its answer is there."""
    panel.settle()
    return panel


def followed(session: Session, row: Row) -> Session:
    """Go to the event of a row, or look at its node."""
    if row.event is not None:
        return at(session, moving.jump_to_event(session.frame, row.event))
    if row.node is not None:
        return at(session, moving.focus(session.frame, row.node))
    return session


def show(session: Session, panel: Panel) -> Session:
    """Open a panel."""
    return replace(session, panel=panel)


def close(session: Session) -> Session:
    """Close the panel that is open."""
    return session if session.panel is None else replace(session, panel=None)
