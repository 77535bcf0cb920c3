"""Quotients of polynomials with whole coefficients, as far as asking for 0 needs them.

Own arithmetic, because the general one of SymPy factors and searches for common divisors on the
way, which costs a hundred times more than this question needs. A monomial is one integer, 32 bits
an exponent, so that multiplying monomials is adding integers. What is below a quotient is kept as a
product of factors, numbers by their small primes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

Expression = Any
Polynomial = Mapping[int, Any]
Key = frozenset[tuple[int, Any]]

BITS = 32
MASK = (1 << BITS) - 1
ONE: Polynomial = {0: 1}
_LARGEST_POWER = 64
_LARGEST_POWER_OF_A_TERM = 2000


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


class Arithmetic:
    """Sums, products and powers of quotients, paid for from a budget.

    Raises OutOfBudgetError when that is used up, NotRationalError for a division by 0.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def sum(self, parts: list[Quotient]) -> Quotient:
        """The sum over the least common product of what is below."""
        below: dict[Key, int] = {}
        for part in parts:
            for factor, power in part.below.items():
                below[factor] = max(power, below.get(factor, 0))
        top: dict[int, Any] = {}
        for part in parts:
            missing = {f: power - part.below.get(f, 0) for f, power in below.items()}
            scaled = self.multiplied(part.top, missing)
            for monomial, number in scaled.items():
                total = top.get(monomial, 0) + number
                if total:
                    top[monomial] = total
                else:
                    del top[monomial]
        return Quotient(top, below if top else {})

    def times(self, a: Quotient, b: Quotient) -> Quotient:
        """The product of two quotients."""
        below = dict(a.below)
        for factor, power in b.below.items():
            below[factor] = below.get(factor, 0) + power
        tops = []
        for top in (a.top, b.top):
            # A numerator that is one of the factors below cancels: that keeps sizes down.
            key = frozenset(top.items())
            if below.get(key, 0):
                below[key] -= 1
                top = ONE
            tops.append(top)
        top = self.product(*tops)
        return Quotient(top, {f: p for f, p in below.items() if p} if top else {})

    def power(self, base: Quotient, power: int) -> Quotient:
        """A whole power, also a negative one."""
        if power < 0:
            return self.power(self.inverse(base), -power)
        if power > (_LARGEST_POWER if len(base.top) > 1 else _LARGEST_POWER_OF_A_TERM):
            raise OutOfBudgetError(f"a power of {power}")
        if len(base.top) == 1:
            ((monomial, number),) = base.top.items()
            below = {factor: count * power for factor, count in base.below.items()}
            return Quotient({monomial * power: number**power}, below if power else {})
        result = constant(sympy.S.One)
        for _ in range(power):
            result = self.times(result, base)
        return result

    def inverse(self, of: Quotient) -> Quotient:
        """One over a quotient."""
        if not of.top:
            raise NotRationalError("a division by 0")
        top = self.multiplied(ONE, of.below)
        monomial, number, rest = split(of.top)
        common = math.gcd(number, *top.values()) * (1 if number > 0 else -1)
        below = primes(number // common)
        for generator, power in exponents(monomial).items():
            below[frozenset({(1 << (BITS * generator), 1)})] = power
        if rest != ONE:
            below[frozenset(rest.items())] = 1
        return Quotient({m: c // common for m, c in top.items()}, below)

    def multiplied(self, top: Polynomial, factors: Mapping[Key, int]) -> Polynomial:
        """The polynomial times a product of powers of others."""
        for factor, power in factors.items():
            if len(factor) == 1:
                ((monomial, number),) = factor
                self.budget.spend(len(top))
                top = {m + monomial * power: c * number**power for m, c in top.items()}
            else:
                for _ in range(power):
                    top = self.product(top, dict(factor))
        return top

    def product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        """The product of two polynomials."""
        if a == ONE:
            return b
        if b == ONE:
            return a
        result: dict[int, Any] = {}
        for m, c in a.items():
            self.budget.spend(len(b))
            for n, d in b.items():
                result[m + n] = result.get(m + n, 0) + c * d
        return {m: c for m, c in result.items() if c}


def constant(number: Expression) -> Quotient:
    """A number; its denominator stands below by primes, so that coefficients are whole."""
    if not number:
        return Quotient({})
    return Quotient({0: int(number.p)}, primes(int(number.q)))


def primes(number: int) -> dict[Key, int]:
    """A whole number as a product of powers: small primes, and what is left as one factor."""
    found: dict[Key, int] = {}
    for prime in (2, 3, 5, 7):
        power = 0
        while number % prime == 0:
            number //= prime
            power += 1
        if power:
            found[frozenset({(0, prime)})] = power
    if number != 1:
        found[frozenset({(0, number)})] = 1
    return found


def without_numbers(of: Quotient) -> tuple[Fraction, Mapping[Key, int]]:
    """What is below a quotient: one over the number there, and everything else."""
    number = Fraction(1)
    rest = {}
    for factor, power in of.below.items():
        ((monomial, prime), *more) = factor
        if monomial or more:
            rest[factor] = power
        else:
            number /= prime**power
    return number, rest


def exponents(monomial: int) -> dict[int, int]:
    """The exponents of a monomial, by the number of the generator."""
    found = {}
    number = 0
    while monomial:
        if monomial & MASK:
            found[number] = monomial & MASK
        monomial >>= BITS
        number += 1
    return found


def only_generator(monomial: int) -> int | None:
    """The one generator that a monomial is, or None where it is more than that."""
    found = exponents(monomial)
    if len(found) == 1:
        ((number, power),) = found.items()
        return number if power == 1 else None
    return None


def split(top: Polynomial) -> tuple[int, Any, Polynomial]:
    """A polynomial as monomial · number · rest, where the rest is the same for all multiples."""
    first, *others = top
    common = exponents(first)
    for monomial in others:
        here = exponents(monomial)
        common = {n: min(p, here[n]) for n, p in common.items() if n in here}
    monomial = sum(power << (BITS * number) for number, power in common.items())
    number = math.gcd(*top.values()) * (1 if top[max(top)] > 0 else -1)
    return monomial, number, {m - monomial: c // number for m, c in top.items()}


def divided(a: Any, b: Any) -> Any:
    """a / b as a whole number where it is one, else as a Fraction."""
    result = Fraction(a) / Fraction(b)
    return result.numerator if result.denominator == 1 else result
