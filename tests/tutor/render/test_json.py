from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.trace import Trace
from tutor.language import parse, parse_at
from tutor.render.json_ import document, dumps, plain

CHECKS = {
    "finite_difference": {"agrees": True, "max_error": 0.0},
    "sympy": {"status": "skipped"},
}
EXPRESSIONS = [
    ("(x + y)*z", "x=-2,y=5,z=-4"),
    ("x", "x=1"),
    ("2*3", ""),
    ("x*x*x + step(x)*y", "x=0.5,y=2"),
    ("log(x)/y", "x=0,y=0"),
    ("log(x)*sqrt(x)", "x=-1"),
    ("exp(x)*1e250", "x=700"),
    ("sum(log(x)*x)", "x=[0,-1,2,inf]"),
    ("z = W@x + b; p = softmax(z); -log(p[1])", "W=[[1,2],[3,4]],x=[1,2],b=0.5"),
    ("sum(relu(x)*(x > 0.5))", "x=[[1,-1,3]]"),
    ("W@x", "W=[[1,2],[3,4]],x=[1,2]"),
    ("max(x, axis=0)*1", "x=[[1,2],[3,4]]"),
    ("x > 1", "x=2"),
]


def make(expression: str, at: str, steps: int = 0, **options: Any) -> Trace:
    program = parse(expression)
    given = parse_at([at]) if at else {}
    inputs = {name: given[name] for name in program.inputs}
    trace = engine.record_with(program.function(), inputs, **options)
    for _ in range(steps):
        trace = engine.step(trace, program.function(), 0.1)
    return trace


def read(trace: Trace) -> dict[str, Any]:
    """The document as a reader gets it; NaN and Infinity as literals are refused."""

    def refuse(literal: str) -> None:
        raise AssertionError(f"{literal} in JSON")

    return dict(json.loads(dumps(document(trace, CHECKS)), parse_constant=refuse))


def number(data: Any) -> float:
    """A JSON number, or one of the three words."""
    assert type(data) in (int, float) or data in ("nan", "inf", "-inf")
    return float(data)


def array(data: Any, shape: list[int]) -> np.ndarray:
    """Nested lists of the given shape, all the way down."""
    if not shape:
        return np.asarray(number(data))
    assert isinstance(data, list)
    assert len(data) == shape[0]
    return np.array([array(part, shape[1:]) for part in data]).reshape(shape)


def check_document(trace: Trace, data: dict[str, Any]) -> None:
    """That the document has the form of format 1 and holds the trace's first pass, bit for bit."""
    assert list(data) == ["format", "output", "inputs", "nodes", "events", "checks"]
    assert data["format"] == 1
    assert set(data["output"]) == {"name", "shape", "value"}
    assert list(data["inputs"]) == list(trace.inputs)
    for one in data["inputs"].values():
        assert set(one) == {"shape", "value", "grad"}
        assert array(one["value"], one["shape"]).shape == tuple(one["shape"])
    assert [node["id"] for node in data["nodes"]] == list(range(len(data["nodes"])))
    for node in data["nodes"]:
        assert set(node) == {
            "id", "name", "op", "inputs", "scope", "shape", "value", "grad", "rule",
        }  # fmt: skip
        assert (node["rule"] is None) == (node["op"] in ("input", "constant"))
    for i in trace.node_range(0):
        node, shape = data["nodes"][i], data["nodes"][i]["shape"]
        np.testing.assert_array_equal(
            array(node["value"], shape), np.asarray(trace.value(i), float)
        )
        if trace.grad(i) is None:
            assert node["grad"] is None
        else:
            np.testing.assert_array_equal(array(node["grad"], shape), trace.grad(i))
    assert [event["i"] for event in data["events"]] == list(range(len(trace.events)))
    for event in data["events"]:
        check_event(data, event)


