"""Where in the user's own text a node was made: a line of a file, or a span of an expression."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

from engine.state import LOCATION
from engine.state import location as location

_ENGINE = str(Path(__file__).parent)
_INSIDE: dict[str, bool] = {}  # whether a file is the engine's own


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


def calling_frame(skip: int = 1) -> FrameType:
    """The nearest frame outside the engine. skip: how many are known to be inside, this one too."""
    frame = sys._getframe(skip)
    while True:
        name = frame.f_code.co_filename
        inside = _INSIDE.get(name)
        if inside is None:
            inside = _INSIDE[name] = name.startswith(_ENGINE)
        if not inside or frame.f_back is None:
            return frame
        frame = frame.f_back


def line_of(code: CodeType, instruction: int) -> Location:
    """The file and line of an instruction of some code."""
    line = code.co_firstlineno
    for start, end, at in code.co_lines():
        if start <= instruction < end and at is not None:
            line = at
    return Location(code.co_filename, line)


def calling_line() -> Location:
    """The place to name in an error: the current sub-term, or the nearest line of the user's."""
    place = LOCATION.get()
    if place is not None:
        return place
    frame = calling_frame()
    return line_of(frame.f_code, frame.f_lasti)
