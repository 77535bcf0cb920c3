"""What has to be drawn again: at least every cell that differs, and little more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tutor.layout.graphs import edges, graphs, mlp, product_of_sum, whole
from tests.tutor.layout.test_raster import cells
from tutor.layout import (
    Active,
    Box,
    Edge,
    Face,
    Layout,
    Region,
    Scene,
    changed_regions,
    draw,
    layout,
)
from tutor.layout.scene import EdgeState, State


def differing(found: Layout, before: Scene, after: Scene) -> set[tuple[int, int]]:
    pages = [[cells(row) for row in draw(found, whole(found), s)] for s in (before, after)]
    return {
        (x, y)
        for y, (old, new) in enumerate(zip(*pages, strict=True))
        for x, (a, b) in enumerate(zip(old, new, strict=True))
        if a != b
    }


def covered(regions: list[Region]) -> set[tuple[int, int]]:
    return {(x + i, y + j) for x, y, w, h in regions for i in range(w) for j in range(h)}


def scene(data: st.DataObject, found: Layout) -> Scene:
    states: list[State] = ["normal", "active", "changed"]
    faces = {
        box: Face("n", (((data.draw(st.sampled_from(["1", "2"])), "value"),),), state)
        for box, state in zip(found.placed, data.draw(_some(states, found)), strict=True)
    }
    shades: list[EdgeState] = ["normal", "pending"]
    nets = dict(zip(found.placed, data.draw(_some(shades, found)), strict=True))
    active = [Active(e, flow) for e in edges(found) for flow in ("forward", "backward")]
    lit = data.draw(st.lists(st.sampled_from(active), max_size=4)) if active else []
    return Scene(faces.__getitem__, tuple(lit), nets.__getitem__)


def _some(choices: list, found: Layout) -> st.SearchStrategy[list]:
    count = len(found.placed)
    return st.lists(st.sampled_from(choices), min_size=count, max_size=count)


@pytest.mark.long
@given(graphs(most=7), st.data())
def test_all_that_differs_is_reported(boxes: list[Box], data: st.DataObject) -> None:
    found = layout(boxes)
    before, after = scene(data, found), scene(data, found)
    view = Region(2, 1, 40, 9)
    everywhere = changed_regions(found, before, after)
    differs = differing(found, before, after)
    assert differs <= covered(everywhere)
    in_view = covered([view])
    assert differs & in_view <= covered(changed_regions(found, before, after, view)) <= in_view
    assert changed_regions(found, before, before) == []


def test_a_step_reports_its_boxes_and_its_edge_only() -> None:
    found = layout(product_of_sum().boxes)
    faces = {node: Face(str(node)) for node in range(5)}
    before = Scene(faces.__getitem__)
    after = Scene({**faces, 0: Face("0", state="active")}.__getitem__, (_backward(0, 3, 0),))
    assert changed_regions(found, before, after) == [Region(0, 0, 11, 4), Region(10, 1, 7, 1)]


def test_only_boxes_in_view_are_asked() -> None:
    found = layout(mlp(2, 16, 16, 1).boxes)
    asked: list[int] = []

    def face(node: int) -> Face:
        asked.append(node)
        return Face()

    view = Region(300, 60, 120, 40)
    changed_regions(found, Scene(face), Scene(face), view)
    assert set(asked) == {box.id for box in found.boxes_in(view)}
    assert 20 < len(set(asked)) < 80


def _backward(source: int, consumer: int, operand: int) -> Active:
    return Active(Edge(source, consumer, operand), "backward")
