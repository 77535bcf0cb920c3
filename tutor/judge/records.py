"""Records: one JSON line in, one JSON object out, whatever stands in the line.

{"context": exercise, "target": "dL/dw", "lines": ["…"], "seed": 7}
-> {"verdict", "first_wrong", "label", "span", "counter_example", "candidates", "message",
    "seed", "ms"}
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from tutor.judge.exercise import Exercise, ExerciseError, read_exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Verdict
from tutor.language.errors import shortened
from tutor.render.sanitise import sanitise

LONGEST = 1_000_000
"""Characters of a record that are read."""

MOST_LINES = 5_000
"""Lines of an answer that are handed to the judge, which refuses more than 200 of them."""

_SEEDS = 2**63


class _RecordError(ValueError):
    """A record that cannot be judged: one line that says why, and the reason as a tag."""

    def __init__(self, message: str, reason: str = "bad_arguments") -> None:
        super().__init__(message)
        self.reason = reason


def answered(text: str, warn: Callable[[str], None] | None = None) -> dict[str, Any]:
    """The answer to one record. Never raises for anything that may stand in a line.

    warn: is told what in a record is ignored.
    """
    started = time.perf_counter()
    try:
        record = _record(text)
        given = _seed(record)
        lines = _lines(record)
        exercise = _exercise(record.get("context"), warn)
        verdict = judge(exercise, _target(record), lines, given)
        answer = as_data(verdict)
    except _RecordError as error:
        answer = _refused(str(error), error.reason)
    except ExerciseError as error:
        answer = _refused(f"context: {error}", "bad_arguments")
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        answer = _refused(f"internal error, our fault: {shortened(said, 200)}", "bad_arguments")
    answer["ms"] = round(1000 * (time.perf_counter() - started), 3)
    return answer


def as_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the command prints it, but for the time."""
    example = verdict.counter_example
    return {
        "verdict": verdict.kind,
        "first_wrong": verdict.first_wrong,
        "label": verdict.label,
        "span": None if verdict.span is None else list(verdict.span),
        "counter_example": None if example is None else asdict(example),
        "candidates": [candidate.label for candidate in verdict.candidates],
        "message": verdict.message,
        "seed": verdict.seed,
    }


def _refused(message: str, reason: str) -> dict[str, Any]:
    return {
        "verdict": "reject",
        "first_wrong": None,
        "label": reason,
        "span": None,
        "counter_example": None,
        "candidates": [],
        "message": sanitise(message),
        "seed": None,
    }


def _record(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST:
        message = f"a record of more than {LONGEST} characters is not read"
        raise _RecordError(message, "too_long")
    if not text.strip():
        raise _RecordError("there is no record in this line", "empty_input")
    try:
        record = json.loads(text)
    except RecursionError:
        raise _RecordError("the record is nested too deeply", "too_deep") from None
    except json.JSONDecodeError as error:
        place = f"column {error.colno}"
        raise _RecordError(
            f"the record is no JSON: {error.msg} at {place}", "syntax_error"
        ) from None
    except ValueError:
        # Whole numbers of thousands of digits.
        raise _RecordError(
            "the record holds a number that is too large", "number_too_large"
        ) from None
    if not isinstance(record, dict):
        raise _RecordError('a record is an object: {"context": …, "target": …, "lines": […]}')
    return record


def _lines(record: Mapping[str, Any]) -> list[str]:
    lines = record.get("lines")
    if isinstance(lines, str):
        lines = lines.split("\n")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise _RecordError("lines: a list of texts is wanted")
    return lines[:MOST_LINES]


def _target(record: Mapping[str, Any]) -> str:
    target = record.get("target")
    if target is None:
        return ""
    if not isinstance(target, str):
        raise _RecordError('target: a text such as "dL/dw" is wanted')
    return target


def _seed(record: Mapping[str, Any]) -> int | None:
    seed = record.get("seed")
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < _SEEDS:
        raise _RecordError("seed: a whole number from 0 on is wanted")
    return seed


def _exercise(context: Any, warn: Callable[[str], None] | None) -> Exercise:
    if not isinstance(context, dict):
        raise _RecordError("context: an exercise is wanted, as an object")
    return read_exercise(context, warn)
