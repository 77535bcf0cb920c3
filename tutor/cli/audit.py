"""`backprop audit`: what is wrong with the numbers and gradients of a run, and what to try."""

from __future__ import annotations

import argparse

from tutor.cli.errors import RIGHT, WRONG
from tutor.cli.printing import add_form_arguments, print_report
from tutor.cli.targets import add_target_arguments, session_of, talk

NAME = "audit"
HELP = "Find the first NaN, dead and saturated units, gradients that vanish, explode or cancel."
EXAMPLES = (
    ('backprop audit "log(x - x) * w" --at x=2,w=3', "the first NaN, and what made it"),
    ("backprop audit loss.py:train_step --json", "as data; exit code 1 if something is wrong"),
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
