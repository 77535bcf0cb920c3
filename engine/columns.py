"""Many numbers, kept small: floats in one array, arrays beside them, lists of ids end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Value = Any


@dataclass(frozen=True, slots=True)
class Column:
    """Values by number: floats in one array, arrays beside them, and the numbers of absent ones."""

    floats: np.ndarray[Any, Any]
    arrays: Mapping[int, Any]
    absent: frozenset[int]

    def __len__(self) -> int:
        return len(self.floats)

    def __getitem__(self, i: int) -> Value:
        if i in self.arrays:
            return self.arrays[i]
        return None if i in self.absent else float(self.floats[i])

    @property
    def nbytes(self) -> int:
        """The memory of the numbers, in bytes; arrays that two columns share count in both."""
        return int(self.floats.nbytes) + sum(int(a.nbytes) for a in self.arrays.values())


def slot_numbers(slots: np.ndarray[Any, Any], operands: int) -> np.ndarray[Any, Any]:
    """Numbers of operands in 2 bytes each, in 4 where a node has more `operands` than 2¹⁵."""
    return slots.astype(np.int16 if operands <= 2**15 else np.int32, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Ragged(Sequence[tuple[int, ...]]):
    """One tuple of whole numbers for each node, such as its operands' ids, held in two arrays: 4 or
    8 bytes a number, not 70 a tuple."""

    flat: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if i < 0:
            i += len(self)
        if not 0 <= i < len(self):
            raise IndexError(i)
        return tuple(self.flat[self.starts[i] : self.starts[i + 1]].tolist())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ragged)
            and np.array_equal(self.flat, other.flat)
            and np.array_equal(self.starts, other.starts)
        )

    __hash__ = None  # type: ignore[assignment]
