"""Parameters of ops as JSON: numbers, text, tuples, lists, slices, arrays, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.document import limits
from engine.document.document import DocumentError

Data = Any
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encoded(value: Any, number_of: Callable[[Any], int]) -> Data:
    """A parameter as data for `json.dumps`. number_of: the number to write for an array.

    Raises DocumentError for a value of another type.
    """
    if value is None or type(value) in (bool, int, str):
        return _within(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.generic):
        return {"scalar": number_of(np.asarray(value))}
    if isinstance(value, np.ndarray):
        return {"array": number_of(value)}
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return {"slice": [encoded(part, number_of) for part in parts]}
    if type(value) in (tuple, list):
        return {type(value).__name__: [encoded(part, number_of) for part in _within(value)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    raise DocumentError(f"a parameter of type {type(value).__name__} cannot be saved")


def decoded(data: Data, array: Callable[[Any], Any]) -> Any:
    """The parameter of `encoded`. array: the array of a number; it checks the number.

    Raises DocumentError for data of another form.
    """
    if not isinstance(data, (Mapping, list)):
        return _within(data)
    if isinstance(data, Mapping) and len(data) == 1:
        ((kind, inside),) = data.items()
        if kind == "float" and isinstance(inside, str) and inside in _SPECIAL:
            return _SPECIAL[inside]
        if kind == "array":
            return array(inside)
        if kind == "scalar":
            value = array(inside)
            if value.ndim:
                raise DocumentError("a parameter announces a number and has an array")
            return value[()]
        if kind == "ellipsis" and inside is True:
            return Ellipsis
        if kind in ("tuple", "list", "slice") and isinstance(inside, list):
            parts = [decoded(part, array) for part in _within(inside)]
            if kind == "list":
                return parts
            if kind == "tuple":
                return tuple(parts)
            if len(parts) == 3:
                return slice(*parts)
    raise DocumentError("a parameter is written in no known way")


def _within(value: Any) -> Any:
    """The value, unless it is longer or larger than any parameter has to be; checks of ops go
    through lists and multiply numbers."""
    if isinstance(value, int) and not -limits.WHOLE < value < limits.WHOLE:
        raise DocumentError("a parameter is a whole number of more than 64 bits")
    if isinstance(value, str) and len(value) > limits.NAME:
        raise DocumentError(f"a parameter is text of more than {limits.NAME} characters")
    if isinstance(value, (tuple, list)) and len(value) > limits.ENTRIES:
        raise DocumentError(f"a parameter has more than {limits.ENTRIES} entries and is no array")
    return value
