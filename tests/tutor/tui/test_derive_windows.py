"""The derive screen in windows of every size, with text of every kind, and the door to it."""

from __future__ import annotations

from typing import Any

import pytest

from tutor.judge import shelf
from tutor.session.deriving import derivation as deriving
from tutor.tui.deriving.drawing import Drawer
from tutor.tui.screens.exercises import ExercisesScreen
from tutor.tui.screens.home import HomeScreen

RIGHT = ("dL/da = 2(a - y)", "da/dz = a(1 - a)", "dL/dw = 2(a - y)*a(1 - a)*x")
WRONG = (*RIGHT[:2], "dL/dw = 2(a - y)*a(1 - a)")

pytestmark = pytest.mark.long


async def test_in_a_wide_window_every_line_is_drawn_beside_the_text(desk: Any) -> None:
    async with desk(lines=WRONG, size=(160, 45)) as d:
        assert "≈  1  ──── = 2·(a − y)" in d.drawn
        assert "✗  3  ──── = 2·(a − y)·a·(1 − a)" in d.drawn
        d.screen.sheet.field.put("dL/dw = ((")
        await d.pilot.pause()
        assert "4  dL/dw = ((" in d.drawn


@pytest.mark.parametrize("size", [(40, 10), (5, 3), (200, 8), (30, 60)])
async def test_no_window_is_too_small(desk: Any, size: tuple[int, int]) -> None:
    async with desk(lines=WRONG, size=size) as d:
        await d.act("hint")
        await d.write("dL/dw = dL/dz*x")
        await d.pilot.resize_terminal(80, 24)
        await d.pilot.pause()
        assert "One neuron" in d.text
        await d.pilot.resize_terminal(*size)
        await d.pilot.pause()
        assert d.derivation.lines[-1] == "dL/dw = dL/dz*x"


async def test_ascii_terminals_get_ascii(desk: Any) -> None:
    async with desk(lines=WRONG, plain=True) as d:
        assert d.text.isascii()
        assert d.marks == "~~X "
        await d.act("hint", "between", "solution", "latex", "prove")
        assert d.text.isascii()


async def test_hostile_text_is_shown_and_does_no_harm(desk: Any) -> None:
    async with desk() as d:
        await d.write("dL/dw = [/x] \x1b[2J", "__import__('os')", "(" * 3000)
        assert len(d.derivation.lines) == 3
        assert "\x1b" not in d.text
        await d.act("hint", "between", "solution", "prove", "latex", "show", "target", "save")
        assert "\x1b" not in d.text
        await d.act("up", "up", "up")
        assert d.derivation.at == 0


async def test_an_undo_leaves_the_unfinished_line_alone(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("up", "ctrl+u", "enter", "d", "L", "ctrl+z")
        assert d.derivation.lines == WRONG
        assert d.screen.sheet.field.value == "dL"


async def test_many_lines_scroll_with_the_field_in_view(desk: Any) -> None:
    async with desk(lines=["da/dz = a(1 - a)"] * 60) as d:
        assert "60  da/dz" in d.text
        assert "lines above" in d.text
        assert "61" in d.text
        await d.act(*["up"] * 30)
        assert "lines below" in d.text
        assert d.derivation.at == 30


def test_symbols_of_ones_own_are_drawn_where_they_are_known() -> None:
    exercise = shelf.load("neuron")
    sitting = deriving.begin("neuron", exercise, "dL/dw", ("e = a - y", "dL/da = 2*e"))
    drawer = Drawer(ascii=False)
    box = drawer.box(sitting, 1, "dL/da = 2*e", 60)
    assert box is not None
    assert "2·e" in box.text
    assert drawer.box(sitting, 0, "dL/da = 2*e", 60) is None


async def test_an_exercise_is_chosen_from_home_and_its_lines_wait_there(desk: Any) -> None:
    async with desk(None) as d:
        await d.press("escape", "d")
        await d.until(lambda: isinstance(d.app.screen, ExercisesScreen))
        await d.press(*"one", "space", *"neuron")
        assert "Level 1" in d.text
        assert "One neuron" in d.text
        await d.press("enter")
        assert d.derivation.name == "neuron"
        await d.write(RIGHT[0])
        await d.press("ctrl+g", "q")
        assert isinstance(d.app.screen, ExercisesScreen)
        await d.press("enter")
        assert d.derivation.lines == RIGHT[:1]
        assert d.screen.sheet.field.value == ""
        await d.press("escape", "q", "escape")
        await d.pilot.pause(0.1)
        assert isinstance(d.app.screen, HomeScreen)


async def test_exercises_are_found_by_what_they_are_about(desk: Any) -> None:
    async with desk(None) as d:
        await d.until(lambda: d.app.screen._loaded)
        d.app.choose_exercise()
        await d.pilot.pause()
        await d.press(*"lstm")
        assert "An LSTM cell" in d.text
        assert "Level 1" not in d.text
        await d.press("down", "down")
        assert "All four gates" in d.text
        await d.press("up", "up", *"xyz")
        assert "no exercise holds these words" in d.text
        await d.press("enter")
        assert isinstance(d.app.screen, ExercisesScreen)


async def test_the_list_of_exercises_shows_its_cursor_at_once(desk: Any) -> None:
    async with desk(None) as d:
        await d.until(lambda: d.app.screen._loaded)
        d.app.choose_exercise()
        await d.pilot.pause()
        assert "▸ The slope of a bell curve" in d.text
        await d.press("down", "down", "down")
        assert d.text.count("▸") == 1
        assert "▸ Three links of a chain" in d.text


async def test_the_cursor_of_a_menu_is_seen_when_it_gets_the_keys(desk: Any) -> None:
    async with desk(None) as d:
        await d.until(lambda: d.app.screen._loaded)
        assert "▸" not in d.text
        await d.press("down", "down")
        assert "▸ Trace a function" in d.text
        await d.press("tab")
        assert "▸" not in d.text
