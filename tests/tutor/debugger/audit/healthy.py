"""Networks with nothing wrong, on which the audit must keep silent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import engine
from engine import Tensor
from engine.trace import Trace
from tutor.language import parse

Array = np.ndarray[Any, Any]


def mlp(
    activation: Callable[[Any], Any],
    widths: tuple[int, ...] = (8, 32, 32, 4),
    *,
    gain: float = 1.0,
    bias: float = 0.0,
    batch: int = 32,
    seed: int = 0,
    dtype: str = "float64",
    fix: Callable[[dict[str, Array]], None] = lambda inputs: None,
) -> Trace:
    """An MLP with softmax cross-entropy; weights of standard deviation gain/√fan-in.

    fix: changes the inputs in place before the run.
    """
    rng = np.random.default_rng(seed)
    inputs: dict[str, Array] = {"X": rng.normal(size=(batch, widths[0]))}
    for k, (fan_in, fan_out) in enumerate(pairwise(widths), 1):
        inputs[f"W{k}"] = rng.normal(size=(fan_in, fan_out)) * gain / np.sqrt(fan_in)
        inputs[f"b{k}"] = np.full(fan_out, bias if k < len(widths) - 1 else 0.0)
    inputs["y"] = rng.integers(0, widths[-1], batch)
    fix(inputs)

    def loss(X: Any, y: Any, **weights: Any) -> Any:
        h = X
        for k in range(1, len(widths)):
            h = h @ weights[f"W{k}"] + weights[f"b{k}"]
            if k < len(widths) - 1:
                h = activation(h)
        return engine.cross_entropy(h, y)

    return engine.record_with(loss, inputs, dtype=dtype)


def he_relu() -> Trace:
    return mlp(engine.relu, gain=np.sqrt(2))


def wide_relu_on_few_examples() -> Trace:
    """About half of all units are off at any example: that is how relu works."""
    return mlp(engine.relu, (784, 256, 128, 10), gain=np.sqrt(2), batch=2)


def numpy_relu() -> Trace:
    return mlp(lambda z: np.maximum(z, 0.0), gain=np.sqrt(2))


def masked_relu() -> Trace:
    return mlp(lambda z: z * (z > 0), gain=np.sqrt(2))


def xavier_tanh() -> Trace:
    return mlp(engine.tanh)


def xavier_sigmoid() -> Trace:
    return mlp(engine.sigmoid)


def gelu() -> Trace:
    return mlp(engine.gelu, gain=np.sqrt(2))


def leaky_relu() -> Trace:
    return mlp(engine.leaky_relu, gain=np.sqrt(2))


def relu_in_float32() -> Trace:
    return mlp(engine.relu, gain=np.sqrt(2), dtype="float32")


def tanh_in_float16() -> Trace:
    return mlp(engine.tanh, dtype="float16")


def cnn() -> Trace:
    """Four kernels on small images, pooled by the mean, and a dense layer."""
    rng = np.random.default_rng(1)
    images = rng.normal(size=(16, 10, 10))
    inputs: dict[str, Any] = {f"K{k}": rng.normal(size=(3, 3)) / 3 for k in range(4)}
    inputs |= {"W": rng.normal(size=(4, 3)) / 2, "b": np.zeros(3), "X": images}
    labels = rng.integers(0, 3, 16)

    def loss(X: Any, W: Any, b: Any, **kernels: Any) -> Any:
        maps = [engine.relu(engine.corr(X, kernel)) for kernel in kernels.values()]
        features = engine.stack([m.mean(axis=(1, 2)) for m in maps], axis=1)
        return engine.cross_entropy(features @ W + b, labels)

    return engine.record_with(loss, inputs)


def rnn(steps: int = 8, scale: float = 1.0, seed: int = 2) -> Trace:
    """A tanh RNN, its loss at the last step."""
    rng = np.random.default_rng(seed)
    recurrent = np.linalg.qr(rng.normal(size=(16, 16)))[0] * scale
    inputs = {
        "Wx": rng.normal(size=(4, 16)) / 4,
        "Wh": recurrent,
        "b": np.zeros(16),
        "Wy": rng.normal(size=(16, 1)) / 4,
    }
    xs, y = rng.normal(size=(steps, 12, 4)), rng.normal(size=(12, 1))

    def loss(Wx: Any, Wh: Any, b: Any, Wy: Any) -> Any:
        h: Any = np.zeros((12, 16))
        for x in xs:
            h = engine.tanh(x @ Wx + h @ Wh + b)
        return engine.mse(h @ Wy, y)

    return engine.record_with(loss, inputs)


def lstm() -> Trace:
    """An LSTM cell of 8 steps, its forget gate's bias at 1."""
    rng = np.random.default_rng(3)
    xs, y = rng.normal(size=(8, 6, 4)), rng.normal(size=(6, 1))
    inputs = {
        "W": rng.normal(size=(12, 32)) / np.sqrt(12),
        "b": np.concatenate([np.zeros(8), np.ones(8), np.zeros(16)]),
        "Wy": rng.normal(size=(8, 1)) / np.sqrt(8),
    }

    def loss(W: Any, b: Any, Wy: Any) -> Any:
        h: Any = np.zeros((6, 8))
        c: Any = np.zeros((6, 8))
        for x in xs:
            z = engine.concatenate([x, h], axis=1) @ W + b
            i, f, o = (engine.sigmoid(z[:, 8 * k : 8 * k + 8]) for k in range(3))
            c = f * c + i * engine.tanh(z[:, 24:])
            h = o * engine.tanh(c)
        return engine.mse(h @ Wy, y)

    return engine.record_with(loss, inputs)


