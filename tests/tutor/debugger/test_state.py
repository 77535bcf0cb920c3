from __future__ import annotations

import math

import engine
from engine.trace import Trace
from tutor.debugger.frame import Frame
from tutor.debugger.state import changed_nodes, same, state
from tutor.language import parse


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def names(trace: Trace, nodes: frozenset[int]) -> set[str]:
    return {trace.nodes[node].name for node in nodes}


def test_what_has_not_happened_is_absent_and_not_0() -> None:
    trace = make("x*0", x=0)
    before, done = state(Frame(trace), 0), state(Frame(trace, len(trace.events)), 0)
    assert (before.known, before.value, before.gradient, before.complete) == (
        False,
        None,
        None,
        False,
    )
    assert (done.known, done.value, done.gradient, done.complete) == (True, 0.0, 0.0, True)


def test_a_node_that_no_gradient_reaches_is_never_complete() -> None:
    trace = make("x*2", x=3)
    constant = next(node.id for node in trace.nodes if node.op == "constant")
    now = state(Frame(trace, len(trace.events)), constant)
    assert (now.expected, now.complete, now.gradient) == (0, False, None)


def test_changed_marks_only_what_a_step_changed() -> None:
    function = parse("(x + y)*z").function()
    trace = engine.step(engine.record(function, x=1, y=2, z=3), function, 0.1, wrt=["z"])
    frame = Frame(trace, len(trace.events))
    second = trace.node_range(1)
    assert [state(frame, node).changed for node in second] == [False, False, True, False, True]
    assert not any(state(frame, node).changed for node in trace.node_range(0))
    early = Frame(trace, trace.forward_range(1).start)
    assert not any(state(early, node).changed for node in second)


def test_changed_nodes_compares_values_and_gradients() -> None:
    before, after = make("(x + y)*z", x=1, y=2, z=3), make("(x + y)*z", x=1, y=2, z=4)
    assert names(after, changed_nodes(before, after)) == {"z", "q", "f", "x", "y"}
    assert names(after, changed_nodes(before, before)) == set()
    upstream_only = make("x*y + 5", x=2, y=0), make("x*y + 5", x=3, y=0)
    assert names(upstream_only[1], changed_nodes(*upstream_only)) == {"x", "y"}


def test_changed_nodes_of_another_graph_go_by_name_and_op() -> None:
    before, after = make("a = x*2; a + 1", x=1), make("a = x*2; a*1", x=1)
    assert names(after, changed_nodes(before, after)) == {"f"}
    longer = make("a = x*2; b = a*3; b + 1", x=1)
    assert names(longer, changed_nodes(before, longer)) == {"x", "a", "3", "b", "f"}


def test_same_knows_nan_shapes_and_absence() -> None:
    a = make("x*1", x=[1, math.nan]).value("x")
    assert same(a, a)
    assert not same(a, a[:1])
    assert same(math.nan, math.nan)
    assert same(None, None)
    assert not same(None, 0.0)
    assert not same(0.0, 1.0)
