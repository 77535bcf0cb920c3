"""Masked attention over a batch of two sentences. Its loss is NaN; which line made it so?

backprop audit docs/examples/attention.py:loss
backprop trace docs/examples/attention.py:loss
"""

import numpy as np

rng = np.random.default_rng(0)
TOKENS = rng.normal(size=(2, 5, 8))  # x: (N, T, D)
LENGTHS = np.array([5, 3])


def attention(x, Wq, Wk, Wv):
    """Every token attends to the tokens of its own sentence: (N, T, D) -> (N, T, D)."""
    q = x @ Wq
    k = x @ Wk
    v = x @ Wv
    scores = np.einsum("ntd,nsd->nts", q, k) / np.sqrt(Wq.shape[1])
    inside = np.arange(x.shape[1]) < LENGTHS[:, None]
    both = inside[:, :, None] & inside[:, None, :]
    masked = np.where(both, scores, -np.inf)
    weights = softmax(masked)
    return np.einsum("nts,nsd->ntd", weights, v)


def softmax(z):
    """Over the last axis, with the maximum taken off first."""
    shifted = z - np.max(z, axis=-1, keepdims=True)
    e = np.exp(shifted)
    return e / np.sum(e, axis=-1, keepdims=True)


def loss(
    Wq=rng.normal(size=(8, 4)) * 0.3,
    Wk=rng.normal(size=(8, 4)) * 0.3,
    Wv=rng.normal(size=(8, 4)) * 0.3,
    out=rng.normal(size=(4, 1)) * 0.3,
):
    """The squared error of one number for each token."""
    mixed = attention(TOKENS, Wq, Wk, Wv)
    predicted = mixed @ out
    error = predicted - 1.0
    return np.mean(error * error)
