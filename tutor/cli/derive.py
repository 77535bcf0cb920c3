"""`backprop derive`: an exercise to derive, on the screen, line by line, or from a file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutor.cli.errors import RIGHT, UNUSABLE, WRONG, UnusableInput

if TYPE_CHECKING:
    from tutor.judge.exercise import Exercise
    from tutor.judge.verdict import Verdict
    from tutor.session.deriving.derivation import Derivation

NAME = "derive"
HELP = "Derive a gradient line by line; each line is judged."
EXAMPLES = (
    ("backprop derive", "list the exercises"),
    ("backprop derive neuron", "open the derive screen"),
    (
        "backprop derive neuron docs/examples/neuron.txt",
        "judge a file; exit code 1: a line is wrong",
    ),
    (
        "backprop derive neuron docs/examples/neuron.txt --prove",
        "with proofs by SymPy, and how they went; exit code 1",
    ),
    (
        "backprop derive softmax-layer --target dL/dW --solution",
        "the worked solution, with the name of each rule",
    ),
    (
        "backprop derive neuron --line < docs/examples/neuron.txt",
        "line mode: a line in, a sentence out; exit code 1: not there yet",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the exercise, the file, and the form of what is printed."""
    parser.add_argument(
        "exercise",
        nargs="?",
        metavar="EXERCISE",
        help="the name of an exercise, or a JSON file with one; without it, all are listed",
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="a file of lines; - for standard input"
    )
    parser.add_argument(
        "--target", metavar="dL/dw", help="what to derive (default: the exercise's first target)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the points that are compared at")
    parser.add_argument(
        "--prove", action="store_true", help="wait for SymPy (10 s) and tell how it proved a line"
    )
    parser.add_argument(
        "--solution", action="store_true", help="print the worked solution, step by step"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="print sentences")
    form.add_argument("--json", action="store_true", help="print one JSON document")
    form.add_argument("--latex", action="store_true", help="print the lines as LaTeX")
    parser.add_argument("--line", action="store_true", help="line mode: lines in, sentences out")
    parser.add_argument("--ascii", action="store_true", help="print ASCII only")


def run(arguments: argparse.Namespace) -> int:
    """List, judge, or open the screen; 1 when a line is wrong or the target is not reached."""
    from tutor.cli.terminal import is_interactive, unicode_ok

    ascii = arguments.ascii or not unicode_ok()
    if arguments.exercise is None:
        return _list(arguments, ascii)
    derivation = _begun(arguments)
    if arguments.solution:
        return _solution(derivation, arguments, ascii)
    headless = arguments.text or arguments.json or arguments.latex or arguments.prove
    if arguments.file is None and not headless:
        if arguments.line or _speaks():
            return _converse(derivation, arguments, ascii)
        if is_interactive():
            from tutor.tui.app import run_derive

            return run_derive(derivation, plain=arguments.ascii or None)
    lines = _lines(arguments.file or "-")
    if arguments.file is None and not any(line.strip() for line in lines):
        return _state(derivation, arguments, ascii)
    return _judge(derivation, lines, arguments, ascii)


def _speaks() -> bool:
    """Whether line mode opens by itself: a person is there, and the terminal cannot draw or the
    settings ask for it."""
    from tutor.settings.settings import load
    from tutor.settings.terminal import drawable

    if sys.stdin is None or not sys.stdin.isatty() or not sys.stdout.isatty():
        return False
    return not drawable() or load()[0].line


def _list(arguments: argparse.Namespace, ascii: bool) -> int:
    from tutor.judge import shelf
    from tutor.render.plain import spelled

    found = shelf.summaries()
    if arguments.json:
        exercises = [
            {
                "name": one.name,
                "title": one.title,
                "summary": one.summary,
                "level": one.level,
                "targets": list(one.targets),
            }
            for one in found
        ]
        print(json.dumps({"format": 1, "exercises": exercises}))
        return RIGHT
    width = max(len(one.name) for one in found)
    level = 0
    for one in sorted(found, key=lambda one: one.level):
        if one.level != level:
            level = one.level
            print(f"Level {level}")
        print(spelled(f"  {one.name:<{width}}  {one.title}", ascii))
    print("backprop derive NAME opens one of them.", file=sys.stderr)
    return RIGHT