def attention() -> Trace:
    """One causal attention layer by einsum, its mask made of −∞."""
    rng = np.random.default_rng(4)
    length, width = 8, 16
    inputs = {name: rng.normal(size=(width, width)) / 4 for name in ("Q", "K", "V", "O")}
    x, y = rng.normal(size=(2, length, width)), rng.normal(size=(2, length, width))
    mask = np.where(np.tri(length) > 0, 0.0, -np.inf)

    def loss(Q: Any, K: Any, V: Any, O: Any) -> Any:  # noqa: E741
        q, k, v = x @ Q, x @ K, x @ V
        scores = engine.einsum("bqd,bkd->bqk", q, k) / np.sqrt(width)
        mixed = engine.einsum("bqk,bkd->bqd", engine.softmax(scores + mask), v)
        return engine.mse(mixed @ O, y)

    return engine.record_with(loss, inputs)


def logistic_regression() -> Trace:
    """Well trained: most of its answers are sure, and right."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(64, 2)) * 4
    y = (X[:, 0] + X[:, 1] > 0).astype(float)

    def loss(w: Any, b: Any) -> Any:
        return engine.binary_cross_entropy(engine.sigmoid(X @ w + b), y)

    return engine.record(loss, w=np.array([1.5, 1.5]), b=0.0)


def logistic_regression_by_hand() -> Trace:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(64, 2)) * 2
    y = (X[:, 0] + X[:, 1] > 0).astype(float)

    def loss(w: Any, b: Any, y: Any) -> Any:
        p = engine.sigmoid(X @ w + b)
        return -(y * engine.log(p) + (1 - y) * engine.log(1 - p)).mean()

    return engine.record(loss, w=np.array([1.5, 1.5]), b=0.0, y=y)


def balanced_classes_from_zero() -> Trace:
    """Zero weights and as many of each class: the bias cancels exactly, and that is right."""
    X = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])

    def loss(w1: Any, w2: Any, b: Any) -> Any:
        total: Any = 0.0
        for (x1, x2), y in zip(X.tolist(), (1.0, 0.0, 1.0, 0.0), strict=True):
            p = engine.sigmoid(w1 * x1 + w2 * x2 + b)
            total = total - (y * engine.log(p) + (1 - y) * engine.log(1 - p))
        return total / 4

    return engine.record(loss, w1=0.0, w2=0.0, b=0.0)


def linear_regression_at_its_optimum() -> Trace:
    """The gradient is next to nothing, as it should be here."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(50, 3))
    y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.normal(size=50)
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    return engine.record(lambda w: engine.mse(X @ w, y), w=w)


