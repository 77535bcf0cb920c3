"""`backprop predict`: be asked for each event before it is shown; the answers are judged."""

from __future__ import annotations

import argparse
import sys

from tutor.cli.errors import RIGHT, WRONG, UnusableInput
from tutor.cli.targets import add_target_arguments, remember_target, session_of, talk

NAME = "predict"
HELP = "Be asked for each event before it is shown."
EXAMPLES = (
    ('backprop predict "(x + y)*z" --at x=-2,y=5,z=-4', "on the screen"),
    (
        'backprop predict "(x + y)*z" --at x=-2,y=5,z=-4 --kinds amount,local --questions 7',
        "only contributions and local derivatives, another row of questions",
    ),
    (
        'backprop predict "(x + y)*z" --at x=-2,y=5,z=-4 --json < docs/examples/answers.txt',
        "one answer a line, one JSON document for each; exit code 1: one was wrong",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the function, and what is asked."""
    add_target_arguments(parser)
    parser.add_argument(
        "--kinds",
        default="",
        metavar="amount,local",
        help="what to ask for: next, value, local, amount, total, sign, shape, who, update",
    )
    parser.add_argument(
        "--questions", type=int, default=0, metavar="N", help="which row of questions (default: 0)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--line", action="store_true", help="one question and one answer a line")
    form.add_argument("--json", action="store_true", help="the same as JSON documents")
    parser.add_argument("--ascii", action="store_true", help="print ASCII only")


def run(arguments: argparse.Namespace) -> int:
    """Ask; 1 when an answer was wrong or given up."""
    from tutor.cli.terminal import is_interactive, unicode_ok
    from tutor.line.answers import plain
    from tutor.line.loop import converse
    from tutor.line.terminal import commands_of
    from tutor.session import predicting
    from tutor.session.refused import Refused

    session = session_of(arguments)
    try:
        session = predicting.start_with(session, f"{arguments.kinds} {arguments.questions}")
    except Refused as refusal:
        raise UnusableInput(
            refusal.message, where="--kinds", hint=refusal.hint or None
        ) from refusal
    if not (arguments.line or arguments.json) and is_interactive():
        from tutor.tui.app import run_stepper

        remember_target(arguments)
        return run_stepper(session, plain=arguments.ascii or None)
    talk(session, arguments)
    ascii = arguments.ascii or not unicode_ok()
    talking = sys.stdin is not None and sys.stdin.isatty()
    if not arguments.json:
        first = predicting.report(session).sentences
        print("\n".join([plain(line, ascii) for line in first]), flush=True)
    commands = commands_of(sys.stdin, prompt=talking)
    last = session
    for lines, done in converse(session, commands, as_json=arguments.json, ascii=ascii):
        last = done.session
        print("\n".join(lines), flush=True)
    score = last.prediction.score if last.prediction is not None else None
    return RIGHT if score is None or score.right == score.asked else WRONG
