"""Nodes of a user's function are named after its variables, scopes after its calls and loops."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.marking import load

DATA = Path(__file__).parents[1] / "data" / "functions"
Tracing = Callable[..., engine.Trace]


@pytest.fixture
def traced(tmp_path: Path) -> Tracing:
    """Trace `f` of a text, as a user's file."""

    def trace(text: str, **inputs: Any) -> engine.Trace:
        path = str(tmp_path / "user.py")
        module = load("user_of_test_calls", path, "import numpy as np\n" + textwrap.dedent(text))
        return engine.record_with(module.f, inputs or {"x": 2.0}, user=path)

    return trace


def given_names(trace: engine.Trace) -> list[str]:
    return [
        node.name for node in trace.nodes if node.named and node.op not in ("input", "constant")
    ]


def scopes(trace: engine.Trace) -> list[str]:
    return ["/".join(n.scope) for n in trace.nodes if n.op not in ("input", "constant", "getitem")]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("z1 = x * x\nreturn z1 + 1", ["z1"]),
        ("z: float = x * x\nreturn z", ["z"]),
        ("a = b = x * 2\nreturn a * b", ["a"]),
        ("return (y := x * 2) * y", ["y"]),
        ("h = x * 2\nh = h * 3\nh += 1\nreturn h", ["h", "h_2", "h_3"]),
        ("y = x * 2 if x > 0 else x * 3\nreturn y", ["y"]),
        ("y = np.std(np.stack([x, x * 3]))\nreturn y + y", ["y"]),
        ("def g():\n    return w * 2\nw = x * 3\nv = g()\nreturn v", ["w", "v"]),
        ("ys = [x * k for k in (1, 2)]\nreturn ys[0] + ys[1]", []),
        ("ys = list(map(lambda k: x * k, (1, 2)))\nreturn sum(ys)", []),
        ("y = x * 2\ny = 3.0\nreturn x * y", []),
        ("z = (x * 2).tanh()\nz.name = 'hidden'\nreturn z + 1", ["hidden"]),
        ("a, b = x * 2, x * 3\nc = a * b\nreturn c", ["a", "b", "c"]),
        ("q, k, v = x * 2, x * 3, x * 4\nreturn q * k * v", ["q", "k", "v"]),
        ("p, q, r, s = x * 2, x * 3, abs(x), 1\nreturn p * q * r * s", ["p", "q", "r"]),
        ("a, b = (x * 2 + 1, x)\nreturn a * b", ["a"]),
        ("with np.errstate(all='ignore'):\n    y = np.log(x)\nreturn y", ["y"]),
        ("y = max(x * 2, x * 3)\nreturn y * 1", []),
    ],
)
def test_a_node_has_the_name_of_its_variable(traced: Tracing, body: str, names: list[str]) -> None:
    trace = traced("def f(x):\n" + textwrap.indent(body, "    "))
    assert given_names(trace) == names


def test_what_a_function_returns_has_the_name_that_the_caller_gives_it(traced: Tracing) -> None:
    trace = traced(
        """
        def inner(v):
            return np.tanh(v * 2)
        def outer(v):
            return inner(v)
        def kept(v):
            own = v * 3
            return own
        def f(x):
            h = outer(x)
            k = kept(h)
            both = [inner(h), inner(k)]
            return both[0] + both[1]
        """
    )
    assert given_names(trace) == ["h", "own"]


def test_attributes_give_names_and_no_property_is_run(traced: Tracing) -> None:
    trace = traced(
        """
        class Cell:
            @property
            def state(self):
                raise RuntimeError("not to be run")
            @state.setter
            def state(self, value):
                pass
        def f(x):
            cell = Cell()
            cell.out = x * 2
            cell.state = x * 3
            return cell.out + 1
        """
    )
    assert given_names(trace) == ["out"]


def test_what_is_written_into_has_its_variables_name(traced: Tracing) -> None:
    trace = traced(
        """
        def f(x):
            h = np.zeros_like(x)
            for t in range(2):
                h[t] = x[t] * 2
            h *= 2
            return h.sum()
        """,
        x=np.ones(2),
    )
    assert [(n.name, n.op) for n in trace.nodes if n.named][1:] == [
        ("h", "constant"),
        ("h_2", "write"),
        ("h_3", "write"),
        ("h_4", "mul"),
    ]


def test_constant_arrays_have_the_names_of_the_variables_they_stand_in(traced: Tracing) -> None:
    trace = traced(
        """
        DATA = np.ones((2, 2))
        def f(x):
            mask = np.array([[1.0, 0.0], [0.0, 1.0]])
            return (DATA * x * mask * np.eye(2)).sum()
        """
    )
    assert [n.name for n in trace.nodes if n.op == "constant"] == ["DATA", "mask", "c"]


