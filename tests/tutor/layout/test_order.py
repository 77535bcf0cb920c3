"""Layers and order: leaves beside their use, shared waypoints, few crossings."""

from __future__ import annotations

import pytest

from tests.tutor.layout.graphs import Graph, mlp, product_of_sum, sigmoid_neuron
from tutor.layout import layout
from tutor.layout.layers import layered
from tutor.layout.order import crossings, depth_first, ordered


def naive(g: Graph) -> int:
    """Crossings when each layer simply stands in evaluation order."""
    graph = layered(g.boxes)
    return crossings(graph, [sorted(layer) for layer in depth_first(graph)])


def best(g: Graph) -> int:
    graph = layered(g.boxes)
    return crossings(graph, ordered(graph))


def test_leaves_stand_next_to_their_first_consumer() -> None:
    g = product_of_sum()
    assert layered(g.boxes).layer == [0, 0, 1, 1, 2]


def test_a_source_shared_by_far_consumers_has_one_waypoint_per_layer() -> None:
    g = Graph()
    x = g("x")
    a = g("a", x)
    b = g("b", a)
    g("c", b, x)
    g("d", b, x)
    graph = layered(g.boxes)
    assert graph.layer == [0, 1, 2, 3, 3, 1, 2]
    assert graph.source[5:] == [x, x]
    assert graph.out[x] == [(5, 0), (a, 0)]
    assert graph.out[6] == [(3, 1), (4, 1)]


def test_small_graphs_have_as_few_crossings_as_can_be() -> None:
    assert best(product_of_sum()) == best(sigmoid_neuron()) == 0
    assert best(mlp(2, 2, 1)) <= 5
    assert best(mlp(2, 3, 1)) <= 8


@pytest.mark.parametrize(
    ("sizes", "most", "at_least"),
    [((2, 4, 4, 1), 55, 120), ((2, 16, 16, 1), 930, 6500)],
)
def test_networks_cross_far_less_than_in_evaluation_order(
    sizes: tuple[int, ...], most: int, at_least: int
) -> None:
    g = mlp(*sizes)
    assert best(g) <= most
    assert naive(g) >= at_least


def test_the_picture_of_a_thousand_nodes_has_few_crossings_and_is_compact() -> None:
    found = layout(mlp(2, 16, 16, 1).boxes)
    over = sum(
        x0 < column < x1 and source != mine
        for column, verticals in found.columns.items()
        for y0, y1, mine, _ in verticals
        for y in range(y0, y1 + 1)
        for x0, x1, source in found.rows.get(y, ())
    )
    assert over <= 980
    assert found.width <= 1000
    assert found.height <= 230
