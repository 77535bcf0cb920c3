"""`backprop trace`: a function step by step, forward and backward; as sentences; as data; by
commands."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tutor.cli.errors import RIGHT, WRONG, UnusableInput
from tutor.cli.targets import add_target_arguments, remember_target, session_of, talk

if TYPE_CHECKING:
    from tutor.session.session import Session

NAME = "trace"
HELP = "Step through the forward and backward pass of a function."
EXAMPLES = (
    ('backprop trace "(x + y)*z" --at x=-2,y=5,z=-4', "open the stepper on it"),
    ('backprop trace "sum(W@x)" --at "W=[[1,2],[3,4]]" --at x=vector.npy', "matrices and files"),
    (
        'backprop trace "a = sigmoid(w*x); (a - y)**2" --at w=0.5,x=2,y=1 --step lr=0.1',
        "several statements, then one step of gradient descent and the next pass",
    ),
    ("backprop trace docs/examples/deep.py:loss", "a function of a file, which is run for it"),
    ('backprop trace "x**2" --at x=3 --text --prove', "as sentences, with a proof by SymPy"),
    ('backprop trace "x**2" --at x=3 --json', "all numbers as one JSON document"),
    (
        'backprop trace "q=x+y; q*z" --at x=-2,y=5,z=-4 --until "grad(q) written" --json',
        "the first moment at which a condition holds",
    ),
    (
        'backprop trace docs/examples/attention.py:loss --break "value is nan"',
        "every moment at which it holds",
    ),
    (
        'backprop trace "q=x+y; q*z" --at x=-2,y=5,z=-4 --do end --do "why x"',
        "any commands of line mode, one after the other",
    ),
    (
        "backprop trace docs/examples/attention.py:loss --line < docs/examples/find-the-nan.txt",
        "line mode: a command in, a sentence out",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the function, where it is evaluated, and the form of what is printed."""
    add_target_arguments(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="print sentences, one event a line")
    form.add_argument("--json", action="store_true", help="print JSON documents")
    parser.add_argument("--prove", action="store_true", help="let SymPy prove the gradients (5 s)")
    parser.add_argument("--ascii", action="store_true", help="print ASCII only")
    parser.add_argument(
        "--break",
        dest="stops",
        action="append",
        default=[],
        metavar="CONDITION",
        help="set a breakpoint: a node, op, scope or condition; without a screen, list all "
        "moments at which it holds; may be repeated",
    )
    parser.add_argument(
        "--watch",
        dest="watches",
        action="append",
        default=[],
        metavar="WHAT",
        help="watch a value or gradient: grad(W1), norm(grad(W1)); may be repeated",
    )
    parser.add_argument(
        "--until", metavar="CONDITION", help="begin at the first moment at which this holds"
    )
    parser.add_argument(
        "--do",
        dest="commands",
        action="append",
        default=[],
        metavar="COMMAND",
        help="do a command of line mode and print its answer; may be repeated",
    )
    parser.add_argument(
        "--line", action="store_true", help="line mode: commands in, short sentences out"
    )


def run(arguments: argparse.Namespace) -> int:
    """Trace the target; 1 when the routes to its gradients disagree."""
    return step_through(session_of(arguments), arguments)


def step_through(session: Session, arguments: argparse.Namespace) -> int:
    """Open the stepper on a session, or print what was asked for in place of it."""
    from tutor.cli.terminal import is_interactive, unicode_ok

    session = _prepared(session, arguments)
    ascii = arguments.ascii or not unicode_ok()
    if arguments.commands:
        return _do(session, arguments, ascii)
    headless = arguments.text or arguments.json
    if arguments.line or (not headless and _speaks()):
        return _converse(session, arguments, ascii)
    if not headless and is_interactive():
        from tutor.tui.app import run_stepper

        remember_target(arguments)
        return run_stepper(session, plain=arguments.ascii or None)
    talk(session, arguments)
    if _asks(arguments):
        return _moments(session, arguments, ascii)
    if arguments.save is not None and not headless:
        return RIGHT
    return _print(session, arguments, ascii)


def _prepared(session: Session, arguments: argparse.Namespace) -> Session:
    """The session with its stops and watches, at the moment that was asked for."""
    if not _asks(arguments):
        return session
    from dataclasses import replace

    from tutor.language import LanguageError
    from tutor.session import stopping
    from tutor.session.refused import Refused

    for option, texts, do in (
        ("--break", arguments.stops, stopping.stop_when),
        ("--watch", arguments.watches, stopping.watch),
        ("--until", [arguments.until] if arguments.until is not None else [], stopping.until),
    ):
        for text in texts:
            try:
                session = do(session, text)
            except LanguageError as error:
                raise UnusableInput(
                    error.message,
                    text=text,
                    start=error.start,
                    end=error.end,
                    where=option,
                    hint=error.hint or None,
                ) from error
            except Refused as refusal:
                raise UnusableInput(
                    refusal.message, where=option, hint=refusal.hint or None
                ) from refusal
    return replace(session, told="")


