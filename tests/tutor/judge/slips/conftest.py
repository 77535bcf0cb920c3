"""Small exercises to make slips in, and an answer put to the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tutor.judge.exercise import Exercise, read_exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Verdict


def _numbers(*names: str, **domains: str) -> dict[str, Any]:
    return {name: {"shape": [], "domain": domains.get(name, "real")} for name in names}


def _arrays(**shapes: str) -> dict[str, Any]:
    return {name: {"shape": list(shape)} for name, shape in shapes.items()}


_DATA: dict[str, dict[str, Any]] = {
    "neuron": {
        "vars": _numbers("w", "x", "b", "y"),
        "forward": ["z = w*x + b", "a = sigmoid(z)", "L = (a - y)**2/2"],
    },
    "tanh": {
        "vars": _numbers("w", "x", "b", "y"),
        "forward": ["z = w*x + b", "a = tanh(z)", "L = (a - y)**2"],
    },
    "margin": {
        "vars": _numbers("w", "x", "b", "y"),
        "forward": ["z = w*x + b", "L = log(1 + exp(-y*z))"],
    },
    "skip": {"vars": _numbers("w", "x"), "forward": ["u = x*w", "v = u + x", "L = v**2"]},
    "cube": {"vars": _numbers("x"), "forward": ["u = 2*x + 1", "L = u**3"]},
    "product": {"vars": _numbers("x"), "forward": ["L = x**3*sin(x)"]},
    "quotient": {"vars": _numbers("x"), "forward": ["L = x/(1 + x**2)"]},
    "wave": {"vars": _numbers("x"), "forward": ["L = sin(x)"]},
    "logarithm": {"vars": _numbers("p", "y", p="prob"), "forward": ["L = -y*log(p)"]},
    "layers": {
        "vars": _numbers("w1", "w2", "x", "y"),
        "forward": ["h1 = tanh(w1*x)", "h2 = tanh(w2*h1)", "L = (h2 - y)**2/2"],
    },
    "least_squares": {
        "dims": {"n": 5, "d": 3},
        "vars": _arrays(X="nd", w="d", y="n"),
        "forward": ["yh = X @ w", "L = sum((yh - y)**2)/n"],
        "final_form": "backprop",
    },
    "bias": {
        "dims": {"n": 5},
        "vars": {**_numbers("w", "b"), **_arrays(x="n", y="n")},
        "forward": ["yh = w*x + b", "L = mean((yh - y)**2)"],
    },
    "ridge": {
        "dims": {"n": 5, "d": 3},
        "vars": {**_arrays(X="nd", w="d", y="n"), "lam": {"shape": [], "domain": "positive"}},
        "forward": ["r = X @ w - y", "L = sum(r**2)/(2*n) + lam*sum(w**2)/2"],
    },
    "softmax": {
        "dims": {"c": 4},
        "vars": {"z": {"shape": ["c"]}, "y": {"shape": ["c"], "domain": "simplex"}},
        "forward": ["p = softmax(z)", "L = -sum(y*log(p))"],
    },
    "layer": {
        "dims": {"k": 4, "d": 3},
        "vars": _arrays(W="kd", x="d", b="k", t="k"),
        "forward": ["z = W @ x + b", "a = tanh(z)", "L = sum((a - t)**2)/2"],
        "final_form": "backprop",
    },
    "batch": {
        "dims": {"n": 5, "d": 3, "k": 4},
        "vars": _arrays(X="nd", W="dk", b="k", T="nk"),
        "forward": ["Z = X @ W + b", "A = tanh(Z)", "L = sum((A - T)**2)/(2*n)"],
        "final_form": "backprop",
    },
    "kernel": {
        "dims": {"m": 7, "q": 3},
        "vars": _arrays(x="m", k="q"),
        "forward": ["y = corr(x, k)", "L = sum(y**2)/2"],
    },
    "bent": {
        "vars": _numbers("w", "x", "y"),
        "forward": ["z = w*x", "a = relu(z)", "L = (a - y)**2/2"],
    },
}

_MADE: dict[str, Exercise] = {}


def _exercise(name: str) -> Exercise:
    if name not in _MADE:
        _MADE[name] = read_exercise(_DATA[name])
    return _MADE[name]


@pytest.fixture(scope="session")
def answered() -> Callable[..., Verdict]:
    """`answered(exercise, target, *lines, seed=5)`: the verdict on an answer."""

    def verdict(name: str, target: str, *lines: str, seed: int = 5) -> Verdict:
        return judge(_exercise(name), target, list(lines), seed)

    return verdict
