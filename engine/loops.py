"""Loops of the user's own file, counted: each turn of `for t in ...` becomes a scope.

Python does not tell from outside which turn a loop is in. So the file is compiled with a change:
what a `for` loop runs over is handed out by a `Loop`, one item at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Site:
    """A `for` statement: its variables, and where its body begins and ends (line, column)."""

    names: tuple[str, ...]
    start: tuple[int, int]
    end: tuple[int, int]

    def covers(self, line: int, column: int | None) -> bool:
        """Whether a place lies in the body; by its line alone where there is no column."""
        if column is None:
            return self.start[0] <= line <= self.end[0]
        return self.start <= (line, column) < self.end


class Watcher(Protocol):
    """Something that wants to know of loops under way."""

    def began(self, loop: Loop) -> None:
        """The loop is about to begin."""

    def made_so_far(self) -> int:
        """The number of nodes at this moment."""

    def fetched(self, loop: Loop, since: int) -> None:
        """A turn begins, whose item was made by the nodes from number `since` on."""

    def ended(self, loop: Loop) -> None:
        """There are no more items."""


class Loop:
    """A loop under way in a frame: it hands out the items. turn: the number of the present one,
    from 0. begins: the turn begins with nodes that made its item."""

    __slots__ = ("_ahead", "_watcher", "begins", "frame", "item", "named", "site", "turn")

    def __init__(self, site: Site, items: Iterable[Any], watcher: Watcher, frame: FrameType):
        self._ahead = iter(items)
        self._watcher = watcher
        self.frame = frame
        self.site = site
        self.turn = -1
        self.item: Any = None
        self.begins = False
        self.named: Any = None  # kept by the watcher: what the present turn is called
        watcher.began(self)

    def __iter__(self) -> Loop:
        return self

    def __next__(self) -> Any:
        before = self._watcher.made_so_far()
        try:
            self.item = next(self._ahead)
        except BaseException:
            self._watcher.ended(self)
            raise
        self.turn += 1
        if self._watcher.made_so_far() != before:
            self._watcher.fetched(self, before)
        return self.item

    def title(self, variable: str) -> str:
        """The present turn in words: `t=3` for whole numbers, else the variable and the turn's
        number: `layer 3`."""
        names = self.site.names
        items = (
            self.item if len(names) > 1 and isinstance(self.item, (tuple, list)) else [self.item]
        )
        whole = [
            f"{variable if name == names[0] else name}={int(item)}"
            for name, item in zip(names, items, strict=False)
            if isinstance(item, (int, np.integer)) and not isinstance(item, bool)
        ]
        return ",".join(whole) if whole else f"{variable} {self.turn}"
