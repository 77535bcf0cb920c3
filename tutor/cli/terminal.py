"""The terminal of this command: whether a person sits there, its size, and consoles to print on.

Rich is imported only when a console is asked for: most commands print plain lines.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal, TextIO

from tutor.settings.terminal import ColourLevel, colours, drawable
from tutor.settings.terminal import unicode_ok as unicode_ok

if TYPE_CHECKING:
    from rich.console import Console


def is_interactive() -> bool:
    """Return whether a person sits at both ends and the terminal can be drawn on."""
    # A closed standard input is None.
    keyboard = sys.stdin is not None and sys.stdin.isatty()
    return keyboard and sys.stdout.isatty() and drawable()


def colour_level(stream: TextIO | None = None) -> ColourLevel:
    """Return how many colours `stream` (standard output) shows; none where it is no terminal."""
    return colours() if (stream or sys.stdout).isatty() else "none"


def width(stream: TextIO | None = None) -> int:
    """Return how many cells a line of `stream` has; 80 where nobody knows."""
    return size(stream)[0]


def size(stream: TextIO | None = None) -> tuple[int, int]:
    """Return columns and lines: from COLUMNS and LINES, else as `stream` says, else 80x24."""
    stream = stream or sys.stdout
    if stream.isatty() and not (os.environ.get("COLUMNS") or os.environ.get("LINES")):
        try:
            columns, lines = os.get_terminal_size(stream.fileno())
        except OSError:
            columns = lines = 0
        if columns > 0 and lines > 0:
            return columns, lines
    import shutil

    return shutil.get_terminal_size((80, 24))


def stdout_console() -> Console:
    """Return a console for data, coloured and boxed only on a terminal."""
    return _console(sys.stdout)


def stderr_console() -> Console:
    """Return a console for talk, coloured and boxed only on a terminal."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    level = colour_level(stream)
    systems: dict[str, Literal["standard", "256", "truecolor"]] = {
        "16": "standard",
        "256": "256",
        "truecolor": "truecolor",
    }
    # Markup, emoji codes and highlighting read meaning into foreign text; width is ours to find.
    return Console(
        file=stream,
        color_system=systems.get(level),
        force_terminal=stream.isatty() and drawable(),
        no_color=level == "none",
        width=width(stream),
        markup=False,
        emoji=False,
        highlight=False,
    )
