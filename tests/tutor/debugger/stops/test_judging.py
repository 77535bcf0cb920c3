from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.passes import Event
from engine.trace import Trace
from tutor.debugger.stops.judging import holds_at
from tutor.debugger.stops.parser import parse_condition
from tutor.language import parse


def make(text: str, steps: int = 0, **inputs: Any) -> Trace:
    function = parse(text).function()
    trace = engine.record_with(function, inputs)
    for _ in range(steps):
        trace = engine.step(trace, function, 0.1)
    return trace


def scopes(x: engine.Tensor, w: engine.Tensor) -> engine.Tensor:
    with engine.scope("net"):
        with engine.scope("layer1"):
            h = (w @ x).tanh()
        with engine.scope("layer2"):
            h = h * h
    return h.sum()


SCALARS = [
    make("a = x*y; b = a + x; c = sin(b)*a; c/b + relu(a)", steps=2, x=1.5, y=0.5),
    make("x*x*x + x + x*x", x=3),
    make("log(x) + sqrt(x) + exp(x*900)", x=0.0),
    make("2*3"),
    make("x", x=1),
]
ARRAYS = [
    make(
        "h = tanh(W@x); sum((h - y)**2) + sum(h) + mean(abs(h))",
        steps=1,
        W=np.arange(6).reshape(2, 3) / 5 - 0.4,
        x=np.array([1.0, 2.0, -1.0]),
        y=np.array([0.5, -0.5]),
    ),
    make("sum(x*x) + sum(maximum(x, 0))", x=np.array([[1.0, -2.0], [0.0, 3.0]])),
    engine.record(scopes, x=np.array([1.0, -1.0]), w=np.array([[0.5, 2.0], [1.0, 0.0]])),
]
TRACES = SCALARS + ARRAYS


def found(trace: Trace, text: str) -> list[int]:
    events = holds_at(trace, parse_condition(text))
    assert list(events) == sorted(set(events.tolist()))
    return [int(event) for event in events]


def events_where(trace: Trace, holds: Callable[[Event], Any]) -> list[int]:
    return [event.i for event in trace.events if holds(event)]


def gradient(event: Event) -> Any:
    """The gradient so far at an event, that of an update being the one it uses."""
    return event.amount if event.kind == "update" else event.total


RELATIONS = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
    "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 1e-6, 27.0])


@settings(max_examples=40)
@given(st.sampled_from(TRACES), st.sampled_from(sorted(RELATIONS)), NUMBERS)
def test_relations_hold_where_an_event_by_event_reading_says_so(
    trace: Trace, sign: str, x: float
) -> None:
    compare = RELATIONS[sign]

    def some(value: Any, test: Callable[[Any], Any] = lambda a: a) -> bool:
        with np.errstate(all="ignore"):
            return value is not None and bool(np.any(compare(test(value), x)))

    def every(value: Any) -> bool:
        return value is not None and bool(np.all(compare(value, x)))

    passed = ("seed", "contribution")
    expected = {
        f"value {sign} {x}": lambda e: e.kind == "value" and some(e.value),
        f"all(value) {sign} {x}": lambda e: e.kind == "value" and every(e.value),
        f"grad {sign} {x}": lambda e: some(gradient(e)),
        f"|grad| {sign} {x}": lambda e: some(gradient(e), np.abs),
        f"max(grad) {sign} {x}": lambda e: some(gradient(e), np.max),
        f"norm(grad) {sign} {x}": lambda e: some(gradient(e), lambda a: np.sqrt(np.sum(a * a))),
        f"amount {sign} {x}": lambda e: e.kind in passed and some(e.amount),
        f"upstream {sign} {x}": lambda e: some(e.upstream),
        f"local {sign} {x}": lambda e: some(e.local),
        f"mean(|local|) {sign} {x}": lambda e: some(e.local, lambda a: np.mean(np.abs(a))),
        f"not value {sign} {x}": lambda e: e.kind == "value" and not some(e.value),
        f"not all(grad) {sign} {x}": lambda e: gradient(e) is not None and not every(gradient(e)),
    }
    for text, holds in expected.items():
        assert found(trace, text) == events_where(trace, holds), text


