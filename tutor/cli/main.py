"""`backprop`: finds the command, reads its arguments, runs it.

A command is a module of this package that stands in `COMMANDS` and has

- `NAME`, the word typed in the shell, and `HELP`, one sentence;
- `EXAMPLES`, pairs of a command line and what it does;
- `add_arguments(parser)`;
- `run(arguments) -> int`, which returns an exit code and raises `UnusableInput` for bad input.

Only the module of the command that was asked for is imported, and a command imports what is heavy
(NumPy, Rich, Textual) inside its functions: `backprop --version` costs little more than Python.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from tutor import __version__
from tutor.cli.arguments import Parser
from tutor.cli.errors import RIGHT, UnusableInput, guarded
from tutor.cli.terminal import is_interactive

PROGRAM = "backprop"
COMMANDS = (
    "trace",
    "open",
    "why",
    "audit",
    "compare",
    "predict",
    "export",
    "derive",
    "judge",
    "check",
    "settings",
    "doctor",
)
HOME = "trace a function, derive a gradient, go on, get help"
MORE = f"{PROGRAM} COMMAND --help says more, with examples."


class Command(Protocol):
    """What a command's module holds."""

    NAME: str
    HELP: str
    EXAMPLES: Sequence[tuple[str, str]]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `backprop` with `argv` (the process's own by default) and return the exit code."""
    # Modules, layouts and frames are many small objects and hardly a cycle: collect less often.
    gc.set_threshold(50_000, 20, 50)
    tokens = list(sys.argv[1:] if argv is None else argv)
    _ready_streams()
    # A number that overflows is seen in the trace; a line about it would fall into the screen.
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    if tokens and tokens[0] in COMMANDS:
        name = tokens[0]
        return guarded(f"{PROGRAM} {name}", lambda: _run_command(name, tokens[1:]))
    return guarded(PROGRAM, lambda: _run_without_command(tokens))


def _run_command(name: str, tokens: Sequence[str]) -> int:
    command = _command(name)
    parser = Parser(
        prog=f"{PROGRAM} {name}",
        description=command.HELP,
        examples=command.EXAMPLES,
    )
    command.add_arguments(parser)
    return command.run(parser.parse_args(tokens))


def _run_without_command(tokens: Sequence[str]) -> int:
    if not tokens and is_interactive():
        return _open_home()
    if tokens and not tokens[0].startswith("-"):
        _refuse_command(tokens[0])
    door = Door(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [--version] [--text | --json] [COMMAND ...]",
        description="Step through a real gradient, forwards and backwards, event by event.",
    )
    door.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    door.add_argument("--text", action="store_true", help="tell what the home screen shows")
    door.add_argument("--json", action="store_true", help="the same as data")
    arguments = door.parse_args(tokens)
    if not (arguments.text or arguments.json):
        door.print_help()
        return RIGHT
    from tutor.cli import home

    screens = {PROGRAM: HOME} | {f"{PROGRAM} {c}": _command(c).HELP for c in COMMANDS}
    print(home.as_json(screens) if arguments.json else home.as_text(screens))
    return RIGHT


class Door(Parser):
    """The parser of `backprop` without a command. Its help lists every screen and command."""

    def format_help(self) -> str:
        """Return the help; only here are all commands imported."""
        commands = [_command(name) for name in COMMANDS]
        lines = ["screens and commands:", f"  {PROGRAM:<19}the home screen: {HOME}"]
        lines += [f"  {PROGRAM} {command.NAME:<10}{command.HELP}" for command in commands]
        self.epilog = "\n".join([*lines, "", MORE])
        return super().format_help()


def _command(name: str) -> Command:
    return cast(Command, importlib.import_module(f"tutor.cli.{name}"))


def _refuse_command(word: str) -> NoReturn:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    if near:
        hint = f"Did you mean {PROGRAM} {near[0]}?"
    elif word.isalpha():
        hint = f"The commands are: {', '.join(COMMANDS)}. See: {PROGRAM} --help"
    else:
        hint = f'To step through an expression: {PROGRAM} trace "{word}"'
    raise UnusableInput(f"unknown command {word}", hint=hint)


def _open_home() -> int:
    from tutor.tui.app import run_home

    return run_home()


def _ready_streams() -> None:
    """Make sure that no character and no closed descriptor can stop a sentence from coming out,
    and that no file of ours is taken for standard input or output where these are closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the lowest number that is free
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
