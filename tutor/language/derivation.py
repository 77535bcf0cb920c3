"""Lines of a derivation to trees: `dL/dw = dL/da * sigma'(z) * x`.

The limits hold before any work is done. Whatever stands in a line, the only error is
`LanguageError`; it never holds a character from outside the language, and says in `line` which
line is at fault. Nothing is ever executed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tutor.language.differentials import DerivationParser
from tutor.language.errors import LanguageError, shortened
from tutor.language.lines import Line, LineRelation, Side, Vocabulary
from tutor.language.parser import COMPARISON, Placed
from tutor.language.tokens import MAX_LINE, MAX_LINES, MAX_TEXT, Token
from tutor.language.tree import Compare, Derivative, Expression, Name

RELATIONS: dict[str, LineRelation] = {"=": "=", "<=": "<=", "<": "<", ">=": ">=", ">": ">"}


def read_lines(lines: Sequence[str], vocabulary: Vocabulary) -> tuple[Line | None, ...]:
    """Every line of a derivation, in order; None for a blank line or a comment.

    A symbol that a line brings in is known to the lines below it. Raises `LanguageError` for the
    first line that is outside the language or the limits, with its index in `line`.
    """
    check_limits(lines)
    read: list[Line | None] = []
    for number, text in enumerate(lines):
        line = read_line(text, vocabulary, number)
        vocabulary = knowing(vocabulary, line)
        read.append(line)
    return tuple(read)


def read_line(text: str, vocabulary: Vocabulary, number: int = 0) -> Line | None:
    """One line of a derivation, or None for a blank line or a comment.

    number: the index of the line among all lines, which `LanguageError.line` repeats.
    """
    try:
        return _read(text, vocabulary, number)
    except LanguageError as error:
        error.line = number
        raise


def knowing(vocabulary: Vocabulary, line: Line | None) -> Vocabulary:
    """The vocabulary of the lines below `line`: with the symbol that it brings in, if it does."""
    if line is None or not line.defines or not isinstance(line.left, Name):
        return vocabulary
    new = {line.left.name}
    return replace(vocabulary, names=vocabulary.names | new, own=vocabulary.own | new)


def read_expression(text: str, vocabulary: Vocabulary) -> Expression:
    """One term and nothing else, such as the start and the end of an identity, or a target."""
    parser = _parser(text, replace(vocabulary, bounds=False))
    if parser.token.kind == "end":
        parser.refuse("empty_input", "there is nothing to read", (0, len(text)))
    expression, _, _ = _side(parser)
    if parser.at("="):
        parser.refuse("syntax_error", 'expected one term, found "="', parser.token)
    _check_end(parser)
    return expression


def read_name(text: str) -> str:
    """A name in its plain spelling: `w1` for `w₁`, `delta` for `δ`. Raises `LanguageError`."""
    check_limits([text])
    parser = DerivationParser(text, Vocabulary(frozenset()))
    token = parser.token
    if token.kind != "name" or parser.following().kind != "end":
        parser.refuse("syntax_error", "expected one name", (0, len(text)))
    parser.check_allowed(token)
    return token.text


def forward_program(
    lines: Sequence[str], names: Iterable[str]
) -> tuple[tuple[str, Expression], ...]:
    """The forward lines of an exercise, `z = w*x + b`, as pairs of a name and its expression.

    One string may hold several lines with `;` between them. names: what is given. The language is
    that of derivations, without derivatives. Raises `LanguageError` with the index of the string
    in `line`; also when a name is given its value twice.
    """
    check_limits(lines)
    known = set(names)
    program: list[tuple[str, Expression]] = []
    for number, text in enumerate(lines):
        try:
            for name, expression in _statements(text, known):
                program.append((name, expression))
        except LanguageError as error:
            error.line = number
            raise
    return tuple(program)


def check_limits(lines: Sequence[str]) -> None:
    """Raise `LanguageError` (`too_long`) for the first line that is outside the limits of size."""
    total = 0
    for number, text in enumerate(lines):
        total += len(text)
        message, place = "", 0
        if number == MAX_LINES:
            message = f"{len(lines)} lines; at most {MAX_LINES} are read"
        elif len(text) > MAX_LINE:
            message = f"a line of {len(text)} characters; at most {MAX_LINE} are read"
            place = MAX_LINE
        elif total > MAX_TEXT:
            message = f"more than {MAX_TEXT} characters in all"
        if message:
            error = LanguageError("too_long", message, place, len(text), "", text)
            error.line = number
            raise error


def _parser(text: str, vocabulary: Vocabulary, forward: bool = False) -> DerivationParser:
    check_limits([text])
    parser = DerivationParser(text, vocabulary, forward)
    parser.check_tokens()
    return parser


def _read(text: str, vocabulary: Vocabulary, number: int) -> Line | None:
    parser = _parser(text, vocabulary)
    if parser.token.kind == "end":
        return None
    signs = tuple(RELATIONS) if vocabulary.bounds else ("=",)
    left: Name | Derivative | None = None
    sides: list[Side] = []
    defines = False
    continues = parser.at(*signs)
    if not continues:
        new = _new_symbol(parser)
        if new is not None:
            left, defines = new, True
        else:
            node, start, end = _side(parser)
            if parser.at("=") and isinstance(node, Name | Derivative):
                left = node
            else:
                sides.append(Side("=", node, start, end))
    while parser.at(*signs):
        sign = parser.take()
        node, start, end = _side(parser, sign)
        sides.append(Side(RELATIONS[sign.text], node, start, end))
    _check_end(parser)
    return Line(number, text, left, tuple(sides), defines, continues)


def _new_symbol(parser: DerivationParser) -> Name | None:
    """The symbol of the learner's own that the line begins with, taken, or None."""
    token = parser.token
    if token.kind != "name" or parser.following().text != "=" or parser.meaning(token) is not None:
        return None
    if parser.is_split_differential(token):
        return None
    parser.check_allowed(token)
    parser.take()
    return Name(token.text, token.start, token.end)


