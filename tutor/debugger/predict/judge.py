"""Judging an answer: right, wrong (and by which mistake, where that can be told), or unreadable.

Numbers may be typed as decimals, fractions or expressions. A decimal is right when it is the
answer rounded to the digits that were typed, and, with two digits or more, when it is within one
hundredth of it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.errors import EngineError
from tutor.debugger.predict.question import Question, Reply
from tutor.debugger.predict.slips import MESSAGES
from tutor.language import parse
from tutor.language.errors import LanguageError, shortened

Verdict = Literal["right", "wrong", "unreadable"]

_TOLERANCE = 1e-2
_EXACT = 1e-9
_DECIMAL = re.compile(r"[+-]?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?")
_SIGNS = {
    "+": "+", "plus": "+", "positive": "+", "pos": "+",
    "-": "−", "−": "−", "minus": "−", "negative": "−", "neg": "−",
    "0": "0", "zero": "0", "null": "0", "none": "0",
}  # fmt: skip
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of an answer. message: one kind sentence or two, never the right answer. slip:
    the name of the mistake, a key of `slips.MESSAGES`; None where none fits."""

    verdict: Verdict
    message: str
    slip: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How many were right of how many asked, and how many in a row up to now."""

    right: int = 0
    asked: int = 0
    streak: int = 0

    def after(self, answer: Answer) -> Score:
        """The score when an answer has been judged; what cannot be read does not count."""
        if answer.verdict == "unreadable":
            return self
        if answer.verdict == "right":
            return Score(self.right + 1, self.asked + 1, self.streak + 1)
        return Score(self.right, self.asked + 1, 0)

    def passed(self) -> Score:
        """The score when a question was given up."""
        return Score(self.right, self.asked + 1, 0)


def judge(question: Question, text: str) -> Answer:
    """Whether `text` answers the question. Never raises, whatever is typed."""
    text = text.strip()
    if not text:
        return Answer("unreadable", f"Nothing is typed yet. {_WANTED[question.form]}")
    if len(text) > _LONGEST:
        return Answer("unreadable", f"That is very long. {_WANTED[question.form]}")
    if question.form == "number":
        return _number(question, text)
    if question.form == "sign":
        sign = _SIGNS.get(text.casefold())
        return _told(question, sign) if sign else _unreadable(question, text)
    if question.form == "shape":
        shape = _shape(text)
        return _unreadable(question, text) if shape is None else _told(question, shape)
    if question.form == "node":
        return _told(question, _spelled(question, text))
    return _nodes(question, text)


_WANTED = {
    "number": "A number is wanted, a fraction such as 2/3, or an expression.",
    "sign": "A sign is wanted: +, − or 0.",
    "shape": "A shape is wanted, such as (3, 4).",
    "node": "The name of a node is wanted.",
    "nodes": "The names of nodes are wanted, such as a, b.",
}


def close(typed: float, right: float, digits: tuple[int, int] | None) -> bool:
    """Whether a number is right. digits: how many significant digits were typed, and the power of
    ten of the last one; None for what was worked out by an expression."""
    if same(typed, right):
        return True
    off = abs(typed - right)
    if (digits is None or digits[0] >= 2) and off <= _TOLERANCE * abs(right):
        return True
    if digits is None or not typed:
        return False
    unit = 10.0 ** digits[1]
    # Rounded honestly: to a place that the answer itself has, or is rounded up into.
    return off <= unit / 2 * (1 + _EXACT) and abs(right) >= 0.95 * unit


def same(typed: float, right: float) -> bool:
    """Whether two numbers differ by no more than their last bits."""
    return abs(typed - right) <= _EXACT * max(abs(right), 1e-12)


def _number(question: Question, text: str) -> Answer:
    plain = text.replace("−", "-").replace(" ", "")
    match = _DECIMAL.fullmatch(plain)
    digits = None
    if match and (match[1] or match[2]):
        digits = _digits(match)
    try:
        typed = _worked_out(question, text)
    except LanguageError as error:
        return Answer("unreadable", f"That cannot be read: {error}.")
    except EngineError as error:
        return Answer("unreadable", f"That cannot be worked out: {error}.")
    if typed is None:
        return Answer("unreadable", f"That is more than one number. {_WANTED['number']}")
    if not math.isfinite(typed):
        return Answer("unreadable", "That does not come out at a finite number.")
    rights = [x for x in (question.reply, *question.also) if isinstance(x, float)]
    if any(close(typed, right, digits) for right in rights):
        return Answer("right", "Right.")
    # One that is hit exactly is meant, before one that is hit after rounding.
    numbers = [(slip.tag, slip.reply) for slip in question.slips if isinstance(slip.reply, float)]
    exact = [tag for tag, wrong in numbers if same(typed, wrong)]
    for tag in [*exact, *[tag for tag, wrong in numbers if close(typed, wrong, digits)]]:
        return Answer("wrong", MESSAGES[tag], tag)
    return Answer("wrong", "Not that number.")


def _worked_out(question: Question, text: str) -> float | None:
    """The number that a text says; None for an array. Names are those of the question."""
    program = parse(text, declared=question.known)
    for name in program.inputs:
        if name not in question.known:
            raise LanguageError(
                "unknown_name", f"there is no number called {shortened(name)} here", 0, len(text)
            )
    with np.errstate(all="ignore"):
        value = program.function()(**{name: question.known[name] for name in program.inputs}).held
    return float(np.ravel(value)[0]) if np.size(value) == 1 else None


def _digits(match: re.Match[str]) -> tuple[int, int]:
    """How many significant digits a decimal has, and the power of ten of the last of them."""
    whole, fraction = match[1] or "", match[2] or ""
    power = int(match[3] or 0)
    significant = (whole + fraction).lstrip("0")
    return max(1, len(significant)), max(-300, min(power - len(fraction), 300))


def _shape(text: str) -> tuple[int, ...] | None:
    """`(3, 4)`, `3x4`, `3 4`, `()`, `scalar`."""
    if text.casefold() in ("()", "scalar"):
        return ()
    inner = text.strip("()[] ")
    parts = [part for part in re.split(r"\s*[,x×]\s*|\s+", inner) if part]
    if not parts or not all(re.fullmatch(r"[0-9]{1,9}", part) for part in parts):
        return None
    return tuple(map(int, parts))


def _spelled(question: Question, text: str) -> str:
    """The name that is meant, where only its capitals differ."""
    names = [question.reply, *[slip.reply for slip in question.slips], *question.choices]
    known = {name for name in names if isinstance(name, str)}
    return _alike(text, known)


def _nodes(question: Question, text: str) -> Answer:
    wanted = question.reply if isinstance(question.reply, frozenset) else frozenset()
    named = {part for part in re.split(r"\s*,\s*|\s+and\s+|\s+", text) if part}
    known = {*wanted, *question.choices}
    named = {_alike(name, known) for name in named}
    if named == wanted:
        return Answer("right", "Right.")
    if named < wanted:
        return Answer("wrong", MESSAGES["not_everyone"], "not_everyone")
    return Answer("wrong", MESSAGES["someone_else"], "someone_else")


def _alike(text: str, known: set[str]) -> str:
    alike = [name for name in known if name.casefold() == text.casefold()]
    return text if text in known or len(alike) != 1 else alike[0]


def _told(question: Question, typed: Reply) -> Answer:
    if typed == question.reply:
        return Answer("right", "Right.")
    for slip in question.slips:
        if typed == slip.reply:
            return Answer("wrong", MESSAGES[slip.tag], slip.tag)
    if question.form == "node" and question.choices and typed not in question.choices:
        return Answer("unreadable", f"No such node waits. {_WANTED['node']}")
    what = {"shape": "shape", "sign": "sign"}.get(question.form, "node")
    return Answer("wrong", f"Not that {what}.")


def _unreadable(question: Question, text: str) -> Answer:
    return Answer("unreadable", f"{shortened(text)}: {_WANTED[question.form]}")
