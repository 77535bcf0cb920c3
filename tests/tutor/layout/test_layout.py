"""What every layout must keep: boxes apart, edges whole, nets never mixed; and answers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings

from tests.tutor.layout.graphs import edges, graphs, mlp, product_of_sum, read_edges, sigmoid_neuron
from tutor.layout import ASCII, UNICODE, Box, Edge, Layout, Region, layout

FIXED = [
    product_of_sum().boxes,
    product_of_sum(height=3).boxes,
    sigmoid_neuron().boxes,
    mlp(2, 2, 1).boxes,
    mlp(2, 3, 1).boxes,
    mlp(2, 3, 1, height=3).boxes,
    mlp(3, 4, 4, 2).boxes,
    mlp(2, 3, 1, points=3).boxes,
]
ARMS = {(-1, 0): "L", (1, 0): "R", (0, -1): "U", (0, 1): "D"}


def check(boxes: list[Box]) -> None:
    found = layout(boxes)
    check_boxes(boxes, found)
    check_edges(boxes, found)
    check_nets(found)
    for glyphs in (UNICODE, ASCII):
        wanted = {
            (e.source, e.consumer, found.placed[e.consumer].input_rows[e.operand])
            for e in edges(found)
        }
        assert read_edges(found, glyphs) == wanted


def check_boxes(boxes: list[Box], found: Layout) -> None:
    assert list(found.placed) == [box.id for box in boxes]
    cells: set[tuple[int, int]] = set()
    for box in boxes:
        at = found.placed[box.id]
        assert (at.width, at.height) == (box.width, box.rows)
        assert at.height >= box.height
        own = {(x, y) for x in range(at.x, at.right + 1) for y in range(at.y, at.y + at.height)}
        assert not own & cells
        cells |= own
        assert {found.box_at(x, y) for x, y in own} == {box.id}
        assert at.x >= 0
        assert at.right < found.width
        assert at.y >= 0
        assert at.y + at.height <= found.height
        assert list(at.input_rows) == sorted(set(at.input_rows))
    assert min(x for x, _ in cells) == 0
    assert found.box_at(-1, 0) is found.box_at(found.width, 0) is found.box_at(0, -1) is None


def check_edges(boxes: list[Box], found: Layout) -> None:
    uses = [Edge(i, box.id, j) for box in boxes for j, i in enumerate(box.inputs)]
    assert edges(found) == [edge for box in boxes for edge in uses if edge.source == box.id]
    for edge in edges(found):
        source, consumer = found.placed[edge.source], found.placed[edge.consumer]
        cells = found.route(*edge)
        assert cells[0] == (source.right + 1, source.output_row)
        assert cells[-1] == (consumer.x - 1, consumer.input_rows[edge.operand])
        for (x0, y0), (x1, y1) in pairwise(cells):
            assert (x1 - x0, abs(y1 - y0)) in ((1, 0), (0, 1))
        assert len(set(cells)) == len(cells)
        for x, y in cells:
            assert found.box_at(x, y) is None
            assert 0 <= x < found.width
            assert 0 <= y < found.height


def check_nets(found: Layout) -> None:
    """Two nets share a cell only where one runs straight across and the other straight along it."""
    arms: dict[tuple[int, int], dict[int, set[str]]] = {}
    for edge in edges(found):
        source, consumer = found.placed[edge.source], found.placed[edge.consumer]
        path = [
            (source.right, source.output_row),
            *found.route(*edge),
            (consumer.x, consumer.input_rows[edge.operand]),
        ]
        for before, at, after in zip(path, path[1:], path[2:], strict=False):
            mine = arms.setdefault(at, {}).setdefault(edge.source, set())
            for x, y in (before, after):
                mine.add(
                    {(-1, 0): "L", (1, 0): "R", (0, -1): "U", (0, 1): "D"}[x - at[0], y - at[1]]
                )
    for (x, y), nets in arms.items():
        assert len(nets) <= 2
        if len(nets) == 2:
            assert sorted(map(sorted, nets.values())) == [["D", "U"], ["L", "R"]]
        over = next((n for n, a in nets.items() if "U" in a or "D" in a), next(iter(nets)))
        assert found.net_at(x, y) == over
        assert found.edges_at(x, y) == tuple(
            e for e in found.consumers[over] if (x, y) in found.route(*e)
        )


@pytest.mark.parametrize("boxes", FIXED)
def test_known_graphs_keep_every_rule(boxes: list[Box]) -> None:
    check(boxes)


@pytest.mark.long
@settings(max_examples=80)
@given(graphs())
def test_random_graphs_keep_every_rule(boxes: list[Box]) -> None:
    check(boxes)


@given(graphs())
def test_the_same_boxes_give_the_same_layout(boxes: list[Box]) -> None:
    assert layout(boxes) == layout(list(boxes))


def test_nothing_and_one_box() -> None:
    assert (layout([]).width, layout([]).height) == (0, 0)
    assert layout([]).box_at(0, 0) is None
    one = layout([Box(7, 5, 3)])
    assert one.placed[7].region == Region(0, 0, 5, 3)
    assert (one.width, one.height) == (5, 3)


def test_an_operand_used_twice_has_two_ports_on_one_trunk() -> None:
    found = layout([Box(0, 5, 4), Box(1, 5, 4, (0, 0))])
    assert found.consumers[0] == (Edge(0, 1, 0), Edge(0, 1, 1))
    assert found.route(0, 1, 0)[-1][1] + 1 == found.route(0, 1, 1)[-1][1]
    assert found.edges_at(5, 1) == (Edge(0, 1, 0), Edge(0, 1, 1))
    assert found.edges_at(8, 2) == (Edge(0, 1, 1),)
    assert found.edges_at(2, 1) == ()
    assert found.edges_at(6, 3) == ()


def test_a_box_with_many_operands_grows() -> None:
    leaves = [Box(i, 5, 3) for i in range(9)]
    found = layout([*leaves, Box(9, 5, 4, tuple(range(9)))])
    assert found.placed[9].height == 11
    assert [row - found.placed[9].y for row in found.placed[9].input_rows] == list(range(1, 10))


@pytest.mark.parametrize(
    ("height", "operands", "rows"),
    [(3, 1, [1]), (3, 2, [0, 2]), (3, 3, [0, 1, 2]), (4, 1, [1]), (4, 2, [1, 2]), (5, 2, [1, 3])],
)
def test_ports_stand_in_operand_order(height: int, operands: int, rows: list[int]) -> None:
    box = Box(9, 5, height, tuple(range(operands)))
    assert list(box.left_rows) == rows
    assert box.rows == height


@pytest.mark.long
def test_a_chain_of_a_hundred_thousand_nodes() -> None:
    n = 100_000
    found = layout([Box(i, 3, 3, (i - 1,) if i else ()) for i in range(n)])
    assert (found.width, found.height) == (7 * n - 4, 3)
    assert found.box_at(7 * 54_321 + 1, 1) == 54_321
    assert found.route(70_000, 70_001, 0) == tuple((490_003 + i, 1) for i in range(4))


def test_neighbours() -> None:
    found = layout(product_of_sum().boxes)
    x, y, z, q, f = range(5)
    assert found.neighbour(q, "left") == x
    assert found.neighbour(q, "right") == f
    assert found.neighbour(q, "down") == z
    assert found.neighbour(q, "up") is None
    assert found.neighbour(y, "up") == x
    assert found.neighbour(y, "down") is None
    assert found.neighbour(x, "left") is None
    assert found.neighbour(f, "right") is None
    assert found.neighbour(z, "right") == f


def test_an_edge_that_does_not_exist_is_refused() -> None:
    found = layout(product_of_sum().boxes)
    for edge in [(0, 4, 0), (0, 3, 1), (0, 3, -2), (0, 99, 0), (99, 3, 0)]:
        with pytest.raises(
            ValueError, match=f"{edge[0]} is not operand {edge[2]} of node {edge[1]}"
        ):
            found.route(*edge)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([Box(1, 5, 3), Box(1, 5, 3)], "box 1 is given twice"),
        ([Box(2, 5, 3, (3,)), Box(3, 5, 3)], "box 2 takes 3, which is not an earlier box"),
        ([Box(2, 5, 3, (2,))], "box 2 takes 2, which is not an earlier box"),
    ],
)
def test_wrong_graphs_are_refused(boxes: list[Box], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layout(boxes)


def test_a_box_too_small_for_a_border_is_refused() -> None:
    with pytest.raises(ValueError, match="box 4 is 2 x 3 cells"):
        Box(4, 2, 3)
