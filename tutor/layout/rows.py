"""Rows: where in its layer each vertex stands, so that edges run straight.

Each layer in turn is pulled towards its neighbours' ports. Keeping the order and the distances is
an isotonic regression, solved by pooling adjacent violators (Ayer and others, 1955), linear in the
layer. Waypoints are heavy, so that long edges stay straight; a last pass trades single bends for
small shifts.
"""

from __future__ import annotations

from tutor.layout.layers import Layered
from tutor.layout.order import LARGE, Layers

SWEEPS, SWEEPS_OF_LARGE = 4, 2
ROUNDS, ROUNDS_OF_LARGE = 6, 2  # of straightening
SMALL = 600  # vertices; up to so many, groups are moved as well
WEIGHTS = (1.0, 2.0, 8.0)  # of a link, by how many of its ends are waypoints
LOOSE = 0.01  # weight of staying, for a vertex without links
LOOSENED = 0.2  # what remains of a link's weight while one side moves freely
BEND = 4.0  # what a bend costs, in cells of detour
FAR = 10**9

# For each vertex its neighbours on one side: which, the row relative to the neighbour's top at
# which this vertex should stand for a straight link, and how much that matters.
Links = list[list[tuple[int, int, float]]]


def assign_rows(graph: Layered, layers: Layers) -> list[int]:
    """The top row of every vertex; the uppermost is 0, and no two of a layer share a row."""
    large, height = graph.vertices >= LARGE, graph.height
    left, right = _links(graph)
    both = [before + after for before, after in zip(left, right, strict=True)]
    top = _stacked(layers, height)
    for near, far, order in ((right, left, layers[::-1]), (left, right, layers)):
        links = [near[v] or far[v] for v in range(graph.vertices)]
        for layer in order:
            _pull(layer, top, height, links)
    for sweep in range(SWEEPS_OF_LARGE if large else SWEEPS):
        order = layers if sweep % 2 else layers[::-1]
        moved = [_pull(layer, top, height, both) for layer in order]
        if not any(moved):
            break
    _settle(layers, top, height, both, ROUNDS_OF_LARGE if large else ROUNDS)
    if graph.vertices < SMALL:
        top = _shift_groups(layers, top, height, left, right)
    highest = min(top, default=0)
    return [y - highest for y in top]


def _stacked(layers: Layers, height: list[int]) -> list[int]:
    top = [0] * len(height)
    for layer in layers:
        y = 0
        for v in layer:
            top[v] = y
            y += height[v]
    return top


def _shift_groups(
    layers: Layers, top: list[int], height: list[int], left: Links, right: Links
) -> list[int]:
    """Better rows where a group, straight within itself, can move as a whole.

    Its vertices hold each other in place, so the links on one side are loosened in turn: then
    each pulls the next along. The result counts only if it is better.
    """
    both = [before + after for before, after in zip(left, right, strict=True)]
    for near, far, order in ((left, right, layers), (right, left, layers[::-1])):
        links = [
            tight + [(u, shift, LOOSENED * w) for u, shift, w in loose]
            for tight, loose in zip(near, far, strict=True)
        ]
        other = list(top)
        for layer in order:
            _straighten(layer, other, height, links)
        _settle(layers, other, height, both, ROUNDS)
        if _total_cost(other, left) < _total_cost(top, left):
            top = other
    return top


def _settle(layers: Layers, top: list[int], height: list[int], links: Links, rounds: int) -> None:
    """Straighten to and fro until nothing moves or the rounds are over."""
    for n in range(rounds):
        order = layers[::-1] if n % 2 else layers
        moved = [_straighten(layer, top, height, links) for layer in order]
        if not any(moved):
            break


def _links(graph: Layered) -> tuple[Links, Links]:
    left: Links = [[] for _ in range(graph.vertices)]
    right: Links = [[] for _ in range(graph.vertices)]
    n = graph.boxes
    for v, before in enumerate(graph.into):
        for u, port in zip(before, graph.left_rows[v], strict=True):
            shift = graph.right_row[u] - port
            weight = WEIGHTS[(u >= n) + (v >= n)]
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
