"""Stories of a person at the home screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.widgets import Input

from tutor.settings import recent
from tutor.settings.recent import Recent
from tutor.tui.opening import Fault, read
from tutor.tui.screens.home import HomeScreen
from tutor.tui.screens.stepper import StepperScreen
from tutor.tui.widgets.line import Lines


async def test_enter_traces_the_example_and_q_comes_back(seat: Any) -> None:
    async with seat(None) as s:
        assert "Nothing traced yet. Press enter to step through (x + y)*z." in s.text
        assert 'backprop trace "(x + y)*z"' in s.text
        await s.press("enter")
        await s.shows("Press → for the first event")
        assert s.session.trace.value("f") == -12.0
        await s.press("right", "q")
        await s.pilot.pause(0.1)
        assert isinstance(s.app.screen, HomeScreen)
        assert "(x + y)*z   x=-2, y=5, z=-4" in s.text
        assert recent.load() == [Recent("(x + y)*z", (("x", "-2"), ("y", "5"), ("z", "-4")))]


async def test_a_fault_stands_under_its_spot_while_one_types(seat: Any) -> None:
    async with seat(None) as s:
        field = s.app.screen.query_one("#expression", Input)
        field.value = "(x + y*z"
        await s.shows("never closed")
        caret = next(i for i, line in enumerate(s.lines) if "^" in line)
        assert s.lines[caret].index("^") == s.lines[caret - 1].index("(")
        await s.press("enter")
        assert isinstance(s.app.screen, HomeScreen)
        field.value = "x*y"
        s.app.screen.query_one("#inputs", Input).value = "x=1, y=2, w=3"
        await s.shows("at gives w")
        caret = next(i for i, line in enumerate(s.lines) if "^" in line)
        assert s.lines[caret].index("^") == s.lines[caret - 1].index("w")
        s.app.screen.query_one("#inputs", Input).value = "x=1, y=2"
        await s.shows("Press enter to step through it")


async def test_a_recent_function_is_opened_from_the_list(seat: Any) -> None:
    recent.remember(Recent("w*x", (("w", "2"), ("x", "3"))))
    async with seat(None) as s:
        assert "w*x   w=2, x=3" in s.text
        await s.press("down", "down")
        assert s.app.focused.id == "home-list"
        await s.press("enter")
        await s.shows("Press → for the first event")
        assert isinstance(s.app.screen, StepperScreen)
        assert s.session.inputs == {"w": 2.0, "x": 3.0}


async def test_letters_are_typed_in_a_field_and_act_outside(seat: Any) -> None:
    async with seat(None) as s:
        await s.type("q")
        field = s.app.screen.query_one("#expression", Input)
        assert field.value.endswith("q")
        await s.press("f1")
        assert "help: home" in s.text
        await s.press("q")
        await s.pilot.pause(0.1)
        await s.press("escape", "q")
        assert s.app.return_value == 0


async def test_the_palette_lists_every_screen(seat: Any) -> None:
    async with seat(None) as s:
        titles = [command.title for command in s.app.get_system_commands(s.app.screen)]
        assert {"Trace a function", "Derive a gradient", "Help", "Quit"} <= set(titles)
        await s.press("tab", "tab")
        assert s.app.focused.id == "home-list"
        await s.press("down", "down", "down", "down", "enter")
        assert "help: home" in s.text


async def test_escapes_and_markup_in_what_was_typed_are_shown_as_text(seat: Any) -> None:
    recent.remember(Recent("x[0]\x1b[31m [bold]", (("x", "[1,2]"),)))
    async with seat(None) as s:
        assert "x[0]␛[31m [bold]   x=[1,2]" in s.text
        assert "\x1b" not in s.text


async def test_ctrl_c_tells_the_way_out(seat: Any) -> None:
    async with seat(None) as s:
        await s.press("ctrl+c")
        assert "q goes back, ctrl+q leaves the program" in s.text


async def test_a_recent_function_of_several_lines_stands_on_one_and_can_be_opened(
    seat: Any,
) -> None:
    recent.remember(Recent("a = x*y\ntanh(a)", (("x", "1"), ("y", "2"))))
    async with seat(None) as s:
        assert "a = x*y; tanh(a)   x=1, y=2" in s.text
        await s.press("down", "down", "enter")
        await s.shows("Press → for the first event")
        assert s.session.text == "a = x*y; tanh(a)"


async def test_a_long_fault_goes_on_below_and_is_never_cut_in_silence(seat: Any) -> None:
    async with seat(None, size=(60, 24)) as s:
        await s.shows("Press enter")
        name = "weight"
        s.app.screen.query_one("#expression", Input).value = f"{name}*sigmoyd(x) + sigmoyd({name})"
        await s.shows("✗")
        fault = read(f"{name}*sigmoyd(x) + sigmoyd({name})", "")
        assert isinstance(fault, Fault)
        told = f"{fault.message} ({fault.hint})"
        assert len(told) > 60
        shown = " ".join(s.app.screen.query_one("#verdict", Lines).text.split())
        assert shown.removeprefix("✗ ") == told or shown.endswith(" …")
        await s.pilot.resize_terminal(30, 24)
        await s.shows(" …")


async def test_a_file_is_run_beside_the_screen_and_escape_stops_it(
    seat: Any, tmp_path: Path
) -> None:
    path = tmp_path / "endless.py"
    path.write_text("def loss(w=2.0):\n    while True:\n        w = w * 1.0\n")
    async with seat(None) as s:
        await s.shows("Press")
        home = s.app.screen
        home.query_one("#expression", Input).value = f"{path}:loss"
        home.query_one("#inputs", Input).value = ""
        await s.pilot.press("enter")
        await s.shows("esc stops it")
        await s.pilot.press("escape")
        await s.shows("stopped")
        assert s.app.screen is home
        path.write_text("def loss(w=2.0):\n    return w * w\n")
        home.query_one("#expression", Input).focus()
        await s.pilot.press("enter")
        for _ in range(200):
            await s.pilot.pause(0.05)
            if s.app.screen is not home:
                break
        assert s.session.text == "endless.py:loss"
