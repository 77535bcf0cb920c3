"""What it looks like: sizes, colours, characters, large graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from tutor.settings.settings import Settings
from tutor.tui.widgets.canvas import GraphCanvas
from tutor.tui.widgets.line import Pane

NEURON = "n = w0 + w1*x1 + w2*x2; f = sigmoid(n); -log(f)"
WEIGHTS = {"w0": -3, "w1": 2, "w2": -3, "x1": -1, "x2": -2}

AT_80 = """\
                 ┏ x ━━━━━━┓     ┌ q = x + y ┐     ┌ f = q·z ┐
                 ┃ v    −2 ┃◀━━━━┥ v     3   ├─────┤ v   −12 │
                 ┃ ∂    −4 ┃  ╭──┤ ∂    −4   │  ╭──┤ ∂     1 │
                 ┗━━━━━━━━━┛  │  └───────────┘  │  └─────────┘
                 ┌ y ──────┐  │                 │
                 │ v     5 ├──╯  ┌ z ──────┐    │
                 │ ∂     — │     │ v    −4 ├────╯
                 └─────────┘     │ ∂     3 │
                                 └─────────┘


── q → x ─────────────────────────────── add passes the gradient on unchanged ──
   ∂f/∂x = ∂f/∂q · ∂q/∂x
         =   −4  ·   1   = −4
           above   slope
