"""Whether an expression is nowhere negative, as far as SymPy can tell."""

from __future__ import annotations

from typing import Any

import sympy


def at_least(expression: Any, *, strict: bool = False) -> bool:
    """Whether an expression of real symbols is at least 0 (above 0 with `strict`) everywhere.

    Exponentials become positive symbols, the rest is brought to one fraction and factored: squares
    and sums of positive terms are seen then. False says nothing.
    """
    plain = expression.rewrite(sympy.exp)
    for form in (expression, plain, _factored(plain)):
        found = form.is_positive if strict else form.is_nonnegative
        if found:
            return True
    return False


def _factored(expression: Any) -> Any:
    """One fraction, factored, with a positive symbol for each exponential of one term."""
    expanded = sympy.expand(expression, power_exp=True, mul=False, log=False, multinomial=False)
    powers = list(expanded.atoms(sympy.exp))
    names: dict[Any, Any] = {}
    put: dict[Any, Any] = {}
    for power in powers:
        rate, base = power.args[0].as_coeff_Mul()
        if not rate.is_Integer:
            base, rate = power.args[0], sympy.Integer(1)
        if base not in names:
            names[base] = sympy.Dummy(positive=True)
        put[power] = names[base] ** rate
    return sympy.factor(sympy.together(expanded.xreplace(put)))