def _state(derivation: Derivation, arguments: argparse.Namespace, ascii: bool) -> int:
    """Say what is given and what is asked, where nobody has written a line."""
    from tutor.render.plain import spelled
    from tutor.render.sanitise import sanitise
    from tutor.session.deriving.asking import asked, quantities

    exercise = derivation.exercise
    if arguments.json:
        data = {
            "format": 1,
            "exercise": derivation.name,
            "title": exercise.title,
            "summary": exercise.summary,
            "forward": list(exercise.forward_texts),
            "given": quantities(exercise),
            "targets": list(exercise.targets),
            "target": derivation.target,
            "asked": asked(derivation),
        }
        print(json.dumps(data))
        return RIGHT
    print(spelled(sanitise(exercise.title or derivation.name), ascii))
    if exercise.summary:
        print(spelled(sanitise(exercise.summary), ascii))
    for line in exercise.forward_texts:
        print(spelled(f"  {line}", ascii))
    for told in quantities(exercise):
        print(spelled(f"  {sanitise(told)}", ascii))
    print(spelled(sanitise(asked(derivation)), ascii))
    return RIGHT


def _begun(arguments: argparse.Namespace) -> Derivation:
    from dataclasses import replace

    from tutor.judge import shelf
    from tutor.judge.exercise import derivative_named
    from tutor.language import LanguageError
    from tutor.session.deriving.derivation import begin

    def warn(sentence: str) -> None:
        print(f"backprop derive: {sentence}", file=sys.stderr)

    try:
        exercise = shelf.load(arguments.exercise, warn)
    except shelf.ShelfError as error:
        raise UnusableInput(str(error)) from error
    target = arguments.target
    if target is None:
        target = exercise.targets[0] if exercise.targets else _end(exercise)
    if arguments.target is not None:
        try:
            known = derivative_named(target, exercise.vocabulary)
        except LanguageError as error:
            raise UnusableInput(
                error.message,
                text=target,
                start=error.start,
                end=error.end,
                where="--target",
                hint=error.hint or None,
            ) from error
        if known is None and exercise.find == "gradient":
            asked = ", ".join(exercise.targets)
            raise UnusableInput(
                "the target is a derivative such as dL/dw",
                where="--target",
                hint=f"This exercise asks for {asked}.",
            )
    if arguments.seed is not None and arguments.seed < 0:
        raise UnusableInput("a seed is a whole number from 0 on", where="--seed")
    return replace(begin(arguments.exercise, exercise, target), seed=arguments.seed)


def _end(exercise: Exercise) -> str:
    """Where an identity or a bound has to lead; a gradient has no end that goes without saying."""
    from tutor.language.unparse import unparse

    if exercise.goal is None:
        raise UnusableInput(
            "this exercise does not say what to derive", hint="Say it, such as: --target dL/dw"
        )
    return unparse(exercise.goal)


