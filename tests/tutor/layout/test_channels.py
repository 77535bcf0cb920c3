"""Tracks: every demand kept, circles broken by a jog, channels that stay narrow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tutor.layout.channels import route_channel

Ways = list[tuple[int, tuple[int, ...]]]


@st.composite
def channels(draw: st.DrawFn) -> Ways:
    count = draw(st.integers(1, 8))
    rows = st.integers(0, 14)
    enters = draw(st.lists(rows, min_size=count, max_size=count, unique=True))
    exits = draw(st.lists(rows, min_size=count, max_size=14, unique=True))
    cuts = sorted(draw(st.lists(st.integers(1, len(exits)), max_size=count - 1, unique=True)))
    cuts = [*range(1, count)] if len(cuts) < count - 1 or cuts[-1:] == [len(exits)] else cuts
    parts = zip([0, *cuts], [*cuts, len(exits)], strict=True)
    return [(enter, tuple(exits[a:b])) for enter, (a, b) in zip(enters, parts, strict=True)]


def pieces(ways: Ways) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]]:
    """Verticals (net, track, top, bottom) and horizontals (net, row, from track, to track)."""
    found, tracks = route_channel(ways)
    verticals, horizontals = [], []
    for net, ((enter, exits), way) in enumerate(zip(ways, found, strict=True)):
        assert list(way.tracks) == sorted(set(way.tracks))
        assert all(0 <= t < tracks for t in way.tracks)
        if not way.tracks:
            assert exits == (enter,)
            horizontals.append((net, enter, -1, tracks))
            continue
        at, row = -1, enter
        for track in way.tracks[:-1]:
            assert way.jog is not None
            horizontals.append((net, row, at, track))
            verticals.append((net, track, min(row, way.jog), max(row, way.jog)))
            at, row = track, way.jog
        last = way.tracks[-1]
        horizontals.append((net, row, at, last))
        verticals.append((net, last, min(row, *exits), max(row, *exits)))
        horizontals += [(net, y, last, tracks) for y in exits]
    return verticals, horizontals


@given(channels())
def test_lines_of_different_nets_only_cross(ways: Ways) -> None:
    verticals, horizontals = pieces(ways)
    for i, (net, track, top, bottom) in enumerate(verticals):
        for other, column, above, below in verticals[:i]:
            assert net == other or track != column or bottom + 1 < above or below + 1 < top
        for other, row, left, right in horizontals:
            touches = left <= track <= right and top <= row <= bottom
            assert net == other or not touches or (left < track < right and top < row < bottom)
    for i, (net, row, left, right) in enumerate(horizontals):
        for other, level, start, stop in horizontals[:i]:
            assert net == other or row != level or right < start or stop < left


def test_a_straight_edge_needs_no_track() -> None:
    found, tracks = route_channel([(3, (3,)), (5, (5,))])
    assert tracks == 0
    assert [way.tracks for way in found] == [(), ()]


def test_two_edges_that_change_places_are_joined_by_a_jog() -> None:
    found, tracks = route_channel([(1, (5,)), (5, (1,))])
    jogged = next(way for way in found if way.jog is not None)
    assert tracks == 3
    assert jogged.tracks == (0, 2)
    assert jogged.jog == 3


def test_nested_edges_do_not_cross() -> None:
    down = [(row, (row + 5,)) for row in range(4)]
    up = [(row + 25, (row + 20,)) for row in range(4)]
    for ways in (down, up, down + up):
        verticals, horizontals = pieces(ways)
        assert not [
            1
            for _, track, top, bottom in verticals
            for _, row, left, right in horizontals
            if left < track < right and top < row < bottom
        ]


def test_a_long_staircase_stays_narrow() -> None:
    ways: Ways = [(4 * i, (4 * i + 6,)) for i in range(200)]
    assert route_channel(ways)[1] <= 8
