"""Stories of a person at the derive screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events

from tutor.judge import shelf
from tutor.line import deriving as line
from tutor.render.spoken import in_words
from tutor.session.deriving import derivation as deriving
from tutor.tui.deriving.saying import heard
from tutor.tui.screens.help import HelpScreen
from tutor.tui.widgets.line import Lines
from tutor.tui.widgets.sheet import LineRows

RIGHT = ("dL/da = 2(a - y)", "da/dz = a(1 - a)", "dL/dw = 2(a - y)*a(1 - a)*x")
WRONG = (*RIGHT[:2], "dL/dw = 2(a - y)*a(1 - a)")


async def test_a_newcomer_is_told_how_to_begin(desk: Any) -> None:
    async with desk() as d:
        assert "One neuron  ›  find dL/dw" in d.text
        assert "z = w·x + b     a = σ(z)     L = (a − y)²" in d.text
        assert "such as dL/da = …, and press enter" in d.told
        assert "──── = ?" in d.drawn
        assert d.status == "Find dL/dw."
        assert "enter finish line" in d.text
        assert "f1 help" in d.text


async def test_lines_are_judged_as_they_are_finished(desk: Any) -> None:
    async with desk() as d:
        await d.press(*"a-y")
        assert d.screen.sheet.field.value == "a-y", "letters go into the field"
        await d.write(RIGHT[0])
        assert d.status == "Line 1 is right at every point."
        await d.write(*WRONG[1:])
        assert d.marks == "≈≈✗ "
        assert d.derivation.at == 3
        assert d.derivation.verdict is not None
        assert d.derivation.verdict.first_wrong == 2
        assert d.derivation.verdict.message[:30] in d.told
        assert "your line gives" in d.told
        assert d.status.startswith("Line 3: ")
        above = d.screen.query_one("#above", LineRows).text.splitlines()
        spot = above[3]
        start = above[2].index("2(a - y)*a(1 - a)")
        assert spot == " " * start + "‾" * 17


async def test_the_wrong_spot_is_seen_in_the_drawn_formula(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        rows = d.drawn.splitlines()
        assert rows[1] == "   ──── = 2·(a − y)·a·(1 − a)"
        assert rows[2] == "    ∂w    ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾"


async def test_a_line_is_rewritten_in_its_place(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("up")
        assert d.screen.sheet.field.value == WRONG[2]
        assert d.screen.query_one("#spot", Lines).text.strip() == "‾" * 17
        await d.press("*", "x")
        assert d.marks == "≈≈ ", "what is being rewritten has no mark"
        await d.press("enter")
        assert d.derivation.lines == RIGHT
        assert d.marks == "≈≈≈ "
        assert d.derivation.done
        assert "Every line is right, and dL/dw is reached." in d.told
        assert "find dL/dw  ✓" in d.text


async def test_the_spot_follows_a_long_line_in_its_field(desk: Any) -> None:
    long = "dL/da = qq" + " + 0*x" * 18
    async with desk(lines=[long]) as d:
        first, second, third = d.screen.query_one("#above", LineRows).text.splitlines()
        assert second == " " * 16 + "‾‾"
        assert f"{first[8:]}{third[8:]}".replace(" ", "") == long.replace(" ", "")
        await d.press("up")
        spot = d.screen.query_one("#spot", Lines)
        before = spot.text
        await d.press("home")
        await d.until(lambda: spot.text != before)
        assert spot.text == " " * 16 + "‾‾"


async def test_a_changed_line_is_judged_when_one_leaves_it_and_a_new_one_waits(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("d", "L", "up", "*", "x", "up")
        assert d.derivation.lines == RIGHT
        assert d.derivation.at == 1
        await d.press("down", "down")
        assert d.screen.sheet.field.value == "dL", "the unfinished line is still there"
        await d.press("up", "up", "up", "up")
        assert d.status == "This is the first line"


async def test_an_emptied_line_is_taken_away_and_undo_brings_it_back(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("up", "ctrl+u", "enter")
        assert d.derivation.lines == WRONG[:2]
        await d.press("ctrl+z")
        assert d.derivation.lines == WRONG
        await d.press("ctrl+y")
        assert d.derivation.lines == WRONG[:2]


async def test_keys_that_come_at_once_have_their_turn_one_after_the_other(desk: Any) -> None:
    async with desk() as d:
        keys = [*RIGHT[0], "enter", *WRONG[2], "x", "backspace", "enter", "up", "*", "x", "down"]
        keys += ["ctrl+g", "H", "d"]
        for key in keys:
            char = key if len(key) == 1 else None
            d.app.post_message(events.Key("space" if key == " " else key, char))
        await d.until(lambda: d.derivation.lines == (RIGHT[0], RIGHT[2]))
        await d.pilot.pause()
        assert d.screen.sheet.field.value == "d"


async def test_a_pasted_text_becomes_lines(desk: Any) -> None:
    async with desk() as d:
        d.screen.sheet.field.post_message(events.Paste("\r\n".join(RIGHT) + "\n"))
        await d.pilot.pause()
        await d.pilot.pause()
        assert d.derivation.lines == RIGHT
        assert d.derivation.done
        d.screen.sheet.field.post_message(events.Paste("one line"))
        await d.pilot.pause()
        assert d.screen.sheet.field.value == "one line"


async def test_what_is_typed_is_drawn_and_what_cannot_be_read_is_told_quietly(desk: Any) -> None:
    async with desk() as d:
        field = d.screen.sheet.field
        field.put("dL/dz = dL/da/2")
        await d.pilot.pause()
        before = d.drawn
        assert "∂a" in before
        field.put("dL/dz = dL/da/(")
        await d.pilot.pause()
        assert d.drawn == before, "the last picture stays while one types on"
        assert "‾" not in d.text
        field.put("dL/dz = qq + dL/da")
        await d.pilot.pause()
        assert "not read yet: " in d.drawn
        assert "named qq" in d.drawn
        assert d.screen.query_one("#spot", Lines).text == " " * 16 + "‾‾"
        assert d.derivation.verdict is None, "nothing is judged before enter"


async def test_a_line_that_cannot_be_read_says_why_below_its_spot(desk: Any) -> None:
    async with desk() as d:
        await d.write("dL/dw = 2*(a - q)")
        assert d.marks == "? "
        assert d.derivation.verdict is not None
        assert d.derivation.verdict.kind == "reject"
        assert "named q" in d.told
        assert d.screen.query_one("#above", LineRows).text.splitlines()[1].strip() == "‾"


async def test_three_hints_then_no_more(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("ctrl+g", "H")
        assert d.derivation.hints == 1
        assert "hint 1    Line 3 is the first that does not hold." in d.told
        await d.act("hint", "hint", "hint")
        assert d.derivation.hints == 3
        assert "hint 3" in d.told


async def test_the_line_between_and_the_worked_solution_name_their_rules(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("ctrl+l")
        between = d.derivation.between
        assert between is not None
        assert between.line in d.told
        assert between.rule in d.told
        assert between.rule in d.status
        await d.act("solution", "solution")
        assert d.derivation.solved == 2
        assert "step 2/" in d.told
        await d.act("unsolve")
        assert "step 1/" not in d.told


async def test_escape_makes_letters_act_and_enter_goes_back_to_writing(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("escape", "H")
        assert d.derivation.hints == 1
        assert not d.screen.writing
        assert "H hint" in d.text
        assert "ctrl+g H" not in d.text
        await d.press("enter", "H")
        assert d.screen.sheet.field.value == "H"
        await d.press("escape", "up")
        assert d.screen.writing
        assert d.derivation.at == 2


async def test_a_chord_shows_what_may_follow(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.press("ctrl+g")
        assert "H hint" in d.status
        await d.press("x")
        assert d.status == "ctrl+g x does nothing; f1 shows what there is"
        assert d.screen.sheet.field.value == ""


@pytest.mark.long
async def test_right_lines_are_proved_beside_the_screen(desk: Any) -> None:
    async with desk() as d:
        await d.write(RIGHT[0])
        assert d.marks == "≈ "
        await d.until(lambda: d.marks == "= ")
        assert d.derivation.proofs[0] == "proved"
        await d.act("prove")
        assert "line 1    proved" in d.told
        assert d.status == "Line 1 is proved."
        d.screen.prover.stop()


@pytest.mark.long
async def test_leaving_ends_the_child_that_proves(desk: Any) -> None:
    async with desk() as d:
        await d.write(RIGHT[0])
        prover = d.screen.prover
        await d.until(lambda: prover._job is not None)
        job = prover._job
        assert job is not None
        await d.write("da/dz = a(1 - a)")
        assert job.over, "a change of the lines ends what was at work on the old ones"
        await d.until(lambda: prover._job is not None)
        job = prover._job
    assert job is not None
    assert job.over


async def test_latex_is_copied_and_shown(desk: Any) -> None:
    async with desk(lines=RIGHT) as d:
        await d.press("ctrl+g", "y")
        assert r"\frac" in d.app.clipboard
        assert r"\frac" in d.told
        assert d.status.startswith("3 lines as LaTeX")


async def test_lines_are_kept_in_a_file(desk: Any, tmp_path: Path) -> None:
    async with desk(lines=RIGHT) as d:
        await d.press("ctrl+s")
        field: Any = d.app.screen.focused
        field.value = str(tmp_path)
        await d.press("enter")
        assert "✗" in d.status
        field.value = str(tmp_path / "answer.txt")
        await d.press("enter")
        assert (tmp_path / "answer.txt").read_text().splitlines() == list(RIGHT)
        assert d.status == "3 lines in answer.txt."
        assert d.screen.writing


async def test_lines_that_are_kept_nowhere_are_not_lost_by_one_key(desk: Any) -> None:
    async with desk(lines=RIGHT) as d:
        await d.press("ctrl+g", "q")
        assert "kept nowhere" in d.status
        await d.press("ctrl+g", "q")
        assert d.app.return_code == 0


async def test_the_next_target_is_asked_for_with_the_same_lines(desk: Any) -> None:
    async with desk(lines=RIGHT) as d:
        await d.press("escape", "t")
        assert d.derivation.target == "dL/db"
        assert "find dL/db" in d.text
        assert "target 2 of 5" in d.text
        assert not d.derivation.done


async def test_an_identity_shows_both_ends(desk: Any) -> None:
    async with desk("gaussian-squared-error") as d:
        assert "from -log(prod(" in d.text
        assert "to sum((y - a)**2)/n" in d.text
        assert "up to an additive constant and a positive factor" in d.text
        assert "go on with =" in d.told


async def test_help_tells_the_exercise_the_marks_and_every_action(desk: Any) -> None:
    async with desk(size=(100, 120)) as d:
        await d.press("f1")
        assert isinstance(d.app.screen, HelpScreen)
        for words in ("L = (a - y)**2", "equal at every point", "ctrl+g H", "A hint on the first"):
            assert words in d.text
        await d.press("q")
        assert d.screen.writing


async def test_a_click_on_a_line_edits_it_and_keys_of_the_bar_act(desk: Any) -> None:
    async with desk(lines=WRONG) as d:
        await d.pilot.click("#above", offset=(12, 1))
        await d.pilot.pause()
        assert d.derivation.at == 1
        assert d.screen.writing
        bar = d.text.splitlines()[-1]
        await d.pilot.click("#keys", offset=(bar.index("hint"), 0))
        await d.pilot.pause()
        assert d.derivation.hints == 1


TYPED = (
    "dL/da = 2(a - y)",
    "dL/dw = 2(a - y)*a(1 - a)",
    "= 2(a - y)*a*(1 - a)",
    ":undo",
    ":hint",
    ":hint",
    ":target dL/db",
    ":target dL/dw",
    ":clear",
)


def test_the_status_line_begins_as_line_mode_does() -> None:
    sitting = deriving.begin("neuron", shelf.load("neuron"), "dL/dw")
    for typed in TYPED:
        answered = line.respond(sitting, typed)
        assert not answered.refused, (typed, answered.said)
        assert in_words(heard(sitting, answered.derivation)[0]) == answered.said[0], typed
        sitting = answered.derivation


async def test_no_part_of_a_hidden_line_is_left_above(desk: Any) -> None:
    lines = ("dL/da = 2(a - y)", "dL/dw = 2(a - y)*a(1 - a)", *["dL/da = 2(a - y)"] * 6)
    async with desk("neuron", lines) as d:
        above = d.screen.query_one("#above", LineRows).text.splitlines()
        assert above[0].strip() == "…  2 lines above"
        assert "‾" not in "".join(above)
        await d.pilot.resize_terminal(80, 40)
        await d.pilot.pause()
        assert "‾" in d.screen.query_one("#above", LineRows).text


async def test_a_long_verdict_is_read_from_its_beginning(desk: Any) -> None:
    wrong = "dL/dWf = outer((h - y)*o*(1 - tanh(c)**2)*c0*f, h0)"
    async with desk("lstm-cell") as d:
        await d.press("ctrl+g", "w")
        await d.write(wrong)
        assert d.told.lstrip().startswith("Line 1: ")
