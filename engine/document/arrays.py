"""The arrays of a document, made of the bytes where they lie end to end."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from engine.document import limits, members
from engine.document.document import DocumentError
from engine.document.fields import number

Array = np.ndarray[Any, Any]


class Arrays:
    """The arrays by number: read-only views, without a copy. Raises DocumentError."""

    def __init__(self, columns: dict[str, Array]) -> None:
        kinds, shapes = columns["array_kinds"], columns["array_shapes"]
        if len(kinds) > limits.ARRAYS:
            raise DocumentError(f"array_kinds.npy: there are more than {limits.ARRAYS} arrays")
        lowest = np.array([0, 0, 0])
        highest = np.array([len(members.DTYPES) - 1, limits.AXES, 1])
        if np.any(kinds < lowest) or np.any(kinds > highest):
            raise DocumentError("array_kinds.npy: an array is of no known kind")
        if kinds[:, 1].sum(dtype=np.int64) != len(shapes):
            raise DocumentError("array_shapes.npy: it has not one size for each axis")
        data = [columns[f"data_{name}"] for name in members.DTYPES]
        used = [0] * len(data)
        sizes = shapes.tolist()
        self._arrays: list[Array] = []
        at = 0
        for which, axes, fortran in kinds.tolist():
            shape = tuple(sizes[at : at + axes])
            at += axes
            if not limits.fits(shape):
                raise DocumentError(f"array_shapes.npy: array {len(self._arrays)} is too large")
            start = used[which]
            end = used[which] = start + prod(shape)
            flat = data[which][start:end]
            if len(flat) < end - start:
                raise DocumentError(
                    f"data_{members.DTYPES[which]}.npy: it ends within array {len(self._arrays)}"
                )
            self._arrays.append(flat.reshape(shape, order="F" if fortran else "C"))
        for name, have, end in zip(members.DTYPES, data, used, strict=True):
            if len(have) != end:
                raise DocumentError(f"data_{name}.npy: it has more entries than the arrays")

    def __len__(self) -> int:
        return len(self._arrays)

    def value(self, column: str, which: int) -> Array:
        """An array as the value of a node: floats or a mask. column: where it is named."""
        found = self._arrays[which]
        if found.dtype.name not in members.FLOATS:
            raise DocumentError(f"{column}.npy: array {which} is of whole numbers")
        return found

    def param(self, place: str, which: Any) -> Array:
        """An array as a parameter of an op. place: where it is named."""
        return self._arrays[number(place, which, 0, len(self._arrays) - 1, "an array")]
