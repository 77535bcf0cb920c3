"""The text that a trace was made from, with the line of what has just happened in the light."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from engine.source import Location
from tutor.debugger.frame import active, focused
from tutor.render.plain import Run
from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise
from tutor.session.panel import Panel
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class SourcePanel(Panel):
    """The source, followed by the cursor. A row leads to the node that was made last in it."""

    kind: ClassVar[str] = "source"

    def report(self, session: Session) -> Report:
        """The lines, the active one marked."""
        source = session.origin.source
        if source is None:
            told = "the text that this trace was made from is not known"
            return Report(
                "source", "source", (Row(((told, "quiet"),)),), (f"{told.capitalize()}.",)
            )
        lines = source.text.splitlines() or [""]
        trace = session.trace
        p = trace.passes[trace.pass_at(session.frame.cursor)]
        first = trace.node_range(p.index).start
        place = place_of(session)
        here = None if place is None else place.line
        now = active(session.frame)
        flow = "forward" if now is None or now.direction == "forward" else "backward"
        sign = "▶" if flow == "forward" else "◀"
        width = len(str(len(lines)))
        rows = []
        for number, text in enumerate(lines, 1):
            lit = number == here
            runs: list[Run] = [
                (f"{number:>{width}} ", "faint"),
                (f"{sign} " if lit else "  ", flow),
                (sanitise(text.expandtabs(4)), f"{flow}.strong" if lit else "text"),
            ]
            made = p.last_of_line.get(number)
            rows.append(Row(tuple(runs), None if made is None else first + made))
        return Report(
            "source",
            f"source of {sanitise(PurePath(source.name).name)}",
            tuple(rows),
            (_sentence(session, lines, here),),
            {"name": source.name, "line": here, "text": source.text},
            aside=f"line {here} of {len(lines)}" if here else f"{len(lines)} lines",
            at=(here or 1) - 1,
        )


def place_of(session: Session) -> Location | None:
    """Where the focused node was made; of an input or constant, where its first user was."""
    node = focused(session.frame)
    place = session.trace.nodes[node].location
    for user in session.trace.consumers(node) if place is None else ():
        place = session.trace.nodes[user].location
        if place is not None:
            break
    return place


def _sentence(session: Session, lines: list[str], here: int | None) -> str:
    if here is None or here > len(lines):
        return f"The source has {len(lines)} lines; this node was made in none of them."
    return f"Line {here}: {lines[here - 1].strip()}"
