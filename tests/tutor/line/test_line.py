"""Conversations in line mode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tutor.line.answers import beginning
from tutor.line.loop import converse, respond
from tutor.session import session as sessions
from tutor.session.session import Session

EXAMPLE = {"x": -2, "y": 5, "z": -4}


def start(text: str = "(x + y)*z", inputs: Mapping[str, Any] = EXAMPLE) -> Session:
    return sessions.start(text, inputs)


def talk(*commands: str, session: Session | None = None) -> list[str]:
    """The last answer of a conversation."""
    said: list[str] = []
    for lines, _ in converse(session or start(), commands):
        said = lines
    return said


def test_the_conversation_of_the_sketch() -> None:
    assert beginning(start()) == [
        "Graph with 5 nodes: x, y, z are inputs; q is x plus y; f is q times z."
    ]
    assert talk("step") == ["Event 1 of 10: x is minus 2."]
    assert talk("end", "why x")[0] == "x's gradient is minus 4: one way, from q, minus 4 times 1."
    assert talk("go 9", "where") == ["Event 9 of 10, backward, at the edge from q to x."]


def test_an_empty_line_does_the_last_command_again() -> None:
    assert talk("step", "", "") == ["Event 3 of 10: z is minus 4."]


def test_a_number_goes_to_that_event_and_a_colon_may_stand_before_a_command() -> None:
    assert (
        talk("5")
        == talk(":go 5")
        == ["Event 5 of 10: f is q times z, that is 3 times minus 4, that is minus 12."]
    )


def test_comments_are_passed_over() -> None:
    assert talk("step", "# step") == ["Event 1 of 10: x is minus 2."]


def test_stops_and_watches() -> None:
    assert talk("break grad(q) written", "continue") == [
        "Stopped at grad(q) written.",
        "Event 7 of 10: f passes minus 4 on to q (1 times minus 4). q is complete.",
    ]
    assert talk("watch grad(x)", "end", "notes")[0] == "grad(x) is minus 4."
    assert talk("continue") == ["Not done: There is no breakpoint yet; break-here sets one."]


def test_marks_lead_there_and_back() -> None:
    assert talk("go 3", "mark a", "go 8", "to-mark a")[-1].startswith("Event 3 of 10")
    assert talk("go 3", "mark a", "go 8", "to-mark a", "to-mark '")[-1].startswith("Event 8 of 10")


def test_editing_and_undoing() -> None:
    said = talk("end", "set x=4")
    assert said[0] == "x is 4, it was minus 2. 4 nodes changed."
    assert talk("end", "set x=4", "undo")[0].startswith("The edit was taken back.")


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("stepp", "stepp is no command (did you mean step?)"),
        ("go 99", "there is no event 99 (the last one is 10)"),
        ("go on", "on is no event"),
        ("mark", "mark needs to know more (such as: mark a)"),
        ("mark ab", "a mark is one letter or digit"),
        ("look qq", "no node is called qq (did you mean q?)"),
        ("set q=1", "q is no input (the inputs are x, y, z)"),
        ("set x=", "x is given no value"),
        ("break", "break needs to know more"),
        ("break |grad| >", "expected"),
        ("step 3", "step takes nothing behind it"),
        ("undo", "Nothing has been edited yet"),
        ("why W[0]", "no node is called W"),
        ("²", "is no command"),
        ("go ²", "is no event"),
        ("go " + "9" * 5000, "is no event"),
        ("save .", "names no file"),
        ("compare ~nobody.bptrace", "names no file"),
        ("export svg a\0.svg", "names no file"),
        ("cells x[3]", "x is a scalar: it is one cell, without an index"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(
    command: str, refusal: str
) -> None:
    session = start()
    done = respond(session, command)
    assert done.refused
    assert done.session.frame is session.frame
    assert len(done.said) == 1
    assert done.said[0].startswith("Not done: ")
    assert refusal in done.said[0]


def test_each_answer_is_one_json_document() -> None:
    documents = []
    for lines, _ in converse(start(), ["end", "why x", "nonsense", "quit"], as_json=True):
        assert len(lines) == 1
        documents.append(json.loads(lines[0]))
    moved, why, refused, left = documents
    assert (moved["cursor"], moved["event"]["kind"], moved["event"]["node"]) == (
        10,
        "contribution",
        "y",
    )
    assert (why["report"]["report"], why["report"]["gradient"]) == ("why", -4.0)
    assert refused["error"] == "nonsense is no command"
    assert left["said"] == ["Goodbye."]


def test_ascii_is_ascii() -> None:
    session = start("sigmoid(w*x)", {"w": 1, "x": 2})
    for lines, _ in converse(session, ["play", "why w", "cells", "pane", "notes"], ascii=True):
        assert all(line.isascii() for line in lines)


def test_a_refusal_points_at_the_spot_in_the_whole_command() -> None:
    command = "why  qq"
    start_, end = respond(start(), command).data["span"]
    assert command[start_:end] == "qq"
    start_, end = respond(start(), "stepp").data["span"]
    assert "stepp"[start_:end] == "stepp"


def test_a_refusal_leaves_the_question_open() -> None:
    asked = respond(start(), "why x").session
    assert respond(asked, "go 99").session.panel is asked.panel


def test_in_predict_mode_an_empty_line_gives_up_and_never_answers_again() -> None:
    session = respond(start(), "predict value").session
    seen = [done.session for _, done in converse(session, ["3", "", ""])]
    assert seen[-1].prediction is not None
    assert seen[-1].prediction.state.text == ""
    assert seen[-1].prediction.score.asked <= 2


def test_in_predict_mode_one_can_go_back_past_what_is_not_asked() -> None:
    session = respond(start(), "predict amount").session
    first = session.frame.cursor
    later = [done.session for _, done in converse(session, ["step", "step"])][-1]
    assert later.frame.cursor > first
    assert respond(later, "back").session.frame.cursor == first


def doubled_often(x: Any) -> Any:
    for _ in range(150):
        x = x * 2.0
    return x


def test_find_counts_all_nodes_and_names_some() -> None:
    assert talk("find") == ["5 nodes: x, y, z, q, f."]
    long = sessions.start(doubled_often, {"x": 1.0})
    (said,) = talk("find", session=long)
    assert said.startswith(f"{len(long.trace.nodes)} nodes: ")
    assert said.endswith(f" and {len(long.trace.nodes) - 200} more.")


def test_a_node_that_is_asked_for_is_an_answer_whatever_the_command_of_that_name_is() -> None:
    session = start("q = x + y; q*z")
    for _, done in converse(session, ["predict next", "go 3", "q"]):
        assert not done.ended
    assert done.said[0] == "Right."


def test_playing_on_leaves_no_question_behind() -> None:
    session = start()
    for _, done in converse(session, ["predict", "play"]):
        session = done.session
    assert session.prediction is not None
    assert session.prediction.question is None
