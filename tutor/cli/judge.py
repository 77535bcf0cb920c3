"""`backprop judge`: JSON lines in, a verdict for each out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from tutor.cli.errors import RIGHT, UnusableInput

NAME = "judge"
HELP = "Judge derivations: JSON lines in, one verdict for each out."
EXAMPLES = (
    (
        "backprop judge < docs/examples/answers.jsonl",
        "one verdict for each line of the file",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but standard input is read."""


def run(arguments: argparse.Namespace) -> int:
    """Answer every line, as soon as it is there; 0 when each has its answer."""
    if sys.stdin is None:
        raise UnusableInput("there is nothing to read", where="standard input")
    if sys.stdin.isatty():
        print(
            "Reading records from the keyboard, one a line; ctrl+d ends. "
            "To type a derivation: backprop derive",
            file=sys.stderr,
        )
    import json

    from tutor.judge.records import LONGEST, answered

    for number, text in enumerate(_records(LONGEST), 1):

        def warn(sentence: str, number: int = number) -> None:
            print(f"backprop judge: record {number}: {sentence}", file=sys.stderr)

        print(json.dumps(answered(text, warn), allow_nan=False), flush=True)
    return RIGHT


def _records(longest: int) -> Iterator[str]:
    """The lines of standard input. What is no UTF-8 stays visible as such; of a
    line without end no more is kept than makes it too long."""
    stream = sys.stdin.buffer
    while True:
        data = stream.readline(4 * longest + 8)
        if not data:
            return
        whole = data
        while not whole.endswith(b"\n"):
            whole = stream.readline(1 << 20)
            if not whole:
                break
        yield data.decode("utf-8", "surrogateescape")
