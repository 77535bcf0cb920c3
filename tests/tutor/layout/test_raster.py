"""What is drawn: known pictures, parts equal to the whole, states, arrows, widths, ASCII."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tutor.layout.graphs import Graph, edges, graphs, mlp, product_of_sum, whole
from tutor.layout import (
    ASCII,
    STYLES,
    UNICODE,
    Active,
    Box,
    Edge,
    Face,
    Glyphs,
    Layout,
    Region,
    Scene,
    draw,
    draw_text,
    layout,
    text_width,
)
from tutor.layout.cells import to_cells
from tutor.layout.scene import State

VALUES = {0: "  −2", 1: "   5", 2: "  −4", 3: "   3", 4: " −12"}


def picture(g: Graph, glyphs: Glyphs = UNICODE, active: tuple[Active, ...] = ()) -> list[str]:
    scene = g.scene(lambda node: VALUES.get(node, ""), active)
    return draw_text(layout(g.boxes), scene, glyphs).split("\n")


def styles_at(layout: Layout, scene: Scene) -> dict[tuple[int, int], str]:
    found = {}
    for y, row in enumerate(draw(layout, whole(layout), scene)):
        x = 0
        for text, style in row:
            for _ in range(text_width(text)):
                found[x, y] = style
                x += 1
    return found


def test_product_of_sum() -> None:
    assert picture(product_of_sum()) == [
        "┌ x ──────┐     ┌ q = x … ┐     ┌ f = q·z ┐",
        "│ v   −2  ├─────┤ v    3  ├─────┤ v  −12  │",
        "│         │  ╭──┤         │  ╭──┤         │",
        "└─────────┘  │  └─────────┘  │  └─────────┘",
        "┌ y ──────┐  │               │",
        "│ v    5  ├──╯  ┌ z ──────┐  │",
        "│         │     │ v   −4  ├──╯",
        "└─────────┘     │         │",
        "                └─────────┘",
    ]


def test_product_of_sum_in_low_boxes() -> None:
    assert picture(product_of_sum(height=3)) == [
        "┌ x ──────┐",
        "│ v   −2  ├──╮",
        "└─────────┘  ╰──┬ q = x … ┐",
        "┌ y ──────┐     │ v    3  ├──╮",
        "│ v    5  ├─────┴─────────┘  ╰──┬ f = q·z ┐",
        "└─────────┘     ┌ z ──────┐     │ v  −12  │",
        "                │ v   −4  ├─────┴─────────┘",
        "                └─────────┘",
    ]


def test_a_gradient_goes_back_along_a_thick_edge() -> None:
    drawn = picture(product_of_sum(), active=(Active(Edge(1, 3, 1), "backward"),))
    assert [row[:18] for row in drawn[:6]] == [
        "┌ x ──────┐     ┌ ",
        "│ v   −2  ├─────┤ ",
        "│         │  ┏━━┥ ",
        "└─────────┘  ┃  └─",
        "┌ y ──────┐  ┃    ",
        "│ v    5  │◀━┛  ┌ ",
    ]


def test_values_go_forward_along_all_operands() -> None:
    both = tuple(Active(Edge(i, 3, i), "forward") for i in (0, 1))
    assert [row[:18] for row in picture(product_of_sum(), active=both)[:6]] == [
        "┌ x ──────┐     ┌ ",
        "│ v   −2  ┝━━━━▶│ ",
        "│         │  ┏━▶│ ",
        "└─────────┘  ┃  └─",
        "┌ y ──────┐  ┃    ",
        "│ v    5  ┝━━┛  ┌ ",
    ]
    assert [row[:18] for row in picture(product_of_sum(), ASCII, both)[:6]] == [
        "+ x ------+     + ",
        "| v   -2  +====>| ",
        "|         |  #=>| ",
        "+---------+  #  +-",
        "+ y ------+  #    ",
        "| v    5  +==#  + ",
    ]


def test_one_branch_of_a_trunk_is_lit_and_the_other_is_not() -> None:
    g = Graph(width=5)
    x = g("x")
    g("f", x, x)
    lit = (Active(Edge(0, 1, 1), "backward"),)
    assert [row[5:10] for row in picture(g)[1:3]] == ["──┬──", "  ╰──"]
    assert [row[5:10] for row in picture(g, active=lit)[1:3]] == ["◀━┱──", "  ┗━━"]
    assert [row[5:10] for row in picture(g, ASCII, lit)[1:3]] == ["<=#--", "  #=="]


def test_a_crossing_is_a_gap_and_a_joint_of_four_is_a_dot() -> None:
    drawn = "\n".join(picture(mlp(2, 3, 1)))
    assert "┼" not in drawn
    assert "─│─" in drawn
    assert "●" in drawn
    ascii_drawn = "\n".join(picture(mlp(2, 3, 1), ASCII))
    assert "-|-" in ascii_drawn
    assert "o" in ascii_drawn


def test_an_active_edge_passes_over_the_lines_it_crosses() -> None:
    found = layout(mlp(2, 2, 1).boxes)
    over = 0
    for edge in edges(found):
        scene = Scene(lambda node: Face(), (Active(edge, "forward"),))
        page = ["".join(text for text, _ in row) for row in draw(found, whole(found), scene)]
        styles = styles_at(found, scene)
        cells = found.route(*edge)
        assert {styles[cell] for cell in cells} == {"edge.active.forward"}
        assert all(page[y][x] not in "─│╭╮╰╯├┤┬┴" for x, y in cells)
        over += sum(found.net_at(x, y) != edge.source for x, y in cells)
    assert over > 0


def cells(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each cell of a row with its style; the right half of a wide character is "" ."""
    return [(char, style) for text, style in row for char in to_cells(text, ascii_only=False)]


