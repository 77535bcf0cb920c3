from __future__ import annotations

import importlib
import json

import pytest

from tutor import __version__
from tutor.cli import main as door
from tutor.cli.errors import RIGHT, UnusableInput
from tutor.cli.main import COMMANDS, main
from tutor.settings import recent


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"backprop {__version__}\n"


def test_help_lists_every_screen_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "backprop the home screen: " in told
    for name in COMMANDS:
        command = importlib.import_module(f"tutor.cli.{name}")
        assert f"backprop {name} {command.HELP}" in told


def test_without_a_terminal_the_home_screen_is_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert main([]) == 0
    assert capsys.readouterr().out == told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--help"]) == 0
    told = capsys.readouterr().out
    command = importlib.import_module(f"tutor.cli.{name}")
    assert name == command.NAME
    assert command.HELP in " ".join(told.split())
    assert command.EXAMPLES
    for line, _ in command.EXAMPLES:
        assert line.startswith(f"backprop {name}")
        assert line in told


@pytest.mark.parametrize(
    ("tokens", "message", "hint"),
    [
        (["docter"], "unknown command docter", "Did you mean backprop doctor?"),
        (["frobnicate"], "unknown command frobnicate", "The commands are: trace, "),
        (["x*y"], "unknown command x*y", 'To step through an expression: backprop trace "x*y"'),
        (["--vresion"], "unknown option --vresion", "Did you mean --version?"),
        (["--ver"], "unknown option --ver", "Did you mean --version?"),
        (["-x"], "unknown option -x", "See: backprop --help"),
        (["\x1b[2J"], "unknown command ␛[2J", "backprop trace"),
    ],
)
def test_a_slip_at_the_door_is_explained(
    tokens: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tokens) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith(f"backprop: error: {message}\n")
    assert hint in seen.err
    assert "\x1b" not in seen.err


def test_a_fault_names_the_command_it_happened_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(arguments: object) -> int:
        raise UnusableInput("no such thing")

    monkeypatch.setattr(importlib.import_module("tutor.cli.doctor"), "run", refuse)
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "backprop doctor: error: no such thing\n"


def test_with_a_terminal_the_home_screen_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "is_interactive", lambda: True)
    monkeypatch.setattr(door, "_open_home", lambda: 0)
    assert main([]) == 0


def test_the_home_screen_has_twins(capsys: pytest.CaptureFixture[str]) -> None:
    recent.remember(recent.Recent("z = w*x\nz*z", (("w", "2"), ("x", "[1, 3]"))))
    assert main(["--text"]) == RIGHT
    told = capsys.readouterr().out
    assert "  backprop trace: Step through" in told
    assert "  z = w*x; z*z --at w=2 --at x=[1, 3]" in told
    assert main(["--json"]) == RIGHT
    data = json.loads(capsys.readouterr().out)
    assert [screen["command"] for screen in data["screens"]][:2] == ["backprop", "backprop trace"]
    assert data["recent"] == [{"expression": "z = w*x\nz*z", "inputs": {"w": "2", "x": "[1, 3]"}}]


def test_nothing_traced_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--text"]) == RIGHT
    assert "Recent: nothing traced yet." in capsys.readouterr().out
