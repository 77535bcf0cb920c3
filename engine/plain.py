"""Plain NumPy arrays of the user's that a tensor is written into: `out[t] = h`, `out += h`.

An array cannot hold a gradient. But one that was made in the function and is known there by one
name alone can become a tensor at that moment, and nobody can tell: the name is bound anew, and no
other name and no view is left behind. Whether that is so is seen by counting references. In any
other case the write is refused, as everywhere.

The user's file is compiled with these functions in its assignments (see `engine.marking`):

    out[t] = h    becomes   (out := fresh(out))[t] = seen(h)
    out[t] += h   becomes   (out := fresh(out))[t] = seen(augmented_entries("+=", out[t], h))
    out += h      becomes   out = augmented("+=", out, h)
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from engine.errors import LeavesGraphError
from engine.source import calling_line
from engine.state import MODE, recording
from engine.tensor import Tensor
from engine.writing import is_view, put_back

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+=": operator.add,
    "-=": operator.sub,
    "*=": operator.mul,
    "/=": operator.truediv,
    "**=": operator.pow,
    "@=": operator.matmul,
}
_IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "**=": operator.ipow,
    "@=": operator.imatmul,
}


def seen(value: Any) -> Any:
    """Note a value that is about to be written into entries, and give it back."""
    calls = getattr(MODE.get(), "calls", None)
    if calls is not None:
        calls.written_next = _has_gradient(value)
    return value


def fresh(array: Any) -> Any:
    """What the value that was seen last is written into: the object itself, or a tensor in its
    place."""
    calls = getattr(MODE.get(), "calls", None)
    if calls is None or not calls.written_next:
        return array
    calls.written_next = False
    if _is_alone(array, sys._getframe(1)):
        return Tensor(array)
    return array


def augmented(sign: str, current: Any, value: Any) -> Any:
    """What `current += value` leaves in the variable or the entries that `current` comes from."""
    if isinstance(current, Tensor) or not (_has_gradient(value) and recording()):
        return _IN_PLACE[sign](current, value)
    if isinstance(current, np.ndarray):
        if not _is_alone(current, sys._getframe(1)):
            raise _shared(sign)
        return _same_shape(sign, current, _BINARY[sign](Tensor(current), value))
    return _BINARY[sign](current, value)


def augmented_entries(sign: str, current: Any, value: Any) -> Any:
    """The same for entries, which are put back where they were taken from, right after this."""
    if recording() and isinstance(current, Tensor) and is_view(current):
        return put_back(current, lambda: _BINARY[sign](current, value))
    if isinstance(current, np.ndarray) and _has_gradient(value) and recording():
        if sys.getrefcount(current) != _TEMPORARY:
            raise _shared(sign)
        return _same_shape(sign, current, _BINARY[sign](current, value))
    return _IN_PLACE[sign](current, value)


def _shared(sign: str) -> LeavesGraphError:
    return LeavesGraphError(
        f"a {sign} ... ({calling_line()}) would write a tensor into a plain NumPy array that has "
        "another name or a view, where no gradient could flow back: write "
        f"a = a {sign[:-1]} ... in its place"
    )


def _same_shape(sign: str, current: Any, result: Any) -> Any:
    if isinstance(current, np.ndarray) and np.shape(result) != np.shape(current):
        raise LeavesGraphError(
            f"a {sign} ... ({calling_line()}): a result of shape {np.shape(result)} does not fit "
            f"into shape {np.shape(current)}"
        )
    return result


def _has_gradient(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _is_alone(array: Any, frame: FrameType) -> bool:
    """Whether an array of floats is known by one variable of a frame and by nothing else."""
    if type(array) is not np.ndarray or array.dtype.kind != "f" or not array.flags.writeable:
        return False
    if array.base is not None and sys.getrefcount(array.base) > 2:
        return False
    return bool(_references(array, frame) == _ALONE)


def _references(array: Any, frame: FrameType) -> tuple[int, int]:
    """How many variables of the frame hold an object, and how many references there are."""
    names = 0
    for held in frame.f_locals.values():
        names += int(held is array)
        del held
    return names, sys.getrefcount(array)


def _through(array: Any) -> Any:
    return _between(array, sys._getframe(1))


def _between(array: Any, frame: FrameType) -> tuple[int, int]:
    return _references(array, frame)


def _one_variable() -> Any:
    array: Any = np.empty(0)
    array = _through(array)
    return array


def _no_variable(array: Any) -> int:
    return sys.getrefcount(array)


_ALONE = _one_variable()
"""What is counted for an array in one variable, as far from it as `fresh` and `augmented` are."""

_TEMPORARY = _no_variable(np.empty(2)[:1])
"""The references to an array that was made for a call."""
