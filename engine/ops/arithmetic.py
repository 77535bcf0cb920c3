"""Sums, products, quotients, powers."""

from __future__ import annotations

from typing import Any

from engine.ops.declare import CLASH, NONZERO, POSITIVE, REAL, op


@op(
    "+",
    rule="add passes the gradient on unchanged",
    domain=(REAL, REAL),
    elementwise=True,
    refuses=(CLASH,),
)
def add(xp: Any, a: Any, b: Any) -> Any:
    """The sum a + b, entry by entry."""
    return a + b


@add.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return g, g


@op(
    "−",
    rule="sub passes the gradient on to the first, and negated to the second",
    domain=(REAL, REAL),
    elementwise=True,
    refuses=(CLASH,),
)
def sub(xp: Any, a: Any, b: Any) -> Any:
    """The difference a - b, entry by entry."""
    return a - b


@sub.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return g, -g


@op(
    "·",
    rule="mul passes to each factor the gradient times the other factor",
    domain=(REAL, REAL),
    elementwise=True,
    refuses=(CLASH,),
)
def mul(xp: Any, a: Any, b: Any) -> Any:
    """The product a * b, entry by entry."""
    return a * b


@mul.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return g * b, g * a


@op(
    "/",
    rule="div passes the gradient over b to the first, times -a/b² to the second",
    domain=(REAL, NONZERO),
    elementwise=True,
    refuses=(CLASH,),
)
def div(xp: Any, a: Any, b: Any) -> Any:
    """The quotient a / b, entry by entry."""
    return a / b


@div.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return g / b, -g * out / b


@op("−", rule="neg passes the gradient on with its sign turned", elementwise=True)
def neg(xp: Any, a: Any) -> Any:
    """The negative -a."""
    return -a


@neg.gradient
def _(xp: Any, g: Any, out: Any, a: Any) -> Any:
    return (-g,)


@op(
    "^",
    rule="pow passes b·a^(b−1) times the gradient to the base, out·ln a times it to the exponent",
    domain=(POSITIVE, REAL),
    elementwise=True,
    refuses=(CLASH,),
)
def pow(xp: Any, a: Any, b: Any) -> Any:
    """The power a ** b, entry by entry."""
    return xp.power(a, b)


@pow.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any, *, wants: Any = (True, True)) -> Any:
    # Two limits as in PyTorch: at b = 0 the power is constant, also where a^(b−1) is inf; at a = 0
    # the slope by the exponent is 0, although ln 0 is -inf.
    to_a = to_b = None
    if wants[0]:
        to_a = xp.where(b == 0, 0.0, g * b * xp.power(a, b - 1))
    if wants[1]:
        safe = xp.where(a == 0, 1.0, a)
        to_b = xp.where(a == 0, 0.0, g * out * xp.log(safe))
    return to_a, to_b
