"""Plain arrays that a tensor is written into, in a user's file: traced where nobody can tell."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engine
from engine.errors import LeavesGraphError
from engine.marking import load

X = np.array([0.5, -1.0, 2.0])


@pytest.fixture
def module(tmp_path: Path) -> Callable[[str], Any]:
    """A user's file."""

    def make(text: str) -> Any:
        path = str(tmp_path / "user.py")
        return load("user_of_test_plain", path, "import numpy as np\n" + textwrap.dedent(text))

    return make


def traced(user: Any, **inputs: Any) -> engine.Trace:
    return engine.record_with(user.f, inputs or {"x": X}, user=user.__file__)


def check(user: Any) -> engine.Trace:
    """The trace, whose value is that of NumPy and whose gradient is that of differences."""
    trace = traced(user)
    assert trace.value(trace.output) == pytest.approx(user.f(X.copy()), rel=1e-12)
    for k in range(3):
        step = 1e-6 * (np.arange(3) == k)
        slope = (user.f(X + step) - user.f(X - step)) / 2e-6
        assert trace.grad("x")[k] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    return trace


@pytest.mark.parametrize(
    "body",
    [
        "out = np.zeros(3)\nfor t in range(3):\n    out[t] = np.tanh(x[t])\nreturn (out * x).sum()",
        "out = np.zeros((2, 3))\nout[0] = x\nout[1, 1:] = x[:2] * 2\nreturn (out**2).sum()",
        "out = np.zeros((2, 3))\nout[0][1] = 4.0\nout[1] = x\nreturn (out**2).sum()",
        "total = np.zeros(3)\nfor k in range(3):\n    total += x * k\nreturn (total * x).sum()",
        "out = np.ones(3)\nout *= x\nout -= x / 2\nout /= 2.0\nout **= 2\nreturn out.sum()",
        "out = np.ones(3)\nout[1:] += x[1:] * x[:2]\nout[0] -= x[2]\nreturn (out * out).sum()",
        "out = np.eye(3)\nout @= np.ones((3, 3))\nout[1] = x\nout @= out\nreturn out.sum()",
        "out = np.arange(6.0).reshape(2, 3)\nout[1] = x\nreturn (out * out).sum()",
        "out = np.zeros(3)\nout[x > 0] = x[x > 0] * 3\nreturn out.sum()",
        "n = 0\nn += 2\nwords = ['a']\nwords += ['b']\nd = {}\nd['k'] = x\nd['k'] += 1\n"
        "return (d['k'] * n).sum() + len(words)",
        "m = np.zeros(3, dtype=int)\nm[1] = 2\nm[1] += 1\nreturn (x * m).sum()",
        "def put(v):\n    nonlocal out\n    out[0] = v\nout = np.zeros(3)\nput(x[1])\n"
        "out[1] = 2.0\nreturn (out * x).sum()",
        "class Cell:\n    def go(self, v):\n        h = np.zeros(3)\n        h[2] = v\n"
        "        return h\nreturn (Cell().go(x[0]) * x).sum()",
        "out = np.zeros(3)\ndone = [0.0] * 3\nfor t in range(3):\n    out[t] += x[t]\n"
        "    done[t] += out[t] * x[t]\nreturn sum(done)",
        "total = 0.0\nfor row in np.ones((2, 3)):\n    row = row * 2\n    row += x\n"
        "    total += row.sum()\nreturn total",
    ],
)
def test_a_new_array_becomes_a_tensor(module: Callable[[str], Any], body: str) -> None:
    check(module("def f(x):\n" + textwrap.indent(body, "    ")))


