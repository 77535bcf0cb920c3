"""How far a computed entry can lie from the exact one: one rule for each elementwise function.

A rule is called with the computed result `c` and, for each operand, its value and a bound of its
error; it returns a bound of |c − exact|. With u = 2⁻⁵³ one rounding costs at most u·|c|, and a
library function is trusted to 4 units in the last place. Terms of second order are kept, so that
the bounds hold for large errors too. What underflows costs at most the smallest normal number.

An infinite value with error 0 is beyond the range of doubles for certain (e⁸⁰⁰); with error inf
nothing is known of it. After N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2002,
chapters 2 and 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
Pair = tuple[Array, Array]

U = 2.0**-53
TINY = 2.2250738585072014e-308
# Four units in the last place, of which each is at most 2u.
LIBRARY = 8 * U
_INF = np.array(np.inf)
# Results beyond e^700 may overflow within the error of the exponent.
_OVERFLOWS = 709.0
# Operands count as tied only where their errors are this small, as absolute and relative numbers:
# what wider errors hide may be anything.
NARROW = 1e-6
# In this part of the samples a tie is no chance; kinks are hit by far fewer.
OFTEN = 0.25


def add(c: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """a + b and a − b."""
    e = ea + eb + U * np.abs(c)
    if np.isfinite(e).all():
        return e
    return _beyond(c, e, ea + eb < np.inf)


def mul(c: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """a · b: |a|·eb + |b|·ea + ea·eb, and the rounding."""
    size, other = np.abs(a), np.abs(b)
    wide = size + ea
    e = wide * eb + other * ea + U * np.abs(c) + TINY * np.logical_and(wide, other + eb)
    if np.isfinite(e).all():
        return e
    known = (ea < np.inf) & (eb < np.inf) & (size > ea) & (other > eb)
    return _beyond(c, e, known)


def div(c: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """a / b: (ea + |c|·eb) / (|b| − eb), infinite where b may be 0."""
    least = np.abs(b) - eb
    size = np.abs(c)
    e = (ea + size * eb) / least + U * size + TINY * (np.not_equal(a, 0) + np.abs(a))
    if (least > 0).all() and np.isfinite(e).all():
        return e
    e = np.where(least > 0, e, np.inf)
    return _beyond(c, e, (least > 0) & (ea < np.inf) & (np.abs(a) > ea))


def exp(c: Array, x: Array, ex: Array) -> Array:
    """|e^(x+d) − e^x| <= e^x·(e^ex − 1)."""
    e = c * np.expm1(ex) * (1 + LIBRARY) + LIBRARY * c + TINY
    if np.isfinite(e).all():
        return e
    e = np.fmin(e, np.exp(x + ex) * (1 + LIBRARY) + TINY)
    return _beyond(c, e, x - ex > _OVERFLOWS)


def expm1(c: Array, x: Array, ex: Array) -> Array:
    """As `exp`; near 0 the rounding is relative to the small result."""
    e = np.exp(x) * np.expm1(ex) * (1 + LIBRARY) + LIBRARY * np.abs(c)
    if np.isfinite(e).all():
        return e
    e = np.fmin(e, np.exp(x + ex) * (1 + LIBRARY) + 1)
    return _beyond(c, e, x - ex > _OVERFLOWS)


def log(c: Array, x: Array, ex: Array) -> Array:
    """−ln(1 − ex/x): the lower side is the steeper one; infinite where x may be 0."""
    e = LIBRARY * np.abs(c) - np.log1p(-ex / x)
    return np.fmin(e, _INF)


def log1p(c: Array, x: Array, ex: Array) -> Array:
    """As `log` of 1 + x."""
    e = LIBRARY * np.abs(c) - np.log1p(-ex / (1 + x))
    return np.fmin(e, _INF)


def logaddexp(c: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """The slopes are shares that sum to 1, so the larger error bounds both."""
    top = np.maximum(a, b)
    rest = np.abs(c - top) * (1 + np.minimum(np.abs(a - b), 800.0))
    e = np.maximum(ea, eb) + LIBRARY * (np.abs(top) + rest) + TINY
    return np.fmin(e, _INF)


def sqrt(c: Array, x: Array, ex: Array) -> Array:
    """ex/√x where that is better than √ex."""
    return np.fmin(np.fmin(ex / c, np.sqrt(ex)) + U * c, _INF)


def sin(c: Array, x: Array, ex: Array) -> Array:
    """The slope is at most 1."""
    return np.fmin(np.minimum(ex, 2.0) + LIBRARY * np.minimum(np.abs(x), 1.0), _INF)


def cos(c: Array, x: Array, ex: Array) -> Array:
    """The slope is at most 1."""
    return np.fmin(np.minimum(ex, 2.0) + LIBRARY, _INF)


def sinh(c: Array, x: Array, ex: Array) -> Array:
    """The slope grows outwards: cosh(|x| + ex) bounds it."""
    e = np.cosh(np.abs(x) + ex) * ex * (1 + LIBRARY) + LIBRARY * np.abs(c)
    return _beyond(c, e, np.abs(x) - ex > 711.0)


def cosh(c: Array, x: Array, ex: Array) -> Array:
    """The slope grows outwards: sinh(|x| + ex) bounds it."""
    e = np.sinh(np.abs(x) + ex) * ex * (1 + LIBRARY) + LIBRARY * c
    return _beyond(c, e, np.abs(x) - ex > 711.0)


def tanh(c: Array, x: Array, ex: Array) -> Array:
    """The slope 1/cosh² is largest at the point of x ± ex that is nearest to 0."""
    nearest = np.fmax(np.abs(x) - ex, 0.0)
    slope = (1 + LIBRARY) / np.cosh(nearest) ** 2 + TINY
    return np.fmin(ex * slope, 2.0) + LIBRARY * np.abs(c)


def erf(c: Array, x: Array, ex: Array) -> Array:
    """The slope is at most 2/√π < 1.13; the absolute error of ours is below 4e-16."""
    return np.fmin(1.13 * ex, 2.0) + 16 * U * np.fmin(np.abs(x), 1.0)


def absolute(c: Array, x: Array, ex: Array) -> Array:
    """Taking a size never widens an interval."""
    return ex


def sign(c: Array, x: Array, ex: Array) -> Pair:
    """The sign and its error: 2 where x may lie on the other side; 0 in place of what is 0 but for
    rounding at a good part of the samples."""
    sure = (np.abs(x) > ex) | (ex == 0)
    if sure.all():
        return c, np.zeros(np.shape(c))
    tied = ~sure & (ex <= NARROW)
    if often(tied):
        c, sure = np.where(tied, 0.0, c), sure | tied
    return c, np.where(sure, 0.0, 2.0)


def floor(c: Array, x: Array, ex: Array) -> Array:
    """0 where no whole number lies within the error."""
    same = np.floor(x - ex) == np.floor(x + ex)
    return np.where(same, 0.0, np.floor(ex) + 1)


def extreme(c: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """maximum and minimum: the error of the one chosen; where either may be, the larger one."""
    sure = np.abs(a - b) > ea + eb
    return np.where(sure, np.where(c == a, ea, eb), np.maximum(ea, eb))


def compared(c: Array, a: Array, ea: Array, b: Array, eb: Array, at_tie: bool) -> Pair:
    """A mask and its error as the number 0 or 1: 1 where the outcome is unsure, inf at nan.

    Two operands that meet within their errors at a good part of all samples are one value written
    in two ways (an entry and the largest of all, a value and its relu): the mask is then what
    holds of equal numbers, for certain. A kink that a few samples happen to hit stays unsure.
    """
    width = ea + eb
    sure = (np.abs(a - b) > width) | ((a == b) & (width == 0))
    if sure.all():
        return c, np.zeros(np.shape(c))
    tied = ~sure & (width <= NARROW * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b))))
    if often(tied):
        c, sure = np.where(tied, at_tie, c), sure | tied
    return c, np.where(sure, 0.0, np.where(np.isnan(a) | np.isnan(b), np.inf, 1.0))


def often(tied: Array) -> bool:
    """Whether a good part of the samples has an entry that is tied."""
    return bool(tied.reshape(len(tied), -1).any(axis=1).mean() >= OFTEN)


def where(m: Array, em: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """The error of the entry taken; where the mask is unsure, a bound that covers both."""
    e = np.where(m, ea, eb)
    if not em.any():
        return e
    both = np.maximum(ea, eb) + np.abs(a - b)
    both = np.where(np.isnan(both) | (em == np.inf), np.inf, both)
    return np.where(em > 0, both, e)


def power(c: Array, a: Array, ea: Array, b: Array, eb: Array) -> Array:
    """a ** b: by the mean value of the slope for one exact exponent, else by logarithms."""
    if b.size == 1 and not eb.any():
        return _fixed_power(c, a, ea, float(b.reshape(())))
    size = np.abs(a)
    logarithm = np.log(size)
    slack = -np.log1p(-ea / size) + LIBRARY * np.abs(logarithm)
    slack = np.abs(b) * slack + (np.abs(logarithm) + slack) * eb
    e = np.abs(c) * np.expm1(slack) + LIBRARY * np.abs(c) + TINY
    if np.isfinite(e).all():
        return e
    still = (b == 0) & (eb == 0) | (a == 0) & (ea == 0) & (b > eb)
    reach = np.fmax((size + ea) ** (b - eb), (size + ea) ** (b + eb)) + np.abs(c) + TINY
    wide = np.where(b > eb, np.fmin(e, reach), e)
    return np.where(still, 0.0, np.fmin(wide, _INF))


def _fixed_power(c: Array, a: Array, ea: Array, n: float) -> Array:
    size = np.abs(a)
    rounding = LIBRARY * np.abs(c) + TINY * np.not_equal(size + ea, 0)
    if n == 0:
        return np.zeros(np.shape(c))
    if n == 1:
        return ea + 0 * rounding
    if n > 1:
        e = n * ea * (size + ea) ** (n - 1) * (1 + LIBRARY) + rounding
        return _beyond(c, e, (ea < np.inf) & (size > ea))
    least = size - ea
    if n > 0:
        e = n * ea * least ** (n - 1) * (1 + LIBRARY) + rounding
        return np.fmin(np.where(least > 0, e, np.inf), ea**n + rounding)
    # In parts of the result, because a power below −1 of a large base would underflow.
    e = np.abs(c) * np.expm1(n * np.log1p(-ea / size)) * (1 + LIBRARY) + rounding
    return np.fmin(np.where(least > 0, e, np.inf), _INF)


def _beyond(c: Array, e: Array, known: Array) -> Array:
    """Errors without nan; an infinite result that is known to be beyond the range has none."""
    e = np.fmin(e, _INF)
    return np.where(np.isinf(c), np.where(known, 0.0, np.inf), e)
