"""What is kept when the function is run again, and what undo brings back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutor.actions.commands import perform, read
from tutor.debugger import moving
from tutor.session import panel as panels
from tutor.session import session as sessions
from tutor.session.origin import File
from tutor.session.panels.compare import sides as compared
from tutor.session.panels.why import WhyPanel
from tutor.session.session import Session


def start() -> Session:
    return sessions.start("a = tanh(w*x); (a - y)**2", {"w": 0.5, "x": 2, "y": 1})


def after(*commands: str) -> Session:
    session = start()
    for command in commands:
        action, given, _ = read(command)
        session = perform(session, action, given)
    return session


def answer(session: Session) -> str:
    assert session.panel is not None
    return panels.shown(session, session.panel).sentences[0]


@pytest.mark.parametrize("asked", ["why w", "cells n1"])
def test_a_question_about_a_later_pass_is_asked_of_the_first_when_the_step_is_undone(
    asked: str,
) -> None:
    session = after("descend", "end", asked, "undo", "end")
    assert answer(session) == answer(after("end", asked))


def test_a_question_about_a_node_that_is_gone_is_closed() -> None:
    opened = after("what-if a=sigmoid", "look a", "gates", "why n4")
    assert isinstance(opened.panel, WhyPanel)
    assert sessions.undo(opened).panel is None


def test_a_question_about_a_node_that_is_still_there_stays_open() -> None:
    session = after("what-if a=sigmoid", "end", "look a", "gates", "why f", "undo")
    assert answer(session).startswith("f's gradient is 1")


def test_undo_takes_back_the_seed_too() -> None:
    session = after("what-if upstream=2")
    assert session.upstream == 2
    undone = sessions.undo(session)
    assert undone.upstream is None
    assert sessions.redo(undone).upstream == 2
    assert sessions.edit_input(undone, "x", 2).trace.grad("w") == start().trace.grad("w")


def test_gates_of_ones_own_are_found_again_in_another_graph_and_come_back_with_undo() -> None:
    commands = ("mark-node n2 f", "gate square", "what-if a=sigmoid", "look a")
    before = after(*commands)
    opened = after(*commands, "gates")
    (fold,) = opened.frame.zoom.folds
    p = opened.trace.passes[0]
    assert {p.names[node] for node in fold.nodes} == {"n2", "2", "f"}
    assert sessions.undo(opened).frame.zoom == before.frame.zoom


def test_a_gate_that_is_asked_about_is_asked_about_the_new_numbers() -> None:
    session = after("end", "mark-node n1 a", "gate g", "set w=0")
    assert "by w is 2" in " ".join(_sentences(session))
    assert "by w is 0.8399" in " ".join(_sentences(sessions.undo(session)))


def _sentences(session: Session) -> tuple[str, ...]:
    assert session.panel is not None
    return panels.shown(session, session.panel).sentences


def test_marked_nodes_keep_their_names_where_the_graph_is_another_one() -> None:
    session = after("what-if a=sigmoid", "mark-node n1 n2", "look a", "gates")
    p = session.trace.passes[0]
    assert {p.names[node] for node in session.frame.zoom.marked} == {"n1", "n2"}


def test_one_stays_at_the_end_and_at_the_same_node_in_another_graph() -> None:
    ended = after("what-if a=sigmoid", "end", "look a", "gates")
    assert ended.frame.cursor == len(ended.trace.events)
    there = after("what-if a=sigmoid", "go 7", "look a")
    name = there.trace.nodes[there.trace.events[6].node].name
    opened = perform(there, *read("gates")[:2])
    assert opened.trace.nodes[opened.trace.events[opened.frame.cursor - 1].node].name == name


def test_several_changes_are_told_above_the_graph_and_one_replaces_the_other() -> None:
    session = after("what-if a=relu", "what-if n1=3", "what-if a=sigmoid")
    assert session.text == "a = tanh(w*x); (a - y)**2, if n1 held and a by sigmoid"


@pytest.mark.parametrize(
    ("commands", "sides"),
    [
        (("descend", "compare"), ("pass 1", "pass 2")),
        (("descend", "descend", "end", "compare"), ("pass 2", "pass 3")),
        (("set w=1", "descend", "undo", "compare"), ("before", "now")),
        (("pin", "set w=1", "compare"), ("event 0", "now")),
    ],
)
def test_what_is_compared(commands: tuple[str, ...], sides: tuple[str, str]) -> None:
    old, new = compared(after(*commands))
    assert (old.label, new.label) == sides


def test_an_edit_is_compared_with_the_pass_one_stood_in() -> None:
    session = after("descend", "end", "set x=1")
    assert compared(session)[0].at == 1


@pytest.mark.long
def test_a_step_of_a_users_file_is_told_from_an_edit(tmp_path: Path) -> None:
    path = tmp_path / "loss.py"
    path.write_text("def loss(w=2.0):\n    return w * w\n")
    session = sessions.start(File.of(f"{path}:loss"), {})
    stepped = sessions.descend(session)
    assert sessions.undo(stepped).told.startswith("The last step was taken back")
    edited = sessions.edit_input(session, "w", 3.0)
    assert sessions.undo(edited).told.startswith("The edit was taken back")


def test_all_inputs_that_were_given_are_told() -> None:
    told = after("set w=1, x=3").told
    assert told.startswith("w is 1, it was 0.5. x is 3, it was 2.")


def test_a_mark_of_a_moment_that_an_edit_took_away_leads_to_the_end() -> None:
    session = after("descend", "end", "mark z", "undo", "to-mark z")
    assert session.frame.cursor == len(session.trace.events)
    assert moving.end(session.frame) is session.frame
