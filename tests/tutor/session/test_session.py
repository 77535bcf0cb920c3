from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import engine
from engine.errors import EngineError, GradientError
from tutor.debugger import moving
from tutor.language import LanguageError
from tutor.session import session as sessions
from tutor.session.origin import File
from tutor.session.session import Session


def start(text: str = "(x + y)*z", **inputs: object) -> Session:
    return sessions.start(text, inputs or {"x": -2, "y": 5, "z": -4})


def names(session: Session) -> set[str]:
    return {session.trace.nodes[node].name for node in session.changed}


def test_a_session_begins_before_anything_has_happened() -> None:
    session = start()
    assert (session.text, session.frame.cursor, session.changed) == ("(x + y)*z", 0, frozenset())
    assert session.inputs == {"x": -2.0, "y": 5.0, "z": -4.0}


def test_a_function_is_traced_too() -> None:
    def loss(w: engine.Tensor) -> engine.Tensor:
        return w * w

    session = sessions.start(loss, {"w": 3.0})
    assert (session.text, session.program, session.trace.grad("w")) == ("loss", None, 6.0)


def test_the_arguments_reach_the_trace() -> None:
    session = sessions.start("x*2", {"x": [1, 2]}, upstream=[3, 4], dtype="float32")
    gradient = session.trace.grad("x")
    assert gradient.dtype == np.float32
    assert gradient.tolist() == [6, 8]


def test_what_cannot_be_read_or_taken_raises() -> None:
    with pytest.raises(LanguageError):
        start("(x", x=1)
    with pytest.raises(EngineError, match="'v' is no input; the inputs are w"):
        sessions.start("w*w", {"w": 1}, params=("v",))


@pytest.mark.parametrize(
    ("text", "inputs", "params"),
    [
        ("w*x + b", {"w": 1, "x": 2, "b": 3}, ("w", "b")),
        ("x*y", {"x": 1, "y": 2}, ("x", "y")),
        ("W1*X - target", {"W1": 1, "X": 2, "target": 3}, ("W1",)),
        ("theta*x_1 + y2*xs", {"theta": 1, "x_1": 2, "y2": 1, "xs": 1}, ("theta",)),
        ("2*3", {}, ()),
    ],
)
def test_a_step_changes_what_is_no_data(
    text: str, inputs: dict[str, float], params: tuple[str, ...]
) -> None:
    session = sessions.start(text, inputs)
    assert session.params == params


def test_a_step_leaves_out_what_no_gradient_reaches() -> None:
    session = sessions.start(lambda w, v: w * w, {"w": 1.0, "v": 2.0})
    assert session.params == ("w",)


@pytest.mark.filterwarnings("error")
def test_numbers_that_overflow_are_in_the_trace_and_warn_nobody() -> None:
    session = sessions.start("w*x", {"w": 1e200, "x": -2}, dtype="float16")
    assert session.inputs["w"] == np.inf
    again = sessions.edit_input(sessions.descend(session), "x", 1e300)
    assert again.trace.grad("w") == np.inf


def test_an_edit_runs_the_function_again_and_marks_what_changed() -> None:
    session = start()
    session = sessions.at(session, moving.jump(session.frame, 9))
    edited = sessions.edit_input(session, "z", 2)
    assert edited.inputs["z"] == 2.0
    assert edited.trace.grad("x") == 2.0
    assert names(edited) == {"z", "q", "f", "x", "y"}
    assert edited.frame.cursor == 9
    assert names(sessions.edit_input(session, "z", -4)) == set()


def test_an_edit_takes_branches_anew() -> None:
    def loss(x: engine.Tensor) -> engine.Tensor:
        return x * 2 if x.data > 0 else x * x * x

    session = sessions.start(loss, {"x": 3.0})
    session = sessions.at(session, moving.end(session.frame))
    edited = sessions.edit_input(session, "x", -1.0)
    assert edited.trace.grad("x") == 3.0
    shorter = sessions.edit_input(sessions.at(edited, moving.end(edited.frame)), "x", 3.0)
    assert shorter.frame.cursor == len(shorter.trace.events)


def test_an_edit_after_steps_begins_with_one_pass_at_the_same_place() -> None:
    session = sessions.descend(start())
    there = sessions.at(session, moving.jump(session.frame, session.trace.backward_range(1).start))
    edited = sessions.edit_input(there, "x", 1)
    assert len(edited.trace.passes) == 1
    assert edited.frame.cursor == edited.trace.backward_range(0).start


def test_what_is_no_input_cannot_be_edited() -> None:
    session = sessions.start("sum(x*2)", {"x": [1, 2]})
    assert sessions.edit_input(session, "x", [3, -4, 5]).inputs["x"].tolist() == [3, -4, 5]
    with pytest.raises(EngineError, match="'v' is no input"):
        sessions.edit_input(session, "v", 1)


def test_a_step_adds_updates_and_a_pass_and_shows_the_first_update() -> None:
    session = sessions.with_rate(start("(w*x - y)**2", w=1, x=2, y=6), 0.05)
    losses = [session.trace.value(session.trace.output)]
    for number in range(1, 5):
        session = sessions.descend(session)
        assert len(session.trace.passes) == number + 1
        event = session.trace.events[session.frame.cursor - 1]
        assert (event.kind, event.rate) == ("update", 0.05)
        last = session.trace.passes[-1]
        losses.append(last.value(last.output))
    assert losses == sorted(losses, reverse=True)
    assert session.inputs["w"] == 1.0


def test_a_step_without_a_parameter_is_refused() -> None:
    with pytest.raises(GradientError, match="nothing to update"):
        sessions.descend(sessions.start("2*3", {}))


def test_undo_and_redo() -> None:
    first = start()
    second = sessions.edit_input(first, "x", 7)
    third = sessions.descend(second)
    assert sessions.undo(third).trace is second.trace
    back = sessions.undo(sessions.undo(third))
    assert (back.trace, back.inputs, back.past) == (first.trace, first.inputs, ())
    assert names(back) == {"x", "q", "f", "z"}
    assert sessions.undo(back) is back
    again = sessions.redo(sessions.redo(back))
    assert (again.trace, again.inputs) == (third.trace, third.inputs)
    assert sessions.redo(again) is again
    assert sessions.edit_input(back, "x", 1).future == ()


def test_rewound_forgets_how_one_came_there() -> None:
    session = sessions.rewound(sessions.descend(start()))
    assert (session.frame.cursor, session.past, len(session.trace.passes)) == (0, (), 2)


def test_what_a_function_is_given_beside_its_inputs_is_given_again(tmp_path: Path) -> None:
    file = tmp_path / "labels.py"
    file.write_text(
        "import numpy as np\n"
        "def loss(w=np.array([1.0, 2.0, 3.0]), labels=None, power=2):\n"
        "    return np.sum(w[labels]) * power\n"
    )
    origin = File.of(f"{file}:loss")
    session = sessions.start(origin, {"labels": np.array([0, 2]), "power": 3})
    assert session.trace.value(session.trace.output) == 12.0
    edited = sessions.edit_input(session, "w", [1.0, 1.0, 5.0])
    assert edited.trace.value(edited.trace.output) == 18.0
    assert sessions.arguments(edited) == ("w", "labels", "power")
    again = sessions.edit_input(edited, "power", 1)
    assert again.trace.value(again.trace.output) == 6.0
