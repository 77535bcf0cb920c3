"""Rows: where in its layer each vertex stands, so that edges run straight.

Each layer in turn is pulled towards its neighbours' ports. Keeping the order and the distances is
an isotonic regression, solved by pooling adjacent violators (Ayer and others, 1955), linear in the
layer. Waypoints are heavy, so that long edges stay straight; a last pass trades single bends for
small shifts.
"""

from __future__ import annotations

from tutor.layout.layers import Layered
from tutor.layout.order import LARGE, Layers

SWEEPS, STRAIGHTENINGS = 4, 6
SWEEPS_OF_LARGE, STRAIGHTENINGS_OF_LARGE = 2, 2
WEIGHTS = (1.0, 2.0, 8.0)  # of a link, by how many of its ends are waypoints
LOOSE = 0.01  # weight of staying, for a vertex without links
SMALL = 600  # vertices; up to so many, groups are moved as well
LOOSENED = 0.2  # what remains of a link's weight while one side moves freely
BEND = 4.0  # what a bend costs, in cells of detour
FAR = 10**9


# For each vertex its neighbours on one side: which, the row relative to the neighbour's top at
# which this vertex should stand for a straight link, and how much that matters.
Links = list[list[tuple[int, int, float]]]


def assign_rows(graph: Layered, layers: Layers) -> list[int]:
    """The top row of every vertex; the uppermost is 0, and no two of a layer share a row."""
    height, large = graph.height, graph.vertices >= LARGE
    backwards = layers[::-1]
    left, right = _links(graph)
    both = [before + after for before, after in zip(left, right, strict=True)]
    top = [0] * graph.vertices
    for layer in layers:
        y = 0
        for v in layer:
            top[v] = y
            y += height[v]
    for near, far, order in ((right, left, backwards), (left, right, layers)):
        links = [near[v] or far[v] for v in range(graph.vertices)]
        for layer in order:
            _pull(layer, top, height, links)
    for sweep in range(SWEEPS_OF_LARGE if large else SWEEPS):
        moved = [_pull(layer, top, height, both) for layer in (layers if sweep % 2 else backwards)]
        if not any(moved):
            break
    top = _settled(layers, top, height, both, STRAIGHTENINGS_OF_LARGE if large else STRAIGHTENINGS)
    if graph.vertices < SMALL:
        # What is straight on both sides stays where it is, though all of it might move together. So
        # the links on one side are loosened in turn; the result is kept if it is better.
        for near, far, order in ((left, right, layers), (right, left, backwards)):
            links = [tight + _loosened(loose) for tight, loose in zip(near, far, strict=True)]
            other = list(top)
            for layer in order:
                _straighten(layer, other, height, links)
            other = _settled(layers, other, height, both, STRAIGHTENINGS)
            if _total_cost(other, left) < _total_cost(top, left):
                top = other
    highest = min(top, default=0)
    return [y - highest for y in top]


def _loosened(links: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    return [(u, shift, LOOSENED * weight) for u, shift, weight in links]


def _settled(
    layers: Layers, top: list[int], height: list[int], links: Links, rounds: int
) -> list[int]:
    """The rows after straightening, to and fro, until nothing moves or the rounds are over."""
    top = list(top)
    for n in range(rounds):
        order = layers[::-1] if n % 2 else layers
        moved = [_straighten(layer, top, height, links) for layer in order]
        if not any(moved):
            break
    return top


def _links(graph: Layered) -> tuple[Links, Links]:
    left: Links = [[] for _ in range(graph.vertices)]
    right: Links = [[] for _ in range(graph.vertices)]
    n = graph.boxes
    for v, before in enumerate(graph.into):
        for u, port in zip(before, graph.left_rows[v], strict=True):
            shift = graph.right_row[u] - port
            waypoints = (u >= n) + (v >= n)
            weight = WEIGHTS[waypoints]
            left[v].append((u, shift, weight))
            right[u].append((v, -shift, weight))
    return left, right


def _pull(layer: list[int], top: list[int], height: list[int], links: Links) -> bool:
    """Move the vertices of a layer towards their neighbours; whether any moved."""
    # Pools of vertices that touch: total weight, weighted sum of wishes, members. Wishes are
    # taken relative to the heights above, which turns the distances into a plain ordering.
    weights: list[float] = []
    sums: list[float] = []
    sizes: list[int] = []
    above = 0
    for v in layer:
        weight = total = 0.0
        for u, shift, w in links[v]:
            weight += w
            total += w * (top[u] + shift)
        if not weight:
            weight, total = LOOSE, LOOSE * top[v]
        total -= weight * above
        size = 1
        while weights and sums[-1] * weight >= total * weights[-1]:
            weight += weights.pop()
            total += sums.pop()
            size += sizes.pop()
        weights.append(weight)
        sums.append(total)
        sizes.append(size)
        above += height[v]
    moved = False
    i = above = 0
    for weight, total, size in zip(weights, sums, sizes, strict=True):
        base = round(total / weight)
        for v in layer[i : i + size]:
            if top[v] != base + above:
                top[v] = base + above
                moved = True
            above += height[v]
        i += size
    return moved


def _straighten(layer: list[int], top: list[int], height: list[int], links: Links) -> bool:
    """Shift single vertices within the free rows around them where that straightens links."""
    moved = False
    last = len(layer) - 1
    lowest = -FAR
    for i, v in enumerate(layer):
        here = top[v]
        highest = top[layer[i + 1]] - height[v] if i < last else FAR
        if lowest < highest:
            wishes = [(top[u] + shift, w) for u, shift, w in links[v]]
            best, cost = here, _cost(wishes, here)
            for y, _ in wishes if cost else ():
                if y != here and lowest <= y <= highest:
                    other = _cost(wishes, y)
                    if other < cost:
                        best, cost = y, other
            if best != here:
                top[v] = best
                moved = True
        lowest = top[v] + height[v]
    return moved


def _cost(wishes: list[tuple[int, float]], y: int) -> float:
    """Detours and bends of a vertex's links when it stands on row ``y``."""
    return sum([w * (abs(y - wish) + BEND) for wish, w in wishes if wish != y])


def _total_cost(top: list[int], left: Links) -> float:
    return sum(
        [
            _cost([(top[u] + shift, w) for u, shift, w in links], top[v])
            for v, links in enumerate(left)
        ]
    )
