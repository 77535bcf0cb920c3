"""Two pictures of the same thing shall lie close together: one encoder, used twice.

The gradient of the encoder's bias comes from both uses, and the two nearly cancel: moving both
embeddings alike does not change how far apart they are.

    backprop why docs/examples/siamese.py:loss b
"""

import numpy as np

rng = np.random.default_rng(2)
LEFT = rng.normal(size=(16, 5))
RIGHT = LEFT + 0.05 * rng.normal(size=(16, 5))


def encoder(x, W, b):
    """(N, 5) -> (N, 3)"""
    z = x @ W + b
    return np.tanh(z)


def loss(W=rng.normal(size=(5, 3)) * 0.4, b=np.zeros(3)):
    """The mean squared distance of the pairs."""
    left = encoder(LEFT, W, b)
    right = encoder(RIGHT, W, b)
    apart = left - right
    return np.mean(np.sum(apart**2, axis=1)) * 100.0
