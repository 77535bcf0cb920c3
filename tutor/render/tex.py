"""Names, numbers, values and formulas as LaTeX, for which amsmath is enough.

Formulas are read as this program writes them, `−a/b²`, `out·(1 − out)`, `σ(W ∙ x)`: a small grammar
of sums, products, quotients, powers and calls. What it cannot read becomes a call of its op.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.columns import Value
from engine.trace import Trace
from tutor.render.expressions import Piece, name_of, pieces
from tutor.render.numbers import number as digits
from tutor.render.values import is_scalar, shape_text, span

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
Written = tuple[str, int]  # LaTeX, and how tightly it binds

_GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma
tau upsilon phi chi psi omega""".split()
_CAPITAL_GREEK = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
_LETTERS = {
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", _GREEK, strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", _CAPITAL_GREEK, strict=True)),
    "ς": "varsigma", "∂": "partial", "∇": "nabla", "ℓ": "ell",
}  # fmt: skip
_OTHERS = {"varsigma", "partial", "nabla", "ell"}
_COMMANDS = {*_GREEK, *_CAPITAL_GREEK}
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot", "\u0305": "bar"}
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉′", "0123456789'")
_SUFFIXES = {"hat": "hat", "tilde": "tilde", "bar": "bar"}
_FUNCTIONS = set("sin cos tan sinh cosh tanh exp ln log max min arg det dim".split())
_BIG = {"Σ": r"\sum", "Π": r"\prod", "σ": r"\sigma", "φ": r"\varphi"}
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip
_SPOKEN = {
    "−": "-", "–": "-", "—": "--", "·": r"$\cdot$", "∙": r"$\cdot$", "⊙": r"$\odot$",
    "²": r"$^{2}$", "³": r"$^{3}$", "ᵀ": r"$^{\top}$", "∂": r"$\partial$", "σ": r"$\sigma$",
    "›": "/", "…": r"\dots{}", "′": "'", "’": "'", "≥": r"$\ge$", "≤": r"$\le$", "≠": r"$\ne$",
    "α": r"$\alpha$", "φ": r"$\varphi$", "ω": r"$\omega$", "Σ": r"$\sum$", "√": r"$\surd$",
}  # fmt: skip
_NAME = re.compile(
    r"(?P<base>[A-Za-z]+|.)(?P<number>\d*)(?P<rest>(?:_[A-Za-z0-9]+)*)(?P<primes>'*)"
)
_MOST = 16
_ROWS = 4


def escaped(text: str) -> str:
    """Any text for \\text{…}: special characters escaped, others than ASCII spelled out."""
    return "".join(_character(c) for c in text)


def _character(c: str) -> str:
    if c in _ESCAPES or c in _SPOKEN:
        return _ESCAPES.get(c) or _SPOKEN[c]
    if c.isascii() and c.isprintable():
        return c
    plain = unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    return plain if plain and plain.isalnum() else f"(U+{ord(c):04X})"


def name(text: str) -> str:
    """A name: `W1` as W_{1}, `h_2` as h_{2}, `ŷ` and `y_hat` as \\hat{y}, `theta` as \\theta,
    `loss` as \\mathrm{loss}; anything odd in \\text{…}."""
    plain = unicodedata.normalize("NFD", text).translate(_LOWERED)
    if len(plain) > 1 and plain[1] in _ACCENTS:
        return rf"\{_ACCENTS[plain[1]]}{{{name(plain[0])}}}{_low([plain[2:]])}"
    found = _NAME.fullmatch(plain)
    if found is None:
        return rf"\text{{{escaped(text)}}}"
    base, rest = found["base"], [part for part in found["rest"].split("_") if part]
    accent = _SUFFIXES.get(rest[0]) if rest else None
    if not rest and not found["number"]:
        for ending, mark in _SUFFIXES.items():
            if base != ending and base.endswith(ending) and len(base) == len(ending) + 1:
                return rf"\{mark}{{{_letter(base[0])}}}"
    written = _letter(base)
    if accent is not None:
        written = rf"\{accent}{{{written}}}"
        rest = rest[1:]
    return f"{written}{_low([found['number'], *rest])}{found['primes']}"


def _low(parts: Sequence[str]) -> str:
    """A subscript: numbers as they are, words upright."""
    shown = [p if p.isdigit() or len(p) == 1 else rf"\mathrm{{{escaped(p)}}}" for p in parts if p]
    return f"_{{{','.join(shown)}}}" if shown else ""


def _letter(base: str) -> str:
    base = _LETTERS.get(base, base)
    if base in _COMMANDS or base in _OTHERS:
        return f"\\{base}"
    if not base.isascii() or not base.isalpha():
        return rf"\text{{{escaped(base)}}}"
    return base if len(base) == 1 else rf"\mathrm{{{base}}}"


