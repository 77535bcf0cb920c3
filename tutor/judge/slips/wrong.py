"""What `diagnose` is asked: a false side of a line, and what is true around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tutor.judge.graph import Graph
from tutor.language.tree import Derivative, Expression

Array = Any
"""A `Bounded` of some samples (values are enough, its error may be None), or a number."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The true state of things at 4 to 8 screening points, moderate ones (nothing saturated, the
    truth not 0); the same for all lines of an answer.

    graph: the forward lines as engine ops. nodes: the value of each step of the graph. values: of
    every name that a line may use: variables, results, the learner's own symbols; dims are
    numbers. derivative: the true total derivative of one named quantity by another, as
    `tutor.judge.evaluate.value_of` takes it. own: the learner's own symbols -> what they were
    defined as. target: what the exercise asks for, None for an identity or a bound.
    """

    graph: Graph
    nodes: tuple[Array, ...]
    values: Mapping[str, Array]
    derivative: Callable[[str, str], Array]
    own: Mapping[str, Expression] = field(default_factory=dict)
    target: Derivative | None = None


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A side that is false.

    tree: the side as read. start, end: where it stands in its line (with any parentheses around
    it). truth: its true value at the problem's points. left: what it should equal, when that is a
    derivative. before: true sides of the same quantity above it or left of it, the nearest last:
    what the learner rewrote. agrees: the side is true at many points, though it may be so at
    none of the problem's.
    """

    tree: Expression
    start: int
    end: int
    truth: Array
    left: Derivative | None = None
    before: tuple[Expression, ...] = ()
    agrees: bool = False
