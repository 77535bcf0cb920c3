"""Edits that take a summand or a factor out, or put one in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TypeGuard

from tutor.judge.slips.edit import Edit, above_of, at_term, factors_of, is_product_part, is_times
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked
from tutor.language.tree import Binary, Call, Expression, Name, Number, Sign, Transpose, Unary

_MOST_FACTORS = 8


def dropped(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A summand or a factor too many."""
    for term in worked.terms:
        if not isinstance(term, Binary):
            continue
        left, right = term.left, term.right
        if term.sign in ("+", "-"):
            label = "additive_constant" if isinstance(right, Number) else "extra_term"
            more = 0.3 if isinstance(left, Number) else 0.0
            yield Edit(label, term, left, (right.start, right.end), more)
            label = "additive_constant" if isinstance(left, Number) else "extra_term"
            new: Expression = right if term.sign == "+" else Unary("-", right)
            yield Edit(label, term, new, (left.start, left.end), 0.1)
            if isinstance(left, Number) and term.sign == "-":
                yield Edit(label, term, right, (left.start, left.end), 0.4)
        elif term.sign in ("*", "@"):
            yield _without(known, term, left, right)
            yield _without(known, term, right, left)
        elif term.sign == "/":
            yield _without(known, term, left, right)
            if not isinstance(left, Number):
                over = Binary("/", Number(1.0), right)
                yield Edit("extra_chain_factor", term, over, (left.start, left.end), 0.2)