def number(x: float) -> str:
    """A number in four digits: `-1.368`, `1.234 \\times 10^{-5}`, `\\infty`."""
    text = digits(x, ascii=True)
    if text in ("inf", "-inf"):
        return text.replace("inf", r"\infty")
    if text == "nan":
        return r"\mathrm{NaN}"
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e else text


def value(x: Value | None) -> str:
    """A value: a number, a vector as a column, a matrix; of a large array shape and range."""
    if x is None:
        return r"\text{nothing}"
    if is_scalar(x):
        return number(float(x))
    array = np.asarray(x, dtype=np.float64)
    if array.size == 0 or array.size > _MOST or array.ndim > 2:
        return rf"\text{{{escaped(f'{shape_text(array.shape)} {span(array)}')}}}"
    if array.ndim == 1 and len(array) > _ROWS:
        return rf"{_matrix(array[None, :])}^{{\top}}"
    return _matrix(array[:, None] if array.ndim == 1 else array)


def shown_whole(x: Value) -> bool:
    """Whether `value` shows every entry."""
    return is_scalar(x) or (0 < np.size(x) <= _MOST and np.ndim(x) <= 2)


def _matrix(array: np.ndarray[Any, Any]) -> str:
    rows = [" & ".join([number(float(x)) for x in row]) for row in array]
    return rf"\begin{{bmatrix}} {_NEW_ROW.join(rows)} \end{{bmatrix}}"


_NEW_ROW = r" \\ "


def of_value(x: Value | None) -> Written:
    """A value as an operand: a negative number binds as a sign does."""
    written = value(x)
    if x is not None and is_scalar(x):
        if "times" in written:
            return written, PRODUCT
        return written, SIGN if written.startswith("-") else ATOM
    return written, ATOM


def of_node(trace: Trace, node: int) -> Written:
    """A node's name, or the number that a constant is, as an operand."""
    entry = trace.nodes[node]
    if entry.op == "constant" and not entry.shape:
        return of_value(trace.value(node))
    return name(name_of(trace, node)), ATOM


def slope(trace: Trace, of: int, by: int) -> str:
    """∂of/∂by, a derivative."""
    return rf"\frac{{\partial {of_node(trace, of)[0]}}}{{\partial {name(name_of(trace, by))}}}"


def within(written: Written, least: int) -> str:
    """LaTeX in brackets where it does not bind as tightly as `least`."""
    text, level = written
    return text if level >= least else rf"\left({text}\right)"


def product(factors: Sequence[Written], sign: str = r"\cdot") -> str:
    """Factors with a sign between them; one that begins with a minus in brackets, but the first."""
    first, *rest = factors
    return f" {sign} ".join([within(first, PRODUCT), *[positive(x) for x in rest]])


def positive(written: Written) -> str:
    """An operand that stands behind a sign: in brackets where it begins with a minus, or is a
    sum."""
    return within(written, POWER if written[0].startswith("-") else PRODUCT)


def expression(trace: Trace, node: int, operands: Sequence[Written] | None = None) -> str:
    """What a node computes, from the names of its operands or from what is given for them."""
    entry = trace.nodes[node]
    given = operands or [of_node(trace, k) for k in entry.inputs]
    parts = pieces(trace, entry)
    try:
        return formula(_marked(parts), given)[0]
    except _UnreadableError:
        names = ", ".join(x for x, _ in given)
        return rf"\operatorname{{{escaped(entry.op)}}}\left({names}\right)"


def _marked(parts: Sequence[Piece]) -> str:
    """The pieces of an expression as one text, its operands as marks."""
    return "".join(part if isinstance(part, str) else chr(_MARKS + part) for part in parts)


_MARKS = 0xE000


class _UnreadableError(ValueError):
    """A formula that is not of the small grammar."""


def formula(text: str, operands: Sequence[Written], *, times: str = r"\cdot") -> Written:
    """A formula as it is written in a terminal, as LaTeX.

    text: with the character U+E000 + k for operand number k. times: what · becomes. Raises
    ValueError for what cannot be read.
    """
    reader = _Reader(text, operands, times)
    written = reader.relation()
    if reader.next is not None:
        raise _UnreadableError(text)
    return written


def filled(template: str, operands: dict[str, Written], *, times: str = r"\cdot") -> Written:
    """A formula with {a}, {b} and {out} in it, such as those of `tutor.render.slopes`."""
    keys = list(operands)
    marks = {key: chr(_MARKS + i) for i, key in enumerate(keys)}
    return formula(template.format(**marks), [operands[key] for key in keys], times=times)


