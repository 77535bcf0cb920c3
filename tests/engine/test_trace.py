"""The recorded trace: what it holds, that it never changes, and that any moment can be read."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.errors import EngineError, GradientError
from engine.recording import record_with


def product(x: Any, y: Any, z: Any) -> Any:
    return (x + y) * z


@pytest.fixture
def trace() -> engine.Trace:
    return engine.record(product, x=-2, y=5, z=-4)


def test_events_of_the_first_example(trace: engine.Trace) -> None:
    assert [(n.name, n.op, n.inputs) for n in trace.nodes] == [
        ("x", "input", ()),
        ("y", "input", ()),
        ("z", "input", ()),
        ("q", "add", (0, 1)),
        ("f", "mul", (3, 2)),
    ]
    assert [e.kind for e in trace.events] == ["value"] * 5 + ["seed"] + ["contribution"] * 4
    last = trace.events[8]
    assert (last.source, last.node, last.operand) == (3, 0, 0)
    assert (last.upstream, last.local, last.amount, last.total) == (-4.0, 1.0, -4.0, -4.0)
    assert {name: trace.grad(name) for name in "xyzqf"} == {
        "x": -4,
        "y": -4,
        "z": 3,
        "q": -4,
        "f": 1,
    }


def test_nothing_is_known_before_it_happens(trace: engine.Trace) -> None:
    assert not trace.known("q", 3)
    assert trace.known("q", 4)
    assert trace.grad_at("q", 6) is None
    assert trace.grad_at("q", 7) == -4.0
    assert trace.grad_at("f", 5) is None
    assert trace.grad_at("f", 6) == 1.0


def test_a_fan_out_arrives_term_by_term() -> None:
    trace = engine.record(lambda x: x * x + 3.0 * x, x=2.0)
    arrivals = trace.arrivals("x")
    assert [trace.events[i].amount for i in arrivals] == [3.0, 2.0, 2.0]
    assert [trace.events[i].total for i in arrivals] == [3.0, 5.0, 7.0]
    assert [trace.grad_at("x", i + 1) for i in arrivals] == [3.0, 5.0, 7.0]
    assert trace.consumers("x") == [1, 1, 3]
    assert trace.departures(1) == [i for i in arrivals if trace.events[i].source == 1]


def test_moments_agree_with_a_replay_of_the_events() -> None:
    def f(x: Any, w: Any) -> Any:
        h = np.tanh(w @ x)
        return (h * h).sum() + h[0] * x[1]

    rng = np.random.default_rng(0)
    trace = engine.record(f, x=rng.normal(size=3), w=rng.normal(size=(2, 3)))
    gradients: dict[int, Any] = {}
    known: set[int] = set()
    for cursor, event in enumerate(trace.events):
        for node in range(len(trace.nodes)):
            assert trace.known(node, cursor) == (node in known)
            at = trace.grad_at(node, cursor)
            assert (at is None) == (node not in gradients)
            if at is not None:
                np.testing.assert_array_equal(at, gradients[node])
        if event.kind == "value":
            known.add(event.node)
        elif event.kind == "seed":
            gradients[event.node] = event.amount
        else:
            before = gradients.get(event.node)
            gradients[event.node] = event.amount if before is None else before + event.amount
    for node, gradient in gradients.items():
        np.testing.assert_array_equal(trace.grad(node), gradient)


def test_recording_and_eager_mode_give_the_same_bits() -> None:
    rng = np.random.default_rng(1)
    w, x = rng.normal(size=(4, 3)), rng.normal(size=3)

    def f(w: Any, x: Any) -> Any:
        return np.log1p(np.exp(w @ x)).sum() / (1.0 + x @ x)

    trace = engine.record(f, w=w, x=x)
    tensors = Tensor(w, requires_grad=True), Tensor(x, requires_grad=True)
    f(*tensors).backward()
    for name, tensor in zip("wx", tensors, strict=True):
        np.testing.assert_array_equal(trace.grad(name), tensor.grad.data)  # type: ignore[union-attr]


def test_nothing_done_later_changes_a_trace() -> None:
    w = np.array([1.0, 2.0])
    captured = Tensor(np.array([3.0, 4.0]), requires_grad=True, name="captured")
    trace = engine.record(lambda w: (w * captured.reshape((2,))).sum(), w=w)
    w[:] = 99.0
    captured.data[:] = 99.0
    assert trace.value("w").tolist() == [1.0, 2.0]
    assert trace.value("captured").tolist() == [3.0, 4.0]
    for node in trace.nodes:
        value = trace.value(node.id)
        if node.op == "reshape":
            assert value.tolist() == [3.0, 4.0]
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0.0
    gradient = trace.grad("w")
    with pytest.raises(ValueError, match="read-only"):
        gradient[...] = 0.0
    with pytest.raises(AttributeError):
        trace.passes = ()  # type: ignore[misc]


def test_recording_leaves_other_tensors_alone() -> None:
    captured = Tensor(3.0, requires_grad=True)
    trace = engine.record(lambda x: x * captured, x=2.0)
    assert captured.grad is None
    assert trace.nodes[1].op == "input"
    assert trace.grad(1) == 2.0
    earlier = captured * 2.0
    trace = engine.record(lambda x: x * earlier, x=2.0)
    assert trace.nodes[1].inputs == ()
    assert trace.value(1) == 6.0


def test_constants_are_nodes_named_by_their_number() -> None:
    trace = engine.record(lambda x: 2 * x + np.array([1.0, 2.0]), x=3.0)
    constants = [n for n in trace.nodes if n.op == "constant"]
    assert [n.name for n in constants] == ["2", "c"]
    assert not any(n.requires_grad for n in constants)
    assert all(trace.grad(n.id) is None for n in constants)


def test_names_scopes_and_lines() -> None:
    def f(x: Any, w: Any) -> Any:
        with engine.scope("layer1"), engine.scope("unit"):
            z = x * w
            z.name = "z"
        return z + z

    trace = engine.record(f, x=2.0, w=3.0)
    z = trace.nodes[trace.id("z")]
    assert z.scope == ("layer1", "unit")
    assert z.named
    assert z.location is not None
    assert z.location.file == __file__
    assert z.location.line == f.__code__.co_firstlineno + 2
    assert trace.nodes[trace.output].name == "f"
    assert trace.nodes[trace.output].scope == ()


def test_intermediates_are_numbered_and_no_two_names_alike() -> None:
    def f(x: Any) -> Any:
        for _ in range(3):
            x = x * 2.0
            x.name = "h"
        return x + x * x

    names = [n.name for n in engine.record(f, x=1.0).nodes if n.op != "constant"]
    assert names == ["x", "h", "h_2", "h_3", "q", "f"]


def test_a_result_that_is_no_scalar_is_seeded_with_ones_or_as_asked() -> None:
    trace = engine.record(lambda x: x * x, x=[1.0, 2.0])
    assert trace.passes[0].seed.tolist() == [1.0, 1.0]
    assert trace.grad("x").tolist() == [2.0, 4.0]
    trace = record_with(lambda x: x * x, {"x": [1.0, 2.0]}, upstream=[1.0, 10.0])
    assert trace.grad("x").tolist() == [2.0, 40.0]
    with pytest.raises(GradientError, match=r"shape \(3,\) for an output of shape \(2,\)"):
        record_with(lambda x: x * x, {"x": [1.0, 2.0]}, upstream=np.ones(3))


def test_dtype_rounds_the_inputs() -> None:
    trace = record_with(lambda x: x * x, {"x": 0.1}, dtype="float16")
    assert trace.nodes[0].dtype == trace.nodes[1].dtype == "float16"
    assert trace.value("x") == np.float16(0.1)


def test_a_result_that_depends_on_no_input_has_no_backward_pass() -> None:
    trace = engine.record(lambda x: Tensor(4.0) * 2.0, x=1.0)
    assert [e.kind for e in trace.events].count("seed") == 0
    assert trace.grad("x") is None
    trace = engine.record(lambda x: 7.0, x=1.0)
    assert trace.value(trace.output) == 7.0
    with pytest.raises(EngineError, match="returned a str"):
        engine.record(lambda x: "no", x=1.0)


def test_flat_operands_get_no_event() -> None:
    trace = engine.record(lambda x: np.where(x > 0, x * 2.0, x), x=[1.0, -1.0])
    assert trace.grad("x").tolist() == [2.0, 1.0]
    mask = next(n for n in trace.nodes if n.op == "gt")
    assert trace.arrivals(mask.id) == []
    assert trace.grad(mask.id) is None


def test_step_updates_and_runs_again() -> None:
    trace = engine.record(product, x=-2, y=5, z=-4)
    trace = engine.step(trace, product, 0.1, wrt=["x", "z"])
    assert len(trace.passes) == 2
    updates = [trace.events[i] for i in trace.update_range(0)]
    assert [(e.kind, e.node, e.old, e.amount, e.rate, e.new) for e in updates] == [
        ("update", 0, -2.0, -4.0, 0.1, -1.6),
        ("update", 2, -4.0, 3.0, 0.1, -4.3),
    ]
    second = trace.counterpart(trace.output, 1)
    assert second == 9
    assert trace.value(second) == pytest.approx((-1.6 + 5) * -4.3)
    assert trace.counterpart(9, 0) == 4
    assert trace.pass_at(0) == 0
    assert trace.pass_at(12) == 0
    assert trace.pass_at(13) == 1
    third = engine.step(trace, product, 0.1)
    assert [len(p.updates) for p in third.passes] == [2, 3, 0]
    assert [e.i for e in third.events] == list(range(len(third.events)))
    assert [n.id for n in third.nodes] == list(range(15))


def test_step_refuses_what_it_cannot_update() -> None:
    trace = engine.record(lambda x, y: x * 2.0, x=1.0, y=1.0)
    with pytest.raises(EngineError, match="'w' is no input; the inputs are x, y"):
        engine.step(trace, lambda x, y: x, 0.1, wrt=["w"])
    with pytest.raises(GradientError, match="no gradient reached y"):
        engine.step(trace, lambda x, y: x, 0.1)


def test_a_branch_that_flips_leaves_no_counterpart() -> None:
    def f(x: Any) -> Any:
        return x * 2.0 if x > 0 else x * 3.0 + 1.0

    trace = engine.step(engine.record(f, x=0.1), f, 0.1)
    assert trace.counterpart(0, 1) is None


def test_threads_do_not_write_into_each_others_recordings() -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        started.set()
        go_on.wait(5)
        return x * x

    traces: list[engine.Trace] = []
    worker = threading.Thread(target=lambda: traces.append(engine.record(slow, x=3.0)))
    worker.start()
    started.wait(5)
    Tensor(1.0, requires_grad=True) * 2.0
    other = engine.record(lambda y: y + 1.0, y=1.0)
    go_on.set()
    worker.join()
    assert len(traces[0].nodes) == 2
    assert len(other.nodes) == 3


def test_a_large_scalar_graph_takes_under_200_bytes_a_node() -> None:
    def f(x: Any) -> Any:
        for _ in range(5000):
            x = x * 1.0001 + 0.1
        return x

    trace = engine.record(f, x=1.0)
    assert len(trace.nodes) == 20_001
    assert sum(p.nbytes for p in trace.passes) / len(trace.nodes) < 200


def test_local_derivatives_stand_only_beside_elementwise_ops() -> None:
    trace = engine.record(lambda w, x: np.exp(w @ x), w=np.ones((2, 2)), x=[1.0, 2.0])
    by_op = {trace.nodes[e.source].op: e for e in trace.events if e.kind == "contribution"}  # type: ignore[index]
    assert by_op["matmul"].local is None
    np.testing.assert_allclose(by_op["exp"].local, np.exp([3.0, 3.0]))


def test_unknown_nodes_and_events_are_errors(trace: engine.Trace) -> None:
    with pytest.raises(KeyError, match=r"there is no node called .nope.; the inputs are x"):
        trace.value("nope")
    with pytest.raises(IndexError):
        trace.value(5)
    with pytest.raises(IndexError):
        trace.events[10]
    assert trace.events[-1].i == 9
    assert [e.i for e in trace.events[2:4]] == [2, 3]


def test_the_collector_is_left_as_it_was_found() -> None:
    before = gc.get_threshold()
    inside: list[tuple[int, int, int]] = []

    def f(x: Any) -> Any:
        inside.append(gc.get_threshold())
        engine.record(lambda y: y * 2.0, y=1.0)
        inside.append(gc.get_threshold())
        return x * 2.0

    engine.record(f, x=1.0)
    with pytest.raises(ZeroDivisionError):
        engine.record(lambda x: x / (1 // 0), x=1.0)
    assert gc.get_threshold() == before
    assert inside == [(100_000, *before[1:])] * 2


def test_an_op_that_passes_to_one_operand_only_is_recorded_in_scalars() -> None:
    trace = engine.record(lambda x, y: engine.where(x > 0.0, x, y) * (x > 0.5), x=2.0, y=3.0)
    assert (trace.grad("x"), trace.grad("y")) == (1.0, 0.0)


def test_an_op_that_takes_a_node_twice_and_passes_to_it_once() -> None:
    p = engine.record(lambda x: engine.where(x, x, x * 2.0), x=3.0).passes[0]
    edges = zip(p.sources.tolist(), p.slots.tolist(), p.targets.tolist(), strict=True)
    assert list(zip(edges, p.amounts.floats.tolist(), strict=True)) == [
        ((3, 1, 0), 1.0),
        ((3, 2, 2), 0.0),
        ((2, 0, 0), 0.0),
    ]


def test_the_op_of_a_node(trace: engine.Trace) -> None:
    assert trace.op("x") is None
    assert trace.op("q") is engine.add
    with pytest.raises(IndexError, match="there is no node 5"):
        trace.op(5)


def test_operands_are_numbered_in_two_bytes_where_that_is_enough() -> None:
    few = engine.record(lambda x: engine.sum(engine.stack([x] * 32_768)), x=3.0).passes[0]
    many = engine.record(lambda x: engine.sum(engine.stack([x] * 32_769)), x=3.0).passes[0]
    assert (few.slots.dtype, many.slots.dtype) == (np.int16, np.int32)
    assert many.slots[1:].tolist() == list(range(32_769))


def test_a_trace_is_told_in_a_line(trace: engine.Trace) -> None:
    assert repr(trace) == "<Trace of f: 5 nodes, 10 events>"
    assert repr(trace.passes[0]) == "<Pass 0: 5 nodes, 10 events>"
    assert repr(trace.nodes) == "<5 to read one by one, or list() for all>"
    assert "2 passes" in repr(engine.step(trace, product, 0.1))
