"""`backprop audit`: what is wrong with the numbers and gradients of a run, and what to try."""

from __future__ import annotations

import argparse

from tutor.cli.errors import RIGHT, WRONG
from tutor.cli.printing import add_form_arguments, print_report
from tutor.cli.targets import add_target_arguments, session_of, talk

NAME = "audit"
HELP = "Find NaN, dead units, gradients that vanish or explode."
EXAMPLES = (
    ('backprop audit "log(x - x) * w" --at x=2,w=3', "the first NaN, what made it; exit code 1"),
    ("backprop audit docs/examples/siamese.py:loss", "a healthy one; exit code 0"),
    ("backprop audit docs/examples/deep.py:loss --json", "as data; exit code 1: it vanishes"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the function."""
    add_target_arguments(parser)
    add_form_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 when something is wrong or will be."""
    from tutor.debugger.audit import audit, report

    session = session_of(arguments)
    talk(session, arguments)
    findings = audit(session.trace)
    print_report(report(findings, title=f"audit of {session.text}"), arguments)
    found = any(finding.severity in ("wrong", "warning") for finding in findings)
    return WRONG if found else RIGHT
