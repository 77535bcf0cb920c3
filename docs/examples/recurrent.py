"""A recurrent network reads eight numbers and says the next one. Its time steps fold into one box.

backprop trace docs/examples/recurrent.py:loss
backprop why docs/examples/recurrent.py:loss "W[0,0]"
"""

import numpy as np

rng = np.random.default_rng(3)
SERIES = np.sin(0.7 * np.arange(9))


def step(h, x, W, u, b):
    """The state after one more number: (3,) -> (3,)"""
    return np.tanh(W @ h + u * x + b)


def loss(
    W=rng.normal(size=(3, 3)) * 0.5,
    u=rng.normal(size=3) * 0.5,
    b=np.zeros(3),
    v=rng.normal(size=3),
):
    """How far the prediction lies from the ninth number."""
    h = np.zeros(3)
    for t in range(1, 9):
        h = step(h, SERIES[t - 1], W, u, b)
    predicted = v @ h
    return (predicted - SERIES[8]) ** 2
