from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.trace import Trace
from tutor.debugger.watches.report import watches_report
from tutor.debugger.watches.sparkline import BARS, sparkline
from tutor.debugger.watches.watches import history, last_event, now, parse_watch
from tutor.language import LanguageError, parse


def make(text: str, steps: int = 0, **inputs: object) -> Trace:
    function = parse(text).function()
    trace = engine.record_with(function, inputs)
    for _ in range(steps):
        trace = engine.step(trace, function, 0.1)
    return trace


SQUARE = make("x*x*x + x", x=3.0)
STEPS = make("h = W@x; sum(h*h)", 2, W=np.array([[1.0, 2.0], [3.0, 4.0]]), x=np.array([1.0, -1.0]))


def test_the_history_of_a_gradient_is_its_running_total() -> None:
    watch = parse_watch("grad(x)", SQUARE)
    everything = history(SQUARE, watch, len(SQUARE.events))
    assert [number for _, number in everything] == [1.0, 10.0, 19.0, 28.0]
    assert [event for event, _ in everything] == SQUARE.arrivals("x")
    for cursor in range(len(SQUARE.events) + 1):
        assert history(SQUARE, watch, cursor) == tuple(p for p in everything if p[0] < cursor)
        assert now(SQUARE, watch, cursor) == SQUARE.grad_at("x", cursor)


def test_the_history_of_a_value_goes_on_over_the_steps() -> None:
    watch = parse_watch("W[0, 1]", STEPS)
    points = history(STEPS, watch, len(STEPS.events))
    weights = [STEPS.value(STEPS.node_range(at).start) for at in range(3)]
    assert [number for _, number in points] == [weight[0, 1] for weight in weights]
    kinds = [STEPS.events[event].kind for event, _ in points]
    assert kinds == ["value", "update", "update"]


def test_a_value_stands_until_the_next_one_and_a_gradient_until_the_next_pass() -> None:
    first_of_second = STEPS.forward_range(1).start
    w, g = parse_watch("value(W)", STEPS), parse_watch("grad(W)", STEPS)
    update = STEPS.update_range(0).start
    assert np.array_equal(now(STEPS, w, update + 1), STEPS.value(STEPS.node_range(1).start))
    assert last_event(STEPS, w, update + 1) == update
    assert now(STEPS, g, first_of_second) is not None
    assert now(STEPS, g, first_of_second + 1) is None
    assert now(STEPS, w, 0) is None
    loss = parse_watch("f", STEPS)
    assert now(STEPS, loss, first_of_second + 2) == STEPS.value(STEPS.output)


def test_arrays_are_told_by_their_norm_and_by_what_was_asked() -> None:
    end = len(STEPS.events)
    whole = history(STEPS, parse_watch("grad(W)", STEPS), end)
    norm = history(STEPS, parse_watch("norm(grad(W))", STEPS), end)
    assert np.allclose(whole, norm)
    gradient = STEPS.grad("W")
    first = STEPS.backward_range(0).stop
    for text, expected in [
        ("norm(grad(W))", np.linalg.norm(gradient)),
        ("min(grad(W))", gradient.min()),
        ("max(grad(W))", gradient.max()),
        ("mean(|grad(W)|)", np.abs(gradient).mean()),
        ("grad(W)[1, 0]", gradient[1, 0]),
        ("sum(grad(W)[1])", gradient[1].sum()),
    ]:
        assert now(STEPS, parse_watch(text, STEPS), first) == pytest.approx(expected), text


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(LanguageError, match="no node, op or scope called Q") as refused:
        parse_watch("grad(Q)", STEPS)
    assert refused.value.hint
    with pytest.raises(LanguageError, match="W has the shape"):
        parse_watch("W[2, 0]", STEPS)
    gone = parse_watch("Q")
    assert now(STEPS, gone, 5) is None
    assert history(STEPS, gone, 5) == ()


def test_a_report_has_a_row_a_watch_that_opens_its_last_event() -> None:
    watches = [parse_watch(text, STEPS) for text in ("grad(W)", "W[0, 1]", "f")]
    cursor = len(STEPS.events)
    report = watches_report(STEPS, watches, cursor)
    assert report.kind == "watches"
    assert [row.event for row in report.rows] == [
        last_event(STEPS, watch, cursor) for watch in watches
    ]
    assert report.rows[0].node == STEPS.node_range(2).start
    assert "norm" in report.rows[0].text
    assert any(bar in report.rows[1].text for bar in BARS)
    assert all(len(row.text) <= 90 for row in report.rows)
    assert "it was" in report.sentences[1]
    assert all(row.text.isascii() for row in report.spelled(True).rows)
    data = report.document()
    assert data["watches"][1]["points"] == 3
    json.dumps(data, allow_nan=False)


def test_before_anything_has_happened() -> None:
    report = watches_report(STEPS, [parse_watch("W", STEPS)], 0)
    assert "—" in report.rows[0].text
    assert report.rows[0].event is None
    assert report.sentences == ("W: nothing yet.",)
    assert "Nothing is watched yet" in watches_report(STEPS, [], 0).rows[0].text


def test_nan_is_marked_in_history_and_report() -> None:
    trace = make("log(x - 1) * x", x=1.0)
    watch = parse_watch("grad(x)", trace)
    numbers = [number for _, number in history(trace, watch, len(trace.events))]
    assert numbers[0] == -math.inf
    report = watches_report(trace, [watch], len(trace.events))
    assert "↓" in report.rows[0].text
    json.dumps(report.document(), allow_nan=False)


@given(st.lists(st.floats(), max_size=60), st.integers(1, 30))
def test_a_sparkline_is_as_wide_as_it_may_be_and_marks_what_is_not_finite(
    numbers: list[float], width: int
) -> None:
    line = sparkline(numbers, width)
    assert len(line) == min(width, len(numbers))
    assert set(line) <= {*BARS, "!", "↑", "↓"}
    assert any(math.isnan(x) for x in numbers) or "!" not in line
    assert (not all(map(math.isfinite, numbers))) == bool(set(line) & set("!↑↓"))
    plain = sparkline(numbers, width, ascii=True)
    assert len(plain) == len(line)
    assert plain.isascii()


def test_a_sparkline_rises_with_its_numbers() -> None:
    assert sparkline(range(8)) == BARS
    assert sparkline([3, 3]) == "▄▄"
    assert sparkline([]) == ""
    assert sparkline([-1e308, 1e308]) == "▁█"
    assert sparkline([1, math.nan, 2]) == "▁!█"
    assert sparkline([0, 7], ascii=True) == "_#"
