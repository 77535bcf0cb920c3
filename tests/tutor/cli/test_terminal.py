from __future__ import annotations

import io
import sys
from typing import TextIO

import pytest

from tutor.cli import terminal


class Stream(io.StringIO):
    """A stream that says it is a terminal, or not."""

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


def screen(monkeypatch: pytest.MonkeyPatch, tty: bool = True, **environment: str) -> TextIO:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Stream(tty)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stdin", Stream(True))
    return stream


def test_a_terminal_has_the_colours_its_surroundings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    screen(monkeypatch, COLORTERM="truecolor")
    assert terminal.colour_level() == "truecolor"


def test_a_pipe_has_no_colours_and_no_person(monkeypatch: pytest.MonkeyPatch) -> None:
    screen(monkeypatch, tty=False, COLORTERM="truecolor", FORCE_COLOR="1")
    assert terminal.colour_level() == "none"
    assert not terminal.is_interactive()
    assert not terminal.stdout_console().is_terminal


@pytest.mark.parametrize(
    ("kind", "interactive"), [("xterm", True), ("linux", True), ("dumb", False), ("", False)]
)
def test_interactive_needs_a_terminal_that_can_be_drawn_on(
    monkeypatch: pytest.MonkeyPatch, kind: str, interactive: bool
) -> None:
    screen(monkeypatch, TERM=kind)
    assert terminal.is_interactive() is interactive


def test_interactive_needs_a_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    screen(monkeypatch)
    monkeypatch.setattr(sys, "stdin", Stream(False))
    assert not terminal.is_interactive()


def test_size_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    screen(monkeypatch, COLUMNS="120", LINES="40")
    assert terminal.size() == (120, 40)
    assert terminal.width() == 120


def test_size_of_an_unknown_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = screen(monkeypatch)
    monkeypatch.delenv("COLUMNS")
    monkeypatch.delenv("LINES")
    monkeypatch.setattr(stream, "fileno", lambda: -1)
    monkeypatch.setattr(sys, "__stdout__", None)
    assert terminal.size() == (80, 24)


def test_consoles_read_no_meaning_into_foreign_text(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = screen(monkeypatch)
    terminal.stdout_console().print("W[i] [bold]x[/bold] :smile: 3.5")
    assert isinstance(stream, io.StringIO)
    assert stream.getvalue() == "W[i] [bold]x[/bold] :smile: 3.5\n"


def test_no_color_means_no_colour_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = screen(monkeypatch, NO_COLOR="1")
    terminal.stdout_console().print("wrong", style="red")
    assert isinstance(stream, io.StringIO)
    assert stream.getvalue() == "wrong\n"


def test_a_coloured_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = screen(monkeypatch)
    terminal.stdout_console().print("wrong", style="red")
    assert isinstance(stream, io.StringIO)
    assert stream.getvalue() == "\x1b[31mwrong\x1b[0m\n"
