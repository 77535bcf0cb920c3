"""`backprop trace`: an expression step by step, forward and backward; as sentences; as data."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from tutor.cli.errors import RIGHT, WRONG, UnusableInput

if TYPE_CHECKING:
    from tutor.language import LanguageError, Program
    from tutor.session.session import Session

NAME = "trace"
HELP = "Step through the forward and backward pass of a function, event by event."
EXAMPLES = (
    ('backprop trace "(x + y)*z" --at x=-2,y=5,z=-4', "open the stepper on it"),
    ('backprop trace "sum(W@x)" --at "W=[[1,2],[3,4]]" --at x=vector.npy', "matrices and files"),
    (
        'backprop trace "a = sigmoid(w*x); (a - y)**2" --at w=0.5,x=2,y=1 --step lr=0.1',
        "several statements, then one step of gradient descent and the next pass",
    ),
    ('backprop trace "x**2" --at x=3 --text --prove', "as sentences, with a proof by SymPy"),
    ('backprop trace "x**2" --at x=3 --json', "all numbers as one JSON document"),
)

DTYPES = ("float16", "float32", "float64")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the function, where it is evaluated, and the form of what is printed."""
    parser.add_argument("target", metavar="TARGET", help='an expression such as "(x + y)*z"')
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="x=1,y=2",
        help="values of the inputs: numbers, [1, 2], [[1, 2], [3, 4]] or file.npy; may be repeated",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="print sentences, one event a line")
    form.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--prove", action="store_true", help="let SymPy prove the gradients (5 s)")
    parser.add_argument(
        "--upstream",
        metavar="VALUE",
        help="the gradient to begin with at a result that is no scalar (default: ones)",
    )
    parser.add_argument(
        "--dtype", choices=DTYPES, default=None, help="round every number (default: float64)"
    )
    parser.add_argument(
        "--step",
        action="append",
        default=[],
        metavar="lr=0.1",
        help="take a step of gradient descent and pass through again; may be repeated",
    )
    parser.add_argument(
        "--params",
        metavar="w,b",
        help="the inputs that a step changes (default: all but data: x, y, t, x1, y_train)",
    )
    parser.add_argument("--ascii", action="store_true", help="print ASCII only")


def run(arguments: argparse.Namespace) -> int:
    """Trace the expression; 1 when the routes to its gradients disagree."""
    from tutor.cli.terminal import is_interactive, unicode_ok

    session = _session(arguments)
    if not (arguments.text or arguments.json) and is_interactive():
        from tutor.tui.app import run_stepper

        _remember(arguments, session)
        return run_stepper(session, plain=arguments.ascii or None)
    _talk(session, arguments)
    return _print(session, arguments, ascii=arguments.ascii or not unicode_ok())


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


def _session(arguments: argparse.Namespace) -> Session:
    """Read the arguments, run the function, take the steps."""
    from engine.errors import EngineError, GradientError
    from tutor.language import LanguageError, bind, parse, read_at
    from tutor.session import session as sessions

    try:
        _refuse_other_targets(arguments.target)
        program = parse(arguments.target)
    except LanguageError as error:
        _refuse(error, None)
    try:
        given = read_at(arguments.at)
    except LanguageError as error:
        _refuse(error, "--at")
    rates = [_rate(text) for text in arguments.step]
    upstream = _upstream(arguments.upstream)
    try:
        session = sessions.start(
            program,
            bind(program, given),
            upstream=upstream,
            dtype=arguments.dtype,
            rate=rates[0] if rates else sessions.DEFAULT_RATE,
            params=_params(arguments.params, program),
        )
        for rate in rates:
            session = sessions.descend(sessions.with_rate(session, rate))
    except LanguageError as error:
        _refuse(error, None if error.text == arguments.target else "--at")
    except GradientError as error:
        text = arguments.upstream
        if text is None:
            raise UnusableInput(str(error)) from error
        raise UnusableInput(
            str(error), text=text, start=0, end=len(text), where="--upstream"
        ) from error
    except EngineError as error:
        raise UnusableInput(str(error)) from error
    return sessions.rewound(session)


def _refuse_other_targets(target: str) -> None:
    import re

    if re.search(r"\.py(:\w+)?$", target.strip()):
        raise UnusableInput(
            "functions in a .py file cannot be traced yet",
            hint='Give the expression itself: backprop trace "(x + y)*z" --at x=-2,y=5,z=-4',
        )


def _rate(text: str) -> float:
    """The learning rate of `--step lr=0.1`."""
    name, equals, number = text.partition("=")
    try:
        rate = float(number if equals else text)
    except ValueError:
        rate = float("nan")
    if (equals and name.strip() != "lr") or not 0.0 < rate < float("inf"):
        raise UnusableInput(
            "expected a learning rate above 0",
            text=text,
            start=0,
            end=len(text),
            where="--step",
            hint="write --step lr=0.1",
        )
    return rate


def _upstream(text: str | None) -> Any:
    from tutor.language import LanguageError, parse_at

    if text is None:
        return None
    name = "upstream="
    try:
        values = parse_at([name + text])
    except LanguageError as error:
        raise UnusableInput(
            error.message,
            text=text,
            start=max(0, error.start - len(name)),
            end=max(1, error.end - len(name)),
            where="--upstream",
            hint=error.hint or None,
        ) from error
    if len(values) != 1:
        raise UnusableInput(
            "expected one value",
            text=text,
            start=0,
            end=len(text),
            where="--upstream",
            hint="a vector is written [1, 2]",
        )
    return next(iter(values.values()))


def _params(text: str | None, program: Program) -> tuple[str, ...] | None:
    """The names of `--params w,b`, each of them an input."""
    if text is None:
        return None
    names: list[str] = []
    at = 0
    for part in text.split(","):
        name = part.strip()
        start = at + len(part) - len(part.lstrip())
        at += len(part) + 1
        if name not in program.inputs or name in names:
            known = ", ".join(program.inputs) or "none"
            raise UnusableInput(
                "expected the name of an input" if name not in names else f"{name} is named twice",
                text=text,
                start=start,
                end=max(start + 1, start + len(name)),
                where="--params",
                hint=f"The inputs are: {known}",
            )
        names.append(name)
    return tuple(names)


def _refuse(error: LanguageError, where: str | None) -> NoReturn:
    raise UnusableInput(
        error.message,
        text=error.text or None,
        start=error.start,
        end=error.end,
        where=where,
        hint=error.hint or None,
    ) from error


def _talk(session: Session, arguments: argparse.Namespace) -> None:
    """Say on standard error what was assumed."""
    from tutor.render.values import shape_text

    output = session.trace.nodes[session.trace.output]
    if output.shape and arguments.upstream is None and session.trace.passes[0].seed is not None:
        print(
            f"seeded with ones, because the output has shape {shape_text(output.shape)}",
            file=sys.stderr,
        )
    if arguments.params is not None and not arguments.step:
        print("--params says what a step changes; --step lr=0.1 takes one", file=sys.stderr)
    if arguments.step and arguments.params is None:
        print(
            f"the step changes {', '.join(session.params)} (--params says which)", file=sys.stderr
        )


def _remember(arguments: argparse.Namespace, session: Session) -> None:
    from tutor.language import read_at
    from tutor.settings.recent import Recent, remember

    inputs = [
        (name, given.text[given.start : given.end].partition("=")[2].strip())
        for name, given in read_at(arguments.at).items()
    ]
    remember(Recent(arguments.target, tuple(inputs)))
