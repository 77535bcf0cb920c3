"""Order: from top to bottom within each layer, so that few edges cross.

Depth first from the sinks in operand order, barycentre sweeps (Sugiyama, Tagawa and Toda, 1981) of
which the best is kept, and in graphs of moderate size exchanges of neighbours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from tutor.layout.layers import Layered

SWEEPS, SWEEPS_OF_LARGE = 8, 2
LARGE = 4000  # vertices; from here on, more would cost more time than it saves crossings
LEAN = 3.0  # weight of the layer just done, against 1 for the layer still to come

Layers = list[list[int]]


def ordered(graph: Layered) -> Layers:
    """The vertices of each layer from top to bottom."""
    best = layers = depth_first(graph)
    fewest = crossings(graph, layers)
    large = graph.vertices >= LARGE
    for sweep in range(SWEEPS_OF_LARGE if large else SWEEPS):
        if not fewest:
            return best
        layers = list(layers)
        _barycentre(graph, layers, to_right=sweep % 2 == 1)
        count = crossings(graph, layers)
        if count < fewest:
            best, fewest = layers, count
    if fewest and not large:
        best = [list(layer) for layer in best]
        _exchange(graph, best)
    return best


def crossings(graph: Layered, layers: Layers) -> int:
    """How many pairs of links cross when the layers stand in this order."""
    place = _places(graph, layers)
    count = 0
    for k in range(1, len(layers)):
        passed: list[int] = []
        for v in layers[k]:
            for u in graph.into[v]:
                p = place[u]
                i = bisect_right(passed, p)
                count += len(passed) - i
                passed.insert(i, p)
    return count


def depth_first(graph: Layered) -> Layers:
    """Each layer in the order in which a walk from the sinks, first operand first, comes by."""
    layers: Layers = [[] for _ in range(graph.depth)]
    seen = bytearray(graph.vertices)
    for sink in range(graph.boxes):
        if graph.out[sink]:
            continue
        stack = [sink]
        while stack:
            v = stack.pop()
            if not seen[v]:
                seen[v] = 1
                layers[graph.layer[v]].append(v)
                stack.extend(reversed(graph.into[v]))
    return layers


def _places(graph: Layered, layers: Layers) -> list[int]:
    place = [0] * graph.vertices
    for layer in layers:
        for i, v in enumerate(layer):
            place[v] = i
    return place


def _barycentre(graph: Layered, layers: Layers, *, to_right: bool) -> None:
    """Sort each layer by the mean place of its neighbours; places count from 0 to 1 in a layer.

    Both sides pull, the side already done more: leaves have neighbours on the right only, and
    would otherwise stay where they happen to stand.
    """
    place = [0.0] * graph.vertices
    into, out = graph.into, graph.out
    for layer in layers:
        _space(layer, place)
    lean_left, lean_right = (LEAN, 1.0) if to_right else (1.0, LEAN)
    for k in range(1, len(layers)) if to_right else range(len(layers) - 2, -1, -1):
        layer = layers[k]
        if len(layer) == 1:
            continue
        port = 1.0 / len(layers[k + 1]) if k + 1 < len(layers) else 0.0
        key: dict[int, float] = {}
        for v in layer:
            left = right = 0.0
            for u in into[v]:
                left += place[u]
            for c, j in out[v]:
                right += place[c] + (j + 1) * port / (len(into[c]) + 1)
            weight = lean_left * len(into[v]) + lean_right * len(out[v])
            key[v] = (lean_left * left + lean_right * right) / weight if weight else place[v]
        layers[k] = sorted(layer, key=key.__getitem__)
        _space(layers[k], place)


def _space(layer: list[int], place: list[float]) -> None:
    step = 1.0 / len(layer)
    for i, v in enumerate(layer):
        place[v] = i * step


def _exchange(graph: Layered, layers: Layers) -> None:
    """Swap neighbours in a layer while that saves crossings, a few rounds at most."""
    place = _places(graph, layers)
    left = [sorted(place[u] for u in graph.into[v]) for v in range(graph.vertices)]
    right = _right_places(graph, layers)
    active = set(range(len(layers)))
    for _ in range(8):
        changed: set[int] = set()
        for k in sorted(active):
            if _exchange_layer(layers[k], left, right):
                changed.add(k)
                for i, v in enumerate(layers[k]):
                    place[v] = i
                if k + 1 < len(layers):
                    for v in layers[k + 1]:
                        left[v] = sorted(place[u] for u in graph.into[v])
                if k:
                    _rank_ports(graph, layers, k, right)
        if not changed:
            break
        active = {n for k in changed for n in (k - 1, k, k + 1) if 0 <= n < len(layers)}


def _exchange_layer(layer: list[int], left: list[list[int]], right: list[list[int]]) -> bool:
    changed = False
    for i in range(len(layer) - 1):
        u, v = layer[i], layer[i + 1]
        now = _inversions(left[u], left[v]) + _inversions(right[u], right[v])
        if now and _inversions(left[v], left[u]) + _inversions(right[v], right[u]) < now:
            layer[i], layer[i + 1] = v, u
            changed = True
    return changed


def _inversions(above: list[int], below: list[int]) -> int:
    """Pairs in which a link of the upper vertex ends below one of the lower (both sorted)."""
    if not above or not below or above[-1] <= below[0]:
        return 0
    return sum([bisect_left(below, p) for p in above])


def _right_places(graph: Layered, layers: Layers) -> list[list[int]]:
    """For each vertex the ranks of the ports it leads to, among all ports of the next layer."""
    right: list[list[int]] = [[] for _ in range(graph.vertices)]
    for k in range(1, len(layers)):
        _rank_ports(graph, layers, k, right)
    return right


def _rank_ports(graph: Layered, layers: Layers, k: int, right: list[list[int]]) -> None:
    for u in layers[k - 1]:
        right[u] = []
    rank = 0
    for v in layers[k]:
        for u in graph.into[v]:
            right[u].append(rank)
            rank += 1
