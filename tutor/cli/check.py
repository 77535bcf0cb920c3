"""`backprop check`: a backward pass written by hand in NumPy, judged array by array."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from tutor.cli.errors import RIGHT, WRONG, UnusableInput, describe
from tutor.cli.printing import add_form_arguments, print_report

if TYPE_CHECKING:
    from tutor.judge.code.task import Task

NAME = "check"
HELP = "Check a backward pass that you wrote in NumPy."
EXAMPLES = (
    ("backprop check --template mse-batch -o my_backward.py", "write the file to fill in"),
    ("backprop check my_backward.py", "run it and judge every gradient; exit code 1: not yet"),
    (
        "backprop check my_backward.py --exercise mse-batch --json",
        "as data; the exercise is the one named here; exit code 1",
    ),
)

TICK = 0.3
"""Seconds between two looks at a file that is watched."""

MOST_SECONDS = 600.0
LEAST_MEMORY, MOST_MEMORY = 64, 65536
_PRINTED_LINES, _PRINTED_WIDTH = 20, 200

Stamp = tuple[int, int, int] | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file, the exercise, and what the file may use."""
    described = (
        "The file holds a function backward(...), which is given the inputs and returns a "
        "dict of gradients; --template writes it. It is run, as you ask, in a process of its own: "
        "it reads and computes, and where the system can see to it, it writes no files, starts no "
        "processes and reaches no network. Each array is judged given your own earlier ones, so "
        "one slip is told once. Marks: ✓ right, ✗ wrong, ~ follows from a wrong one, ? not filled "
        "in, or of another shape or dtype."
    )
    parser.description = f"{HELP}\n\n{fill(described, 78)}"
    parser.add_argument("file", nargs="?", metavar="FILE", help="the file with your backward pass")
    parser.add_argument(
        "--exercise",
        metavar="EXERCISE",
        help="its name, or a JSON file with one (default: what the file's first line says)",
    )
    parser.add_argument(
        "--template", metavar="EXERCISE", help="write the file to fill in for an exercise"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the template there (default: print)"
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again whenever it is saved, until ctrl+c"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the inputs (default: another each time)"
    )
    parser.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds it may take (default: 10)"
    )
    parser.add_argument(
        "--memory", type=int, default=512, metavar="MB", help="what it may use (default: 512)"
    )
    add_form_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write a template, or check a file; 1 when a gradient is wrong or missing."""
    if arguments.template is not None:
        return _template(arguments)
    if arguments.output is not None:
        raise UnusableInput("-o belongs to --template", hint="See: backprop check --help")
    if arguments.file is None:
        raise UnusableInput(
            "say which file to check",
            hint="To begin: backprop check --template mse-batch -o my_backward.py",
        )
    _refuse_limits(arguments)
    if arguments.seed is None:
        from tutor.judge.samples import fresh_seed

        arguments.seed = fresh_seed()
    path = Path(os.path.expanduser(arguments.file))
    if not arguments.watch:
        return _check(path, arguments)
    return watch(path, lambda count: check_again(path, arguments, count), _tick)


def watch(path: Path, check: Callable[[int], int], tick: Callable[[], bool]) -> int:
    """Check a file now and whenever it has changed and come to rest; the last exit code.

    check: is told which check it is, from 1. tick: waits a moment and says whether to go on. A file
    that is gone for a moment, as some editors have it, is waited for.
    """
    code, count = RIGHT, 0
    checked: Stamp = None
    before: Stamp = None
    while True:
        stamp = _stamp(path)
        if count == 0 or (stamp is not None and stamp != checked and stamp == before):
            count += 1
            checked = stamp
            code = check(count)
        before = stamp
        if not tick():
            return code


def _tick() -> bool:
    time.sleep(TICK)
    return True


def _stamp(path: Path) -> Stamp:
    """What changes when a file is saved; None while it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def check_again(path: Path, arguments: argparse.Namespace, count: int) -> int:
    """One check of a watch, and its exit code: what cannot be used now may be saved better."""
    from tutor.cli.terminal import unicode_ok, width
    from tutor.render.plain import spelled

    if count == 1:
        if _stamp(path) is None:
            return _check(path, arguments)
        print("watching; ctrl+c ends it", file=sys.stderr)
    elif not arguments.json:
        print(spelled(f"\n── check {count} ──", arguments.ascii or not unicode_ok()))
    try:
        code = _check(path, arguments)
    except UnusableInput as fault:
        told = describe(
            f"backprop {NAME}", fault, width=width(sys.stderr), unicode=unicode_ok(sys.stderr)
        )
        print(told, file=sys.stderr)
        code = WRONG
    sys.stdout.flush()
    return code


