"""Derivatives of derivatives, through backward(create_graph=True)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor


def second(f: Callable[[Tensor], Tensor], at: float) -> tuple[float, float]:
    """First and second derivative of a scalar function."""
    x = Tensor(at, requires_grad=True)
    f(x).backward(create_graph=True)
    first = x.grad
    assert first is not None
    x.zero_grad()
    first.backward()
    return first.item(), 0.0 if x.grad is None else x.grad.item()


S = 1 / (1 + np.exp(-0.7))
PHI = np.exp(-(0.7**2) / 2) / np.sqrt(2 * np.pi)


@pytest.mark.parametrize(
    ("f", "first", "then"),
    [
        (engine.exp, np.exp(0.7), np.exp(0.7)),
        (engine.log, 1 / 0.7, -1 / 0.49),
        (engine.sqrt, 0.5 * 0.7**-0.5, -0.25 * 0.7**-1.5),
        (engine.sin, np.cos(0.7), -np.sin(0.7)),
        (engine.cosh, np.sinh(0.7), np.cosh(0.7)),
        (lambda x: x**3, 3 * 0.49, 6 * 0.7),
        (engine.square, 1.4, 2),
        (engine.sigmoid, S * (1 - S), S * (1 - S) * (1 - 2 * S)),
        (
            engine.tanh,
            1 - np.tanh(0.7) ** 2,
            -2 * np.tanh(0.7) * (1 - np.tanh(0.7) ** 2),
        ),
        (engine.softplus, S, S * (1 - S)),
        (
            engine.erf,
            2 / np.sqrt(np.pi) * np.exp(-0.49),
            -4 * 0.7 / np.sqrt(np.pi) * np.exp(-0.49),
        ),
        (
            engine.gelu,
            (1 + math.erf(0.7 / math.sqrt(2))) / 2 + 0.7 * PHI,
            (2 - 0.49) * PHI,
        ),
        (engine.relu, 1, 0),
        (engine.abs, 1, 0),
    ],
)
def test_second_derivatives_of_functions(
    f: Callable[[Tensor], Tensor], first: float, then: float
) -> None:
    assert second(f, 0.7) == pytest.approx((first, then), rel=1e-12)


def hessian_times(f: Callable[[Tensor], Tensor], x: Any, v: Any) -> Any:
    t = Tensor(x, requires_grad=True)
    f(t).backward(create_graph=True)
    first = t.grad
    assert first is not None
    t.zero_grad()
    (first * v).sum().backward()
    return np.zeros(t.shape) if t.grad is None else t.grad.data


@pytest.mark.parametrize(
    "f",
    [
        lambda x: engine.softmax(x)[0],
        engine.logsumexp,
        lambda x: engine.log_softmax(x, axis=0)[2] ** 2,
        lambda x: engine.cross_entropy(x, [0.2, 0.5, 0.3]),
        lambda x: engine.cross_entropy(x, 1.0),
        lambda x: engine.binary_cross_entropy_with_logits(x, [0.0, 1.0, 0.5]),
        lambda x: engine.mse(x * x, [1.0, 2.0, 3.0]),
        engine.prod,
        lambda x: engine.corr(x, x[:2]).sum() ** 2,
        lambda x: engine.conv_full(x * x, x[1:]).mean() ** 2,
        lambda x: engine.max(x) ** 3,
        lambda x: engine.outer(x, x).sum(),
        lambda x: engine.einsum("i,j,i->j", x, x, x).sum() * x[0],
        lambda x: (engine.stack([x, x * x]) @ x).prod(),
        lambda x: (engine.concatenate([x, x * x]) ** 2).cumsum().mean(),
        lambda x: engine.take(x, indices=(0, 0, 2)).prod(),
        lambda x: engine.diag(x * x).sum() * engine.pad(x, width=1).sum(),
        lambda x: engine.swish(x).sum() * engine.elu(-x).sum(),
    ],
)
def test_hessian_products_agree_with_differences(f: Callable[[Tensor], Tensor]) -> None:
    x, v = np.array([0.3, -0.8, 1.1]), np.array([0.5, -1.0, 0.25])
    step = 1e-5

    def gradient(at: Any) -> Any:
        t = Tensor(at, requires_grad=True)
        f(t).backward()
        assert t.grad is not None
        return t.grad.data

    wanted = (gradient(x + step * v) - gradient(x - step * v)) / (2 * step)
    np.testing.assert_allclose(hessian_times(f, x, v), wanted, rtol=1e-7, atol=1e-8)
