"""The judge: the first wrong line of a derivation, and what went wrong in it."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.judge import gradients, samples, statements
from tutor.judge.exercise import Exercise, derivative_named
from tutor.judge.extending import OwnSymbolError, extended
from tutor.judge.graph import GraphError
from tutor.judge.setting import Setting, setting_of
from tutor.judge.verdict import Judged, Verdict
from tutor.language.derivation import read_lines
from tutor.language.errors import LanguageError, shortened
from tutor.language.lines import Line
from tutor.language.tree import Derivative, walk

MAX_WORK = 6_000
"""Terms of an answer that are worked out; where arrays are large each counts for more."""

MOST_SHOWN = 200
"""Lines that get a mark."""

_ENTRIES = 400


def judge(
    exercise: Exercise, target: str, lines: Sequence[str], seed: int | None = None
) -> Verdict:
    """The verdict on the lines of a derivation.

    target: the derivative asked for, such as "dL/dw"; for an identity or a bound it does not
    count. seed: of the samples; drawn freshly where it is None. Nothing of the lines is executed,
    and no text of them makes it raise.
    """
    seed = samples.fresh_seed() if seed is None else seed
    try:
        setting = setting_of(exercise)
    except GraphError as error:
        return refused(None, "bad_arguments", f"The exercise cannot be used: {error}.", seed)
    try:
        read = read_lines(lines, exercise.vocabulary)
    except LanguageError as error:
        return _unreadable(error, lines, seed)
    known = [line for line in read if line is not None]
    if not known:
        reason = "empty_input"
        return refused(0 if lines else None, reason, "There is no line to judge.", seed)
    late = _beyond_budget(setting, known)
    if late is not None:
        message = f"Line {late.number + 1}: the answer is too long to be worked out."
        return refused(late.number, "too_long", message, seed, known)
    try:
        setting = extended(setting, known)
    except OwnSymbolError as error:
        return refused(error.line, "unknown_name", str(error), seed, known, error.span)
    if exercise.find != "gradient":
        return statements.judged(setting, known, seed)
    wanted = _target(exercise, target)
    if isinstance(wanted, str):
        return refused(None, "bad_arguments", wanted, seed, known)
    return gradients.judged(setting, wanted, known, seed)


def refused(
    line: int | None,
    reason: str,
    message: str,
    seed: int,
    read: Sequence[Line] = (),
    span: tuple[int, int] | None = None,
) -> Verdict:
    """A refusal of the whole answer."""
    marks = tuple(
        [
            Judged(one.number, "?", reason, span, message)
            if one.number == line
            else Judged(one.number, " ")
            for one in read
        ]
    )
    return Verdict("reject", line, reason, span, None, (), message, marks, seed)


def _unreadable(error: LanguageError, lines: Sequence[str], seed: int) -> Verdict:
    number = error.line or 0
    span = (error.start, error.end)
    message = f"Line {number + 1}: {error}."
    marks = tuple(
        [
            Judged(i, "?", error.reason, span, message) if i == number else Judged(i, " ")
            for i, text in enumerate(lines[:MOST_SHOWN])
            if i == number or text.strip()
        ]
    )
    return Verdict("reject", number, error.reason, span, None, (), message, marks, seed)


def _beyond_budget(setting: Setting, lines: Sequence[Line]) -> Line | None:
    """The line with which the work of judging would exceed the budget of steps."""
    largest = 1
    for shape in (*setting.shapes[0], *setting.shapes[1]):
        entries = 1
        for size in shape:
            entries *= size
        largest = max(largest, entries)
    weight = 1 + largest / _ENTRIES
    work = 0.0
    for line in lines:
        for side in line.sides:
            work += weight * sum(1 for _ in walk(side.expression))
        if work > MAX_WORK:
            return line
    return None


def _target(exercise: Exercise, target: str) -> Derivative | str:
    """The derivative that is asked for, or what is wrong with the text."""
    text = target.strip() or (exercise.targets[0] if len(exercise.targets) == 1 else "")
    if not text:
        return 'There is no target; give one such as "dL/dw".'
    try:
        wanted = derivative_named(text, exercise.vocabulary)
    except LanguageError as error:
        return f"The target cannot be read: {error}."
    if wanted is None:
        return f"The target {shortened(text)} is no derivative."
    return Derivative(wanted.of, wanted.by)
