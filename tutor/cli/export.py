"""`backprop export`: a picture, a derivation, the trace or the function, as a file."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tutor.cli.errors import RIGHT, UnusableInput
from tutor.cli.targets import add_target_arguments, session_of, talk

NAME = "export"
HELP = "Write a picture, a derivation, data or NumPy code."
EXAMPLES = (
    ('backprop export svg "(x + y)*z" --at x=-2,y=5,z=-4 -o graph.svg', "the picture at the end"),
    (
        'backprop export latex "sigmoid(w*x)" --at w=1,x=2 --node w --rules',
        "the derivation of one gradient, without numbers",
    ),
    (
        'backprop export numpy "sum(tanh(W@x))" --at "W=[[1,2],[3,4]],x=[1,-1]" -o f.py',
        "NumPy code with a backward pass written out, which checks itself",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is written, of what, and where to."""
    parser.add_argument("kind", metavar="KIND", help="svg, text, latex, markdown, json, numpy")
    add_target_arguments(parser)
    parser.add_argument("--node", metavar="NODE", help="whose gradient is derived, or in focus")
    parser.add_argument("--rules", action="store_true", help="a derivation without numbers")
    parser.add_argument(
        "--event", type=int, metavar="N", help="the moment of a picture (default: the end)"
    )
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there (default: print)")
    parser.add_argument("--ascii", action="store_true", help="ASCII only")


def run(arguments: argparse.Namespace) -> int:
    """Write it."""
    from engine.errors import EngineError
    from tutor.cli.terminal import unicode_ok
    from tutor.debugger import moving
    from tutor.debugger.export import KINDS, ExportError, export
    from tutor.session.looking import node_named
    from tutor.session.refused import Refused

    if arguments.kind not in KINDS:
        raise UnusableInput(
            f"{arguments.kind} is nothing to export",
            text=arguments.kind,
            start=0,
            end=len(arguments.kind),
            hint=f"There are {', '.join(KINDS)}",
        )
    session = session_of(arguments)
    talk(session, arguments)
    frame = moving.end(session.frame)
    if arguments.event is not None:
        if not 0 <= arguments.event <= len(session.trace.events):
            last = len(session.trace.events)
            raise UnusableInput(f"there is no event {arguments.event}", where="--event",
                                hint=f"They are 0 to {last}")  # fmt: skip
        frame = moving.jump(session.frame, arguments.event)
    try:
        if arguments.node is not None:
            at = session.trace.pass_at(frame.cursor)
            frame = moving.focus(frame, node_named(session.trace, arguments.node, at))
        made = export(
            arguments.kind,
            frame,
            numbers=not arguments.rules,
            theme=arguments.theme,
            ascii=arguments.ascii or (arguments.output is None and not unicode_ok()),
        )
    except Refused as refusal:
        raise UnusableInput(refusal.message, where="--node", hint=refusal.hint or None) from refusal
    except (ExportError, EngineError) as error:
        raise UnusableInput(str(error)) from error
    if arguments.output is None:
        print(made.rstrip("\n"))
        return RIGHT
    path = Path(os.path.expanduser(arguments.output))
    if path.suffix == ".py" and arguments.kind != "numpy" and path.exists():
        raise UnusableInput(
            f"{path} is a program that is there already",
            where="--output",
            hint=f"Name another file for {KINDS[arguments.kind].title}",
        )
    try:
        path.write_text(made, encoding="utf-8")
    except OSError as error:
        raise UnusableInput(f"{path} cannot be written: {error.strerror}") from error
    print(f"written to {path}: {KINDS[arguments.kind].title}", file=sys.stderr)
    return RIGHT