def test_calls_are_scopes_and_each_call_is_one_of_its_own(traced: Tracing) -> None:
    trace = traced(
        """
        def inner(v):
            return v * 2
        def outer(v):
            return inner(v) + inner(v * 3)
        def f(x):
            y = outer(x)
            return outer(y) + x
        """
    )
    assert scopes(trace) == [
        "outer/inner",
        "outer",
        "outer/inner_2",
        "outer",
        "outer_2/inner",
        "outer_2",
        "outer_2/inner_2",
        "outer_2",
        "",
    ]


def test_loops_are_scopes_turn_by_turn(traced: Tracing) -> None:
    trace = traced(
        """
        def cell(v):
            return v * 2
        def f(x):
            for t in range(3, 5):
                x = cell(x)
                for k in (True, 7):
                    x = x + 1
            for t in range(1):
                x = x * 1.5
            for name in "ab":
                x = x - 1
            else:
                x = x * 3
            for i, (a, b) in enumerate([(1, 2)]):
                x = x * a
            for i, j in [(0, 1)]:
                x = x * 2
            for t in [1, 1]: x = x * 4
            while x > 10_000: x = x / 2
            return x
        """
    )
    assert scopes(trace)[:-1] == [
        "t=3/cell",
        "t=3/k 0",
        "t=3/k=7",
        "t=4/cell",
        "t=4/k 0",
        "t=4/k=7",
        "t_2=0",
        "name 0",
        "name 1",
        "",
        "i=0",
        "i_2=0,j=1",
        "t_3=1",
        "t_3 1",
    ]


def test_what_a_loop_takes_from_a_tensor_belongs_to_its_turn(traced: Tracing) -> None:
    trace = traced(
        """
        def f(x):
            total = 0.0
            for row in x:
                total = total + row * row
            for t, row in enumerate(x):
                total = total + row
            return total
        """,
        x=np.array([1.0, 2.0]),
    )
    rows = [(n.name, "/".join(n.scope)) for n in trace.nodes if n.op == "getitem"]
    assert rows == [
        ("row", "row 0"),
        ("row_2", "row 1"),
        ("row_3", "t=0"),
        ("row_4", "t=1"),
    ]


def test_leaving_a_loop_ends_its_scope(traced: Tracing) -> None:
    trace = traced(
        """
        def first(v):
            for t in range(9):
                v = v * 2
                if t == 1:
                    return v + 1
        def f(x):
            for t in range(9):
                x = x * 2
                break
            for t in range(2):
                if t == 0:
                    continue
                x = x * 3
            try:
                for t in range(2):
                    x = x * 4
                    raise ValueError
            except ValueError:
                x = x * 5
            return first(x) + 1
        """
    )
    assert scopes(trace) == [
        "t=0",
        "t_2=1",
        "t_3=0",
        "",
        "first/t=0",
        "first/t=1",
        "first/t=1",
        "",
    ]


def test_classes_recursion_generators_and_operators(traced: Tracing) -> None:
    trace = traced(
        """
        class Layer:
            def __init__(self, w):
                self.w = w
            def __call__(self, v):
                return v * self.w
            def slope(self):
                return self.w + 1
            def __add__(self, other):
                return self.w + other
        def down(v, n):
            return v * 2 if n == 0 else down(v + 1, n - 1)
        def parts(v):
            for k in range(2):
                yield v * k
        def f(x):
            layer = Layer(x)
            a = layer(x) + layer.slope()
            b = layer + 5.0
            c = sum(part for part in parts(a))
            return down(b + c, 1) + layer(x)
        """
    )
    assert scopes(trace) == [
        "Layer",
        "slope",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "down",
        "down/down",
        "Layer_2",
        "",
    ]


def test_scopes_of_the_users_own_stand_where_they_were_opened(traced: Tracing) -> None:
    trace = traced(
        """
        import engine
        def cell(v):
            v = v * 2
            with engine.scope("gate"):
                return v * 3
        def f(x):
            with engine.scope("encoder"):
                for t in range(2):
                    x = cell(x)
                x = x + 1
            for t in range(1):
                with engine.scope("decoder"):
                    x = cell(x)
            return x
        """
    )
    assert scopes(trace) == [
        "encoder/t=0/cell",
        "encoder/t=0/cell/gate",
        "encoder/t=1/cell",
        "encoder/t=1/cell/gate",
        "encoder",
        "t=0/decoder/cell",
        "t=0/decoder/cell/gate",
    ]


