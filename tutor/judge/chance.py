"""Chance: numbers drawn at random from a seed, as arrays.

The generator is SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators,
OOPSLA 2014): number k is a scrambled `seed + k*GAMMA`. It is here because importing that of NumPy
takes an eighth of the time in which one answer is judged from the shell.
"""

from __future__ import annotations

from math import prod

import numpy as np

Array = np.ndarray

_GAMMA = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1
_SCRAMBLE = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
_SUM_OF_NORMAL = 12
_AHEAD = 2048


class Chance:
    """What is drawn from one seed, one array after another. size: the shape of the array."""

    __slots__ = ("_ahead", "_state")

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK
        self._ahead = self._drawn(_AHEAD)

    def random(self, size: int | tuple[int, ...]) -> Array:
        """Numbers of [0, 1), multiples of 2⁻⁵³."""
        shape = (size,) if isinstance(size, int) else size
        count = prod(shape)
        if count > len(self._ahead):
            self._ahead = np.concatenate([self._ahead, self._drawn(max(count, _AHEAD))])
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        return taken.reshape(shape)

    def _drawn(self, count: int) -> Array:
        """The next numbers; many at once, since a few cost as much."""
        bits = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GAMMA)
        bits += np.uint64(self._state)
        self._state = (self._state + count * _GAMMA) & _MASK
        for shift, factor in _SCRAMBLE:
            bits ^= bits >> np.uint64(shift)
            bits *= np.uint64(factor)
        return np.asarray((bits >> np.uint64(11)) * 2.0**-53)

    def uniform(self, low: float, high: float, size: int | tuple[int, ...]) -> Array:
        """Numbers of [low, high)."""
        return low + (high - low) * self.random(size)

    def integers(self, low: int, high: int, size: int | tuple[int, ...]) -> Array:
        """Whole numbers from low to high - 1."""
        return low + np.asarray((high - low) * self.random(size), dtype=np.int64)

    def signs(self, size: int | tuple[int, ...]) -> Array:
        """Each 1.0 or -1.0."""
        return np.where(self.random(size) < 0.5, -1.0, 1.0)

    def normal(self, size: int | tuple[int, ...]) -> Array:
        """Numbers of mean 0 and deviation 1, bell-shaped and within ±6 (a sum of twelve)."""
        shape = (size,) if isinstance(size, int) else size
        return np.asarray(self.random((_SUM_OF_NORMAL, *shape)).sum(axis=0) - _SUM_OF_NORMAL / 2)
