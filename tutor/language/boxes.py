"""A term as a two-dimensional picture: fractions, raised powers, sums, in rows of characters.

Every cell knows the innermost term that it belongs to, so that a part of a line can be found again
in the picture: `marked(box, start, end)` are the cells of the terms that stand in that span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.language.errors import shortened
from tutor.language.grid import Box, beside, framed, over, plain, raised, rooted
from tutor.language.lines import Line
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Index,
    Name,
    Number,
    Transpose,
    Unary,
)
from tutor.language.unparse import (
    ANY,
    ATOM,
    POSTFIX,
    POWER,
    SIGNED,
    SUM,
    index_item,
    number,
    setting,
    strength,
)

_WIDEST_SIGN = 3
HIGHEST = 7
"""Rows of a fraction, a power or a root; what would be higher is written in one row, with a slash,
a `^`, or as `sqrt(…)`."""

_RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠", "==": "==", ">": ">", "<": "<", "=": "="}
_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "lam": "λ",
    "mu": "μ",
    "phi": "φ",
}
_FUNCTIONS = {"sigmoid": "σ", "log": "ln", "sum": "Σ", "prod": "Π"}
_RAISED = {2.0: "²", 3.0: "³"}
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class _Style:
    ascii: bool

    def sign(self, unicode: str, ascii: str) -> str:
        return ascii if self.ascii else unicode


def drawn(term: Expression, *, ascii: bool = False) -> Box:
    """The picture of a term."""
    return _drawn(term, _Style(ascii), ANY)


def drawn_line(line: Line, width: int, *, ascii: bool = False) -> Box:
    """The picture of a line, within `width` cells where that can be: a line that is too long goes
    on below at its relations."""
    style = _Style(ascii)
    pieces: list[Box] = []
    if line.left is not None:
        pieces.append(_drawn(line.left, style, ANY))
    for side in line.sides:
        sign = style.sign(_RELATIONS[side.relation], side.relation)
        within = _drawn(side.expression, style, SUM)
        if pieces or line.continues:
            pieces.append(beside([plain(f" {sign} ", None), within]))
        else:
            pieces.append(within)
    whole = beside(pieces)
    if whole.width <= width:
        return whole
    rows = [pieces[0]]
    for piece in pieces[1:]:
        joined = beside([rows[-1], piece])
        if joined.width <= width:
            rows[-1] = joined
        else:
            rows.append(piece)
    return over(rows)


def marked(box: Box, start: int, end: int) -> frozenset[tuple[int, int]]:
    """The cells (row, column) of all terms that stand within `start:end` of the text, with the
    signs between them."""
    cells = set()
    for y, row in enumerate(box.owners):
        last: int | None = None
        for x, owner in enumerate(row):
            if owner is None or not (start <= owner.start and 0 < owner.end <= end):
                continue
            if last is not None and x - last <= _WIDEST_SIGN + 1:
                cells |= {(y, between) for between in range(last + 1, x)}
            cells.add((y, x))
            last = x
    return frozenset(cells)


def _drawn(term: Expression, style: _Style, least: int) -> Box:
    """The picture of a term, in brackets where it binds less strongly than `least`."""
    return _enclosed(_bare(term, style), term, style, least)


def _enclosed(box: Box, term: Expression, style: _Style, least: int) -> Box:
    """The bare picture of a term, in brackets where it binds less strongly than `least`."""
    return framed(box, "(", ")", term, style.ascii) if _binds(term, box) < least else box


def _binds(term: Expression, box: Box) -> int:
    """How strongly a term binds as it is drawn: what a bar or a root holds together needs no
    brackets, and what is drawn as a power binds as one."""
    stacked = box.height > 1
    if isinstance(term, Derivative) or (stacked and isinstance(term, Binary) and term.sign == "/"):
        return POSTFIX
    if isinstance(term, Call) and stacked:
        if term.function == "sqrt":
            return POWER
        if term.function == "exp" and not box.rows[box.baseline].startswith("exp"):
            return POWER
    return strength(term)


def _bare(term: Expression, style: _Style) -> Box:
    match term:
        case Number():
            return plain(number(term.value), term)
        case Name():
            return plain(_name(term.name, style), term)
        case Derivative():
            sign = style.sign("∂", "d")
            top = plain(sign + _name(term.of, style), term)
            return over([top, plain(sign + _name(term.by, style), term)], term, style.ascii)
        case Unary():
            sign = style.sign("−", "-") if term.sign == "-" else "+"
            return beside([plain(sign, term), _drawn(term.operand, style, SIGNED)])
        case Binary():
            return _operator(term, style)
        case Compare():
            sign = style.sign(_RELATIONS[term.relation], term.relation)
            left, right = _drawn(term.left, style, SUM), _drawn(term.right, style, SUM)
            return beside([left, plain(f" {sign} ", term), right])
        case Transpose():
            inside = _drawn(term.operand, style, POSTFIX)
            if inside.height == 1 and not style.ascii:
                return beside([inside, plain("ᵀ", term)])
            return raised(inside, plain("T", term), term)
        case Index():
            items = ", ".join(index_item(item) for item in term.items)
            return beside([_drawn(term.operand, style, POSTFIX), plain(f"[{items}]", term)])
        case Array():
            entries = [_bare(item, style) for item in term.items]
            return _listed("[", entries, "]", term, style)
        case Call():
            return _call(term, style)


def _operator(term: Binary, style: _Style) -> Box:
    if term.sign == "**":
        return _power(term, style)
    # Drawn once: each of them may hold more of the same.
    left, right = _bare(term.left, style), _bare(term.right, style)
    if term.sign == "/" and left.height + right.height < HIGHEST:
        return over([left, right], term, style.ascii)
    least = strength(term)
    signs = {
        "+": " + ",
        "-": style.sign(" − ", " - "),
        "*": style.sign("·", "*"),
        "@": " @ ",
        "/": "/",
    }
    after = max(least + 1, SIGNED + 1 if isinstance(term.right, Unary) else 0)
    left = _enclosed(left, term.left, style, least)
    right = _enclosed(right, term.right, style, after)
    return beside([left, plain(signs[term.sign], term), right])


def _power(term: Binary, style: _Style) -> Box:
    # A fraction holds together, but what is raised beside it would be its numerator's alone.
    base = _drawn(term.left, style, ATOM if isinstance(term.left, Derivative | Binary) else POSTFIX)
    exponent = term.right
    small = _RAISED.get(exponent.value) if isinstance(exponent, Number) else None
    if small is not None and base.height == 1 and not style.ascii:
        return beside([base, plain(small, term)])
    power = _bare(exponent, style)
    if base.height + power.height <= HIGHEST:
        return raised(base, power, term)
    return beside([base, plain("^", term), _enclosed(power, exponent, style, SIGNED)])


def _call(term: Call, style: _Style) -> Box:
    name = term.function
    operands = [_bare(operand, style) for operand in term.operands]
    if name == "exp" and operands[0].height == 1:
        return raised(plain("e", term), operands[0], term)
    if name == "sqrt" and operands[0].height < HIGHEST and not style.ascii:
        return rooted(operands[0], term)
    if name == "abs":
        return framed(operands[0], "|", "|", term, style.ascii)
    spelled = name if style.ascii else _function(name)
    told = [f"{keyword.name}={setting(keyword.value)}" for keyword in term.keywords]
    return beside([plain(spelled, term), _listed("(", operands, ")", term, style, told)])


def _function(name: str) -> str:
    bare = name.rstrip("'")
    return _FUNCTIONS.get(bare, bare) + "′" * (len(name) - len(bare))


def _listed(
    before: str,
    entries: Sequence[Box],
    after: str,
    owner: Expression,
    style: _Style,
    told: Sequence[str] = (),
) -> Box:
    boxes: list[Box] = []
    for entry in entries:
        if boxes:
            boxes.append(plain(", ", owner))
        boxes.append(entry)
    boxes += [plain(f", {one}", owner) for one in told]
    return framed(beside(boxes), before, after, owner, style.ascii)


def _name(name: str, style: _Style) -> str:
    """A name as it is written by hand: `W1` as W₁, `delta2` as δ₂."""
    if style.ascii:
        return shortened(name)
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :].translate(_LOWERED)
    spelled = _GREEK.get(letters.removesuffix("_"), letters)
    return spelled + digits
