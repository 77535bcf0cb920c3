"""The text of a condition to words, numbers and signs, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple, NoReturn

from tutor.language.errors import LanguageError, Reason, code_point

LONGEST = 500
_LONGEST_NUMBER = 40

_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?")
_WORD = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_SIGNS = {
    "<=": "<=", ">=": ">=", "==": "=", "!=": "!=", "≤": "<=", "≥": ">=", "≠": "!=", "−": "-",
    **{sign: sign for sign in "=<>()[]|,:-"},
}  # fmt: skip
_HINTS = {
    "&": "write and",
    "~": "write not",
    "!": "write not, or != for a relation",
    "+": "compare with one number",
    "*": "compare with one number",
    "/": "compare with one number",
    "∂": "write grad(x) for the gradient of x",
    "‖": "write norm(...)",
    "∞": "write: value is inf",
}


class Word(NamedTuple):
    """One word, number, sign or name in quotes. text: its plain spelling."""

    kind: Literal["word", "number", "sign", "quoted", "end"]
    text: str
    start: int
    end: int


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a condition, the last of kind "end".

    Raises LanguageError with the reason `empty_input`, `too_long`, `bad_character`,
    `number_too_large` or `syntax_error`.
    """
    if len(text) > LONGEST:
        message = f"a condition of {len(text)} characters; at most {LONGEST} are read"
        refuse("too_long", message, text, LONGEST, len(text))
    if not text.strip():
        hint = "for example |grad| > 10"
        refuse("empty_input", "there is no condition here", text, 0, len(text), hint)
    found: list[Word] = []
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        found.append(_word(text, at))
        at = found[-1].end
    return (*found, Word("end", "", len(text), len(text)))


def _word(text: str, at: int) -> Word:
    if number := _NUMBER.match(text, at):
        return _number(text, number)
    if word := _WORD.match(text, at):
        return Word("word", unicodedata.normalize("NFKC", word[0]), at, word.end())
    for length in (2, 1):
        sign = text[at : at + length]
        if sign in _SIGNS:
            return Word("sign", _SIGNS[sign], at, at + len(sign))
    if text[at] in "'\"":
        end = text.find(text[at], at + 1)
        if end < 0:
            refuse("syntax_error", "this quotation mark is never closed", text, at, at + 1)
        return Word("quoted", text[at + 1 : end], at, end + 1)
    message = f"{code_point(text[at])} has no place in a condition"
    refuse("bad_character", message, text, at, at + 1, _HINTS.get(text[at], ""))


def _number(text: str, found: re.Match[str]) -> Word:
    literal = found[0].replace("−", "-")
    start, end = found.span()
    if len(literal) > _LONGEST_NUMBER:
        message = f"a number of {len(literal)} characters; at most {_LONGEST_NUMBER} are read"
        refuse("number_too_large", message, text, start, end)
    if float(literal) == float("inf"):
        message = "the number is larger than any float"
        refuse("number_too_large", message, text, start, end, "write: value is inf")
    return Word("number", literal, start, end)


def refuse(
    reason: Reason, message: str, text: str, start: int, end: int, hint: str = ""
) -> NoReturn:
    """Raise the LanguageError that points at [start, end) of the text."""
    raise LanguageError(reason, message, start, end, hint, text)
