"""A softmax without the shift: exp overflows, and inf / inf is nan."""

import numpy as np


def loss(z=np.array([1.0, 2.0, 800.0]), target=2):
    e = np.exp(z)
    p = e / np.sum(e)
    return -np.log(p[target])
