"""Stories of a person at the stepper."""

from __future__ import annotations

from typing import Any

import pytest

from tutor.debugger import moving
from tutor.session import session as sessions
from tutor.session.session import Session
from tutor.tui import words
from tutor.tui.widgets.canvas import GraphCanvas
from tutor.tui.widgets.editbar import EditBar
from tutor.tui.widgets.events import EventList
from tutor.tui.widgets.timeline import Timeline


def moved_to_end(session: Session) -> Session:
    return sessions.at(session, moving.end(session.frame))


async def test_a_newcomer_presses_right_and_sees_a_gradient_arrive(seat: Any) -> None:
    async with seat() as s:
        assert "Press → for the first event" in s.status
        s.act("pass.rest")
        await s.press("right", "right")
        assert s.cursor == 7
        assert s.status == "Event 7 of 10: f passes −4 on to q (1 times −4). q is complete."
        assert "◀" in s.text
        assert "∂f/∂q" in s.text


async def test_the_picture_the_formula_and_the_sentence_say_the_same(seat: Any) -> None:
    async with seat() as s:
        s.stepper.jump(9)
        await s.pilot.pause()
        assert "┏ x ━━━━━━┓" in s.text
        assert "┃ ∂    −4 ┃" in s.text
        assert "∂f/∂x = ∂f/∂q · ∂q/∂x" in s.text
        assert s.status == "Event 9 of 10: q passes −4 on to x (−4 times 1). x is complete."
        assert "add passes the gradient on unchanged" in s.text


async def test_what_has_not_happened_is_absent_and_never_zero(seat: Any) -> None:
    async with seat() as s:
        await s.shows("┌ y ──────┐")
        assert "│ v     — ├" in s.text
        assert "0" not in s.text.replace("0/10", "")


async def test_going_back_takes_back_what_was_shown(seat: Any) -> None:
    async with seat() as s:
        s.stepper.jump(9)
        await s.press("left", "S")
        assert s.cursor == 7
        await s.press("home")
        assert s.cursor == 0
        await s.press("left")
        assert s.status == "This is the start: nothing has happened yet"
        await s.press("end", "right")
        assert s.cursor == 10
        assert s.status.startswith("This is the end")


async def test_an_edit_runs_the_function_again_and_marks_what_changed(seat: Any) -> None:
    async with seat() as s:
        s.act("time.end")
        s.stepper.look_at(s.session.trace.id("x"))
        s.act("input.edit")
        await s.pilot.pause()
        assert "x was -2, now -2" in s.text
        await s.type("1.5")
        await s.press("enter")
        assert s.session.inputs["x"] == 1.5
        assert s.session.trace.value("f") == -26.0
        assert s.status == "x is 1.5, it was −2. 4 nodes changed, marked with *."
        assert "v*" in s.text
        s.act("edit.undo")
        assert s.session.inputs["x"] == -2.0
        assert s.status == "The edit was taken back. 4 nodes changed, marked with *."
        s.act("edit.redo")
        assert s.session.inputs["x"] == 1.5


async def test_a_wrong_value_is_told_under_the_spot_and_changes_nothing(seat: Any) -> None:
    async with seat() as s:
        s.act("input.edit")
        await s.type("1..")
        await s.press("enter")
        assert s.stepper.has_class("-editing")
        assert "✗" in s.text
        assert s.session.inputs["x"] == -2.0
        await s.press("escape")
        assert not s.stepper.has_class("-editing")
        assert s.session.past == ()


async def test_letters_and_arrows_belong_to_a_field_and_chords_act_inside_it(seat: Any) -> None:
    async with seat() as s:
        s.act("input.edit")
        await s.press("down")
        assert "y was 5" in s.text
        await s.type("nqs")
        await s.press("left", "home")
        assert s.cursor == 0
        await s.press("ctrl+g")
        assert "ctrl+g" in s.status
        await s.press("n")
        assert s.cursor == 1
        assert s.stepper.has_class("-editing")
        await s.press("ctrl+g", "7")
        assert s.status == "ctrl+g 7 does nothing; ? shows what there is"


async def test_a_step_of_descent_is_told_in_values_and_in_words(seat: Any) -> None:
    async with seat() as s:
        s.act("time.end")
        await s.press("U")
        assert "learning rate 0.1" in s.status
        assert len(s.session.trace.passes) == 2
        assert "z ← −4 − 0.1 · 3 = −4.3" in s.text
        s.act("pass.rest")
        assert s.status.endswith("f fell from −12 to −12.9: the step went the right way.")
        assert "−12 → −12.9" in s.text