def two_dropped(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Two factors too many in one product, side by side or not."""
    for term in worked.terms:
        above = above_of(worked, term)
        if not is_times(term) or (is_times(above) and above.left is term):  # type: ignore[union-attr]
            continue
        factors = factors_of(term)
        if not 3 <= len(factors) <= _MOST_FACTORS:
            continue
        for one, other in combinations(range(len(factors)), 2):
            kept = [factor for i, factor in enumerate(factors) if i not in (one, other)]
            new = kept[0]
            for factor in kept[1:]:
                new = Binary("*", new, factor)
            span = (factors[one].start, factors[other].end)
            yield Edit("extra_chain_factor", term, new, span, 0.2)


def _without(known: Quantities, term: Binary, kept: Expression, dropped: Expression) -> Edit:
    label = "extra_chain_factor"
    if isinstance(dropped, Number):
        label = "constant_factor"
    elif isinstance(dropped, Name) and dropped.name in known.sizes:
        label = "batch_mean"
    return Edit(label, term, kept, (dropped.start, dropped.end))


def scaled(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A factor lost at a place where the whole side does not show it."""
    for term in worked.terms:
        if not _is_own_place(worked, term):
            continue
        value = worked.at(term)
        if value is None:
            continue
        for number in (2.0, 0.5):
            new: Expression = Binary("*", term, Number(number))
            yield at_term("constant_factor", term, new, 0.15)
        for size in known.sizes:
            yield at_term("batch_mean", term, Binary("/", term, Name(size)), 0.2)
            yield at_term("batch_mean", term, Binary("*", term, Name(size)), 0.25)
        for factor in known.factors:
            if value.shape and not known.broadcasts(factor, value.shape):
                continue
            over = Binary("/", term, Name(factor))
            new = Binary("*", term, Name(factor))
            yield at_term("missing_chain_factor", term, new, 0.0, fact=factor)
            if mentions(worked, known, factor):
                yield at_term("extra_chain_factor", term, over, 0.3, fact=factor)
            else:
                yield at_term("missing_chain_factor", term, over, 0.1, fact=factor)


def mentions(worked: Worked, known: Quantities, factor: str) -> bool:
    """Whether a factor stands in the tree, under its name or written out."""
    if not factor.startswith("#"):
        return any(isinstance(term, Name) and term.name == factor for term in worked.terms)
    written = known.graph.steps[int(factor.lstrip("#=+-"))].term
    return factor.startswith("#=") and any(term == written for term in worked.terms)


def added(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A constant or a summand lost."""
    for term in worked.terms:
        if not _is_own_place(worked, term) and not is_product_part(above_of(worked, term), term):
            continue
        yield at_term("additive_constant", term, Binary("+", term, Number(1.0)), 0.1)
        yield at_term("additive_constant", term, Binary("-", term, Number(1.0)), 0.1)
        if isinstance(term, Name | Call | Unary):
            yield at_term("additive_constant", term, Binary("-", Number(1.0), term), 0.15)


def partners(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A quantity that the forward lines add to one, or take from it, is lost."""
    for term in worked.terms:
        if not isinstance(term, Name):
            continue
        for sign, other in known.beside.get(term.name, ()):
            yield at_term("missing_branch", term, Binary(sign, term, Name(other)), 0.0, other)


def _is_own_place(worked: Worked, term: Expression) -> bool:
    """Whether a factor here would not be the same as a factor of the term above."""
    above = above_of(worked, term)
    match above:
        case None:
            return False
        case Binary(sign="*" | "/"):
            return False
        case Binary(sign="**", right=right):
            return right is not term
        case Unary() | Transpose():
            return False
        case Binary(sign="@"):
            return bool(worked.at(term) is not None and worked.at(term).shape)
        case _:
            return True


def distributed(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A function of a sum taken for the sum of its values, and the like."""
    for term in worked.terms:
        if isinstance(term, Binary) and term.sign in ("+", "-", "*", "/"):
            yield from _gathered(term)
        elif isinstance(term, Call) and len(term.operands) == 1:
            inner = term.operands[0]
            if isinstance(inner, Binary) and inner.sign in ("+", "-", "*", "/"):
                left, right = (
                    replace(term, operands=(inner.left,)),
                    replace(term, operands=(inner.right,)),
                )
                yield at_term("algebra_slip", term, Binary(inner.sign, left, right), 0.15)
            elif isinstance(inner, Call) and len(inner.operands) == 1:
                swapped = replace(term, operands=inner.operands)
                yield at_term("algebra_slip", term, replace(inner, operands=(swapped,)), 0.15)


def _gathered(term: Binary) -> Iterator[Edit]:
    a, b = term.left, term.right
    alike = _calls(a, b)
    if alike is not None:
        x, y, call = alike
        for sign in _SIGNS:
            new = replace(call, operands=(Binary(sign, x, y),))
            yield at_term("algebra_slip", term, new, 0.1 if sign == term.sign else 0.2)
    factors = factors_of(term)
    for one, other in combinations(factors, 2) if len(factors) > 2 else ():
        alike = _calls(one, other)
        if alike is None:
            continue
        x, y, call = alike
        product: Expression = replace(call, operands=(Binary("*", x, y),))
        for factor in factors:
            if factor is not one and factor is not other:
                product = Binary("*", factor, product)
        yield at_term("algebra_slip", term, product, 0.1)
    if _is_power(a) and _is_power(b) and a.right == b.right:
        power = Binary("**", Binary(term.sign, a.left, b.left), a.right)
        yield at_term("algebra_slip", term, power, 0.1)
    if _is_quotient(a) and _is_quotient(b) and a.left == b.left:
        below = Binary(term.sign, a.right, b.right)
        yield at_term("algebra_slip", term, Binary("/", a.left, below))


_SIGNS: tuple[Sign, ...] = ("+", "-", "*", "/")


def _calls(one: Expression, other: Expression) -> tuple[Expression, Expression, Call] | None:
    """The operands of two calls that are alike, and the first call; None for anything else."""
    if not isinstance(one, Call) or not isinstance(other, Call):
        return None
    if one.function != other.function or one.keywords != other.keywords:
        return None
    if len(one.operands) != 1 or len(other.operands) != 1:
        return None
    return one.operands[0], other.operands[0], one


def _is_power(term: Expression) -> TypeGuard[Binary]:
    return isinstance(term, Binary) and term.sign == "**"


def _is_quotient(term: Expression) -> TypeGuard[Binary]:
    return isinstance(term, Binary) and term.sign == "/"
