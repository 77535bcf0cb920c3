"""A text of several lines on one: `a = x*y; b = tanh(a)`. Imports nothing, for the first frame."""

from __future__ import annotations

import re
from functools import lru_cache

# The ends of lines, with the blanks, semicolons and comments around them: one break.
_BREAK = re.compile(r"[ \t\r;]*(?:#[^\n]*)?\n(?:[ \t\r\n;]|#[^\n]*)*|[ \t\r;]*#[^\n]*")


@lru_cache(maxsize=32)
def one_line(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` with "; " between its statements in place of line ends and without its
    comments, and for every offset into `text` (its end too) the one it has there."""
    parts: list[str] = []
    offsets: list[int] = []
    end = length = 0
    for found in _BREAK.finditer(text):
        kept = text[end : found.start()]
        parts.append(kept)
        offsets += range(length, length + len(kept))
        length += len(kept)
        between = _between(text, found, "".join(parts))
        # An offset in a break is where the next statement begins, one at its start where one ends.
        offsets += [length, *[length + len(between)] * (found.end() - found.start() - 1)]
        parts.append(between)
        length += len(between)
        end = found.end()
    parts.append(text[end:])
    offsets += range(length, length + len(text) - end + 1)
    return "".join(parts), tuple(offsets)


def _between(text: str, found: re.Match[str], before: str) -> str:
    if found.start() == 0 or found.end() == len(text):
        return ""
    return " " if before.count("(") > before.count(")") else "; "