async def test_undo_tells_a_step_from_an_edit(seat: Any) -> None:
    async with seat() as s:
        s.act("descend", "descend", "edit.undo")
        assert s.status == "The last step was taken back: 21 of 32 events are left."
        s.act("edit.redo")
        assert s.status == "The last step was done again: there are 32 events now."


async def test_an_edit_after_steps_says_that_they_are_dropped(seat: Any) -> None:
    async with seat() as s:
        s.act("descend", "descend", "time.end", "input.edit")
        await s.pilot.pause()
        while "z was" not in s.text:
            await s.press("down")
        stood = s.session.trace.passes[2].value(2)
        assert f"z was {stood:.3g}, now {stood:.3g}" in s.text
        await s.type("3")
        await s.press("enter")
        assert len(s.session.trace.passes) == 1
        assert s.status.startswith(
            "The 2 steps are dropped (undo brings them back). z is 3, it was "
        )
        assert s.status.endswith(f"it was −{-stood:.3g}.")
        s.act("edit.undo")
        assert s.status == "The edit was taken back: the 2 steps are there again."
        assert len(s.session.trace.passes) == 3
        s.act("edit.redo")
        assert s.status.startswith("The edit was done again: the 2 steps are dropped.")


def test_what_a_step_had_changed_counts_as_changed_by_the_edit_that_drops_it() -> None:
    session = sessions.start("w*x + b", {"w": 1, "x": 2, "b": 3})
    stepped = moved_to_end(sessions.descend(session))
    edited = sessions.edit_input(stepped, "x", 2)
    assert edited.trace.id("w") in edited.changed
    assert words.before(edited, edited.trace.id("w")) == ("before the edit", 0.8)
    assert sessions.edit_input(session, "x", 2).changed == frozenset()


async def test_ctrl_c_tells_the_way_out_in_the_line_of_the_program(seat: Any) -> None:
    async with seat() as s:
        await s.press("ctrl+c")
        assert s.status == "ctrl+c does not leave: q goes back, ctrl+q leaves the program."
        assert "Do you want to quit" not in s.text


async def test_find_lists_nodes_by_name_and_op_and_goes_there(seat: Any) -> None:
    async with seat() as s:
        await s.press("slash")
        await s.type("mul")
        assert "f = q·z" in s.text
        await s.press("enter")
        await s.pilot.pause(0.1)
        assert s.session.frame.focus == s.session.trace.id("f")
        await s.press("slash")
        await s.type("nowhere")
        assert "no node is called so" in s.text
        await s.press("escape")
        assert s.session.frame.focus == s.session.trace.id("f")


async def test_hjkl_walk_along_the_graph(seat: Any) -> None:
    async with seat() as s:
        s.act("time.end", "graph.right")
        trace = s.session.trace
        assert s.session.frame.focus == trace.id("q")
        s.act("graph.left")
        assert s.session.frame.focus == trace.id("x")
        s.act("graph.down")
        assert s.session.frame.focus == trace.id("y")
        s.act("graph.left")
        assert s.status == "There is no node further left"
        assert "[y]" in s.text
        await s.press("escape")
        assert s.session.frame.focus is None


async def test_the_mouse_reaches_nodes_edges_events_moments_and_keys(seat: Any) -> None:
    async with seat(size=(160, 45)) as s:
        s.act("pass.rest")
        await s.pilot.pause()
        canvas = s.stepper.query_one(GraphCanvas)
        box = s.stepper.drawing.layout.placed[2]
        at = (box.x - canvas.left + 3, box.y - canvas.top + 1)
        await s.pilot.click("#canvas", offset=at)
        assert s.session.frame.focus == 2
        await s.pilot.click("#canvas", offset=(box.x + box.width - canvas.left + 2, at[1]))
        assert s.cursor == s.session.trace.value_event("f") + 1
        await s.pilot.click("#events", offset=(6, 5))
        assert s.cursor == 6
        await s.pilot.click("#timeline", offset=(1, 0))
        assert s.cursor == 0
        await s.pilot.click("#keys", offset=(2, 0))
        assert s.cursor == 1


