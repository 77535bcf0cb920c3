"""Networks with one fault planted in each."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import Tensor
from engine.trace import Trace
from tests.tutor.debugger.audit.healthy import Array, mlp, rnn, typed


def log_of_an_underflown_softmax() -> Trace:
    hot = np.eye(3)[[0, 1, 2, 0]]

    def loss(z: Any) -> Any:
        p = engine.softmax(z)
        return -(engine.log(p) * hot).sum()

    z = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.0, 800.0, 1.0]])
    return engine.record(loss, z=z)


def zero_over_zero() -> Trace:
    def loss(x: Any) -> Any:
        length = engine.sqrt((x * x).sum(axis=1, keepdims=True))
        return (x / length).sum()

    return engine.record(loss, x=np.array([[3.0, 4.0], [0.0, 0.0]]))


def root_at_zero() -> Trace:
    """A distance of 0: the value is fine, the slope is not."""
    return engine.record(
        lambda a, b: engine.sqrt(((a - b) ** 2).sum(axis=1)).sum(),
        a=np.array([[1.0, 2.0], [3.0, 4.0]]),
        b=np.array([[0.0, 0.0], [3.0, 4.0]]),
    )


def where_trick() -> Trace:
    def loss(x: Any) -> Any:
        return engine.where(x > 0, engine.sqrt(x), 0.0).sum()

    return engine.record(loss, x=np.array([4.0, 0.0, 9.0]))


def exp_overflow() -> Trace:
    def loss(z: Any) -> Any:
        e = engine.exp(z)
        return (e / e.sum(axis=1, keepdims=True))[0, 0]

    return engine.record(loss, z=np.array([[1.0, 2.0], [5.0, 1000.0]]))


def infinity_minus_infinity() -> Trace:
    return typed("exp(a) - exp(b)", a=800, b=900)


def zero_times_infinity() -> Trace:
    """A mask by multiplication does not hide an infinity."""
    mask = np.array([1.0, 0.0])
    return engine.record(lambda x: (mask * engine.log(x)).sum(), x=np.array([2.0, 0.0]))


def log_of_a_negative_number() -> Trace:
    return typed("ln(x - y)", x=1, y=3)


def nan_in_the_data() -> Trace:
    def fix(inputs: dict[str, Array]) -> None:
        inputs["X"][3, 1] = np.nan

    return mlp(engine.tanh, fix=fix)


def float16_overflow() -> Trace:
    return engine.record_with(
        lambda x: (x * x).sum(), {"x": np.array([1.0, 300.0])}, dtype="float16"
    )


def float16_gradient_overflow() -> Trace:
    """The value is fine in float16, the gradient that comes back is beyond it."""

    def loss(x: Any) -> Any:
        return 300.0 * engine.square(x * 300.0).sum()

    return engine.record_with(loss, {"x": np.array([0.01, 0.02])}, dtype="float16")


def dead_relu_layer() -> Trace:
    return mlp(engine.relu, gain=np.sqrt(2), bias=-10.0)


def dead_scalar_units() -> Trace:
    def loss(w1: Any, w2: Any, b1: Any, b2: Any, v1: Any, v2: Any) -> Any:
        total: Any = 0.0
        for x in (0.5, 1.0, -1.0, 2.0):
            h1, h2 = engine.relu(b1 + w1 * x), engine.relu(b2 + w2 * x)
            total = total + (v1 * h1 + v2 * h2 - x) ** 2
        return total

    return engine.record(loss, w1=0.5, w2=-0.5, b1=-10, b2=-10, v1=1, v2=1)


def saturated_tanh() -> Trace:
    return mlp(engine.tanh, gain=12.0)


def saturated_attention() -> Trace:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 16))

    def loss(Q: Any, K: Any) -> Any:
        return engine.mse(engine.softmax((x @ Q) @ (x @ K).T) @ x, np.zeros((8, 16)))

    return engine.record(loss, Q=rng.normal(size=(16, 16)) * 3, K=rng.normal(size=(16, 16)) * 3)


def deep_sigmoid() -> Trace:
    return mlp(engine.sigmoid, (8, *(16,) * 10, 4))


def small_weights() -> Trace:
    return mlp(engine.tanh, (8, *(16,) * 8, 4), gain=0.1)


def exploding_rnn() -> Trace:
    """A linear recurrence of 50 steps, its matrix 1.5 times a rotation."""
    rng = np.random.default_rng(1)
    recurrent = np.linalg.qr(rng.normal(size=(8, 8)))[0] * 1.5
    xs = rng.normal(size=(50, 4, 8)) * 1e-6

    def loss(Wh: Any) -> Any:
        h: Any = xs[0]
        for x in xs[1:]:
            h = h @ Wh + x
        return engine.mse(h, np.zeros((4, 8)))

    return engine.record(loss, Wh=recurrent)


def vanishing_rnn() -> Trace:
    return rnn(steps=50, scale=0.6)


def two_terms_that_cancel() -> Trace:
    """Two terms of the loss pull at w against each other; b is free to move."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)

    def loss(w: Any, b: Any) -> Any:
        pull = 5000.0 * (X @ w).sum()
        push = 4999.99 * (X @ w).sum()
        return engine.mse(X @ w + b, y) + pull - push

    return engine.record(loss, w=rng.normal(size=3), b=0.3)


def huge_terms_that_cancel() -> Trace:
    return typed("(40000*x - 39999.9*x)^2", x=1)


def step_function() -> Trace:
    return typed("sum((v @ step(W @ x + b) - y)^2)", v=[[1, 2]], W=[[1, 2], [3, 4]], x=[1, 2],
                 b=[0, 0], y=[1])  # fmt: skip


def detached() -> Trace:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(10, 3)), rng.normal(size=(10, 1))

    def loss(W1: Any, W2: Any) -> Any:
        h = engine.tanh(X @ W1)
        return engine.mse(Tensor(h.detach().numpy()) @ W2, y)

    return engine.record(loss, W1=rng.normal(size=(3, 4)), W2=rng.normal(size=(4, 1)))


def compared() -> Trace:
    def loss(x: Any, t: Any) -> Any:
        return engine.where(x > t, x, 2 * x).sum()

    return engine.record(loss, x=np.array([1.0, 2.5, 3.0]), t=2.0)


def unused() -> Trace:
    return engine.record(lambda x, w, unused: x * w, x=2.0, w=3.0, unused=np.ones(3))


def zero_weights() -> Trace:
    """All weights 0: only the last layer's bias learns."""

    def fix(inputs: dict[str, Array]) -> None:
        for name in ("W1", "W2", "W3"):
            inputs[name][:] = 0.0

    return mlp(engine.tanh, fix=fix)


def equal_units() -> Trace:
    """All units of a layer start alike."""

    def fix(inputs: dict[str, Array]) -> None:
        for name in ("W1", "W2", "W3"):
            inputs[name][:] = 0.1

    return mlp(engine.tanh, fix=fix)


def targets_in_thousands() -> Trace:
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(20, 3)), 1e5 * rng.normal(size=(20, 1))
    return engine.record(lambda W: engine.mse(X @ W, y), W=rng.normal(size=(3, 1)))


def log_after_softmax() -> Trace:
    rng = np.random.default_rng(5)
    return engine.record(lambda z: -engine.log(engine.softmax(z)).mean(), z=rng.normal(size=(4, 3)))
