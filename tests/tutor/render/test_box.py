from __future__ import annotations

import pytest

import engine
from engine.trace import Trace
from tutor.language import parse, parse_at
from tutor.render.box import column_width, content, size, title
from tutor.render.plain import text_of


def make(expression: str, at: str, steps: int = 0) -> Trace:
    program = parse(expression)
    given = parse_at([at])
    trace = engine.record_with(program.function(), {n: given[n] for n in program.inputs})
    for _ in range(steps):
        trace = engine.step(trace, program.function(), 0.001)
    return trace


XYZ = make("(x + y)*z", "x=-2,y=5,z=-4")


def rows(trace: Trace, node: int, cursor: int, **options: bool) -> list[str]:
    width = column_width(trace)
    return [text_of(row) for row in content(trace, node, cursor, width=width, **options).rows]


def test_a_box_fills_as_things_happen_and_shows_a_dash_before() -> None:
    assert rows(XYZ, 0, 0) == [" v     — ", " ∂     — "]
    assert rows(XYZ, 0, 1) == [" v    −2 ", " ∂     — "]
    assert rows(XYZ, 0, 9) == [" v    −2 ", " ∂    −4 "]
    assert rows(XYZ, 0, 1, ascii=True) == [" v    -2 ", " d    -- "]


def test_roles() -> None:
    shown = content(XYZ, 0, 1, width=5, changed=True)
    assert shown.rows == (
        ((" v", "label"), ("*", "changed"), ("   −2", "value"), (" ", "label")),
        ((" ∂", "label"), (" ", "label"), ("    —", "absent"), (" ", "label")),
    )


def test_a_value_that_is_not_there_is_never_marked_as_changed() -> None:
    assert all(run[1] != "changed" for row in content(XYZ, 0, 0, changed=True).rows for run in row)


def test_titles() -> None:
    assert [title(XYZ, node) for node in range(5)] == ["x", "y", "z", "q = x + y", "f = q·z"]
    long = make("activation = sigmoid(weighted_input)", "weighted_input=1")
    assert [title(long, node) for node in range(2)] == ["weighted_input", "activation σ"]
    assert title(long, 1, ascii=True) == "activation si..."
    matrix = make("y = W@x", "W=[[1,2],[3,4]],x=[1,2]")
    assert [title(matrix, n) for n in range(3)] == ["W (2, 2)", "x (2,)", "y = W ∙ x (2,)"]


def test_a_tensor_shows_a_heat_map_with_signs() -> None:
    trace = make("y = W@x", "W=[[1,-4],[2,0]],x=[1,2]")
    assert rows(trace, 0, 1) == [" v +░−█", "   +▒ ·", " ∂ —", "   "]
    roles = [run[1] for run in content(trace, 0, 1).rows[0]]
    assert roles == ["label", "label", "heat+1", "heat-4"]


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("(x + y)*z", "x=-2e-7,y=5,z=-4.123456"),
        ("sum(tanh(W@x + b))", "W=[[1,2,3,4,5,6]],x=[1,2,3,4,5,6],b=0.5"),
        ("(w*x - y)**2", "w=-3,x=1.5,y=0.25"),
    ],
)
@pytest.mark.parametrize("ascii", [False, True])
def test_a_box_has_one_size_at_every_moment(expression: str, at: str, ascii: bool) -> None:
    trace = make(expression, at, steps=1)
    width = column_width(trace)
    for node in range(len(trace.nodes)):
        columns, count = size(trace, node, width=width)
        for cursor in range(len(trace.events) + 1):
            shown = content(trace, node, cursor, width=width, ascii=ascii)
            assert len(shown.rows) == count
            assert all(len(text_of(row)) <= columns for row in shown.rows)
            assert len(shown.title) <= 16
            if ascii:
                assert (shown.title + "".join(map(text_of, shown.rows))).isascii()


def test_the_column_is_as_wide_as_needed() -> None:
    assert column_width(XYZ) == 5
    assert column_width(make("x*y", "x=0.001234,y=-1.2345e-5")) == 9
    assert column_width(make("w*x", "w=-3,x=0.3", steps=1)) == 7
