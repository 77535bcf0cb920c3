"""The shelf: shipped exercises by name, a teacher's by path, and what is said of wrong ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tutor.judge import shelf
from tutor.judge.shelf import ShelfError
from tutor.judge.worked import worked

NEURON = {
    "vars": {name: {"shape": [], "domain": "real"} for name in ("w", "x", "y")},
    "forward": ["z = w*x", "L = (z - y)**2"],
    "loss": "L",
    "targets": ["dL/dw"],
}


def refusal(name: str | Path) -> str:
    with pytest.raises(ShelfError) as caught:
        shelf.load(name)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    return message


def written(folder: Path, text: str, name: str = "mine.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_easier_exercises_come_first() -> None:
    levels = [one.level for one in shelf.summaries()]
    assert levels == sorted(levels)
    assert shelf.names() == tuple(one.name for one in shelf.summaries())
    neuron = next(one for one in shelf.summaries() if one.name == "neuron")
    assert neuron.title == "One neuron"
    assert neuron.targets[0] == "dL/dw"


def test_a_shipped_exercise_is_loaded_by_its_name() -> None:
    exercise = shelf.load("neuron")
    assert exercise.quantities == ("z", "a", "L")
    assert exercise.title == "One neuron"


def test_a_proof_comes_with_its_lines() -> None:
    steps = worked(shelf.load("sigmoid-lemma"), "")
    assert steps is not None
    assert steps[0].line == "sigmoid'(z) = exp(-z)/(1 + exp(-z))**2"
    assert steps[0].rule == "quotient rule"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("neuro", "neuron"),
        ("Neuron", "neuron"),
        ("lstm", "lstm-cell"),
        ("softmax_cross_entropy", "softmax-cross-entropy"),
        ("conv1d", "conv-1d"),
    ],
)
def test_a_name_that_is_nearly_right_gets_a_hint(name: str, near: str) -> None:
    assert refusal(name) == f"there is no exercise {name}; did you mean {near}?"


def test_a_strange_name_is_told_where_the_list_is() -> None:
    message = refusal("qqqqqqq")
    assert message == "there is no exercise qqqqqqq; without a name, derive lists them all"
    assert "\x1b" not in refusal("\x1b[31m" + "z" * 5000)


def test_a_teachers_file_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(NEURON))
    assert shelf.load(path).targets == ("dL/dw",)
    assert shelf.load(str(path)).targets == ("dL/dw",)


def test_keys_that_nobody_knows_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    shelf.load(written(tmp_path, json.dumps({**NEURON, "colour": "red"})), told.append)
    assert told == ["mine.json: exercise: the key colour is not known and is ignored"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{\n  "vars": {},\n  "forward" ["z"]\n}',
            "mine.json: line 3, column 13: this is no JSON: Expecting ':' delimiter",
        ),
        ("[1, 2]", "mine.json: an exercise is an object"),
        ("", "mine.json: line 1, column 1: this is no JSON"),
        ("[" * 100_000, "mine.json: the data is nested too deeply"),
        ('{"level": ' + "9" * 5000 + "}", "mine.json: a number in it has too many digits"),
        ("{}", "mine.json: forward: a list of lines"),
        (json.dumps({**NEURON, "steps": "a = b"}), "mine.json: steps: a list of"),
        (json.dumps({**NEURON, "steps": [{"line": 3}]}), "mine.json: steps: a list of"),
        (json.dumps({**NEURON, "loss": "q"}), "mine.json: loss: q is neither"),
    ],
)
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(written(tmp_path, text)).startswith(message)


def test_a_file_that_is_no_exercise_at_all(tmp_path: Path) -> None:
    assert refusal(tmp_path / "neuron.json") == (
        "there is no file neuron.json; the exercise neuron is shipped, without a path"
    )
    assert refusal(tmp_path / "zzzz.json") == "there is no file zzzz.json"
    (tmp_path / "folder.json").mkdir()
    assert "is no file" in refusal(tmp_path / "folder.json")
    (tmp_path / "latin.json").write_bytes(b'{\n"title": "\xe9"}')
    assert refusal(tmp_path / "latin.json").startswith("latin.json: line 2 is not UTF-8")
    large = written(tmp_path, '{"title": "' + "x" * shelf.MAX_BYTES + '"}', "large.json")
    assert "is larger than" in refusal(large)
    assert "cannot be read" in refusal("bad\0name.json")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    assert "is no file" in refusal(pipe)
