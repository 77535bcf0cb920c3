"""What is loaded is what was saved, to the last bit."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.document import Document, DocumentError, ForeignOp, Source, read_bytes, write_bytes
from engine.errors import EngineError
from engine.ops import REGISTRY
from engine.ops.declare import REAL, op
from engine.passes import Decision
from engine.recording import record_with
from engine.source import Location
from engine.trace import Trace
from tests.engine.document.samples import assert_alike, assert_bits, members, random_trace


def back(trace: Trace) -> Trace:
    return read_bytes(write_bytes(Document(trace))).trace


@pytest.mark.long
@given(st.integers(0, 10**6))
def test_random_graphs(seed: int) -> None:
    trace = random_trace(seed)
    data = write_bytes(Document(trace))
    loaded = read_bytes(data).trace
    assert_alike(trace, loaded)
    assert write_bytes(Document(loaded)) == data


def test_everything_that_stands_beside_the_trace() -> None:
    trace = engine.record(lambda x: x * x, x=2.0)
    source = Source("file", "/home/ada/lößt.py", "def f(x):\r\n    return x * x\n\ud800", "f")
    document = Document(trace, source, {"title": "squares \x1b[31m", "made by": "ada"})
    loaded = read_bytes(write_bytes(document))
    assert (loaded.source, loaded.about) == (source, document.about)
    expression = Document(trace, Source("expression", "", "x*x"))
    assert read_bytes(write_bytes(expression)).source == expression.source
    assert read_bytes(write_bytes(Document(trace))).source is None


def test_strange_numbers_and_strange_arrays() -> None:
    payload = np.array([0x7FF8000000000123, 0xFFF8000000000456], dtype=np.uint64).view(float)
    inputs = {
        "x": np.array([math.nan, math.inf, -math.inf, -0.0, 5e-324]),
        "y": payload,
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "none": np.zeros((0, 3)),
        "flags": np.array([True, False]),
    }
    p = engine.record(
        lambda x, y, f, none, flags: (
            x.sum() + y.sum() + f.sum() + none.sum() + engine.where(flags, 1.0, y).sum()
        ),
        **inputs,
    )
    loaded = back(p)
    assert_alike(p, loaded)
    for name, array in inputs.items():
        value: Any = loaded.value(name)
        assert_bits(value, np.asarray(array, dtype=value.dtype))
        with pytest.raises(ValueError, match="read-only"):
            value[...] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            value.setflags(write=True)
    given: Any = loaded.value("f")
    assert given.flags.f_contiguous == p.value("f").flags.f_contiguous  # type: ignore[union-attr]


def test_numbers_of_another_machine_are_turned_into_those_of_a_document() -> None:
    trace = engine.record(lambda x: engine.sum(x * x), x=np.arange(3.0).astype(">f8"))
    value: Any = back(trace).value("x")
    assert (value.tolist(), value.dtype.str) == ([0.0, 1.0, 2.0], "<f8")


def test_fortran_order_stays() -> None:
    p = engine.record(lambda W: engine.sum(W.T @ W), W=np.ones((3, 2))).passes[0]
    turned = {i: np.asfortranarray(a) for i, a in p.values.arrays.items()}
    trace = Trace((replace(p, values=replace(p.values, arrays=turned)),))
    loaded = back(trace)
    assert [a.flags.f_contiguous for a in loaded.passes[0].values.arrays.values()] == [True] * 3
    assert_alike(trace, loaded)


def test_what_is_shared_stays_shared() -> None:
    p = engine.record(lambda x: engine.sum(engine.tanh(x)), x=[1.0, 2.0]).passes[0]
    loaded = back(Trace((p,))).passes[0]
    for one in (p, loaded):
        assert one.gradients.arrays[0] is one.amounts.arrays[len(one.sources) - 1]
    repeated = engine.record(lambda x: x[0] + x[1] + x[0], x=[1.0, 2.0])
    texts = members(write_bytes(Document(repeated)))["tables.jsonl"].decode()
    assert texts.count("params") == 2
    assert texts.count('"op"') == 2


def test_several_passes_seeds_and_updates() -> None:
    def f(x: Any, y: Any) -> Any:
        return engine.sin(x) * y

    trace = record_with(f, {"x": [0.5, 0.25], "y": 2.0}, dtype="float32", upstream=[1.0, -1.0])
    for _ in range(3):
        trace = engine.step(trace, f, 0.125, ["x"])
    loaded = back(trace)
    assert_alike(trace, loaded)
    assert [len(p.updates) for p in loaded.passes] == [1, 1, 1, 0]
    assert_alike(engine.step(loaded, f, 0.5), engine.step(trace, f, 0.5))


def test_a_result_that_depends_on_nothing() -> None:
    trace = engine.record(lambda x: engine.exp(1.0) * 2.0, x=1.0)
    assert trace.passes[0].seed is None
    assert_alike(trace, back(trace))
    assert_alike(engine.record(lambda x: x, x=1.0), back(engine.record(lambda x: x, x=1.0)))


def test_decisions() -> None:
    p = engine.record(lambda x: x * x, x=2.0).passes[0]
    place = Location("loss.py", 3)
    decisions = (
        Decision(0, "truth", True, place),
        Decision(1, "number", 4.0),
        Decision(1, "number", math.inf, p.locations[1]),
        Decision(0, "whole number", 2, Location(None, 1, 0, 3)),
    )
    loaded = back(Trace((replace(p, decisions=decisions),)))
    assert loaded.passes[0].decisions == decisions
    assert type(loaded.passes[0].decisions[3].outcome) is int


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        (slice(None), 0),
        (Ellipsis, slice(0, 2, 1)),
        (slice(None), [0, 0, 1]),
        (None, 1),
        np.array([1, 0]),
        np.array([True, False]),
        (np.int64(1), np.array([0, 2], dtype=np.int32)),
        (np.array([[0], [1]], dtype=np.uint8), np.array([0, 2])),
        [[0, 1], [1, 0]],
    ],
    ids=repr,
)
def test_parameters(index: Any) -> None:
    trace = engine.record(lambda x: engine.sum(x[index]), x=np.arange(6.0).reshape(2, 3))
    loaded = back(trace)
    assert_alike(trace, loaded)
    assert repr(loaded.passes[0].params) == repr(dict(trace.passes[0].params))


def test_special_floats_are_parameters_too() -> None:
    trace = engine.record(lambda x: engine.clip(x, lo=-math.inf, hi=0.1), x=1.0)
    assert back(trace).passes[0].params == {1: {"lo": -math.inf, "hi": 0.1}}


def test_an_op_of_ones_own_can_be_looked_at() -> None:
    @op("⊙", rule="doubled twice", domain=(REAL, REAL), elementwise=True)
    def bespoke(xp: Any, a: Any, b: Any, *, by: float = 2.0) -> Any:
        """A product of one's own."""
        return a * b * by

    @bespoke.gradient
    def _(xp: Any, g: Any, out: Any, a: Any, b: Any, *, by: float = 2.0) -> Any:
        return g * b * by, g * a * by

    try:
        trace = engine.record(lambda x: engine.exp(bespoke(x, x, by=3.0)), x=0.5)
        data = write_bytes(Document(trace))
        assert_alike(trace, read_bytes(data).trace)
    finally:
        del REGISTRY["bespoke"]
    loaded = read_bytes(data).trace
    foreign = loaded.passes[0].ops[1]
    assert isinstance(foreign, ForeignOp)
    assert (foreign.name, foreign.symbol, foreign.arity) == ("bespoke", "⊙", 2)
    assert loaded.nodes[1].params == {"by": 3.0}
    assert [e.amount for e in loaded.events] == [e.amount for e in trace.events]
    assert [e.local for e in loaded.events if e.source == 1] == [None, None]
    for run in (foreign.forward, foreign.vjp):
        with pytest.raises(EngineError, match="bespoke: this program has no such op"):
            run(None, 1.0, 1.0)
    assert write_bytes(Document(loaded)) == data


