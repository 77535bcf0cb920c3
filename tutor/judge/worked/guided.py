"""Exercises whose derivation an author wrote down: identities and bounds, with their steps."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from tutor.judge.exercise import Exercise


@dataclass(frozen=True, slots=True)
class WorkedStep:
    """One line of a derivation. rule: the rules that it uses, by name. why: what they say."""

    line: str
    rule: str
    why: str = ""


@dataclass(frozen=True)
class GuidedExercise(Exercise):
    """An exercise with the lines of a proof."""

    steps: tuple[WorkedStep, ...] = field(default=(), compare=False)


def with_steps(exercise: Exercise, steps: tuple[WorkedStep, ...]) -> Exercise:
    """An exercise with the lines of its proof; as it is where there are none."""
    if not steps:
        return exercise
    held = {one.name: getattr(exercise, one.name) for one in fields(Exercise)}
    return GuidedExercise(**held, steps=steps)


def steps_of(exercise: Exercise) -> tuple[WorkedStep, ...]:
    """The lines that an author gave with an exercise."""
    return exercise.steps if isinstance(exercise, GuidedExercise) else ()