def busy_scene(active: tuple[Active, ...]) -> Scene:
    states: tuple[State, ...] = ("normal", "active", "changed", "pending", "done")

    def face(node: int) -> Face:
        rows = ((("値", "a"), (f"{node}é語", "b")), (("v" * node, "c"),))
        return Face("重み" * (node % 3), rows, states[node % 5], focus=node % 4 == 0)

    return Scene(face, active, lambda source: "pending" if source % 2 else "normal")


@given(graphs(most=12), st.data())
def test_a_part_is_drawn_as_in_the_whole(boxes: list[Box], data: st.DataObject) -> None:
    found = layout(boxes)
    glyphs = data.draw(st.sampled_from([UNICODE, ASCII]))
    active = [Active(e, flow) for e in edges(found) for flow in ("forward", "backward")]
    some = data.draw(st.lists(st.sampled_from(active), max_size=3)) if active else []
    scene = busy_scene(tuple(some))
    x, y = data.draw(st.integers(-5, found.width)), data.draw(st.integers(-5, found.height))
    part = Region(x, y, data.draw(st.integers(1, 40)), data.draw(st.integers(1, 20)))
    page = Region(-9, -9, found.width + 60, found.height + 60)
    everything = [cells(row) for row in draw(found, page, scene, glyphs)]
    for r, row in enumerate(draw(found, part, scene, glyphs)):
        line = everything[y + 9 + r]
        wanted = line[x + 9 : x + 9 + part.width]
        if wanted[0][0] == "":
            wanted[0] = (" ", wanted[0][1])
        if line[x + 9 + part.width][0] == "":
            wanted[-1] = (" ", wanted[-1][1])
        assert cells(row) == wanted
        assert all(here[1] != after[1] for here, after in pairwise(row))


@given(graphs(most=12))
def test_every_row_is_exactly_as_wide_as_the_region_and_ascii_is_ascii(boxes: list[Box]) -> None:
    found = layout(boxes)
    scene = busy_scene(tuple(Active(edge, "forward") for edge in edges(found)[::2]))
    for glyphs in (UNICODE, ASCII):
        rows = draw(found, Region(1, 1, 33, 12), scene, glyphs)
        assert len(rows) == 12
        assert {sum(text_width(text) for text, _ in row) for row in rows} == {33}
    assert draw_text(found, scene, ASCII).isascii()


