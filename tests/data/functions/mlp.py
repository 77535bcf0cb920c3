"""A classifier in plain NumPy: two layers, softmax by hand, cross-entropy of integer labels."""

import numpy as np

rng = np.random.default_rng(7)
X = rng.normal(size=(5, 3))
LABELS = np.array([0, 2, 1, 1, 0])


def softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    return e / e.sum(axis=1, keepdims=True)


def loss(
    W1=rng.normal(size=(3, 4)) * 0.5,
    b1=np.zeros(4),
    W2=rng.normal(size=(4, 3)) * 0.5,
    b2=np.zeros(3),
    x=X,
    y=LABELS,
    decay=1e-3,
):
    z1 = x @ W1 + b1
    h1 = np.maximum(z1, 0.0)
    p = softmax(h1 @ W2 + b2)
    picked = p[np.arange(len(y)), y]
    data_loss = -np.mean(np.log(picked))
    penalty = decay * (np.sum(W1 * W1) + np.sum(W2**2))
    return data_loss + penalty
