"""Sentences as one says them: signs become words, for a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable

from tutor.render.numbers import speak


def in_words(text: str) -> str:
    """A sentence with its signs as words: `x + y: −2 + 5 = 3` as `x plus y: minus 2 plus 5 is
    3`. An example that is to be typed stays as it is."""
    example = _EXAMPLE.search(text)
    told, typed = (text, "") if example is None else (text[: example.end()], text[example.end() :])
    return "".join(_clause(part) for part in re.split(r"(\. |; |: )", told)) + typed


def _clause(text: str) -> str:
    if text.strip() in (".", ";", ":"):
        return text
    blank = " " if text.endswith(" ") else ""
    for pattern, said in _PATTERNS:
        text = pattern.sub(said, text)
    left, equals, right = f" {speak(text)}".partition(" = ")
    text = left + equals.replace("=", "is") + right.replace(" = ", ", that is ")
    for sign, word in _WORDS:
        text = text.replace(sign, word)
    return _BLANKS.sub(r"\1\2", " ".join(text.split())) + blank


def _all_of(found: re.Match[str]) -> str:
    return found[0].replace(":", "all")


def _power(found: re.Match[str]) -> str:
    digits = found[0].translate(_RAISED)
    return {"2": " squared", "3": " cubed"}.get(digits, f" to the power {digits}")


def _below(found: re.Match[str]) -> str:
    return f" {' '.join(found[0].translate(_LOWERED).replace(',', ''))} "


_EXAMPLE = re.compile(r"\b(such as|an example|for example):? ", re.IGNORECASE)
_BLANKS = re.compile(r" +([,;.?)])|(\() +")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᵃᵇⁿ", "0123456789−xabn")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙₒₕ", "0123456789ijklmnoh")
_SUNK = "[₀-₉ᵢⱼₖₗₘₙₒₕ]"

_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r", keepdims=False"), ""),
    (re.compile(r"(?<![\w\]])\(\)"), "a scalar"),
    (re.compile(r"\[[^][:]*:[^][]*\]"), _all_of),
    (re.compile(r"\|([^|\s][^|]*)\|"), r"the size of \1"),
    (re.compile(r"(?<!\S):(?=[a-z])"), ""),
    (re.compile(r"(?<=[\w)])(?<!\de)−(?=\d)"), " − "),
    (re.compile(r"—\s+(?=\w)"), ""),
    (re.compile(r"[▁-█]+"), ""),
    (re.compile(r" ×(\d+)"), r" \1 times"),
    (re.compile(r"=?(\d+)\.\.(\d+)"), r" \1 to \2"),
    (re.compile(r"\.T\b|ᵀ"), " transposed"),
    (re.compile(r"ˡ"), " of layer l"),
    (re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᵃᵇⁿ]+"), _power),
    (re.compile(rf"Σ({_SUNK}) ?"), r"sum over \1 of "),
    (re.compile(rf"{_SUNK}(?:,?{_SUNK})*"), _below),
    (re.compile(r"σ\(1 − σ\)"), "sigma times (1 − sigma)"),
    (re.compile(r"(?<!\S)\+(?=[,.]|$)"), "plus"),
)
"""What is read otherwise than sign by sign, in this order."""

_WORDS = (
    (" → ", " to "), ("->", " to "), ("→", " to "), (" ← ", " becomes "), (" − ", " minus "),
    (" - ", " minus "), (" + ", " plus "), ("·", " times "), (" ∙ ", " times "), (" ⊙ ", " times "),
    (" ** ", " to the power "), (" * ", " times "), (" @ ", " times "), ("×", " times "),
    (" / ", " over "), ("Σ(", "sum of ("), ("Σ", "sum of "), (" ⊗ ", " outer "), ("/∂", " over d "),
    ("∂", "d "), ("^", " to the power "), ("√", "square root of "), ("σ′", "sigma prime"),
    ("′", " prime"), ("σ(", "sigmoid of ("), ("σ", "sigma"), ("δ", "delta"), ("θ", "theta"),
    ("ŷ", "y hat"), ("ỹ", "y tilde"), ("η", "the learning rate"), ("π", "pi"), ("½", "one half"),
    ("—", "nothing yet"), ("...", "any"), ("…", "and so on"), ("›", ","), ("∞", "infinity"),
    ("≥", " at least "), ("≤", " at most "), (" >= ", " at least "), (" <= ", " at most "),
    (" > ", " greater than "), (" < ", " less than "), ("≠", " differs from "), ("≈", " about "),
    (" == ", " equals "), ("✓", "right"), ("✗", "wrong"), ("−", " minus "),
)  # fmt: skip
