"""What was found about a file as rows, sentences and data: one row an array.

check of my_backward.py: batch                                      3 of 5 right
  ✓ dyh  (n,)
  ✗ dW   (d, m)  right before summing over the batch
         dW[1, 2]: yours 0.3, by differences 0.6
"""

from __future__ import annotations

import math
import re
from collections import Counter
from textwrap import wrap
from typing import Any

from tutor.judge.code.judging import Cell, Checked, Found, Status
from tutor.render.json_ import plain
from tutor.render.numbers import apart, number
from tutor.render.report import Report, Row
from tutor.render.sanitise import cell_width, sanitise

WIDTH = 78
_ASCII_MARKS = {"✓": "ok", "✗": "wrong"}
_ROLES = {"✓": "right", "✗": "wrong", "~": "changed", "?": "quiet"}
_WORDS: dict[Status, str] = {
    "right": "right",
    "wrong": "wrong",
    "follows": "following from another",
    "shape": "of another shape",
    "dtype": "of another dtype",
    "empty": "not filled in yet",
    "missing": "missing",
    "strange": "no array",
}


def report(checked: Checked, file: str, exercise: str, *, ascii: bool = False) -> Report:
    """The report of kind "check". file, exercise: their names, as they are shown. ascii: the marks
    are words of ASCII, and stand apart as far."""
    rows = [*_failure_rows(checked), *_changed_rows(checked)]
    names = max(cell_width(found.name) for found in checked.arrays)
    shapes = max(cell_width(found.wanted) for found in checked.arrays)
    for found in checked.arrays:
        rows += _rows(found, names, shapes, ascii)
    last = summary(checked)
    rows += [Row(()), *[Row(((text, "strong"),)) for text in _wrapped(last, WIDTH)]]
    sentences = [*_failure_sentences(checked), *_changed_sentences(checked)]
    sentences += [sentence for found in checked.arrays for sentence in _sentences(found)]
    right = sum(found.status == "right" for found in checked.arrays)
    return Report(
        "check",
        f"check of {sanitise(file)}: {sanitise(exercise)}",
        tuple(rows),
        (*sentences, last),
        data(checked, file, exercise),
        f"{right} of {len(checked.arrays)} right",
    )


def summary(checked: Checked) -> str:
    """How many are right, and where to look first."""
    counts = Counter(found.status for found in checked.arrays)
    if checked.right:
        every = counts["right"]
        return "It is right." if every == 1 else f"All {every} gradients are right."
    if counts["right"] == len(checked.arrays):
        return "What there is is right, but the file did not come to its end."
    told = ", ".join(f"{counts[kind]} {words}" for kind, words in _WORDS.items() if counts[kind])
    grave = [found for found in checked.arrays if found.status not in ("right", "follows", "empty")]
    first = grave or [found for found in checked.arrays if found.status != "right"]
    if checked.failed is not None and not any(f.status in ("wrong", "shape") for f in grave):
        return f"{told}."
    verb = "Look at" if first[0].status != "empty" else "Go on with"
    return f"{told}. {verb} {first[0].name} first."


def data(checked: Checked, file: str, exercise: str) -> dict[str, Any]:
    """The same for `json.dumps`."""
    failed = checked.failed
    return {
        "file": file,
        "exercise": exercise,
        "title": checked.task.exercise.title,
        "right": checked.right,
        "arrays": [_array(found) for found in checked.arrays],
        "error": None
        if failed is None
        else {"kind": failed.kind, "message": failed.message, "line": failed.line},
        "changed": list(checked.changed),
        "printed": checked.printed,
        "seed": checked.seed,
        "summary": summary(checked),
    }


