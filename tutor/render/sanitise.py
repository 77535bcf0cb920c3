"""Foreign text made safe to print.

Whatever a person typed, a file contained or a variable is called may hold escape sequences, line
breaks or marks that turn the reading direction. All of it passes `sanitise` before it reaches a
terminal. Every character stays one character, so offsets into the text stay true for carets.
"""

from __future__ import annotations

import unicodedata

_PICTURES = 0x2400
_DELETE = 0x7F
_UNSEEN = "\N{REPLACEMENT CHARACTER}"
# Format, surrogate, private use, line and paragraph separators.
_HIDDEN_CATEGORIES = frozenset({"Cf", "Cs", "Co", "Zl", "Zp"})


def sanitise(text: str, *, keep: str = "", unicode: bool = True) -> str:
    """Return `text` with every control and invisible character replaced by a visible one.

    ESC becomes ``␛``, a line break ``␊`` and so on; invisible characters (direction marks,
    zero-width spaces, lone surrogates) become ``�``. `keep` names characters to leave alone, for
    example ``"\\n"``. With `unicode=False` every character outside printable ASCII becomes ``?``.
    The length never changes.
    """
    if unicode and text.isprintable():
        return text
    return "".join(
        character if character in keep else _visible(character, unicode) for character in text
    )


def _visible(character: str, unicode: bool) -> str:
    code = ord(character)
    if 0x20 <= code < _DELETE:
        return character
    if not unicode:
        return "?"
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    category = unicodedata.category(character)
    if category == "Cc" or category in _HIDDEN_CATEGORIES:
        return _UNSEEN
    return character


def cell_width(text: str) -> int:
    """Return how many terminal cells sanitised `text` takes: wide characters two, marks none."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
