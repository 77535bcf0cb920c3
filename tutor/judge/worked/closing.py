"""The last line of a derivation: everything put together, and as short as it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tutor.judge.worked import algebra
from tutor.judge.worked.sizes import Shape, shape_of
from tutor.judge.worked.terms import Term
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Expression,
    Index,
    Name,
    Number,
    Transpose,
    Unary,
)
from tutor.language.unparse import unparse

_MOST_TERMS = 40
_WORTH = 0.75  # how much shorter a sum of products must be to be preferred to products of sums


def closed(gradient: Term, simplexes: frozenset[str]) -> Term:
    """A gradient in as few signs as it becomes: as it stands, multiplied out, factored.

    simplexes: names whose entries sum to 1 along the last axis.
    """
    known = gradient.known
    plain = _rewritten(gradient.tree, known, simplexes, spread=False)
    spread = _rewritten(gradient.tree, known, simplexes, spread=True)
    best = min(algebra.factored(plain), plain, key=_length)
    other = min(algebra.factored(spread), spread, key=_length)
    if _length(other) < _WORTH * _length(best):
        best = other
    return Term(best, known, gradient.shape, gradient.places)


def _length(tree: Expression) -> int:
    return len(unparse(tree))


def _rewritten(
    tree: Expression, known: Mapping[str, Shape], simplexes: frozenset[str], *, spread: bool
) -> Expression:
    """A tree simplified from the inside out."""

    def again(term: Expression) -> Expression:
        return _rewritten(term, known, simplexes, spread=spread)

    def whole(term: Expression) -> Expression:
        """A term that has to keep its axes, because what it stands in counts them."""
        made = again(term)
        return made if shape_of(made, known) == shape_of(term, known) else term

    match tree:
        case Binary(sign="+" | "-" | "*" | "/" | "**"):
            left, right = again(tree.left), again(tree.right)
            made = _combined(tree.sign, left, right)
            made = _sigmoids(made)
            return expanded(made) if spread else made
        case Binary():
            return Binary(tree.sign, whole(tree.left), whole(tree.right))
        case Unary():
            made = algebra.negated(again(tree.operand))
            return expanded(made) if spread else made
        case Compare():
            return Compare(tree.relation, again(tree.left), again(tree.right))
        case Call(function="sum", operands=(operand,)):
            return _sum(whole(operand), tree, known, simplexes)
        case Call():
            return Call(tree.function, tuple(whole(one) for one in tree.operands), tree.keywords)
        case Transpose():
            return Transpose(whole(tree.operand))
        case Index() | Array():
            return tree
    return tree


def _combined(sign: str, left: Expression, right: Expression) -> Expression:
    match sign:
        case "+":
            return algebra.added(left, right)
        case "-":
            return algebra.added(left, algebra.negated(right))
        case "*":
            return algebra.product(left, right)
        case "/":
            return algebra.quotient(left, right)
    return algebra.power(left, right)


def expanded(tree: Expression) -> Expression:
    """A tree with its products multiplied out, those that cancel something first."""
    done: dict[Expression, Fraction] = {}
    waiting = [tree]
    while waiting:
        term = waiting.pop()
        if len(done) + len(waiting) > _MOST_TERMS:
            return tree
        amount, factors = algebra.as_product(term)
        sums = [one for one in factors if one.exponent == 1 and algebra.is_sum(one.base)]
        if not sums:
            body = algebra.from_product(algebra.Product(Fraction(1), factors))
            done[body] = done.get(body, Fraction(0)) + amount
            continue
        chosen = max(sums, key=lambda one: _denominators(one.base))
        rest = tuple(one for one in factors if one is not chosen)
        other = algebra.from_product(algebra.Product(amount, rest))
        parts = algebra.as_sum(chosen.base)
        waiting += [
            algebra.product(algebra.number(times), part, other)
            for part, times in reversed(parts.items())
        ]
    return algebra.from_sum(algebra.as_sum(algebra.from_sum(done)))


def _denominators(tree: Expression) -> int:
    """How many terms of a sum have a denominator."""
    return sum(
        any(one.exponent < 0 for one in algebra.as_product(term).factors)
        for term in algebra.as_sum(tree)
    )


def _sum(
    operand: Expression,
    call: Call,
    known: Mapping[str, Shape],
    simplexes: frozenset[str],
) -> Expression:
    """A sum of what was rewritten: numbers and scalars in front, 1 for what sums to 1."""
    terms = algebra.as_sum(operand)
    found: Expression = algebra.ZERO
    rest: dict[Expression, Fraction] = {}
    for term, times in terms.items():
        amount, factors = algebra.as_product(term)
        outer = tuple(one for one in factors if not shape_of(one.base, known))
        inner = tuple(one for one in factors if shape_of(one.base, known))
        body = algebra.from_product(algebra.Product(Fraction(1), inner))
        if isinstance(body, Name) and body.name in simplexes and _is_last(call, known[body.name]):
            one = algebra.from_product(algebra.Product(amount * times, outer))
            found = algebra.added(found, one)
        else:
            rest[term] = times
    if rest:
        body = algebra.from_sum(rest)
        amount, factors = algebra.as_product(body)
        outer = tuple(one for one in factors if not shape_of(one.base, known))
        inner = tuple(one for one in factors if shape_of(one.base, known))
        front = algebra.from_product(algebra.Product(amount, outer))
        kept = algebra.from_product(algebra.Product(Fraction(1), inner))
        if not shape_of(kept, known):
            return call if operand == call.operands[0] else Call("sum", (operand,), call.keywords)
        found = algebra.added(found, algebra.product(front, Call("sum", (kept,), call.keywords)))
    return found


def _is_last(call: Call, shape: Shape) -> bool:
    """Whether a sum runs along the last axis alone."""
    axis = next((one.value for one in call.keywords if one.name == "axis"), None)
    return len(shape) == 1 if axis is None else axis in (-1, len(shape) - 1)


def _sigmoids(tree: Expression) -> Expression:
    """exp(u)/(1 + exp(u)) and 1/(1 + exp(-u)) as sigmoid(u)."""
    amount, factors = algebra.as_product(tree)
    for below in factors:
        if below.exponent != -1:
            continue
        terms = algebra.as_sum(below.base)
        powers = [term for term in terms if isinstance(term, Call) and term.function == "exp"]
        if len(terms) != 2 or len(powers) != 1 or any(times != 1 for times in terms.values()):
            continue
        if Number(1.0) not in terms:
            continue
        inner = powers[0].operands[0]
        rest = [one for one in factors if one is not below]
        above = next((one for one in rest if one == algebra.Factor(powers[0], Fraction(1))), None)
        if above is not None:
            rest.remove(above)
            made = Call("sigmoid", (inner,))
        else:
            made = Call("sigmoid", (algebra.negated(inner),))
        rest.append(algebra.Factor(made, Fraction(1)))
        return algebra.from_product(algebra.Product(amount, tuple(rest)))
    return tree
