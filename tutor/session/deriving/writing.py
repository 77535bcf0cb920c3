"""Going to a line by its number, and keeping the lines in a file."""

from __future__ import annotations

from dataclasses import replace

from tutor.session.deriving.derivation import Derivation
from tutor.session.files import path_of
from tutor.session.refused import Refused, is_count


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
    try:
        # A line that cannot be read may hold what no encoding has.
        text = "".join(f"{line}\n" for line in derivation.lines)
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise Refused(f"{path.name} cannot be written: {error.strerror}") from error
    count = len(derivation.lines)
    return replace(derivation, told=f"{count} line{'s' * (count != 1)} in {path.name}.")
