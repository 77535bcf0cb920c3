"""A SymPy expression in our own signs: `2·x·e^(x²)` as `2·x·exp(x²)`, `−x/(1 + x)²`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.render.numbers import number

Expression = Any

_SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(5)
_RAISED = {2: "²", 3: "³"}
_FUNCTIONS = {"Abs": "abs"}


def spelled_formula(expression: Expression, names: Mapping[Expression, str]) -> str:
    """The text of an expression; names: how each symbol is written."""
    return _text(expression, names)[0]


def _text(e: Expression, names: Mapping[Expression, str]) -> tuple[str, int]:
    """The text, and how strongly what it is made of holds together."""
    import sympy

    if e in names:
        return names[e], _ATOM
    if e.is_Rational and not e.is_Integer:
        return _quotient(e, names)
    if e.is_number and not e.args:
        text = str(e) if e in (sympy.pi, sympy.E) else number(float(e), digits=12)
        return {"pi": "π", "E": "e"}.get(text, text), _SIGNED if text[:1] == "−" else _ATOM
    if e.is_Add:
        return _sum(e, names), _SUM
    if e.is_Mul:
        return _quotient(e, names)
    if e.is_Pow:
        return _power(e, names)
    if isinstance(e, sympy.exp):
        return f"exp({_text(e.args[0], names)[0]})", _ATOM
    name = _FUNCTIONS.get(type(e).__name__, type(e).__name__)
    return f"{name}({', '.join(_text(part, names)[0] for part in e.args)})", _ATOM


def _held(e: Expression, names: Mapping[Expression, str], least: int) -> str:
    text, strength = _text(e, names)
    return text if strength >= least else f"({text})"


def _sum(e: Expression, names: Mapping[Expression, str]) -> str:
    """The terms, those without a minus first, numbers before others."""
    terms = sorted(
        e.as_ordered_terms(),
        key=lambda term: (bool(term.could_extract_minus_sign()), not term.is_number),
    )
    text = _held(terms[0], names, _PRODUCT)
    for term in terms[1:]:
        less = term.could_extract_minus_sign()
        text += f" {'−' if less else '+'} {_held(-term if less else term, names, _PRODUCT)}"
    return text


def _quotient(e: Expression, names: Mapping[Expression, str]) -> tuple[str, int]:
    """A product over a product."""
    above, below = e.as_numer_denom()
    sign = ""
    if not above.is_Add and above.could_extract_minus_sign():
        sign, above = "−", -above
    if below == 1:
        return sign + _product(above, names), _SIGNED if sign else _PRODUCT
    divisor = _product(below, names) if not below.is_Mul else f"({_product(below, names)})"
    return f"{sign}{_product(above, names)}/{divisor}", _SIGNED if sign else _PRODUCT


def _product(e: Expression, names: Mapping[Expression, str]) -> str:
    if not e.is_Mul:
        return _held(e, names, _POWER)
    factors = sorted(e.as_ordered_factors(), key=lambda factor: not factor.is_number)
    return "·".join(_held(factor, names, _POWER) for factor in factors)


def _power(e: Expression, names: Mapping[Expression, str]) -> tuple[str, int]:
    import sympy

    base, exponent = e.as_base_exp()
    if exponent.could_extract_minus_sign():
        return f"1/{_held(base**-exponent, names, _POWER)}", _PRODUCT
    if exponent == sympy.Rational(1, 2):
        return f"√({_text(base, names)[0]})", _ATOM
    below = _held(base, names, _ATOM)
    if exponent in _RAISED:
        return f"{below}{_RAISED[int(exponent)]}", _POWER
    return f"{below}^{_held(exponent, names, _ATOM)}", _POWER
