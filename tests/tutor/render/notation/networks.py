"""Networks as programs write them, for the tests of notation."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine.trace import Trace
from tutor.language import parse

RNG = np.random.default_rng(5)
W1, W2 = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3))
B1, B2 = RNG.normal(size=3), RNG.normal(size=2)
X, Y = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))


def make(text: str, **inputs: Any) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


COLUMN = make(
    "h = sigmoid(W1@x + b1); p = sigmoid(W2@h + b2); sum((p - y)**2)/2",
    W1=W1, x=X[0], b1=B1, W2=W2, b2=B2, y=Y[0],
)  # fmt: skip
ROWS = make(
    "h = tanh(X@U1 + b1); p = sigmoid(h@U2 + b2); mse(p, y)",
    X=X, U1=W1.T.copy(), b1=B1, U2=W2.T.copy(), b2=B2, y=Y,
)  # fmt: skip
TURNED = make(
    "h = tanh(X@W1.T + b1); p = sigmoid(h@W2.T); binary_cross_entropy(p, y)",
    X=X, W1=W1, b1=B1, W2=W2, y=abs(Y) % 1,
)  # fmt: skip
COLUMNS = make(
    "h = tanh(W1@X); p = sigmoid(W2@h); mse(p, y)",
    W1=W1, X=X.T.copy(), W2=W2, y=Y.T.copy(),
)  # fmt: skip
LOGITS = make(
    "h = relu(X@U1 + b1); cross_entropy(h@U2 + b2, t)",
    X=X, U1=W1.T.copy(), b1=B1, U2=W2.T.copy(), b2=B2, t=np.eye(2)[[0, 1, 1, 0]],
)  # fmt: skip
NEURON = make(
    "a = sigmoid(w1*x1 + w2*x2 + b); (a - y)**2", w1=0.5, x1=1.0, w2=-0.3, x2=2.0, b=0.1, y=1.0
)