def _side(parser: DerivationParser, relation: Token | None = None) -> Placed:
    """An expression between two relations; a comparison is a mask unless it relates two sides."""
    if parser.at("="):
        message = 'an expression was expected, found "="'
        parser.refuse("syntax_error", message, parser.token)
    if relation is not None and parser.token.kind == "end":
        message = f'nothing stands behind "{relation.text}"'
        parser.refuse("syntax_error", message, relation, "write the next expression behind it")
    placed = parser.expression(COMPARISON + 1 if parser.vocabulary.bounds else 0)
    if isinstance(placed[0], Compare) and placed[0].relation == "==" and _is_bare(placed):
        hint = 'two sides are related by a single "="'
        parser.refuse("syntax_error", '"==" between two sides', placed[1:], hint)
    return placed


def _is_bare(placed: Placed) -> bool:
    """Whether no parentheses stand around a term."""
    node, start, end = placed
    return (node.start, node.end) == (start, end)


def _check_end(parser: DerivationParser) -> None:
    if parser.at("=="):
        hint = 'two sides are related by a single "="'
        parser.refuse("syntax_error", '"==" between two sides', parser.token, hint)
    if parser.token.kind != "end":
        parser.leftover()


def _statements(text: str, known: set[str]) -> Iterable[tuple[str, Expression]]:
    """The statements of one string, each of whose names is then known."""
    parser = _parser(text, Vocabulary(frozenset(known)), forward=True)
    while True:
        while parser.at(";"):
            parser.take()
        token = parser.token
        if token.kind == "end":
            return
        if token.kind != "name" or parser.following().text != "=":
            message = "a forward line gives a name its value"
            parser.refuse("syntax_error", message, token, "write name = expression")
        parser.check_allowed(token)
        name = token.text
        if name in known:
            message = f"{shortened(name)} has its value already"
            hint = "choose a new name"
            parser.refuse("forbidden_syntax", message, token, hint)
        parser.take()
        parser.take()
        expression, _, _ = parser.expression(0)
        if parser.at("="):
            parser.refuse("syntax_error", 'a second "=" in one forward line', parser.token)
        if not parser.at(";"):
            _check_end(parser)
        known.add(name)
        parser.vocabulary = replace(parser.vocabulary, names=frozenset(known))
        yield name, expression
