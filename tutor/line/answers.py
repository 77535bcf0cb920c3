"""What is said after a command: short sentences, formulas in words."""

from __future__ import annotations

from typing import Any

from tutor.debugger.frame import focused
from tutor.render.inspector import inspection
from tutor.render.json_ import event_data
from tutor.render.plain import text_of, to_ascii
from tutor.render.report import Report
from tutor.render.sentences import graph_sentence, in_words, sentence
from tutor.session import panel as panels
from tutor.session import predicting
from tutor.session.panel import settled
from tutor.session.session import Session
from tutor.session.told import MARKED


def beginning(session: Session) -> list[str]:
    """What is said before the first command."""
    return [graph_sentence(session.trace, spoken=True)]


def report_of(before: Session, after: Session) -> Report | None:
    """The answer to the question that is open, where it has something new to say."""
    if after.panel is None or not asked_anew(before, after):
        return None
    return panels.answer(after, settled(after.panel))


def answer(before: Session, after: Session, report: Report | None) -> list[str]:
    """What a command did, most of all what it was asked for. report: as of `report_of`."""
    said = [in_words(after.told.replace(MARKED, ""))] if after.told else []
    if after.prediction is not None and after.prediction is not before.prediction:
        return [*said, *_asked(before, after)]
    if report is not None:
        # A program is read as it is written.
        verbatim = report.kind == "source"
        return [*said, *(report.sentences if verbatim else map(in_words, report.sentences))]
    if after.frame.cursor != before.frame.cursor or after.trace is not before.trace:
        return [*said, moment(after)]
    if after.panel is None and before.panel is not None:
        return said or ["Closed."]
    if after.frame.focus != before.frame.focus and not said:
        return [node_told(after, focused(after.frame))]
    return said or ["Nothing changed."]


def _asked(before: Session, after: Session) -> list[str]:
    """The question with what is known of it; of one that was asked already, only what is new."""
    asked = predicting.report(after).sentences
    old, new = before.prediction, after.prediction
    if old is None or new is None or old.question is not new.question:
        return list(asked)
    heard = predicting.report(before).sentences
    return [one for one in asked if one not in heard] or list(asked[-1:])


def asked_anew(before: Session, after: Session) -> bool:
    """Whether the panel that is open has something new to say."""
    return after.panel is not before.panel or after.trace is not before.trace


def moment(session: Session) -> str:
    """What has just happened."""
    if session.frame.cursor == 0:
        return "The start. Nothing has happened yet."
    return sentence(session.trace, session.frame.cursor - 1, spoken=True)


def node_told(session: Session, node: int) -> str:
    """A node: what it is, its value and its gradient at this moment."""
    about = inspection(session.trace, node, session.frame.cursor)
    facts = [f"{label} {text_of(line).strip()}" for label, line in about.rows[:3]]
    return in_words(f"{about.title}: {'; '.join(facts)}.")


def data(after: Session, command: str, said: list[str], report: Report | None) -> dict[str, Any]:
    """The same as one JSON object."""
    cursor = after.frame.cursor
    document: dict[str, Any] = {
        "format": 1,
        "command": command,
        "cursor": cursor,
        "events": len(after.trace.events),
        "event": event_data(after.trace, cursor - 1) if cursor else None,
        "said": said,
    }
    if after.prediction is not None:
        document["report"] = predicting.report(after).document()
    if report is not None:
        document["report"] = report.document()
    return document


def plain(text: str, ascii: bool) -> str:
    """A line as the terminal can show it."""
    return to_ascii(text) if ascii else text
