"""Channels: between two layers, the vertical tracks on which edges change rows.

Every edge arrives from the left on one row and leaves to the right on one or more. Where these
differ it needs a vertical on some track. Verticals on one track may not overlap, and an edge that
comes in on row r must turn before another goes out on row r. Where such demands run in a circle,
an edge is broken in two verticals joined by a jog on a free row. (Channel routing with doglegs:
Deutsch, 1976.)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count

SLACK = 2  # a channel may have this many times the tracks it needs, to save crossings


@dataclass(frozen=True, slots=True)
class Way:
    """How one edge passes a channel: ``tracks`` is empty for a straight one, else one track,
    or two with the row ``jog`` between them."""

    tracks: tuple[int, ...] = ()
    jog: int | None = None


STRAIGHT = Way()


class _Vertical:
    """A vertical to place: it starts on row ``enter`` and serves the rows ``exits`` (sorted)."""

    __slots__ = ("bottom", "enter", "exits", "follows", "top", "track", "way")

    def __init__(
        self, way: int, enter: int, exits: tuple[int, ...], follows: _Vertical | None = None
    ) -> None:
        self.way = way
        self.enter = enter
        self.exits = exits
        self.follows = follows
        self.top = min(enter, exits[0])
        self.bottom = max(enter, exits[-1])
        self.track = -1


def route_channel(ways: Sequence[tuple[int, tuple[int, ...]]]) -> tuple[list[Way], int]:
    """Tracks for edges given as (row on the left, rows on the right), and how many are used.

    Rows on the left differ from each other, rows on the right too (each is one port).
    """
    bent = [
        _Vertical(i, enter, tuple(sorted(exits)))
        for i, (enter, exits) in enumerate(ways)
        if exits != (enter,)
    ]
    found = [STRAIGHT] * len(ways)
    if not bent:
        return found, 0
    taken = {enter for enter, _ in ways} | {row for _, exits in ways for row in exits}
    verticals = _in_order(bent, taken)
    tracks = _place(verticals)
    for v in verticals:
        found[v.way] = Way((v.follows.track, v.track), v.enter) if v.follows else Way((v.track,))
    return found, tracks


def _preference(v: _Vertical) -> tuple[int, int]:
    """Nested descents turn from the bottom up, ascents from the top down: so they do not cross."""
    down = v.exits[0] + v.exits[-1] > 2 * v.enter
    return (-v.enter, v.way) if down else (v.enter, v.way)


def _in_order(bent: list[_Vertical], taken: set[int]) -> list[_Vertical]:
    """Verticals, each after all that must turn before it; circles are broken on rows not taken."""
    entering = {v.enter: i for i, v in enumerate(bent)}
    after: list[list[int]] = [[] for _ in bent]
    waiting = [0] * len(bent)
    for i, v in enumerate(bent):
        for row in v.exits:
            j = entering.get(row, i)
            if j != i:
                after[j].append(i)
                waiting[i] += 1
    ready = [(_preference(v), i) for i, v in enumerate(bent) if not waiting[i]]
    heapify(ready)
    done: list[_Vertical] = []
    placed = [False] * len(bent)
    closing: list[_Vertical] = []
    while len(done) < len(bent):
        if ready:
            i = heappop(ready)[1]
            done.append(bent[i])
        else:
            # Of those in the circle the one with the fewest branches and the longest way is broken:
            # its first part turns now, its second part after all others.
            i = min(
                _circle(bent, entering, placed),
                key=lambda i: (len(bent[i].exits), bent[i].top - bent[i].bottom, i),
            )
            first, second = _broken(bent[i], taken)
            done.append(first)
            closing.append(second)
        placed[i] = True
        for j in after[i]:
            waiting[j] -= 1
            if not waiting[j] and not placed[j]:
                heappush(ready, (_preference(bent[j]), j))
    return done + closing


def _circle(bent: list[_Vertical], entering: dict[int, int], placed: list[bool]) -> list[int]:
    """Verticals that wait for each other in a circle, among those not placed."""
    walk = [placed.index(False)]
    seen = {walk[0]: 0}
    while True:
        here = walk[-1]
        waits_for = (entering.get(row, here) for row in bent[here].exits)
        i = next(j for j in waits_for if j != here and not placed[j])
        if i in seen:
            return walk[seen[i] :]
        seen[i] = len(walk)
        walk.append(i)


def _broken(v: _Vertical, taken: set[int]) -> tuple[_Vertical, _Vertical]:
    """Two parts joined by a jog on the free row nearest to the middle, which is then taken."""
    middle = (v.top + v.bottom) // 2
    jog = next(
        row
        for distance in count()
        for row in (middle + distance, middle - distance)
        if row >= 0 and row not in taken
    )
    taken.add(jog)
    first = _Vertical(v.way, v.enter, (jog,))
    return first, _Vertical(v.way, jog, v.exits, follows=first)


def _place(verticals: list[_Vertical]) -> int:
    """Give each vertical, in order, the first track that is free and right of those it must
    follow, and of those that had better turn before it, where that does not make the channel much
    wider.
    """
    entered: dict[int, _Vertical] = {}
    tracks: list[_Track] = []
    enough = SLACK * _density(verticals) + SLACK
    for v in verticals:
        first = v.follows.track + 2 if v.follows else 0  # a jog has a cell between its ends
        for row in v.exits:
            before = entered.get(row)
            if before is not None and before.track >= first:
                first = before.track + 1
        for t in range(min(len(tracks), enough - 1) - 1, first - 1, -1):
            near = tracks[t].near(v)
            if near and any(_crossed(other, v) < _crossed(v, other) for other in near):
                first = t + 1
                break
        while first < len(tracks) and tracks[first].near(v):
            first += 1
        tracks += [_Track() for _ in range(len(tracks), first + 1)]
        tracks[first].add(v)
        v.track = first
        entered[v.enter] = v
    return len(tracks)


def _density(verticals: list[_Vertical]) -> int:
    """The most verticals that share a row or touch: no channel can do with fewer tracks."""
    steps = sorted([(v.top, 1) for v in verticals] + [(v.bottom + 2, -1) for v in verticals])
    most = here = 0
    for _, step in steps:
        here += step
        most = max(most, here)
    return most


class _Track:
    """The verticals of one track from top to bottom; they do not overlap."""

    __slots__ = ("bottoms", "tops", "verticals")

    def __init__(self) -> None:
        self.tops: list[int] = []
        self.bottoms: list[int] = []
        self.verticals: list[_Vertical] = []

    def near(self, v: _Vertical) -> Sequence[_Vertical]:
        """The verticals that share rows with ``v`` or touch it: a blank row keeps ends apart."""
        first = bisect_left(self.bottoms, v.top - 1)
        if first == len(self.tops) or self.tops[first] > v.bottom + 1:
            return ()
        return self.verticals[first : bisect_right(self.tops, v.bottom + 1)]

    def add(self, v: _Vertical) -> None:
        i = bisect_left(self.tops, v.top)
        self.tops.insert(i, v.top)
        self.bottoms.insert(i, v.bottom)
        self.verticals.insert(i, v)


def _crossed(a: _Vertical, b: _Vertical) -> int:
    """Crossings of two verticals that share rows when ``a`` stands left of ``b``."""
    count = 1 if a.top < b.enter < a.bottom else 0
    for row in a.exits:
        if b.top < row < b.bottom:
            count += 1
    return count
