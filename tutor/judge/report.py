"""The verdict on a derivation as a report: the lines with their marks, the slip under its spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.judge import hints
from tutor.judge.records import as_data
from tutor.judge.verdict import CounterExample, Judged, Verdict
from tutor.render.numbers import number as digits
from tutor.render.plain import spelled
from tutor.render.report import Report, Row
from tutor.render.sanitise import cell_width, sanitise
from tutor.render.values import inline

ROLES = {"=": "right", "≈": "right", "✗": "wrong", "~": "changed", "?": "wrong", " ": "quiet"}
"""How each mark of the gutter is coloured."""

WORDS = {
    "=": "proved",
    "≈": "equal at every point",
    "✗": "wrong",
    "~": "follows from the wrong line above",
    "?": "cannot be read",
}
"""What each mark says."""

ASCII_MARKS = {"≈": "+", "✗": "X"}
"""The marks where nothing but ASCII can be shown; `~` is another mark already."""

INDENT = 8
"""Cells before the text of a line: its mark and its number."""

_MOST_VALUES = 6
_MOST_CELLS = 120
"""How many values a counter-example tells, and in how many cells: it is read, not computed."""


def report(
    target: str,
    lines: Sequence[str],
    verdict: Verdict,
    proofs: Mapping[int, str] | None = None,
    *,
    ascii: bool = False,
) -> Report:
    """The lines with marks, what is said of them, and the same as sentences and data.

    ascii: the rows hold nothing but ASCII, each spot under what it marks.
    """
    proofs = proofs or {}
    known = {one.number: one for one in verdict.lines}
    rows: list[Row] = []
    for index, line in enumerate(lines):
        rows += line_rows(index, line, known.get(index), proofs.get(index), ascii)
    rows += [Row(()), *[Row(((f"   {one}", role),)) for one, role in told(target, verdict)]]
    sentences = [
        f"Line {one.number + 1}: {WORDS[_mark(one, proofs.get(one.number))]}."
        for one in verdict.lines
        if one.mark in WORDS
    ]
    sentences += [one for one, _ in told(target, verdict)]
    data: dict[str, Any] = as_data(verdict)
    data["target"] = target
    data["lines"] = [
        {
            "number": one.number,
            "text": lines[one.number],
            "mark": _mark(one, proofs.get(one.number)),
            "label": one.label,
            "span": None if one.span is None else list(one.span),
            "message": one.message,
        }
        for one in verdict.lines
    ]
    return Report("derivation", f"{target}", tuple(rows), tuple(sentences), data, verdict.kind)


def line_rows(
    index: int, line: str, judged: Judged | None, proof: str | None = None, ascii: bool = False
) -> list[Row]:
    """One line with its mark and number; a wrong one with its spot marked below."""
    mark = " " if judged is None else _mark(judged, proof)
    shown = ASCII_MARKS.get(mark, mark) if ascii else mark
    number = f"{index + 1:>3}  "
    span = judged.span if judged is not None and mark in ("✗", "?") else None
    start, end = span or (0, 0)
    parts = ((line[:start], "text"), (line[start:end], "wrong"), (line[end:], "text"))
    text = tuple((_clean(part, ascii), role) for part, role in parts if part)
    rows = [Row(((f"  {shown}", ROLES[mark]), (number, "quiet"), *text))]
    if span is not None:
        before = cell_width(_clean(line[:start], ascii))
        length = max(1, cell_width(_clean(line[start:end], ascii)))
        stroke = "^" if ascii else "‾"
        rows.append(Row(((" " * (INDENT + before), "text"), (stroke * length, "wrong"))))
    return rows


def _clean(text: str, ascii: bool) -> str:
    return spelled(sanitise(text), ascii)


def told(target: str, verdict: Verdict) -> list[tuple[str, str]]:
    """What is said below the lines, each sentence with its role."""
    if verdict.kind == "correct":
        return [(f"Every line is right, and {target or 'the end'} is reached.", "right")]
    said = [(verdict.message, "wrong" if verdict.kind != "incomplete" else "changed")]
    example = verdict.counter_example
    if example is not None:
        said.append((example_sentence(example), "text"))
    return said


def example_sentence(example: CounterExample, *, spoken: bool = False) -> str:
    """`At w = 0.7, x = 1.3: your line gives 0.292, the true value is 0.379.`"""
    equals = " " if spoken else " = "
    values = example.values
    shown = [
        f"{name}{equals}{digits(value)}"
        for name, value in values.items()
        if isinstance(value, (int, float))
    ]
    shown += [
        f"{name}{equals}{inline(np.asarray(value, dtype=float))}"
        for name, value in values.items()
        if isinstance(value, list)
    ]
    kept = shown[:_MOST_VALUES]
    while len(kept) > 1 and len(", ".join(kept)) > _MOST_CELLS:
        kept.pop()
    more = ", …" if len(kept) < len(shown) else ""
    at = f"At {', '.join(kept)}{more}: your" if kept else "Your"
    entry = f" in entry {list(example.entry)}" if example.entry else ""
    yours, truth = _said(example.yours), _said(example.truth)
    other = "what stands before it" if example.against == "before" else "the true value is"
    return f"{at} line gives {yours}{entry}, {other} {truth}."


def _said(value: float | None) -> str:
    return "no number" if value is None else digits(value)


def _mark(judged: Judged, proof: str | None) -> str:
    return "=" if proof == "proved" and judged.mark == "≈" else judged.mark


def hint_sentences(verdict: Verdict, lines: Sequence[str], count: int) -> list[str]:
    """The hints that were asked for, the first ones first."""
    found = [hints.hint(verdict, lines, step) for step in range(1, count + 1)]
    return [one for one in found if one]
