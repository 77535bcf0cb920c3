"""What was computed of a pass or a trace, kept for as long as that lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")


class Kept(Generic[Of, Made]):
    """`make(thing)`, made once a thing. Things are told apart by identity: they hold arrays and
    have no hash. What is made must not hold the thing itself."""

    def __init__(self, make: Callable[[Of], Made]) -> None:
        self._make = make
        self._made: dict[int, tuple[weakref.ref[Of], Made]] = {}

    def __call__(self, thing: Of) -> Made:
        found = self._made.get(id(thing))
        if found is not None and found[0]() is thing:
            return found[1]
        key = id(thing)
        made = self._make(thing)
        self._made[key] = (weakref.ref(thing, lambda _: self._made.pop(key, None)), made)
        return made
