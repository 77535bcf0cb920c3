"""Python's garbage collector while a graph is being built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_OBJECTS = 100_000


class _Thresholds:
    """The collector's own thresholds, put aside while at least one graph is being built."""

    lock = Lock()
    builders = 0
    before = (0, 0, 0)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the collector run once in 100,000 new objects, and as before afterwards.

    All of a graph under construction is alive; the collector would look through it again and
    again in vain, which is a third of the time of a large recording.
    """
    with _Thresholds.lock:
        if _Thresholds.builders == 0:
            _Thresholds.before = gc.get_threshold()
            if 0 < _Thresholds.before[0] < _OBJECTS:
                gc.set_threshold(_OBJECTS, *_Thresholds.before[1:])
        _Thresholds.builders += 1
    try:
        yield
    finally:
        with _Thresholds.lock:
            _Thresholds.builders -= 1
            if _Thresholds.builders == 0:
                gc.set_threshold(*_Thresholds.before)
