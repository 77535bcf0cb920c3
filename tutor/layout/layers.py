"""Layers: which column each node stands in, and the waypoints of edges that skip columns.

An edge that spans several layers passes through one *waypoint* per layer in between. The waypoints
of a source are shared by all its consumers, so that a fan-out is one trunk with branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.layout.box import Box


@dataclass(frozen=True, slots=True)
class Layered:
    """A graph in which every link joins two neighbouring layers.

    Vertices ``0 .. boxes-1`` are the boxes in the order given, the rest are waypoints, one row
    high. ``into[v]`` holds the vertex in the layer before ``v`` for each operand (one for a
    waypoint); ``out[u]`` the ``(vertex, operand)`` pairs in the layer after ``u``. ``left_rows``
    and ``right_row`` are the port rows, counted from the top of the vertex.
    """

    boxes: int
    layer: list[int]
    source: list[int]
    into: list[list[int]]
    out: list[list[tuple[int, int]]]
    height: list[int]
    left_rows: list[tuple[int, ...]]
    right_row: list[int]

    @property
    def vertices(self) -> int:
        return len(self.layer)

    @property
    def depth(self) -> int:
        """The number of layers."""
        return 1 + max(self.layer, default=-1)


def layered(boxes: Sequence[Box]) -> Layered:
    """Assign a layer to every box and cut long edges at waypoints.

    Raises ValueError for a repeated id, or an input that is not an earlier box.
    """
    index = _index(boxes)
    inputs = [[index[i] for i in box.inputs] for box in boxes]
    consumers: list[list[tuple[int, int]]] = [[] for _ in boxes]
    for c, operands in enumerate(inputs):
        for j, s in enumerate(operands):
            consumers[s].append((c, j))
    layer = _assign(inputs, consumers)
    n = len(boxes)
    graph = Layered(
        boxes=n,
        layer=layer,
        source=list(range(n)),
        into=inputs,
        out=[[] for _ in boxes],
        height=[box.rows for box in boxes],
        left_rows=[box.left_rows for box in boxes],
        right_row=[box.right_row for box in boxes],
    )
    for s in range(n):
        _link(graph, s, consumers[s])
    return graph


def _index(boxes: Sequence[Box]) -> dict[int, int]:
    index: dict[int, int] = {}
    for i, box in enumerate(boxes):
        if box.id in index:
            raise ValueError(f"layout: box {box.id} is given twice; ids must differ")
        for operand in box.inputs:
            if operand not in index:
                raise ValueError(
                    f"layout: box {box.id} takes {operand}, which is not an earlier box; "
                    "give the boxes in evaluation order"
                )
        index[box.id] = i
    return index


def _assign(inputs: list[list[int]], consumers: list[list[tuple[int, int]]]) -> list[int]:
    """Longest path from the leaves, then each node moves right, next to its first consumer.

    The second step keeps leaves beside their use: without it a network's parameters all stand in
    the first column and their edges cross everything.
    """
    layer = [0] * len(inputs)
    for v, operands in enumerate(inputs):
        for s in operands:
            if layer[s] >= layer[v]:
                layer[v] = layer[s] + 1
    for v in range(len(inputs) - 1, -1, -1):
        if consumers[v]:
            layer[v] = min([layer[c] for c, _ in consumers[v]]) - 1
    return layer


def _link(graph: Layered, s: int, consumers: list[tuple[int, int]]) -> None:
    """Join source ``s`` to its consumers, along waypoints where they are further than one layer."""
    layer, out = graph.layer, graph.out
    first = layer[s] + 1
    if len(consumers) == 1 and layer[consumers[0][0]] == first:
        out[s].append(consumers[0])
        return
    last = max((layer[c] for c, _ in consumers), default=first)
    trunk = [s]
    for k in range(first, last):
        waypoint = len(layer)
        layer.append(k)
        graph.source.append(s)
        graph.into.append([trunk[-1]])
        out.append([])
        graph.height.append(1)
        graph.left_rows.append((0,))
        graph.right_row.append(0)
        out[trunk[-1]].append((waypoint, 0))
        trunk.append(waypoint)
    for c, j in consumers:
        before = trunk[layer[c] - first]
        out[before].append((c, j))
        graph.into[c][j] = before
