"""The picture: boxes of nodes and of folded groups, at every moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine import Trace
from tests.tutor.debugger.view.graphs import layered, perceptron, recurrent
from tutor.debugger import moving
from tutor.debugger.frame import Frame
from tutor.debugger.view import moves
from tutor.debugger.view.box import folded_title
from tutor.debugger.view.picture import Plan, follow, plan, scene
from tutor.debugger.view.zoom import Zoom
from tutor.layout import ASCII, draw_text
from tutor.render.numbers import number
from tutor.session.session import start


def planned(frame: Frame) -> Plan:
    return plan(frame.trace, frame.trace.pass_at(frame.cursor), frame.zoom)


def drawn(frame: Frame, changed: frozenset[int] = frozenset()) -> str:
    made = planned(frame)
    return draw_text(made.layout, scene(made, frame, changed))


def box(frame: Frame, title: str) -> int:
    return next(item.id for item in moves.shown(frame).items if item.title == title)


def after(trace: Trace, node: str | int, zoom: Zoom | None = None) -> Frame:
    """The moment right after a node got its value."""
    return Frame(trace, trace.value_event(node) + 1, zoom=zoom or Zoom())


def test_a_folded_box_says_what_it_holds_and_what_it_gives() -> None:
    frame = moving.end(Frame(recurrent(8)))
    shown = drawn(frame)
    assert "▸ t=1..8" in shown
    assert number(frame.trace.value(frame.trace.output)) in shown
    scoped = moves.opened(frame, frame.trace.id("x3"))
    assert "▸ t=3 (" in drawn(scoped)
    assert " nodes)" in drawn(scoped)


def test_a_group_is_pending_then_at_work_then_done() -> None:
    trace = recurrent(8)
    steps = moves.opened(Frame(trace), trace.id("x3"))
    made = planned(steps)
    t3 = box(steps, "t=3")
    inside = moves.item_at(steps, trace.id("x3"))
    first, last = inside.begins, inside.output

    def state(cursor: int) -> str:
        return scene(made, replace(steps, cursor=cursor)).face(t3).state

    assert state(0) == "pending"
    assert state(first) == "pending"
    for node in range(first, last + 1):
        assert state(node + 1) == "active"
    assert state(last + 2) == "normal"
    assert state(len(trace.events)) == "done"


def test_an_event_lights_the_edge_between_items_and_none_within_one() -> None:
    trace = recurrent(8)
    frame = moves.opened(Frame(trace), trace.id("x3"))
    made = planned(frame)
    t3, t4 = box(frame, "t=3"), box(frame, "t=4")
    lit = []
    for cursor in range(1, len(trace.events) + 1):
        moment = replace(frame, cursor=cursor)
        shown = scene(made, moment)
        for one in shown.active:
            assert one.edge.source != one.edge.consumer
            assert one.edge.source in made.layout.placed[one.edge.consumer].inputs
        ends = {(one.edge.source, one.edge.consumer, one.flow) for one in shown.active}
        lit.append((t3, t4, "forward") in ends)
        lit.append((t3, t4, "backward") in ends)
        assert set(follow(made, moment)) <= set(made.layout.placed)
    assert lit.count(True) >= 2


def test_the_layout_serves_every_moment_and_faces_are_made_once() -> None:
    trace = layered(12)
    made = planned(Frame(trace))
    assert made.fitted(trace, 0, Zoom(marked=frozenset({3}))) is made
    assert made.fitted(trace, 0, Zoom("folded", opened=frozenset({10**9}))) is None
    draw_text(made.layout, scene(made, Frame(trace, 30)))
    count = len(made.faces)
    draw_text(made.layout, scene(made, Frame(trace, 30)))
    assert len(made.faces) == count


def test_a_focus_on_a_hidden_node_is_seen_on_its_box() -> None:
    trace = layered(12)
    frame = replace(Frame(trace, 5), focus=trace.id("W3"))
    made = planned(frame)
    layer = box(frame, "layer ×12")
    assert scene(made, frame).face(layer).focus
    assert follow(made, frame)[-1] == layer


def test_a_change_inside_a_group_is_seen_on_its_box() -> None:
    trace = layered(12)
    frame = moving.end(Frame(trace))
    made = planned(frame)
    layer = box(frame, "layer ×12")
    shown = scene(made, frame, frozenset({trace.id("W3")}))
    assert shown.face(layer).state == "changed"
    assert shown.face(trace.output).state == "done"


def test_several_numbers_are_shown_as_a_map() -> None:
    frame = moving.end(Frame(perceptron(8)))
    made = planned(frame)
    unit = next(item for item in moves.shown(frame).items if len(item.outputs) == 8)
    face = scene(made, frame).face(unit.id)
    assert {role for row in face.rows for _, role in row} & {"heat+4", "heat-4"}
    inputs = moves.shown(frame).items[0]
    assert f"{inputs.size} numbers" in drawn(frame)


def test_a_partial_gradient_of_an_array_is_never_an_older_one() -> None:
    def fn(w, x):
        return sum(engine.tanh(w @ x * float(k)).sum() for k in range(1, 6))

    trace = engine.record(fn, w=np.eye(2), x=np.array([1.0, -2.0]))
    frame = Frame(trace)
    made = planned(frame)
    for cursor in range(len(trace.events) + 1):
        face = scene(made, replace(frame, cursor=cursor)).face(0)
        fresh = plan(trace, 0, Zoom())
        assert face == scene(fresh, replace(frame, cursor=cursor)).face(0)


@pytest.mark.parametrize("trace", [layered(12), perceptron(8), recurrent(8)])
def test_a_kept_face_is_what_a_new_one_would_be(trace: Trace) -> None:
    frame = Frame(trace)
    made = planned(frame)
    for cursor in range(0, len(trace.events) + 1, 3):
        moment = replace(frame, cursor=cursor)
        kept, new = scene(made, moment), scene(replace(made, faces={}, arrivals={}), moment)
        assert [kept.face(box) for box in made.layout.placed] == [
            new.face(box) for box in made.layout.placed
        ]


def test_marks_show_and_ascii_is_ascii() -> None:
    session = start("a = x*y; b = a + 1; b*2", {"x": 1, "y": 2})
    frame = moves.mark(moving.end(session.frame), session.trace.id("b"))
    assert "┌ b = a + 1 ┐" in drawn(frame)
    assert "┤◆v     3   ├" in drawn(frame)
    folded = Frame(layered(12), 40)
    made = planned(folded)
    text = draw_text(made.layout, scene(made, folded, ascii=True), ASCII)
    assert text.isascii()
    assert "> layer x12" in text


def test_a_long_title_keeps_its_count() -> None:
    trace = recurrent(8)
    item = next(item for item in moves.shown(Frame(trace)).items if item.kind == "repeat")
    long = replace(item, title="a_scope_with_a_very_long_name_indeed", count=0)
    assert folded_title(long).endswith(f"… ({item.size})")
    assert len(folded_title(long)) == 28
    assert folded_title(replace(long, title="cell")) == f"▸ cell ({item.size} nodes)"
