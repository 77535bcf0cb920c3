"""What is given in an exercise and what is asked, as data; `tutor.judge.exercise` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tutor.language.lines import Vocabulary
from tutor.language.tree import Derivative, Expression

Domain = Literal["real", "positive", "prob", "simplex", "binary"]
FinalForm = Literal["closed", "backprop"]
Find = Literal["gradient", "identity", "bound"]
UpTo = Literal["constant", "positive_factor"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: the sizes of its axes, each a number or the name of one, and its domain."""

    name: str
    shape: tuple[int | str, ...] = ()
    domain: Domain = "real"


@dataclass(frozen=True)
class Exercise:
    """What is given and what is asked.

    key: identifies an exercise; two of one key are equal. dims: size names, each with the size
    that the author had in mind, which counts only for its order among the others (a learner who
    writes the number for the name is wrong). forward: the forward lines, each a name and its
    expression. loss: the quantity that `dX` differentiates. start, goal: the ends of an identity
    or a bound. constants: the names that count as constant in `up_to`.
    """

    key: str
    dims: Mapping[str, int] = field(compare=False)
    variables: tuple[Variable, ...] = field(compare=False)
    forward: tuple[tuple[str, Expression], ...] = field(compare=False)
    loss: str | None = field(default=None, compare=False)
    final_form: FinalForm = field(default="closed", compare=False)
    aliases: Mapping[str, Derivative] = field(default_factory=dict, compare=False)
    targets: tuple[str, ...] = field(default=(), compare=False)
    find: Find = field(default="gradient", compare=False)
    up_to: frozenset[UpTo] = field(default=frozenset(), compare=False)
    start: Expression | None = field(default=None, compare=False)
    goal: Expression | None = field(default=None, compare=False)
    constants: frozenset[str] = field(default=frozenset(), compare=False)
    forward_texts: tuple[str, ...] = field(default=(), compare=False)
    title: str = field(default="", compare=False)
    summary: str = field(default="", compare=False)
    level: int = field(default=1, compare=False)
    cites: tuple[str, ...] = field(default=(), compare=False)
    covers: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def quantities(self) -> tuple[str, ...]:
        """The names that the forward lines define, in order."""
        return tuple([name for name, _ in self.forward])

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What a line of an answer may name."""
        names = frozenset([variable.name for variable in self.variables]) | set(self.quantities)
        return Vocabulary(
            names, frozenset(self.dims), self.aliases, self.loss, self.find == "bound"
        )
