"""The sentence of the status line: what a change of the lines led to, as line mode says it."""

from __future__ import annotations

from tutor.judge.report import told
from tutor.judge.verdict import Judged
from tutor.session.deriving.derivation import Derivation

_FOUND = {
    "=": "is right, and proved",
    "≈": "is right at every point",
    "~": "follows from the wrong line above",
    "?": "cannot be read",
}


def heard(before: Derivation, after: Derivation) -> list[str]:
    """What is to be said after a change, sentence by sentence."""
    said = [after.told] if after.told else []
    verdict = after.verdict
    if verdict is None or verdict is before.verdict:
        return said or [line_told(after)]
    old = dict(enumerate(before.lines))
    fresh = [
        one
        for one in verdict.lines
        if old.get(one.number) != after.lines[one.number] or before.judged(one.number) != one
    ]
    if verdict.kind == "reject":
        return [verdict.message]
    # Of the first wrong line the message says more.
    said += [found(one) for one in fresh if one.mark in _FOUND and one.mark != "✗"]
    if verdict.kind != "incomplete" or not fresh:
        said += [sentence for sentence, _ in told(after.target, verdict)]
    return said or ["Nothing changed."]


def line_told(derivation: Derivation) -> str:
    """The line that is being written."""
    text = derivation.text
    return f"Line {derivation.at + 1}{f': {text}' if text else ' is new'}."


def found(one: Judged) -> str:
    """`Line 3 is right at every point.`"""
    return f"Line {one.number + 1} {_FOUND[one.mark]}."
