"""`backprop derive` in line mode, at a real terminal and piped."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT, how_to_start, surroundings

if TYPE_CHECKING:
    from tests.e2e.conftest import Open, Pipe

BEGINNING = "Type one line at a time; :help lists the commands."


def test_a_derivation_line_by_line(terminal: Open) -> None:
    window = terminal("derive", "neuron", "--line", size=(100, 30))
    window.wait_for(BEGINNING)
    window.press("dL/da = 2*(a - y)", "enter")
    window.wait_for("Line 1 is right at every point.")
    window.press("dL/dw = 2*(a - y)*a*(1 - a)", "enter")
    window.wait_for("a factor of the chain is missing (missing_chain_factor).")
    window.press(":hint", "enter")
    window.wait_for("first that does not hold")
    window.press(":line 2", "enter")
    window.press("dL/dw = 2*(a - y)*a*(1 - a)*x", "enter")
    window.wait_for("Every line is right, and dL/dw is reached.")
    window.press("ctrl+d")
    assert window.finish() == 0
    assert b"\x1b[?1049h" not in window.raw


def test_ctrl_c_leaves_with_the_code_of_an_interruption(terminal: Open) -> None:
    window = terminal("derive", "neuron", "--line", size=(100, 24))
    window.wait_for(BEGINNING)
    window.press("dL/da", "ctrl+c")
    assert window.finish() == 130
    assert "Traceback" not in window.text


@pytest.mark.parametrize("kind", ["dumb", None])
def test_a_terminal_that_cannot_be_drawn_on_gets_line_mode(
    terminal: Open, kind: str | None
) -> None:
    window = terminal("derive", "neuron", size=(100, 24), TERM=kind)
    window.wait_for(BEGINNING)
    window.press("dL/dw = q", "enter")
    window.wait_for("nothing here is named q")
    window.press(":quit", "enter")
    assert window.finish() == 0
    assert "Goodbye." in window.text
    assert b"\x1b[?1049h" not in window.raw


def test_the_locale_without_unicode_gets_ascii(terminal: Open) -> None:
    window = terminal("derive", "softmax-layer", "--line", size=(100, 40), LC_ALL="C")
    window.wait_for(BEGINNING)
    window.press(":help", "enter", "ctrl+d")
    assert window.finish() == 0
    assert window.text.isascii()


def test_a_file_of_lines_is_coloured_at_a_terminal_unless_asked_not_to_be(terminal: Open) -> None:
    words = ("derive", "neuron", "docs/examples/neuron.txt")
    window = terminal(*words)
    assert window.finish() == 1
    assert "✗  3  dL/dw" in window.text
    assert b"\x1b[" in window.raw
    window = terminal(*words, NO_COLOR="1")
    assert window.finish() == 1
    assert b"\x1b[3" not in window.raw


def test_piped_lines_are_judged_and_nothing_is_drawn(piped: Pipe) -> None:
    done = piped("derive", "neuron", "docs/examples/neuron.txt", TERM="dumb")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("dL/dw   wrong\n")
    assert "\x1b" not in done.stdout


def test_a_script_of_line_mode() -> None:
    done = subprocess.run(
        [*how_to_start(), "derive", "neuron", "--line"],
        input="dL/da = 2*(a - y)\n:hint\ndL/dw = 2*(a - y)*a*(1 - a)*x\n",
        cwd=ROOT,
        env=surroundings({}),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "Every line is right, and dL/dw is reached."
    assert "\x1b" not in done.stdout


def test_judge_at_a_keyboard_says_what_it_waits_for(terminal: Open) -> None:
    window = terminal("judge", size=(100, 24))
    window.wait_for("Reading records from the keyboard, one a line; ctrl+d ends.")
    window.press("nonsense", "enter")
    window.wait_for('"verdict": "reject"')
    window.press("ctrl+d")
    assert window.finish() == 0


def test_judge_is_interrupted_quietly(terminal: Open) -> None:
    window = terminal("judge", size=(100, 24))
    window.wait_for("ctrl+d ends")
    window.press("ctrl+c")
    assert window.finish() == 130
    assert "Traceback" not in window.text
