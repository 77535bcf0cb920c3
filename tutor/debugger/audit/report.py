"""The audit as a report: what is wrong first, then the warnings, then what was found in order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import wrap
from typing import Any

from tutor.debugger.audit.finding import Finding, Severity
from tutor.debugger.audit.naming import counted
from tutor.render.json_ import plain
from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise

WIDTH = 78
_ROLES: dict[Severity, str] = {
    "wrong": "wrong",
    "warning": "changed",
    "nothing": "right",
    "unjudged": "quiet",
}
_ORDER: tuple[Severity, ...] = ("wrong", "warning", "nothing", "unjudged")
_POWER = re.compile(r"10\^(−?[\d.]+)")


def report(findings: Iterable[Finding], *, title: str = "audit") -> Report:
    """The findings of `audit` as one report; a row opens the node and the event it speaks of.

    title: what was audited. `data["wrong"]` and `data["warnings"]` count the findings.
    """
    found = sorted(findings, key=lambda finding: _ORDER.index(finding.severity))
    grave = [f for f in found if f.severity in ("wrong", "warning")]
    rows = [row for finding in grave for row in _rows(finding)]
    rows += _summary(found, others=bool(grave))
    wrong = sum(f.severity == "wrong" for f in found)
    warnings = sum(f.severity == "warning" for f in found)
    return Report(
        "audit",
        sanitise(title),
        tuple(rows),
        (*[_sentence(f) for f in grave], *_summary_sentences(found, others=bool(grave))),
        {
            "wrong": wrong,
            "warnings": warnings,
            "findings": [_data(finding) for finding in found],
        },
        _aside(wrong, warnings),
    )


def _rows(finding: Finding) -> list[Row]:
    role = _ROLES[finding.severity]
    head = [
        Row(
            (((f"{finding.mark} ", role) if k == 0 else ("  ", "text")), (text, "strong")),
            finding.node,
            finding.event,
        )
        for k, text in enumerate(_lines(finding.text, WIDTH - 2))
    ]
    tail = [
        Row(((f"    {text}", "text"),), finding.node, finding.event)
        for text in _lines(finding.remedy and f"try: {finding.remedy}", WIDTH - 4)
    ]
    return head + [part for row in finding.rows for part in _wrapped(row)] + tail


def _wrapped(row: Row) -> list[Row]:
    """A row of one run in as many rows as it takes; every other row as it is."""
    if len(row.line) > 1 or len(row.text) <= WIDTH:
        return [row]
    role = row.line[0][1]
    texts = _lines(row.text.strip(), WIDTH - 6)
    return [
        Row(((f"{'      ' if k else '    '}{text}", role),), row.node, row.event)
        for k, text in enumerate(texts)
    ]


def _summary(found: list[Finding], others: bool) -> list[Row]:
    rows = []
    good = [f for f in found if f.severity == "nothing"]
    if good:
        rows.append(Row((("✓ ", "right"), (_nothing_text(good, others), "text"))))
        if not others:
            rows += [Row(((f"    {f.check}: {f.text}", "quiet"),)) for f in good]
    rows += [
        Row((("— ", "quiet"), (f"{f.check}: {f.text}", "quiet")))
        for f in found
        if f.severity == "unjudged"
    ]
    return rows


def _nothing_text(good: list[Finding], others: bool) -> str:
    return f"{counted(len(good), 'other check' if others else 'check')} found nothing"


def _summary_sentences(found: list[Finding], others: bool) -> list[str]:
    good = [f for f in found if f.severity == "nothing"]
    sentences = [f"{_nothing_text(good, others).capitalize()}."] if good else []
    skipped = [f for f in found if f.severity == "unjudged"]
    return sentences + [f"Not judged, {f.check}: {f.text}." for f in skipped]


def _sentence(finding: Finding) -> str:
    word = "Wrong" if finding.severity == "wrong" else "Warning"
    text = _POWER.sub(r"10 to the \1", " ".join(finding.text.split()).replace("′", "'s slope"))
    remedy = f" Try this: {finding.remedy}." if finding.remedy else ""
    return f"{word}: {text}.{remedy}"


def _aside(wrong: int, warnings: int) -> str:
    parts = [f"{wrong} wrong"] if wrong else []
    parts += [counted(warnings, "warning")] if warnings else []
    return ", ".join(parts) or "nothing found"


def _data(finding: Finding) -> dict[str, Any]:
    place = finding.location
    return {
        "check": finding.check,
        "severity": finding.severity,
        "text": " ".join(finding.text.split()),
        "remedy": finding.remedy or None,
        "node": finding.node,
        "cell": None if finding.cell is None else list(finding.cell),
        "event": finding.event,
        "location": None
        if place is None or place.file is None
        else {"file": place.file, "line": place.line},
        "data": {key: _plain(value) for key, value in finding.data.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return plain(value) if isinstance(value, float) else value


def _lines(text: str, width: int) -> list[str]:
    return wrap(text, width, break_long_words=False, break_on_hyphens=False)