_TOKENS = re.compile(
    r"\s*(\d+(?:\.\d+)?(?:e[−-]?\d+)?|[^\W\d_]\w*|==|[\ue000-\uf8ff]|\[[^\]]*\]|\S)", re.UNICODE
)
_RELATIONS = {">": ">", "<": "<", "≥": r"\ge", "≤": r"\le", "==": "=", "≠": r"\ne"}
_PRODUCTS = {"·": "", "∙": r"\,", "⊙": r"\odot", "⊗": r"\otimes"}
_POSTFIX = {"²": "^{2}", "³": "^{3}", "ᵀ": r"^{\top}"}


def _base(written: Written) -> str:
    """What a power is taken of; a prime or a power before it needs braces."""
    text = within(written, ATOM)
    return f"{{{text}}}" if "'" in text or "^" in text else text


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, text: str, operands: Sequence[Written], times: str) -> None:
        self.text = text
        self.tokens = _TOKENS.findall(text)
        self.at = 0
        self.operands = operands
        self.times = times

    @property
    def next(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted: str | None = None) -> str:
        token = self.next
        if token is None or (wanted is not None and token != wanted):
            raise _UnreadableError(self.text)
        self.at += 1
        return token

    def relation(self) -> Written:
        left = self.sum()
        if self.next not in _RELATIONS:
            return left
        sign = _RELATIONS[self.take()]
        return f"{left[0]} {sign} {self.sum()[0]}", SUM

    def sum(self) -> Written:
        left = self.product()
        while self.next in ("+", "−", "-"):
            sign = "+" if self.take() == "+" else "-"
            left = f"{left[0]} {sign} {positive(self.product())}", SUM
        return left

    def product(self) -> Written:
        left = self.sign()
        while self.next in _PRODUCTS or self.next == "/":
            token = self.take()
            right = self.sign()
            if token == "/":
                minus = "-" if left[0].startswith("-") and left[1] == SIGN else ""
                top = left[0].removeprefix(minus)
                left = rf"{minus}\frac{{{top}}}{{{right[0]}}}", SIGN if minus else POWER
            else:
                sign = self.times if token == "·" else _PRODUCTS[token]
                left = product([left, right], sign), PRODUCT
        return left

    def sign(self) -> Written:
        if self.next in ("−", "-"):
            self.take()
            return f"-{within(self.sign(), POWER)}", SIGN
        return self.power()

    def power(self) -> Written:
        base = self.postfix()
        if self.next != "^":
            return base
        self.take()
        return f"{_base(base)}^{{{self.sign()[0]}}}", POWER

    def postfix(self) -> Written:
        written = self.atom()
        while self.next is not None and (self.next in _POSTFIX or self.next[0] == "["):
            token = self.take()
            end = _POSTFIX.get(token) or rf"\left[\text{{{escaped(token[1:-1])}}}\right]"
            written = f"{_base(written)}{end}", POWER
        return written

    def atom(self) -> Written:
        token = self.take()
        if "\ue000" <= token <= "\uf8ff":
            return self.operands[ord(token) - _MARKS]
        if token[0].isdigit():
            return of_value(float(token.replace("−", "-")))
        if token == "(":
            inner = self.relation()
            self.take(")")
            return inner
        if token == "|":
            inner = self.relation()
            self.take("|")
            return rf"\left|{inner[0]}\right|", ATOM
        if token == "√":
            self.take("(")
            inner = self.relation()
            self.take(")")
            return rf"\sqrt{{{inner[0]}}}", ATOM
        if self.next == "(":
            return self.call(token)
        if token.isidentifier():
            return name(token), ATOM
        raise _UnreadableError(self.text)

    def call(self, function: str) -> Written:
        self.take("(")
        arguments: list[str] = []
        while self.next != ")":
            if arguments:
                self.take(",")
            arguments.append(self.argument())
        self.take(")")
        inside = ", ".join(arguments)
        if function in _BIG and function in "ΣΠ":
            return rf"{_BIG[function]}\left({inside}\right)", POWER
        if function in _FUNCTIONS:
            return rf"\{function}\left({inside}\right)", POWER
        shown = _BIG.get(function) or rf"\operatorname{{{escaped(function)}}}"
        return rf"{shown}\left({inside}\right)", POWER

    def argument(self) -> str:
        """An operand, or a setting such as `axis=0`."""
        ahead = self.tokens[self.at + 1 : self.at + 2]
        if ahead != ["="]:
            return self.relation()[0]
        setting = self.take() + self.take()
        depth = 0
        while self.next is not None and (depth or self.next not in (",", ")")):
            token = self.take()
            depth += (token == "(") - (token == ")")
            setting += f"{token} " if token == "," else token
        return rf"\text{{{escaped(setting)}}}"
