"""Reading what stands behind a term: a transpose `.T ^T ᵀ`, or an index `[0, 1:]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tutor.language.errors import shortened
from tutor.language.functions import function_named
from tutor.language.tokens import Token
from tutor.language.tree import Expression, Index, Name, Slice, Transpose

if TYPE_CHECKING:
    from tutor.language.parser import Parser

SIGNS = frozenset(".[ᵀ^")
LIBRARIES = frozenset({"np", "numpy", "torch", "math", "engine"})


def begins(parser: Parser) -> bool:
    """Whether the next token, one of SIGNS, goes on with the term before it."""
    return parser.token.text != "^" or _is_transpose(parser, 1)


def ends_transpose(parser: Parser) -> bool:
    """Whether the last token taken was the T of `.T` or `^T`."""
    if parser.position < 2 or parser.tokens[parser.position - 1].text != "T":
        return False
    sign = parser.tokens[parser.position - 2].text
    return sign == "." or (sign == "^" and _is_transpose(parser, -1))


def _is_transpose(parser: Parser, ahead: int) -> bool:
    """Whether the name behind a `^` is the T of a transpose and no value of the program."""
    token = parser.following(ahead)
    return token.kind == "name" and token.text == "T" and "T" not in parser.values


def read(parser: Parser, placed: tuple[Expression, int, int]) -> tuple[Expression, int, int]:
    """The term with the transpose or index that comes next."""
    node, start, stop = placed
    token = parser.take()
    if token.text == "[":
        items = _items(parser, token)
        end = parser.expect("]", token).end
        return (Index(node, items, start, end), start, end)
    end = token.end
    if token.text != "ᵀ":
        if token.text == "." and parser.token.text != "T":
            _refuse_attribute(parser, node, (start, stop), token)
        end = parser.take().end
    return (Transpose(node, start, end), start, end)


def _refuse_attribute(
    parser: Parser, node: Expression, span: tuple[int, int], point: Token
) -> NoReturn:
    name = parser.token
    if name.kind != "name":
        parser.unexpected('T after "."')
    hint = "the transpose is .T"
    if function_named(name.text):
        owner = "..."
        if not (isinstance(node, Name) and node.name in LIBRARIES):
            owner = shortened(parser.text[slice(*span)], 20)
        hint = f"write {name.text}({owner})"
    message = f"attributes are not part of the language: .{shortened(name.text)}"
    parser.refuse("forbidden_syntax", message, (point.start, name.end), hint)


def _items(parser: Parser, opened: Token) -> tuple[int | Slice, ...]:
    """The items of an index up to its bracket: whole numbers and slices."""
    items: list[int | Slice] = []
    while True:
        first = _whole_number(parser)
        if parser.at(":"):
            items.append(_slice(parser, first))
        elif first is not None:
            items.append(first)
        else:
            if parser.token.kind == "end":
                parser.expect("]", opened)
            hint = "to pick several entries write take(x, [0, 2])"
            parser.unexpected("a whole number or a slice as an index", hint)
        if not parser.at(","):
            return tuple(items)
        parser.take()


def _slice(parser: Parser, first: int | None) -> Slice:
    parser.take()
    beyond = _whole_number(parser)
    if not parser.at(":"):
        return Slice(first, beyond)
    parser.take()
    token = parser.token
    step = _whole_number(parser)
    if step == 0:
        parser.refuse("bad_arguments", "the step of a slice cannot be 0", token)
    return Slice(first, beyond, step)


def _whole_number(parser: Parser) -> int | None:
    """A whole number with or without its minus, or None when no number comes next."""
    minus = parser.at("-")
    token = parser.following() if minus else parser.token
    if token.kind != "number":
        return None
    if not token.text.isdigit() or len(token.text) > 9:
        message = f"an index is a whole number of at most 9 digits, not {token.text}"
        parser.refuse("bad_arguments", message, token)
    if minus:
        parser.take()
    parser.take()
    return -int(token.text) if minus else int(token.text)
