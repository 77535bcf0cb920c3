"""The function as a NumPy program: what it computes, against the trace and against differences."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor, Trace
from engine.errors import EngineError
from engine.ops import REGISTRY, Op
from engine.ops.declare import Sample, op
from engine.passes import Decision
from engine.proof import points
from tutor.language import parse
from tutor.render.code import LARGEST, numpy_code

DATA = Path(__file__).parents[2] / "data" / "random_expressions.json"
CASES: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["cases"]
SAMPLES = [
    pytest.param(op, sample, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, sample in enumerate(op.samples)
]


def loaded(text: str, folder: Path) -> ModuleType:
    """The program as a module."""
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("program", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def given(trace: Trace, at: int = 0) -> dict[str, Any]:
    p = trace.passes[at]
    return {name: np.array(p.value(node), dtype=float) for name, node in p.inputs.items()}


def compare(trace: Trace, folder: Path, *, at: int = 0, seed: Any = None) -> ModuleType:
    """Run the program on what was recorded: the same result, the same gradients, to rounding."""
    program = loaded(numpy_code(trace, at), folder)
    p = trace.passes[at]
    values = {name: np.array(p.value(node)) for name, node in p.inputs.items()}
    copies = {name: value.copy() for name, value in values.items()}
    with np.errstate(all="ignore"):
        result, cache = program.forward(**values)
        found = program.backward(cache, *([] if seed is None else [seed]))
    close(result, p.value(p.output))
    for name, node in p.inputs.items():
        gradient = p.gradient(node)
        assert (name in found) == (gradient is not None)
        if gradient is not None:
            assert np.shape(found[name]) == np.shape(gradient)
            close(found[name], gradient)
        np.testing.assert_array_equal(values[name], copies[name])
    return program


def close(ours: Any, recorded: Any) -> None:
    recorded = np.asarray(recorded, dtype=float)
    largest = np.max(np.abs(recorded[np.isfinite(recorded)]), initial=1.0)
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), recorded, rtol=1e-12, atol=1e-12 * float(largest)
    )


def recorded(made: Op, sample: Sample) -> Trace:
    """A sample's op between two others, so that its gradient rule gets an upstream gradient."""
    values = points.operands(made, sample)
    drawn = points.drawn(sample)
    names = [f"x{i}" for i in range(len(values))]

    def fn(**free: Tensor) -> Any:
        operands = [free.get(name, value) for name, value in zip(names, values, strict=True)]
        out = made(*operands, **sample.params)
        weights = np.random.default_rng(4).uniform(0.5, 1.5, out.shape)
        return (out * weights).sum()

    inputs = {n: v for n, v, is_free in zip(names, values, drawn, strict=True) if is_free}
    return engine.record(fn, **inputs)


@pytest.mark.parametrize(("made", "sample"), SAMPLES)
def test_every_op_of_the_registry(made: Op, sample: Sample, tmp_path: Path) -> None:
    trace = recorded(made, sample)
    program = compare(trace, tmp_path)
    assert program.check(given(trace)) < 1e-5


@pytest.mark.parametrize(("made", "sample"), SAMPLES)
def test_every_op_as_the_result(made: Op, sample: Sample, tmp_path: Path) -> None:
    values = points.operands(made, sample)
    names = [f"x{i}" for i in range(len(values))]
    inputs = dict(zip(names, values, strict=True))
    trace = engine.record(lambda **free: made(*free.values(), **sample.params), **inputs)
    compare(trace, tmp_path)


