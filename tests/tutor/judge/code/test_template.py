"""The file to fill in: it runs with NumPy alone, and its forward pass is that of the exercise."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine.arrays.numpy_ import NAMESPACE
from tests.tutor.judge.code.filled import empty, task
from tests.tutor.judge.code.passes import PASSES
from tutor.judge import shelf
from tutor.judge.code.evidence import points_of
from tutor.judge.code.numpy_text import SOURCES, UnwritableError, numpy_text
from tutor.judge.code.shapes import shape_text, shapes_in_names
from tutor.judge.code.task import Task, TaskError, task_of
from tutor.judge.code.template import changed_lines, exercise_of, template
from tutor.judge.exercise import read_exercise
from tutor.language.admitted import ADMITTED
from tutor.language.derivation import forward_program


def run(text: str, name: str = "mine") -> dict[str, Any]:
    """The names of a file that was run."""
    module = ModuleType(name)
    exec(compile(text, "mine.py", "exec"), module.__dict__)  # noqa: S102
    return module.__dict__


def small(**changes: Any) -> Task:
    """The task of a small exercise."""
    data = {
        "vars": {"x": {"shape": []}, "w": {"shape": []}},
        "forward": ["z = w*x", "L = z**2"],
        "loss": "L",
    }
    return task_of(read_exercise(data | changes))


def test_the_file_of_a_small_exercise() -> None:
    assert template(small(title="A square"), "square") == (
        "# backprop check: square\n"
        "#\n"
        "# A square.\n"
        "# Write the backward pass by hand. Each dX is the gradient of L by one quantity, in that\n"
        "# quantity's shape: dz is dL/dz. Put NumPy expressions in the place of None, from the\n"
        "# first line to the last, and run\n"
        "#     backprop check THIS_FILE\n"
        "\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def backward(x, w):\n"
        "    # shapes: x (), w ()\n"
        "\n"
        "    # the forward pass\n"
        "    z = w * x\n"
        "    L = z**2\n"
        "\n"
        "    # the backward pass\n"
        "    dL = 1.0\n"
        "    dz = None  # a number\n"
        "    dx = None  # a number\n"
        "    dw = None  # a number\n"
        "\n"
        "    return {\n"
        '        "dz": dz,\n'
        '        "dx": dx,\n'
        '        "dw": dw,\n'
        "    }\n"
        "\n"
        "\n"
        'if __name__ == "__main__":\n'
        "    rng = np.random.default_rng(0)\n"
        "    gradients = backward(\n"
        "        x=rng.normal(),\n"
        "        w=rng.normal(),\n"
        "    )\n"
        "    for name, gradient in gradients.items():\n"
        '        print(f"{name} = {gradient}")\n'
    )


@pytest.mark.parametrize("name", PASSES)
def test_it_runs_alone_and_says_what_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(empty(name), "__main__")
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{task(name).gradients[one]} = None" for one in task(name).wanted]
    assert exercise_of(empty(name)) == name
    assert changed_lines(task(name), empty(name)) == ()


@pytest.mark.parametrize("name", shelf.names())
def test_every_shipped_exercise_has_a_file_with_its_own_forward_pass(name: str) -> None:
    exercise = shelf.load(name)
    if exercise.find != "gradient":
        with pytest.raises(TaskError, match="no backward pass to write"):
            task_of(exercise)
        return
    given = task_of(exercise)
    # The dict that the function returns is asked for the values of the forward pass instead.
    text = template(given, name)
    head, _, tail = text.partition("    return {")
    values = ", ".join(f"{one!r}: {given.spelled[one]}" for one in exercise.quantities)
    function = run(f"{head}    return {{{values}}}\n{tail.partition('    }')[2]}")["backward"]
    for points in points_of(given, 1):
        inputs = {k: v if v.ndim else v[()] for k, v in points.inputs(0).items()}
        computed = function(**inputs)
        for one, value in computed.items():
            node = points.ground.nodes[given.graph.places[one]]
            true = node.at(int(points.chosen[0]))[0]
            assert np.shape(value) == true.shape, one
            assert np.allclose(value, true, rtol=1e-9, atol=1e-12), one


OPERANDS = {
    "x": np.array([[0.3, -1.2, 2.0], [0.7, 0.4, -0.1]]),
    "v": np.array([0.5, -0.25, 2.0]),
    "p": np.array([[0.3, 1.2, 2.0], [0.7, 0.4, 0.1]]),
    "k": np.array([0.5, 2.0]),
    "K": np.array([[0.5, 2.0], [1.0, -1.0]]),
}
TWO = frozenset({"maximum", "minimum", "logaddexp", "pow"})
KERNEL = frozenset({"corr", "conv", "corr_full", "conv_full"})


def calls() -> list[str]:
    """A call of every function of derivations."""
    found = [
        "x.T",
        "x @ v",
        "-x**2*v",
        "(x > 0)",
        "(x > 0)*x",
        "(x > 0) + (x < 1)",
        "x[0]",
        "2**-1",
    ]
    found += ["-(x + v)", "x - (v - x)", "x/(v*x)", "(-x)*v", "x*(-v)", "where(x > 0, x, v)"]
    for name in sorted(ADMITTED - {"where"}):
        if name in TWO:
            found.append(f"{name}(p, v)" if name != "pow" else "pow(p, v)")
        elif name in KERNEL:
            found += [f"{name}(x, k)", f"{name}(x, K)"]
        elif name in ("outer", "dot"):
            found.append(f"{name}(v, v)")
        elif name == "matmul":
            found.append("matmul(x, v)")
        else:
            found.append(f"{name}(p)")
    found += ["sum(x, axis=0)", "mean(x, axis=1, keepdims=True)", "softmax(x, axis=0)"]
    found += [
        "max(x)",
        "min(x, axis=0)",
        "leaky_relu(x, slope=0.2)",
        "cumsum(x, axis=0)",
        "diag(v)",
    ]
    return found


@pytest.mark.parametrize("call", calls())
def test_every_function_is_written_as_what_it_computes(call: str) -> None:
    try:
        [(_, tree)] = forward_program([f"r = {call}"], OPERANDS)
    except ValueError:
        assert call == "x[0]"  # derivations have no indices
        return
    text = numpy_text(tree, {name: name for name in OPERANDS})
    from tutor.judge.graph import compiled

    graph = compiled(OPERANDS, [], [("r", tree)])
    true = graph.forward(OPERANDS, NAMESPACE)[graph.places["r"]]
    names = {"np": np, "math": math, **OPERANDS}
    for source in SOURCES.values():
        exec(source, names)  # noqa: S102
    found = eval(text, names)  # noqa: S307
    assert np.shape(found) == np.shape(true)
    assert np.allclose(found, true, rtol=1e-12)
    assert np.asarray(found).dtype == np.float64


def test_names_that_the_file_needs_are_changed() -> None:
    given = small(
        vars={"rng": {"shape": []}, "np": {"shape": []}, "dz": {"shape": []}},
        forward=["z = rng*np", "L = dz*z**2"],
        targets=["dL/drng", "dL/dnp"],
    )
    assert given.spelled["rng"] == "rng_"
    assert given.spelled["np"] == "np_"
    assert given.gradients == {"L": "dL", "z": "grad_z", "rng": "drng_", "np": "dnp_"}
    run(template(given, "odd"), "__main__")


def test_a_title_cannot_bring_code_into_the_file() -> None:
    title = "x\nimport os\r\x0b\u2028print('no')"
    text = template(small(title=title), "a\nb")
    assert sorted(line for line in text.splitlines() if "import" in line) == [
        "# x␊import os␍␋�print('no').",
        "import numpy as np",
    ]
    assert text.startswith("# backprop check: a␊b\n")


def test_sizes_that_no_input_has_are_arguments() -> None:
    given = small(dims={"n": 5}, forward=["z = w*x/n", "L = z**2"])
    assert given.arguments == ("x", "w", "n")
    assert "def backward(x, w, n):" in template(given, "sizes")


def test_shapes_are_written_in_the_names_of_sizes() -> None:
    assert [shape_text(task("attention"), one) for one in ("S", "O", "K")] == [
        "(m, n)",
        "(m, k)",
        "(n, d)",
    ]
    assert shape_text(task("conv"), "z") == "(n - m + 1,)"
    assert shape_text(task("norm"), "mu") == "()"
    for name in PASSES:
        written, true = shapes_in_names(task(name)), task(name).setting.shapes[0]
        assert [len(one) for one in written] == [len(one) for one in true]


def test_what_has_no_gradient_is_not_asked_for() -> None:
    masked = small(forward=["m = (x > 0)", "n = 2*3", "z = m*w", "L = z**2*n"], dims={})
    assert masked.wanted == ("z", "w")
    with pytest.raises(TaskError, match="L depends on nothing that has a gradient"):
        small(forward=["L = step(x)"])


def test_a_line_that_was_changed_is_noticed() -> None:
    text = empty("neuron").replace("a = sigmoid(z)", "a = np.tanh(z)  # better")
    assert changed_lines(task("neuron"), text) == ("a = sigmoid(z)",)
    spaced = empty("neuron").replace("z = w * x + b", "z  =  w*x + b  # the input")
    assert changed_lines(task("neuron"), spaced) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# backprop check: lstm-cell\n", "lstm-cell"),
        ("#!/usr/bin/python\n#  Backprop  Check :  my net.json  \nimport numpy\n", "my net.json"),
        ("import numpy\n", None),
        ("# backprop check:\n", None),
        ("x = 1  # backprop check: a\n", None),
        ("\n" * 50 + "# backprop check: late\n", None),
        ("", None),
    ],
)
def test_a_file_says_which_exercise_it_is_for(text: str, name: str | None) -> None:
    assert exercise_of(text) == name


def test_what_cannot_be_written_is_told() -> None:
    from tutor.language.tree import Call, Name

    with pytest.raises(UnwritableError, match="prelu cannot be written in NumPy here"):
        numpy_text(Call("prelu", (Name("x"), Name("w"))), {"x": "x", "w": "w"})
