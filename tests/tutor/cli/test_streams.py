"""Standard streams that are closed or speak ASCII, and files that are there already."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tutor.cli import targets
from tutor.cli.main import main

ROOT = Path(__file__).parents[3]
NEURON = str(ROOT / "tests" / "data" / "functions" / "neuron.py") + ":loss"


def shell(line: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    program = f"{shlex.quote(sys.executable)} -m tutor.cli.main {line}"
    around = {**os.environ, "BACKPROP_TUTOR_HOME": str(home), **environment}
    return subprocess.run(
        ["sh", "-c", program], cwd=ROOT, env=around, capture_output=True, text=True, check=False
    )


def test_a_function_is_run_though_standard_input_is_closed(tmp_path: Path) -> None:
    told = shell(f"trace {shlex.quote(NEURON)} --text <&-", tmp_path)
    assert told.returncode == 0
    assert told.stdout.startswith("Graph with ")


def test_a_picture_is_printed_in_ascii_where_there_is_nothing_else(tmp_path: Path) -> None:
    told = shell('export text "x*x" --at x=2', tmp_path, PYTHONIOENCODING="ascii")
    assert told.returncode == 0
    assert "?" not in told.stdout
    assert "+ f = x*x" in told.stdout


def test_a_picture_is_not_written_over_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "loss.py"
    program.write_text("def loss(x=1.0):\n    return x\n")
    assert main(["export", "svg", "x*x", "--at", "x=2", "-o", str(program)]) == 2
    assert "is a program that is there already" in capsys.readouterr().err
    assert program.read_text().startswith("def loss")
    assert main(["export", "numpy", "x*x", "--at", "x=2", "-o", str(program)]) == 0
    assert "def forward" in program.read_text()


def test_what_takes_long_is_said_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "slow.py"
    program.write_text("import time\ntime.sleep(0.3)\ndef loss(x=1.0):\n    return x * x\n")
    monkeypatch.setattr(targets, "PATIENCE", 0.0)
    assert main(["trace", f"{program}:loss", "--text"]) == 0
    told = capsys.readouterr()
    assert "ctrl+c stops it" in told.err
    assert "ctrl+c" not in told.out
