"""Where in the user's own text a node was made: a line of a file, or a span of an expression."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

_ENGINE = str(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the user's text: `file` and `line` of a program (`file` None for a typed
    expression), and for an expression the offsets [start, end) of the sub-term in the text."""

    file: str | None
    line: int
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        name = "expression" if self.file is None else Path(self.file).name
        return f"{name}:{self.line}"


class _Current(threading.local):
    location: Location | None = None


CURRENT = _Current()


@contextmanager
def location(place: Location) -> Iterator[None]:
    """Say where the nodes that are made inside come from, in place of the calling line."""
    before = CURRENT.location
    CURRENT.location = place
    try:
        yield
    finally:
        CURRENT.location = before


def calling_instruction() -> tuple[CodeType, int]:
    """The code and instruction of the nearest frame outside the engine (cheap: no line yet)."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_ENGINE) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def line_of(code: CodeType, instruction: int) -> Location:
    """The file and line of an instruction found by `calling_instruction`."""
    line = code.co_firstlineno
    for start, end, at in code.co_lines():
        if start <= instruction < end and at is not None:
            line = at
    return Location(code.co_filename, line)


def calling_line() -> Location:
    """The place to name in an error: the current sub-term, or the nearest line of the user's."""
    if CURRENT.location is not None:
        return CURRENT.location
    return line_of(*calling_instruction())