def check_event(data: dict[str, Any], event: dict[str, Any]) -> None:
    keys = set(event) - {"i", "kind", "node"}
    shape = data["nodes"][event["node"]]["shape"]
    for key in keys & {"amount", "total", "old", "new"}:
        array(event[key], shape)
    if event["kind"] == "value":
        assert keys in (set(), {"old", "new"})
    elif event["kind"] == "seed":
        assert keys == {"amount", "total"}
    elif event["kind"] == "update":
        assert keys == {"amount", "old", "new", "rate"}
    else:
        assert event["kind"] == "contribution"
        assert keys in (
            {"from", "upstream", "amount", "total"},
            {"from", "upstream", "amount", "total", "local"},
        )
        source = data["nodes"][event["from"]]
        assert event["node"] in source["inputs"]
        array(event["upstream"], source["shape"])
        assert ("local" in event) == engine.ops.REGISTRY[source["op"]].elementwise
        if "local" in event:
            array(event["local"], source["shape"])


@pytest.mark.parametrize(("expression", "at"), EXPRESSIONS)
@pytest.mark.parametrize("dtype", [None, "float32", "float16"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_form(expression: str, at: str, dtype: str | None) -> None:
    trace = make(expression, at, dtype=dtype)
    check_document(trace, read(trace))


@given(
    st.sampled_from([e for e, at in EXPRESSIONS if "x=" in at and "[" not in at]),
    st.lists(st.floats(), min_size=3, max_size=3),
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_any_float_comes_back(expression: str, values: list[float]) -> None:
    program = parse(expression)
    inputs = dict(zip(program.inputs, values, strict=False))
    trace = engine.record_with(program.function(), inputs)
    data = read(trace)
    check_document(trace, data)
    for name, value in inputs.items():
        back = number(data["inputs"][name]["value"])
        assert back == value or (math.isnan(back) and math.isnan(value))


def test_a_gradient_that_does_not_arrive_is_null() -> None:
    data = read(make("sum(x*2) + 0*len0[0]", "x=[1,2],len0=[1,2]"))
    assert data["inputs"]["len0"]["grad"] == [0, 0]
    function = engine.record_with(lambda x, y: x * 2, {"x": 1.0, "y": 2.0})
    assert read(function)["inputs"]["y"]["grad"] is None
    constants = [n["grad"] for n in read(function)["nodes"] if n["op"] == "constant"]
    assert constants == [None]


def test_a_step_speaks_of_the_same_nodes() -> None:
    trace = make("(x + y)*z", "x=-2,y=5,z=-4", steps=2)
    data = read(trace)
    check_document(trace, data)
    assert len(data["nodes"]) == 5
    again = [e for e in data["events"] if e["kind"] == "value" and "new" in e]
    assert [e["node"] for e in again] == [0, 1, 2, 3, 4] * 2
    x = [e for e in again if e["node"] == 0]
    assert (x[0]["old"], x[0]["new"], x[1]["old"]) == (-2, -1.6, -1.6)
    update = next(e for e in data["events"] if e["kind"] == "update")
    assert update == {
        "i": 10, "kind": "update", "node": 0, "amount": -4, "old": -2, "new": -1.6, "rate": 0.1,
    }  # fmt: skip
    assert data["inputs"]["x"] == {"shape": [], "value": -2, "grad": -4}


def test_another_way_through_the_function_appends_its_nodes() -> None:
    def loss(x: engine.Tensor) -> engine.Tensor:
        return x * x if x.data > 1 else x + 1

    trace = engine.record(loss, x=1.2)
    for rate in (0.5, 0.5):
        trace = engine.step(trace, loss, rate)
    data = read(trace)
    check_document(trace, data)
    assert [node["op"] for node in data["nodes"]] == ["input", "mul", "input", "constant", "add"]
    assert data["nodes"][4]["inputs"] == [2, 3]
    values = [(e["node"], "new" in e) for e in data["events"] if e["kind"] == "value"]
    assert values == [
        (0, False), (1, False), (2, False), (3, False), (4, False), (2, True), (3, True), (4, True),
    ]  # fmt: skip


def test_plain() -> None:
    assert plain(None) is None
    assert plain(math.nan) == "nan"
    assert plain(np.array([1.0, -math.inf])) == [1.0, "-inf"]
    assert plain(np.array([True, False])) == [1.0, 0.0]
    assert plain(np.float32(0.1)) == float(np.float32(0.1))
    assert plain(np.zeros((0, 2))) == []
    assert dumps({"name": "σ"}) == '{"name": "\\u03c3"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps({"x": math.nan})
