from __future__ import annotations

import gc
import json
import weakref

import numpy as np
import pytest

import engine
from engine.trace import Trace
from tutor.debugger.frame import Frame
from tutor.debugger.stops.report import scan_report, stops_report
from tutor.debugger.stops.stops import (
    Stop,
    next_stop,
    parse_stop,
    previous_stop,
    stop_on,
    stops_at,
)
from tutor.language import LanguageError, parse

FUNCTION = parse("(x + y)*z").function()


@pytest.fixture
def trace() -> Trace:
    return engine.record_with(FUNCTION, {"x": -2.0, "y": 5.0, "z": -4.0})


def stop(text: str) -> Stop:
    return parse_stop(text)


def test_a_stop_is_the_moment_right_after_its_event(trace: Trace) -> None:
    assert stops_at(trace, stop("grad(x) written")).tolist() == [8]
    assert next_stop(Frame(trace), [stop("grad(x) written")])[0].cursor == 9


def test_running_on_and_back_goes_from_stop_to_stop(trace: Trace) -> None:
    stops = [stop("kind = contribution"), stop("value < -1")]
    frame, seen = Frame(trace), []
    while True:
        frame, at = next_stop(frame, stops)
        seen.append((frame.cursor, at and at.text))
        if at is None:
            break
    contribution = "kind = contribution"
    assert seen == [
        (1, "value < -1"),
        (3, "value < -1"),
        (5, "value < -1"),
        *[(cursor, contribution) for cursor in (7, 8, 9, 10)],
        (10, None),
    ]
    back = []
    while True:
        frame, at = previous_stop(frame, stops)
        if at is None:
            break
        back.append(frame.cursor)
    assert back == [9, 8, 7, 5, 3, 1]
    assert frame.cursor == 0


def test_of_several_stops_at_a_moment_the_first_is_named_and_a_disabled_one_is_passed(
    trace: Trace,
) -> None:
    first, second = stop("x"), stop("value < 0")
    assert next_stop(Frame(trace), [first, second])[1] is first
    off = Stop(first.text, first.condition, enabled=False)
    assert next_stop(Frame(trace), [off, second])[1] is second
    assert next_stop(Frame(trace), [off]) == (Frame(trace, 10), None)
    assert previous_stop(Frame(trace, 5), [off]) == (Frame(trace, 0), None)


