"""The three functions of docs/examples through every command: one with a NaN to be found, one whose
gradient vanishes, one whose gradients cancel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tutor.cli.main import main

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command; its exit code and what it printed."""

    def run(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, capsys.readouterr().out

    return run


def target(name: str) -> str:
    return f"{EXAMPLES / name}.py:loss"


def line_of(name: str, text: str) -> int:
    """The number of the line of an example that holds a text."""
    lines = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_audit_finds_the_line_that_makes_the_nan(run: Any) -> None:
    code, out = run("audit", target("attention"), "--json")
    found = json.loads(out)
    assert code == 1
    first = found["findings"][0]
    assert first["severity"] == "wrong"
    assert f"attention.py:{line_of('attention', 'shifted = z')}" in first["text"]
    assert "got −inf and −inf" in first["text"]


def test_a_breakpoint_stops_at_the_first_nan(run: Any) -> None:
    code, out = run("trace", target("attention"), "--until", "value is nan", "--json")
    moment = json.loads(out)
    assert code == 0
    assert (moment["event"]["kind"], moment["event"]["node"]) == ("value", "shifted")


def test_the_audit_says_how_far_the_gradient_shrinks(run: Any) -> None:
    code, out = run("audit", target("deep"), "--json")
    found = json.loads(out)
    warning = next(one for one in found["findings"] if one["severity"] == "warning")
    assert code == 1
    assert "gradient shrinks 10^−" in warning["text"]
    assert "over 11 layers: sigmoid′ 10^−6" in warning["text"]
    assert "the sigmoid's slope is at most 1/4" in warning["remedy"]


def test_a_cut_of_the_deep_network_sums_to_its_gradient(run: Any) -> None:
    code, out = run("why", target("deep"), "W1[0,0]", "--cut", "20", "--json")
    why = json.loads(out)
    assert code == 0
    carried = sum(member["amount"] for member in why["cut"]["members"])
    assert carried == pytest.approx(why["gradient"], rel=1e-9)


def test_the_two_uses_of_the_bias_pull_against_each_other(run: Any) -> None:
    code, out = run("why", target("siamese"), "b", "--json")
    why = json.loads(out)
    assert code == 0
    one, other = [path["amount"] for path in why["paths"]["listed"]]
    assert one * other < 0
    assert abs(one + other) < 0.05 * (abs(one) + abs(other))
    assert one + other == pytest.approx(why["gradient"], rel=1e-9)


@pytest.mark.parametrize("name", ["attention", "deep", "siamese"])
def test_a_saved_trace_is_the_same_trace(run: Any, tmp_path: Path, name: str) -> None:
    saved = tmp_path / "run.bptrace"
    _, out = run("trace", target(name), "--save", str(saved), "--json")
    code, again = run("open", str(saved), "--json")
    assert code == 0
    assert json.loads(again)["events"] == json.loads(out)["events"]
    code, out = run("compare", str(saved), str(saved))
    assert code == 0
    assert "all the same" in out


@pytest.mark.parametrize("name", ["deep", "siamese"])
def test_the_exported_code_passes_its_own_check(run: Any, tmp_path: Path, name: str) -> None:
    code, _ = run("export", "numpy", target(name), "-o", str(tmp_path / "f.py"))
    assert code == 0
    done = subprocess.run(
        [sys.executable, "f.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    error = float(done.stdout.split()[-1].rstrip("."))
    assert error < 1e-5


@pytest.mark.parametrize("name", ["attention", "deep", "siamese"])
def test_every_verb_answers_on_them(run: Any, name: str) -> None:
    commands = [
        "rest", "node", "view", "open-all", "fold-all", "open-auto", "look f", "enter", "cells",
        "end", "why", "after", "audit", "notation", "legend", "pane", "break |grad| > 1e-3",
        "continue-back", "watch norm(grad(f))", "notes", "mark a", "start", "to-mark a", "pin",
        "descend", "compare", "undo", "source", "where", "predict", "hint", "step", "predict",
    ]  # fmt: skip
    asked = [word for command in commands for word in ("--do", command)]
    code, out = run("trace", target(name), *asked, "--json")
    assert code == 0
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["command"] for answer in answers] == commands
    assert all(answer["said"] for answer in answers)
