"""The three hints on a wrong line: where to look, what kind of slip it is, and the same slip in a
tiny example of somebody else's."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.judge.messages import SLIP_WORDS
from tutor.judge.twins import TWINS
from tutor.judge.verdict import Verdict
from tutor.language.errors import shortened

COUNT = 3


def hint(verdict: Verdict, lines: Sequence[str], step: int) -> str:
    """The hint of that number, from 1 to 3; empty where the verdict needs none."""
    if verdict.kind not in ("wrong", "incomplete") or not 1 <= step <= COUNT:
        return ""
    label = verdict.label or "unknown"
    if step == 1:
        return _where(verdict, lines)
    if step == 2:
        return SLIP_WORDS.get(label, SLIP_WORDS["unknown"]).kind
    return _smaller(label)


def piece(verdict: Verdict, lines: Sequence[str]) -> str:
    """The part of the first wrong line that the slip lies in, safe to print; empty where it is the
    whole line or nothing is known of it."""
    at, span = verdict.first_wrong, verdict.span
    if at is None or span is None or not 0 <= at < len(lines):
        return ""
    line = lines[at]
    part = line[slice(*span)].strip()
    return "" if part in ("", line.strip()) else shortened(part, 60)


def _where(verdict: Verdict, lines: Sequence[str]) -> str:
    if verdict.kind == "incomplete":
        return (
            "Every line so far is true. Look at the derivatives that are left on the right, and at "
            "what is asked for."
        )
    at = verdict.first_wrong
    number = 1 if at is None else at + 1
    part = piece(verdict, lines)
    above = {1: "", 2: "The line above is right. "}.get(number, "The lines above are right. ")
    look = f"Look at {part}" if part else "Look at the whole right side"
    return f"Line {number} is the first that does not hold. {above}{look}."


def _smaller(label: str) -> str:
    twin = TWINS.get(label)
    if twin is None:
        return (
            "Put small whole numbers in for the names, work both sides out by hand, and see from "
            "which factor on they differ."
        )
    forward = "; ".join(twin.forward)
    if label in ("unresolved", "circular"):
        return f"In a smaller one, {forward}: {twin.wrong} is true. What leads on: {twin.right}"
    return (
        f"The same slip in a smaller one, {forward}: somebody writes {twin.target} = {twin.wrong} "
        f"where it is {twin.right}"
        if "=" not in twin.wrong
        else f"The same slip in a smaller one, {forward}: somebody writes {twin.wrong} where it is "
        f"{twin.right}"
    )