@pytest.mark.parametrize("trace", TRACES, ids=repr)
def test_states_fields_and_places_hold_where_the_events_say_so(trace: Trace) -> None:
    def is_nan(value: Any) -> bool:
        return value is not None and bool(np.any(np.isnan(value)))

    def node(event: Event) -> engine.Node:
        return trace.nodes[event.node]

    def by(event: Event) -> str:
        return "" if event.source is None else trace.nodes[event.source].op

    expected: dict[str, Callable[[Event], Any]] = {
        "value is nan": lambda e: e.kind == "value" and is_nan(e.value),
        "grad is nan": lambda e: is_nan(gradient(e)),
        "grad is not nan": lambda e: gradient(e) is not None and not is_nan(gradient(e)),
        "op = mul": lambda e: node(e).op == "mul",
        "op != mul": lambda e: node(e).op != "mul",
        "op mul": lambda e: node(e).op == "mul" or by(e) == "mul",
        "mul": lambda e: node(e).op == "mul" or by(e) == "mul",
        "op = input": lambda e: node(e).op == "input",
        "through = mul": lambda e: by(e) == "mul",
        "through != mul": lambda e: by(e) not in ("", "mul"),
        "from = h": lambda e: e.source is not None and trace.nodes[e.source].name == "h",
        "kind = seed or kind = update": lambda e: e.kind in ("seed", "update"),
        "shape = (2,)": lambda e: node(e).shape == (2,),
        "shape = ()": lambda e: node(e).shape == (),
        "name = x": lambda e: node(e).name == "x",
        "x": lambda e: node(e).name == "x",
        "not x": lambda e: node(e).name != "x",
        "x updated": lambda e: node(e).name == "x" and e.kind == "update",
        "value(x)": lambda e: node(e).name == "x" and e.kind == "value",
        "grad(x)": lambda e: node(e).name == "x" and e.kind in ("seed", "contribution"),
        "dtype = float64": lambda e: node(e).dtype == "float64",
        "line = 1": lambda e: node(e).location is not None and node(e).location.line == 1,
        "scope = layer1": lambda e: "layer1" in node(e).scope,
        "scope = net.layer2": lambda e: node(e).scope == ("net", "layer2"),
        "pass = 1": lambda e: trace.pass_of(e.node) == 1,
        "op = mul and |grad| > 1": lambda e: (
            node(e).op == "mul" and gradient(e) is not None and np.any(np.abs(gradient(e)) > 1)
        ),
        "value > 0 and |grad| > 1": lambda e: (
            gradient(e) is not None
            and np.any(np.abs(gradient(e)) > 1)
            and np.any(trace.value(e.node) > 0)
        ),
        "|amount| > |upstream|": lambda e: (
            e.kind == "contribution"
            and np.broadcast_shapes(np.shape(e.amount), np.shape(e.upstream)) is not None
            and np.any(np.abs(e.amount) > np.abs(e.upstream))
        ),
    }
    for text, holds in expected.items():
        try:
            wanted = events_where(trace, holds)
        except ValueError:  # shapes that do not fit stand in no relation
            continue
        assert found(trace, text) == wanted, text


def test_a_gradient_is_the_one_so_far() -> None:
    trace = make("x*x*x + x", x=3)
    totals = [(e.i, e.total) for e in trace.events if e.node == 0 and e.kind == "contribution"]
    assert [total for _, total in totals] == [1.0, 10.0, 19.0, 28.0]
    assert found(trace, "grad(x) > 9.5") == [event for event, _ in totals[1:]]
    assert found(trace, "grad(x) complete") == [totals[-1][0]]