def _lines(name: str) -> tuple[str, ...]:
    """The lines of a file, or of standard input."""
    from pathlib import Path

    from tutor.language.tokens import MAX_TEXT

    where = "standard input" if name == "-" else name
    most = 4 * MAX_TEXT
    try:
        if name == "-":
            if sys.stdin is None:
                raise UnusableInput("there is nothing to read", where=where)
            if sys.stdin.isatty():
                print("Reading lines from the keyboard; ctrl+d ends.", file=sys.stderr)
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        why = error.strerror or "it is broken"
        raise UnusableInput(f"the file cannot be read: {why}", where=where) from error
    if len(data) > most:
        raise UnusableInput(f"at most {MAX_TEXT} characters are read", where=where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnusableInput("the file is not UTF-8", where=f"{where}:{line}") from error
    return tuple(text.replace("\r\n", "\n").removesuffix("\n").split("\n"))


def _judge(
    derivation: Derivation, lines: tuple[str, ...], arguments: argparse.Namespace, ascii: bool
) -> int:
    """Judge lines, prove them if that was asked for, and print what was found."""
    from dataclasses import replace

    from tutor.cli.printing import print_report
    from tutor.judge.judge import judge
    from tutor.judge.report import report

    verdict = judge(derivation.exercise, derivation.target, list(lines), derivation.seed)
    derivation = replace(derivation, lines=lines, verdict=verdict, seed=verdict.seed)
    routes: list[str] = []
    if arguments.prove:
        from tutor.session.deriving.proving import wait

        derivation, routes = wait(derivation)
    if verdict.kind == "reject":
        return _refuse(derivation, verdict, arguments)
    if arguments.latex:
        from tutor.session.deriving.helping import latex

        print(latex(derivation))
        return _code(verdict)
    found = report(derivation.target, lines, verdict, derivation.proofs, ascii=ascii)
    if routes:
        found = replace(
            found,
            sentences=(*found.sentences, *[one.strip() for one in routes]),
            data={**found.data, "proof": routes},
        )
    print_report(found, arguments)
    if routes and not (arguments.text or arguments.json):
        from tutor.render.plain import spelled

        print("\n".join(spelled(f"   {one}", ascii) for one in routes))
    return _code(verdict)


def _refuse(derivation: Derivation, verdict: Verdict, arguments: argparse.Namespace) -> int:
    """An answer that cannot be read: data for a program, one line with the place for a person."""
    if arguments.json:
        from tutor.judge.report import report

        found = report(derivation.target, derivation.lines, verdict)
        print(json.dumps(found.document(), allow_nan=False))
        return UNUSABLE
    at, span = verdict.first_wrong, verdict.span
    name = "standard input" if arguments.file in (None, "-") else arguments.file
    where = name if at is None else f"{name}:{at + 1}"
    text = None if at is None or span is None else derivation.lines[at]
    start, end = span if span is not None else (None, None)
    message = verdict.message if at is None else verdict.message.removeprefix(f"Line {at + 1}: ")
    raise UnusableInput(message.removesuffix("."), text=text, start=start, end=end, where=where)


def _code(verdict: Verdict) -> int:
    return RIGHT if verdict.kind == "correct" else WRONG


def _solution(derivation: Derivation, arguments: argparse.Namespace, ascii: bool) -> int:
    from tutor.render.answers import latex as written
    from tutor.render.plain import spelled
    from tutor.session.deriving.helping import solution
    from tutor.session.refused import Refused

    try:
        steps = solution(derivation)
    except Refused as refusal:
        raise UnusableInput(refusal.message) from refusal
    if arguments.json:
        data = [{"line": one.line, "rule": one.rule, "why": one.why} for one in steps]
        print(json.dumps({"format": 1, "target": derivation.target, "steps": data}))
        return RIGHT
    if arguments.latex:
        print(written([one.line for one in steps], derivation.exercise.vocabulary))
        return RIGHT
    width = min(56, max(len(one.line) for one in steps))
    for one in steps:
        print(spelled(f"{one.line:<{width}}   {one.rule}", ascii))
    return RIGHT


def _converse(derivation: Derivation, arguments: argparse.Namespace, ascii: bool) -> int:
    from tutor.line.answers import plain
    from tutor.line.deriving import beginning, converse
    from tutor.line.terminal import commands_of
    from tutor.render.sanitise import sanitise

    def say(lines: Iterable[str]) -> None:
        print("\n".join(plain(sanitise(line), ascii) for line in lines), flush=True)

    talking = sys.stdin is not None and sys.stdin.isatty()
    if not arguments.json:
        say(beginning(derivation))
    refused, last = False, derivation
    typed = commands_of(sys.stdin, prompt=talking)
    for said, done in converse(derivation, typed, as_json=arguments.json):
        refused, last = refused or done.refused, done.derivation
        say(said)
    if talking:
        return RIGHT
    if refused:
        return UNUSABLE
    return RIGHT if last.done else WRONG
