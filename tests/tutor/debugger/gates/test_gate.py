"""Marked nodes as one gate: what it is made of, what it passes on, which op it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.ops import REGISTRY
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.gates import Gate, GateError, alone, examine, gate, known, locals_of
from tutor.language import parse


def neuron(w0: Any, w1: Any, w2: Any, x1: Any, x2: Any) -> Any:
    """WE-02: the sigmoid written as four gates."""
    return -engine.log(1 / (1 + engine.exp(-(w0 + w1 * x1 + w2 * x2))))


@pytest.fixture(scope="module")
def we_02() -> Trace:
    return engine.record(neuron, w0=-3.0, w1=2.0, w2=-3.0, x1=-1.0, x2=-2.0)


def computed(p: Pass) -> list[int]:
    return [i for i, op in enumerate(p.ops) if op is not None]


def ops(p: Pass, *names: str) -> list[int]:
    return [i for i, op in enumerate(p.ops) if op is not None and op.name in names]


def four(p: Pass) -> list[int]:
    """The four gates of the sigmoid: neg, exp, +1, 1/·."""
    exp = ops(p, "exp")[0]
    return [exp - 1, exp, *[k for k in ops(p, "add", "div") if k > exp]]


def test_four_gates_are_one_sigmoid(we_02: Trace) -> None:
    p = we_02.passes[0]
    folded = gate(p, four(p), "σ")
    assert [p.ops[k].name for k in folded.members] == ["neg", "exp", "add", "div"]  # type: ignore[union-attr]
    assert [p.names[k] for k in folded.inputs] == ["n4"]
    assert [p.names[k] for k in folded.fixed] == ["1", "1"]
    (local,) = locals_of(p, folded)
    assert local.slope == pytest.approx(0.196612, abs=1e-6)
    assert local.contribution == pytest.approx(-0.268941, abs=1e-6)
    assert local.contribution == local.passed
    assert local.agrees
    seen = examine(p, folded)
    assert (seen.tape.status, seen.differences.status) == ("agrees", "agrees")
    assert seen.known is not None
    assert (seen.known.op, seen.known.order) == ("sigmoid", (0,))


def test_marked_constants_are_what_feeds_the_gate(we_02: Trace) -> None:
    p = we_02.passes[0]
    everything = gate(p, set(range(len(p.ops))) - set(p.inputs.values()))
    assert (everything.output, everything.name) == (p.output, "f")
    assert len(everything.inputs) == 5
    assert len(everything.fixed) == 2
    assert all(p.ops[node] is not None for node in everything.members)


@pytest.mark.parametrize(
    ("text", "marked", "message"),
    [
        ("exp(x*y) + x", ["x"], "x is an input; a gate takes inputs from outside, so unmark it"),
        ("exp(x*y) + x", [], "a gate needs at least two nodes that compute, none is marked"),
        ("sin(x) + cos(x)", ["sin", "cos"], "a gate has one output, but .* are used outside"),
        (
            "exp(sin(x))*sin(x)",
            ["sin", "mul"],
            "a way leads out of the gate at n1 and in again through n2",
        ),
        ("exp(x)", [99], "there is no node 99; there are 2"),
    ],
)
def test_what_is_no_gate(text: str, marked: list[Any], message: str) -> None:
    p = engine.record_with(parse(text).function(), dict.fromkeys(parse(text).inputs, 1.0)).passes[0]
    nodes: list[int] = []
    for name in marked:
        nodes += [name] if isinstance(name, int) else ops(p, name) or [p.inputs[name]]
    if marked == ["sin", "mul"]:
        nodes = [ops(p, "sin")[0], p.output]
    with pytest.raises(GateError, match=message) as caught:
        gate(p, nodes)
    assert "\n" not in str(caught.value)


def test_a_gate_of_arrays_is_told_entry_by_entry() -> None:
    trace = engine.record(lambda x: engine.sum(1 / (1 + engine.exp(-x))), x=[-1.0, 0.5, 3.0])
    p = trace.passes[0]
    folded = gate(p, ops(p, "neg", "exp", "add", "div"))
    (local,) = locals_of(p, folded)
    out = p.values[folded.output]
    np.testing.assert_allclose(local.slope, out * (1 - out), rtol=1e-12)
    assert examine(p, folded).known is not None


def test_a_gate_that_is_not_elementwise_has_a_table_of_slopes() -> None:
    def f(z: Any) -> Any:
        e = engine.exp(z - engine.max(z))
        return engine.sum((e / engine.sum(e)) * np.array([1.0, 2.0, 3.0]))

    p = engine.record(f, z=[0.5, 1.0, -1.0]).passes[0]
    folded = gate(p, ops(p, "max", "sub", "exp", "div") + ops(p, "sum")[:1])
    seen = examine(p, folded)
    out = p.values[folded.output]
    np.testing.assert_allclose(seen.locals[0].slope, np.diag(out) - np.outer(out, out), atol=1e-12)
    assert seen.locals[0].agrees
    assert seen.known is not None
    assert seen.known.op == "softmax"
    large = engine.record(
        lambda W, x: engine.sum(engine.tanh(W @ x)), W=np.ones((9, 9)), x=np.ones(9)
    )
    p = large.passes[0]
    assert [local.slope for local in locals_of(p, gate(p, ops(p, "matmul", "tanh")))] == [None] * 2


KNOWN = {
    "1/(1 + exp(-x))": "sigmoid",
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))": "tanh",
    "log(1 + exp(x))": "softplus",
    "x*sigmoid(x)": "swish",
    "maximum(x, 0*x)": "relu",
    "sqrt(x*x)": "abs",
    "exp(x) - 1": "expm1",
    "(exp(x) + exp(-x))/2": "cosh",
    "x + (-y)": "sub",
    "-y + x": "sub",
    "y*(1/x)": "div",
    "log(exp(x) + exp(y))": "logaddexp",
}


@pytest.mark.parametrize("text", KNOWN)
def test_a_gate_is_recognised(text: str) -> None:
    trace = engine.record_with(parse(text).function(), dict.fromkeys(parse(text).inputs, 0.7))
    p = trace.passes[0]
    found = known(alone(p, gate(p, computed(p))))
    assert found is not None
    assert found.op == KNOWN[text]
    values = [p.values[p.inputs[n]] for n in parse(text).inputs]
    inputs = gate(p, computed(p)).inputs
    operands = [p.values[inputs[k]] for k in found.order]
    assert REGISTRY[found.op](*operands, **found.params).item() == pytest.approx(trace.value("f"))
    assert len(values) == len(found.order)


@pytest.mark.parametrize(
    "text", ["exp(x) + 0.5", "-(-x)", "x - x + 1", "exp(sin(x))", "x*y + x", "3*x + 1"]
)
def test_what_is_no_op_of_the_registry(text: str) -> None:
    trace = engine.record_with(parse(text).function(), dict.fromkeys(parse(text).inputs, 0.7))
    p = trace.passes[0]
    assert known(alone(p, gate(p, computed(p)))) is None


def test_a_constant_that_others_use_too_is_no_output() -> None:
    def f(x: Any) -> Any:
        two = Tensor(2.0, name="two")
        engine.exp(engine.sin(two * x))
        return x + two

    p = engine.record(f, x=1.0).passes[0]
    with pytest.raises(GateError, match="two is used outside the gate too; unmark it"):
        gate(p, [*ops(p, "mul", "sin", "exp"), p.by_name["two"]])


def test_a_wrong_rule_inside_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REGISTRY["exp"], "vjp", lambda xp, g, out, x: (g,))
    p = engine.record(lambda x: 1 / (1 + engine.exp(-x)), x=1.0).passes[0]
    assert examine(p, gate(p, ops(p, "neg", "exp", "add", "div"))).differences.wrong


def test_where_no_gradient_is_wanted() -> None:
    p = engine.record(lambda x: x * engine.exp(Tensor(2.0) + 1.0), x=3.0).passes[0]
    folded = gate(p, ops(p, "add", "exp"))
    assert folded.inputs == ()
    seen = examine(p, folded)
    assert seen.locals == ()
    assert seen.tape.status == "absent"


def drawn_pass(data: st.DataObject) -> Pass:
    """A graph of any shape on two numbers."""
    names = st.sampled_from(["add", "mul", "sub", "tanh"])
    size = data.draw(st.integers(2, 12))
    choose = [
        data.draw(st.tuples(names, st.integers(0, k + 1), st.integers(0, k + 1)))
        for k in range(size)
    ]

    def build(x: Any, y: Any) -> Any:
        made = [x, y]
        for name, i, k in choose:
            op = REGISTRY[name]
            made.append(op(made[i]) if op.arity == 1 else op(made[i], made[k]))
        return made[-1] + 0.5 * made[-2]

    return engine.record(build, x=0.6, y=-0.4).passes[0]


@given(st.data())
def test_upstream_times_local_is_what_the_events_passed_on(data: st.DataObject) -> None:
    p = drawn_pass(data)
    output = data.draw(st.sampled_from([i for i in computed(p) if p.consumers[i] or i == p.output]))
    members = {output}
    for node in range(output - 1, -1, -1):
        users = p.consumers[node]
        if users and p.ops[node] is not None and members.issuperset(users):
            members.add(node)
    assume(len(members) > 1)
    folded: Gate = gate(p, members)
    assert (set(folded.members), folded.output) == (members, output)
    for local in locals_of(p, folded):
        assert local.agrees
        if local.passed is not None:
            upstream = p.gradients[output]
            assert upstream * local.slope == pytest.approx(local.passed, rel=1e-9, abs=1e-12)


@given(st.data())
def test_what_is_refused_is_no_gate(data: st.DataObject) -> None:
    p = drawn_pass(data)
    members = data.draw(st.sets(st.sampled_from(computed(p)), min_size=2))
    below: list[set[int]] = []
    for operands in p.operands:
        below.append({*operands, *(k for operand in operands for k in below[operand])})
    convex = not any(
        below[node] & members and any(node in below[m] for m in members)
        for node in range(len(p.ops))
        if node not in members
    )
    outputs = [m for m in members if m == p.output or set(p.consumers[m]) - members]
    try:
        folded = gate(p, members)
    except GateError:
        assert not (convex and len(outputs) == 1)
    else:
        assert convex
        assert outputs == [folded.output]