def test_a_stop_lets_go_of_the_focus(trace: Trace) -> None:
    frame, _ = next_stop(Frame(trace, 0, focus=4), [stop("z")])
    assert (frame.cursor, frame.focus) == (3, None)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("w > 3", "there is no node, op or scope called w", "there is x, y, z"),
        ("grad(xx) written", "called xx", "did you mean x?"),
        ("op = mull", "there is no op called mull", "mul"),
        ("scope layer1", "there is no scope called layer1", ""),
        ("name = q2", "called q2", "did you mean q?"),
        ("x[0] > 1", "there is no such entry: x has the shape ()", ""),
        ("dtype = float23", "there is no dtype called float23", "float32"),
        ("through = sigmoidd", "sigmoidd", "sigmoid"),
        ("x > 1 and not (y > 2 or zz)", "called zz", "did you mean z?"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_those_near(
    trace: Trace, text: str, message: str, hint: str
) -> None:
    with pytest.raises(LanguageError) as refused:
        parse_stop(text, trace)
    assert refused.value.reason in ("unknown_name", "bad_arguments")
    assert message in refused.value.message
    assert hint in refused.value.hint
    parse_stop(text)  # without a trace nothing is known of names


def test_a_named_array_is_compared_by_one_number_of_it() -> None:
    trace = engine.record(lambda W, x: (W @ x).sum(), W=np.ones((2, 2)), x=np.ones(2))
    with pytest.raises(LanguageError, match="W is an array") as refused:
        parse_stop("grad(W) > grad(x)", trace)
    assert (refused.value.start, refused.value.end) == (0, 7)
    assert stops_at(trace, parse_stop("norm(grad(W)) > norm(grad(x))", trace)).tolist() == []
    assert stops_at(trace, parse_stop("norm(grad(x)) >= norm(grad(W))", trace)).tolist() == [7]
    with pytest.raises(LanguageError, match="W has the shape"):
        parse_stop("W[2, 0] > 1", trace)


def test_a_stop_on_a_node_has_a_name_that_can_be_read_again() -> None:
    trace = engine.record_with(
        lambda **given: given["grad"] * 2 + given["w1"], {"grad": 1.0, "w1": 2.0}
    )
    texts = []
    for node in range(len(trace.nodes)):
        made = stop_on(trace, node)
        texts.append(made.text)
        assert parse_stop(made.text, trace).condition == made.condition
        assert trace.value_event(node) in stops_at(trace, made)
    assert texts == ["'grad'", "w1", "'2'", "q", "f"]


def test_an_op_that_the_trace_does_not_use_is_no_mistake(trace: Trace) -> None:
    assert stops_at(trace, parse_stop("op log", trace)).tolist() == []


def test_what_was_found_is_kept_as_long_as_the_trace(trace: Trace) -> None:
    events = stops_at(trace, stop("value < 0"))
    assert stops_at(trace, stop("value   <  0")) is events
    assert not events.flags.writeable
    mine = engine.record_with(FUNCTION, {"x": 1.0, "y": 1.0, "z": 1.0})
    stops_at(mine, stop("value < 0"))
    gone = weakref.ref(mine)
    del mine
    gc.collect()
    assert gone() is None


def test_the_list_of_stops_tells_how_often_and_where_next(trace: Trace) -> None:
    off = Stop("y", stop("y").condition, enabled=False)
    stops = [stop("value < -1"), off, stop("value is nan")]
    report = stops_report(trace, stops, 3)
    assert report.kind == "stops"
    first, second, third = [row.text for row in report.rows]
    assert "● value < -1" in first
    assert "3 moments   next: event 5" in first
    assert "○ y" in second
    assert second.endswith("off")
    assert "never" in third
    assert [row.event for row in report.rows] == [4, 9, None]
    assert report.sentences[1].endswith("It is switched off.")
    assert report.data["stops"][0] == {
        "number": 1, "condition": "value < -1", "enabled": True, "moments": 3, "next": 4,
    }  # fmt: skip
    behind = stops_report(trace, stops, 9)
    assert "last: event 5" in behind.rows[0].text
    assert behind.data["stops"][0]["next"] is None


def test_an_empty_list_of_stops_says_what_can_be_written(trace: Trace) -> None:
    report = stops_report(trace, [], 0)
    assert "no breakpoint yet" in report.rows[0].text
    assert any("grad(W1) written" in row.text for row in report.rows)


def test_a_scan_lists_the_moments_and_counts_those_it_leaves_out(trace: Trace) -> None:
    report = scan_report(trace, "kind = contribution", 8, most=3)
    assert [row.event for row in report.rows] == [6, 7, 8, None]
    assert report.rows[-1].text == "… and 1 more"
    assert report.at == 2
    assert report.aside == "4 moments"
    assert report.sentences[0] == "kind = contribution holds at 4 events of 10."
    assert report.data["count"] == 4
    assert report.data["events"][2] == {
        "i": 8, "kind": "contribution", "node": 0, "name": "x", "op": "input", "line": None,
        "amount": -4.0, "total": -4.0,
    }  # fmt: skip
    json.dumps(report.document(), allow_nan=False)
    assert scan_report(trace, "value is nan").rows[0].text.startswith("It holds at no event")
    with pytest.raises(LanguageError):
        scan_report(trace, "w > 1")


def test_a_scan_tells_the_op_that_receives_from_the_op_that_passes_on() -> None:
    function = parse("sigmoid(x)*y").function()
    trace = engine.record_with(function, {"x": 1.0, "y": 2.0})
    mistaken = scan_report(trace, "op = sigmoid and |local| < 1")
    assert mistaken.data["count"] == 0
    assert any("through = ..." in row.text for row in mistaken.rows)
    meant = scan_report(trace, "through = sigmoid and |local| < 1")
    assert meant.data["count"] == 1
    assert not any("through = ..." in row.text for row in meant.rows)


def test_rows_of_a_scan_fit_the_screen() -> None:
    function = parse("sum((W @ x - 1)**2)").function()
    inputs = {"W": np.linspace(0, 1, 12).reshape(3, 4), "x": np.ones(4)}
    trace = engine.step(engine.record_with(function, inputs), function, 0.01)
    report = scan_report(trace, "kind = value or kind = update or kind = contribution")
    assert max(len(row.text) for row in report.rows) <= 78
    json.dumps(report.document(), allow_nan=False)


def test_a_stop_on_a_constant_holds_at_that_very_one() -> None:
    trace = engine.record_with(parse("a = x*2.0; a + 2.0").function(), {"x": 3.0})
    constants = [node.id for node in trace.nodes if node.op == "constant"]
    assert len(constants) == 2
    for node in constants:
        assert trace.value_event(node) in stops_at(trace, stop_on(trace, node)).tolist()
