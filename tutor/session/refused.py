"""Refused: something that was asked for cannot be done, in one sentence."""

from __future__ import annotations


def is_count(word: str) -> bool:
    """Whether a word is a whole number that can be meant: digits of 0 to 9, no more than 18."""
    return word.isascii() and word.isdecimal() and len(word) <= 18


class Refused(Exception):
    """Why it cannot be done: one sentence, where the given text is at fault (offsets in it), and
    what to do instead."""

    def __init__(
        self, message: str, start: int | None = None, end: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, start, end, hint)
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message
