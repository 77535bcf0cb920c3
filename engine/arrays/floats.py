"""Python floats as numbers: the quick road for scalar graphs.

The functions are those of `math`, so they raise where IEEE arithmetic gives inf or nan; the
caller then computes the same rule once more in NumPy, which does not raise. That keeps the
ordinary case free of checks.
"""

from __future__ import annotations

import math
from types import SimpleNamespace


def _log(x: float) -> float:
    if x > 0:
        return math.log(x)
    return -math.inf if x == 0 else math.nan


def _where(condition: bool, yes: float, no: float) -> float:
    return yes if condition else no


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x else x


def _maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def _minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def _logaddexp(a: float, b: float) -> float:
    if a == b:
        return a + math.log(2.0)
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def _sqrt(x: float) -> float:
    return math.sqrt(x) if x else x


NAMESPACE = SimpleNamespace(
    name="floats",
    device="cpu",
    exp=math.exp,
    log=_log,
    log1p=math.log1p,
    expm1=math.expm1,
    sqrt=_sqrt,
    sin=math.sin,
    cos=math.cos,
    sinh=math.sinh,
    cosh=math.cosh,
    tanh=math.tanh,
    erf=math.erf,
    logaddexp=_logaddexp,
    abs=abs,
    sign=_sign,
    power=math.pow,
    maximum=_maximum,
    minimum=_minimum,
    where=_where,
    zeros_like=lambda x: 0.0,
    ones_like=lambda x: 1.0,
)
