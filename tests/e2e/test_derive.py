"""The derive screen in a real terminal, as a person meets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LINES = ("dL/da = 2(a - y)", "da/dz = a(1 - a)", "dL/dw = 2(a - y)*a(1 - a)")


@pytest.mark.long
def test_lines_are_typed_judged_mended_proved_and_kept(terminal: Any, tmp_path: Path) -> None:
    t = terminal("derive", "neuron")
    t.wait_for("Find dL/dw.")
    for line in LINES:
        t.press(line, "enter")
    t.wait_for("✗  3")
    t.wait_for("Line 3: ")
    t.press("ctrl+g", "H")
    t.wait_for("hint 1")
    t.press("up", "*x", "enter")
    t.wait_for("Every line is right, and dL/dw is reached.")
    t.wait_for("=  3")
    t.press("ctrl+s", str(tmp_path / "a.txt"), "enter")
    t.wait_for("3 lines in a.txt")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8").splitlines() == [
        *LINES[:2],
        LINES[2] + "*x",
    ]
    t.press("escape")
    t.wait_for("keys act")
    t.press("q")
    assert t.finish() == 0
    assert "\x1b" not in t.text


@pytest.mark.long
def test_a_pasted_derivation_is_judged_whole_and_a_resize_is_followed(terminal: Any) -> None:
    t = terminal("derive", "neuron", NO_COLOR="1")
    t.wait_for("Find dL/dw.")
    t.child.send("\x1b[200~" + "\r".join(LINES) + "\x1b[201~")
    t.wait_for("✗  3")
    assert "‾" in t.text
    t.resize(160, 45)
    t.wait_for("drawn")
    t.resize(40, 10)
    t.wait_for("✗  3")
    for colour in (b"38;2;", b"48;2;", b"38;5;", b"[31m", b";31m", b"[33m", b";33m", b"[32m"):
        assert colour not in t.raw


@pytest.mark.long
def test_home_leads_to_the_exercises_and_back(terminal: Any) -> None:
    t = terminal()
    t.wait_for("step through it")
    t.press("down", "down")
    t.wait_for("d derive")
    t.press("d")
    t.wait_for("Level 1")
    t.press("lstm", "enter")
    t.wait_for("find dL/d")
    t.press("escape")
    t.wait_for("keys act")
    t.press("q")
    t.wait_for("Level")
    t.press("escape")
    t.wait_for("step through")


@pytest.mark.long
def test_the_c_locale_gets_ascii(terminal: Any) -> None:
    t = terminal("derive", "neuron", LC_ALL="C")
    t.wait_for("Find dL/dw.")
    for line in LINES:
        t.press(line, "enter")
    t.wait_for("X  3")
    assert t.text.isascii()
