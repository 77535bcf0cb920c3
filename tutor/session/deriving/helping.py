"""What may be asked for while deriving: hints, the line between, the worked solution, LaTeX."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutor.judge import hints
from tutor.session.deriving.derivation import Derivation
from tutor.session.refused import Refused

if TYPE_CHECKING:
    from tutor.judge.worked import WorkedStep


def hint(derivation: Derivation) -> Derivation:
    """The next of the three hints on the first wrong line."""
    verdict = derivation.verdict
    if verdict is None:
        raise Refused(
            "there is no line yet to give a hint on", hint="the line between shows a step"
        )
    if verdict.kind == "correct":
        raise Refused("there is nothing wrong to give a hint on")
    if verdict.kind == "reject":
        raise Refused("the line cannot be read yet; what is said below it tells why")
    if derivation.hints >= hints.COUNT:
        raise Refused("that was the last hint on this line", hint="the line between shows a step")
    step = derivation.hints + 1
    said = hints.hint(verdict, derivation.lines, step)
    return replace(derivation, hints=step, told=said)


def between(derivation: Derivation) -> Derivation:
    """A true line between the last right one and what is asked for: a smaller step."""
    from tutor.judge.worked.between import line_between

    found = line_between(derivation.exercise, derivation.target, list(derivation.lines))
    if found is None:
        raise Refused("there is no smaller step to show here")
    return replace(derivation, between=found, told=said_of(found))


def solved(derivation: Derivation) -> Derivation:
    """One more step of the worked solution."""
    steps = solution(derivation)
    count = derivation.solved + 1
    if count > len(steps):
        raise Refused("the worked solution is at its end")
    step = steps[count - 1]
    told = f"Step {count} of {len(steps)}: {said_of(step)}"
    return replace(derivation, solved=count, told=told)


def unsolved(derivation: Derivation) -> Derivation:
    """Put the worked solution away."""
    if derivation.solved == 0:
        raise Refused("the worked solution is not shown")
    return replace(derivation, solved=0, told="")


def solution(derivation: Derivation) -> tuple[WorkedStep, ...]:
    """The steps of the worked solution; raises Refused where there is none."""
    from tutor.judge.worked import worked

    steps = worked(derivation.exercise, derivation.target)
    if not steps:
        raise Refused("there is no worked solution of this exercise")
    return steps


def said_of(step: WorkedStep) -> str:
    """A step with the name of its rule: `dL/da = 2*(a - y)   (power rule)`."""
    return f"{step.line}   ({step.rule})"


def latex(derivation: Derivation) -> str:
    """The lines as LaTeX."""
    from tutor.render.answers import latex as written

    if not derivation.lines:
        raise Refused("there is no line yet to copy")
    return written(derivation.lines, derivation.exercise.vocabulary)
