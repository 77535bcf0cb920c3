"""A gate told as rows, sentences and data, with the formulas that a child process finds."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import engine
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.gates import Derived, GateError, examine, gate, gate_report, start
from tutor.debugger.gates.alone import alone
from tutor.debugger.gates.derive import parts
from tutor.debugger.gates.formulas import formulas, is_same
from tutor.language import parse
from tutor.sandbox.prover import Answer


def recorded(text: str, **inputs: Any) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def computed(p: Pass) -> list[int]:
    return [i for i, op in enumerate(p.ops) if op is not None]


def inner(p: Pass) -> list[int]:
    """All ops but the last."""
    return computed(p)[:-1]


@pytest.fixture(scope="module")
def neuron() -> Trace:
    return recorded("z = w*x; f = 1/(1 + exp(-z)); -ln(f)", w=2.0, x=0.5)


def sigmoid_nodes(trace: Trace) -> list[int]:
    p = trace.passes[0]
    return list(range(p.by_name["z"] + 1, p.by_name["f"] + 1))


def test_what_a_child_finds_out(neuron: Trace) -> None:
    p = neuron.passes[0]
    folded = gate(p, sigmoid_nodes(neuron), "σ gate")
    seen = examine(p, folded)
    job = start(p, folded, seen.known)
    derived = job.wait()
    assert derived.answer == Answer("proved")
    assert derived.same
    assert list(derived.formulas.values()) == ["f·(1 − f)"]
    assert job.poll() == derived
    job.stop()
    told = gate_report(neuron, folded, None, derived, seen)
    assert told.kind == "gate"
    assert told.title == "σ gate: four ops as one"
    assert told.aside == "tape ✓  differences ✓  SymPy ✓"
    assert told.sentences[:4] == (
        "σ gate is made of n1, n2, n3 and f. It takes z and gives f.",
        "These four gates are sigmoid, as SymPy proves.",
        "Its local derivative by z is f·(1 − f), 0.1966.",
        "To z goes −1.368 times 0.1966, −0.2689; the events inside passed on the same.",
    )
    texts = [" ".join(row.text.split()) for row in told.rows]
    assert "∂f/∂z = f·(1 − f) 0.1966" in texts
    assert "∂n4/∂f · ∂f/∂z −1.368 · 0.1966 −0.2689 ✓" in [t.replace("∂out", "∂n4") for t in texts]
    assert max(len(row.text) for row in told.rows) <= 78
    data = json.loads(json.dumps(told.document(), allow_nan=False))
    assert data["is"]["op"] == "sigmoid"
    assert data["is"]["proved"] is True
    assert data["locals"][0]["formula"] == "f·(1 − f)"
    assert data["checks"]["sympy"]["status"] == "proved"


def test_before_the_child_has_answered(neuron: Trace) -> None:
    p = neuron.passes[0]
    folded = gate(p, sigmoid_nodes(neuron), "σ gate")
    told = gate_report(neuron, folded)
    assert told.aside == "tape ✓  differences ✓  SymPy …"
    assert "These four gates are sigmoid: the same values at 11 points." in told.sentences
    assert "Its local derivative by z is f·(1 − f), 0.1966." in told.sentences


def test_moments_before_the_gradient_comes(neuron: Trace) -> None:
    p = neuron.passes[0]
    folded = gate(p, sigmoid_nodes(neuron), "σ gate")
    early = gate_report(neuron, folded, 2)
    assert "No upstream gradient has come to it yet." in early.sentences
    assert sum("—" in row.text for row in early.rows) == 5
    half = gate_report(neuron, folded, neuron.arrivals("f")[-1] + 1)
    assert half.sentences[3].endswith("the events inside have not passed it on yet.")
    assert half.data["locals"][0]["passed"] is None


def test_ascii_and_foreign_names(neuron: Trace) -> None:
    folded = gate(neuron.passes[0], sigmoid_nodes(neuron), "my\x1b[31m gate")
    told = gate_report(neuron, folded)
    assert "\x1b" not in told.title + "".join(told.sentences)
    plain = told.spelled(True)
    assert "".join([plain.title, *plain.sentences, *[r.text for r in plain.rows]]).isascii()


def test_a_gate_of_another_trace_is_refused(neuron: Trace) -> None:
    p = neuron.passes[0]
    folded = gate(p, sigmoid_nodes(neuron), "σ gate")
    with pytest.raises(GateError, match="σ gate belongs to no pass of this trace"):
        gate_report(recorded("x + 1", x=1.0), folded)


def test_a_later_pass() -> None:
    function = parse("1/(1 + exp(-w))").function()
    trace = engine.step(engine.record(function, w=1.0), function, 0.1)
    p = trace.passes[1]
    folded = gate(p, computed(p), "σ gate")
    told = gate_report(trace, folded)
    start_of_pass = trace.node_range(1).start
    assert told.data["output"] == start_of_pass + p.output
    assert told.data["is"]["op"] == "sigmoid"


FORMULAS = [
    ("tanh(w*x + b)", {"w": "x·(1 − f²)", "x": "w·(1 − f²)", "b": "1 − f²"}, ""),
    ("exp(-x*x)*x", {"x": "(1 − 2·x²)/exp(x²)"}, ""),
    ("sqrt(x*x + y*y)", {"x": "x/f", "y": "y/f"}, ""),
    ("exp(3*x)", {"x": "3·f"}, ""),
    ("x*x*y", {"x": "2·x·y", "y": "x²"}, ""),
    ("2*x + 3*y", {"x": "2", "y": "3"}, ""),
    ("maximum(x, 0)*y", {"x": "y", "y": "x"}, "x > 0"),
    ("sin(x)/y", {"x": "cos(x)/y", "y": "−sin(x)/y²"}, ""),
    ("x/(1 + x*x)", {"x": "(1 − x²)/(1 + x²)²"}, ""),
]


@pytest.mark.parametrize(("text", "expected", "where"), FORMULAS)
def test_formulas(text: str, expected: dict[str, str], where: str) -> None:
    p = recorded(text, **dict.fromkeys(expected, 0.7)).passes[0]
    folded = gate(p, computed(p))
    found = formulas(alone(p, folded), "f", 5.0)
    assert {f.input: f.text for f in found} == expected
    assert {f.where for f in found} == {where}


def test_what_is_proved_to_be_an_op() -> None:
    p = recorded("1/(1 + exp(-x))", x=0.3).passes[0]
    trace = alone(p, gate(p, computed(p)))
    assert is_same(trace, "sigmoid", {}, [0], 5.0)
    assert not is_same(trace, "tanh", {}, [0], 5.0)
    shifted = recorded("z = x - max(x); exp(z)/sum(exp(z))", x=[0.3, 1.0, -0.5]).passes[0]
    assert is_same(alone(shifted, gate(shifted, computed(shifted))), "softmax", {}, [0], 5.0)


def test_arrays_are_derived_for_one_cell() -> None:
    p = recorded("sum(1/(1 + exp(-x)))", x=[0.3, 1.0]).passes[0]
    folded = gate(p, inner(p), "σ gate")
    job = start(p, folded)
    derived = job.wait()
    assert [text.count("(1 − ") for text in derived.formulas.values()] == [1]
    assert derived.answer is not None
    assert derived.answer.status == "proved"


def test_what_is_not_sent_to_a_child() -> None:
    big = recorded("sum(tanh(W @ x))", W=np.ones((20, 20)), x=np.ones(20)).passes[0]
    refused = start(big, gate(big, inner(big), "layer"))
    answer = refused.wait().answer
    assert answer is not None
    assert answer.status == "skipped"
    assert answer.why.startswith("too large for symbols")
    assert refused.poll() is refused.wait()
    refused.stop()


def test_a_child_that_is_stopped_has_no_answer(neuron: Trace) -> None:
    p = neuron.passes[0]
    job = start(p, gate(p, sigmoid_nodes(neuron), "σ gate"))
    job.stop()
    derived = job.wait()
    assert derived.answer is not None
    assert derived.answer.status in ("skipped", "proved")
    assert isinstance(derived, Derived)


def test_the_child_gives_up_quietly() -> None:
    request = {"graph": {}, "name": "f", "op": "tanh", "params": {}, "order": [0], "seconds": 1.0}
    assert list(parts(request)) == []
    assert list(parts({**request, "op": None})) == [{"same": False}]
