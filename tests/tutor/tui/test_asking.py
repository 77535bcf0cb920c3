"""The lines below the graph: commands, answers, chords, and what runs beside the screen."""

from __future__ import annotations

from typing import Any

from tutor.tui.widgets.commandbar import CommandBar


async def test_a_chord_of_a_panel_that_is_not_open_says_so(seat: Any) -> None:
    async with seat() as s:
        await s.press("ctrl+g", "comma")
        assert s.status == "No panel is open"


async def test_a_command_in_predict_mode_leads_back_to_the_line_for_answers(seat: Any) -> None:
    async with seat() as s:
        s.act("predict")
        await s.pilot.pause()
        bar = s.stepper.query_one(CommandBar)
        assert bar.action == "answer"
        s.act("command")
        await s.pilot.pause()
        assert bar.action == ""
        await s.press("escape")
        await s.pilot.pause()
        assert bar.action == "answer"
        assert s.session.prediction is not None
        await s.command("where")
        assert bar.action == "answer"
        assert s.status.startswith("Event 3 of 10")
        await s.press("escape")
        await s.pilot.pause()
        assert s.session.prediction is None


async def test_a_hint_leaves_what_is_typed(seat: Any) -> None:
    async with seat() as s:
        s.act("predict")
        await s.pilot.pause()
        await s.type("-1")
        s.act("hint")
        await s.pilot.pause()
        assert s.stepper.query_one(CommandBar).text == "-1"


async def test_closing_a_panel_in_predict_mode_gives_the_keys_to_the_answer(seat: Any) -> None:
    async with seat() as s:
        s.act("predict", "why")
        await s.pilot.pause()
        assert s.app.focused.id == "panel"
        s.act("panel.close")
        await s.pilot.pause()
        assert s.app.focused.id == "command-text"


async def test_an_open_question_survives_undo_on_the_screen(seat: Any) -> None:
    async with seat("a = tanh(w*x); (a - y)**2", {"w": 0.5, "x": 2, "y": 1}) as s:
        s.act("descend", "time.end", "why", "edit.undo")
        await s.pilot.pause()
        assert s.session.panel is not None
        assert len(s.session.trace.passes) == 1