def _array(found: Found) -> dict[str, Any]:
    cell = found.cell
    return {
        "name": found.name,
        "by": found.by,
        "mark": found.mark,
        "status": found.status,
        "label": found.label,
        "message": found.message,
        "shape": None if found.shape is None else list(found.shape),
        "wanted": found.wanted,
        "dtype": found.dtype,
        "follows": found.follows,
        "cell": None
        if cell is None
        else {
            "index": list(cell.index),
            "yours": _finite(cell.yours),
            "other": _finite(cell.other),
            "given": cell.given,
            "inputs": {name: plain(value) for name, value in cell.inputs.items()},
        },
    }


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _rows(found: Found, names: int, shapes: int, ascii: bool) -> list[Row]:
    name = found.name + " " * (names - cell_width(found.name))
    shape = found.wanted + " " * (shapes - cell_width(found.wanted))
    told = found.message.removeprefix(f"{found.name} ")
    label = f" ({found.label})" if found.label and found.label != "unknown" else ""
    mark = f"{_ASCII_MARKS.get(found.mark, found.mark):<5}" if ascii else found.mark
    indent = 3 + len(mark) + names + 2 + shapes + 2
    if indent > WIDTH // 2:
        indent = 8
    lines = _wrapped(f"{told}{label}", WIDTH - indent) if told else []
    role = _ROLES[found.mark]
    first = ((f"  {mark} ", role), (name, "strong"), (f"  {shape}", "quiet"))
    beside = bool(lines) and indent > 8
    rows = [Row((*first, (f"  {lines[0]}", "text")) if beside else first)]
    rows += [Row(((" " * indent + line, "text"),)) for line in lines[beside:]]
    if found.cell is not None:
        rows.append(Row(((" " * indent + cell_text(found.name, found.cell), "changed"),)))
    return rows


def cell_text(name: str, cell: Cell) -> str:
    """`dW[1, 2]: yours 0.3, by differences 0.6`."""
    place = f"[{', '.join(map(str, cell.index))}]" if cell.index else ""
    yours, other = _pair(cell.yours, cell.other)
    whence = "by differences" if cell.given is None else f"from your {cell.given}"
    return f"{name}{place}: yours {yours}, {whence} {other}"


def _pair(yours: float, other: float) -> tuple[str, str]:
    if math.isfinite(yours) and math.isfinite(other):
        return apart(yours, other)
    return number(yours), number(other)


def _failure_rows(checked: Checked) -> list[Row]:
    failed = checked.failed
    if failed is None:
        return []
    rows = [
        Row(((f"{'    ' if k else '  ! '}{text}", "wrong"),))
        for k, text in enumerate(_wrapped(_failure(checked), WIDTH - 4))
    ]
    if failed.source_line is not None:
        rows.append(Row(((f"      {sanitise(failed.source_line.strip())[: WIDTH - 6]}", "text"),)))
    return rows


def _failure(checked: Checked) -> str:
    failed = checked.failed
    if failed is None:
        return ""
    place = f"line {failed.line}: " if failed.line is not None else "your file: "
    return sanitise(f"{place}{failed.message}{_unfilled(checked)}")


def _unfilled(checked: Checked) -> str:
    """Which gradient an error speaks of that is still None, if it does."""
    failed = checked.failed
    if failed is None or "None" not in failed.message or failed.source_line is None:
        return ""
    used = set(re.findall(r"\w+", failed.source_line))
    names = [found.name for found in checked.arrays if found.status == "empty"]
    return "".join(f"; {name} is not filled in yet" for name in names if name in used)


def _failure_sentences(checked: Checked) -> list[str]:
    failed = checked.failed
    if failed is None:
        return []
    where = "" if failed.line is None else f" at line {failed.line}"
    said = sanitise(f"{failed.message}{_unfilled(checked)}")
    return [f"Your file ended with an error{where}: {said}."]


def _changed_rows(checked: Checked) -> list[Row]:
    rows = []
    for sentence in _changed_sentences(checked):
        rows += [Row(((f"  {text}", "changed"),)) for text in _wrapped(sentence, WIDTH - 2)]
    return rows


def _changed_sentences(checked: Checked) -> list[str]:
    return [
        f"This line of the forward pass is not as given: {line}" for line in checked.changed[:3]
    ]


def _sentences(found: Found) -> list[str]:
    if found.status == "right":
        return [f"{found.name} is right."]
    label = f" ({found.label})" if found.label and found.label != "unknown" else ""
    told = [f"{found.message}{label}."]
    if found.cell is not None:
        told.append(f"{cell_text(found.name, found.cell)}.")
    return told


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, break_on_hyphens=False)
