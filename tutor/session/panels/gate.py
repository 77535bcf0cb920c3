"""A gate of one's own: several nodes as one op, with its local derivative by three routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from engine.errors import EngineError
from tutor.debugger import gates
from tutor.debugger.errors import DebuggerError
from tutor.debugger.gates import Deriving, Examination, Gate
from tutor.debugger.gates import Refused as NotDerived
from tutor.debugger.view.zoom import Fold
from tutor.render.report import Report
from tutor.session.panel import Panel, show
from tutor.session.refused import Refused
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class GatePanel(Panel):
    """job: the child process that finds the formulas and the proof; they are shown when they are
    there."""

    gate: Gate
    seen: Examination
    job: Deriving | NotDerived = field(compare=False)
    kind: ClassVar[str] = "gate"

    @property
    def pending(self) -> bool:
        """Whether more is to come."""
        return self.job.poll().answer is None

    def settle(self) -> None:
        """Wait for what is to come."""
        self.job.wait()

    def report(self, session: Session) -> Report:
        """What the gate computes, passes on, and how far that was checked."""
        derived = self.job.poll()
        return gates.gate_report(session.trace, self.gate, session.frame.cursor, derived, self.seen)

    def carried(self, before: Session, after: Session) -> Panel | None:
        """The gate of the same name; its numbers are others now."""
        self.job.stop()
        fold = next((one for one in after.frame.zoom.folds if one.name == self.gate.name), None)
        try:
            return None if fold is None else open_gate(after, fold).panel
        except (DebuggerError, EngineError):
            return None


def open_gate(session: Session, fold: Fold) -> Session:
    """Open the panel of a gate of one's own."""
    p = session.trace.passes[session.trace.pass_at(session.frame.cursor)]
    made = gates.gate(p, fold.nodes, fold.name)
    seen = gates.examine(p, made)
    return show(session, GatePanel(made, seen, gates.start(p, made, seen.known)))


def ask_of(session: Session, text: str) -> Session:
    """Open the gate of this name."""
    folds = {fold.name: fold for fold in session.frame.zoom.folds}
    if text.strip() not in folds:
        known = ", ".join(folds) or "none yet"
        raise Refused(f"there is no gate {text.strip()}", 0, len(text), f"there is {known}")
    return open_gate(session, folds[text.strip()])
