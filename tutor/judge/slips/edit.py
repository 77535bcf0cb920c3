"""One edit of a tree, and the words in which edits are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.ops import REGISTRY
from tutor.judge.slips.terms import Worked
from tutor.language.tree import Binary, Expression, Number, Transpose, Unary

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `new` in the place of `site`, which undoes the slip `label`.

    extra: what this edit costs beyond others of its label. fact: data for the message.
    """

    label: str
    site: Expression
    new: Expression
    span: Span
    extra: float = 0.0
    fact: str = ""


def at_term(
    label: str, site: Expression, new: Expression, extra: float = 0.0, fact: str = ""
) -> Edit:
    """An edit whose span is the term that it replaces."""
    return Edit(label, site, new, (site.start, site.end), extra, fact)


def above_of(worked: Worked, term: Expression) -> Expression | None:
    """The term directly above another in the tree, None for the top."""
    found = worked.parents.get(id(term))
    return None if found is None else found[0]


def turned(term: Expression) -> Expression:
    """The transpose of a term; of a transpose what it was made from."""
    return term.operand if isinstance(term, Transpose) else Transpose(term)


def number_in(term: Expression) -> float | None:
    """The number that a term is, with its minus; None for anything else."""
    if isinstance(term, Number):
        return term.value
    if isinstance(term, Unary) and term.sign == "-" and isinstance(term.operand, Number):
        return -term.operand.value
    return None


def literal(value: float) -> Expression:
    """A number as a term."""
    return Number(value) if value >= 0 else Unary("-", Number(-value))


def has_slope(function: str) -> bool:
    """Whether a function works entry by entry on one operand."""
    declared = REGISTRY.get(function)
    return declared is not None and declared.elementwise and declared.arity == 1


def is_times(term: Expression | None) -> bool:
    """Whether a term is an elementwise product."""
    return isinstance(term, Binary) and term.sign == "*"


def factors_of(term: Expression) -> list[Expression]:
    """The factors of a product, from left to right."""
    found: list[Expression] = []
    while isinstance(term, Binary) and term.sign == "*":
        found.append(term.right)
        term = term.left
    return [term, *reversed(found)]


def is_product_part(above: Expression | None, term: Expression) -> bool:
    """Whether the term above is a product or a quotient."""
    return isinstance(above, Binary) and above.sign in ("*", "/", "@")


SLIDING = {
    "corr": "conv",
    "conv": "corr",
    "corr_full": "conv_full",
    "conv_full": "corr_full",
}


def with_turns(worked: Worked, left: Expression, right: Expression) -> Iterator[Expression]:
    """Matrix products of two terms of which one is transposed, in either order."""
    for one, other in ((left, right), (right, left)):
        for term in (one, other):
            value = worked.at(term)
            if value is not None and value.ndim == 2:
                pair = (turned(one), other) if term is one else (one, turned(other))
                yield Binary("@", *pair)
