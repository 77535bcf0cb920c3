"""What the terminal can do, and the consoles that commands print on.

Rich is imported only when a console is asked for: most commands print plain lines.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console

ColourLevel = Literal["none", "16", "256", "truecolor"]


def is_interactive() -> bool:
    """Return whether a person sits at both ends and the terminal can be drawn on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and _kind() not in ("", "dumb")


def colour_level(stream: TextIO | None = None) -> ColourLevel:
    """Return how many colours `stream` (stdout by default) shows.

    None when it is no terminal, for ``TERM=dumb`` and with ``NO_COLOR``; else as TERM and COLORTERM
    say.
    """
    stream = stream or sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR") or _kind() in ("", "dumb"):
        return "none"
    colours = os.environ.get("COLORTERM", "").lower()
    if colours in ("truecolor", "24bit") or _kind().endswith("-direct"):
        return "truecolor"
    return "256" if "256color" in _kind() else "16"


def unicode_ok(stream: TextIO | None = None) -> bool:
    """Return whether `stream` (stdout by default) can carry all of Unicode."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("_", "-").startswith(("utf-8", "utf8", "utf-16"))


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
        force_terminal=stream.isatty() and _kind() not in ("", "dumb"),
        no_color=level == "none",
        width=width(stream),
        markup=False,
        emoji=False,
        highlight=False,
        safe_box=not unicode_ok(stream),
    )


def _kind() -> str:
    return os.environ.get("TERM", "").lower()