def _asks(arguments: argparse.Namespace) -> bool:
    return bool(arguments.until is not None or arguments.stops or arguments.watches)


def _speaks() -> bool:
    """Whether line mode opens by itself: a person is there, and the terminal cannot draw or the
    settings ask for it."""
    from tutor.settings.settings import load
    from tutor.settings.terminal import drawable

    if sys.stdin is None or not sys.stdin.isatty() or not sys.stdout.isatty():
        return False
    return not drawable() or load()[0].line


def _do(session: Session, arguments: argparse.Namespace, ascii: bool) -> int:
    """Do the commands; the first that cannot be done ends it."""
    from tutor.line.loop import converse

    talk(session, arguments)
    for lines, done in converse(session, arguments.commands, as_json=arguments.json, ascii=ascii):
        if done.refused:
            _refuse_command(done.data)
        print("\n".join(lines))
    return RIGHT


def _refuse_command(data: dict[str, object]) -> None:
    span = data.get("span")
    start, end = span if isinstance(span, list) else (None, None)
    text = data["command"] if start is not None else None
    raise UnusableInput(
        str(data["error"]),
        text=str(text) if text is not None else None,
        start=start,
        end=end,
        where=f"--do {data['command']!r}" if text is None else "--do",
        hint=str(data["hint"]) or None,
    )


def _converse(session: Session, arguments: argparse.Namespace, ascii: bool) -> int:
    from tutor.line.answers import beginning, plain
    from tutor.line.loop import converse
    from tutor.line.terminal import commands_of
    from tutor.session.writing import preferred
    from tutor.settings.settings import load

    talk(session, arguments)
    talking = sys.stdin is not None and sys.stdin.isatty()
    if talking:
        # A person reads, so it is as that person chose; a file of commands is answered alike
        # everywhere.
        chosen = load()[0]
        session = preferred(session, chosen)
        ascii = ascii if chosen.ascii == "auto" else arguments.ascii or bool(chosen.ascii)
    if not arguments.json:
        print("\n".join([plain(line, ascii) for line in beginning(session)]), flush=True)
    refused = False
    commands = commands_of(sys.stdin, prompt=talking)
    for lines, done in converse(session, commands, as_json=arguments.json, ascii=ascii):
        refused = refused or done.refused
        print("\n".join(lines), flush=True)
    return RIGHT if talking or not refused else 2


def _moments(session: Session, arguments: argparse.Namespace, ascii: bool) -> int:
    """Print the moment that `--until` led to, all moments of each `--break`, and the watches."""
    import json

    from tutor.debugger.stops.report import scan_report
    from tutor.debugger.watches.report import watches_report
    from tutor.line.answers import data, moment, plain

    trace, cursor = session.trace, session.frame.cursor
    reports = [scan_report(trace, text, cursor) for text in arguments.stops]
    at = cursor if arguments.until is not None else len(trace.events)
    if session.notes.watches:
        reports.append(watches_report(trace, session.notes.watches, at))
    if arguments.json:
        document = {"format": 1, "report": "moments"}
        if arguments.until is not None:
            document |= data(session, f"until {arguments.until}", [moment(session)], None)
        document |= {"reports": [report.document() for report in reports]}
        print(json.dumps(document, allow_nan=False))
        return RIGHT
    said = [moment(session)] if arguments.until is not None else []
    said += [sentence for report in reports for sentence in report.sentences]
    print("\n".join([plain(line, ascii) for line in said]))
    return RIGHT


def _print(session: Session, arguments: argparse.Namespace, ascii: bool) -> int:
    """Check the gradients, then print the trace in the wanted form."""
    from engine.trace import Trace
    from tutor.debugger import checks
    from tutor.render import json_, text
    from tutor.sandbox import prover

    # The JSON form and the sentences begin with the first pass; that is the one to prove.
    job = prover.start(Trace(session.trace.passes[:1])) if arguments.prove else None
    try:
        difference = checks.differences(session.trace)
        answer = prover.Answer("skipped", "--prove asks for it") if job is None else job.wait()
    finally:
        if job is not None:
            job.stop()
    proof = checks.sympy(answer)
    if arguments.json:
        print(json_.dumps(json_.document(session.trace, checks.as_data(difference, proof))))
    else:
        told = checks.sentences(difference, proof)
        print("\n".join(text.lines(session.trace, told, ascii=ascii)))
    return WRONG if difference.wrong or proof.wrong else RIGHT