def _check(path: Path, arguments: argparse.Namespace) -> int:
    from tutor.cli.targets import refuse_function
    from tutor.cli.terminal import unicode_ok
    from tutor.judge.code.judging import check
    from tutor.judge.code.report import report
    from tutor.judge.code.task import TaskError
    from tutor.sandbox.submission import FunctionError, read_source

    try:
        text = read_source(path)
        exercise = arguments.exercise or _named(path, text)
        task = _task(exercise, path.parent)
        checked = check(
            task,
            path,
            text=text,
            seconds=arguments.timeout,
            memory=arguments.memory,
            seed=arguments.seed,
        )
    except FunctionError as error:
        refuse_function(error)
    except TaskError as error:
        raise UnusableInput(f"{exercise}: {error}") from error
    if not arguments.json:
        _talk(path, checked.printed)
    ascii = arguments.ascii or not unicode_ok()
    print_report(report(checked, path.name, exercise, ascii=ascii), arguments)
    return RIGHT if checked.right else WRONG


def _talk(path: Path, printed: str) -> None:
    """Say what was run and what it printed, on standard error."""
    from tutor.render.sanitise import sanitise

    print(f"{sanitise(path.name)} was run, as you asked", file=sys.stderr)
    lines = printed.splitlines()
    if len(lines) > _PRINTED_LINES:
        print(f"  it printed {len(lines)} lines, at the end:", file=sys.stderr)
    for line in lines[-_PRINTED_LINES:]:
        print(f"  it printed: {sanitise(line[:_PRINTED_WIDTH])}", file=sys.stderr)


def _named(path: Path, text: str) -> str:
    from tutor.judge.code.template import HEADER, exercise_of

    name = exercise_of(text)
    if name is None:
        raise UnusableInput(
            f"{path.name} does not say which exercise it is for",
            hint=f"Its first line is {HEADER} NAME, or give --exercise NAME",
        )
    return name


def _task(name: str, folder: Path) -> Task:
    """The task of an exercise; the path of one may be seen from a folder."""
    from tutor.judge import shelf
    from tutor.judge.code.task import TaskError, task_of

    beside = folder / name
    is_path = name.endswith(shelf.ENDING) or "/" in name
    try:
        exercise = shelf.load(beside if is_path and beside.exists() else name, _warn)
        return task_of(exercise)
    except shelf.ShelfError as error:
        raise UnusableInput(str(error)) from error
    except TaskError as error:
        raise UnusableInput(f"{name}: {error}") from error


def _warn(message: str) -> None:
    from tutor.render.sanitise import sanitise

    print(sanitise(message), file=sys.stderr)


def _template(arguments: argparse.Namespace) -> int:
    from tutor.judge.code.task import TaskError
    from tutor.judge.code.template import template
    from tutor.render.sanitise import sanitise

    if arguments.file is not None or arguments.watch:
        extra = arguments.file if arguments.file is not None else "--watch"
        raise UnusableInput(
            f"--template writes a file and checks none, and {extra} is left over",
            hint=f"Write it with -o: backprop check --template {arguments.template} -o FILE",
        )
    name = arguments.template
    if arguments.output is None:
        path, shown = None, name
    else:
        path = Path(os.path.expanduser(arguments.output))
        shown = os.path.relpath(name, path.parent) if os.path.isfile(name) else name
    task = _task(name, Path.cwd())
    try:
        text = template(task, shown)
    except TaskError as error:
        raise UnusableInput(f"{name}: {error}") from error
    if path is None:
        print(text, end="")
        return RIGHT
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UnusableInput(
            f"{path} is there already, and nothing was written",
            where="--output",
            hint="Name another file, or move your work away first",
        ) from error
    except OSError as error:
        raise UnusableInput(f"{path} cannot be written: {error.strerror}") from error
    count = len(task.wanted)
    told = f"{count} gradient{'s' * (count != 1)} to fill in"
    print(f"written to {sanitise(str(path))}: {told}", file=sys.stderr)
    return RIGHT


def _refuse_limits(arguments: argparse.Namespace) -> None:
    if not 0.1 <= arguments.timeout <= MOST_SECONDS:
        raise UnusableInput(
            f"a number of seconds from 0.1 to {MOST_SECONDS:g} is wanted", where="--timeout"
        )
    if not LEAST_MEMORY <= arguments.memory <= MOST_MEMORY:
        raise UnusableInput(
            f"a number of megabytes from {LEAST_MEMORY} to {MOST_MEMORY} is wanted",
            where="--memory",
        )
    if arguments.seed is not None and not 0 <= arguments.seed < 2**63:
        raise UnusableInput("a whole number from 0 is wanted", where="--seed")
