"""Python decides by numbers: branches, a loop until it is small enough, recursion, whole numbers."""

import numpy as np


def halved(r):
    if r < 1.0:
        return r
    return halved(r / 2)


def loss(x=3.0, n=2.6, steps=2, *, sharp=False):
    y = x * x if x > 0 else -x
    while y > 4.0:
        y = y - 2.0
    for i in range(int(n)):
        y = y * 1.5
    for i in range(steps):
        y = y + i
    if sharp:
        return np.exp(y)
    return halved(y) + y.item() * 0.0
