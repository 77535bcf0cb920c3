"""Edits that put another quantity in the place of one."""

from __future__ import annotations

from collections.abc import Iterator

from tutor.judge.slips.edit import SLIDING, Edit, above_of, at_term, has_slope, number_in
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Name,
    Number,
    Transpose,
    Unary,
)


def names(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Another quantity in the place of the one that is named."""
    for term in worked.terms:
        if not isinstance(term, Name):
            continue
        value = worked.at(term)
        if value is None:
            continue
        if known.asked is not None and term.name == known.asked[1]:
            yield at_term("not_differentiated", term, Number(1.0), 0.1)
        for name in known.names:
            if name == term.name:
                continue
            same = known.shape(name) == value.shape
            if (
                not same
                and worked.value is not None
                and worked.value.shape == worked.point.truth.shape
            ):
                continue
            label = renaming(worked, known, term, name)
            extra = -0.15 if known.siblings(term.name, name) else 0.1
            yield at_term(label, term, Name(name), extra + (0.0 if same else 0.4), fact=term.name)
        if known.asked is None or not _is_factor(worked, term):
            continue
        for name in known.like(value):
            if name != known.asked[1] and known.depends(known.asked[0], name):
                new = Derivative(known.asked[0], name)
                yield at_term("wrong_node", term, new, 0.25, fact=term.name)


def _is_factor(worked: Worked, term: Expression) -> bool:
    """Whether a term is multiplied with another in some way."""
    above = above_of(worked, term)
    while isinstance(above, Transpose | Unary):
        above = above_of(worked, above)
    if isinstance(above, Call):
        return above.function in ("outer", "dot") or above.function in SLIDING
    return isinstance(above, Binary) and above.sign in ("*", "@")


def renaming(worked: Worked, known: Quantities, term: Name, name: str) -> str:
    """Whether a wrong name is a wrong factor or a formula at the wrong place."""
    related = known.one_makes_other(term.name, name)
    inner: Expression = term
    above = above_of(worked, inner)
    while isinstance(above, Unary | Transpose):
        inner, above = above, above_of(worked, above)
    if isinstance(above, Binary) and above.sign in ("*", "/", "@"):
        other = above.right if above.left is inner else above.left
        if isinstance(other, Binary) and _mentions(other, term.name):
            return "wrong_eval_point"
    elif isinstance(above, Binary) and above.sign == "**":
        outside = above_of(worked, above)
        if isinstance(outside, Binary) and number_in(outside.left) == 1.0:
            return "wrong_eval_point"
        if known.depends(term.name, name) or known.depends(name, term.name):
            return "wrong_eval_point"
    elif isinstance(above, Binary) and related:
        return "wrong_eval_point"
    while isinstance(above, Binary | Unary | Transpose):
        above = above_of(worked, above)
    return "wrong_eval_point" if _is_scalar_function(above) else "wrong_node"


def _is_scalar_function(term: Expression | None) -> bool:
    return isinstance(term, Compare) or (
        isinstance(term, Call)
        and (has_slope(term.function.removesuffix("'")) or "softmax" in term.function)
    )


def _mentions(term: Expression, name: str) -> bool:
    match term:
        case Binary(left=Number(), right=Name(name=found)) | Binary(left=Name(name=found)):
            return found == name
        case Binary(left=Number(), right=Binary(left=Name(name=found))):
            return found == name
    return False


def derivatives(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        if not isinstance(term, Derivative):
            continue
        if known.depends(term.by, term.of):
            yield at_term("inverted_ratio", term, Derivative(term.by, term.of), -0.3)
        for of, by in known.derivatives:
            if (of, by) == (term.of, term.by) or (of != term.of and by != term.by):
                continue
            if (of, by) != known.asked:
                near = known.siblings(of, term.of) or known.siblings(by, term.by)
                extra = -0.25 if near and term is not worked.tree else 0.2
                lost = not near and of == term.of and known.depends(term.by, by)
                label, more = ("missing_chain_factor", -0.6) if lost else ("wrong_node", extra)
                yield at_term(label, term, Derivative(of, by), more)
        above = above_of(worked, term)
        label = "wrong_eval_point" if _is_scalar_function(above) else "wrong_node"
        for name in known.like(worked.at(term)):
            yield at_term(label, term, Name(name), 0.2)
