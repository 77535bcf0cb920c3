"""Marks: letters for moments that one wants to come back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from tutor.debugger import moving
from tutor.session.refused import Refused
from tutor.session.session import Session

BEFORE = "'"
"""The mark that every jump to a mark leaves behind: twice `'` goes there and back."""


def mark(session: Session, text: str) -> Session:
    """Give this moment a letter."""
    letter = _letter(text)
    marks = MappingProxyType({**session.notes.marks, letter: session.frame.cursor})
    notes = replace(session.notes, marks=marks)
    return replace(session, notes=notes, told=f"Mark {letter} is here, at {_place(session)}.")


def to_mark(session: Session, text: str) -> Session:
    """Go to the moment of a letter."""
    letter = BEFORE if text.strip() == BEFORE else _letter(text)
    marks = session.notes.marks
    if letter not in marks:
        known = ", ".join(letters(session, "")) or "none yet"
        raise Refused(f"there is no mark {letter}", 0, len(text), f"the marks are: {known}")
    cursor = min(marks[letter], len(session.trace.events))
    left = MappingProxyType({**marks, BEFORE: session.frame.cursor})
    frame = moving.jump(session.frame, cursor)
    return replace(session, notes=replace(session.notes, marks=left), frame=frame)


def letters(session: Session, text: str) -> Sequence[str]:
    """The letters that are in use."""
    return sorted(one for one in session.notes.marks if one != BEFORE and one.startswith(text))


def _letter(text: str) -> str:
    letter = text.strip()
    if len(letter) != 1 or not letter.isascii() or not letter.isalnum():
        raise Refused("a mark is one letter or digit", 0, len(text))
    return letter


def _place(session: Session) -> str:
    cursor = session.frame.cursor
    return f"event {cursor}" if cursor else "the start"
