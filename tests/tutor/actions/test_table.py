from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.actions import ACTIONS, BY_ID, LEADER, footer, key_label
from tutor.actions.commands import perform
from tutor.session import session as sessions
from tutor.session.refused import Refused
from tutor.session.session import Session

RUNNABLE = [action for action in ACTIONS if action.run is not None]


def start() -> Session:
    return sessions.start("(w*x - y)**2", {"w": 1, "x": 2, "y": 6})


def act(session: Session, *ids: str) -> Session:
    for name in ids:
        run = BY_ID[name].run
        assert run is not None
        session = run(session)
    return session


def test_ids_keys_and_chords_belong_to_one_action_each() -> None:
    for of in (
        [action.id for action in ACTIONS],
        [(key, action.panel) for action in ACTIONS for key in action.keys],
        [action.chord for action in ACTIONS],
        [verb for action in ACTIONS for verb in (action.verb, *action.synonyms) if verb],
    ):
        assert len(of) == len(set(of))


def test_every_action_can_be_done_within_a_text_field() -> None:
    for action in ACTIONS:
        head, *rest = action.chord.split(" ")
        assert head == LEADER or head.startswith(("f", "shift+f", "ctrl+"))
        assert (head == LEADER) == bool(rest)


def test_no_key_takes_what_edits_a_line() -> None:
    taken = {key for action in ACTIONS for key in (*action.keys, *action.chord.split(" "))}
    assert not taken & {"ctrl+w", "ctrl+u", "ctrl+k", "ctrl+a", "ctrl+e", "ctrl+c"}


def test_every_action_says_what_it_does() -> None:
    for action in ACTIONS:
        assert action.help.endswith(".")
        assert action.title
        assert len(action.title) <= 16


@pytest.mark.parametrize(
    ("keys", "ids"),
    [
        (("right", "s"), "step.next"), (("left", "S"), "step.previous"), (("n",), "node.next"),
        (("N",), "node.previous"), (("f",), "pass.rest"), (("F",), "pass.start"),
        (("home",), "time.start"), (("end",), "time.end"), (("U",), "descend"),
        (("left_square_bracket",), "scrub.back"), (("right_square_bracket",), "scrub.forward"),
        (("space",), "play.toggle"), (("tab",), "pane.next"), (("enter",), "focus.node"),
        (("slash",), "find"), (("question_mark",), "help"), (("ctrl+p",), "palette"),
        (("q",), "back"), (("h",), "graph.left"), (("j",), "graph.down"), (("k",), "graph.up"),
        (("l",), "graph.right"), (("e",), "input.edit"), (("W",), "writer.jump"),
    ],
)  # fmt: skip
def test_the_keys_of_the_stepper(keys: tuple[str, ...], ids: str) -> None:
    assert BY_ID[ids].keys[: len(keys)] == keys


@given(st.lists(st.sampled_from([action.id for action in RUNNABLE]), max_size=12))
def test_what_is_enabled_can_be_done_and_what_is_not_says_why(ids: list[str]) -> None:
    session = start()
    for name in ids:
        action = BY_ID[name]
        assert action.run is not None
        why = action.enabled(session)
        if why is not None:
            with pytest.raises(Refused):
                perform(session, action)
            continue
        try:
            after = perform(session, action)
        except Refused:
            continue
        assert 0 <= after.frame.cursor <= len(after.trace.events)
        assert len(after.trace.passes) < 15
        session = after
        shown = footer(session)
        assert 1 <= len(shown) <= 6
        assert all(one.enabled(session) is None for one in shown)
        assert shown[-1].id == "help"


def test_stepping() -> None:
    session = act(start(), "step.next", "step.next", "step.previous")
    assert session.frame.cursor == 1
    assert act(session, "pass.rest", "node.next").trace.events[session.frame.cursor].kind
    assert act(session, "time.end").frame.cursor == len(session.trace.events)


def test_who_wrote_this_goes_to_the_last_arrival() -> None:
    session = act(start(), "time.end")
    node = session.trace.id("w")
    looking = sessions.at(session, sessions.moving.focus(session.frame, node))
    wrote = act(looking, "writer.jump")
    assert wrote.frame.cursor == session.trace.arrivals("w")[-1] + 1


def test_reasons_why_not() -> None:
    session = start()
    assert "nothing has happened yet" in str(BY_ID["step.previous"].enabled(session))
    assert ":descend takes a step" in str(BY_ID["step.next"].enabled(act(session, "time.end")))
    assert "edited" in str(BY_ID["edit.undo"].enabled(session))
    assert "undone" in str(BY_ID["edit.redo"].enabled(session))
    assert "written to" in str(BY_ID["writer.jump"].enabled(session))
    constant = sessions.start("2*3", {})
    assert "no gradient" in str(BY_ID["descend"].enabled(constant))
    assert "no inputs" in str(BY_ID["input.edit"].enabled(constant))


def test_the_footer_follows_what_one_can_do() -> None:
    session = start()
    assert footer(session)[0].id == "step.next"
    assert "step.previous" not in [action.id for action in footer(session)]
    end = [action.id for action in footer(act(session, "time.end"))]
    assert "descend" in end
    assert "step.next" not in end


def test_keys_are_written_for_people() -> None:
    assert key_label("right") == "→"
    assert key_label("ctrl+g left_square_bracket") == "ctrl+g ["
    assert key_label("ctrl+g right", ascii=True) == "ctrl+g right"