async def test_a_double_click_edits_an_input(seat: Any) -> None:
    async with seat() as s:
        canvas = s.stepper.query_one(GraphCanvas)
        box = s.stepper.drawing.layout.placed[1]
        at = (box.x - canvas.left + 3, box.y - canvas.top + 1)
        await s.pilot.click("#canvas", offset=at, times=2)
        assert "y was 5, now" in s.text
        assert s.stepper.query_one(EditBar).display


async def test_tab_goes_round_all_panes_and_the_list_of_events_has_its_own_keys(seat: Any) -> None:
    async with seat() as s:
        seen = []
        for _ in range(5):
            s.act("pane.next")
            await s.pilot.pause()
            seen.append(s.app.focused.id)
        assert seen == ["formula", "inspector", "events", "timeline", "canvas"]
        for _ in range(2):
            s.act("pane.previous")
            await s.pilot.pause()
        assert s.stepper.query_one(EventList).display
        await s.press("down", "j", "pagedown")
        assert s.cursor == 7
        assert "▸  7  f → q" in s.text


async def test_help_lists_every_action_and_q_leads_back_one_step(seat: Any) -> None:
    async with seat() as s:
        await s.press("question_mark")
        assert "help: the graph" in s.text
        await s.press("pagedown")
        await s.press("q")
        await s.pilot.pause(0.1)
        assert s.stepper.is_current
        await s.press("q")
        assert s.app.return_value == 0


@pytest.mark.long
async def test_the_palette_offers_the_actions(seat: Any) -> None:
    async with seat() as s:
        titles = [command.title for command in s.app.get_system_commands(s.stepper)]
        assert "Take a step  (U)" in titles
        assert "Colour theme: light" in titles
        await s.press("ctrl+p")
        await s.pilot.pause(0.1)
        assert not s.app.screen_stack[-1].query(Timeline)
        for word in ("theme", "dark"):
            await s.type(word)
            await s.shows("Colour theme: dark")
            await s.press(*["backspace"] * len(word))


async def test_play_goes_on_by_itself_and_any_other_key_stops_it(seat: Any) -> None:
    async with seat() as s:
        s.act("play.faster", "play.faster", "play.faster")
        await s.press("space")
        assert s.stepper.player.playing
        assert "▶ 16/s" in s.text
        await s.pilot.pause(0.3)
        assert s.cursor > 1
        await s.press("n")
        assert not s.stepper.player.playing


async def test_with_reduced_motion_nothing_moves_by_itself(seat: Any, monkeypatch: Any) -> None:
    async with seat() as s:
        monkeypatch.setattr(s.app, "animation_level", "none")
        s.act("play.toggle")
        assert s.cursor == 1
        assert not s.stepper.player.playing


async def test_the_badge_tells_the_three_routes(seat: Any) -> None:
    async with seat() as s:
        assert s.lines[0].rstrip().endswith("SymPy …")
        await s.shows("tape ✓  differences ✓  SymPy ✓")
        await s.pilot.click("#crumbs", offset=(70, 0))
        assert "SymPy proves the gradient" in s.status


async def test_a_stale_answer_is_dropped(seat: Any) -> None:
    from tutor.debugger.checks import Check
    from tutor.tui.badge import Badge, Question

    async with seat() as s:
        old = Question(s.session.trace, None)
        s.stepper.post_message(Badge.Answered(old, Check("differences", "differs")))
        await s.pilot.pause()
        assert "✗" not in s.text


async def test_the_sub_term_follows_the_cursor(seat: Any) -> None:
    from tutor.tui.words import spans

    async with seat() as s:
        s.stepper.jump(9)
        assert spans(s.session) == ((1, 6), (1, 2))
        s.stepper.jump(4)
        assert spans(s.session) == ((1, 6), (1, 6))
        s.stepper.jump(0)
        assert spans(s.session) == (None, None)


def test_each_use_of_an_input_is_found_by_itself() -> None:
    from tutor.debugger.moving import jump
    from tutor.session.session import at, start
    from tutor.tui.words import spans

    session = start("a*b + a*a", {"a": 2, "b": 3})
    events = session.trace.backward_range(0)
    seen = {spans(at(session, jump(session.frame, i + 1))) for i in events}
    assert {((6, 9), (6, 7)), ((6, 9), (8, 9)), ((0, 3), (0, 1)), ((0, 3), (2, 3))} <= seen
