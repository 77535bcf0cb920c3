"""The real program in a real terminal: it starts, steps, comes back, and leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest

EXAMPLE = ("trace", "(x + y)*z", "--at", "x=-2,y=5,z=-4")


def test_trace_steps_forwards_and_backwards_and_q_restores_the_terminal(terminal: Any) -> None:
    t = terminal(*EXAMPLE)
    t.wait_for("Press → for the first event")
    t.press("end", "left")
    t.wait_for("Event 9 of 10: q passes −4 on to x (−4 times 1). x is complete.")
    assert "┏ x ━━━━━━┓" in t.text
    assert "∂f/∂x = ∂f/∂q · ∂q/∂x" in t.text
    t.wait_for("SymPy ✓")
    t.press("q")
    assert t.finish() == 0
    for mode in (b"\x1b[?1049", b"\x1b[?25", b"\x1b[?1000"):
        on, off = (b"l", b"h") if mode == b"\x1b[?25" else (b"h", b"l")
        assert t.raw.rindex(mode + off) > t.raw.rindex(mode + on)


@pytest.mark.long
def test_home_to_a_function_of_ones_own_and_back(terminal: Any) -> None:
    t = terminal()
    t.wait_for("Nothing traced yet")
    t.press("ctrl+u", "x*x*y")
    t.wait_for("at gives z")
    t.press("tab", "ctrl+u", "x=3, y=2")
    t.wait_for("Press enter to step through it")
    t.press("enter")
    t.wait_for("Press → for the first event")
    t.press("f")
    t.wait_for("18")
    t.press("q")
    t.wait_for("x*x*y   x=3, y=2")
    t.press("escape")
    t.wait_for("q quit")
    t.press("q")
    assert t.finish() == 0


def test_the_mouse_picks_a_moment_and_a_node(terminal: Any) -> None:
    t = terminal(*EXAMPLE)
    t.wait_for("Press → for the first event")
    row = next(i for i, line in enumerate(t.lines) if line.startswith(" ▶ ○"))
    t.click(t.lines[row].index("◀") + 8, row)
    t.wait_for("Event 9 of 10")
    row = next(i for i, line in enumerate(t.lines) if "┌ y ─" in line)
    t.click(t.lines[row].index("y"), row)
    t.wait_for("[y]")


def test_a_drag_looks_around_and_the_next_event_comes_back_into_view(terminal: Any) -> None:
    neuron = "n = w0 + w1*x1 + w2*x2; f = sigmoid(n); -log(f)"
    t = terminal("trace", neuron, "--at", "w0=-3,w1=2,w2=-3,x1=-1,x2=-2")
    t.wait_for("┌ w1 ─")
    t.child.send("\x1b[<0;60;8M")
    for column in range(59, 9, -10):
        t.child.send(f"\x1b[<32;{column};8M")
    t.child.send("\x1b[<0;9;8m")
    t.settle()
    assert "┌ w1 ─" not in t.text
    t.press("right", "right")
    t.wait_for("┏ w1 ━")


@pytest.mark.long
def test_a_chord_acts_inside_a_field_and_a_resize_is_followed(terminal: Any) -> None:
    t = terminal(*EXAMPLE)
    t.wait_for("Press → for the first event")
    t.press("e")
    t.wait_for("now")
    t.press("ctrl+g")
    t.wait_for("n node")
    t.press("f")
    t.wait_for("Event 5 of 10")
    t.press("escape")
    t.resize(160, 45)
    t.wait_for("5 of 10")
    t.resize(60, 15)
    t.wait_for("Event 5 of 10")


def test_without_colours_no_colour_is_sent(terminal: Any) -> None:
    t = terminal(*EXAMPLE, NO_COLOR="1")
    t.wait_for("Press → for the first event")
    t.press("end")
    t.wait_for("◀")
    for colour in (b"38;2", b"48;2", b"38;5", b"[31m", b";31m", b"[33m", b";33m", b";36m"):
        assert colour not in t.raw


def test_the_c_locale_gets_ascii(terminal: Any) -> None:
    t = terminal(*EXAMPLE, LC_ALL="C")
    t.wait_for("Press")
    t.press("end", "left")
    t.wait_for("q passes -4 on to x (-4 times 1)")
    assert t.text.isascii()
