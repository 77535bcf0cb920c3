"""Functions of single entries: powers of e, roots, waves, and the ones with a kink."""

from __future__ import annotations

import math
from typing import Any

from engine.errors import ShapeError
from engine.ops.declare import CLASH, DISTINCT, NONZERO, POSITIVE, REAL, Domain, Refusal, Sample, op

_ABOVE_MINUS_ONE = Domain(-0.7, 2.0)
_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
_BETWEEN_WHOLE_NUMBERS = Domain(kinks=(-2.0, -1.0, 0.0, 1.0, 2.0))


@op("exp", rule="exp passes the gradient times its own value eˣ", elementwise=True)
def exp(xp: Any, x: Any) -> Any:
    """The exponential eˣ, entry by entry."""
    return xp.exp(x)


@exp.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * out,)


@op("expm1", rule="expm1 passes the gradient times eˣ", elementwise=True)
def expm1(xp: Any, x: Any) -> Any:
    """eˣ − 1, entry by entry, to full precision near 0."""
    return xp.expm1(x)


@expm1.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * (out + 1),)


@op(
    "ln",
    rule="log passes the gradient over x",
    domain=(POSITIVE,),
    elementwise=True,
    synonyms=("ln",),
)
def log(xp: Any, x: Any) -> Any:
    """The natural logarithm, entry by entry: -inf at 0, nan below."""
    return xp.log(x)


@log.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g / x,)


@op(
    "log1p",
    rule="log1p passes the gradient over 1 + x",
    domain=(_ABOVE_MINUS_ONE,),
    elementwise=True,
)
def log1p(xp: Any, x: Any) -> Any:
    """ln(1 + x), entry by entry, to full precision near 0."""
    return xp.log1p(x)


@log1p.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g / (1 + x),)


@op(
    "logaddexp",
    rule="logaddexp passes each term the gradient times that term's share of the sum",
    domain=(REAL, REAL),
    elementwise=True,
    refuses=(CLASH,),
)
def logaddexp(xp: Any, a: Any, b: Any) -> Any:
    """ln(eᵃ + eᵇ), entry by entry, without overflow."""
    return xp.logaddexp(a, b)


@logaddexp.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return g * xp.exp(a - out), g * xp.exp(b - out)


@op("√", rule="sqrt passes the gradient over 2√x", domain=(POSITIVE,), elementwise=True)
def sqrt(xp: Any, x: Any) -> Any:
    """The square root, entry by entry: nan below 0; the slope at 0 is inf."""
    return xp.sqrt(x)


@sqrt.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g / (2 * out),)


@op("²", rule="square passes the gradient times 2x", elementwise=True)
def square(xp: Any, x: Any) -> Any:
    """x², entry by entry."""
    return x * x


@square.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * (2 * x),)


@op("sin", rule="sin passes the gradient times cos x", elementwise=True)
def sin(xp: Any, x: Any) -> Any:
    """The sine of an angle in radians, entry by entry."""
    return xp.sin(x)


@sin.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * xp.cos(x),)


@op("cos", rule="cos passes the gradient times −sin x", elementwise=True)
def cos(xp: Any, x: Any) -> Any:
    """The cosine of an angle in radians, entry by entry."""
    return xp.cos(x)


@cos.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (-g * xp.sin(x),)


@op("sinh", rule="sinh passes the gradient times cosh x", elementwise=True)
def sinh(xp: Any, x: Any) -> Any:
    """The hyperbolic sine (eˣ − e⁻ˣ)/2, entry by entry."""
    return xp.sinh(x)


@sinh.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * xp.cosh(x),)


@op("cosh", rule="cosh passes the gradient times sinh x", elementwise=True)
def cosh(xp: Any, x: Any) -> Any:
    """The hyperbolic cosine (eˣ + e⁻ˣ)/2, entry by entry."""
    return xp.cosh(x)


@cosh.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * xp.sinh(x),)


@op("erf", rule="erf passes the gradient times 2e^(−x²)/√π", elementwise=True)
def erf(xp: Any, x: Any) -> Any:
    """The error function 2/√π · ∫₀ˣ e^(−t²) dt, entry by entry."""
    return xp.erf(x)


@erf.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * xp.exp(-x * x) * _TWO_OVER_ROOT_PI,)


@op(
    "abs",
    rule="abs passes the gradient times the sign of x (0 at x = 0)",
    domain=(NONZERO,),
    elementwise=True,
)
def abs(xp: Any, x: Any) -> Any:
    """The absolute value |x|, entry by entry. At the kink x = 0 the slope is 0, as in PyTorch."""
    return xp.abs(x)


