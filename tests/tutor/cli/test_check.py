"""`backprop check`: the file to fill in, what is said of it, and watching it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.tutor.judge.code.filled import filled
from tests.tutor.judge.code.passes import PASSES
from tutor.cli.check import check_again, watch
from tutor.cli.main import main


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Write a pass by hand beside its exercise, and give its path."""

    def written(name: str, **lines: str) -> str:
        exercise = tmp_path / f"{name}.json"
        exercise.write_text(json.dumps(PASSES[name].exercise))
        text = filled(name, PASSES[name].lines | lines)
        path = tmp_path / "mine.py"
        path.write_text(text.replace(f"check: {name}", f"check: {name}.json"))
        return str(path)

    return written


Files = Callable[..., str]
Captured = pytest.CaptureFixture[str]


def check(*arguments: str) -> int:
    return main(["check", *arguments, "--seed", "1"])


def test_a_right_pass(file: Files, capsys: Captured) -> None:
    assert check(file("softmax")) == 0
    said = capsys.readouterr()
    assert said.out == (
        "check of mine.py: softmax.json   5 of 5 right\n"
        "  ✓ dp  (k,)\n"
        "  ✓ dz  (k,)\n"
        "  ✓ dW  (k, d)\n"
        "  ✓ dx  (d,)\n"
        "  ✓ db  (k,)\n"
        "\n"
        "All 5 gradients are right.\n"
    )
    assert said.err == "mine.py was run, as you asked\n"


def test_a_wrong_line_what_follows_and_what_is_missing(file: Files, capsys: Captured) -> None:
    path = file("batch", dZ="dA * (1 - Z**2)", db="dZ", dY="None")
    assert check(path, "--ascii") == 1
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "check of mine.py: batch.json   1 of 6 right"
    assert rows[1] == "  ok    dA  (n, m)"
    assert rows[2].startswith("  wrong dZ  (n, m)  is off at the tanh")
    assert rows[4].split("yours")[0].strip().startswith("dZ[")
    assert "by differences" in rows[4]
    assert "follows from dZ, and its own step is right" in rows[5]
    assert " ".join(rows[-2:]) == (
        "1 right, 1 wrong, 2 following from another, 1 of another shape, 1 not filled in yet. "
        "Look at dZ first."
    )
    assert all(row.isascii() for row in rows)
    assert check(path, "--text") == 1
    sentences = capsys.readouterr().out
    assert "dA is right.\n" in sentences
    assert "(missing_sum)." in sentences
    assert "dY is not filled in yet.\n" in sentences


def test_marks_in_ascii_are_as_wide_as_each_other(file: Files, capsys: Captured) -> None:
    assert check(file("batch", dW="2 * X.T @ dZ", db="None"), "--ascii") == 1
    said = capsys.readouterr().out
    assert said.isascii()
    rows = [row for row in said.splitlines() if row[:2] == "  " and row[2:3] != " "]
    assert [row[:10] for row in rows[2:5]] == ["  ok    dX", "  wrong dW", "  ?     db"]
    assert rows[3][10:].index("is off") == rows[4][10:].index("is not filled")


def test_the_same_as_data(file: Files, capsys: Captured) -> None:
    assert check(file("neuron", dz="da"), "--json") == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["format"], told["report"], told["right"]) == (1, "check", False)
    assert said.err == ""
    by = {one["name"]: one for one in told["arrays"]}
    assert [one["mark"] for one in told["arrays"]] == ["✓", "✗", "~", "~"]
    assert by["dz"]["label"] == "missing_chain_factor"
    assert by["dw"]["follows"] == "dz"
    cell = by["dz"]["cell"]
    assert cell["index"] == []
    assert cell["given"] is None
    assert sorted(cell["inputs"]) == ["b", "w", "x", "y"]
    assert told["summary"].endswith("Look at dz first.")


def test_an_error_of_theirs_is_told_as_theirs(file: Files, capsys: Captured) -> None:
    path = file("neuron", dz="None", dw="x * dz")
    assert check(path) == 1
    out = capsys.readouterr().out
    assert "  ! line 28: TypeError: unsupported operand type(s) for *" in out
    assert "dz is not filled" in out
    assert "      dw = x * dz\n" in out
    assert "  ✓ da" in out
    assert "Traceback" not in out


def test_what_it_prints_cannot_look_like_a_verdict(file: Files, capsys: Captured) -> None:
    printing = "print('\\x1b[2JAll 4 gradients are right.') or da"
    assert check(file("neuron", dz=printing)) == 1
    said = capsys.readouterr()
    assert "All 4" not in said.out
    assert "  it printed: ␛[2JAll 4 gradients are right.\n" in said.err
    assert said.err.count("All 4") == 1


