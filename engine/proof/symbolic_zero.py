"""Is this expression exactly 0? Decided by exact arithmetic alone, never by numbers.

An expression is rewritten as a quotient of polynomials in generators: symbols, exp of one term,
logarithms, sines, roots … The rewriting uses identities only: tanh and its kin through exp, exp of
a sum as a product, exp(n·log u) as uⁿ, and the relations Rⁿ = u of a root R = u^(1/n) and cos² = 1
− sin². If the numerator is the zero polynomial, the expression is 0 wherever it is defined. If not,
nothing is said: there may be an identity that is not used here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from engine.proof.symbolic_quotients import (
    BITS,
    MASK,
    ONE,
    Arithmetic,
    Budget,
    Expression,
    Key,
    NotRationalError,
    Polynomial,
    Quotient,
    constant,
    divided,
    exponents,
    only_generator,
    split,
    without_numbers,
)

_ROOTS = 60


@dataclass(frozen=True, slots=True)
class _Relation:
    """The power `order` of generator number `generator` is `value`."""

    generator: int
    order: int
    value: Quotient


class ZeroTest:
    """Decides `vanishes(expression)` for many expressions that share sub-expressions.

    Raises OutOfBudgetError when `budget` is used up.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        shared = budget or Budget()
        self._ways = (_AtSurface(shared), _Rewriting(shared))

    def vanishes(self, expression: Expression) -> bool:
        """True when the expression was reduced to exactly 0; False when it was not."""
        return expression == 0 or any(way.vanishes(expression) for way in self._ways)


