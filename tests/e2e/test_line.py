"""Line mode as it is started: over a pipe, in a poor terminal, by the settings."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT, how_to_start, surroundings

if TYPE_CHECKING:
    from tests.e2e.conftest import Open, Pipe

EXAMPLE = ("trace", "(x + y)*z", "--at", "x=-2,y=5,z=-4")
BEGINNING = "Graph with 5 nodes: x, y, z are inputs; q is x plus y; f is q times z."


def conversed(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What line mode answers to a file of commands."""
    return subprocess.run(
        [*how_to_start(), *EXAMPLE, "--line", *arguments],
        input=script,
        cwd=ROOT,
        env=surroundings({}),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_file_of_commands_is_answered_line_by_line() -> None:
    done = conversed("# what comes first\ngo 8\nstep\n\nwhy x\nquit\nstep\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        BEGINNING,
        "Event 8 of 10: f passes 3 on to z (1 times 3). z is complete.",
        "Event 9 of 10: q passes minus 4 on to x (minus 4 times 1). x is complete.",
        "Event 10 of 10: q passes minus 4 on to y (minus 4 times 1). y is complete.",
        "x's gradient is minus 4: one way, from q, minus 4 times 1.",
        "Goodbye.",
    ]


def test_the_end_of_the_commands_is_the_end_and_a_refusal_tells() -> None:
    assert conversed("step\n").returncode == 0
    done = conversed("step\nnonsense\nback\n")
    assert done.returncode == 2
    assert done.stdout.splitlines()[-2].startswith("Not done: nonsense is no command")
    assert done.stdout.splitlines()[-1].startswith("The start.")


def test_each_answer_is_a_json_document() -> None:
    done = conversed("go 9\nwhere\nwhy x\n", "--json")
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["command"] for one in documents] == ["go 9", "where", "why x"]
    assert [one["cursor"] for one in documents] == [9, 9, 9]
    assert documents[2]["report"]["report"] == "why"


@pytest.mark.parametrize("kind", ["dumb", None])
def test_a_terminal_that_cannot_be_drawn_on_gets_line_mode(
    terminal: Open, kind: str | None
) -> None:
    window = terminal(*EXAMPLE, size=(100, 24), TERM=kind)
    window.wait_for(BEGINNING)
    window.press("step", "enter")
    window.wait_for("Event 1 of 10: x is minus 2.")
    window.press("enter")
    window.wait_for("Event 2 of 10: y is 5.")
    window.press("ctrl+d")
    assert window.finish() == 0
    assert b"\x1b[?1049h" not in window.raw


@pytest.mark.long
def test_the_settings_may_ask_for_line_mode(terminal: Open, piped: Pipe, home: Path) -> None:
    assert piped("settings", "line=on").returncode == 0
    window = terminal(*EXAMPLE, size=(100, 24))
    window.wait_for(BEGINNING)
    window.press("break op mul", "enter", "continue", "enter")
    window.wait_for("Stopped at op mul.")
    window.press("quit", "enter")
    assert window.finish() == 0
    assert "Goodbye." in window.text


def test_ctrl_c_leaves_with_the_code_of_an_interruption(terminal: Open) -> None:
    window = terminal(*EXAMPLE, "--line", size=(100, 24))
    window.wait_for(BEGINNING)
    window.press("ctrl+c")
    assert window.finish() == 130
    assert "Traceback" not in window.text


def test_the_locale_without_unicode_gets_ascii(terminal: Open) -> None:
    window = terminal("trace", "sigmoid(w*x)", "--at", "w=1,x=2", "--line", LC_ALL="C")
    window.wait_for("Graph with")
    window.press("play", "enter", "why w", "enter", "pane", "enter")
    window.wait_for("used by")
    assert window.text.isascii()