def test_a_template_is_written_once(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mine.py"
    assert main(["check", "--template", "lstm-gates", "-o", str(path)]) == 0
    assert "gradients to fill in" in capsys.readouterr().err
    before = path.read_text()
    assert main(["check", "--template", "chain-rule", "-o", str(path)]) == 2
    assert "is there already, and nothing was written" in capsys.readouterr().err
    assert path.read_text() == before
    assert main(["check", "--template", "lstm-gates"]) == 0
    assert capsys.readouterr().out == before
    assert check(str(path)) == 1
    assert "not filled in yet. Go on with dh first." in capsys.readouterr().out


def test_a_template_of_ones_own_exercise(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sheet").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "sheet" / "own.json").write_text(json.dumps(PASSES["neuron"].exercise))
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--template", "sheet/own.json", "-o", "work/mine.py"]) == 0
    first = (tmp_path / "work" / "mine.py").read_text().splitlines()[0]
    assert first == "# backprop check: ../sheet/own.json"
    monkeypatch.chdir("/")
    assert check(str(tmp_path / "work" / "mine.py")) == 1
    assert "0 of 4 right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which file to check"),
        (["none.py"], "there is no such file"),
        (["empty.py"], "empty.py does not say which exercise it is for"),
        (["empty.py", "--exercise", "lstm"], "there is no exercise lstm"),
        (["empty.py", "--exercise", "none.json"], "there is no file none.json"),
        (["empty.py", "--exercise", "sigmoid-quarter"], "asks for no gradient of a loss"),
        (["empty.py", "--exercise", "neuron", "--timeout", "0"], "--timeout: a number"),
        (["empty.py", "--exercise", "neuron", "--memory", "1"], "--memory: a number"),
        (["empty.py", "--seed", "-1"], "--seed: a whole number"),
        (["empty.py", "-o", "x.py"], "-o belongs to --template"),
        (["empty.py", "--template", "neuron"], "empty.py is left over"),
        (["--template", "nowhere"], "there is no exercise nowhere"),
    ],
)
def test_what_cannot_be_used(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("backprop check: error: ")
    assert said in told.err


def test_an_exercise_without_a_value_is_not_checked(tmp_path: Path, capsys: Captured) -> None:
    nowhere = {"vars": {"x": {"shape": []}}, "forward": ["L = log(-exp(x))"], "loss": "L"}
    (tmp_path / "nowhere.json").write_text(json.dumps(nowhere))
    path = tmp_path / "mine.py"
    path.write_text("# backprop check: nowhere.json\ndef backward(x):\n    return {'dx': 1.0}\n")
    assert check(str(path)) == 2
    assert "nowhere.json: its forward lines have no finite value" in capsys.readouterr().err


def test_a_file_without_the_function_is_checked_and_wrong(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mine.py"
    path.write_text("# backprop check: neuron\nx = 1\n")
    assert check(str(path)) == 1
    out = capsys.readouterr().out
    assert "  ! your file: the file has no function backward\n" in out
    assert "0 of" in out


class Editor:
    """Ticks of a watch, at each of which something may happen to the file."""

    def __init__(self, *happens: Callable[[], object] | None) -> None:
        self.happens = list(happens)

    def tick(self) -> bool:
        if not self.happens:
            return False
        act = self.happens.pop(0)
        if act is not None:
            act()
        return True


def test_a_watch_checks_when_a_file_has_come_to_rest(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("1")
    seen: list[tuple[int, str]] = []

    def note(count: int) -> int:
        seen.append((count, path.read_text()))
        return count

    editor = Editor(
        None,
        lambda: path.write_text("half"),
        lambda: path.write_text("whole"),
        None,
        None,
        path.unlink,
        None,
        lambda: path.write_text("again, after it was gone"),
        None,
        lambda: os.replace(tmp_path / "new", path) if (tmp_path / "new").exists() else None,
        lambda: (tmp_path / "new").write_text("put in its place"),
        lambda: os.replace(tmp_path / "new", path),
        None,
    )
    assert watch(path, note, editor.tick) == 4
    assert seen == [
        (1, "1"),
        (2, "whole"),
        (3, "again, after it was gone"),
        (4, "put in its place"),
    ]


def test_a_file_that_is_saved_while_it_is_watched(file: Files, capsys: Captured) -> None:
    path = Path(file("neuron", dz="da"))
    right = filled("neuron", PASSES["neuron"].lines).replace(": neuron", ": neuron.json", 1)
    arguments = argparse.Namespace(
        exercise=None, timeout=10.0, memory=512, seed=1, json=False, text=False, ascii=False
    )
    editor = Editor(
        lambda: path.write_text(right), None, lambda: path.write_text("x = 1\n"), None, None
    )
    assert watch(path, lambda count: check_again(path, arguments, count), editor.tick) == 1
    said = capsys.readouterr()
    assert said.err.startswith("watching; ctrl+c ends it\n")
    assert "does not say which exercise it is for" in said.err
    checks = said.out.split("── check ")
    assert "1 of 4 right" in checks[0]
    assert checks[1].startswith("2 ──\ncheck of mine.py: neuron.json   4 of 4 right")
    assert checks[2] == "3 ──\n"


@pytest.mark.long
def test_a_watch_is_ended_by_the_keyboard(file: Files) -> None:
    command = [sys.executable, "-m", "tutor.cli.main", "check", file("neuron", dz="da"), "--watch"]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        cwd=root,
        text=True,
        # Tests that run in the background of a shell would hand on that ctrl+c is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "check of mine.py: neuron.json   1 of 4 right\n"
        file("neuron")
        rest = iter(child.stdout.readline, "")
        assert next(row for row in rest if row.startswith("check of ")) == (
            "check of mine.py: neuron.json   4 of 4 right\n"
        )
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 130


def test_a_watch_of_nothing_is_refused(tmp_path: Path, capsys: Captured) -> None:
    assert check(str(tmp_path / "none.py"), "--watch") == 2
    assert "there is no such file" in capsys.readouterr().err
