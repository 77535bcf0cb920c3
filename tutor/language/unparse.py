"""A syntax tree back to text, with the place of every term in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tutor.language.lines import Line
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Index,
    Keyword,
    Listed,
    Name,
    Number,
    Program,
    Slice,
    Statement,
    Transpose,
    Unary,
    Value,
)

ANY, COMPARISON, SUM, PRODUCT, SIGNED, POWER, POSTFIX, ATOM = 0, 10, 20, 30, 40, 50, 60, 70


class Part(NamedTuple):
    """A term within another: in brackets unless it binds at least as strongly as `least`."""

    term: Expression
    least: int = ANY


class PlacedTerm(NamedTuple):
    """A term and where it stands in the text that was made of it."""

    term: Expression
    start: int
    end: int


Parts = list[str | Part]


def unparse(tree: Expression | Statement | Program | Line) -> str:
    """The text of a tree, with no more parentheses than needed; reading it gives the tree again."""
    if isinstance(tree, Line):
        return _line(tree)
    if isinstance(tree, Program):
        return "; ".join(unparse(statement) for statement in tree.statements)
    if isinstance(tree, Statement):
        text = unparse(tree.expression)
        return text if tree.name is None else f"{tree.name} = {text}"
    return unparse_with_spans(tree)[0]


def _line(line: Line) -> str:
    pieces = [] if line.left is None else [unparse(line.left)]
    for side in line.sides:
        if pieces or line.continues:
            pieces.append(side.relation)
        text = unparse(side.expression)
        # A bare comparison would relate two sides where the exercise asks for a bound.
        pieces.append(f"({text})" if isinstance(side.expression, Compare) else text)
    return " ".join(pieces)


def unparse_with_spans(term: Expression) -> tuple[str, list[PlacedTerm]]:
    """The text of a term, and the span of it and of every term within it, outermost first."""
    return assemble(term, parts_of, ("(", ")"))


def assemble(
    term: Expression, parts: Callable[[Expression], Parts], brackets: tuple[str, str]
) -> tuple[str, list[PlacedTerm]]:
    """Put a text together from what `parts` says of each term."""
    pieces: list[str] = []
    places: list[PlacedTerm | None] = []
    length = 0
    # An int in the list closes the term with that place, which began at the offset beside it.
    waiting: list[str | Part | tuple[int, int, Expression]] = [Part(term)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
            length += len(item)
        elif isinstance(item, Part):
            within = strength(item.term) < item.least
            if within:
                pieces.append(brackets[0])
                length += len(brackets[0])
                waiting.append(brackets[1])
            waiting.append((len(places), length, item.term))
            places.append(None)
            waiting.extend(reversed(parts(item.term)))
        else:
            place, start, inner = item
            places[place] = PlacedTerm(inner, start, length)
    return "".join(pieces), [placed for placed in places if placed is not None]


def strength(term: Expression) -> int:
    """How strongly the outermost operator of a term binds."""
    match term:
        case Compare():
            return COMPARISON
        case Binary(sign="+" | "-"):
            return SUM
        case Binary(sign="**"):
            return POWER
        case Binary() | Derivative():
            return PRODUCT
        case Unary():
            return SIGNED
        case Transpose() | Index():
            return POSTFIX
        case _:
            return ATOM


def parts_of(term: Expression) -> Parts:
    """The text of a term, with its operands as parts."""
    match term:
        case Number():
            return [number(term.value)]
        case Name():
            return [term.name]
        case Derivative():
            return [f"d{term.of}/d{term.by}"]
        case Unary():
            return [term.sign, Part(term.operand, SIGNED)]
        case Binary(sign="**"):
            return [Part(term.left, POSTFIX), "**", Part(term.right, SIGNED)]
        case Binary():
            least = strength(term)
            sign = term.sign if term.sign in "*/" else f" {term.sign} "
            after = max(least + 1, SIGNED + 1 if isinstance(term.right, Unary) else 0)
            if sign == "/" and _reads_as_derivative(term):
                after = ATOM + 1
            return [Part(term.left, least), sign, Part(term.right, after)]
        case Compare():
            return [Part(term.left, SUM), f" {term.relation} ", Part(term.right, SUM)]
        case Transpose():
            return [Part(term.operand, POSTFIX), ".T"]
        case Index():
            items = ", ".join(index_item(item) for item in term.items)
            return [Part(term.operand, POSTFIX), f"[{items}]"]
        case Array():
            return ["[", *_separated(term.items), "]"]
        case Call():
            return _call(term)


def _reads_as_derivative(quotient: Binary) -> bool:
    """Whether a quotient of names would be read as the derivative `dA/dB`."""
    last = quotient.left
    while isinstance(last, Binary | Unary):
        last = last.right if isinstance(last, Binary) else last.operand
    return all(
        isinstance(name, Name) and name.name.startswith("d") and len(name.name) > 1
        for name in (last, quotient.right)
    )


def number(value: float) -> str:
    """A number as it is written: without `.0`, and with all the digits it needs."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)


def index_item(item: int | Slice) -> str:
    """An item of an index as it is written."""
    if isinstance(item, int):
        return str(item)
    bounds = ["" if bound is None else str(bound) for bound in (item.first, item.beyond)]
    return ":".join(bounds if item.step is None else [*bounds, str(item.step)])


def setting(value: Value) -> str:
    """The value of a parameter as it is written."""
    if isinstance(value, str):
        return value
    if isinstance(value, Listed):
        return f"[{', '.join(setting(item) for item in value)}]"
    if isinstance(value, tuple):
        inside = ", ".join(setting(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def _call(call: Call) -> Parts:
    arguments: list[Parts] = [[Part(operand)] for operand in call.operands]
    for keyword in call.keywords:
        if _is_pattern(keyword):
            arguments.insert(0, [setting(keyword.value)])
        else:
            arguments.append([f"{keyword.name}={setting(keyword.value)}"])
    parts: Parts = [f"{call.function}("]
    for argument in arguments:
        if len(parts) > 1:
            parts.append(", ")
        parts.extend(argument)
    return [*parts, ")"]


def _is_pattern(keyword: Keyword) -> bool:
    return isinstance(keyword.value, str) and "->" in keyword.value


def _separated(terms: tuple[Expression, ...]) -> Parts:
    parts: Parts = []
    for term in terms:
        if parts:
            parts.append(", ")
        parts.append(Part(term))
    return parts
