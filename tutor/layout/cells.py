"""Cells: text cut to the columns it has, whatever its characters' widths.

Widths follow Unicode's East Asian Width (wide and fullwidth take two cells) and general categories
(marks take none). Format characters and variation selectors are dropped, since terminals disagree
on them; control characters show as a replacement.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

_ASCII_FOR = {
    "−": "-",
    "–": "-",
    "—": "-",
    "·": "*",
    "×": "x",
    "∂": "d",
    "∇": "g",
    "…": "~",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}


@lru_cache(maxsize=4096)
def cell_width(char: str) -> int:
    """How many cells a character takes: 0, 1 or 2, and -1 if it is not to be drawn at all."""
    kind = category(char)
    if kind == "Cf" or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return -1
    if kind in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def text_width(text: str) -> int:
    """The cells a text takes once it is drawn by ``to_cells``."""
    return len(text) if text.isascii() else len(to_cells(text, ascii_only=False))


@lru_cache(maxsize=8192)
def to_cells(text: str, *, ascii_only: bool) -> tuple[str, ...]:
    """One string per cell: the character with its marks, or "" for the right half of a wide one."""
    if text.isascii() and text.isprintable():
        return tuple(text)
    cells: list[str] = []
    for char in text:
        width = cell_width(char)
        if width < 0:
            continue
        if category(char) in ("Cc", "Cs", "Co", "Zl", "Zp"):
            cells.append("?" if ascii_only else "\ufffd")
        elif ascii_only and not char.isascii():
            cells.extend(_ASCII_FOR.get(char, "?") * width)
        elif width == 0:
            if cells:
                cells[-1 if cells[-1] else -2] += char
        else:
            cells.append(char)
            if width == 2:
                cells.append("")
    return tuple(cells)


def fit(cells: tuple[str, ...], width: int, cut: str) -> tuple[str, ...]:
    """At most ``width`` cells, ending in ``cut`` if any are left out; nothing wide is halved."""
    if len(cells) <= width:
        return cells
    if width <= 0:
        return ()
    kept = cells[: width - 1]
    if cells[width - 1] == "":
        kept = kept[:-1]
    return (*kept, cut)


def window(cells: tuple[str, ...], start: int, stop: int) -> list[str]:
    """The cells ``start .. stop-1``, with a blank where only half of a wide character is inside."""
    part = list(cells[start:stop])
    if part and part[0] == "":
        part[0] = " "
    if part and stop < len(cells) and cells[stop] == "":
        part[-1] = " "
    return part
