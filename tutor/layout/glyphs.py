"""Glyphs: the characters that lines and borders are drawn with, and their ASCII twin.

A line cell is known by its *arms*, a set of the four bits below, and which of them are heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UP: Final = 1
DOWN: Final = 2
LEFT: Final = 4
RIGHT: Final = 8
ALL: Final = UP | DOWN | LEFT | RIGHT

# Box drawing characters by arms: up counts 1, down 3, left 9, right 27, a heavy arm twice.
_LINES: Final = " ╵╹╷│╿╻╽┃╴┘┚┐┤┦┒┧┨╸┙┛┑┥┩┓┪┫╶└┖┌├┞┎┟┠─┴┸┬┼╀┰╁╂╾┵┹┭┽╃┱╅╉╺┕┗┍┝┡┏┢┣╼┶┺┮┾╄┲╆╊━┷┻┯┿╇┳╈╋"
_ROUNDED: Final = {DOWN | RIGHT: "╭", DOWN | LEFT: "╮", UP | RIGHT: "╰", UP | LEFT: "╯"}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of characters. The tables are indexed by ``arms * 16 + heavy arms``."""

    edges: tuple[str, ...]
    borders: tuple[str, ...]
    forward: str
    backward: str
    changed: str
    focus: tuple[str, str]
    cut: str
    ascii: bool

    def edge(self, arms: int, heavy: int = 0) -> str:
        return self.edges[arms * 16 + heavy]

    def border(self, arms: int, heavy: int = 0) -> str:
        return self.borders[arms * 16 + heavy]


def _unicode(arms: int, heavy: int) -> str:
    index = 0
    for bit, weight in ((UP, 1), (DOWN, 3), (LEFT, 9), (RIGHT, 27)):
        if arms & bit:
            index += 2 * weight if heavy & bit else weight
    return _LINES[index]


def _unicode_edge(arms: int, heavy: int) -> str:
    if arms == ALL:
        return "●"
    if not heavy and arms in _ROUNDED:
        return _ROUNDED[arms]
    return _unicode(arms, heavy)


def _ascii_border(arms: int, heavy: int) -> str:
    if arms & (UP | DOWN) and arms & (LEFT | RIGHT):
        return "#" if heavy & (UP | DOWN) else "+"
    if arms & (UP | DOWN):
        return "#" if heavy else "|"
    return "=" if heavy else "-"


def _ascii_edge(arms: int, heavy: int) -> str:
    if arms == ALL:
        return "@" if heavy else "o"
    if not heavy and arms in _ROUNDED:
        return "." if arms & DOWN else "'"
    if arms & (UP | DOWN) and arms & (LEFT | RIGHT):
        return "#" if heavy else "+"
    return _ascii_border(arms, heavy)


_CASES: Final = [(arms, heavy & arms) for arms in range(16) for heavy in range(16)]

UNICODE: Final = Glyphs(
    edges=tuple(_unicode_edge(*case) for case in _CASES),
    borders=tuple(_unicode(*case) for case in _CASES),
    forward="▶",
    backward="◀",
    changed="*",
    focus=("[", "]"),
    cut="…",
    ascii=False,
)
ASCII: Final = Glyphs(
    edges=tuple(_ascii_edge(*case) for case in _CASES),
    borders=tuple(_ascii_border(*case) for case in _CASES),
    forward=">",
    backward="<",
    changed="*",
    focus=("[", "]"),
    cut="~",
    ascii=True,
)