def test_decorators_are_not_in_between(traced: Tracing) -> None:
    trace = traced(
        """
        from functools import wraps
        def logged(function):
            @wraps(function)
            def inner(*given, **named):
                return function(*given, **named) * 1.0
            return inner
        @logged
        def f(x, again=True):
            y = x * 2
            return y + f(y, again=False) if again else y * 3
        """
    )
    assert scopes(trace) == ["", "inner/f", "inner/f", "inner", "", ""]


def test_scopes_around_a_recording_stay_around_it(tmp_path: Path) -> None:
    path = str(tmp_path / "user.py")
    text = "def g(v):\n    return v * 2\ndef f(x):\n    return g(x)\n"
    module = load("user_of_test_calls", path, text)
    with engine.scope("outside"):
        trace = engine.record_with(module.f, {"x": 1.0}, user=path)
    assert [node.scope for node in trace.nodes][2] == ("outside", "g")


def test_only_frames_of_the_users_file_count(traced: Tracing) -> None:
    trace = traced(
        """
        from functools import reduce
        from statistics import fsum
        from contextlib import contextmanager
        def step(h, k):
            return h * k
        def f(x):
            y = reduce(step, (2, 3), x)
            return np.apply_along_axis(lambda row: row * 2, 0, np.ones(2)).sum() * y
        """
    )
    assert scopes(trace) == ["step", "step_2", ""]
    assert {node.location.line for node in trace.nodes if node.location} == {7, 10}


def test_a_function_without_a_user_is_recorded_as_before() -> None:
    def inner(v: Any) -> Any:
        y = v * 2
        return y

    trace = engine.record(lambda x: inner(x) + 1, x=1.0)
    assert given_names(trace) == []
    assert scopes(trace) == ["", ""]


def test_a_counted_loop_is_the_loop_that_was_written(tmp_path: Path) -> None:
    text = textwrap.dedent(
        '''
        """A module."""
        from __future__ import annotations
        def f(items):
            seen = []
            for a, *b in items:
                if a == 2:
                    continue
                if a == 4:
                    break
                seen.append((a, b))
            else:
                seen.append("through")
            return seen
        def g():
            for x in 3:
                pass
        def h(items):
            for [a, b], in items:
                yield a + b
        '''
    )
    module = load("user_of_test_calls", str(tmp_path / "user.py"), text)
    assert module.__doc__ == "A module."
    assert module.f([(1, 5), (2,), (3, 6, 7)]) == [(1, [5]), (3, [6, 7]), "through"]
    assert module.f(iter([(1,), (4,), (5,)])) == [(1, [])]
    assert list(module.h([[(1, 2)], [(3, 4)]])) == [3, 7]
    with pytest.raises(TypeError, match="'int' object is not iterable") as caught:
        module.g()
    assert ("user.py", 16) in [(Path(str(e.path)).name, e.lineno + 1) for e in caught.traceback]


@pytest.mark.parametrize("name", ["mlp", "recurrent", "neuron", "attention", "branchy", "unstable"])
def test_real_files_give_numpys_values(name: str) -> None:
    path = DATA / f"{name}.py"
    module = load(f"user_{name}", str(path), path.read_text())
    defaults = dict(
        zip(
            module.loss.__code__.co_varnames,
            module.loss.__defaults__,
            strict=False,
        )
    )
    inputs = {
        key: value
        for key, value in defaults.items()
        if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
    }
    with np.errstate(all="ignore"):
        trace = engine.record_with(module.loss, inputs, user=str(path))
        if name == "neuron":
            plain = engine.record_with(module.loss, inputs)
            value = plain.value(plain.output)
        elif name == "branchy":
            value = 9.0 - 2.0 * 3
            value = (value * 1.5**2 + 1) / 2**3
        else:
            value = module.loss()
    np.testing.assert_allclose(trace.value(trace.output), value, rtol=1e-14)
    assert trace.passes[0].seed == 1.0
    made = [node for node in trace.nodes if node.op not in ("input", "constant")]
    assert all(node.location and node.location.file == str(path) for node in made)


def test_the_steps_of_a_recurrent_network_can_be_told_apart() -> None:
    path = DATA / "recurrent.py"
    module = load("user_recurrent", str(path), path.read_text())
    xs, W, U, b, target = module.loss.__defaults__
    trace = engine.record_with(
        module.loss, {"xs": xs, "W": W, "U": U, "b": b, "target": target}, user=str(path)
    )
    tanhs = [node for node in trace.nodes if node.op == "tanh"]
    assert [node.scope for node in tanhs] == [(f"t={t}", "cell") for t in range(3)]
    assert [node.name for node in tanhs] == ["h_2", "h_3", "h_4"]
    assert trace.node(trace.id("h")).op == "constant"
    assert [n.name for n in trace.nodes if n.op == "write"] == ["hs_2", "hs_3", "hs_4"]
