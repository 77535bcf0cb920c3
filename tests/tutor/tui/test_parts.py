"""The parts of the screen that are plain functions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color

from tutor.actions import ACTIONS, LEADER
from tutor.actions.keymap import shipped
from tutor.debugger import moving
from tutor.debugger.view.picture import plan as planned
from tutor.debugger.view.zoom import Zoom
from tutor.layout import STYLES, Box, Region, layout
from tutor.session import session as sessions
from tutor.tui import palette, words
from tutor.tui.commands import CHORDS, bindings, chord_hint, keys_for
from tutor.tui.one_line import one_line
from tutor.tui.opening import EXAMPLE, EXAMPLE_INPUTS, Fault, Ready, open_session, read
from tutor.tui.twins import twin
from tutor.tui.widgets.minimap import minimap
from tutor.tui.widgets.surface import row_width
from tutor.tui.widgets.timeline import Stretch, cells

FORWARD, BACKWARD = Stretch("forward", range(5)), Stretch("backward", range(5, 10))


def line(*stretches: Stretch, cursor: int, width: int) -> str:
    return "".join(cell.char for cell in cells(stretches, cursor, width))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2), from 1 to 21."""
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [part / 255 for part in Color.parse(colour).rgb]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_timeline_shows_one_dot_an_event_where_there_is_room() -> None:
    assert line(FORWARD, BACKWARD, cursor=9, width=70) == "▶ ●─●─●─●─● ┃ ◀ ●─●─●─◉─○"
    assert line(FORWARD, BACKWARD, cursor=0, width=20) == "▶ ○○○○○ ┃ ◀ ○○○○○"
    assert line(FORWARD, BACKWARD, cursor=5, width=20) == "▶ ●●●●◉ ┃ ◀ ○○○○○"


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=40), st.data())
def test_the_timeline_always_fits_and_every_cell_leads_somewhere_true(counts, data) -> None:
    stretches, start = [], 0
    for k, count in enumerate(counts):
        stretches.append(
            Stretch(("forward", "backward", "update")[k % 3], range(start, start + count))
        )
        start += count
    cursor = data.draw(st.integers(0, start))
    width = data.draw(st.integers(4, 200))
    made = cells(stretches, cursor, width)
    assert 0 < len(made) <= width
    targets = [cell.cursor for cell in made if cell.cursor is not None]
    assert targets == sorted(targets)
    assert targets[-1] == start
    assert sum(cell.char == "◉" for cell in made) == (1 if cursor else 0)


def test_every_style_of_the_drawing_has_a_role_of_its_own_in_every_theme() -> None:
    for theme in palette.COLOURS:
        look = palette.styles(theme)
        for key in STYLES:
            assert look[key].bgcolor is not None
            assert look[key].color is not None


@pytest.mark.parametrize("name", [palette.DARK, palette.LIGHT, palette.CONTRAST])
def test_what_is_to_be_read_can_be_read(name: str) -> None:
    colours = palette.COLOURS[name]
    least = 7.0 if name == palette.CONTRAST else 4.5
    for role in ("text", "quiet", "forward", "backward", "changed", "wrong", "right"):
        assert contrast(colours.ground, getattr(colours, role)) >= least, role
    for fill in (colours.forward_ground, colours.backward_ground, colours.raised):
        assert contrast(fill, colours.text) >= 4.5
    assert contrast(colours.ground, colours.faint) >= 3.0


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({"TERM": "xterm-256color"}, palette.DARK),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, palette.LIGHT),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, palette.TERMINAL),
        ({"TERM": "linux"}, palette.TERMINAL),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, palette.DARK),
    ],
)
def test_the_theme_follows_the_terminal(environment: dict[str, str], theme: str) -> None:
    assert palette.theme_for("auto", environment) == theme


def test_every_character_has_an_ascii_twin_of_the_same_length() -> None:
    drawn = "┏━┓┃╭╮╰╯│─┤├▶◀●○◉┃▪✓✗…—−·∂σ→←↑↓›▸ größe 漢"
    assert twin(drawn).isascii()
    assert len(twin(drawn)) == len(drawn)
    assert twin("▶ ●─◉ ∂f/∂x = −4") == "> o-@ df/dx = -4"


def test_every_action_has_keys_and_a_chord_that_works_in_a_field() -> None:
    bound = {key for binding in bindings(shipped()) for key in binding.key.split(",")}
    for action in ACTIONS:
        assert set(action.keys) <= bound
        inside = action.chord.split(" ")[0]
        assert inside == LEADER or inside in bound
        assert not re.fullmatch(r"ctrl\+[wuk]", inside)
        assert inside != LEADER or CHORDS[action.chord.split(" ", 1)[1]] is action


def test_the_hint_of_a_chord_fits_and_begins_with_what_is_useful() -> None:
    session = sessions.start(EXAMPLE, {"x": -2, "y": 5, "z": -4})
    row = chord_hint(session, 78, ascii=False)
    assert row_width(row) <= 78
    assert "".join(text for text, _ in row).startswith(" ctrl+g → next  n node")
    assert len(keys_for(session, shipped(), ascii=True)) <= 6
    assert keys_for(session, shipped(), ascii=True)[0].label == "right"


