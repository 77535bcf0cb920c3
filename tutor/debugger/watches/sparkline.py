"""Numbers over time in one row of characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.render.plain import spelled

BARS = "▁▂▃▄▅▆▇█"
NAN, PLUS_INFINITY, MINUS_INFINITY = "!", "↑", "↓"


def sparkline(numbers: Sequence[float], width: int = 24, *, ascii: bool = False) -> str:
    """One bar a number, from the least (lowest) to the largest; the same height for equal ones.

    Of more numbers than `width` each bar shows the last of its stretch; one that holds a NaN or
    an infinity shows that. NaN is `!`, infinities are `↑` and `↓`. In ASCII the bars are
    `_.-=+*%#` and the infinities `^` and `v`.
    """
    if not len(numbers) or width < 1:
        return ""
    stretches = np.array_split(np.asarray(numbers, dtype=np.float64), min(width, len(numbers)))
    shown = [_standing_for(stretch) for stretch in stretches]
    finite = [x for x in shown if np.isfinite(x)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    return spelled("".join(_bar(x, low, high) for x in shown), ascii)


def _standing_for(stretch: np.ndarray[Any, Any]) -> float:
    odd = stretch[~np.isfinite(stretch)]
    return float(odd[0] if len(odd) else stretch[-1])


def _bar(x: float, low: float, high: float) -> str:
    if x != x:
        return NAN
    if np.isinf(x):
        return PLUS_INFINITY if x > 0 else MINUS_INFINITY
    if low == high:
        return BARS[3]
    # Halved, so that a range as wide as floats go does not overflow.
    height = (x / 2 - low / 2) / (high / 2 - low / 2)
    return BARS[min(len(BARS) - 1, int(height * len(BARS)))]