def test_what_is_not_there_yet_holds_neither_so_nor_otherwise() -> None:
    trace = make("(x + y)*z", x=-2, y=5, z=-4)
    assert found(trace, "not grad > 100") == found(trace, "grad is finite") == [5, 6, 7, 8, 9]
    assert found(trace, "not (value > 3 and grad > 100)") == [0, 2, 3, 4, 5, 6, 7, 8, 9]
    assert found(trace, "value(z) < 0 and grad(x) < 0") == [8]
    assert found(trace, "value(z) < 0 or grad(x) < 0") == [2, 8]
    assert found(trace, "value(z) < 0 and op = add") == []


def test_a_named_array_stands_until_it_is_written_again() -> None:
    trace = make("sum(x*x) + sum(x)", x=np.array([1.0, -2.0]))
    (sums,) = [e.i for e in trace.events if e.kind == "value" and trace.nodes[e.node].name == "f"]
    assert found(trace, "value(x) < 0 and value(f) > 0") == [sums]
    writes = found(trace, "grad(x) written")
    assert found(trace, "grad(x)[1] < 0") == [i for i in writes if trace.events[i].total[1] < 0]
    assert found(trace, "x[0] = 1") == [trace.value_event("x")]


def test_changed_is_said_of_values_that_differ_from_the_pass_before() -> None:
    trace = make("h = tanh(w*x); h*h", steps=1, x=0.0, w=2.0)
    names = [trace.nodes[trace.events[i].node].name for i in found(trace, "changed")]
    assert names == []
    trace = make("h = tanh(w*x); h + 0*x", steps=1, x=0.5, w=2.0)
    names = [trace.nodes[trace.events[i].node].name for i in found(trace, "changed")]
    assert names[0] in ("w", "x")
    assert found(trace, "changed and kind = contribution") == []
    assert min(found(trace, "changed")) >= trace.forward_range(1).start
    assert "0" not in names


def test_a_place_in_a_file_is_told_by_its_name_and_line() -> None:
    trace = ARRAYS[2]
    line = next(node.location.line for node in trace.nodes if node.op == "tanh" and node.location)
    here = found(trace, f"test_judging.py:{line}")
    ops = {trace.nodes[trace.events[i].node].op for i in here}
    assert {"matmul", "tanh"} <= ops
    assert found(trace, f"elsewhere.py:{line}") == []
    assert here == found(trace, f"line {line}")


def test_constants_of_one_name_are_all_meant() -> None:
    trace = make("x*2 + x**2 + 2", x=3.0)
    twos = [n.id for n in trace.nodes if n.name == "2"]
    assert len(twos) > 1
    assert found(trace, "name = 2") == twos


def test_other_dtypes() -> None:
    trace = engine.record_with(lambda x: (x * x).sum(), {"x": np.ones(3)}, dtype="float32")
    assert found(trace, "dtype = float32")
    assert found(trace, "dtype = float64") == []


def test_a_node_of_many_contributions_has_exact_totals() -> None:
    def wide(x: engine.Tensor) -> engine.Tensor:
        total = x
        for k in range(200):
            total = total + x * (0.1 * k + 1)
        return total

    trace = engine.record(wide, x=0.3)
    totals = [e.total for e in trace.events if e.kind == "contribution" and e.node == 0]
    assert len(totals) == 201
    for k in (1, 70, 150, 200):
        # The condition sees the very float that the trace shows.
        here = found(trace, f"grad(x) = {totals[k]!r}")
        assert here == [trace.arrivals(0)[k]]
        assert here == [
            i for i in found(trace, f"grad = {totals[k]!r}") if trace.events[i].node == 0
        ]


def test_nothing_is_computed_twice_and_nothing_is_kept_of_a_trace_that_is_gone() -> None:
    from tutor.debugger.stops.columns import columns_of

    trace = make("x*x", x=3)
    assert columns_of(trace.passes[0]) is columns_of(trace.passes[0])
    other = make("x*x", x=3)
    assert columns_of(other.passes[0]) is not columns_of(trace.passes[0])


@pytest.mark.parametrize("text", ["grad[0] > 0", "value[5] > 0", "W[0] > 1"])
def test_an_entry_that_is_not_there_has_no_relation(text: str) -> None:
    assert found(SCALARS[1], text) == []