class _Rewriting(Arithmetic):
    """Expressions as quotients of polynomials, by all the identities there are."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._quotients: dict[Expression, Quotient] = {}
        self._generators: dict[Any, int] = {}
        self._logarithms: dict[int, Quotient] = {}
        self._exponents_of: dict[int, Quotient] = {}
        self._positive: set[int] = set()
        self._relations: list[_Relation] = []

    def vanishes(self, expression: Expression) -> bool:
        """Whether the numerator is the zero polynomial."""
        try:
            return not self._reduced(self.quotient(expression).top)
        except NotRationalError:
            return False

    def quotient(self, e: Expression) -> Quotient:
        """The expression as a quotient of polynomials in generators."""
        found = self._quotients.get(e)
        if found is None:
            self.budget.spend()
            found = self._quotients[e] = self._rewritten(e)
        return found

    def _rewritten(self, e: Expression) -> Quotient:
        if e.is_Rational:
            return constant(e)
        if e.is_Symbol:
            if e.is_positive:
                self._positive.add(self._number(e))
            return self._generator(e)
        if e.is_Add:
            return self.sum([self.quotient(part) for part in e.args])
        if e.is_Mul:
            result = constant(sympy.S.One)
            for part in e.args:
                result = self.times(result, self.quotient(part))
            return result
        if e.is_Pow:
            return self._power_of(*e.args)
        if isinstance(e, sympy.exp):
            return self._exponential(e.args[0])
        if isinstance(e, sympy.log):
            return self._logarithm(e)
        if isinstance(e, HyperbolicFunction):
            return self.quotient(e.rewrite(sympy.exp))
        if isinstance(e, (sympy.sin, sympy.cos)):
            return self._circular(e)
        if e == sympy.E:
            return self._exponential(sympy.S.One)
        if e.is_Boolean or not (e.is_Function or e == sympy.pi):
            raise NotRationalError(str(e.func))
        return self._generator((e.func, *(self._key(self.quotient(part)) for part in e.args)))

    def _key(self, of: Quotient) -> tuple[Key, Key]:
        """Something that is equal for quotients that are written alike."""
        top = self._reduced(of.top, keep_value=True)
        bottom = self._reduced(self.multiplied(ONE, of.below), keep_value=True)
        if not bottom:
            raise NotRationalError("a division by 0")
        lead = bottom[max(bottom)]
        return (
            frozenset((m, divided(c, lead)) for m, c in top.items()),
            frozenset((m, divided(c, lead)) for m, c in bottom.items()),
        )

    def _generator(self, key: Any) -> Quotient:
        return Quotient({1 << (BITS * self._number(key)): 1})

    def _number(self, key: Any) -> int:
        return self._generators.setdefault(key, len(self._generators))

    def _power_of(self, base: Expression, exponent: Expression) -> Quotient:
        if exponent.is_Integer:
            return self.power(self.quotient(base), int(exponent))
        if base.is_Integer and base > 1 and exponent.is_Rational:
            return self._root_of_integer(int(base), exponent)
        if exponent.is_Rational:
            root = self._root(self.quotient(base), int(exponent.q))
            return self.power(root, int(exponent.p))
        return self._exponential(exponent * sympy.log(base))

    def _root_of_integer(self, base: int, exponent: Expression) -> Quotient:
        result = constant(sympy.S.One)
        for prime, count in sympy.factorint(base, limit=1000).items():
            root = self._root(constant(sympy.Integer(prime)), int(exponent.q))
            result = self.times(result, self.power(root, count * int(exponent.p)))
        return result

    def _root(self, of: Quotient, order: int) -> Quotient:
        # All roots of one thing are powers of one generator, its 60th root: so √u meets u^0.7.
        whole = math.lcm(order, _ROOTS)
        key = ("root", self._key(of), whole)
        if key not in self._generators:
            number, below = without_numbers(of)
            value = Quotient({m: c * number for m, c in of.top.items()}, below)
            self._relations.append(_Relation(self._number(key), whole, value))
        return Quotient({(whole // order) << (BITS * self._number(key)): 1})

    def _circular(self, e: Expression) -> Quotient:
        angle = self.quotient(e.args[0])
        sine = self._generator(("sin", self._key(angle)))
        if isinstance(e, sympy.sin):
            return sine
        key = ("cos", self._key(angle))
        if key not in self._generators:
            square = self.times(sine, sine)
            rest = self.sum([constant(sympy.S.One), self.times(constant(-sympy.S.One), square)])
            self._relations.append(_Relation(self._number(key), 2, rest))
        return self._generator(key)

    def _logarithm(self, e: Expression) -> Quotient:
        parts = sympy.expand_log(e)
        if not isinstance(parts, sympy.log):
            return self.quotient(parts)
        of = self.quotient(parts.args[0])
        monomial = split(of.top)[0]
        positive = all(self._is_positive(dict(factor)) for factor in of.below)
        if not positive or not self._is_positive({monomial: 1}):
            return self._log_generator(of)
        # log(m·p / q) = log m + log p − log q, for positive m and q.
        result = self._log_generator(Quotient({m - monomial: c for m, c in of.top.items()}))
        for number, power in exponents(monomial).items():
            result = self.sum([result, self._scaled(self._log_of(number), power)])
        for factor, power in of.below.items():
            numbers = exponents(next(iter(factor))[0]) if len(factor) == 1 else {}
            log = self._log_of(next(iter(numbers))) if numbers else None
            result = self.sum(
                [result, self._scaled(log or self._log_generator(Quotient(dict(factor))), -power)]
            )
        return result

    def _log_of(self, number: int) -> Quotient:
        """The logarithm of a positive generator; that of exp(u) is u."""
        exponent = self._exponents_of.get(number)
        if exponent is not None:
            return exponent
        return self._log_generator(Quotient({1 << (BITS * number): 1}))

    def _log_generator(self, of: Quotient) -> Quotient:
        if of.top == ONE and not of.below:
            return Quotient({})
        key = ("log", self._key(of))
        self._logarithms[self._number(key)] = of
        return self._generator(key)

    def _is_positive(self, polynomial: Polynomial) -> bool:
        return all(
            number > 0 and all(i in self._positive for i in exponents(monomial))
            for monomial, number in polynomial.items()
        )

    def _scaled(self, of: Quotient, factor: int) -> Quotient:
        return Quotient({m: c * factor for m, c in of.top.items()}, of.below)

    def _exponential(self, exponent: Expression) -> Quotient:
        """exp of each term of a sum apart, so that exp(x + y) and exp(x)·exp(y) are alike."""
        real = bool(exponent.is_extended_real)
        result = constant(sympy.S.One)
        for term in sympy.Add.make_args(sympy.expand(exponent)):
            of = self.quotient(term)
            number, below = without_numbers(of)
            for monomial, factor in of.top.items():
                base = self._exponential_of(Quotient({monomial: 1}, below), real)
                amount = factor * number
                if amount.denominator != 1:
                    base = self._root(base, amount.denominator)
                result = self.times(result, self.power(base, amount.numerator))
        return result

    def _exponential_of(self, exponent: Quotient, real: bool) -> Quotient:
        number = only_generator(next(iter(exponent.top)))
        if number in self._logarithms and not exponent.below:
            return self._logarithms[number]
        key = ("exp", self._key(exponent))
        made = self._number(key)
        if real:
            self._positive.add(made)
            self._exponents_of[made] = exponent
        return self._generator(key)

    def _reduced(self, top: Polynomial, keep_value: bool = False) -> Polynomial:
        """The polynomial after every relation has been used, the newest generator first.

        It may come out multiplied by something that is not 0, unless `keep_value` says to leave
        out the relations that would do that.
        """
        for relation in reversed(self._relations):
            if keep_value and relation.value.below:
                continue
            shift = BITS * relation.generator
            rounds = max((((m >> shift) & MASK) // relation.order for m in top), default=0)
            if not rounds:
                continue
            bottom = self.multiplied(ONE, relation.value.below)
            grouped: list[dict[int, Any]] = [{} for _ in range(rounds + 1)]
            for m, c in top.items():
                used = ((m >> shift) & MASK) // relation.order
                grouped[used][m - ((used * relation.order) << shift)] = c
            parts = []
            for used, part in enumerate(grouped):
                whole: Polynomial = part
                for _ in range(used):
                    whole = self.product(whole, relation.value.top)
                for _ in range(rounds - used):
                    whole = self.product(whole, bottom)
                parts.append(Quotient(whole))
            top = self.sum(parts).top
        return top


class _AtSurface(_Rewriting):
    """The cheap way, tried first: a function of something is one generator, and nobody looks
    inside.

    Backward passes reuse the values of the forward pass, so the same insides are mostly written
    alike.
    """

    def _rewritten(self, e: Expression) -> Quotient:
        if isinstance(e, sympy.exp) and e.args[0].could_extract_minus_sign():
            return self.inverse(self._generator(sympy.exp(-e.args[0])))
        if e.is_Function or (e.is_Pow and not e.exp.is_Rational):
            return self._generator(e)
        return super()._rewritten(e)