@abs.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * xp.sign(x),)


@op("sign", rule="sign is flat: it passes 0", domain=(NONZERO,), elementwise=True)
def sign(xp: Any, x: Any) -> Any:
    """−1, 0 or 1, entry by entry. The slope is 0 everywhere, at the jump too."""
    return xp.sign(x)


@sign.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (xp.zeros_like(x),)


@op("floor", rule="floor is flat: it passes 0", domain=(_BETWEEN_WHOLE_NUMBERS,), elementwise=True)
def floor(xp: Any, x: Any) -> Any:
    """The largest whole number that is at most x, entry by entry. The slope is 0 everywhere."""
    return xp.floor(x)


@floor.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (xp.zeros_like(x),)


@op(
    "max",
    rule="maximum passes the gradient to the larger of the two (half to each at a tie)",
    domain=(DISTINCT, DISTINCT),
    elementwise=True,
    refuses=(CLASH,),
)
def maximum(xp: Any, a: Any, b: Any) -> Any:
    """The larger of a and b, entry by entry. At a tie each gets half, as in PyTorch."""
    return xp.maximum(a, b)


@maximum.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return _share(xp, g, a > b, a < b), _share(xp, g, b > a, b < a)


@op(
    "min",
    rule="minimum passes the gradient to the smaller of the two (half to each at a tie)",
    domain=(DISTINCT, DISTINCT),
    elementwise=True,
    refuses=(CLASH,),
)
def minimum(xp: Any, a: Any, b: Any) -> Any:
    """The smaller of a and b, entry by entry. At a tie each gets half, as in PyTorch."""
    return xp.minimum(a, b)


@minimum.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return _share(xp, g, a < b, a > b), _share(xp, g, b < a, b > a)


def _share(xp: Any, g: Any, wins: Any, loses: Any) -> Any:
    return xp.where(wins, g, xp.where(loses, 0.0, g / 2))


@op(
    "where",
    rule="where passes the gradient to whichever of the two was taken",
    domain=(REAL, REAL, REAL),
    elementwise=True,
    samples=(
        Sample(((), (), ()), values=(True, None, None)),
        Sample(((3,), (3,), (3,)), values=([True, False, True], None, None)),
        Sample(
            ((2, 3), (3,), ()),
            values=([[True, False, True], [False, True, False]], None, None),
            small=False,
        ),
    ),
    refuses=(Refusal(((2, 3), (2,), ()), "sizes 2 and 3 of axis -1 do not broadcast"),),
)
def where(xp: Any, condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds (is not 0), b elsewhere. No gradient passes to the condition."""
    return xp.where(condition, a, b)


@where.gradient
def _(xp: Any, g: Any, out: Any, condition: Any, a: Any, b: Any) -> Any:
    return None, xp.where(condition, g, 0.0), xp.where(condition, 0.0, g)


@op(
    "clip",
    rule="clip passes the gradient where x is within its bounds, 0 beyond them",
    domain=(Domain(kinks=(-1.0, 1.0)),),
    elementwise=True,
    samples=(
        Sample(((),), {"lo": -1.0, "hi": 1.0}),
        Sample(((3,),), {"lo": -1.0}),
        Sample(((2, 3),), {"hi": 1.0}, small=False),
    ),
    refuses=(
        Refusal(((3,),), "clip needs a bound: lo, hi or both"),
        Refusal(((3,),), "lo 2.0 is above hi 1.0", {"lo": 2.0, "hi": 1.0}),
    ),
    synonyms=("clamp",),
)
def clip(xp: Any, x: Any, *, lo: float | None = None, hi: float | None = None) -> Any:
    """x kept between lo and hi, entry by entry; a bound of None is none.

    At its bounds the slope is 1, as in PyTorch's clamp. Raises ShapeError without a bound, or for
    lo > hi.
    """
    if lo is None and hi is None:
        raise ShapeError("clip needs a bound: lo, hi or both")
    if lo is not None and hi is not None and lo > hi:
        raise ShapeError(f"lo {lo} is above hi {hi}")
    if lo is not None:
        x = xp.maximum(x, lo)
    return x if hi is None else xp.minimum(x, hi)


@clip.gradient
def _(
    xp: Any, g: Any, out: Any, x: Any, *, lo: float | None = None, hi: float | None = None
) -> Any:
    if lo is not None:
        g = xp.where(x < lo, 0.0, g)
    if hi is not None:
        g = xp.where(x > hi, 0.0, g)
    return (g,)
