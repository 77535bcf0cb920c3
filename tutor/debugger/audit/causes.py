"""Causes: which arithmetic made a number that is not finite, and what to do against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tutor.render.numbers import number

_LOGS = ("log", "log1p")
_ROOTS = ("sqrt",)
_JOINED = {"mul": " · ", "add": " + ", "sub": " − ", "div": " / ", "pow": " to the power "}


@dataclass(frozen=True, slots=True)
class Cause:
    """kind: a word for JSON. said: what the op met, as in "got 0/0". remedy: what to try. note: a
    limit to know; may be empty."""

    kind: str
    said: str
    remedy: str
    note: str = ""


def forward_cause(op: str, operands: Sequence[float], result: float, dtype: str) -> Cause:
    """Why an elementwise op made `result`, NaN or infinite, of operands of which none is NaN, and
    none infinite if the result is infinite."""
    texts = [number(x) for x in operands]
    first = operands[0]
    if op in _LOGS and first <= (0 if op == "log" else -1):
        return _logarithm(result, texts[0])
    if op in _ROOTS and first < 0:
        return Cause(
            "root of a negative number",
            f"got {texts[0]}",
            "keep its argument at 0 or above, as with clip; rounding can bring a variance below 0",
        )
    if op == "div" and operands[1] == 0:
        return _quotient(first, texts)
    if op == "pow":
        cause = _power(first, operands[1], texts)
        if cause is not None:
            return cause
    if result != result:
        return _undefined(op, operands, texts)
    return overflow(f"at {_JOINED.get(op, ' and ').join(texts)}", dtype, op)


def overflow(said: str, dtype: str, op: str = "") -> Cause:
    """A result beyond the largest number of its dtype; `said` tells what it was made of."""
    largest = number(float(np.finfo(dtype).max)) if dtype.startswith("float") else dtype
    if dtype == "float16":
        remedy = "compute this in float32, or scale the loss and the inputs down"
    elif op in ("exp", "expm1", "sinh", "cosh"):
        remedy = "subtract the largest entry first, as softmax and logsumexp do"
    else:
        remedy = "make the inputs and the weights smaller: normalise the data, Xavier or He weights"
    return Cause("overflow", f"overflows {said}", remedy, f"the largest {dtype} is {largest}")


def _logarithm(result: float, text: str) -> Cause:
    if result != result:
        return Cause(
            "log of a negative number",
            f"got {text}",
            "keep its argument above 0: a probability or a variance cannot be negative",
        )
    return Cause("log of 0", f"got {text}", "add a small epsilon inside the log")


def _quotient(above: float, texts: list[str]) -> Cause:
    if above == 0:
        return Cause(
            "0/0", "got 0/0", "add a small epsilon below the line: a/(b + 1e-8); what is 0 stays 0"
        )
    return Cause(
        "division by 0", f"got {texts[0]}/0", "add a small epsilon below the line: a/(b + 1e-8)"
    )


def _power(base: float, exponent: float, texts: list[str]) -> Cause | None:
    said = f"got {texts[0]} to the power {texts[1]}"
    if base == 0 and exponent < 0:
        return Cause("division by 0", said, "add a small epsilon to the base")
    if base < 0 and math.isfinite(exponent) and exponent != int(exponent):
        return Cause(
            "root of a negative number", said, "keep the base at 0 or above, as with clip or abs"
        )
    return None


def _undefined(op: str, operands: Sequence[float], texts: list[str]) -> Cause:
    infinite = [x for x in operands if math.isinf(x)]
    if op in ("add", "sub") and len(infinite) == 2:
        return Cause("∞ − ∞", f"got {texts[0]} and {texts[1]}", _AT_ITS_SOURCE)
    if op == "mul" and infinite and 0 in operands:
        return Cause(
            "0·∞", f"got {texts[0]} times {texts[1]}", "choose with where in place of times 0 or 1"
        )
    if op == "div" and len(infinite) == 2:
        return Cause("∞/∞", f"got {texts[0]}/{texts[1]}", _AT_ITS_SOURCE)
    return Cause("undefined", f"is not defined at {' and '.join(texts)}", _AT_ITS_SOURCE)


_AT_ITS_SOURCE = "look at where the infinity comes from"
