"""What if: a recorded graph is run again with something changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.document import Document, ForeignOp, read_bytes, write_bytes
from engine.errors import EngineError, GradientError, ShapeError
from engine.gates import can_open
from engine.ops import REGISTRY
from engine.passes import Decision, Pass
from engine.recording import appended, record_with, updates_of
from engine.rerun import FlippedError, rerun
from engine.source import Location
from tests.engine.document.samples import assert_pass, random_trace

NUMBERS = st.floats(-3, 3)


def neuron(x: Any, w: Any, b: Any) -> Any:
    with engine.scope("layer1"):
        z = x * w + b
        z.name = "z"
        h = engine.tanh(z)
    return (h - 0.5) ** 2


def two_layers(x: Any, W: Any, V: Any) -> Any:
    with engine.scope("hidden"):
        h = engine.relu(W @ x)
    p = engine.softmax(V @ h)
    return -engine.log(p[1])


def only(trace: engine.Trace) -> Pass:
    (p,) = trace.passes
    return p


@given(NUMBERS, NUMBERS, NUMBERS)
def test_other_inputs_give_what_the_function_gives(x: float, w: float, b: float) -> None:
    p = only(engine.record(neuron, x=1.0, w=2.0, b=3.0))
    again = rerun(p, inputs={"x": x, "w": w, "b": b})
    assert again.nodes == tuple(range(len(p.ops)))
    assert_pass(again.pass_, only(engine.record(neuron, x=x, w=w, b=b)))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_nothing_changed_is_the_same_pass(dtype: str) -> None:
    r = np.random.default_rng(0)
    inputs = {"x": r.normal(size=3), "W": r.normal(size=(4, 3)), "V": r.normal(size=(2, 4))}
    p = only(record_with(two_layers, inputs, dtype=dtype))
    assert_pass(rerun(p).pass_, p)
    W = r.normal(size=(4, 3))
    changed = rerun(p, inputs={"W": W})
    assert changed.pass_.values[p.inputs["W"]].dtype == dtype
    assert_pass(changed.pass_, only(record_with(two_layers, {**inputs, "W": W}, dtype=dtype)))


def test_all_inputs_are_rounded_on_demand() -> None:
    inputs = {"x": [0.1, 0.2, 0.3], "W": np.full((4, 3), 0.7), "V": np.full((2, 4), -0.3)}
    p = only(record_with(two_layers, inputs))
    assert_pass(
        rerun(p, dtype="float16").pass_, only(record_with(two_layers, inputs, dtype="float16"))
    )


def test_a_value_is_of_the_kind_that_was_there() -> None:
    p = only(engine.record(lambda self, on: engine.where(on, self, 2.0), self=1, on=[True, False]))
    q = rerun(p, inputs={"self": True, "on": np.array([False, False])}).pass_
    assert (type(q.value(0)), q.value(0)) == (float, 1.0)
    assert q.value(q.output).tolist() == [2.0, 2.0]
    assert rerun(p, inputs={"on": [0.5, 0.0]}).pass_.value(1).dtype == np.float64


def test_a_seed_is_kept_or_given_anew() -> None:
    p = only(record_with(lambda x: x * x, {"x": [1.0, 2.0]}, upstream=[1.0, 10.0]))
    assert rerun(p).pass_.gradient(0).tolist() == [2.0, 40.0]  # type: ignore[union-attr]
    again = rerun(p, upstream=[1.0, 0.0], index=3).pass_
    assert again.gradient(0).tolist() == [2.0, 0.0]  # type: ignore[union-attr]
    assert (again.seed_given, again.index) == (True, 3)
    with pytest.raises(GradientError, match=r"gradient of shape \(3,\)"):
        rerun(p, upstream=[1.0, 2.0, 3.0])


def test_a_node_is_held_at_a_value() -> None:
    p = only(engine.record(neuron, x=1.0, w=2.0, b=3.0))
    z = p.by_name["z"]
    held = rerun(p, values={z: 0.5})
    q = held.pass_
    new = held.nodes[z]
    assert new is not None
    assert (q.ops[new], q.values[new], q.names[new]) == (None, 0.5, "z")
    assert q.value(q.output) == pytest.approx((np.tanh(0.5) - 0.5) ** 2)
    assert q.gradient(new) == pytest.approx(2 * (np.tanh(0.5) - 0.5) * (1 - np.tanh(0.5) ** 2))
    assert [q.gradient(q.inputs[name]) for name in "xwb"] == [None, None, None]
    assert [q.names[k] for k in held.nodes if k is not None] == list(p.names)
    assert_pass(rerun(q).pass_, q)


def test_the_output_held_is_seeded_all_the_same() -> None:
    p = only(engine.record(neuron, x=1.0, w=2.0, b=3.0))
    q = rerun(p, values={p.output: 7.0}).pass_
    assert (q.value(q.output), q.gradient(q.output), q.names[q.output]) == (7.0, 1.0, "f")


def test_a_constant_is_changed_and_takes_its_number_as_its_name() -> None:
    p = only(engine.record(lambda x: 2.0 * x + 1.0, x=3.0))
    q = rerun(p, values={p.by_name["2"]: 5.0}).pass_
    assert q.value(q.output) == 16.0
    assert q.gradient(q.inputs["x"]) == 5.0
    assert q.by_name["5"] == p.by_name["2"]
    assert {"x", "q", "f", "1"} <= set(q.names)


def test_a_captured_parameter_stays_one() -> None:
    captured = Tensor(3.0, requires_grad=True)
    p = only(engine.record(lambda x: x * captured, x=2.0))
    q = rerun(p, inputs={"x": 5.0}).pass_
    assert (q.gradient(1), q.names) == (5.0, p.names)


def test_another_op_at_a_node() -> None:
    p = only(engine.record(lambda x: engine.relu(x * 2.0) * 3.0, x=0.25))
    node = next(i for i, op in enumerate(p.ops) if op is not None and op.name == "relu")
    q = rerun(p, ops={node: (REGISTRY["tanh"], {})}).pass_
    assert q.ops[node] is REGISTRY["tanh"]
    assert q.gradient(0) == pytest.approx(6 * (1 - np.tanh(0.5) ** 2))
    assert q.names == p.names
    leaky = rerun(p, ops={node: (REGISTRY["leaky_relu"], {"slope": 0.1})}, inputs={"x": -1.0})
    assert leaky.pass_.params == {node: {"slope": 0.1}}
    assert leaky.pass_.value(p.output) == pytest.approx(-0.6)


def test_another_op_has_to_fit() -> None:
    p = only(engine.record(two_layers, x=np.ones(3), W=np.ones((4, 3)), V=np.ones((2, 4))))
    relu = next(i for i, op in enumerate(p.ops) if op is not None and op.name == "relu")
    line = two_layers.__code__.co_firstlineno
    with pytest.raises(EngineError, match=rf"n2 \(test_rerun.py:{line + 2}\): add takes 2 operan"):
        rerun(p, ops={relu: (REGISTRY["add"], {})})
    with pytest.raises(EngineError, match="x: no op made it"):
        rerun(p, ops={p.inputs["x"]: (REGISTRY["tanh"], {})})
    with pytest.raises(
        ShapeError, match=rf"n3 \(test_rerun.py:{line + 3}\): matmul: \(2, 4\) @ \(\)"
    ):
        rerun(p, ops={relu: (REGISTRY["sum"], {})})
    with pytest.raises(ShapeError, match="slope"):
        rerun(p, ops={relu: (REGISTRY["tanh"], {"slope": 1.0})})


def test_an_input_of_another_shape_goes_where_the_ops_take_it() -> None:
    p = only(engine.record(two_layers, x=np.ones(3), W=np.ones((4, 3)), V=np.ones((2, 4))))
    q = rerun(p, inputs={"W": np.ones((5, 3)), "V": np.ones((2, 5))}).pass_
    assert q.value(q.output) == pytest.approx(np.log(2))
    with pytest.raises(ShapeError, match=r"n1 \(test_rerun.py:\d+\): matmul: \(5, 2\) @ \(3,\)"):
        rerun(p, inputs={"W": np.ones((5, 2))})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": {"y": 1.0}}, "'y' is no input; the inputs are x, w, b"),
        ({"values": {99: 1.0}}, "there is no node 99; there are"),
        ({"gates": [-1]}, "there is no node -1"),
        ({"gates": [0]}, "x: no op made it, so there is nothing to open"),
        ({"inputs": {"x": "one"}}, "x: a tensor cannot be made from a str"),
        ({"inputs": {"x": None}}, "x: a tensor cannot be made from a NoneType"),
        ({"inputs": {"x": [[1.0], [1.0, 2.0]]}}, "x: a tensor is rectangular"),
    ],
)
def test_changes_of_what_is_not_there(changes: Any, message: str) -> None:
    p = only(engine.record(neuron, x=1.0, w=2.0, b=3.0))
    with pytest.raises(EngineError, match=message):
        rerun(p, **changes)


def test_a_node_is_opened_into_its_gates() -> None:
    p = only(engine.record(neuron, x=1.0, w=2.0, b=-2.5))
    tanh = next(i for i, op in enumerate(p.ops) if op is not None and op.name == "tanh")
    made = rerun(p, gates=[tanh])
    q, new = made.pass_, made.nodes[tanh]
    assert new is not None
    inside = [i for i, scope in q.scopes.items() if scope == ("layer1", p.names[tanh])]
    assert [q.ops[i].name for i in inside] == ["exp", "neg", "exp", "sub", "add", "div"]  # type: ignore[union-attr]
    assert inside[-1] == new
    assert [q.names[k] for k in made.nodes if k is not None] == list(p.names)
    assert len(set(q.names)) == len(q.names)
    assert {q.locations[i] for i in inside} == {p.locations[tanh]}
    for old, k in enumerate(made.nodes):
        assert k is not None
        assert q.value(k) == pytest.approx(p.value(old), rel=1e-12)
        assert q.gradient(k) == (
            None if p.gradient(old) is None else pytest.approx(p.gradient(old), rel=1e-12)
        )
    exp = next(i for i in inside if q.ops[i] is REGISTRY["exp"])
    with pytest.raises(EngineError, match="exp is not made of smaller ops"):
        rerun(q, gates=[exp])
    sub = next(i for i in inside if q.ops[i] is REGISTRY["sub"])
    deeper = rerun(q, gates=[sub]).pass_
    assert ("layer1", p.names[tanh], q.names[sub]) in deeper.scopes.values()


def branching(x: Any, y: Any) -> Any:
    if x > y:
        x = x * x
    return x + 0.5 * y


def test_a_branch_is_recorded_and_not_decided_again() -> None:
    p = only(engine.record(branching, x=2.0, y=1.0))
    assert_pass(rerun(p, inputs={"x": 3.0}).pass_, only(engine.record(branching, x=3.0, y=1.0)))
    with pytest.raises(FlippedError) as caught:
        rerun(p, inputs={"x": 0.0})
    line = branching.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        f"the branch at test_rerun.py:{line} was taken because x > y; "
        "with these values it would not be: run the file itself again"
    )
    assert (caught.value.node, caught.value.location) == (
        p.decisions[0].node,
        Location(__file__, line),
    )
    other = only(engine.record(branching, x=0.0, y=1.0))
    with pytest.raises(FlippedError, match="was not taken because it is not so that x > y"):
        rerun(other, inputs={"x": 3.0})
    loaded = read_bytes(write_bytes(Document(engine.record(branching, x=2.0, y=1.0)))).trace
    with pytest.raises(FlippedError, match="was taken because x > y"):
        rerun(only(loaded), inputs={"y": 9.0})


def test_what_was_written_in_place_is_written_again() -> None:
    def fill(x: Any) -> Any:
        h = np.zeros_like(x)
        for i in range(3):
            h[i] = engine.tanh(x[i] + (h[i - 1] if i else 0.0))
        return h.sum()

    p = only(engine.record(fill, x=[0.5, -0.25, 1.0]))
    other = [1.0, 2.0, -3.0]
    assert_pass(rerun(p, inputs={"x": other}).pass_, only(engine.record(fill, x=other)))


@given(st.integers(0, 10**6))
def test_any_graph_runs_again_as_it_ran(seed: int) -> None:
    for p in read_bytes(write_bytes(Document(random_trace(seed)))).trace.passes:
        again = rerun(p, index=p.index)
        assert_pass(again.pass_, replace(p, updates=()))
        assert again.nodes == tuple(range(len(p.ops)))


@given(st.integers(0, 10**6), st.integers(0, 100))
def test_an_opened_graph_says_the_same(seed: int, chance: int) -> None:
    p = random_trace(seed).passes[0]
    can = [i for i, op in enumerate(p.ops) if op is not None and can_open(op)]
    made = rerun(p, gates=can[chance % 2 :: 2])
    q = made.pass_
    tolerance = 1e-6 if _wide(p) else 0.05
    for old, new in enumerate(made.nodes):
        assert new is not None
        assert q.names[new] == p.names[old]
        np.testing.assert_allclose(q.value(new), p.value(old), tolerance, tolerance)
        assert (q.gradient(new) is None) == (p.gradient(old) is None)


def _wide(p: Pass) -> bool:
    return all(np.asarray(p.value(i)).dtype.name == "float64" for i in range(len(p.ops)))


@pytest.mark.parametrize(
    ("kind", "was", "same", "other", "message"),
    [
        ("number", 2.5, 2.5, 2.75, r"looked at the number x = 2.5; with these values it is 2.75"),
        ("whole number", 2, 2.75, 3.5, r"the number x = 2; with these values it is 3: run"),
        ("whole number", 2, 2.0, np.nan, r"with these values it is none: run"),
        ("truth", True, 1.0, 0.0, r"the branch was taken because x ≠ 0; with these"),
    ],
)
def test_a_number_that_was_looked_at_stays(
    kind: Any, was: Any, same: float, other: float, message: str
) -> None:
    p = only(engine.record(lambda x: x * 2.0, x=2.5))
    p = replace(p, decisions=(Decision(p.inputs["x"], kind, was),))
    assert rerun(p, inputs={"x": same}).pass_.value(0) == same
    with pytest.raises(FlippedError, match=message):
        rerun(p, inputs={"x": other})
    nothing = replace(p, decisions=(Decision(p.inputs["x"], "number", np.nan),))
    assert rerun(nothing, inputs={"x": np.nan}).pass_.decisions == nothing.decisions


def stepped(trace: engine.Trace, rate: float, wrt: list[str]) -> engine.Trace:
    """A step of a session on a loaded trace: its graph in place of the function."""
    updates, values = updates_of(trace, rate, wrt)
    again = rerun(trace.passes[-1], inputs=values, index=len(trace.passes))
    return appended(trace, updates, again.pass_)


def test_a_step_on_the_graph_is_a_step_of_the_function() -> None:
    trace = engine.record(neuron, x=1.0, w=2.0, b=-2.5)
    loaded = read_bytes(write_bytes(Document(trace))).trace
    ours, theirs = loaded, trace
    for _ in range(3):
        ours = stepped(ours, 0.1, ["w", "b"])
        theirs = engine.step(theirs, neuron, 0.1, ["w", "b"])
    assert len(ours.passes) == 4
    for one, other in zip(ours.passes, theirs.passes, strict=True):
        assert_pass(one, other)
        assert (one.updates, one.index) == (other.updates, other.index)
    with pytest.raises(EngineError, match="'q' is no input"):
        stepped(trace, 0.1, ["q"])


def test_what_this_program_does_not_have_is_looked_at_and_not_run() -> None:
    p = only(engine.record(neuron, x=1.0, w=2.0, b=3.0))
    foreign = ForeignOp(
        {"name": "mystery", "symbol": "?", "arity": 1, "variadic": False, "elementwise": True}
    )
    tanh = next(i for i, op in enumerate(p.ops) if op is not None and op.name == "tanh")
    ops = tuple(foreign if i == tanh else op for i, op in enumerate(p.ops))
    strange = replace(p, ops=ops)
    events = [strange.event(i, 0, 0) for i in range(strange.event_count)]
    assert [e.node for e in events if e.source == tanh and e.local is None] == [p.by_name["z"]]
    with pytest.raises(
        EngineError, match=r"n2 \(test_rerun.*\): mystery: this program has no such"
    ):
        rerun(strange)
    assert_pass(rerun(strange, ops={tanh: (REGISTRY["tanh"], {})}).pass_, p)
    held = rerun(strange, values={tanh: 0.5}).pass_
    assert held.gradient(held.inputs["x"]) is None


def test_masks_are_of_the_dtype_that_was_recorded() -> None:
    p = only(engine.record(lambda x: engine.sum((x > 0.0) * x), x=[1.0, -2.0]))
    gt = next(i for i, op in enumerate(p.ops) if op is not None and op.name == "gt")
    assert rerun(p).pass_.values[gt].dtype == bool
    numbers = dict(p.values.arrays) | {gt: p.values[gt].astype(float)}
    q = replace(p, values=replace(p.values, arrays=numbers))
    assert rerun(q).pass_.values[gt].dtype == np.float64
