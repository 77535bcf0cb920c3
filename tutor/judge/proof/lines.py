"""What the lines of a derivation claim: pairs of terms that are to be equal, or ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.judge.exercise import Exercise, derivative_named
from tutor.language.derivation import read_lines
from tutor.language.lines import Line
from tutor.language.tree import Derivative, Expression, Name


@dataclass(frozen=True, slots=True)
class Claim:
    """`left relation right`, both as trees."""

    left: Expression
    relation: str
    right: Expression


@dataclass(frozen=True, slots=True)
class LineClaims:
    """What one line claims. definition: the symbol of one's own that it brings in, and as what."""

    number: int
    claims: tuple[Claim, ...]
    definition: tuple[str, Expression] | None = None


def statements(exercise: Exercise, target: str, lines: Sequence[str]) -> tuple[LineClaims, ...]:
    """The claims of each line that is not blank. Raises LanguageError as `read_lines` does."""
    read = [line for line in read_lines(lines, exercise.vocabulary) if line is not None]
    if exercise.find == "gradient":
        return _of_gradients(exercise, target, read)
    return _of_chain(exercise, read)


def _of_gradients(exercise: Exercise, target: str, lines: Sequence[Line]) -> tuple[LineClaims, ...]:
    found = []
    subject: Expression | None = derivative_named(target, exercise.vocabulary)
    asked = subject
    for line in lines:
        if line.defines and isinstance(line.left, Name):
            body = line.sides[0].expression
            claims = [Claim(body, "=", side.expression) for side in line.sides[1:]]
            found.append(LineClaims(line.number, tuple(claims), (line.left.name, body)))
            subject = line.left
            continue
        sides = [side.expression for side in line.sides]
        if line.left is not None:
            subject = line.left
        elif not line.continues:
            subject = asked if len(sides) == 1 else sides.pop(0)
        if subject is None:
            found.append(LineClaims(line.number, ()))
            continue
        claims = [Claim(subject, "=", side) for side in sides]
        found.append(LineClaims(line.number, tuple(claims)))
    return tuple(found)


def _of_chain(exercise: Exercise, lines: Sequence[Line]) -> tuple[LineClaims, ...]:
    """In an identity or a bound each side is compared with the one before it."""
    found = []
    before = exercise.start
    for line in lines:
        if line.defines and isinstance(line.left, Name):
            found.append(LineClaims(line.number, (), (line.left.name, line.sides[0].expression)))
            continue
        claims = []
        if isinstance(line.left, (Name, Derivative)):
            claims += [Claim(before, "=", line.left)] if before is not None else []
            before = line.left
        for side in line.sides:
            if before is not None:
                claims.append(Claim(before, side.relation, side.expression))
            before = side.expression
        found.append(LineClaims(line.number, tuple(claims)))
    return tuple(found)
