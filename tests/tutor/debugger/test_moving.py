from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.trace import Trace
from tutor.debugger import moving
from tutor.debugger.frame import Frame, active, focused, phase
from tutor.debugger.state import state
from tutor.language import parse


def make(text: str, steps: int = 0, **inputs: float) -> Trace:
    function = parse(text).function()
    trace = engine.record_with(function, inputs)
    for _ in range(steps):
        trace = engine.step(trace, function, 0.1)
    return trace


TRACES = [
    make("(x + y)*z", x=-2, y=5, z=-4),
    make("(x + y)*z", steps=2, x=-2, y=5, z=-4),
    make("x*x*x + x", x=3),
    make("x", x=1),
    make("2*3"),
    make("a = x*y; b = a + x; c = sin(b)*a; c/b", steps=1, x=1.5, y=0.5),
]
FRAMES = st.sampled_from(TRACES).flatmap(
    lambda trace: st.builds(Frame, st.just(trace), st.integers(0, len(trace.events)))
)
THERE_AND_BACK = [
    (moving.next_event, moving.previous_event),
    (moving.next_node, moving.previous_node),
    (moving.rest_of_pass, moving.start_of_pass),
]


@given(FRAMES)
def test_next_then_previous_is_where_one_was(frame: Frame) -> None:
    if frame.cursor < len(frame.trace.events):
        assert moving.previous_event(moving.next_event(frame)) == frame


@given(FRAMES, st.sampled_from(THERE_AND_BACK))
def test_going_on_and_back_never_passes_where_one_was(
    frame: Frame, moves: tuple[Callable[[Frame], Frame], Callable[[Frame], Frame]]
) -> None:
    forth, back = moves
    on = forth(frame)
    assert on.cursor > frame.cursor or on is frame
    assert (on is frame) == (frame.cursor == len(frame.trace.events))
    if on is not frame:
        assert back(on).cursor <= frame.cursor
        assert forth(back(on)).cursor <= on.cursor


@given(st.sampled_from(TRACES), st.sampled_from([m for pair in THERE_AND_BACK for m in pair[:1]]))
def test_every_move_on_ends_at_the_end_and_visits_moments_in_order(
    trace: Trace, move: Callable[[Frame], Frame]
) -> None:
    frame, seen = Frame(trace), [0]
    while (after := move(frame)) is not frame:
        frame = after
        seen.append(frame.cursor)
    assert seen == sorted(set(seen))
    assert seen[-1] == len(trace.events)


@given(FRAMES)
def test_the_state_at_any_moment_is_what_the_events_before_it_made(frame: Frame) -> None:
    trace = frame.trace
    values: dict[int, float] = {}
    gradients: dict[int, float] = {}
    for event in trace.events[: frame.cursor]:
        if event.kind == "value":
            values[event.node] = event.value
        elif event.kind in ("seed", "contribution"):
            gradients[event.node] = gradients.get(event.node, 0.0) + event.amount
    for node in range(len(trace.nodes)):
        now = state(frame, node)
        assert now.known == (node in values)
        assert now.value == values.get(node)
        if node in gradients:
            assert now.gradient == pytest.approx(gradients[node])
            assert sum(term.amount for term in now.terms) == pytest.approx(gradients[node])
        else:
            assert now.gradient is None
            assert now.terms == ()
        assert now.complete == (len(now.terms) == now.expected > 0)


def test_next_node_stops_where_a_gradient_is_complete() -> None:
    trace = make("x*x*x + x", x=3)
    frame, stops = Frame(trace, trace.backward_range(0).start), []
    while (after := moving.next_node(frame)) is not frame:
        frame = after
        event = trace.events[frame.cursor - 1]
        stops.append((trace.nodes[event.node].name, event.total))
    assert stops == [("f", 1.0), ("n2", 1.0), ("n1", 3.0), ("x", 28.0)]


def test_an_output_that_is_an_input_has_one_moment_in_its_backward_pass() -> None:
    frame = Frame(make("x", x=1))
    assert [moving.next_node(frame).cursor, moving.end(frame).cursor] == [1, 2]
    assert moving.next_node(moving.next_node(frame)).cursor == 2


