"""Every rule of rounding against exact numbers: small, large, saturated and wide of the mark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from engine.arrays.bounded import NAMESPACE as XP
from engine.arrays.bounded import Bounded, bounded

mpmath.mp.dps = 60
SCALES = (1e-300, 1e-20, 1e-8, 0.3, 1.0, 3.0, 20.0, 60.0, 720.0)
WIDTHS = (0.0, 1e-16, 1e-9, 0.1, 0.9, 5.0)

UNARY: dict[str, tuple[Callable[[Bounded], Bounded], Callable[[Any], Any]]] = {
    "exp": (XP.exp, mpmath.exp),
    "expm1": (XP.expm1, mpmath.expm1),
    "log": (XP.log, mpmath.log),
    "log1p": (XP.log1p, mpmath.log1p),
    "sqrt": (XP.sqrt, mpmath.sqrt),
    "sin": (XP.sin, mpmath.sin),
    "cos": (XP.cos, mpmath.cos),
    "sinh": (XP.sinh, mpmath.sinh),
    "cosh": (XP.cosh, mpmath.cosh),
    "tanh": (XP.tanh, mpmath.tanh),
    "erf": (XP.erf, mpmath.erf),
    "abs": (XP.abs, abs),
    "sign": (XP.sign, mpmath.sign),
    "floor": (XP.floor, mpmath.floor),
    "square": (lambda x: x**2, lambda x: x**2),
    "cube": (lambda x: x**3, lambda x: x**3),
    "inverse": (lambda x: x**-1, lambda x: 1 / x),
    "inverse square": (lambda x: x**-2, lambda x: 1 / x**2),
    "root": (lambda x: x**0.5, mpmath.sqrt),
    "root of the cube": (lambda x: x**1.5, lambda x: x ** mpmath.mpf(1.5)),
    "inverse root": (lambda x: x**-0.5, lambda x: 1 / mpmath.sqrt(x)),
    "itself": (lambda x: x**1, lambda x: x),
    "one": (lambda x: x**0, lambda x: mpmath.mpf(1)),
    "sigmoid": (lambda x: 1 / (1 + XP.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x))),
    "rest of a sigmoid": (
        lambda x: 1 - 1 / (1 + XP.exp(-x)),
        lambda x: 1 / (1 + mpmath.exp(x)),
    ),
    "slope of tanh": (lambda x: 1 - XP.tanh(x) ** 2, lambda x: mpmath.sech(x) ** 2),
    "softplus": (lambda x: XP.logaddexp(x, 0.0), lambda x: mpmath.log1p(mpmath.exp(x))),
    "relu": (lambda x: XP.maximum(x, 0.0), lambda x: max(x, mpmath.mpf(0))),
    "slope of relu": (lambda x: XP.where(x > 0, 1.0, 0.0), lambda x: mpmath.mpf(x > 0)),
    "power of two": (lambda x: 2**x, lambda x: mpmath.mpf(2) ** x),
}
BINARY: dict[str, tuple[Callable[..., Bounded], Callable[..., Any]]] = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "sub": (lambda a, b: a - b, lambda a, b: a - b),
    "mul": (lambda a, b: a * b, lambda a, b: a * b),
    "div": (lambda a, b: a / b, lambda a, b: a / b),
    "power": (lambda a, b: a**b, lambda a, b: a**b),
    "logaddexp": (XP.logaddexp, lambda a, b: a + mpmath.log1p(mpmath.exp(b - a))),
    "maximum": (XP.maximum, max),
    "minimum": (XP.minimum, min),
    "where": (lambda a, b: XP.where(a > b, a * a, b), lambda a, b: a * a if a > b else b),
}


def draws(seed: int, count: int) -> tuple[Bounded, list[Any]]:
    """Samples of all scales with errors of all widths, and an exact number within each error."""
    rng = np.random.default_rng(seed)
    value = rng.choice(SCALES, count) * rng.uniform(0.2, 1.0, count) * rng.choice([-1, 1], count)
    value[rng.random(count) < 0.05] = 0.0
    relative = rng.random(count) < 0.5
    error = rng.choice(WIDTHS, count) * np.where(relative, np.abs(value), 1.0)
    at = rng.uniform(-1, 1, count)
    at[rng.random(count) < 0.3] = 1.0
    at[rng.random(count) < 0.3] = -1.0
    exact = [
        mpmath.mpf(float(v)) + mpmath.mpf(float(e)) * mpmath.mpf(float(t))
        for v, e, t in zip(value, error, at, strict=True)
    ]
    return bounded(value, error), exact


def check(found: Bounded, exact: list[Any], function: Callable[..., Any]) -> int:
    """How many entries have a finite bound; every one of them must hold."""
    known = 0
    for k, arguments in enumerate(exact):
        value, error = found.at(k)
        if not error < np.inf or np.isnan(value):
            continue
        try:
            true = function(*arguments)
        except (ZeroDivisionError, OverflowError):
            continue
        if not isinstance(true, mpmath.mpf) or not mpmath.isfinite(true):
            continue
        if np.isinf(value):
            assert abs(true) > 1e300, (arguments, true)
            assert np.sign(value) == mpmath.sign(true)
            continue
        known += 1
        distance = abs(mpmath.mpf(float(value)) - true)
        assert distance <= mpmath.mpf(float(error)) * (1 + mpmath.mpf("1e-9")), (
            arguments,
            value,
            error,
            true,
        )
    return known


@pytest.mark.parametrize("name", UNARY)
def test_the_bound_of_a_function_holds(name: str) -> None:
    mine, exact = UNARY[name]
    x, points = draws(11, 300)
    assert check(mine(x), [(p,) for p in points], exact) > 60


@pytest.mark.parametrize("name", BINARY)
def test_the_bound_of_two_operands_holds(name: str) -> None:
    mine, exact = BINARY[name]
    a, first = draws(12, 400)
    b, second = draws(13, 400)
    assert check(mine(a, b), list(zip(first, second, strict=True)), exact) > 60


def rows(seed: int, size: int) -> tuple[Bounded, list[tuple[Any, ...]]]:
    x, exact = draws(seed, 80 * size)
    value, error = x.value.reshape(80, size), x.error.reshape(80, size)  # type: ignore[union-attr]
    return Bounded(value, error), [tuple(exact[i : i + size]) for i in range(0, 80 * size, size)]


ROWS: dict[str, tuple[Callable[[Bounded], Bounded], Callable[..., Any]]] = {
    "sum": (XP.sum, lambda *xs: mpmath.fsum(xs)),
    "mean": (lambda x: XP.mean(x, -1), lambda *xs: mpmath.fsum(xs) / len(xs)),
    "prod": (lambda x: XP.prod(x, 0), lambda *xs: mpmath.fprod(xs)),
    "max": (XP.max, max),
    "min": (XP.min, min),
    "last running sum": (lambda x: XP.cumsum(x, 0)[-1], lambda *xs: mpmath.fsum(xs)),
    "norm": (lambda x: x @ x, lambda *xs: mpmath.fdot(xs, xs)),
    "einsum": (lambda x: XP.einsum("i,i->", x, x), lambda *xs: mpmath.fdot(xs, xs)),
    "scattered": (lambda x: XP.scatter((2,), [1] * 7, x)[1], lambda *xs: mpmath.fsum(xs)),
    "first of softmax": (
        lambda x: (XP.exp(x - XP.shift(x, -1)) / XP.sum(XP.exp(x - XP.shift(x, -1))))[0],
        lambda *xs: mpmath.exp(xs[0]) / mpmath.fsum(map(mpmath.exp, xs)),
    ),
    "first winner": (
        lambda x: XP.winners(x, -1)[0],
        lambda *xs: mpmath.mpf(xs[0] == max(xs)),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_bound_of_a_reduction_holds(name: str) -> None:
    mine, exact = ROWS[name]
    x, points = rows(14, 7)
    assert check(mine(x), points, exact) > 20


def test_bounds_of_ordinary_numbers_are_tight() -> None:
    """A hundred roundings cost a hundred units at most, not the square of that."""
    x = bounded(np.random.default_rng(3).uniform(0.5, 2.0, 50))
    total = x
    for _ in range(30):
        total = XP.tanh(total * x) + x / (1 + total)
    assert np.all(total.error < 1e-13)  # type: ignore[operator]
