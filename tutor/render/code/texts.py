"""The parts of a generated program that are the same in each: functions of ours, the check."""

from __future__ import annotations

FUNCTIONS: dict[str, str] = {
    "erf": '''\
def erf(x):
    """The error function, entry by entry."""
    return np.vectorize(math.erf, otypes=[float])(x)[()]
''',
    "scatter": '''\
def scatter(shape, index, values):
    """Zeros with values added at an index; places that are named twice add up."""
    result = np.zeros(shape)
    np.add.at(result, index, values)
    return result
''',
    "windows": '''\
def windows(x, sizes, strides):
    """Every window over the last axes of x."""
    axes = tuple(range(x.ndim - len(sizes), x.ndim))
    view = np.lib.stride_tricks.sliding_window_view(x, sizes, axes)
    return view[(..., *[slice(None, None, step) for step in strides], *[slice(None)] * len(sizes))]
''',
    "winners": '''\
def winners(x, axis):
    """1 at the largest entry along an axis, the first at a tie; over several axes even shares."""
    if axis is None or isinstance(axis, tuple):
        won = (x == np.max(x, axis=axis, keepdims=True)).astype(float)
        return won / np.sum(won, axis=axis, keepdims=True)
    won = np.zeros(x.shape)
    np.put_along_axis(won, np.expand_dims(np.argmax(x, axis=axis), axis), 1.0, axis)
    return won
''',
    "shift": '''\
def shift(x, axis):
    """The largest entries along an axis, 0 where these are not finite."""
    largest = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0.0)
''',
}

CHECK = '''\
def check(inputs, seed=1.0, entries=20, step=1e-6):
    """The largest error of backward against central differences, relative to the larger of both.

    Of an array with more than `entries` entries, that many are drawn and compared.
    """
    rng = np.random.default_rng(0)
    _, cache = forward(**inputs)
    worst = 0.0
    for name, gradient in backward(cache, seed).items():
        x = np.asarray(inputs[name], dtype=float)
        places = rng.permutation(x.size)[:entries]
        for place in places:
            around = []
            for sign in (1, -1):
                moved = x.copy()
                moved.flat[place] += sign * step
                result, _ = forward(**{**inputs, name: moved})
                around.append(np.sum(seed * result))
            slope = (around[0] - around[1]) / (2 * step)
            found = np.asarray(gradient).flat[place]
            worst = np.maximum(worst, abs(slope - found) / max(1.0, abs(slope), abs(found)))
    return worst
'''