def test_an_op_of_the_same_name_that_is_another_one_is_foreign() -> None:
    data = write_bytes(Document(engine.record(engine.tanh, x=1.0)))
    (known,) = [p for p in read_bytes(data).trace.passes[0].ops if p is not None]
    assert known is REGISTRY["tanh"]
    other = ForeignOp(
        {"name": "tanh", "symbol": "t", "arity": 1, "variadic": True, "elementwise": False}
    )
    p = engine.record(engine.tanh, x=1.0).passes[0]
    again = back(Trace((replace(p, ops=(None, other)),)))
    assert again.nodes[1].op == "tanh*"


def test_the_arrays_are_numpys() -> None:
    trace = engine.record(lambda x, y: x @ y, x=[1.0, 2.0], y=[3.0, 4.0])
    with np.load(io.BytesIO(write_bytes(Document(trace))), allow_pickle=False) as arrays:
        assert arrays["operands"].tolist() == [0, 1]
        assert arrays["data_float64"][:4].tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"params": {1: {"axis": {1, 2}}}}, r"node 1 \(sum\): a parameter of type set cannot be s"),
        ({"params": {1: {"axis": 2**63}}}, "a whole number of more than 64 bits"),
        ({"params": {1: {"axis": (0,) * 100_001}}}, "more than 100000 entries and is no array"),
        ({"given_names": {0: "x" * 10_001}}, "the name of a node is no text of at most 10000 char"),
        ({"scopes": {1: ("s",) * 1001}}, "a scope is more than 1000 deep"),
        ({"seed": np.array([1 + 2j])}, "an array of complex128 cannot be saved"),
    ],
)
def test_what_cannot_be_saved(change: dict[str, Any], message: str) -> None:
    p = engine.record(engine.sum, x=[1.0, 2.0]).passes[0]
    with pytest.raises(DocumentError, match=message):
        write_bytes(Document(Trace((replace(p, **change),))))
    wrong = {0: np.array([object()])}
    with pytest.raises(DocumentError, match=r"node 0 \(a leaf\): an array of object cannot be sav"):
        write_bytes(Document(Trace((replace(p, values=replace(p.values, arrays=wrong)),))))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"source": Source("file", "n" * 10_001, "")}, "the name of the source is no text"),
        ({"source": Source("file", "n", "t" * (2**24 + 1))}, "the source text is longer than"),
        ({"about": {"k": 3}}, "about: 'k' is no text, or too long"),
        ({"about": {str(i): "" for i in range(1001)}}, "about: more than 1000 entries"),
    ],
)
def test_what_cannot_be_saved_beside_the_trace(parts: dict[str, Any], message: str) -> None:
    trace = engine.record(lambda x: x * x, x=2.0)
    with pytest.raises(DocumentError, match=message):
        write_bytes(Document(trace, **parts))
