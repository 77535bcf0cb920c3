"""Zoom: which groups of a graph are open and which are folded, as far as a person said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Base = Literal["auto", "open", "folded"]


@dataclass(frozen=True, slots=True)
class Fold:
    """Nodes (numbers within a pass, rising) that a person folded into one gate with a name."""

    name: str
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Zoom:
    """How much of a graph is seen.

    base: what is open where nobody said otherwise: "auto" what fits into a picture of some 60
    boxes, "open" as much as can be drawn, "folded" nothing. opened, closed: the groups, by the ids
    of their items, that a person opened or folded. folds: gates of a person's own. marked: nodes
    (numbers within a pass) that are to become the next one.
    """

    base: Base = "auto"
    opened: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()
    folds: tuple[Fold, ...] = ()
    marked: frozenset[int] = frozenset()


AUTO = Zoom()
"""What is seen where nobody said anything."""
