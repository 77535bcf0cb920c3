"""Twelve sigmoid layers. The first ones hardly learn; how much of the gradient is left there?

backprop audit docs/examples/deep.py:loss
backprop why docs/examples/deep.py:loss "W1[0,0]"
"""

import numpy as np

rng = np.random.default_rng(1)
WIDTH = 6
X = rng.normal(size=(20, 4))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)


def weights(rows, columns):
    return rng.normal(size=(rows, columns)) / np.sqrt(rows)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def loss(
    W1=weights(4, WIDTH),
    inner=np.stack([weights(WIDTH, WIDTH) for _ in range(10)]),
    last=weights(WIDTH, 1),
):
    """Cross-entropy of the sign of x0·x1."""
    h = sigmoid(X @ W1)
    for layer in range(10):
        z = h @ inner[layer]
        h = sigmoid(z)
    p = sigmoid(h @ last)
    return -np.mean(Y * np.log(p) + (1.0 - Y) * np.log(1.0 - p))
