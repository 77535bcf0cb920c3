"""`backprop open`: a trace that was saved, as a document to step through."""

from __future__ import annotations

import argparse

from tutor.cli import trace
from tutor.cli.errors import UnusableInput

NAME = "open"
HELP = "Open a saved trace; nothing of what it came from is run."
EXAMPLES = (
    ("backprop open run.bptrace", "step through it"),
    ("backprop open run.bptrace --text", "as sentences"),
    ('backprop open run.bptrace --do audit --do "why W1"', "ask about it without a screen"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the document, and everything that `backprop trace` takes beside its target."""
    trace.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Open the document; 1 when the routes to its gradients disagree."""
    from engine.document import SUFFIX

    if not arguments.target.strip().endswith(SUFFIX):
        raise UnusableInput(
            f"expected a trace, a file that ends in {SUFFIX}",
            text=arguments.target,
            start=0,
            end=len(arguments.target),
            hint=f'backprop trace "{arguments.target}" --save run{SUFFIX} makes one',
        )
    return trace.run(arguments)
