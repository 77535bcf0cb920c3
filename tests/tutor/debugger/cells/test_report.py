"""One cell as rows, sentences and data; the window of cells; the way from cell to cell."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.trace import Trace
from tutor.debugger.cells import CellError, first, grid, moved, read_index, report
from tutor.debugger.cells.cell import Index
from tutor.debugger.cells.places import Direction
from tutor.render.plain import text_of


@pytest.fixture(scope="module")
def trace() -> Trace:
    def layer(W: Any, x: Any, b: Any) -> Any:
        return engine.sum(engine.sigmoid(W @ x + b))

    return engine.record(layer, W=[[1, -2], [-1, 1]], x=[1, -1], b=[1, 0])


def test_an_output_cell_is_told(trace: Trace) -> None:
    told = report(trace, 3, (0,))
    assert told.kind == "cells"
    assert told.title == "n1[0] of n1 = W ∙ x"
    assert told.aside == "3"
    assert told.sentences == (
        "n1[0] is 3: W[0, 0] times x[0], 1 times 1, plus W[0, 1] times x[1], −2 times −1.",
        "It touches 4 cells; its local derivatives are 1 by W[0, 0], −1 by W[0, 1], 1 by x[0], "
        "−2 by x[1].",
    )
    texts = [" ".join(row.text.split()) for row in told.rows]
    assert texts[:3] == ["W[0, 0]·x[0] 1·1 1", "W[0, 1]·x[1] −2·(−1) 2", "sum 3 ✓"]
    assert "∂n1[0]/∂W[0, 1] = x[1] −1" in texts
    assert [row.node for row in told.rows[:3]] == [0, 0, 3]
    assert max(len(row.text) for row in told.rows) <= 78
    data = json.loads(json.dumps(told.document(), allow_nan=False))
    assert data["cell"] == [0]
    assert [p["amount"] for p in data["products"]] == [1, 2]
    assert data["terms"][1] == {
        "node": 0, "name": "W", "operand": 0, "cell": [0, 1], "value": -2, "slope": -1,
    }  # fmt: skip


def test_a_cell_that_is_no_sum_shows_its_rule(trace: Trace) -> None:
    told = report(trace, 5, (1,))
    assert told.sentences == (
        "n3[1] is 0.1192: σ(n2[1]), σ(−2).",
        "It touches one cell; its local derivative is 0.105 by n2[1].",
    )
    texts = [" ".join(row.text.split()) for row in told.rows]
    assert texts[0] == "σ(n2[1]) σ(−2) 0.1192"
    assert "∂n3[1]/∂n2[1] = n3[1]·(1 − n3[1]) 0.105" in texts


def test_a_single_number_has_one_cell() -> None:
    trace = engine.record(lambda x, y, z: (x + y) * z, x=-2.0, y=5.0, z=-4.0)
    told = report(trace, 4)
    assert told.title == "f = q·z"
    assert told.sentences[0] == "f is −12: q times z, 3 times −4."
    assert not any("[" in row.text for row in told.rows)
    back = report(trace, 0)
    assert back.sentences == ("x is −2; its gradient is −4.", "From q came −4: −4 times 1 from q.")
    doubled = engine.record(lambda x: 2 * x, x=3.0)
    told = report(doubled, 2)
    assert told.sentences == (
        "f is 6: 2 times x, 2 times 3.",
        "It touches one cell; its local derivative is 2 by x.",
    )


def test_an_input_cell_is_told(trace: Trace) -> None:
    told = report(trace, 1, (1,))
    assert told.title == "What came back into x[1]"
    assert told.sentences == (
        "x[1] is −1; its gradient is 0.06967.",
        "From n1 came 0.06967: 0.01766 times −2 from n1[0], plus 0.105 times 1 from n1[1].",
    )
    texts = [" ".join(row.text.split()) for row in told.rows]
    assert texts[1] == "∂f/∂n1[0] · ∂n1[0]/∂x[1] 0.01766 · (−2) −0.03533"
    assert texts[3] == "∂f/∂x[1] 0.06967 ✓"
    assert told.rows[0].event == told.data["arrivals"][0]["event"] + 1
    assert json.dumps(told.document(), allow_nan=False)


def test_what_has_not_happened_yet(trace: Trace) -> None:
    early = report(trace, 3, (0,), 2)
    assert early.sentences == ("n1 has not been computed yet; event 4 computes it.",)
    assert early.rows[0].event == 4
    assert report(trace, 1, (0,), 8).sentences == (
        "x[0] is 1; no gradient has come back to it yet.",
        "It touches 2 cells of n1.",
    )
    assert report(trace, 4, (0,), 0, "input").sentences == (
        "n2[0] has not been computed yet; no gradient has come back to it yet.",
        "It touches 1 cell of n3.",
    )
    assert report(trace, 0, (0, 0), side="output").sentences == (
        "W is an input: no op made it from other cells.",
    )


def test_many_products_are_cut() -> None:
    x = np.arange(1.0, 41.0).reshape(4, 10)
    trace = engine.record(lambda x, w: x @ w, x=x, w=np.ones((10, 3)))
    told = report(trace, 2, (1, 2), most=3)
    assert told.sentences[0].endswith("plus 7 more that add up to 119.")
    texts = [" ".join(row.text.split()) for row in told.rows]
    assert texts[3:5] == ["7 more 119", "sum 155 ✓"]
    assert "14 more touched cells" not in texts
    assert "17 more touched cells" in texts
    largest = report(trace, 2, (1, 2), most=3, largest=True)
    assert largest.data["products"][0]["amount"] == 20


def test_foreign_names_are_made_safe() -> None:
    trace = engine.record_with(lambda **given: next(iter(given.values())) * 2, {"a\x1b[31m": 1.0})
    for node in range(3):
        told = report(trace, node)
        assert "\x1b" not in told.title + "".join(row.text for row in told.rows)
        assert "\x1b" not in "".join(told.sentences)


def test_ascii(trace: Trace) -> None:
    told = report(trace, 3, (0,)).spelled(True)
    assert "".join([told.title, *told.sentences, *[row.text for row in told.rows]]).isascii()


def test_the_window_of_a_matrix() -> None:
    x = np.arange(2000.0).reshape(40, 50)
    trace = engine.record(lambda x: engine.exp(x * 0.001), x=x)
    mask = np.zeros((40, 50), dtype=bool)
    mask[20, :] = True
    shown = grid(trace, 0, rows=3, columns=4, chosen=(20, 30), touched=mask)
    lines = [text_of(line) for line in shown.lines]
    assert lines == [
        "x (40, 50), rows 19 to 21, columns 28 to 31",
        "         28    29    30    31",
        "  19    978   979   980   981",
        "  20  ●1028 ●1029 ▶1030 ●1031",
        "  21   1078  1079  1080  1081",
    ]
    assert shown.at(3, lines[3].index("1030")) == (20, 30)
    assert shown.at(4, 3) is None
    assert shown.at(0, 12) is None
    assert shown.at(3, 500) is None


def test_windows_of_other_shapes() -> None:
    trace = engine.record(engine.sum, x=np.arange(24.0).reshape(2, 3, 4))
    shown = grid(trace, 0, around=(1, 2, 0))
    assert text_of(shown.lines[0]) == "x[1, :, :] of (2, 3, 4)"
    assert shown.cells[-1] == ((1, 2, 0), (1, 2, 1), (1, 2, 2), (1, 2, 3))
    single = grid(trace, 1)
    assert [text_of(line).strip() for line in single.lines] == ["f", "276"]
    assert [text_of(line).strip() for line in grid(trace, 1, 0).lines] == ["f", "—"]
    assert "—" in text_of(grid(trace, 0, 1, what="gradient").lines[-1])
    empty = engine.record(engine.sum, x=np.zeros((0, 3)))
    assert text_of(grid(empty, 0).lines[0]) == "x has no cells"
    with pytest.raises(CellError, match="has no cell 7"):
        grid(trace, 0, around=(7, 0, 0))


@given(st.data())
def test_a_window_keeps_its_width_and_shows_its_middle(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=3)))
    width = data.draw(st.integers(24, 80))
    draw = np.random.default_rng(len(shape))
    trace = engine.record(lambda x: x, x=draw.normal(size=shape) * 10.0 ** draw.integers(-6, 6))
    at = tuple([data.draw(st.integers(0, size - 1)) for size in shape])
    shown = grid(trace, 0, width=width, chosen=at)
    assert all(len(text_of(line)) <= width for line in shown.lines[1:])
    places = [shown.at(y, x) for y in range(len(shown.lines)) for x in range(width)]
    assert at in places


SHAPES = st.lists(st.integers(1, 4), max_size=4).map(tuple)
WAYS: list[Direction] = ["left", "right", "up", "down", "page up", "page down", "first", "last"]


@given(SHAPES, st.data())
def test_a_move_leads_to_a_cell(shape: Index, data: st.DataObject) -> None:
    index = tuple([data.draw(st.integers(0, size - 1)) for size in shape])
    for way in WAYS:
        there = moved(shape, index, way)
        assert len(there) == len(shape)
        assert all(0 <= i < size for i, size in zip(there, shape, strict=True))
        if way in ("left", "right", "up", "down"):
            step = 1 if way in ("left", "right") else (*shape, 1)[-1 if len(shape) < 1 else -2]
            assert abs(flat(there, shape) - flat(index, shape)) in (0, step)


def flat(index: Index, shape: Index) -> int:
    return int(np.ravel_multi_index(index, shape)) if shape else 0


def test_moves() -> None:
    assert moved((2, 3), (0, 1), "right") == (0, 2)
    assert moved((2, 3), (0, 2), "right") == (0, 2)
    assert moved((2, 3), (1, 1), "up") == (0, 1)
    assert moved((2, 3), (0, 1), "up") == (0, 1)
    assert moved((2, 2, 3), (0, 1, 2), "down") == (1, 0, 2)
    assert moved((2, 2, 3), (1, 0, 2), "up") == (0, 1, 2)
    assert moved((2, 2, 3), (1, 1, 2), "down") == (1, 1, 2)
    assert moved((50, 3), (20, 0), "page down") == (30, 0)
    assert moved((2, 5, 3), (1, 1, 0), "page up") == (1, 0, 0)
    assert moved((4,), (1,), "down") == (1,)
    assert moved((4,), (1,), "last") == (3,)
    assert moved((2, 3), (1, 1), "first") == (0, 0)
    assert moved((), (), "left") == ()
    assert first((2, 3)) == (0, 0)
    assert first(()) == ()
    assert first((0, 3)) is None


def test_reading_a_cell() -> None:
    assert read_index("[0, 1]") == (0, 1)
    assert read_index(" 3 ") == (3,)
    assert read_index("1 -2") == (1, -2)
    assert read_index("[]") == ()
    for wrong in ("a", "[1", "1.5", "[1; 2]", "9" * 30):
        with pytest.raises(CellError, match="whole numbers"):
            read_index(wrong)
