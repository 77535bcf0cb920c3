"""The shipped exercises: every one reads, is described, and gives the lectures' numbers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from tutor.judge import shelf
from tutor.judge.evaluate import value_of
from tutor.judge.exercise import KEYS, Exercise, read_exercise
from tutor.judge.worked import worked
from tutor.language.derivation import read_line
from tutor.language.tree import Derivative, Expression, Name, children

FOLDER = files("lessons").joinpath("exercises")
TEXTS = {entry.name: entry.read_text(encoding="utf-8") for entry in FOLDER.iterdir()}
DATA: dict[str, dict[str, Any]] = {
    name.removesuffix(".json"): json.loads(text) for name, text in TEXTS.items()
}
EVERY = pytest.mark.parametrize("name", sorted(DATA))
ROWS = "NEU MLP ACT LOSS OPT BPG GRD REG CNN RNN NLP DAT OTH EXE".split()


def test_there_are_exercises_from_one_neuron_to_an_lstm_cell() -> None:
    assert len(DATA) >= 44
    assert {"neuron", "net-4-3-1", "conv-2d", "attention", "batch-norm", "lstm-cell"} <= set(DATA)
    assert {data["level"] for data in DATA.values()} == {1, 2, 3, 4, 5}
    assert {data.get("find", "gradient") for data in DATA.values()} == {
        "gradient",
        "identity",
        "bound",
    }


@EVERY
def test_a_file_is_described_and_small_enough_for_80_columns(name: str) -> None:
    data = DATA[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert set(data) <= KEYS
    assert data["title"]
    assert len(data["title"]) <= 50
    assert 10 < len(data["summary"]) <= 110
    assert data["summary"].endswith(".")
    assert data["cites"]
    assert set(data["cites"]) <= {"[Q]", "[L]", "[I]", "[B]", "[C]"}
    assert data["covers"]
    for row in data["covers"]:
        assert re.fullmatch(r"[A-Z]+-\d\d", row)
        assert row.split("-")[0] in ROWS
    assert all(len(line) <= 76 for line in data["forward"])
    assert TEXTS[f"{name}.json"].isascii()


@EVERY
def test_a_file_reads_without_a_warning(name: str) -> None:
    warnings: list[str] = []
    exercise = read_exercise(DATA[name], warnings.append)
    assert warnings == []
    if exercise.find == "gradient":
        assert exercise.targets
        assert all(target.startswith(f"d{exercise.loss}/d") for target in exercise.targets)
    else:
        assert not exercise.targets
        assert len(DATA[name]["steps"]) >= 2
        assert all(step["rule"] for step in DATA[name]["steps"])


def test_no_two_exercises_are_called_alike() -> None:
    titles = [data["title"] for data in DATA.values()]
    assert len(set(titles)) == len(titles)


def worked_values(exercise: Exercise, target: str, given: dict[str, Any]) -> dict[str, Any]:
    """The value of every gradient that the worked solution of a target works out."""
    values = {name: np.asarray(value, dtype=float) for name, value in given.items()}
    values |= {name: np.asarray(float(size)) for name, size in exercise.dims.items()}
    for name, expression in exercise.forward:
        values[name] = np.asarray(value_of(expression, values))
    found: dict[str, Any] = {}
    for step in worked(exercise, target) or ():
        line = read_line(step.line, exercise.vocabulary)
        assert line is not None
        assert isinstance(line.left, Derivative)
        value = value_of(named(line.sides[0].expression), values)
        found[step.line.split(" ")[0]] = value
        values[f"d{line.left.of}_d{line.left.by}"] = np.asarray(value)
    return found


def named(term: Expression) -> Expression:
    """A term with a name for each derivative in it."""
    match term:
        case Derivative():
            return Name(f"d{term.of}_d{term.by}")
        case _ if not children(term):
            return term
    fields = {key: getattr(term, key) for key in ("left", "right", "operand") if hasattr(term, key)}
    changed: dict[str, Any] = {key: named(value) for key, value in fields.items()}
    if hasattr(term, "operands"):
        changed["operands"] = tuple(named(one) for one in term.operands)
    return replace(term, **changed)


LECTURES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "gates",
        "df/dx",
        {"x": -2, "y": 5, "z": -4},
        {"df/dq": -4, "df/dx": -4},
    ),
    (
        "sigmoid-neuron",
        "dL/dw2",
        {"w0": -3, "w1": 2, "w2": -3, "x1": -1, "x2": -2},
        {"dL/df": -1.36788, "dL/dz": -0.268941, "dL/dw2": 0.537883},
    ),
    (
        "net-4-3-1",
        "dL/dx",
        {
            "x": [1, -1, 3, 2],
            "W1": [[1, 0, 1, 0], [0, -1, 0.5, -1], [-1, -1, 0, 0.5]],
            "w2": [-1, 1, -1],
        },
        {
            "dL/dO2": -3.9761,
            "dL/dI2": -0.748497,
            "dL/dO1": [0.748497, -0.748497, 0.748497],
            "dL/dI1": [0.0132205, -0.1759, 0.147163],
            "dL/dx": [-0.133943, 0.0287361, -0.0747293, 0.249481],
        },
    ),
    (
        "delta-rule",
        "dE/dW",
        {"x": [1, 2], "W": [[0.1, -0.2], [0.3, 0.4]], "t": [1, 0]},
        {
            "dE/dth": [-0.073567, 0.147716],
            "dE/dW": [[-0.073567, 0.147716], [-0.147134, 0.295432]],
        },
    ),
    (
        "bp-equations",
        "dC/dW1",
        {
            "x": [0.5, -1],
            "W1": [[0.2, -0.4], [0.7, 0.1]],
            "b1": [0.1, -0.3],
            "W2": [[0.6, -0.5]],
            "b2": [0.2],
            "y": [1],
        },
        {
            "dC/dz2": [-0.100728],
            "dC/dz1": [-0.013827, 0.0125831],
            "dC/dW1": [[-0.0069135, 0.013827], [0.00629157, -0.0125831]],
        },
    ),
    (
        "softmax-cross-entropy",
        "dL/dz",
        {"z": [3, 1, -3], "y": [0, 1, 0]},
        {"dL/dz": [0.878878, -0.881057, 0.00217852]},
    ),
    (
        "margin-of-windows",
        "dJ/dW",
        {
            "U": [1, -1],
            "W": [[0.5, -0.2], [0.3, 0.8]],
            "b": [0, 0.1],
            "x": [1, 2],
            "xc": [2, -1],
        },
        {"dJ/dW": [[0.106413, -0.676647], [-0.393758, 0.459363]]},
    ),
    (
        "three-layers",
        "dJ/dW1",
        {
            "x": [1, -1],
            "W1": [[0.5, -0.5], [0.25, 1]],
            "W2": [[1, -1], [0.5, 0.5], [-1, 2]],
            "W3": [[1, -2, 0.5]],
            "y": [0],
        },
        {
            "dJ/dz4": [-0.417096],
            "dJ/dz3": [-0.100007, 0.194766, -0.0520329],
            "dJ/dz2": [0.00971438, 0.0203349],
            "dJ/dW1": [[0.00971438, -0.00971438], [0.0203349, -0.0203349]],
        },
    ),
    (
        "a5-network",
        "da5/dw13",
        {"a1": 1, "a2": -1, "w13": 0.5, "w23": -0.5, "w14": 1, "w24": 1, "w35": 2, "w45": -1},
        {"da5/dz5": 0.200027, "da5/dz3": 0.0786556, "da5/dw13": 0.0786556},
    ),
    (
        "conv-2d",
        "dL/dK",
        {
            "X": [
                [1, 2, 0, 3, 1],
                [1, 0, 0, 2, 2],
                [2, 1, 2, 1, 1],
                [0, 0, 1, 0, 0],
                [1, 2, 1, 1, 1],
            ],
            "K": [[-1, 1, 2], [1, 1, 0], [-1, -2, 0]],
            "Y": [[-3, -2, 2], [1, 4, 7], [-3, -1, -2]],
        },
        {"dL/dZ": [[1, 1, 1]] * 3, "dL/dK": [[9, 11, 12], [7, 7, 9], [10, 9, 8]]},
    ),
]


@pytest.mark.parametrize(
    ("name", "target", "given", "expected"), LECTURES, ids=[case[0] for case in LECTURES]
)
def test_the_worked_solution_has_the_lectures_numbers(
    name: str, target: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = worked_values(with_sizes(name, given), target, given)
    for gradient, value in expected.items():
        np.testing.assert_allclose(found[gradient], value, rtol=2e-5, err_msg=gradient)


def with_sizes(name: str, given: dict[str, Any]) -> Exercise:
    """A shipped exercise with the sizes of given arrays."""
    data = DATA[name]
    dims = dict(data.get("dims", {}))
    for variable, entry in data["vars"].items():
        dims |= dict(zip(entry["shape"], np.shape(given[variable]), strict=True))
    return read_exercise({**data, "dims": dims})


def test_the_lstm_cell_has_the_lectures_numbers() -> None:
    exercise = shelf.load("lstm-cell")
    one = {
        "Ui": 0.4,
        "Uf": 0.6,
        "Uo": -0.5,
        "Ug": 0.9,
        "Wi": -0.3,
        "Wf": 0.2,
        "Wo": 0.7,
        "Wg": -0.1,
    }
    given: dict[str, Any] = {name: [[value]] for name, value in one.items()}
    given |= {name: [0.0] for name in ("bi", "bf", "bo", "bg")}
    # The upstream gradient of the lecture's example is 1: h - y = 1.
    given |= {"x": [1.0], "h0": [0.5], "c0": [0.3], "y": [0.244767 - 1]}
    exercise = with_sizes("lstm-cell", given)
    found = worked_values(exercise, "dL/dh0", given)
    np.testing.assert_allclose(found["dL/dc"], [0.333052], rtol=1e-5)
    np.testing.assert_allclose(found["dL/di"], [0.230162], rtol=1e-5)
    np.testing.assert_allclose(found["dL/dh0"], [0.0697355], rtol=1e-5)
    np.testing.assert_allclose(
        worked_values(exercise, "dL/dWi", given)["dL/dWi"], [[0.0283254]], rtol=1e-5
    )
