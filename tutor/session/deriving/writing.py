"""Going to a line by its number, and keeping the lines in a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tutor.session.deriving.derivation import Derivation
from tutor.session.files import path_of
from tutor.session.refused import Refused, is_count

_MOST = 200_000
"""Bytes; a longer file holds no lines of ours."""


def at_line(derivation: Derivation, text: str) -> Derivation:
    """Go to the line of that number, counted from 1, to write it anew."""
    last = len(derivation.lines) + 1
    wanted = text.strip()
    if not is_count(wanted) or not 1 <= int(wanted) <= last:
        raise Refused(f"the lines are numbered from 1 to {last}", start=0, end=len(text))
    at = int(wanted) - 1
    return replace(derivation, at=at, told="")


def kept(derivation: Derivation, text: str) -> Derivation:
    """Write the lines to a file, which `backprop derive` reads again."""
    if not derivation.lines:
        raise Refused("there is no line yet to keep")
    path = path_of(text)
    if not _ours(derivation, path):
        raise Refused(f"{path.name} is there already and holds something else; name another file")
    try:
        path.write_bytes(_written(derivation.lines))
    except OSError as error:
        raise Refused(f"{path.name} cannot be written: {error.strerror}") from error
    count = len(derivation.lines)
    said = f"{count} line{'s' * (count != 1)} in {path.name}."
    return replace(derivation, kept=derivation.lines, told=said)


def _written(lines: tuple[str, ...]) -> bytes:
    """The file of some lines. One that cannot be read may hold what no encoding has."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8", errors="replace")


def _ours(derivation: Derivation, path: Path) -> bool:
    """Whether writing there loses nothing: no file, an empty one, or lines of this sitting."""
    try:
        size = path.stat().st_size if path.is_file() else 0
        if not 0 < size <= _MOST:
            return size == 0
        held = path.read_bytes()
    except OSError:
        return True  # Writing will fail likewise, and say why.
    states = (derivation.kept, derivation.lines, *derivation.past, *derivation.future)
    return any(held == _written(lines) for lines in states)
