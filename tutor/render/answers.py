"""The lines of a derivation as LaTeX, for which amsmath is enough."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.language.derivation import knowing, read_line
from tutor.language.errors import LanguageError
from tutor.language.lines import Line, Vocabulary
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
from tutor.render import tex

_RELATIONS = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne", "==": "=", ">": ">", "<": "<", "=": "="}
_SIGNS = {"+": " + ", "-": " - ", "*": r" \cdot ", "@": r"\,"}
_FUNCTIONS = {
    **{name: rf"\{name}" for name in "tanh exp sin cos sinh cosh max min".split()},
    "log": r"\ln",
    "sigmoid": r"\sigma",
    "sum": r"\operatorname{sum}",
}


def latex(lines: Sequence[str], vocabulary: Vocabulary) -> str:
    """The lines that can be read, aligned at their first relation; a comment or a line that cannot
    be read stands as a LaTeX comment."""
    rows: list[str] = []
    for number_, text in enumerate(lines):
        try:
            line = read_line(text, vocabulary, number_)
        except LanguageError:
            line = None
        if line is None:
            if text.strip():
                rows.append(f"% {tex.escaped(text.strip().lstrip('# '))}")
            continue
        vocabulary = knowing(vocabulary, line)
        rows.append(f"  {line_latex(line)} \\\\")
    last = max((i for i, row in enumerate(rows) if not row.startswith("%")), default=None)
    if last is not None:
        rows[last] = rows[last].removesuffix(" \\\\")
    return "\n".join(["\\begin{align*}", *rows, "\\end{align*}"])


def line_latex(line: Line) -> str:
    """One line, with `&` before its first relation."""
    pieces = [] if line.left is None else [term_latex(line.left)]
    aligned = False
    for side in line.sides:
        if pieces or line.continues:
            mark = "" if aligned else "&"
            pieces.append(f"{mark}{_RELATIONS[side.relation]}")
            aligned = True
        pieces.append(term_latex(side.expression))
    return " ".join(pieces) if aligned else "&" + " ".join(pieces)


def term_latex(term: Expression) -> str:
    """A term as LaTeX."""
    return _of(term, ANY)


def _of(term: Expression, least: int) -> str:
    written = _bare(term)
    return rf"\left({written}\right)" if _binds(term) < least else written


def _binds(term: Expression) -> int:
    """How strongly a term binds as it is written: a bar or brackets of its own hold it together,
    and what is written as a power binds as one."""
    match term:
        case Derivative() | Compare() | Binary(sign="/"):
            return ATOM
        case Call(function="exp"):
            return POWER
        case Number() if "e" in number(term.value):
            return SIGNED
    return strength(term)


def _bare(term: Expression) -> str:
    match term:
        case Number():
            digits, e, power = number(term.value).partition("e")
            return rf"{digits} \cdot 10^{{{int(power)}}}" if e else digits
        case Name():
            return tex.name(term.name)
        case Derivative():
            of, by = tex.name(term.of), tex.name(term.by)
            return rf"\frac{{\partial {of}}}{{\partial {by}}}"
        case Unary():
            return term.sign + _of(term.operand, SIGNED)
        case Binary(sign="/"):
            return rf"\frac{{{_of(term.left, ANY)}}}{{{_of(term.right, ANY)}}}"
        case Binary(sign="**"):
            fraction = isinstance(term.left, Derivative) or (
                isinstance(term.left, Binary) and term.left.sign == "/"
            )
            base = _bare(term.left) if fraction else _of(term.left, POSTFIX)
            base = rf"\left({base}\right)" if fraction else base
            return f"{{{base}}}^{{{_of(term.right, ANY)}}}"
        case Binary():
            least = strength(term)
            after = max(least + 1, SIGNED + 1 if isinstance(term.right, Unary) else 0)
            return _of(term.left, least) + _SIGNS[term.sign] + _of(term.right, after)
        case Compare():
            left, right = _of(term.left, SUM), _of(term.right, SUM)
            return f"[{left} {_RELATIONS[term.relation]} {right}]"
        case Transpose():
            return f"{{{_of(term.operand, POSTFIX)}}}^{{\\top}}"
        case Index():
            items = ", ".join(index_item(item) for item in term.items)
            return f"{_of(term.operand, POSTFIX)}_{{[{items}]}}"
        case Array():
            return "[" + ", ".join(term_latex(item) for item in term.items) + "]"
        case Call():
            return _call(term)


def _call(term: Call) -> str:
    operands = [term_latex(one) for one in term.operands]
    if term.function == "sqrt":
        return rf"\sqrt{{{operands[0]}}}"
    if term.function == "abs":
        return rf"\left|{operands[0]}\right|"
    if term.function == "exp":
        return f"e^{{{operands[0]}}}"
    bare = term.function.rstrip("'")
    primes = "'" * (len(term.function) - len(bare))
    name = _FUNCTIONS.get(bare, rf"\operatorname{{{tex.escaped(bare)}}}")
    # What an operator is taken over stands below it.
    told = [rf"\text{{{tex.escaped(one.name)}}} = {setting(one.value)}" for one in term.keywords]
    low = f"_{{{', '.join(told)}}}" if told else ""
    return rf"{name}{primes}{low}\left({', '.join(operands)}\right)"