── x ───────────────────────────────────────────────────────────────────────────"""


async def test_the_example_at_80x24(seat: Any) -> None:
    async with seat() as s:
        s.stepper.jump(9)
        await s.pilot.pause()
        assert AT_80 in s.text
        assert s.lines[22].startswith(" ▶ ●─●─●─●─● ┃ ◀ ●─●─●─◉─○")
        assert s.lines[22].rstrip().endswith("9/10")
        assert s.lines[23].startswith(" → next  ← back  n node  W who wrote this  e edit  ? help")


async def test_a_wide_window_has_a_column_of_formula_node_and_events(seat: Any) -> None:
    async with seat(NEURON, WEIGHTS, size=(160, 45)) as s:
        s.stepper.jump(17)
        await s.pilot.pause()
        assert " ▶ 17  n → n2          −0.2689  = −0.2689 · 1" in s.text
        assert "gradient   −0.2689414213699951" in s.text
        assert len([line for line in s.lines[2:30] if line[103:104] == "│"]) > 20


async def test_the_picture_follows_and_boxes_do_not_jump_without_need(seat: Any) -> None:
    async with seat(NEURON, WEIGHTS) as s:
        canvas = s.stepper.query_one(GraphCanvas)
        s.act("time.end")
        seen = set()
        for _ in range(len(s.session.trace.events)):
            s.act("step.previous")
            now = canvas.left, canvas.top
            seen.add(now)
            node = s.session.trace.events[max(0, s.cursor - 1)].node
            box = s.stepper.drawing.layout.placed[node]
            assert now[0] <= box.x
            assert box.right < now[0] + canvas.size.width
            assert now[1] <= box.y
            assert box.y + box.height <= now[1] + canvas.size.height
        assert 1 < len(seen) < 12
        assert "▪" in s.text


@pytest.mark.parametrize(
    "size", [(60, 15), (40, 12), (20, 6), (8, 3), (1, 1), (200, 60), (130, 16)]
)
async def test_no_size_is_too_small(seat: Any, size: tuple[int, int]) -> None:
    async with seat(NEURON, WEIGHTS, size=size) as s:
        for name in ("pass.rest", "step.next", "pane.next", "input.edit", "back", "descend"):
            s.act(name)
            await s.pilot.pause()
        assert s.session.trace.passes[1:]
        await s.pilot.resize_terminal(80, 24)
        await s.pilot.pause()
        assert "out" in s.text


async def test_a_window_can_be_made_larger_and_smaller(seat: Any) -> None:
    async with seat() as s:
        s.stepper.jump(9)
        await s.pilot.resize_terminal(160, 45)
        await s.pilot.pause(0.1)
        assert "9 of 10" in s.text
        await s.pilot.resize_terminal(60, 15)
        await s.pilot.pause(0.1)
        assert "┏ x ━━━━━━┓" in s.text
        assert "q → x" in s.text


async def test_ascii_only_is_ascii_only(seat: Any) -> None:
    async with seat(NEURON, WEIGHTS, plain=True) as s:
        s.stepper.jump(17)
        await s.pilot.pause()
        assert s.text.isascii()
        assert "dout/dn2 = dout/dn" in s.text
        assert "=<" in s.text or "<=" in s.text
        s.act("help")
        await s.pilot.pause(0.1)
        assert s.text.isascii()


async def test_no_color_means_no_colour_codes_and_the_same_marks(
    seat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with seat() as s:
        s.stepper.jump(9)
        await s.pilot.pause()
        styles = [
            segment.style
            for strip in s.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
        ]
        assert all(style.color is None or style.color.is_default for style in styles)
        assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
        assert any(style.bold for style in styles)
        assert any(style.dim for style in styles)
        assert "┃ ∂    −4 ┃" in s.text
        assert "◀━━━━" in s.text


@pytest.mark.parametrize("theme", ["light", "contrast", "terminal"])
async def test_another_theme_changes_every_cell_at_once(seat: Any, theme: str) -> None:
    async with seat() as s:
        before = s.lines[1:]
        s.app.use(f"backprop-{theme}")
        await s.pilot.pause(0.1)
        assert s.lines[1:] == before
        strips = s.app.screen._compositor.render_strips()
        grounds = {seg.style.bgcolor.name for strip in strips for seg in strip if seg.style.bgcolor}
        assert "#10151a" not in grounds


async def test_every_cell_has_a_ground(seat: Any) -> None:
    async with seat() as s:
        s.stepper.jump(9)
        await s.pilot.pause()
        for strip in s.app.screen._compositor.render_strips():
            assert all(segment.style and segment.style.bgcolor for segment in strip if segment.text)


async def test_the_map_hides_nothing_of_what_happens(seat: Any) -> None:
    text = " + ".join(f"{k}*x" for k in range(1, 13))
    async with seat(text, {"x": 1}) as s:
        canvas = s.stepper.query_one(GraphCanvas)
        corners = set()
        for _ in range(len(s.session.trace.events)):
            s.act("step.next")
            drawing, at, picture = s.stepper.drawing, canvas._map_at, canvas._picture
            assert drawing is not None
            assert at is not None
            assert picture is not None
            corners.add((at.x, at.y))
            ends = {end for one in picture.scene.active for end in one.edge[:2]}
            for node in {*picture.follow, *ends}:
                box = drawing.layout.placed[node].region
                x, y = box.x - canvas.left, box.y - canvas.top
                apart = x >= at.x + at.width or at.x >= x + box.width
                assert apart or y >= at.y + at.height or at.y >= y + box.height
        assert len(corners) > 1


async def test_a_long_fan_out_is_never_cut_in_silence(seat: Any) -> None:
    text = " + ".join(f"{k}*x" for k in range(1, 41))
    async with seat(text, {"x": 1}) as s:
        s.act("time.end")
        s.stepper.look_at(s.session.trace.id("x"))
        await s.pilot.pause()
        told = next(line for line in s.lines if "arrives as" in line)
        assert "arrives as 40 from " in told
        assert told.rstrip().endswith("more")
        assert f" … and {40 - told.count(' from ')} more" in told
    async with seat(text, {"x": 1}, size=(130, 40)) as s:
        s.act("time.end")
        s.stepper.look_at(s.session.trace.id("x"))
        s.stepper.query_one("#inspector").focus()
        await s.pilot.pause()
        assert "more lines" in s.text
        pane = s.stepper.query_one("#inspector", Pane)
        rows: list[str] = []
        while not rows or pane.text.split("\n")[0] != rows[-1]:
            rows.append(pane.text.split("\n")[0])
            pane.action_scroll_rows(1)
        seen = " ".join(" ".join([*rows[:-1], pane.text]).split())
        for factor in range(1, 41):
            assert f" {factor} from n" in seen


async def test_arrays_show_a_map_and_their_shape(seat: Any) -> None:
    inputs = {"W": np.array([[1.0, -2.0], [3.0, 4.0]]), "x": np.array([1.0, -1.0])}
    async with seat("sum(tanh(W@x))", inputs, size=(160, 45)) as s:
        s.act("time.end")
        await s.pilot.pause()
        assert "W (2, 2)" in s.text
        assert "−▒" in s.text
        assert "+█" in s.text


async def test_an_edit_of_an_array_is_typed_as_a_list(seat: Any) -> None:
    async with seat("sum(x*x)", {"x": np.array([1.0, 2.0])}) as s:
        s.act("input.edit")
        await s.pilot.pause()
        assert "x was [1, 2], now [1.0,2.0]" in s.text
        await s.press("backspace")
        await s.type("[3,4]")
        await s.press("enter")
        assert s.session.trace.value(s.session.trace.output) == 25.0


def chain(length: int) -> Any:
    def fn(x: Any) -> Any:
        for _ in range(length):
            x = engine.tanh(x)
        return x

    return fn


async def test_a_graph_of_10_000_nodes_opens_folded_and_can_be_stepped(seat: Any) -> None:
    async with seat(chain(10_000), {"x": 0.5}, size=(120, 40)) as s:
        assert "Drawing 10001 nodes" in s.text or "┌" in s.text
        await s.press("right", "right")
        await s.shows("┏ ▸ tanh ×10000 ")
        s.act("time.end")
        await s.pilot.pause()
        assert "20002/20002" in s.text
        assert "┏ x ━" in s.text


async def test_settings_that_cannot_be_used_are_told(seat: Any) -> None:
    settings = Settings(keys={"stepnext": ("n",)})
    async with seat(settings=settings) as s:
        assert s.status.startswith("[keys]: there is no action stepnext")
