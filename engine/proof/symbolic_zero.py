"""Is this expression exactly 0? Decided by exact arithmetic alone, never by numbers.

An expression is rewritten as a quotient of polynomials in generators: symbols, exp of one term,
logarithms, sines, roots … The rewriting uses identities only: tanh and its kin through exp, exp of
a sum as a product, exp(n·log u) as uⁿ, and the relations Rⁿ = u of a root R = u^(1/n) and cos² = 1
− sin². If the numerator is the zero polynomial, the expression is 0 wherever it is defined. If not,
nothing is said: there may be an identity that is not used here.

Own polynomials, because the general ones of SymPy factor and search for common divisors on the way,
which costs a hundred times more than this question needs. A monomial is one integer, 32 bits an
exponent, so that multiplying monomials is adding integers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

Expression = Any
Polynomial = Mapping[int, Any]
Key = frozenset[tuple[int, Any]]

_BITS = 32
_MASK = (1 << _BITS) - 1
_ONE: Polynomial = {0: 1}
_LARGEST_POWER = 64
_LARGEST_POWER_OF_A_TERM = 2000
_ROOTS = 60


class OutOfBudgetError(Exception):
    """The proof would take more steps, or more time, than it was given."""


class NotRationalError(Exception):
    """The expression holds something that has no place in a quotient of polynomials."""


@dataclass(slots=True)
class Budget:
    """What a proof may cost: `steps` products of two terms, and `seconds` of time (None: no limit).

    Raises OutOfBudgetError from `spend` when either is used up.
    """

    steps: int = 4_000_000
    seconds: float | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> bool:
        """Whether anything is left of it."""
        return self.steps > 0 and not self._is_late()

    def spend(self, steps: int = 1) -> None:
        """Count steps, before they are taken."""
        self.steps -= steps
        if self.steps < 0:
            raise OutOfBudgetError("the expressions are too large")
        if self._is_late():
            raise OutOfBudgetError(f"not decided within {self.seconds:g} seconds")

    def _is_late(self) -> bool:
        return self.seconds is not None and time.monotonic() - self.started > self.seconds


@dataclass(frozen=True, slots=True)
class Quotient:
    """`top` over a product of powers of polynomials, `below`: factor -> power."""

    top: Polynomial
    below: Mapping[Key, int] = field(default_factory=dict)


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


class _Rewriting:
    """Expressions as quotients of polynomials, by all the identities there are."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
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
            return _constant(e)
        if e.is_Symbol:
            if e.is_positive:
                self._positive.add(self._number(e))
            return self._generator(e)
        if e.is_Add:
            return self._sum([self.quotient(part) for part in e.args])
        if e.is_Mul:
            result = _constant(sympy.S.One)
            for part in e.args:
                result = self._times(result, self.quotient(part))
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
        bottom = self._reduced(self._multiplied(_ONE, of.below), keep_value=True)
        if not bottom:
            raise NotRationalError("a division by 0")
        lead = bottom[max(bottom)]
        return (
            frozenset((m, _quotient(c, lead)) for m, c in top.items()),
            frozenset((m, _quotient(c, lead)) for m, c in bottom.items()),
        )

    def _generator(self, key: Any) -> Quotient:
        return Quotient({1 << (_BITS * self._number(key)): 1})

    def _number(self, key: Any) -> int:
        return self._generators.setdefault(key, len(self._generators))

    def _power_of(self, base: Expression, exponent: Expression) -> Quotient:
        if exponent.is_Integer:
            return self._power(self.quotient(base), int(exponent))
        if base.is_Integer and base > 1 and exponent.is_Rational:
            return self._root_of_integer(int(base), exponent)
        if exponent.is_Rational:
            root = self._root(self.quotient(base), int(exponent.q))
            return self._power(root, int(exponent.p))
        return self._exponential(exponent * sympy.log(base))

    def _root_of_integer(self, base: int, exponent: Expression) -> Quotient:
        result = _constant(sympy.S.One)
        for prime, count in sympy.factorint(base).items():
            root = self._root(_constant(sympy.Integer(prime)), int(exponent.q))
            result = self._times(result, self._power(root, count * int(exponent.p)))
        return result

    def _root(self, of: Quotient, order: int) -> Quotient:
        # All roots of one thing are powers of one generator, its 60th root: so √u meets u^0.7.
        whole = math.lcm(order, _ROOTS)
        key = ("root", self._key(of), whole)
        if key not in self._generators:
            self._relations.append(_Relation(self._number(key), whole, of))
        return Quotient({(whole // order) << (_BITS * self._number(key)): 1})

    def _circular(self, e: Expression) -> Quotient:
        angle = self.quotient(e.args[0])
        sine = self._generator(("sin", self._key(angle)))
        if isinstance(e, sympy.sin):
            return sine
        key = ("cos", self._key(angle))
        if key not in self._generators:
            square = self._times(sine, sine)
            rest = self._sum([_constant(sympy.S.One), self._times(_constant(-sympy.S.One), square)])
            self._relations.append(_Relation(self._number(key), 2, rest))
        return self._generator(key)

    def _logarithm(self, e: Expression) -> Quotient:
        parts = sympy.expand_log(e)
        if not isinstance(parts, sympy.log):
            return self.quotient(parts)
        of = self.quotient(parts.args[0])
        monomial = _split(of.top)[0]
        positive = all(self._is_positive(dict(factor)) for factor in of.below)
        if not positive or not self._is_positive({monomial: 1}):
            return self._log_generator(of)
        # log(m·p / q) = log m + log p − log q, for positive m and q.
        result = self._log_generator(Quotient({m - monomial: c for m, c in of.top.items()}))
        for number, power in _exponents(monomial).items():
            result = self._sum([result, self._scaled(self._log_of(number), power)])
        for factor, power in of.below.items():
            numbers = _exponents(next(iter(factor))[0]) if len(factor) == 1 else {}
            log = self._log_of(next(iter(numbers))) if numbers else None
            result = self._sum(
                [result, self._scaled(log or self._log_generator(Quotient(dict(factor))), -power)]
            )
        return result

    def _log_of(self, number: int) -> Quotient:
        """The logarithm of a positive generator; that of exp(u) is u."""
        exponent = self._exponents_of.get(number)
        if exponent is not None:
            return exponent
        return self._log_generator(Quotient({1 << (_BITS * number): 1}))

    def _log_generator(self, of: Quotient) -> Quotient:
        if of.top == _ONE and not of.below:
            return Quotient({})
        key = ("log", self._key(of))
        self._logarithms[self._number(key)] = of
        return self._generator(key)

    def _is_positive(self, polynomial: Polynomial) -> bool:
        return all(
            number > 0 and all(i in self._positive for i in _exponents(monomial))
            for monomial, number in polynomial.items()
        )

    def _scaled(self, of: Quotient, factor: int) -> Quotient:
        return Quotient({m: c * factor for m, c in of.top.items()}, of.below)

    def _exponential(self, exponent: Expression) -> Quotient:
        """exp of each term of a sum apart, so that exp(x + y) and exp(x)·exp(y) are alike."""
        real = bool(exponent.is_extended_real)
        result = _constant(sympy.S.One)
        for term in sympy.Add.make_args(sympy.expand(exponent)):
            of = self.quotient(term)
            for monomial, factor in of.top.items():
                base = self._exponential_of(Quotient({monomial: 1}, of.below), real)
                amount = Fraction(factor)
                if amount.denominator != 1:
                    base = self._root(base, amount.denominator)
                result = self._times(result, self._power(base, amount.numerator))
        return result

    def _exponential_of(self, exponent: Quotient, real: bool) -> Quotient:
        number = _only_generator(next(iter(exponent.top)))
        if number in self._logarithms and not exponent.below:
            return self._logarithms[number]
        key = ("exp", self._key(exponent))
        made = self._number(key)
        if real:
            self._positive.add(made)
            self._exponents_of[made] = exponent
        return self._generator(key)

    def _sum(self, parts: list[Quotient]) -> Quotient:
        below: dict[Key, int] = {}
        for part in parts:
            for factor, power in part.below.items():
                below[factor] = max(power, below.get(factor, 0))
        top: dict[int, Any] = {}
        for part in parts:
            missing = {f: power - part.below.get(f, 0) for f, power in below.items()}
            scaled = self._multiplied(part.top, missing)
            for monomial, number in scaled.items():
                total = top.get(monomial, 0) + number
                if total:
                    top[monomial] = total
                else:
                    del top[monomial]
        return Quotient(top, below if top else {})

    def _times(self, a: Quotient, b: Quotient) -> Quotient:
        below = dict(a.below)
        for factor, power in b.below.items():
            below[factor] = below.get(factor, 0) + power
        tops = []
        for top in (a.top, b.top):
            # A numerator that is one of the factors below cancels: that keeps sizes down.
            key = frozenset(top.items())
            if below.get(key, 0):
                below[key] -= 1
                top = _ONE
            tops.append(top)
        top = self._product(*tops)
        return Quotient(top, {f: p for f, p in below.items() if p} if top else {})

    def _power(self, base: Quotient, power: int) -> Quotient:
        if power < 0:
            return self._power(self._inverse(base), -power)
        if power > (_LARGEST_POWER if len(base.top) > 1 else _LARGEST_POWER_OF_A_TERM):
            raise OutOfBudgetError(f"a power of {power}")
        if len(base.top) == 1:
            ((monomial, number),) = base.top.items()
            below = {factor: count * power for factor, count in base.below.items()}
            return Quotient({monomial * power: number**power}, below if power else {})
        result = _constant(sympy.S.One)
        for _ in range(power):
            result = self._times(result, base)
        return result

    def _inverse(self, of: Quotient) -> Quotient:
        if not of.top:
            raise NotRationalError("a division by 0")
        top = self._multiplied(_ONE, of.below)
        monomial, lead, rest = _split(of.top)
        below: dict[Key, int] = {}
        for number, power in _exponents(monomial).items():
            below[frozenset({(1 << (_BITS * number), 1)})] = power
        if rest != _ONE:
            below[frozenset(rest.items())] = 1
        return Quotient({m: _quotient(c, lead) for m, c in top.items()}, below)

    def _multiplied(self, top: Polynomial, factors: Mapping[Key, int]) -> Polynomial:
        """The polynomial times a product of powers of others."""
        for factor, power in factors.items():
            if len(factor) == 1:
                ((monomial, number),) = factor
                self.budget.spend(len(top))
                top = {m + monomial * power: c * number**power for m, c in top.items()}
            else:
                for _ in range(power):
                    top = self._product(top, dict(factor))
        return top

    def _product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        self.budget.spend(len(a) * len(b))
        if a == _ONE:
            return b
        if b == _ONE:
            return a
        result: dict[int, Any] = {}
        for m, c in a.items():
            for n, d in b.items():
                result[m + n] = result.get(m + n, 0) + c * d
        return {m: c for m, c in result.items() if c}

    def _reduced(self, top: Polynomial, keep_value: bool = False) -> Polynomial:
        """The polynomial after every relation has been used, the newest generator first.

        It may come out multiplied by something that is not 0, unless `keep_value` says to leave
        out the relations that would do that.
        """
        for relation in reversed(self._relations):
            if keep_value and relation.value.below:
                continue
            shift = _BITS * relation.generator
            rounds = max((((m >> shift) & _MASK) // relation.order for m in top), default=0)
            if not rounds:
                continue
            bottom = self._multiplied(_ONE, relation.value.below)
            grouped: list[dict[int, Any]] = [{} for _ in range(rounds + 1)]
            for m, c in top.items():
                used = ((m >> shift) & _MASK) // relation.order
                grouped[used][m - ((used * relation.order) << shift)] = c
            parts = []
            for used, part in enumerate(grouped):
                whole: Polynomial = part
                for _ in range(used):
                    whole = self._product(whole, relation.value.top)
                for _ in range(rounds - used):
                    whole = self._product(whole, bottom)
                parts.append(Quotient(whole))
            top = self._sum(parts).top
        return top


class _AtSurface(_Rewriting):
    """The cheap way, tried first: a function of something is one generator, and nobody looks
    inside.

    Backward passes reuse the values of the forward pass, so the same insides are mostly written
    alike.
    """

    def _rewritten(self, e: Expression) -> Quotient:
        if isinstance(e, sympy.exp) and e.args[0].could_extract_minus_sign():
            return self._inverse(self._generator(sympy.exp(-e.args[0])))
        if e.is_Function or (e.is_Pow and not e.exp.is_Rational):
            return self._generator(e)
        return super()._rewritten(e)


def _constant(number: Expression) -> Quotient:
    if not number:
        return Quotient({})
    return Quotient({0: int(number.p) if number.q == 1 else Fraction(int(number.p), int(number.q))})


def _exponents(monomial: int) -> dict[int, int]:
    found = {}
    number = 0
    while monomial:
        if monomial & _MASK:
            found[number] = monomial & _MASK
        monomial >>= _BITS
        number += 1
    return found


def _only_generator(monomial: int) -> int | None:
    exponents = _exponents(monomial)
    if len(exponents) == 1:
        ((number, power),) = exponents.items()
        return number if power == 1 else None
    return None


def _split(top: Polynomial) -> tuple[int, Any, Polynomial]:
    """A polynomial as monomial · number · rest, where the rest is the same for all multiples."""
    first, *others = top
    common = _exponents(first)
    for monomial in others:
        here = _exponents(monomial)
        common = {n: min(p, here[n]) for n, p in common.items() if n in here}
    monomial = sum(power << (_BITS * number) for number, power in common.items())
    lead = top[max(top)]
    return monomial, lead, {m - monomial: _quotient(c, lead) for m, c in top.items()}


def _quotient(a: Any, b: Any) -> Any:
    result = Fraction(a) / Fraction(b)
    return result.numerator if result.denominator == 1 else result
