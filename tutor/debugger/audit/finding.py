"""Finding: what one check of the audit has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.source import Location
from tutor.render.report import Row

Severity = Literal["wrong", "warning", "nothing", "unjudged"]

MARKS: dict[Severity, str] = {"wrong": "✗", "warning": "!", "nothing": "✓", "unjudged": "—"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an audit.

    check: which check it comes from. severity: "wrong" (no gradient, or a false one), "warning"
    (it works, but not for long), "nothing" (the check found nothing) or "unjudged" (there were no
    finite numbers to judge by). text: what was found, in one line. remedy: what to try; may be
    empty. rows: further lines that show it. node, event: where it is, by ids of the trace; cell:
    the entry of the node's value; location: the line of the program. data: the numbers, for JSON.
    """

    check: str
    severity: Severity
    text: str
    remedy: str = ""
    rows: tuple[Row, ...] = ()
    node: int | None = None
    cell: tuple[int, ...] | None = None
    event: int | None = None
    location: Location | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """`✗`, `!`, `✓` or `—`."""
        return MARKS[self.severity]


def nothing(check: str, text: str, **data: Any) -> list[Finding]:
    """The one finding of a check that found nothing."""
    return [Finding(check, "nothing", text, data=data)]


def unjudged(check: str, text: str) -> list[Finding]:
    """The one finding of a check that had nothing to judge by."""
    return [Finding(check, "unjudged", text)]
