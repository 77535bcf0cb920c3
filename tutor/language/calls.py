"""Reading a call: operands are terms, parameters are literals, both as the op declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tutor.language.errors import shortened
from tutor.language.functions import PAIRWISE, Function, Parameter, function_named
from tutor.language.tokens import Token
from tutor.language.tree import Call, Expression, Keyword, Listed, Value

if TYPE_CHECKING:
    from tutor.language.parser import Parser

MAX_SETTING = 1_000_000
MAX_NESTING = 4
CONSTANTS: dict[str, Value] = {"True": True, "False": False, "None": None}


def read(parser: Parser, function: Function) -> Call:
    """The call that begins at the parser's next token, which names the function.

    Raises `LanguageError` with the reason `bad_arguments` when the function takes other arguments.
    """
    name = parser.take()
    opened = parser.take()
    operands: list[Expression] = []
    keywords: list[Keyword] = []
    most = 2 if function.name in PAIRWISE else function.most
    if function.pattern is not None:
        keywords.append(_pattern(parser, function.pattern))
    elif parser.at(")"):
        refuse_count(parser, function, 0, (name.start, parser.token.end))
    while not parser.at(")"):
        if parser.token.kind == "name" and parser.following().text == "=":
            keywords.append(_keyword(parser, function, keywords))
        elif len(keywords) > (function.pattern is not None):
            hint = "terms come first, then the named arguments"
            parser.refuse("bad_arguments", "a term after a named argument", parser.token, hint)
        elif most is not None and len(operands) == most:
            keywords.extend(_settings_in_order(parser, function, len(operands)))
            continue
        else:
            operands.append(parser.deeper(opened, 0)[0])
        _comma(parser, opened)
    closed = parser.expect(")", opened)
    span = (name.start, closed.end)
    called = function
    if function.name in PAIRWISE and len(operands) == 2:
        called = function_named(PAIRWISE[function.name]) or function
        if keywords:
            message = f"{function.name} of two terms is elementwise and takes no {keywords[0].name}"
            parser.refuse("bad_arguments", message, (keywords[0].start, keywords[0].end))
    if len(operands) < called.least:
        refuse_count(parser, function, len(operands), span)
    given = {keyword.name for keyword in keywords}
    for parameter in called.parameters:
        if parameter.required and parameter.name not in given:
            message = f"{called.name} needs {parameter.name}="
            parser.refuse("bad_arguments", message, span, f"write {called.usage()}")
    return Call(called.name, tuple(operands), tuple(keywords), *span)


def refuse_count(
    parser: Parser, function: Function, count: int, where: tuple[int, int]
) -> NoReturn:
    """Refuse a call for the number of its operands."""
    wanted = f"{function.least}" if function.most is not None else f"at least {function.least}"
    noun = "term" if function.least == 1 else "terms"
    message = f"{function.name} takes {wanted} {noun}, found {count}"
    parser.refuse("bad_arguments", message, where, f"write {function.usage()}")


def _comma(parser: Parser, opened: Token) -> None:
    if parser.at(","):
        parser.take()
        if parser.at(")"):
            parser.unexpected("one more argument")
    elif not parser.at(")"):
        if parser.token.kind in ("end", "newline"):
            parser.expect(")", opened)
        parser.unexpected('an operator, "," or ")"', parser.beside())


def _keyword(parser: Parser, function: Function, before: list[Keyword]) -> Keyword:
    token = parser.take()
    parser.check_allowed(token)
    parser.take()
    parameter = function.parameter(token.text)
    if parameter is None:
        message = f"{function.name} takes no argument named {shortened(token.text)}"
        parser.refuse("bad_arguments", message, token, f"write {function.usage()}")
    if any(parameter.name == keyword.name for keyword in before):
        parser.refuse("bad_arguments", f"{parameter.name} is given twice", token)
    value = setting(parser, parameter)
    return Keyword(parameter.name, value, token.start, _end_before(parser))


def _settings_in_order(parser: Parser, function: Function, count: int) -> list[Keyword]:
    """Parameters given by their place: the 0 of `sum(x, 0)`."""
    keywords: list[Keyword] = []
    for parameter in function.parameters:
        if parser.token.kind == "name" and parser.following().text == "=":
            break
        start = parser.token.start
        value = setting(parser, parameter)
        keywords.append(Keyword(parameter.name, value, start, _end_before(parser)))
        if not parser.at(","):
            break
        parser.take()
    if not keywords:
        noun = "term" if count == 1 else "terms"
        message = f"{function.name} takes {count} {noun}, found one more"
        parser.refuse("bad_arguments", message, parser.token, f"write {function.usage()}")
    if parser.at(")"):
        return keywords
    while parser.token.kind == "name" and parser.following().text == "=":
        keywords.append(_keyword(parser, function, keywords))
        if not parser.at(","):
            return keywords
        parser.take()
    return _refuse_more(parser, function)


def _refuse_more(parser: Parser, function: Function) -> NoReturn:
    if parser.token.kind in ("number", "name") or parser.at("-", "(", "["):
        message = f"{function.name} takes no more arguments"
        parser.refuse("bad_arguments", message, parser.token, f"write {function.usage()}")
    parser.unexpected('")"')


def setting(parser: Parser, parameter: Parameter) -> Value:
    """The literal that a parameter is set to.

    A number, `True`, `False`, `None`, a word where the op takes one, or a tuple `(2, 3)` of these.
    """
    start = parser.token
    value = _literal(parser, parameter, 0)
    if parser.token.kind not in ("end", "newline") and not parser.at(",", ")"):
        message = f"{parameter.name} takes {parameter.wants()}, no term that is worked out"
        parser.refuse("bad_arguments", message, (start.start, parser.token.end))
    return value


def _literal(parser: Parser, parameter: Parameter, nesting: int) -> Value:
    token = parser.token
    if parser.at("(", "["):
        if nesting == MAX_NESTING:
            parser.refuse("too_deep", f"more than {MAX_NESTING} brackets in an argument", token)
        return _tuple(parser, parameter, nesting)
    if token.kind == "name" and token.text in CONSTANTS:
        parser.take()
        value = CONSTANTS[token.text]
        if parameter.accepts(value):
            return value
    elif token.kind == "name" and parameter.accepts("word"):
        parser.check_allowed(token)
        return parser.take().text
    elif token.kind == "number" or (parser.at("-") and parser.following().kind == "number"):
        number = _number(parser)
        if parameter.accepts(number):
            return number
    elif token.kind in ("end", "newline", "sign", "power"):
        parser.unexpected(f"{parameter.wants()} for {parameter.name}")
    end = max(token.end, _end_before(parser))
    message = f"{parameter.name} takes {parameter.wants()}"
    parser.refuse("bad_arguments", message, (token.start, end))


def _tuple(parser: Parser, parameter: Parameter, nesting: int) -> tuple[Value, ...]:
    opened = parser.take()
    closing = ")" if opened.text == "(" else "]"
    values: list[Value] = []
    while not parser.at(closing):
        values.append(_literal(parser, parameter, nesting + 1))
        if not parser.at(","):
            break
        parser.take()
    parser.expect(closing, opened)
    return Listed(values) if closing == "]" and "Any" in parameter.kind else tuple(values)


def _number(parser: Parser) -> int | float:
    minus = parser.at("-")
    first = parser.take()
    token = parser.take() if minus else first
    if token.text.isdigit():
        if len(token.text) > 9 or int(token.text) > MAX_SETTING:
            message = f"{shortened(token.text)} is too large for an argument"
            parser.refuse("number_too_large", message, token, f"at most {MAX_SETTING}")
        return -int(token.text) if minus else int(token.text)
    return -float(token.text) if minus else float(token.text)


def _pattern(parser: Parser, name: str) -> Keyword:
    """The pattern of `einsum(ij,jk->ik, A, B)`: letters and commas, an arrow, letters.

    The arrow tells where it ends, so it cannot be left out; `...` stands for further axes.
    """
    first = parser.token
    shape = "einsum takes its pattern first"
    hint = "write einsum(ij,jk->ik, A, B)"
    parts: list[str] = []
    while not parser.at("->"):
        token = parser.token
        if parser.at('"', "'"):
            parser.refuse("forbidden_syntax", "strings are not part of the language", token, hint)
        if not (parser.at(",", ".") or _is_letters(token)):
            parser.refuse("bad_arguments", shape, token, hint)
        parts.append(parser.take().text)
    parts.append(parser.take().text)
    while parser.at(".") or _is_letters(parser.token):
        parts.append(parser.take().text)
    end = _end_before(parser)
    if not parser.at(","):
        parser.refuse("bad_arguments", f"{shape}, then a comma", parser.token, hint)
    parser.take()
    return Keyword(name, "".join(parts), first.start, end)


def _is_letters(token: Token) -> bool:
    return token.kind == "name" and token.text.isalpha()


def _end_before(parser: Parser) -> int:
    return parser.tokens[parser.position - 1].end
