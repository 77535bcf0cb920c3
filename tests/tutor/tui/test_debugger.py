"""Stories of a person who looks for something: stopping, asking, trying out, predicting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tutor.actions import ACTIONS
from tutor.session import session as sessions
from tutor.session.panels.cells import CellsPanel
from tutor.session.session import Session
from tutor.tui.widgets.canvas import GraphCanvas
from tutor.tui.widgets.commandbar import CommandBar
from tutor.tui.widgets.reportview import ReportView

NEURON = "n = w0 + w1*x1 + w2*x2; f = sigmoid(n); -log(f)"
POINT = {"w0": -3, "w1": 2, "w2": -3, "x1": -1, "x2": -2}
LAYER = "mean((relu(x@W + b) - t)**2)"
ARRAYS = {
    "x": np.arange(12.0).reshape(4, 3) / 10,
    "W": np.arange(6.0).reshape(3, 2) / 7 - 0.3,
    "b": np.zeros(2),
    "t": np.ones((4, 2)),
}


def kind(session: Session) -> str | None:
    """What is asked above the graph."""
    return None if session.panel is None else session.panel.kind


async def test_running_to_a_breakpoint_and_back(seat: Any) -> None:
    async with seat() as s:
        await s.press("c")
        assert s.status == "There is no breakpoint yet; b sets one"
        await s.press("B")
        assert "break |grad| > 10" in s.status
        await s.enter("op mul and value < 0")
        await s.press("c")
        assert s.cursor == 5
        assert "Stopped at op mul and value < 0" in s.status
        s.act("stop.when")
        await s.enter("grad(x) written")
        await s.press("c")
        assert s.cursor == 9
        await s.press("C")
        assert s.cursor < 9


async def test_a_condition_that_cannot_be_read_is_refused_under_the_spot(seat: Any) -> None:
    async with seat() as s:
        s.act("stop.when")
        await s.enter("|grad| >")
        assert s.stepper.has_class("-commanding")
        line = next(line for line in s.lines if "✗" in line)
        bar = s.stepper.query_one(CommandBar)
        assert line.index("^") == bar.indent + len("|grad| >")
        await s.press("escape")
        assert not s.stepper.has_class("-commanding")
        assert s.session.notes.stops == ()


async def test_watches_follow_the_steps(seat: Any) -> None:
    async with seat() as s:
        await s.command("watch grad(q)")
        s.act("notes", "time.end")
        await s.pilot.pause()
        assert any("grad(q)" in line and "−4" in line for line in s.lines)
        s.act("time.start")
        await s.pilot.pause()
        assert any("grad(q)" in line and "—" in line for line in s.lines)


async def test_the_writer_of_a_gradient_and_the_one_before(seat: Any) -> None:
    async with seat("x*x + x", {"x": 3}) as s:
        s.act("time.end")
        s.stepper.look_at(s.session.trace.id("x"))
        cursors = []
        for _ in range(4):
            await s.press("W")
            cursors.append(s.cursor)
        arrivals = [i + 1 for i in s.session.trace.arrivals("x")]
        assert len(arrivals) == 3
        assert cursors == [*reversed(arrivals[:-1]), 1, 1]
        assert s.status == "Nothing was written to x before this"


async def test_where_a_gradient_comes_from_by_paths_and_cuts(seat: Any) -> None:
    async with seat(NEURON, POINT) as s:
        s.act("time.end")
        s.stepper.look_at(s.session.trace.id("w1"))
        await s.press("p")
        assert kind(s.session) == "why"
        assert "0.2689" in s.text
        before = s.text
        await s.press("greater_than_sign")
        assert s.text != before
        await s.press("less_than_sign")
        assert kind(s.session) == "why"
        await s.press("q")
        assert kind(s.session) is None
        assert s.app.focused is not None
        assert s.app.focused.id == "canvas"


async def test_enter_on_a_row_looks_at_what_it_speaks_of(seat: Any) -> None:
    async with seat() as s:
        s.act("time.end", "view")
        await s.pilot.pause()
        await s.press("down", "down", "enter")
        assert s.session.frame.focus is not None
        assert kind(s.session) == "view"


async def test_cells_are_walked_with_the_keys_of_the_graph(seat: Any) -> None:
    async with seat(LAYER, ARRAYS) as s:
        s.act("time.end")
        await s.command("cells n1[0, 0]")
        for key, index in (("l", (0, 1)), ("j", (1, 1)), ("h", (1, 0)), ("k", (0, 0))):
            await s.press(key)
            panel = s.session.panel
            assert isinstance(panel, CellsPanel)
            assert panel.index == index
        await s.press("x")
        assert isinstance(s.session.panel, CellsPanel)
        assert s.session.panel.side == "input"


async def test_nodes_are_folded_into_a_gate_of_ones_own(seat: Any) -> None:
    async with seat("1/(1 + exp(-(w*x)))", {"w": 2, "x": 0.5}) as s:
        trace = s.session.trace
        members = [i for i in trace.node_range(0) if trace.nodes[i].op in ("neg", "exp", "add")]
        for node in members:
            s.stepper.look_at(node)
            await s.press("v")
        assert "3 nodes to be folded" in s.status
        await s.press("z")
        await s.enter("part")
        assert [fold.name for fold in s.session.frame.zoom.folds] == ["part"]
        assert kind(s.session) == "gate"
        await s.shows("differences ✓")
        await s.press("q")
        assert "part" in s.text


async def test_what_if_shows_old_and_new_side_by_side(seat: Any) -> None:
    async with seat(NEURON, POINT) as s:
        s.stepper.look_at(s.session.trace.id("f"))
        await s.press("i")
        await s.enter("f=tanh")
        assert kind(s.session) == "compare"
        assert "f is tanh now, it was sigmoid" in s.status
        after = float(s.session.trace.value("f"))
        assert after == pytest.approx(np.tanh(1.0))
        s.act("edit.undo")
        assert float(s.session.trace.value("f")) == pytest.approx(0.731059, abs=1e-6)
        s.act("edit.redo")
        assert float(s.session.trace.value("f")) == after


@pytest.mark.long
async def test_a_prediction_from_start_to_finish(seat: Any) -> None:
    async with seat(size=(160, 45)) as s:
        await s.press("P")
        now = s.session.prediction
        assert now is not None
        assert "q" not in [line.split()[1] for line in s.lines if line.strip().startswith("▶ 4")]
        hidden = [line for line in s.lines if "  ?" in line]
        assert hidden
        assert not any("−12" in line for line in s.lines)
        asked = []
        for _ in range(40):
            now = s.session.prediction
            if now is None or now.question is None:
                break
            asked.append(now.question.event)
            await s.enter("nonsense, no answer to anything")
            assert s.session.prediction.score.asked == now.score.asked
            await s.press("ctrl+g", "H")
            assert s.session.prediction.state.hints == 1
            await s.enter("")
            assert s.session.prediction.state.done
            await s.enter("")
        assert s.session.prediction is not None
        assert s.session.prediction.question is None
        assert s.cursor == 10
        assert asked == sorted(set(asked))
        await s.press("escape")
        assert s.session.prediction is None
        assert not s.stepper.has_class("-predict")


async def test_the_notation_is_changed_by_a_key(seat: Any) -> None:
    async with seat(NEURON, POINT) as s:
        s.act("time.end")
        told = []
        for _ in range(7):
            await s.press("t")
            told.append(s.session.notation)
        assert told == ["tutor", "Q", "L", "I", "B", "C", "own"]
        await s.press("T")
        assert kind(s.session) == "notation"


async def test_find_opens_the_groups_above_what_is_found(seat: Any) -> None:
    async with seat(LAYER, ARRAYS) as s:
        await s.press("slash")
        await s.enter("n3")
        assert s.session.frame.focus == s.session.trace.id("n3")


@pytest.mark.long
async def test_commands_are_remembered_and_completed(seat: Any) -> None:
    async with seat() as s:
        await s.command("go 3")
        await s.command("go 5")
        s.act("command")
        bar = s.stepper.query_one(CommandBar)
        await s.press("up")
        assert bar.text == "go 5"
        await s.press("up", "up")
        assert bar.text == "go 3"
        await s.press("down", "down")
        assert bar.text == ""
        await s.type("whe")
        await s.press("tab")
        assert bar.text == "where"
        await s.press("ctrl+a", "ctrl+k")
        await s.type("un")
        await s.press("tab")
        assert "undo" in s.status
        assert "until" in s.status
        await s.press("escape")
        assert not s.stepper.has_class("-commanding")


async def test_the_mouse_opens_rows_and_offers_what_can_be_done(seat: Any) -> None:
    async with seat() as s:
        s.act("time.end", "view")
        await s.pilot.pause()
        view = s.stepper.query_one("#panel", ReportView)
        row = next(y for y, line in enumerate(s.lines) if " z " in line and "−4" in line)
        await s.pilot.click(view, offset=(8, row - view.region.y))
        assert s.session.frame.focus == s.session.trace.id("z")
        await s.press("q")
        canvas = s.stepper.query_one(GraphCanvas)
        row, line = next((y, line) for y, line in enumerate(s.lines) if " q = x + y " in line)
        spot = (line.index("q =") + 1, row + 1 - canvas.region.y)
        await s.pilot.click(canvas, offset=spot)
        assert s.session.frame.focus == s.session.trace.id("q")
        await s.pilot.click(canvas, offset=spot, times=2)
        assert kind(s.session) == "cells"


def asked(session: Session) -> list[str]:
    """The commands that open every panel there is."""
    name = next(iter(session.inputs))
    last = session.trace.passes[0].names[-2:]
    return [f"why {name}", f"cells {last[-1]}", "audit", "view", "notes", "notation Q", "legend",
            "source", f"what-if {last[0]}=0",
            f"mark-node {' '.join(last)}", "gate mine"]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "inputs", "size"),
    [
        (LAYER, ARRAYS, (80, 24)),
        (NEURON, POINT, (160, 45)),
        (NEURON, POINT, (40, 12)),
        pytest.param(LAYER, ARRAYS, (160, 45), marks=pytest.mark.long),
        pytest.param(LAYER, ARRAYS, (40, 12), marks=pytest.mark.long),
        pytest.param(NEURON, POINT, (80, 24), marks=pytest.mark.long),
    ],
)
async def test_without_unicode_every_panel_is_ascii(
    seat: Any, target: str, inputs: Any, size: tuple[int, int]
) -> None:
    session = sessions.start(target, inputs)
    seen = set()
    async with seat(session, size=size, plain=True) as s:
        for command in (f"watch {next(iter(session.inputs))}", "break |grad| > 1"):
            s.stepper.asking.given("", command)
        s.act("time.end")
        for command in asked(session):
            s.stepper.asking.given("", command)
            await s.pilot.pause()
            seen.add(kind(s.session))
            assert s.text.isascii(), f"{command}: {[c for c in s.text if not c.isascii()]}"
        s.act("panel.close", "time.start", "predict")
        await s.pilot.pause()
        for text in ("", "", "x", ""):
            await s.enter(text)
            assert s.text.isascii()
    assert seen >= {"why", "cells", "audit", "view", "notes", "notation", "source", "compare"}


async def test_a_small_window_still_takes_every_action(seat: Any) -> None:
    async with seat(NEURON, POINT, size=(40, 12)) as s:
        s.act("pass.rest")
        for action in ACTIONS:
            if action.group in ("understand", "graph", "stops") and not action.asks:
                s.act(action.id)
                await s.pilot.pause()
                assert all(len(line) == 40 for line in s.lines)
                while s.app.screen is not s.app.screen_stack[0]:
                    s.app.pop_screen()
