"""Circles: whether a graph of items can be put in order, and whether folding some keeps it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

Pairs = set[tuple[int, int]]


def in_order(
    cells: Iterable[int], inputs: Sequence[Sequence[int]] | Mapping[int, Sequence[int]]
) -> list[int]:
    """Cells, each after its inputs, the lowest number first among those that may come next; those
    in a circle and behind one are left out. Takes time in proportion to the edges."""
    waiting = {k: len(inputs[k]) for k in cells}
    users: dict[int, list[int]] = {k: [] for k in waiting}
    for k in waiting:
        for source in inputs[k]:
            users[source].append(k)
    ready = [k for k, count in waiting.items() if not count]
    heapify(ready)
    found = []
    while ready:
        k = heappop(ready)
        found.append(k)
        for user in users[k]:
            waiting[user] -= 1
            if not waiting[user]:
                heappush(ready, user)
    return found


def folded(pairs: Pairs, cells: set[int], into: int) -> Pairs | None:
    """The edges (source, user) when `cells` become one, which is called `into`; None where that
    makes a circle."""
    merged = {(into if a in cells else a, into if b in cells else b) for a, b in pairs}
    merged = {(a, b) for a, b in merged if a != b}
    inputs: dict[int, list[int]] = {k: [] for pair in merged for k in pair}
    for a, b in merged:
        inputs[b].append(a)
    return merged if len(in_order(inputs, inputs)) == len(inputs) else None
