"""The line between: what can stand between a learner's right lines and the one that went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tutor.judge.exercise import Exercise
from tutor.judge.form import names_in, same_form
from tutor.judge.judge import judge
from tutor.judge.worked.guided import WorkedStep, steps_of
from tutor.judge.worked.steps import Step, derived, written
from tutor.language.derivation import read_line, read_lines
from tutor.language.errors import LanguageError
from tutor.language.lines import Line
from tutor.language.tree import Binary, Derivative, Expression, walk

_RIGHT = ("=", "≈")


def line_between(
    exercise: Exercise, target: str, lines: Sequence[str], seed: int | None = None
) -> WorkedStep | None:
    """A line that is smaller than the learner's jump: the first of the worked solution that their
    right lines do not hold yet.

    For a quantity that they have tried and got wrong, and for the target, it is the chain rule
    without the local derivative worked out (`dL/dw = dL/dz*dz/dw`), so that the answer is never
    given away. None where there is nothing between.
    """
    read = _readable(exercise, lines)
    right = _right(exercise, target, read, seed)
    if exercise.find != "gradient":
        return _of_proof(steps_of(exercise), right, exercise)
    steps = derived(exercise, target)
    missing = _missing(steps, right) if steps else []
    if not missing:
        return None
    tried = {line.left for line in read if line is not None and line not in right}
    if len(missing) > 1 and missing[0].of not in tried:
        return _shown(missing[0])
    chained = _chained(exercise, missing[0], right)
    if chained is not None and _holds(exercise, target, chained.line, seed):
        return chained
    return _shown(missing[0]) if len(missing) > 1 else None


def _right(
    exercise: Exercise, target: str, read: Sequence[Line | None], seed: int | None
) -> tuple[Line, ...]:
    """The lines that hold."""
    if not any(read):
        return ()
    texts = [line.text if line is not None else "" for line in read]
    marked = {
        one.number for one in judge(exercise, target, texts, seed).lines if one.mark in _RIGHT
    }
    return tuple(line for line in read if line is not None and line.number in marked)


def _readable(exercise: Exercise, lines: Sequence[str]) -> tuple[Line | None, ...]:
    """The lines above the first one that cannot be read."""
    try:
        return read_lines(lines, exercise.vocabulary)
    except LanguageError as error:
        return _readable(exercise, lines[: error.line]) if error.line else ()


def _missing(steps: tuple[Step, ...], right: Iterable[Line]) -> list[Step]:
    """The steps that the target still needs, in order."""
    known: set[str] = set()
    for line in right:
        by = line.left.by if isinstance(line.left, Derivative) else None
        ends = line.sides[-1].expression
        if by is not None and _worked_out(ends, steps[-1].of.of, known | {by}, by):
            known.add(by)
    by_name = {step.of.by: step for step in steps}
    needed: set[str] = set()
    waiting = [steps[-1].of.by]
    while waiting:
        name = waiting.pop()
        if name in known or name in needed or name not in by_name:
            continue
        needed.add(name)
        waiting.extend(by_name[name].sources)
    return [step for step in steps if step.of.by in needed]


def _worked_out(term: Expression, of: str, known: set[str], by: str) -> bool:
    """Whether a term has no derivative in it but those that stand above."""
    return all(
        one.of == of and one.by in known and one.by != by
        for one in walk(term)
        if isinstance(one, Derivative)
    )


def _chained(exercise: Exercise, step: Step, right: Iterable[Line]) -> WorkedStep | None:
    """The chain rule through the first quantity that all paths from a quantity go through."""
    through = narrow(exercise, step.of)
    if through is None:
        return None
    made = Binary("*", Derivative(step.of.of, through), Derivative(through, step.of.by))
    if any(same_form(side.expression, made) for line in right for side in line.sides):
        return None
    why = f"every path from {step.of.by} to {step.of.of} goes through {through}"
    return WorkedStep(written(step.of, made), "chain rule", why)


def narrow(exercise: Exercise, of: Derivative) -> str | None:
    """The first quantity behind `of.by` that all its paths to `of.of` go through; None where that
    is `of.of` itself."""
    uses = {name: names_in([expression]) for name, expression in exercise.forward}
    for through in uses:
        if through == of.of:
            return None
        if through in _reached(uses, of.by, "") and of.of not in _reached(uses, of.by, through):
            return through
    return None


def _reached(uses: Mapping[str, frozenset[str]], start: str, without: str) -> set[str]:
    """The quantities that depend on `start`, along paths that leave one quantity out."""
    reached = {start}
    for name, used in uses.items():
        if name != without and used & reached:
            reached.add(name)
    return reached - {start}


def _of_proof(
    steps: tuple[WorkedStep, ...], right: Iterable[Line], exercise: Exercise
) -> WorkedStep | None:
    """The step behind the furthest one that the learner has; never the last one."""
    held = [side.expression for line in right for side in line.sides]
    if exercise.start is not None:
        held.append(exercise.start)
    furthest = -1
    for i, step in enumerate(steps):
        line = read_line(step.line, exercise.vocabulary, i)
        ends = line.sides[-1].expression if line is not None else None
        if ends is not None and any(same_form(ends, one) for one in held):
            furthest = i
    return steps[furthest + 1] if furthest + 1 < len(steps) - 1 else None


def _holds(exercise: Exercise, target: str, line: str, seed: int | None) -> bool:
    verdict = judge(exercise, target, [line], seed)
    return verdict.first_wrong is None and verdict.kind != "reject"


def _shown(step: Step) -> WorkedStep:
    return WorkedStep(written(step.of, step.expression), step.rule, step.why)
