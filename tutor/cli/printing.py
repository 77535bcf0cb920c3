"""How a command prints what it found: rows for people, sentences, or one JSON document."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.render.report import Report


def add_form_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the form of what is printed."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="print sentences")
    form.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--ascii", action="store_true", help="print ASCII only")


def print_report(report: Report, arguments: argparse.Namespace) -> None:
    """Print a report: its rows, or its sentences with `--text`, or its data with `--json`."""
    from tutor.cli.terminal import unicode_ok

    if arguments.json:
        print(json.dumps(report.document(), allow_nan=False))
        return
    report = report.spelled(arguments.ascii or not unicode_ok())
    if arguments.text:
        print("\n".join(report.sentences))
        return
    _print_rows(report)


def _print_rows(report: Report) -> None:
    from tutor.cli.terminal import colour_level

    title = f"{report.title}   {report.aside}" if report.aside else report.title
    lines = [title, *[row.text for row in report.rows]]
    if colour_level(sys.stdout) == "none":
        print("\n".join(line.rstrip() for line in lines))
        return
    from rich.text import Text

    from tutor.cli.terminal import stdout_console

    console = stdout_console()
    console.print(Text(title, style="bold"), soft_wrap=True)
    for row in report.rows:
        text = Text()
        for part, role in row.line:
            text.append(part, style=_STYLES.get(role.partition(".")[0], ""))
        console.print(text, soft_wrap=True)


_STYLES = {
    "strong": "bold",
    "title": "bold",
    "quiet": "dim",
    "faint": "dim",
    "label": "dim",
    "absent": "dim",
    "forward": "cyan",
    "local": "cyan",
    "backward": "yellow",
    "gradient": "yellow",
    "upstream": "yellow",
    "changed": "bright_yellow",
    "wrong": "bold red",
    "right": "green",
    "result": "bold",
    "active": "bold yellow",
}
