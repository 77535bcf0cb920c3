"""`backprop compare`: two runs side by side, or a run and what it would be if."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from tutor.cli.errors import RIGHT, WRONG, UnusableInput
from tutor.cli.printing import add_form_arguments, print_report
from tutor.cli.targets import add_target_arguments, session_of, talk

if TYPE_CHECKING:
    from tutor.debugger.compare import Side

NAME = "compare"
HELP = "Put two runs side by side, values and gradients."
EXAMPLES = (
    (
        'backprop compare "tanh(w*x)" --at w=1,x=2 --if w=3',
        "a run, and what it would be with another weight; exit code 1: they differ",
    ),
    ('backprop compare "a=relu(w*x); a*v" --at w=1,x=2,v=3 --if a=tanh', "another op; exit code 1"),
    ("backprop compare before.bptrace after.bptrace --json", "two saved traces; exit code 1"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the run, and what it is compared with."""
    add_target_arguments(parser)
    parser.add_argument(
        "other", metavar="OTHER", nargs="?", help="another target, run on the same inputs"
    )
    parser.add_argument(
        "--if",
        dest="changes",
        action="append",
        default=[],
        metavar="x=3",
        help="a change: x=3 (an input), h=0 (a node held), h=tanh (another op), upstream=2, "
        "seed=1; may be repeated",
    )
    parser.add_argument(
        "--order",
        choices=("largest", "graph"),
        default="largest",
        help="the largest difference first (default), or the order of the graph",
    )
    add_form_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the comparison; 1 when the runs differ."""
    from tutor.debugger.compare import compare, report

    old, new = _sides(arguments)
    comparison = compare(old, new)
    print_report(report(comparison, order=arguments.order), arguments)
    alike = comparison.count("same") == len(comparison)
    return RIGHT if alike else WRONG


def _sides(arguments: argparse.Namespace) -> tuple[Side, Side]:
    from tutor.debugger.compare import Side
    from tutor.language import LanguageError
    from tutor.session.refused import Refused

    session = session_of(arguments)
    talk(session, arguments)
    if bool(arguments.changes) == (arguments.other is not None):
        raise UnusableInput(
            "say what to compare with: another target, or --if and a change",
            hint='such as: backprop compare "tanh(w*x)" --at w=1,x=2 --if w=3',
        )
    if arguments.other is not None:
        names = argparse.Namespace(**vars(arguments))
        names.target, names.save = arguments.other, None
        other = session_of(names)
        talk(other, names)
        return (
            Side(session.trace, None, None, _label(arguments.target)),
            Side(other.trace, None, None, _label(arguments.other)),
        )
    from tutor.actions import BY_ID
    from tutor.actions.commands import perform

    before = session
    for change in arguments.changes:
        try:
            session = perform(session, BY_ID["what-if"], change)
        except (Refused, LanguageError) as refusal:
            raise UnusableInput(
                refusal.message,
                text=change,
                start=refusal.start if refusal.start is not None else 0,
                end=refusal.end,
                where="--if",
                hint=refusal.hint or None,
            ) from refusal
    session = replace(session, panel=None)
    return Side(before.trace, 0, None, "before"), Side(session.trace, 0, None, "if")


def _label(target: str) -> str:
    from pathlib import PurePath

    name = PurePath(target).name if target.endswith(".bptrace") else target
    return name if len(name) <= 12 else f"{name[:11]}…"