def test_rest_of_pass_goes_through_forward_backward_updates() -> None:
    trace = make("(x + y)*z", steps=1, x=-2, y=5, z=-4)
    frame, seen, phases = Frame(trace), [], []
    while (after := moving.rest_of_pass(frame)) is not frame:
        frame = after
        seen.append(frame.cursor)
        phases.append(phase(frame))
    assert seen == [5, 10, 13, 18, 23]
    assert phases == ["forward", "backward", "update", "forward", "backward"]


def test_jumps_stay_within_the_trace() -> None:
    frame = Frame(make("(x + y)*z", x=-2, y=5, z=-4))
    assert moving.jump(frame, 99).cursor == 10
    assert moving.jump(frame, -5) is frame
    assert moving.jump_to_event(frame, 3).cursor == 4
    assert moving.scrub(moving.end(frame), -1).cursor == 9


def test_time_lets_go_of_the_focus_and_focus_leaves_time_alone() -> None:
    frame = Frame(make("(x + y)*z", x=-2, y=5, z=-4), 9)
    looking = moving.focus(frame, 4)
    assert (looking.cursor, focused(looking), focused(frame)) == (9, 4, 0)
    assert moving.next_event(looking).focus is None
    assert moving.focus(looking, None) == frame
    with pytest.raises(IndexError, match="no node 7"):
        moving.focus(frame, 7)


def test_active_names_the_event_its_node_and_its_edges() -> None:
    trace = make("(x + y)*z", steps=1, x=-2, y=5, z=-4)
    assert active(Frame(trace)) is None
    found = [active(Frame(trace, cursor)) for cursor in (4, 6, 9, 11)]
    assert [now and (now.node, now.direction, now.edges) for now in found] == [
        (3, "forward", ((0, 3, 0), (1, 3, 1))),
        (4, "backward", ()),
        (0, "backward", ((0, 3, 0),)),
        (0, "update", ()),
    ]


def test_who_wrote_a_node_is_the_latest_arrival_so_far() -> None:
    trace = make("x*x", x=3)
    cursors = {cursor: moving.last_writer(Frame(trace, cursor), 0) for cursor in range(6)}
    assert cursors == {0: None, 1: 0, 2: 0, 3: 0, 4: 3, 5: 4}


def test_who_wrote_this_goes_further_back_each_time() -> None:
    trace = make("x*x*x + x", x=3)
    frame, seen = moving.end(Frame(trace)), []
    while (before := moving.to_writer(frame, 0)) is not None:
        frame = before
        assert frame.focus == 0
        seen.append(frame.cursor - 1)
    assert seen == [*reversed(trace.arrivals(0)[:-1]), trace.value_event(0)]
    somewhere = moving.jump_to_event(Frame(trace), trace.arrivals(0)[1] - 1)
    now = moving.to_writer(somewhere, 0)
    assert now is not None
    assert now.cursor - 1 == trace.arrivals(0)[0]


def test_who_wrote_this_goes_on_from_a_value_to_the_update_that_set_it() -> None:
    trace = make("w*w", steps=1, w=3.0)
    second = trace.node_range(1).start
    frame = moving.jump_to_event(Frame(trace), trace.value_event(second))
    updated = moving.to_writer(frame, second)
    assert updated is not None
    assert trace.events[updated.cursor - 1].kind == "update"
    assert updated.focus == 0
    assert moving.to_writer(Frame(trace, 1), 0) is None
    assert moving.to_writer(Frame(trace, 0), 0) is None
    square = second + 1
    computed = moving.jump_to_event(Frame(trace), trace.value_event(square))
    assert moving.to_writer(computed, square) is None


def test_moves_are_fast_on_a_long_chain() -> None:
    def chain(x: engine.Tensor) -> engine.Tensor:
        for _ in range(3000):
            x = x * 1.0001
        return x

    trace = engine.record(chain, x=1.0)
    frame = moving.jump(Frame(trace), len(trace.events) // 2)
    assert moving.previous_node(moving.next_node(frame)).cursor <= frame.cursor
    assert np.isclose(state(moving.end(frame), 0).gradient, 1.0001**3000)