def test_it_is_drawn_as_a_constant_and_writes_by_the_name_of_its_variable(
    module: Callable[[str], Any],
) -> None:
    trace = check(
        module(
            """
            def f(x):
                out = np.zeros(3)
                for t in range(2):
                    out[t] = x[t] * x[t]
                out += x
                return out.sum()
            """
        )
    )
    assert [(n.name, n.op, n.scope) for n in trace.nodes if n.name.startswith("out")] == [
        ("out", "constant", ()),
        ("out_2", "write", ("t=0",)),
        ("out_3", "write", ("t=1",)),
        ("out_4", "add", ()),
    ]
    assert [n.location.line for n in trace.nodes if n.name.startswith("out_")] == [6, 6, 7]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("out = np.zeros(3)\nsame = out\nout[0] = x[0]\nreturn same.sum()", "plain NumPy array"),
        ("out = np.zeros(3)\nsame = [out]\nout[0] = x[0]\nreturn same[0].sum()", "plain NumPy arr"),
        (
            "out = np.zeros(3)\nview = out[1:]\nout[1] = x[0]\nreturn view.sum()",
            "plain NumPy array",
        ),
        (
            "whole = np.zeros((2, 3))\nout = whole[0]\nout[0] = x[0]\nreturn whole.sum()",
            "plain Num",
        ),
        ("out = np.zeros(3)\nsame = out\nout += x\nreturn same.sum()", "another name or a view"),
        ("rows = [np.zeros(3)]\nrow = rows[0]\nrow += x\nreturn rows[0].sum()", "another name"),
        ("rows = [np.zeros(3)]\nrows[0] += x\nreturn rows[0].sum()", "another name"),
        ("rows = [np.zeros(3)]\nrows[0][1] = x[0]\nreturn rows[0].sum()", "plain NumPy array"),
        ("out = np.zeros(3)\nfor v in out:\n    out[0] = x[0]\nreturn out.sum()", "plain NumPy"),
        ("KEPT[0] = x[0]\nreturn KEPT.sum()", "plain NumPy array"),
        ("fill(KEPT, x)\nreturn KEPT.sum()", "plain NumPy array"),
        ("out = np.zeros(3, dtype=int)\nout[:] = x\nreturn out.sum()", "plain NumPy array"),
        ("h = x * 1\nrows = [h[1:]]\nrows[0] += x[1:]\nreturn h.sum()", "a view was changed"),
        ("h = x * 1\nrow = h[1:]\nrow += x[1:]\nreturn h.sum()", "through a view"),
        ("out = np.zeros(3)\nout += np.stack([x, x])\nreturn out.sum()", "does not fit"),
    ],
)
def test_where_somebody_could_tell_it_is_refused(
    module: Callable[[str], Any], body: str, said: str
) -> None:
    text = "KEPT = np.zeros(3)\ndef fill(out, v):\n    out[0] = v[0]\ndef f(x):\n"
    user = module(text + textwrap.indent(body, "    "))
    with pytest.raises(LeavesGraphError, match=said) as caught:
        traced(user)
    assert "user.py:" in str(caught.value)
    assert user.KEPT.tolist() == [0.0] * 3


def test_without_a_recording_the_code_does_what_it_says(module: Callable[[str], Any]) -> None:
    user = module(
        """
        def f(x):
            out = np.zeros(3)
            same = out
            out[1] = x[0]
            out[1] += 1
            out += x
            names = []
            names += "ab"
            return out, same, names
        """
    )
    out, same, names = user.f(X)
    assert out is same
    assert out.tolist() == [0.5, 0.5, 2.0]
    assert names == ["a", "b"]


NAMES = st.sampled_from("abc")
PLACES = st.integers(0, 2)
LINES = (
    "{v} = np.zeros(3)",
    "{v} = {u}",
    "{v} = {u}[::-1]",
    "{v} = {u}.copy()",
    "{v} = {u} + x",
    "{v}[{i}] = x[{j}]",
    "{v}[{i}] = 1.5",
    "{v}[{i}] = {u}[{j}] * 2.0",
    "{v}[{i}] += x[{j}]",
    "{v}[{i}:] *= {u}[{i}:]",
    "{v} += {u} * 0.5",
    "{v} *= x",
    "{v} -= 0.5",
    "held.append({v})",
    "held[-1] += {u}",
    "held[-1][{i}] = x[{j}]",
    "held[0][{i}] += x[{j}]",
    "total = total + ({v} * {u}).sum()",
    "total = total + (x * {u})[[0, {i}]].sum()",
    "held.append({v} * x)",
)
PROGRAM = st.lists(st.tuples(st.sampled_from(LINES), NAMES, NAMES, PLACES, PLACES), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PROGRAM)
def test_a_program_gives_what_numpy_gives_or_is_refused(
    module: Callable[[str], Any], program: list[tuple[str, str, str, int, int]]
) -> None:
    lines = [line.format(v=v, u=u, i=i, j=j) for line, v, u, i, j in program]
    user = module(
        "def f(x):\n    a, b, c = np.zeros(3), np.ones(3), x * 1.0\n    held = [np.full(3, 0.5)]\n"
        "    total = 0.0\n"
        + "".join(f"    {line}\n" for line in lines)
        + "    kept = sum(h.sum() for h in held)\n"
        + "    return total + (a * b).sum() + (c * c).sum() + kept + x.sum()\n"
    )
    try:
        traced(user)
    except LeavesGraphError:
        return
    check(user)
