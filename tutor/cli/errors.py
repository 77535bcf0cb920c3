"""What a person sees when something goes wrong, and the exit code that says it to a script.

0 right, 1 checked and wrong, 2 unusable input, 3 our own fault (one line and a report file),
130 interrupted, 141 the reader of our output went away.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from tutor.render.sanitise import cell_width, sanitise

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = 0
WRONG = 1
UNUSABLE = 2
OUR_FAULT = 3
INTERRUPTED = 130
READER_GONE = 141

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UnusableInput(Exception):
    """What a person gave cannot be used. Says what, where, and what to do.

    `text` is the whole text the fault lies in and `start`, `end` the offsets of the faulty part;
    `where` names the place of that text (``--at``, ``loss.py:3``); `hint` is a sentence on what
    helps. All of them may hold foreign text: it is made safe when it is printed.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str | None = None,
        start: int | None = None,
        end: int | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = start
        self.end = end
        self.where = where
        self.hint = hint


def guarded(program: str, action: Callable[[], int]) -> int:
    """Run `action` and return its exit code; what it raises becomes a line on stderr and a code.

    `program` is the name the line begins with, such as ``backprop trace``.
    """
    try:
        try:
            code = action()
        except SystemExit as stop:
            # argparse leaves this way after --help and --version.
            code = stop.code if isinstance(stop.code, int) else RIGHT
        sys.stdout.flush()
        return code
    except UnusableInput as fault:
        _print_fault(program, fault)
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return READER_GONE
    except MemoryError:
        _print_fault(program, UnusableInput("this needs more memory than there is here"))
        return UNUSABLE
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _own_fault(program, error)
        _drop_output()
        _print_fault(program, UnusableInput(f"the output cannot be written: {error.strerror}"))
        return UNUSABLE
    except Exception as error:
        return _own_fault(program, error)


def describe(program: str, fault: UnusableInput, *, width: int = 80, unicode: bool = True) -> str:
    """Return the lines of a fault: one sentence, the line with a caret under the spot, the hint."""
    message = sanitise(fault.message, unicode=unicode)
    place = f"{sanitise(fault.where, unicode=unicode)}: " if fault.where else ""
    lines = [f"{program}: error: {place}{message}"]
    if fault.text is not None and fault.start is not None:
        end = fault.start + 1 if fault.end is None else fault.end
        lines += [f"  {line}" for line in pointed(fault.text, fault.start, end, width - 2, unicode)]
    if fault.hint:
        lines.append(f"  {sanitise(fault.hint, unicode=unicode)}")
    return "\n".join(lines)


def pointed(text: str, start: int, end: int, width: int, unicode: bool = True) -> tuple[str, str]:
    """Return the line of `text` that holds offset `start` and a line of carets under `start:end`.

    A line wider than `width` is cut around the spot, with an ellipsis where something is missing.
    A span that goes on over the line's end is marked up to there; an empty one gets one caret.
    """
    start = min(max(start, 0), len(text))
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    line = sanitise(text[first : len(text) if last < 0 else last], unicode=unicode)
    column = start - first
    length = max(1, min(end, first + len(line)) - start)
    line, column = _cut(line, column, length, max(width, 20), "…" if unicode else "...")
    carets = max(1, cell_width(line[column : column + length]))
    return line, " " * cell_width(line[:column]) + "^" * carets


def _cut(line: str, column: int, length: int, width: int, ellipsis: str) -> tuple[str, int]:
    """Return the part of `line` around `column` that fits `width` cells, and the new column."""
    if cell_width(line) <= width:
        return line, column
    room = width - 2 * len(ellipsis)
    begin = max(0, min(column - (room - min(length, room)) // 2, len(line) - room))
    end = begin
    used = 0
    while end < len(line) and used + cell_width(line[end]) <= room:
        used += cell_width(line[end])
        end += 1
    before = ellipsis if begin > 0 else ""
    after = ellipsis if end < len(line) else ""
    return before + line[begin:end] + after, column - begin + len(before)


def _print_fault(program: str, fault: UnusableInput) -> None:
    from tutor.cli.terminal import colour_level, stderr_console, unicode_ok, width

    told = describe(program, fault, width=width(sys.stderr), unicode=unicode_ok(sys.stderr))
    if colour_level(sys.stderr) == "none":
        print(told, file=sys.stderr)
        return
    from rich.text import Text

    shown = Text(told)
    shown.highlight_regex(r"^[^:]+: error:", "bold red")
    shown.highlight_regex(r"(?m)^ +\^+$", "bold red")
    stderr_console().print(shown, soft_wrap=True)


def _own_fault(program: str, error: Exception) -> int:
    from tutor.cli.terminal import unicode_ok

    told = sanitise(f"{type(error).__name__}: {error}", unicode=unicode_ok(sys.stderr))
    report = _write_report(error)
    where = f"Report: {report}" if report else "The report could not be written"
    print(f"{program}: internal error, our fault: {told}. {where}", file=sys.stderr)
    return OUR_FAULT


def _write_report(error: Exception) -> Path | None:
    """Write what a maintainer needs into the state folder; None when that is not possible."""
    try:
        from datetime import datetime

        from tutor.settings.paths import state_folder

        folder = state_folder() / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        path.write_text(_report(error), encoding="utf-8", errors="backslashreplace")
    except Exception:
        # Whatever goes wrong here must not hide the fault that is being told.
        return None
    return path


def _report(error: Exception) -> str:
    import platform
    import traceback
    from importlib.metadata import version

    from tutor import __version__

    libraries = [name for name in ("numpy", "sympy", "textual", "rich") if name in sys.modules]
    lines = [
        f"backprop-tutor {__version__}, Python {platform.python_version()}, {platform.platform()}",
        *(f"{name} {version(name)}" for name in libraries),
        f"arguments: {sys.argv!r}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(lines)


def _drop_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail as well."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
