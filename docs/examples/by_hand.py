# backprop check: linear-regression
"""A backward pass by hand, with a slip that many make once."""

import numpy as np


def backward(X, w, y, b):
    n = X.shape[0]

    # the forward pass
    yh = X @ w + b  # (n,)
    r = yh - y  # (n,)
    L = np.sum(r**2) / (2 * n)

    # the backward pass
    dL = 1.0
    dr = dL * r / n
    dyh = dr
    dw = X.T @ dyh
    db = dyh

    return {"dr": dr, "dyh": dyh, "dw": dw, "db": db}
