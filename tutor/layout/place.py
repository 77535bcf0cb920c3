"""Placing: from layers, orders, rows and tracks to the finished layout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tutor.layout.box import Box, Edge
from tutor.layout.channels import Way, route_channel
from tutor.layout.glyphs import DOWN, LEFT, RIGHT, UP
from tutor.layout.layers import Layered, layered
from tutor.layout.layout import Hop, Horizontal, Layer, Layout, Placed, Vertical
from tutor.layout.order import Layers, ordered
from tutor.layout.rows import assign_rows

MARGIN = 2  # columns between a box and the nearest track: room for an arrow head and a line
NARROWEST = 4  # columns of a channel without tracks
AIRY = 8  # up to so many tracks, a blank column stands between two


def _pitch(tracks: int) -> int:
    """The columns from one track of a channel to the next."""
    return 2 if tracks <= AIRY else 1


def layout(boxes: Sequence[Box]) -> Layout:
    """Place boxes, given in evaluation order, and route their edges.

    The time grows with the boxes plus the layers that edges skip. Raises ValueError for a repeated
    id or an input that is not an earlier box.
    """
    graph = layered(boxes)
    layers = ordered(graph)
    top = assign_rows(graph, layers)
    channels = _channels(graph, layers, top)
    xs, widths = _columns(boxes, layers, [count for _, count in channels])
    placed = _boxes(boxes, graph, top, xs)
    ends = [x + width for x, width in zip(xs, widths, strict=True)]
    hops = _hops(boxes, graph, layers, top, channels, ends)
    consumers: dict[int, list[Edge]] = {box.id: [] for box in boxes}
    for box in boxes:
        for j, source in enumerate(box.inputs):
            consumers[source].append(Edge(source, box.id, j))
    rows, columns, lowest = _lines(placed, consumers, hops)
    n = graph.boxes
    shown = [[v for v in layer if v < n] for layer in layers]
    return Layout(
        width=xs[-1] + widths[-1] if xs else 0,
        height=max(max((p.y + p.height for p in placed.values()), default=0), lowest + 1),
        placed=placed,
        consumers={box: tuple(edges) for box, edges in consumers.items()},
        layers=tuple(
            Layer(x, w, tuple([boxes[v].id for v in layer]), tuple([top[v] for v in layer]))
            for x, w, layer in zip(xs, widths, shown, strict=True)
        ),
        hops=hops,
        rows=rows,
        columns=columns,
    )


def _channels(graph: Layered, layers: Layers, top: list[int]) -> list[tuple[dict[int, Way], int]]:
    """For each layer, how its links pass the channel on its right, and the tracks used."""
    channels: list[tuple[dict[int, Way], int]] = []
    for layer in layers:
        leaving = [v for v in layer if graph.out[v]]
        ways, count = route_channel(
            [
                (
                    top[v] + graph.right_row[v],
                    tuple([top[c] + graph.left_rows[c][j] for c, j in graph.out[v]]),
                )
                for v in leaving
            ]
        )
        channels.append((dict(zip(leaving, ways, strict=True)), count))
    return channels


def _columns(
    boxes: Sequence[Box], layers: Layers, tracks: list[int]
) -> tuple[list[int], list[int]]:
    """The left column and the width of every layer."""
    xs: list[int] = []
    widths: list[int] = []
    x = 0
    for layer, count in zip(layers, tracks, strict=True):
        width = max(boxes[v].width for v in layer if v < len(boxes))
        xs.append(x)
        widths.append(width)
        x += width + max(NARROWEST, 2 * MARGIN + (count - 1) * _pitch(count) + 1)
    return xs, widths


def _boxes(
    boxes: Sequence[Box], graph: Layered, top: list[int], xs: list[int]
) -> dict[int, Placed]:
    placed: dict[int, Placed] = {}
    for v, box in enumerate(boxes):
        y, k = top[v], graph.layer[v]
        placed[box.id] = Placed(
            box.id,
            xs[k],
            y,
            box.width,
            graph.height[v],
            k,
            box.inputs,
            tuple([y + row for row in graph.left_rows[v]]),
            y + graph.right_row[v],
        )
    return placed


def _hops(
    boxes: Sequence[Box],
    graph: Layered,
    layers: Layers,
    top: list[int],
    channels: list[tuple[dict[int, Way], int]],
    ends: list[int],
) -> dict[int, tuple[Hop, ...]]:
    """For each box, in its order from left to right, how its net passes the channels."""
    found: dict[int, list[Hop]] = {box.id: [] for box in boxes}
    n = graph.boxes
    for k, layer in enumerate(layers):
        ways, count = channels[k]
        left = ends[k] + MARGIN
        for v in layer:
            if v not in ways:
                continue
            way = ways[v]
            onward = next((top[c] for c, _ in graph.out[v] if c >= n), -1)
            found[boxes[graph.source[v]].id].append(
                Hop(
                    top[v] + graph.right_row[v],
                    tuple([left + t * _pitch(count) for t in way.tracks]),
                    -1 if way.jog is None else way.jog,
                    onward,
                )
            )
    return {box: tuple(hops) for box, hops in found.items()}


def _lines(
    placed: dict[int, Placed],
    consumers: dict[int, list[Edge]],
    hops: dict[int, tuple[Hop, ...]],
) -> tuple[dict[int, list[Horizontal]], dict[int, list[Vertical]], int]:
    """All lines of all nets by row and by column, sorted, and the lowest row that has one."""
    rows: defaultdict[int, list[Horizontal]] = defaultdict(list)
    columns: defaultdict[int, list[Vertical]] = defaultdict(list)
    for source, path in hops.items():
        here = placed[source]
        x = here.right
        ends: list[list[tuple[int, int]]] = [[] for _ in path]
        for edge in consumers[source]:
            there = placed[edge.consumer]
            ends[there.layer - 1 - here.layer].append((there.input_rows[edge.operand], there.x))
        for hop, targets in zip(path, ends, strict=True):
            row = hop.row
            for turn in hop.turns:
                rows[row].append((x, turn, source))
                if turn != hop.turns[-1]:
                    exits = [hop.jog]
                else:
                    exits = [y for y, _ in targets]
                    if hop.onward >= 0:
                        exits.append(hop.onward)
                columns[turn].append(_vertical(row, exits, source))
                x, row = turn, hop.jog
            for y, end in targets:
                rows[y].append((x, end, source))
    for horizontals in rows.values():
        horizontals.sort()
    for verticals in columns.values():
        verticals.sort()
    return dict(rows), dict(columns), max(rows, default=-1)


def _vertical(row: int, exits: list[int], source: int) -> Vertical:
    """A vertical entered from the left on ``row`` and left to the right on ``exits``."""
    if len(exits) == 1:
        end = exits[0]
        if row < end:
            return (row, end, source, ((row, LEFT | DOWN), (end, RIGHT | UP)))
        return (end, row, source, ((end, RIGHT | DOWN), (row, LEFT | UP)))
    arms = dict.fromkeys(exits, RIGHT)
    arms[row] = arms.get(row, 0) | LEFT
    top, bottom = min(arms), max(arms)
    joints = [
        (y, arm | (UP if y > top else 0) | (DOWN if y < bottom else 0)) for y, arm in arms.items()
    ]
    return (top, bottom, source, tuple(sorted(joints)))