@given(st.text(alphabet="ab −", min_size=1, max_size=60), st.integers(4, 30))
def test_folding_keeps_every_word_in_order(text: str, width: int) -> None:
    rows = words.folded([(text, "text")], width)
    told = " ".join("".join(part for part, _ in row) for row in rows)
    assert told.split() == text.split()


def test_the_text_is_cut_around_the_sub_term() -> None:
    program = "a = x*y; b = a*a; c = b*a; d = c + 1; (d - x)**2"
    session = sessions.start(program, {"x": 1.5, "y": 2})
    event = session.trace.value_event("c")
    moved = sessions.at(session, type(session.frame)(session.trace, event + 1))
    row = words.crumbs(moved, 44)
    shown = "".join(text for text, _ in row)
    assert row_width(row) <= 44
    assert "b*a" in shown
    assert ("b*a", "term.forward") in row
    assert shown.count("…") == 2


@pytest.mark.parametrize(
    ("expression", "inputs", "field", "start", "message"),
    [
        ("(x + y*z", "x=1", "expression", 0, "never closed"),
        ("x*y", "x=1", "expression", 2, "no value for y"),
        ("x", "x=1,w=3", "inputs", 4, "w"),
        ("x", "x=", "inputs", 0, "no value"),
        ("x +", "x=1", "expression", 3, "end of the text"),
        ("", "", "expression", 0, "nothing"),
    ],
)
def test_a_fault_is_told_at_its_spot(
    expression: str, inputs: str, field: str, start: int, message: str
) -> None:
    fault = read(expression, inputs)
    assert isinstance(fault, Fault)
    assert (fault.field, fault.start) == (field, start)
    assert message in fault.message


def test_the_example_can_be_opened_and_shapes_that_clash_are_told() -> None:
    ready = read(EXAMPLE, EXAMPLE_INPUTS)
    assert isinstance(ready, Ready)
    assert open_session(ready).trace.value("f") == -12.0
    clash = read("W @ x", "W=[[1,2]], x=[1,2,3]")
    assert isinstance(clash, Ready)
    fault = open_session(clash)
    assert isinstance(fault, Fault)
    assert "(1, 2)" in fault.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x*y", "x*y"),
        ("a = x*y\nb = a + 1", "a = x*y; b = a + 1"),
        ("\na = x*y ;\r\n\n  b = a + 1\n", "a = x*y; b = a + 1"),
        ("a = (x +\n  y)\na*2", "a = (x + y); a*2"),
    ],
)
def test_statements_of_several_lines_stand_on_one_and_no_offset_is_lost(
    text: str, line: str
) -> None:
    shown, offsets = one_line(text)
    assert shown == line
    assert len(offsets) == len(text) + 1
    assert list(offsets) == sorted(offsets)
    assert offsets[-1] <= len(shown)
    for at, char in enumerate(text):
        if not char.isspace() and char != ";":
            assert shown[offsets[at]] == char


def test_comments_are_left_out_of_the_one_line() -> None:
    text = "# :) a rule\na = x*y # (one\n# more\nb = a + 1 # end"
    assert one_line(text)[0] == "a = x*y; b = a + 1"
    assert one_line("x*y # why")[0] == "x*y"


def test_the_sub_term_is_lit_in_a_text_of_several_lines() -> None:
    session = sessions.start("a = x*y\n\nb = tanh(a)\nb + x", {"x": 1, "y": 2})
    session = sessions.at(session, moving.jump(session.frame, 4))
    row = words.crumbs(session, 80)
    assert "".join(text for text, _ in row).startswith(" a = x*y; b = tanh(a); b + x")
    assert ("tanh(a)", "term.forward") in row


def test_the_minimap_comes_only_where_the_picture_does_not_fit() -> None:
    boxes = [Box(i, 11, 4, (i - 1,) if i else ()) for i in range(30)]
    plan = layout(boxes)
    assert minimap(plan, plan.width, plan.height) is None
    assert minimap(plan, 40, 8) is None
    small = minimap(plan, 100, 20)
    assert small is not None
    rows = small.rows(Region(0, 0, 100, 20), (plan.width - 1, 0), "backward")
    assert len(rows) == small.height
    assert all(row_width(row) == small.width for row in rows)
    assert rows[0][-1][0].endswith("●")
    x, y = small.place(small.width - 1, 0)
    assert small.cell(x, y) == (small.width - 1, 0)


def test_one_layout_serves_all_passes_and_edits_of_one_graph() -> None:
    session = sessions.start(EXAMPLE, {"x": -2, "y": 5, "z": -4})
    plan = planned(session.trace, 0, Zoom())
    assert plan.fitted(session.trace, 0, Zoom()) is plan
    edited = sessions.edit_input(session, "x", 3)
    again = plan.fitted(edited.trace, 0, Zoom())
    assert again is not None
    assert again.layout is plan.layout
    assert again.faces == {}
    stepped = sessions.descend(session)
    wider = planned(stepped.trace, 0, Zoom())
    assert plan.fitted(stepped.trace, 1, Zoom()) is None
    assert wider.fitted(stepped.trace, 1, Zoom()) is not None
    other = sessions.start("x*y*z", {"x": -2, "y": 5, "z": -4})
    assert plan.fitted(other.trace, 0, Zoom()) is None