@given(graphs(most=12))
def test_all_styles_are_declared(boxes: list[Box]) -> None:
    found = layout(boxes)
    scene = busy_scene(tuple(Active(edge, "backward") for edge in edges(found)))
    drawn = {style for row in draw(found, whole(found), scene) for _, style in row}
    assert drawn - {"a", "b", "c"} <= STYLES


def box(face: Face, width: int = 11, glyphs: Glyphs = UNICODE) -> list[str]:
    return draw_text(layout([Box(0, width, 4)]), Scene(lambda node: face), glyphs).split("\n")


def test_states_differ_in_shape_and_not_only_in_style() -> None:
    rows = (((" v 1", "value"),),)
    assert box(Face("x", rows))[:2] == ["┌ x ──────┐", "│ v 1     │"]
    assert box(Face("x", rows, "active"))[:2] == ["┏ x ━━━━━━┓", "┃ v 1     ┃"]
    assert box(Face("x", rows, focus=True))[0] == "┌[x]──────┐"
    assert box(Face("x", rows, "active", focus=True))[0] == "┏[x]━━━━━━┓"
    assert box(Face("x", rows, "changed"))[0] == "┌ x ──────*"
    assert box(Face("q = x+y", rows, "changed"))[0] == "┌ q = x+y *"
    assert box(Face("q = x+y", rows, "changed", focus=True))[0] == "┌[q = x+y]*"
    assert box(Face("x", rows, "active"), glyphs=ASCII) == [
        "# x ======#",
        "# v 1     #",
        "#         #",
        "#=========#",
    ]


def test_style_keys_name_the_part_the_state_and_the_focus() -> None:
    found = layout([Box(0, 9, 4)])
    styles = styles_at(found, Scene(lambda node: Face("x", (((" 1", "value"),),), "changed", True)))
    assert styles[0, 0] == styles[0, 2] == styles[7, 0] == "box.changed.focus"
    assert styles[2, 0] == "title.changed.focus"
    assert styles[2, 1] == "value"
    assert styles[3, 1] == styles[1, 2] == "fill.changed.focus"


def test_edges_take_the_state_of_their_source() -> None:
    found = layout(product_of_sum().boxes)
    scene = Scene(lambda node: Face(), edge=lambda source: "pending" if source == 1 else "normal")
    styles = styles_at(found, scene)
    assert styles[12, 1] == "edge"
    assert styles[12, 5] == "edge.pending"


@pytest.mark.parametrize(
    ("title", "top"),
    [
        ("重み", "┌ 重み ───┐"),
        ("重みの勾配", "┌ 重みの… ┐"),
        ("ab重みの勾配", "┌ ab重み… ┐"),
        ("abc重みの勾配", "┌ abc重… ─┐"),
        ("e\u0301\u200b\ufe0f", "┌ e\u0301 ──────┐"),
        ("a\x1b[1mb", "┌ a\ufffd[1mb ─┐"),
        ("", "┌─────────┐"),
    ],
)
def test_titles_keep_the_columns(title: str, top: str) -> None:
    assert box(Face(title))[0] == top


def test_ascii_replaces_what_it_cannot_show() -> None:
    rows = (((" ∂ −3 重", "gradient"),),)
    assert box(Face("σ·w", rows), glyphs=ASCII)[:2] == ["+ ?*w ----+", "| d -3 ?? |"]
    assert box(Face("a long name"), glyphs=ASCII)[0] == "+ a long~ +"


def test_a_region_beyond_the_layout_is_blank() -> None:
    g = product_of_sum()
    rows = draw(layout(g.boxes), Region(-30, -4, 20, 3), g.scene())
    assert rows == [[(" " * 20, "ground")]] * 3
