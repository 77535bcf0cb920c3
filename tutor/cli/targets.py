"""TARGET of a command: an expression, a function of a file, a recorded trace; and its inputs."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any, NoReturn

from tutor.cli.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tutor.language import LanguageError
    from tutor.sandbox.target import FunctionError
    from tutor.session.session import Session

DTYPES = ("float16", "float32", "float64")

PATIENCE = 3.0
"""Seconds until it is said that a function is still running."""


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the target, where it is evaluated, and the steps that are taken."""
    parser.add_argument(
        "target",
        metavar="TARGET",
        help='an expression "(x + y)*z", a function loss.py:mse (the file is run), run.bptrace',
    )
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="x=1,y=2",
        help="values of the inputs: numbers, [1, 2], [[1, 2], [3, 4]], file.npy, or a file.npz "
        "for all; may be repeated",
    )
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
    parser.add_argument("--save", metavar="run.bptrace", help="write the trace into a document")
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="the random seed that a file is run with (default: 0)",
    )


def session_of(arguments: argparse.Namespace) -> Session:
    """The session that the arguments ask for, at its start, after the steps were taken."""
    from dataclasses import replace

    from engine.errors import EngineError, GradientError
    from tutor.language import LanguageError, read_at
    from tutor.sandbox.target import FunctionError
    from tutor.session import session as sessions
    from tutor.session.targets import opened

    try:
        given = read_at(arguments.at)
    except LanguageError as error:
        refuse(error, "--at")
    rates = [_rate(text) for text in arguments.step]
    upstream = _upstream(arguments.upstream)
    try:
        with _said_to_run(arguments.target):
            session = opened(
                arguments.target,
                given,
                upstream=upstream,
                dtype=arguments.dtype,
                rate=rates[0] if rates else sessions.DEFAULT_RATE,
                seed=arguments.seed,
            )
        params = _params(arguments.params, list(session.inputs))
        if params is not None:
            session = replace(session, params=params)
        for rate in rates:
            session = sessions.descend(sessions.with_rate(session, rate))
    except LanguageError as error:
        refuse(error, None if error.text == arguments.target else "--at")
    except FunctionError as error:
        refuse_function(error)
    except GradientError as error:
        text = arguments.upstream
        if text is None:
            raise UnusableInput(str(error)) from error
        raise UnusableInput(
            str(error), text=text, start=0, end=len(text), where="--upstream"
        ) from error
    except EngineError as error:
        raise UnusableInput(str(error)) from error
    session = sessions.rewound(session)
    if arguments.save is not None:
        _save(session, arguments.save)
    return session


@contextmanager
def _said_to_run(target: str) -> Iterator[None]:
    """Say on standard error that a person waits for their file, and how to stop it."""
    from tutor.render.sanitise import sanitise
    from tutor.session.targets import kind_of

    if kind_of(target) != "file":
        yield
        return
    told = f"{sanitise(target.strip())} is still running; ctrl+c stops it"
    timer = Timer(PATIENCE, print, (told,), {"file": sys.stderr, "flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _save(session: Session, path: str) -> None:
    from engine.document import DocumentError
    from tutor.session import keeping
    from tutor.session.refused import Refused

    try:
        told = keeping.save(session, path).told
    except (DocumentError, Refused) as error:
        hint = error.hint if isinstance(error, Refused) else None
        raise UnusableInput(
            error.message if isinstance(error, Refused) else str(error),
            where="--save",
            hint=hint or None,
        ) from error
    print(told, file=sys.stderr)


def refuse(error: LanguageError, where: str | None) -> NoReturn:
    """A text that cannot be read, as the fault of the command's input."""
    raise UnusableInput(
        error.message,
        text=error.text or None,
        start=error.start,
        end=error.end,
        where=where,
        hint=error.hint or None,
    ) from error


def refuse_function(error: FunctionError) -> NoReturn:
    """What went wrong in the user's own function, at its place."""
    from tutor.render.sanitise import sanitise

    for printed in error.printed.splitlines():
        print(f"  it printed: {sanitise(printed)}", file=sys.stderr)
    line = error.source_line
    start = None if error.column is None else error.column - 1
    if line is not None and start is None:
        start = len(line) - len(line.lstrip())
    raise UnusableInput(
        error.message,
        where=None if error.place in error.message else error.place or None,
        text=line,
        start=start,
        end=None if line is None else len(line.rstrip()),
    ) from error


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


def _params(text: str | None, inputs: Sequence[str]) -> tuple[str, ...] | None:
    """The names of `--params w,b`, each of them an input."""
    if text is None:
        return None
    names: list[str] = []
    at = 0
    for part in text.split(","):
        name = part.strip()
        start = at + len(part) - len(part.lstrip())
        at += len(part) + 1
        if name not in inputs or name in names:
            known = ", ".join(inputs) or "none"
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


def talk(session: Session, arguments: argparse.Namespace) -> None:
    """Say on standard error what was run, what it printed, and what was assumed."""
    from tutor.render.sanitise import sanitise
    from tutor.render.values import shape_text

    if session.origin.kind == "file":
        print(f"{sanitise(session.text)} was run, as you asked", file=sys.stderr)
    for line in session.printed.splitlines():
        print(f"  it printed: {sanitise(line)}", file=sys.stderr)
    output, begun = session.trace.nodes[session.trace.output], session.trace.passes[0]
    if output.shape and begun.seed is not None and not begun.seed_given:
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


def remember_target(arguments: argparse.Namespace) -> None:
    """Put the target first in the list of recent ones."""
    from tutor.language import read_at, typed
    from tutor.settings.recent import Recent, remember

    remember(Recent(arguments.target, typed(read_at(arguments.at))))
