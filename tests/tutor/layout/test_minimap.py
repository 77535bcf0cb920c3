"""The minimap: every box leaves a trace, and both ways between tiles and cells fit together."""

from __future__ import annotations

from collections import Counter
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tests.tutor.layout.graphs import graphs, mlp, whole
from tutor.layout import ASCII, Box, Region, layout, minimap


@given(graphs(most=12), st.integers(1, 40), st.integers(1, 12))
def test_every_tile_tells_how_many_of_its_cells_boxes_cover(
    boxes: list[Box], columns: int, rows: int
) -> None:
    found = layout(boxes)
    small = minimap(found, columns, rows)
    assert (small.columns, small.rows) == (min(columns, found.width), min(rows, found.height))
    cells: Counter[tuple[int, int]] = Counter()
    covered: Counter[tuple[int, int]] = Counter()
    for x, y in product(range(found.width), range(found.height)):
        tile = small.to_map(Region(x, y, 1, 1))
        assert (tile.width, tile.height) == (1, 1)
        cells[tile.x, tile.y] += 1
        covered[tile.x, tile.y] += found.box_at(x, y) is not None
    for (column, row), count in cells.items():
        share = covered[column, row] / count
        assert small.density[row][column] == share
        assert (small.lines()[row][column] == " ") == (share == 0)
    assert len(cells) == small.columns * small.rows


@given(graphs(), st.data())
def test_a_tile_leads_to_the_layout_and_back(boxes: list[Box], data: st.DataObject) -> None:
    found = layout(boxes)
    small = minimap(found, 30, 8)
    column = data.draw(st.integers(0, small.columns - 1))
    row = data.draw(st.integers(0, small.rows - 1))
    x, y = small.to_layout(column, row)
    assert small.to_map(Region(x, y, 1, 1)) == Region(column, row, 1, 1)
    assert small.to_map(whole(found)) == Region(0, 0, small.columns, small.rows)


def test_a_view_beyond_the_layout_is_held_at_the_rim() -> None:
    found = layout(mlp(2, 3, 1).boxes)
    small = minimap(found, 30, 8)
    assert small.to_map(Region(-500, -500, 10, 10)) == Region(0, 0, 1, 1)
    assert small.to_map(Region(5000, 5000, 80, 24)) == Region(29, 7, 1, 1)


def test_shades() -> None:
    found = layout([Box(0, 5, 3), Box(1, 5, 3, (0,))])
    assert minimap(found, 14, 3).lines() == ["█████    █████"] * 3
    assert minimap(found, 14, 3).lines(ASCII) == ["#####    #####"] * 3
    assert minimap(found, 2, 1).lines() == ["▓▓"]
