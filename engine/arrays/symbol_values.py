"""What an expression is worth: numbers as exact expressions, expressions as numbers, and regions.

Inside `with region(point):` every comparison is decided by its truth at the point and written down,
so what comes out of a computation is one smooth branch, right on the whole region of points with
the same truths.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from engine.errors import EngineError

Expression = Any


@dataclass(slots=True)
class Region:
    """Where one branch holds: `point` (symbol -> number) and the truths met on the way."""

    point: Mapping[Any, float]
    truths: dict[Any, bool] = field(default_factory=dict)
    known: dict[Any, float] = field(default_factory=dict)

    @property
    def signature(self) -> frozenset[tuple[Any, bool]]:
        """The truths as something to compare regions by."""
        return frozenset(self.truths.items())

    @property
    def words(self) -> str:
        """The truths in words: the conditions that hold, or "everywhere"."""
        held = [str(r if truth else sympy.Not(r)) for r, truth in self.truths.items()]
        return " and ".join(dict.fromkeys(held)) or "everywhere"

    def value(self, expression: Expression) -> float:
        """The expression's number at the point."""
        return value_at(expression, self.point, self.known)

    def decide(self, relation: Any) -> bool:
        """The truth of a relation at the point, written down.

        Raises EngineError where both sides have the same number there, but not for all points.
        """
        if relation not in self.truths:
            left, right = self.value(relation.lhs), self.value(relation.rhs)
            if not abs(left - right) > 1e-9 * max(1.0, abs(left), abs(right)):
                raise EngineError(
                    f"the point lies on the border of {relation}, where branches meet"
                )
            self.truths[relation] = _HOLDS[relation.rel_op](left, right)
        return self.truths[relation]


class _Current(threading.local):
    region: Region | None = None


_CURRENT = _Current()
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@contextmanager
def region(point: Mapping[Any, float]) -> Iterator[Region]:
    """Decide comparisons by their truth at `point`; gives the Region that they describe."""
    before = _CURRENT.region
    _CURRENT.region = Region(point)
    try:
        yield _CURRENT.region
    finally:
        _CURRENT.region = before


def whole_part(x: Expression) -> Expression:
    """The largest whole number that is at most x: inside a region, the number that it is there."""
    if _CURRENT.region is None:
        return sympy.floor(x)
    whole = math.floor(_CURRENT.region.value(x))
    settled(sympy.Ge(x, whole))
    settled(sympy.Lt(x, whole + 1))
    return sympy.Integer(whole)


def settled(relation: Any) -> Any:
    """A relation, or its truth where that is certain or a region decides it."""
    if relation in (sympy.true, sympy.false) or _CURRENT.region is None:
        return relation
    if not isinstance(relation, sympy.core.relational.Relational):
        return settled(relation.func(*[settled(part) for part in relation.args]))
    return sympy.true if _CURRENT.region.decide(relation) else sympy.false


def exact(x: Any) -> Expression:
    """A number as an exact expression: 0.1 is 1/10, the double nearest to √2 is √2."""
    if isinstance(x, sympy.Basic):
        return x
    if isinstance(x, (bool, np.bool_)):
        return sympy.true if x else sympy.false
    if isinstance(x, (int, np.integer)):
        return sympy.Integer(int(x))
    if isinstance(x, np.ndarray):
        return exact(x.item())
    if not isinstance(x, (float, np.floating)):
        raise EngineError(f"symbols cannot be computed with a {type(x).__name__}")
    number = float(x)
    if not math.isfinite(number):
        return sympy.nan if number != number else sympy.oo if number > 0 else -sympy.oo
    constant = _CONSTANTS.get(abs(number))
    if constant is not None:
        return constant if number > 0 else -constant
    parts = Fraction(repr(number))
    return sympy.Rational(parts.numerator, parts.denominator)


def number_of(x: Expression) -> Expression:
    """A relation as the number that it stands for in arithmetic: 1 where it holds, else 0."""
    if x == sympy.true:
        return sympy.Integer(1)
    if x == sympy.false:
        return sympy.Integer(0)
    if isinstance(x, sympy.logic.boolalg.Boolean) and not isinstance(x, sympy.Symbol):
        return sympy.Piecewise((1, x), (0, True))
    return x


def value_at(
    expression: Expression, point: Mapping[Any, float], known: dict[Any, float] | None = None
) -> float:
    """The number of an expression at a point, in double precision (nan where there is none).

    known: numbers of sub-expressions found before, which is filled on; a shared one saves time.
    """
    known = {} if known is None else known
    found = known.get(expression)
    if found is None:
        try:
            found = _value(expression, point, known)
        except (ArithmeticError, ValueError):
            found = math.nan
        known[expression] = found
    return found


def _value(e: Expression, point: Mapping[Any, float], known: dict[Any, float]) -> float:
    if e.is_Symbol:
        return float(point[e])
    if not e.args or e.is_number:
        return _real(e)
    values = [value_at(part, point, known) for part in e.args]
    if e.is_Add:
        return math.fsum(values)
    if e.is_Mul:
        return math.prod(values)
    if e.is_Pow:
        return math.pow(*values)
    function = _FLOAT_FUNCTIONS.get(e.func)
    if function is None:
        raise EngineError(f"no number can be found for {e.func.__name__}")
    return function(*values)


def _real(e: Expression) -> float:
    if e in (sympy.true, sympy.false):
        return float(bool(e))
    try:
        return float(e)
    except TypeError:
        return math.nan


def _near(constant: Expression) -> list[tuple[float, Expression]]:
    nearest = float(constant)
    return [(x, constant) for x in (nearest, np.nextafter(nearest, 0), np.nextafter(nearest, 9))]


_PI, _TWO = sympy.pi, sympy.Integer(2)
_CONSTANTS: dict[float, Expression] = {
    float(number): constant
    for known in (
        _PI,
        2 * _PI,
        _PI / 2,
        sympy.sqrt(_PI),
        2 / sympy.sqrt(_PI),
        1 / sympy.sqrt(_PI),
        sympy.sqrt(2),
        1 / sympy.sqrt(_TWO),
        sympy.sqrt(2 / _PI),
        1 / sympy.sqrt(2 * _PI),
        sympy.log(2),
        1 / sympy.log(2),
        sympy.E,
    )
    for number, constant in _near(known)
}
_FLOAT_FUNCTIONS: dict[Any, Callable[..., float]] = {
    sympy.exp: math.exp,
    sympy.log: math.log,
    sympy.sin: math.sin,
    sympy.cos: math.cos,
    sympy.tan: math.tan,
    sympy.sinh: math.sinh,
    sympy.cosh: math.cosh,
    sympy.tanh: math.tanh,
    sympy.erf: math.erf,
    sympy.Abs: abs,
    sympy.sign: lambda x: math.copysign(1.0, x) if x else x,
    sympy.floor: math.floor,
    sympy.Heaviside: lambda x, at_zero=0.5: at_zero if x == 0 else float(x > 0),
    sympy.DiracDelta: lambda *_: 0.0,
}
