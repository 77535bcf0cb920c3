"""Semantic zoom on the screen: boxes of groups, by key and by mouse, on stable ground."""

from __future__ import annotations

from typing import Any

import engine
from engine import scope
from tutor.debugger.view import moves
from tutor.tui.widgets.canvas import GraphCanvas

SIZE = (160, 45)
INPUTS = {"x": 0.5, **{f"w{k}": 0.1 * k for k in range(1, 13)}}


def layers(x: Any, **weights: Any) -> Any:
    for k in range(1, 13):
        with scope(f"layer{k}"):
            h = engine.tanh(weights[f"w{k}"] * x + 0.1)
            x = x + 0.5 * h
    return (x - 1.0) ** 2


def canvas_of(s: Any) -> GraphCanvas:
    return s.stepper.query_one(GraphCanvas)


def where(s: Any, node: str) -> tuple[int, int]:
    """The cell of the canvas at which the box that shows a node begins."""
    canvas, drawing = canvas_of(s), s.stepper.drawing
    box = drawing.layout.placed[drawing.view.at(s.session.trace.id(node)).id]
    return box.x - canvas.left, box.y - canvas.top


async def click(s: Any, node: str, times: int = 1) -> None:
    x, y = where(s, node)
    await s.pilot.click("#canvas", offset=(x + 3, y + 1), times=times)
    await s.pilot.pause()


async def test_a_repeated_scope_is_one_box_that_opens_by_key(seat: Any) -> None:
    async with seat(layers, INPUTS, size=SIZE) as s:
        assert "▸ layer ×12" in s.text
        s.stepper.look_at(s.session.trace.id("w3"))
        await s.pilot.pause()
        assert "[▸ layer ×12]" in s.text
        s.act("zoom.in")
        await s.pilot.pause()
        assert "[▸ layer3 (8 nodes)]" in s.text
        s.act("zoom.in")
        await s.pilot.pause()
        assert "[w3]" in s.text
        s.act("zoom.out", "zoom.out")
        await s.pilot.pause()
        assert "[▸ layer ×12]" in s.text


async def test_a_double_click_opens_a_group(seat: Any) -> None:
    async with seat(layers, INPUTS, size=SIZE) as s:
        await click(s, "w3")
        assert moves.item_at(s.session.frame, s.session.frame.focus).title == "layer ×12"
        await click(s, "w3", times=2)
        assert "[▸ layer12 (8 nodes)]" in s.text


async def test_what_one_looks_at_stays_where_it_was(seat: Any) -> None:
    async with seat(layers, INPUTS, size=SIZE) as s:
        s.stepper.look_at(s.session.trace.id("w6"))
        s.act("zoom.in")
        await s.pilot.pause()
        canvas = canvas_of(s)
        assert s.stepper.drawing.layout.width > canvas.size.width
        before, _ = where(s, "w6")
        output = moves.item_at(s.session.frame, s.session.trace.id("w6")).output
        s.stepper.look_at(output)
        s.act("zoom.in")
        await s.pilot.pause()
        box = s.stepper.drawing.layout.placed[output]
        assert box.x - canvas.left == before


async def test_keys_walk_from_box_to_box_and_clicks_on_edges_go_to_events(seat: Any) -> None:
    async with seat(layers, INPUTS, size=SIZE) as s:
        s.stepper.look_at(s.session.trace.id("x"))
        s.act("graph.right")
        title = moves.item_at(s.session.frame, s.session.frame.focus).title
        assert title == "layer ×12"
        s.act("graph.right")
        assert moves.item_at(s.session.frame, s.session.frame.focus).kind == "node"
        x, y = where(s, "x")
        drawing = s.stepper.drawing
        box = drawing.layout.placed[s.session.trace.id("x")]
        await s.pilot.click("#canvas", offset=(x + box.width + 1, y + 1))
        event = s.session.trace.events[s.cursor - 1]
        assert "x" in [
            s.session.trace.nodes[k].name for k in s.session.trace.nodes[event.node].inputs
        ]
        s.act("time.end")
        await s.pilot.pause()
        x, y = where(s, "x")
        await s.pilot.click("#canvas", offset=(x + box.width + 1, y + 1))
        event = s.session.trace.events[s.cursor - 1]
        assert (event.kind, event.node) == ("contribution", s.session.trace.id("x"))


async def test_an_event_inside_a_group_lights_its_box_and_is_kept_in_view(seat: Any) -> None:
    async with seat(layers, INPUTS) as s:
        s.stepper.look_at(s.session.trace.id("w6"))
        s.act("zoom.in", "zoom.in", "focus.release")
        for _ in range(len(s.session.trace.events)):
            s.act("step.next")
            canvas, drawing = canvas_of(s), s.stepper.drawing
            node = s.session.trace.events[s.cursor - 1].node
            box = drawing.layout.placed[drawing.view.at(node).id]
            assert canvas.left <= box.x
            assert box.right < canvas.left + canvas.size.width
            assert canvas._picture.scene.face(box.id).state == "active"


async def test_stepping_lays_out_nothing_again(seat: Any) -> None:
    async with seat(layers, INPUTS) as s:
        layout = s.stepper.drawing.layout
        s.act("step.next", "step.next", "time.end", "step.previous")
        assert s.stepper.drawing.layout is layout
        s.stepper.look_at(s.session.trace.id("w3"))
        assert s.stepper.drawing.layout is layout
        s.act("zoom.in")
        assert s.stepper.drawing.layout is not layout
