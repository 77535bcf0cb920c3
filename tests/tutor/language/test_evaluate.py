"""Programs as functions of Tensors, recorded by the engine."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import engine
from engine.proof import check_gradients
from engine.trace import Trace
from tutor.language import LanguageError, bind, parse, read_at


def trace_of(text: str, at: str) -> Trace:
    given = read_at([at])
    program = parse(text, declared=given)
    return engine.record(program.function(), **bind(program, given))


def sub_terms(text: str, trace: Trace) -> dict[str, str]:
    """The text that each node with a place was made by."""
    found = {}
    for node in trace.nodes:
        place = node.location
        if place is not None and place.start is not None:
            found[node.name] = text[place.start : place.end]
    return found


def test_the_first_example() -> None:
    text = "(x + y)*z"
    trace = trace_of(text, "x=-2,y=5,z=-4")
    assert [node.name for node in trace.nodes] == ["x", "y", "z", "q", "f"]
    assert [trace.value(name) for name in "xyzqf"] == [-2, 5, -4, 3, -12]
    assert [trace.grad(name) for name in "xyzqf"] == [-4, -4, 3, -4, 1]
    assert len(trace.events) == 10
    assert sub_terms(text, trace) == {"q": "x + y", "f": "(x + y)*z"}


def test_statements_name_their_nodes() -> None:
    text = "z = w*x + b\na = σ(z);\n(a - y)²/2"
    trace = trace_of(text, "w=0.5,x=2,b=-1,y=1")
    places = sub_terms(text, trace)
    assert places["z"] == "w*x + b"
    assert places["a"] == "σ(z)"
    lines = {node.name: node.location.line for node in trace.nodes if node.location}
    assert (lines["z"], lines["a"]) == (1, 2)
    assert trace.value("a") == 0.5
    assert trace.grad("w") == pytest.approx(-0.5 * 0.25 * 2)
    last = trace.nodes[trace.output]
    assert last.location is not None
    assert last.location.line == 3


def test_a_sigmoid_neuron() -> None:
    text = "f = 1/(1 + exp(-(w0 + w1*x1 + w2*x2))); -ln(f)"
    trace = trace_of(text, "w0=-3,w1=2,w2=-3,x1=-1,x2=-2")
    expected = {"w0": -0.268941, "w1": 0.268941, "w2": 0.537883, "x1": -0.537883, "x2": 0.806824}
    for name, gradient in expected.items():
        assert trace.grad(name) == pytest.approx(gradient, abs=5e-7)
    assert trace.value("f") == pytest.approx(0.731059, abs=5e-7)


def test_a_layer() -> None:
    trace = trace_of("z = W @ x + b; a = sigmoid(z); sum(a)", "W=[[1,-2],[-1,1]],x=[1,-1],b=[1,0]")
    np.testing.assert_allclose(trace.value("a"), [0.982014, 0.119203], atol=5e-7)
    gradient = trace.grad("W")
    np.testing.assert_allclose(
        np.asarray(gradient), [[0.0176627, -0.0176627], [0.104994, -0.104994]], atol=5e-7
    )


def value(text: str, **inputs: Any) -> Any:
    result = parse(text, declared=inputs).function()(**inputs)
    return result.tolist()


x3 = np.array([1.0, -2.0, 3.0])
m23 = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + 1", x3 + 1),
        ("-x", -x3),
        ("+x", x3),
        ("2x²", 2 * x3**2),
        ("x/2", x3 / 2),
        ("2**x", 2**x3),
        ("x**-1", x3**-1),
        ("A @ x", m23 @ x3),
        ("x @ Aᵀ", x3 @ m23.T),
        ("A.T @ A", m23.T @ m23),
        ("x > 0", [1, 0, 1]),
        ("x <= -2", [0, 1, 0]),
        ("x == 3", [0, 0, 1]),
        ("x != 3", [1, 1, 0]),
        ("(x > 0) + (x > 2)", [1, 0, 2]),
        ("(x > 0) - (x < 0)", [1, -1, 1]),
        ("-(x > 0)", [-1, 0, -1]),
        ("sum(x > 0)", 2),
        ("mean(x > 0)", 2 / 3),
        ("(x > 0)*(x > 2)", [0, 0, 1]),
        ("1 - (x > 0)", [0, 1, 0]),
        ("max((x > 0)*2, x > 5)", [2, 0, 2]),
        ("(A > 2) @ (x > 0)", [1, 2]),
        ("2**(x > 0)", [2, 1, 2]),
        ("(x > 0) > (x > 2)", [1, 0, 0]),
        ("(A > 2).T[1]/(A[0] > 1)[1]", [0, 1]),
        ("exp((x > 0))", np.exp([1, 0, 1])),
        ("x[0]", 1),
        ("x[-1]", 3),
        ("x[1:]", [-2, 3]),
        ("x[::-1]", x3[::-1]),
        ("A[1, 2]", 6),
        ("A[:, 1]", [2, 5]),
        ("A[0]", [1, 2, 3]),
        ("A[:, ::2]", m23[:, ::2]),
        ("[1, 2, 3]*x", [1, -4, 9]),
        ("[x[0], 2, x[2]/2]", [1, 2, 1.5]),
        ("[[1, 2, 3], [4, 5, 6]] @ x", m23 @ x3),
        ("[x, -x]", [x3, -x3]),
        ("[1, 2][1]*x", 2 * x3),
        ("sum(x)", 2),
        ("sum(A, axis=0)", m23.sum(0)),
        ("sum(A, 1)", m23.sum(1)),
        ("mean(A, axis=-1, keepdims=True)", m23.mean(-1, keepdims=True)),
        ("max(x)", 3),
        ("min(A, axis=0)", m23.min(0)),
        ("max(x, 0)", np.maximum(x3, 0)),
        ("min(x, 0)", np.minimum(x3, 0)),
        ("maximum(x, 0)", np.maximum(x3, 0)),
        ("where(x > 0, x, 10)", [1, 10, 3]),
        ("abs(x)", np.abs(x3)),
        ("sign(x)", np.sign(x3)),
        ("outer(x, x)", np.outer(x3, x3)),
        ("dot(x, x)", 14),
        ("einsum(ij,j->i, A, x)", m23 @ x3),
        ("einsum(ij->, A)", 21),
        ("reshape(A, (3, 2))", m23.reshape(3, 2)),
        ("reshape(A, [6])", m23.reshape(6)),
        ("concatenate(x, x)", np.concatenate([x3, x3])),
        ("flip(x)", x3[::-1]),
        ("ln(x²)", np.log(x3**2)),
        ("σ(x)", 1 / (1 + np.exp(-x3))),
        ("heaviside(x)", [1, 0, 1]),
        ("softmax(x)", np.exp(x3) / np.exp(x3).sum()),
        ("log_softmax(x)", x3 - np.log(np.exp(x3).sum())),
        ("a = x; b = a; b + a", 2 * x3),
        ("c = 2; c*x", 2 * x3),
        ("c = [1, 2, 3]; c*x", [1, -4, 9]),
    ],
)
def test_values(text: str, expected: Any) -> None:
    inputs: dict[str, Any] = {"x": x3, "A": m23}
    program = parse(text)
    used = {name: inputs[name] for name in program.inputs}
    np.testing.assert_allclose(
        program.function()(**used).tolist(), np.asarray(expected).tolist(), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1/2*x", 0.5),
        ("-2**2*x", -4.0),
        ("1/0*x", math.inf),
        ("(-1)**0.5*x", math.nan),
        ("9**9**9*x", math.inf),
        ("(2 > 1)*x", None),
    ],
)
def test_numbers_alone_are_one_constant(text: str, number: float | None) -> None:
    trace = trace_of(text, "x=1")
    constants = [node.id for node in trace.nodes if node.op == "constant"]
    if number is None:
        assert len(constants) == 2
    else:
        assert len(constants) == 1
        assert trace.value(constants[0]) == pytest.approx(number, nan_ok=True)


def test_a_program_without_inputs_is_a_constant() -> None:
    assert value("2 + 3") == 5.0
    assert value("[1, 2]") == [1.0, 2.0]


def test_an_alias_does_not_rename_the_input() -> None:
    trace = trace_of("a = x; b = a*y; c = b; c + a", "x=2,y=3")
    assert [node.name for node in trace.nodes] == ["x", "y", "b", "f"]


def test_a_named_constant_has_its_name() -> None:
    trace = trace_of("rate = 0.1; rate*x", "x=2")
    assert trace.value("rate") == 0.1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_constants_take_the_type_of_the_inputs(dtype: str) -> None:
    text = "sum([1, 2]*x/3 + 0.1*exp(x)**2 - 2**x + (x > 1)*x + [x[0], 0.5])"
    x = np.array([0.5, 1.5], dtype=dtype)
    trace = engine.record(parse(text).function(), x=x)
    assert {node.dtype for node in trace.nodes if node.op != "gt"} == {dtype}


def test_the_parameters_are_the_inputs_in_order() -> None:
    function = parse("L = (b*y + a)²").function()
    assert list(inspect.signature(function).parameters) == ["b", "y", "a"]
    assert function.__name__ == "L"


def test_other_inputs_are_refused() -> None:
    function = parse("x*y").function()
    with pytest.raises(TypeError, match="the inputs are x, y; given were x, z"):
        function(x=1.0, z=2.0)


@pytest.mark.parametrize(
    ("text", "pointed", "said"),
    [
        ("2*(A @ A) + 1", "A @ A", "matmul: (2, 3) @ (2, 3): inner sizes 3 and 2 differ"),
        ("exp(x + A[:, 0])", "x + A[:, 0]", "add"),
        ("y = x[3]; y*2", "x[3]", "out of bounds"),
        ("sum(A, axis=2) + 1", "sum(A, axis=2)", "sum"),
        ("reshape(A, (4, 2))", "reshape(A, (4, 2))", "reshape"),
        ("[x, A]", "[x, A]", "stack"),
        ("[[1, 2], [3, 4]] @ x", "[[1, 2], [3, 4]] @ x", "inner sizes 2 and 3"),
        ("x[0, 0]", "x[0, 0]", "getitem"),
        ("einsum(ik,kj->ij, A, A)", "einsum(ik,kj->ij, A, A)", "einsum"),
    ],
)
def test_what_the_engine_refuses_points_at_the_sub_term(text: str, pointed: str, said: str) -> None:
    inputs: dict[str, Any] = {"x": x3, "A": m23}
    program = parse(text)
    with pytest.raises(LanguageError) as caught:
        program.function()(**{name: inputs[name] for name in program.inputs})
    error = caught.value
    assert error.reason == "bad_arguments"
    assert error.text[error.start : error.end] == pointed
    assert said in error.message


def test_every_sub_term_is_the_text_of_its_node() -> None:
    text = "h = max(0, W@x + b); L = -(h.T[0] - 2(y - 1)²)"
    trace = trace_of(text, "W=[[1,2],[3,4]],x=[1,2],b=[0,1],y=3")
    places = [
        text[node.location.start : node.location.end]
        for node in trace.nodes
        if node.location is not None
    ]
    assert places == [
        "W@x",
        "W@x + b",
        "max(0, W@x + b)",
        "h.T",
        "h.T[0]",
        "y - 1",
        "(y - 1)²",
        "2(y - 1)²",
        "h.T[0] - 2(y - 1)²",
        "-(h.T[0] - 2(y - 1)²)",
    ]


def test_a_tall_tree_is_worked_out() -> None:
    trace = trace_of("+".join(["x"] * 200), "x=1")
    assert trace.value(trace.output) == 200
    assert trace.grad("x") == 200


def test_reading_alone_imports_no_engine() -> None:
    code = (
        "import sys; from tutor.language import parse, parse_at, unparse, words\n"
        "unparse(parse('z = 2(x + y)*w; z²')); parse_at(['x=1,y=2'])\n"
        "print([name for name in ('numpy', 'engine', 'sympy') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("sum(((x > 0) - (x < 0))*x**2)", "x=[1,-2,3]"),
        ("[x[0], 2, x[1]] @ softmax([1, 2, 3]*x[::-1])", "x=[1,-2,3]"),
        ("h = max(0, W@x); -ln(softmax(h)[1])", "W=[[1,2],[3,4]],x=[1,2]"),
        ("where((x > y) > (y > 2), x, y)²", "x=3,y=1"),
    ],
)
def test_a_recorded_program_can_be_checked(text: str, at: str) -> None:
    check = check_gradients(trace_of(text, at))
    assert check.agrees, check
