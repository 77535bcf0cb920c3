"""What an exercise asks for, as a sentence."""

from __future__ import annotations

from collections.abc import Callable

from tutor.judge.exercise import Exercise
from tutor.language.tree import Expression
from tutor.language.unparse import unparse
from tutor.session.deriving.derivation import Derivation

_DOMAINS = {
    "positive": "positive",
    "prob": "between 0 and 1",
    "simplex": "between 0 and 1, and sums to 1 along its last axis",
    "binary": "0 or 1",
}
_UP_TO = {"constant": "an additive constant", "positive_factor": "a positive factor"}


def up_to(exercise: Exercise) -> str:
    """What the two ends may differ by: `up to an additive constant`; empty where by nothing."""
    allowed = " and ".join(_UP_TO[one] for one in sorted(exercise.up_to))
    return f"up to {allowed}" if allowed else ""


def asked(derivation: Derivation, said: Callable[[Expression], str] = unparse) -> str:
    """What there is to do: `find dL/dw`, or `show that sigmoid(-z) equals 1 - sigmoid(z)`.

    said: how an end of the statement is written, or spoken.
    """
    exercise = derivation.exercise
    if exercise.find == "gradient" or exercise.start is None or exercise.goal is None:
        return f"find {derivation.target}"
    verb = "is bounded by" if exercise.find == "bound" else "equals"
    allowed = up_to(exercise)
    ends = f"show that {said(exercise.start)} {verb} {said(exercise.goal)}"
    return f"{ends}, {allowed}" if allowed else ends


def quantities(exercise: Exercise) -> list[str]:
    """What is given besides the forward lines, a sentence each: `W is a matrix, c by d`. Nothing is
    said of a number that may be any."""
    told = []
    for one in exercise.variables:
        sizes = " by ".join(str(size) for size in one.shape)
        kind = ("", f"a vector of length {sizes}", f"a matrix, {sizes}")
        parts = [kind[len(one.shape)] if len(one.shape) < len(kind) else f"an array, {sizes}"]
        parts.append(_DOMAINS.get(one.domain, ""))
        if any(parts):
            told.append(f"{one.name} is {', '.join(part for part in parts if part)}")
    return told