@pytest.mark.parametrize("case", CASES[::8], ids=range(0, len(CASES), 8))
def test_some_random_expressions(case: dict[str, Any], tmp_path: Path) -> None:
    check_case(case, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_all_random_expressions(case: dict[str, Any], tmp_path: Path) -> None:
    check_case(case, tmp_path)


def check_case(case: dict[str, Any], tmp_path: Path) -> None:
    program = parse(case["expression"])
    inputs = {name: np.array(case["inputs"][name]) for name in program.inputs}
    compare(engine.record(program.function(), **inputs), tmp_path)


def test_an_op_declared_here(tmp_path: Path) -> None:
    @op("⊛", rule="twice the gradient times x", samples=(Sample(((3,),)),), elementwise=True)
    def doubled_square(xp: Any, x: Any) -> Any:
        """x² + x², by way of a maximum."""
        y = x * x
        return xp.maximum(y, -1.0) + y

    @doubled_square.gradient
    def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
        return (g * (4 * x),)

    try:
        trace = engine.record(lambda x: engine.sum(doubled_square(x)), x=np.array([1.0, -2.0]))
        program = compare(trace, tmp_path)
        assert program.check(given(trace)) < 1e-8
    finally:
        del REGISTRY["doubled_square"]


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (
            lambda xp, x: xp.tan(x) if xp.name == "code" else x * 1,
            "(xp.tan is not in the namespace of ops)",
        ),
        (lambda xp, x: x if xp.name == "code" and x > 0 else x * 1, "looks at a number"),
        (lambda xp, x: x.round() if xp.name == "code" else x * 1, ".round"),
        (lambda xp, x: np.exp(x), "cannot be written down as code"),
    ],
)
def test_an_op_that_does_more_than_it_may_is_refused(forward: Any, message: str) -> None:
    strange = op("?", rule="none", elementwise=True, name="strange")(forward)
    strange.gradient(lambda xp, g, out, x: (g,))
    try:
        trace = engine.record(lambda x: engine.sum(strange(x)), x=np.array([1.0, -2.0]))
        with pytest.raises(EngineError, match=re.escape(message)) as caught:
            numpy_code(trace)
        assert str(caught.value).startswith("strange: ")
        assert "\n" not in str(caught.value)
    finally:
        del REGISTRY["strange"]


def body(text: str, name: str) -> list[str]:
    """The lines of one function, without comments."""
    lines = text.partition(f"def {name}(")[2].split("\n\n\n")[0].splitlines()[1:]
    return [line.strip() for line in lines if not line.strip().startswith("#")]


def test_the_first_worked_example_reads_as_one_writes_it() -> None:
    trace = engine.record(parse("(x + y)*z").function(), x=-2.0, y=5.0, z=-4.0)
    text = numpy_code(trace)
    assert body(text, "forward") == ["q = x + y", "f = q * z", "cache = (z, q)", "return f, cache"]
    assert body(text, "backward") == [
        "z, q = cache",
        "dq = df * z",
        "dz = df * q",
        "dx = dq",
        "dy = dq",
        'return {"x": dx, "y": dy, "z": dz}',
    ]
    assert "# f: mul passes to each factor the gradient times the other factor" in text


def test_a_layer_reads_as_one_writes_it(tmp_path: Path) -> None:
    def loss(W: Any, x: Any, b: Any) -> Any:
        return engine.sigmoid(W @ x + b).sum()

    trace = engine.record(
        loss, W=np.array([[1.0, -2.0], [-1.0, 1.0]]), x=np.array([1.0, -1.0]), b=np.array([1.0, 0])
    )
    lines = body(numpy_code(trace), "backward")
    assert "dW = np.outer(dn1, x)" in lines
    assert "dx = W.T @ dn1" in lines
    program = compare(trace, tmp_path)
    assert program.check(given(trace)) < 1e-8
    _, cache = program.forward(**given(trace))
    np.testing.assert_allclose(
        program.backward(cache)["W"], [[0.0176627, -0.0176627], [0.104994, -0.104994]], rtol=1e-5
    )


def network(**inputs: Any) -> Any:
    with engine.scope("layer 1"):
        h = engine.tanh(inputs["x"] @ inputs["W1"] + inputs["b1"])
    with engine.scope("layer 2"):
        z = h @ inputs["W2"] + inputs["b2"]
    return engine.cross_entropy(z, inputs["y"])


def network_inputs(rows: int = 4, wide: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "x": rng.normal(size=(rows, 3)),
        "W1": rng.normal(size=(3, wide)),
        "b1": rng.normal(size=wide),
        "W2": rng.normal(size=(wide, 3)),
        "b2": np.zeros(3),
        "y": np.arange(rows) % 3.0,
    }


def test_a_network(tmp_path: Path) -> None:
    trace = engine.record(network, **network_inputs())
    text = numpy_code(trace)
    lines = body(text, "backward")
    assert "dW1 = x.T @ dn1" in lines
    assert "db1 = dn2.sum(axis=0)" in lines
    assert "# layer 2" in text
    assert "# No gradient reaches y." in text
    program = compare(trace, tmp_path)
    assert program.check(given(trace)) < 1e-8


