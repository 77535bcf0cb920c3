"""What the language says when it cannot read something, and where in the text."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "syntax_error",
    "unknown_name",
    "forbidden_syntax",
    "bad_arguments",
    "too_long",
    "too_deep",
    "number_too_large",
    "bad_character",
    "empty_input",
]

UNICODE_SPELLINGS = "−·×⊙σδ²³ᵀ′∂₀₁₂₃₄₅₆₇₈₉"


class LanguageError(ValueError):
    """A text that the language refuses.

    `start` and `end` are offsets into `text` (code points), `message` is one line that says what
    was found and what was expected, `hint` what to write instead (may be empty). Neither ever
    holds a character of the text that is outside the language. `line` is the index of the line of
    a derivation that `text` is, counted from 0; None for any other text.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        start: int,
        end: int,
        hint: str = "",
        text: str = "",
    ) -> None:
        super().__init__(reason, message, start, end, hint, text)
        self.reason: Reason = reason
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint
        self.text = text
        self.line: int | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


def printable(text: str) -> str:
    """`text` with every character outside the language's own alphabet as `?`, one for one."""
    return "".join(
        char if " " <= char <= "~" or char in UNICODE_SPELLINGS else " " if char == "\t" else "?"
        for char in text
    )


def shortened(text: str, longest: int = 40) -> str:
    """`text` in at most `longest` characters, safe to print, for use within a message."""
    if len(text) > longest:
        return printable(text[: longest - 3]) + "..."
    return printable(text)


def code_point(char: str) -> str:
    """A character by its code point: `U+0007`; printable ASCII is shown as well: `U+0024 ($)`."""
    name = f"U+{ord(char):04X}"
    return f"{name} ({char})" if "!" <= char <= "~" else name
