"""The door as a person meets it: help, version, faults, pipes and poor terminals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutor import __version__

if TYPE_CHECKING:
    from tests.e2e.conftest import Open, Pipe

COLOUR = re.compile(rb"\x1b\[[0-9;]*[34]\d[0-9;]*m")


def test_version(piped: Pipe) -> None:
    done = piped("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"backprop {__version__}\n", "")


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
def test_help_in_a_terminal(terminal: Open, size: tuple[int, int]) -> None:
    window = terminal("--help", size=size)
    assert window.finish() == 0
    assert "screens and commands:" in window.text
    assert "backprop trace" in window.text
    assert "backprop doctor" in window.text


def test_piped_without_a_command_it_prints_its_help(piped: Pipe) -> None:
    done = piped()
    assert done.returncode == 0
    assert done.stdout == piped("--help").stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("kind", ["dumb", None])
def test_a_terminal_that_cannot_be_drawn_on_gets_the_help(terminal: Open, kind: str | None) -> None:
    window = terminal(TERM=kind)
    assert window.finish() == 0
    assert "screens and commands:" in window.text
    assert b"\x1b" not in window.raw


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["doctor"], 0), (["frobnicate"], 2), (["doctor", "--jso"], 2), (["trace"], 2)],
)
def test_exit_codes(piped: Pipe, arguments: list[str], code: int) -> None:
    done = piped(*arguments)
    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)
    assert bool(done.stderr) == (code != 0)
    assert "Traceback" not in done.stderr


def test_a_fault_is_red_in_a_terminal_and_plain_with_no_color(terminal: Open) -> None:
    window = terminal("frobnicate")
    assert window.finish() == 2
    assert window.lines[0] == "backprop: error: unknown command frobnicate"
    assert COLOUR.search(window.raw)
    plain = terminal("frobnicate", NO_COLOR="1")
    assert plain.finish() == 2
    assert plain.lines == window.lines
    assert b"\x1b" not in plain.raw


def test_the_caret_stands_under_the_spot(terminal: Open) -> None:
    window = terminal("trace", "(x + σ*·y)", "--at", "x=1,y=2")
    assert window.finish() == 2
    assert window.lines[0].startswith("backprop trace: error: ")
    assert window.lines[1] == "  (x + σ*·y)"
    assert window.lines[2] == "         ^"


def test_an_expression_may_begin_with_a_minus(piped: Pipe) -> None:
    done = piped("trace", "-x*y", "--at", "x=-2,y=5")
    assert (done.returncode, done.stderr) == (0, "")
    assert "∂f/∂x = −5\n" in done.stdout


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
def test_the_doctor_knows_its_terminal(terminal: Open, size: tuple[int, int]) -> None:
    window = terminal("doctor", "--json", size=size, COLORTERM="truecolor")
    assert window.finish() == 0
    found = json.loads(window.raw)["terminal"]
    assert found["interactive"] is True
    assert found["colours"] == "truecolor"
    assert (found["columns"], found["lines"]) == size


def test_the_doctor_draws_a_table_in_a_terminal(terminal: Open) -> None:
    window = terminal("doctor", size=(160, 45))
    assert window.finish() == 0
    assert b"\x1b[1m" in window.raw
    rows = {line.split("  ")[1].strip(): line for line in window.lines if line.startswith("  ")}
    assert rows["backprop-tutor"].endswith(__version__)
    assert rows["Size"].endswith("160 columns, 45 lines")


def test_a_reader_that_leaves_hears_no_complaint(piped: Pipe) -> None:
    read, write = os.pipe()
    os.close(read)
    done = piped("doctor", stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_no_fault(closed: str, program: list[str]) -> None:
    line = f'exec "$@" {closed}'
    arguments = ["sh", "-c", line, "sh", *program, "doctor"]
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def test_foreign_text_in_an_argument_cannot_command_the_terminal(terminal: Open) -> None:
    window = terminal("\x1b]0;title\x07", NO_COLOR="1")
    assert window.finish() == 2
    assert b"\x1b" not in window.raw
    assert "unknown command ␛]0;title␇" in window.text


def test_an_output_that_knows_only_ascii_gets_ascii(piped: Pipe) -> None:
    done = piped("doctör\x1b", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert done.stderr.startswith("backprop: error: unknown command doct?r?\n")


CRASH = """
import sys
from tutor.cli.main import main
from tutor.tui.screens.home import HomeScreen

def fail(screen):
    raise RuntimeError("a slip of ours")

HomeScreen.key_f9 = fail
sys.exit(main([]))
"""


def test_a_crash_of_the_interface_is_one_line_and_a_report(terminal: Open, home: Path) -> None:
    window = terminal(program=[sys.executable, "-c", CRASH], size=(160, 45))
    window.wait_for("Trace a function")
    window.press("f9")
    assert window.finish() == 3
    told = "".join(window.lines)
    assert told.startswith("backprop: internal error, our fault: RuntimeError: a slip of ours.")
    assert "Traceback" not in told
    [report] = (home / "state" / "reports").iterdir()
    assert report.read_text().endswith("in fail\n\nRuntimeError: a slip of ours\n")
    assert window.raw.count(b"\x1b[?1049l") == 1
    assert window.raw.rstrip().endswith(f"Report: {report}".encode())