def test_a_program_of_its_own_says_how_far_it_is_from_differences(tmp_path: Path) -> None:
    trace = engine.record(network, **network_inputs(rows=400, wide=6))
    path = tmp_path / "loss.py"
    path.write_text(numpy_code(trace), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    last = done.stdout.splitlines()[-1]
    assert last.startswith("largest error against differences: ")
    assert float(last.rpartition(" ")[2]) < 1e-6
    assert "rng.normal(" in path.read_text(encoding="utf-8")
    assert "dW1 = " in done.stdout


def test_gradients_add_up_without_writing_into_each_other(tmp_path: Path) -> None:
    def shared(x: Any, y: Any) -> Any:
        a = x + y
        b = a + x
        c = a + b
        return ((a + b) * c + a).sum() + (b * b).sum() + a.sum()

    rng = np.random.default_rng(2)
    trace = engine.record(shared, x=rng.normal(size=(2, 3)), y=rng.normal(size=3))
    program = compare(trace, tmp_path)
    assert any(" += " in line for line in body(numpy_code(trace), "backward"))
    scalars = engine.record(shared_scalars, x=1.5, y=-0.5)
    compare(scalars, tmp_path)
    _, cache = program.forward(**given(trace))
    seed = np.array(1.0)
    program.backward(cache, seed)
    assert seed == 1.0


def shared_scalars(x: Any, y: Any) -> Any:
    a = engine.where(x > 0, x * y, y)
    b = a + a
    return b * a + engine.maximum(b, x) + a


@pytest.mark.parametrize("seed", range(20))
def test_graphs_in_which_gradients_are_shared_and_seen_otherwise(seed: int, tmp_path: Path) -> None:
    """Sums, views and repeated use at random: where an array must not be written into."""
    rng = np.random.default_rng(seed)
    choices: list[Any] = [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * 0.5 + b,
        lambda a, b: a + a,
        lambda a, b: engine.transpose(a),
        lambda a, b: engine.reshape(engine.reshape(a, (4,)), (2, 2)) + b,
        lambda a, b: a + engine.sum(b, axis=0),
        lambda a, b: engine.flip(a),
        lambda a, b: a[::-1] + b[:, :1],
        lambda a, b: engine.where(a > 0, a, b),
    ]

    def graph(x: Any, y: Any) -> Any:
        made = [x, y, x * y]
        for _ in range(15):
            first, second = rng.integers(0, len(made), 2)
            made.append(choices[rng.integers(len(choices))](made[first], made[second]))
        return sum((m for m in made[3:]), made[2])

    trace = engine.record(graph, x=rng.normal(size=(2, 2)), y=rng.normal(size=(2, 2)))
    compare(trace, tmp_path)


def test_two_uses_by_one_node_are_one_line() -> None:
    trace = engine.record(lambda x: x * x, x=3.0)
    assert body(numpy_code(trace), "backward")[1:] == [
        "t1 = df * x",
        "dx = t1 + t1",
        'return {"x": dx}',
    ]


def test_a_seed_that_is_an_array(tmp_path: Path) -> None:
    seed = np.array([1.0, -2.0, 0.5])
    trace = engine.record_with(lambda x: x * x + x, {"x": np.arange(3.0)}, upstream=seed)
    compare(trace, tmp_path, seed=seed)
    text = numpy_code(trace)
    assert "seed = np.array([1.0, -2.0, 0.5])" in text
    assert "check(inputs, seed)" in text
    np.testing.assert_array_equal(seed, [1.0, -2.0, 0.5])


def test_later_passes(tmp_path: Path) -> None:
    fn = parse("(w*x - 1)^2").function()
    trace = engine.step(engine.record(fn, w=1.0, x=3.0), fn, 0.1)
    compare(trace, tmp_path, at=1)
    assert "np.array(-0.2" in numpy_code(trace, 1)


def test_names_that_are_no_identifiers(tmp_path: Path) -> None:
    names = {"x 1": 1.0, "lambda": 2.0, "np": 3.0, "1st": 4.0, "∂": 5.0, "ŷ": 6.0, "cache": 7.0}
    trace = engine.record(lambda **v: sum(x * x for x in v.values()), **names)
    program = loaded(numpy_code(trace), tmp_path)
    result, cache = program.forward(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    assert result == sum(x * x for x in names.values())
    assert list(program.backward(cache).values()) == [2 * x for x in names.values()]


def test_a_gradient_does_not_take_the_name_of_an_input(tmp_path: Path) -> None:
    trace = engine.record(lambda x, dx: x * dx * dx, x=2.0, dx=3.0)
    program = compare(trace, tmp_path)
    assert program.check(given(trace)) < 1e-8


def test_nothing_to_differentiate(tmp_path: Path) -> None:
    trace = engine.record(lambda x: Tensor(2.0) * 3.0, x=1.0)
    program = loaded(numpy_code(trace), tmp_path)
    result, cache = program.forward(1.0)
    assert (result, program.backward(cache)) == (6.0, {})


def test_the_result_is_an_input_or_a_constant(tmp_path: Path) -> None:
    compare(engine.record(lambda x: x, x=2.0), tmp_path)
    compare(engine.record(lambda x: Tensor(6.0), x=2.0), tmp_path)
    compare(engine.record(lambda x: Tensor(np.ones(3)), x=2.0), tmp_path)


def test_what_is_not_finite(tmp_path: Path) -> None:
    trace = engine.record(lambda x: engine.log(x).sum(), x=np.array([0.0, -1.0, 2.0]))
    program = compare(trace, tmp_path)
    with np.errstate(all="ignore"):
        assert np.isnan(program.forward(np.array([0.0, -1.0, 2.0]))[0])
    masked = engine.record(
        lambda x: engine.softmax(x).sum(), x=np.array([[-np.inf, 1.0], [-np.inf, -np.inf]])
    )
    assert "def shift(" in numpy_code(masked)
    compare(masked, tmp_path)


def test_constants_have_names_or_stand_where_they_are_used(tmp_path: Path) -> None:
    weights = Tensor(np.arange(12.0).reshape(3, 4), name="K")
    trace = engine.record(lambda x: (2.5 * x * weights).sum(), x=np.ones((3, 4)))
    text = numpy_code(trace)
    assert "\nK = np.array([[" in text
    assert "2.5 * x" in text or "x * 2.5" in text
    compare(trace, tmp_path)


def test_a_large_constant_is_refused() -> None:
    large = Tensor(np.ones(LARGEST + 1), name="table")
    trace = engine.record(lambda x: (x * large).sum(), x=np.ones(LARGEST + 1))
    with pytest.raises(EngineError, match="the constant table has 1001 entries, and at most 1000"):
        numpy_code(trace)


def test_a_large_index_is_refused_and_a_long_one_has_a_name(tmp_path: Path) -> None:
    places = np.arange(20) % 5
    trace = engine.record(lambda x: (x[places] * x[places]).sum(), x=np.arange(5.0))
    assert "\nplaces = np.array([0, 1, 2, 3, 4, 0" in numpy_code(trace)
    compare(trace, tmp_path)
    many = np.zeros(LARGEST + 1, dtype=int)
    with pytest.raises(EngineError, match="an index of 1001 entries"):
        numpy_code(engine.record(lambda x: x[many].sum(), x=np.arange(5.0)))


def test_a_large_input_is_drawn_anew_in_the_check() -> None:
    inputs = {
        "weights": np.random.default_rng(0).normal(size=(40, 50)),
        "chances": np.linspace(0.1, 0.9, 2000),
        "classes": np.arange(2000) % 10.0,
    }
    text = numpy_code(
        engine.record(
            lambda weights, chances, classes: weights.sum() + (chances * classes).sum(), **inputs
        )
    )
    assert '"weights": rng.normal(' in text
    assert '"chances": rng.uniform(0.1, 0.9, (2000,))' in text
    assert '"classes": rng.integers(0, 10, (2000,)).astype(float)' in text


def test_what_was_recorded_in_float32_says_so(tmp_path: Path) -> None:
    trace = engine.record_with(
        lambda x: engine.tanh(x * 3).sum(), {"x": np.array([0.1, 0.2])}, dtype="float32"
    )
    text = numpy_code(trace)
    assert "It was recorded in float32; here it is computed in float64." in text
    program = loaded(text, tmp_path)
    assert program.check({"x": np.array([0.1, 0.2])}) < 1e-8


def test_a_way_that_was_decided_says_so() -> None:
    from dataclasses import replace

    trace = engine.record(lambda x: x * x, x=2.0)
    decided = replace(trace.passes[0], decisions=(Decision(0, "truth", True),))
    assert "this is the way that it took then" in " ".join(numpy_code(Trace((decided,))).split())


@pytest.mark.parametrize("case", [*CASES[:20]], ids=range(20))
def test_no_line_is_long(case: dict[str, Any]) -> None:
    program = parse(case["expression"])
    inputs = {name: np.array(case["inputs"][name]) for name in program.inputs}
    text = numpy_code(engine.record(program.function(), **inputs))
    assert max(map(len, text.splitlines())) <= 100


def test_an_error_that_is_no_number_is_not_told_as_none(tmp_path: Path) -> None:
    trace = engine.record_with(parse("sqrt(x)*3").function(), {"x": -4.0})
    program = loaded(numpy_code(trace), tmp_path)
    with np.errstate(all="ignore"):
        assert np.isnan(program.check(given(trace)))
