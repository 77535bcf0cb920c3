"""The lines of a derivation, as trees: `dL/dw = dL/da * da/dw = 2*(a - y)*x`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tutor.language.tree import Derivative, Expression, Name

LineRelation = Literal["=", "<=", "<", ">=", ">"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the lines of a derivation may name.

    names: the variables and the results of the forward lines. dims: names of sizes, which are
    numbers. aliases: name -> the derivative that it stands for. loss: the quantity that `dX`
    differentiates, None where there is no loss. bounds: whether `<=` relates two sides. own: which
    of the names are symbols that the learner's earlier lines brought in.
    """

    names: frozenset[str]
    dims: frozenset[str] = frozenset()
    aliases: Mapping[str, Derivative] = field(default_factory=dict)
    loss: str | None = None
    bounds: bool = False
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a line, and how it relates to the one before it. `text[start:end]` is it, with
    any parentheses around it."""

    relation: LineRelation
    expression: Expression
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank.

    number: counted from 0 over all lines, blank ones too. left: what stands left of the first `=`
    where that is one name or derivative (an alias and `dX` are already the derivative that they
    mean), None for a bare expression and for a continuation. defines: the left side is a new
    symbol of the learner's own. continues: the line begins with `=` (or, in a bound, with another
    relation) and goes on from the line above. Offsets of spans count in `text`.
    """

    number: int
    text: str = field(compare=False)
    left: Name | Derivative | None
    sides: tuple[Side, ...]
    defines: bool = False
    continues: bool = False
