"""Numbers as they are shown: four significant digits everywhere, all of them on request.

A real minus sign, no exponent where a person would write none, and `—` for what is not there yet.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

_MOST_DIGITS = 12
WIDEST = 9
"""Cells of a fixed column: `−0.001234` and `−1.234e−5` fit."""

_EXPONENT = re.compile(r"(\d)e([−-]?\d+)")
_BRACKETED = re.compile(r"\(([−-][\d.]+(?:e[−-]?\d+)?)\)")
_NAMED = re.compile(r"\b(?:nan|inf)\b")
_MINUS = re.compile(r"[−-](?=[\d.]|infinity)")


_precision = [4]


def precision() -> int:
    """How many significant digits numbers are shown with."""
    return _precision[0]


def set_precision(digits: int) -> None:
    """Show numbers with so many significant digits from now on: what a person chose."""
    _precision[0] = digits


def number(x: float, *, digits: int | None = None, ascii: bool = False) -> str:
    """`x` in `digits` significant digits: `−1.368`, `0.1966`, `12346`, `1.234e−5`, `nan`, `−inf`.

    digits: None takes what was chosen, four unless `set_precision` said otherwise. Whole numbers
    below a million and what is left of the point are never rounded away.
    """
    return _signed(_digits(float(x), precision() if digits is None else digits), ascii)


def fitted(x: float, width: int, *, ascii: bool = False) -> str:
    """`x` in as many significant digits, up to four, as fit into `width` cells."""
    text = number(x, ascii=ascii)
    digits = precision()
    while len(text) > width and digits > 1:
        digits -= 1
        text = _signed(f"{x:.{digits - 1}e}", ascii)
    return text


def apart(old: float, new: float, *, ascii: bool = False) -> tuple[str, str]:
    """Two numbers in four digits, or in as many as it takes to show their difference within a
    twentieth: −3 and −2.99973."""
    digits = precision()
    if math.isfinite(old) and math.isfinite(new) and old != new:
        while digits < _MOST_DIGITS and not _shows(old, new, digits):
            digits += 1
    return number(old, digits=digits, ascii=ascii), number(new, digits=digits, ascii=ascii)


def _shows(old: float, new: float, digits: int) -> bool:
    shown = float(_digits(new, digits)) - float(_digits(old, digits))
    return abs(shown - (new - old)) <= abs(new - old) / 20


def exact(x: Any, *, ascii: bool = False) -> str:
    """`x` in the fewest digits from which its own dtype gives it back."""
    if not math.isfinite(x):
        return number(float(x), ascii=ascii)
    if isinstance(x, (bool, np.bool_)):
        return str(int(x))
    if isinstance(x, float):
        text = repr(float(x))
    elif isinstance(x, np.ndarray):
        return exact(x[()], ascii=ascii)
    elif isinstance(x, np.floating):
        # NumPy's own text of a scalar has the digits of its dtype, float64's of a Python float.
        text = str(x)
    else:
        text = str(int(x))
    text = text.removesuffix(".0")
    return _signed(text, ascii)


def spoken(x: float) -> str:
    """`x` in four digits, in words: `minus 4`, `1.234 times 10 to the minus 5`."""
    return speak(number(x))


def speak(text: str) -> str:
    """The numbers of a text as one says them."""
    text = _BRACKETED.sub(r"\1", text)
    text = _EXPONENT.sub(r"\1 times 10 to the \2", text)
    text = _NAMED.sub(lambda match: {"nan": "not a number", "inf": "infinity"}[match[0]], text)
    return _MINUS.sub("minus ", text)


def absent(*, ascii: bool = False) -> str:
    """What stands where nothing has arrived yet."""
    return "--" if ascii else "—"


def bracketed(text: str) -> str:
    """A number's text, in brackets when it begins with a minus: the factor of a product."""
    return f"({text})" if text[:1] in "−-" and len(text) > 1 else text


def _digits(x: float, digits: int) -> str:
    size = abs(x)
    if x == 0:
        return "0"
    if not math.isfinite(x):
        return "nan" if x != x else f"{x}"
    if size < 1e6 and x == int(x):
        return str(int(x))
    if 1e-3 <= size < 1e6:
        if size >= 10.0**digits:
            return f"{x:.0f}"
        return f"{x:.{digits}g}" if size < 10.0 ** (digits - 1) else f"{x:.0f}"
    return f"{x:.{digits - 1}e}"


def _signed(text: str, ascii: bool) -> str:
    """The text with a short exponent and our minus sign."""
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        text = f"{mantissa}e{int(exponent)}"
    return text if ascii else text.replace("-", "−")
