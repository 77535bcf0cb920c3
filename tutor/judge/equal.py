"""Whether two values are one: nowhere further apart than their rounding can account for.

No tolerance is tuned: the difference is measured with the bounds that were carried along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays.bounded import Bounded

FACTOR = 32.0
SHARP = 1e-6
"""Where the bounds are within this share of the values, an equality says something."""

HAZY = 1e-3
"""Where the bounds are beyond this share of the truth, an answer says nothing there."""

_COARSE = 1e-9
SMALL = 1e-3
"""A value below this counts as large as this in the share above: 0 can be met only so closely."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found at S samples of arrays of n entries, each (S, n) but `undefined`, (S,).

    differs: certainly not equal. sharp: both have finite values with bounds so tight that
    equality says something. undefined: the answer has no value where the truth has one.
    defined: where the truth has one. hazy, (S,): the truth is known, and the bound of the answer is
    so wide that anything would pass.
    """

    differs: np.ndarray
    sharp: np.ndarray
    undefined: np.ndarray
    defined: np.ndarray
    hazy: np.ndarray

    @property
    def false(self) -> bool:
        """Whether the two certainly differ somewhere."""
        return bool(self.differs.any())

    @property
    def enough(self) -> bool:
        """Whether every entry was compared sharply at some points."""
        return bool((self.sharp.sum(axis=0) >= min(3, len(self.sharp))).all())


def compare(yours: Bounded, truth: Bounded, count: int) -> Comparison:
    """Compare two values of one shape at `count` samples (either may be a constant)."""
    a, ea = _flat(yours, count)
    b, eb = _flat(truth, count)
    with np.errstate(all="ignore"):
        slack = FACTOR * (ea + eb)
        gap = np.abs(a - b)
        # An infinity without error is beyond the range of doubles for certain.
        one_beyond = np.isinf(a) ^ np.isinf(b) | (np.isinf(a) & np.isinf(b) & (a != b))
        certain = (ea < np.inf) & (eb < np.inf)
        finite = np.isfinite(a) & np.isfinite(b)
        differs = finite & (gap > slack) | one_beyond & certain & (slack < np.inf)
        size = np.maximum(np.maximum(np.abs(a), np.abs(b)), SMALL)
        sharp = finite & (slack <= SHARP * size)
        typical = np.max(np.where(np.isfinite(b), np.abs(b), 0.0), axis=1, initial=SMALL)
        wide = HAZY * typical[:, None]
        hazy = (finite & (FACTOR * eb <= wide) & ~(FACTOR * ea <= wide)).any(axis=1)
    defined = np.isfinite(b).all(axis=1)
    undefined = defined & np.isnan(a).any(axis=1) | defined & (np.isinf(a) & (ea > 0)).any(axis=1)
    return Comparison(differs, sharp, undefined, defined, hazy)


def differ(yours: Bounded, truth: Bounded, count: int) -> np.ndarray:
    """Where values without bounds are apart, (S,): a coarse look, which decides nothing but where
    to look closer."""
    a, _ = _flat(yours, count)
    b, _ = _flat(truth, count)
    with np.errstate(all="ignore"):
        close = np.abs(a - b) <= _COARSE * (np.abs(a) + np.abs(b))
    known = np.isfinite(b)
    return np.asarray((known & ~close).any(axis=1))


def _flat(x: Bounded, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and errors as (S, n); values alone count as exact."""
    value = np.asarray(x.value, dtype=np.float64).reshape(len(x.value), -1)
    error = np.zeros(value.shape) if x.error is None else x.error.reshape(len(x.error), -1)
    shape = (count, value.shape[1])
    return np.broadcast_to(value, shape), np.broadcast_to(error, shape)