def ridge_at_its_optimum() -> Trace:
    """Data and penalty pull in opposite directions and cancel: that is the optimum."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(40, 3))
    y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.normal(size=40)
    w = np.linalg.solve(X.T @ X / 40 + 0.1 * np.eye(3), X.T @ y / 40)

    def loss(X: Any, w: Any) -> Any:
        return engine.mse(X @ w, y) + 0.1 * (w * w).sum()

    return engine.record(loss, X=X, w=w)


def residual() -> Trace:
    """Twenty residual blocks."""
    rng = np.random.default_rng(8)
    inputs = {f"W{k}": rng.normal(size=(16, 16)) / 16 for k in range(20)}
    X, y = rng.normal(size=(16, 16)), rng.normal(size=(16, 16))

    def loss(**weights: Any) -> Any:
        h: Any = X
        for weight in weights.values():
            h = h + engine.tanh(h @ weight)
        return engine.mse(h, y)

    return engine.record_with(loss, inputs)


def normalised() -> Trace:
    """Weights that are far too large, put right by batch normalisation written out by hand."""
    rng = np.random.default_rng(9)
    inputs: dict[str, Any] = {f"W{k}": rng.normal(size=(16, 16)) * 5 for k in range(6)}
    inputs |= {f"g{k}": np.ones(16) for k in range(6)} | {f"b{k}": np.zeros(16) for k in range(6)}
    X, y = rng.normal(size=(32, 16)), rng.normal(size=(32, 16))

    def loss(**p: Any) -> Any:
        h: Any = X
        for k in range(6):
            z = h @ p[f"W{k}"]
            centred = z - z.mean(axis=0)
            z = centred / engine.sqrt((centred * centred).mean(axis=0) + 1e-5)
            h = engine.relu(z * p[f"g{k}"] + p[f"b{k}"])
        return engine.mse(h, y)

    return engine.record_with(loss, inputs)


def hinge_of_a_trained_classifier() -> Trace:
    """Nine examples of ten keep their margin, so their terms are flat."""
    rng = np.random.default_rng(10)
    X = rng.normal(size=(100, 2)) * 3
    y = np.sign(X[:, 0] - X[:, 1])

    def loss(w: Any) -> Any:
        return engine.relu(1 - y * (X @ w)).mean() + 1e-3 * (w * w).sum()

    return engine.record(loss, w=np.array([1.2, -1.1]))


def scalar_mlp(seed: int = 0) -> Trace:
    """A network of scalars, unit by unit: 2-8-8-1 on 20 points."""
    rng = np.random.default_rng(seed)
    widths = (2, 8, 8, 1)
    values = []
    for fan_in, fan_out in pairwise(widths):
        for _ in range(fan_out):
            values += [*(rng.normal(size=fan_in) * np.sqrt(2 / fan_in)).tolist(), 0.0]
    points = rng.normal(size=(20, 2)).tolist()
    return engine.record_with(_scalar_loss(widths, points), dict(_named(values)))


def _named(values: list[float]) -> list[tuple[str, float]]:
    return [(f"p{i}", value) for i, value in enumerate(values)]


def _scalar_loss(widths: tuple[int, ...], points: list[list[float]]) -> Callable[..., Any]:
    def loss(**named: Any) -> Any:
        total: Any = 0.0
        for point in points:
            left = iter(named.values())
            units: list[Any] = [Tensor(x) for x in point]
            for fan_in, fan_out in pairwise(widths):
                sums = []
                for _ in range(fan_out):
                    weights = [next(left) for _ in range(fan_in)]
                    z = next(left)
                    for weight, unit in zip(weights, units, strict=True):
                        z = z + weight * unit
                    sums.append(z)
                units = [z.relu() for z in sums] if fan_out > 1 else sums
            total = total + (units[0] - point[0] * point[1]) ** 2
        return total / len(points)

    return loss


def typed(text: str, **inputs: Any) -> Trace:
    """A typed expression."""
    return engine.record_with(parse(text).function(), inputs)


def we_01() -> Trace:
    return typed("(x + y)*z", x=-2, y=5, z=-4)


def we_02() -> Trace:
    text = "-ln(1/(1 + exp(-(w0 + w1*x1 + w2*x2))))"
    return typed(text, w0=-3, w1=2, w2=-3, x1=-1, x2=-2)


def we_03() -> Trace:
    W1 = [[1, 0, 1, 0], [0, -1, 0.5, -1], [-1, -1, 0, 0.5]]
    return typed(
        "-ln(sum(sigmoid(W2 @ sigmoid(W1 @ x))))", W1=W1, W2=[[-1, 1, -1]], x=[1, -1, 3, 2]
    )


def we_04() -> Trace:
    text = "-ln(sigmoid(v1*sigmoid(w11*x1 + w12*x2) + v2*sigmoid(w21*x1 + w22*x2)))"
    return typed(text, w11=0.5, w12=1, w21=0.5, w22=0.5, v1=-2, v2=2, x1=2, x2=3)


def we_05() -> Trace:
    text = "sum(sigmoid(W3 @ sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2) + b3))"
    return typed(
        text,
        W1=[[1, -2], [-1, 1]],
        b1=[1, 0],
        W2=[[2, -1], [-2, -1]],
        b2=[0, 0],
        W3=[[3, -1], [-1, 4]],
        b3=[-2, 2],
        x=[1, -1],
    )


HEALTHY: dict[str, Callable[[], Trace]] = {
    make.__name__: make
    for make in (
        he_relu, wide_relu_on_few_examples, numpy_relu, masked_relu, xavier_tanh, xavier_sigmoid,
        gelu, leaky_relu, relu_in_float32, tanh_in_float16, cnn, rnn, lstm, attention,
        logistic_regression, logistic_regression_by_hand, balanced_classes_from_zero,
        linear_regression_at_its_optimum, ridge_at_its_optimum, residual, normalised,
        hinge_of_a_trained_classifier, scalar_mlp, we_01, we_02, we_03, we_04, we_05,
    )
}  # fmt: skip
