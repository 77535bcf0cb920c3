"""Text to tokens: every code point is looked at once, every token knows where it stands."""

from __future__ import annotations

from typing import Literal, NamedTuple, NoReturn

from tutor.language.errors import LanguageError, Reason, code_point

MAX_LINE = 2_000
MAX_TEXT = 20_000
MAX_LINES = 200
MAX_TOKENS = 400
MAX_LITERAL = 40
MAX_NUMBER = 1e250

Kind = Literal["number", "name", "sign", "power", "newline", "end"]

DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
GREEK = {"σ": "sigma", "δ": "delta"}
SUBSCRIPTS = {char: str(digit) for digit, char in enumerate("₀₁₂₃₄₅₆₇₈₉")}
POWERS = {"²": "2", "³": "3"}
SPELLINGS = {"−": "-", "·": "*", "×": "*", "⊙": "*", "′": "'"}
BOUNDS = {"≤": "<=", "≥": ">="}
DOUBLE_SIGNS = frozenset({"**", "==", "!=", "<=", ">=", "//", "->", ":="})
SINGLE_SIGNS = frozenset("+-*/@^()[]{},;:=<>.'\"ᵀ∂")

HINTS = {
    "\u00a0": "type an ordinary space",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "–": "write the minus sign as -",
    "—": "write the minus sign as -",
    "∗": "write *",
    "⋅": "write *",
    "∘": "write *",
    "⊗": "write outer(a, b)",
    "⊤": "write the transpose as .T",
    "’": "write the prime as '",
    "⁻": "write a power as ^(-1)",
    "÷": "write /",
    "∑": "write sum(...)",
    "√": "write sqrt(...)",
    "%": "the language has no remainder",
    "!": "a comparison is written !=",
    "&": "join two masks with *",
    "|": "the absolute value is abs(x); join two masks with maximum(a, b)",
    "~": "the other mask is 1 - mask",
    "π": "write 3.141592653589793",
    "α": "write alpha",
    "β": "write beta",
    "γ": "write gamma",
    "ε": "write epsilon",
    "η": "write eta",
    "θ": "write theta",
    "λ": "write lam",
    "μ": "write mu",
    "φ": "write phi",
    "ŷ": "write yh",
}


class Token(NamedTuple):
    """One word of the language. `text` is its plain spelling, `start` and `end` are offsets."""

    kind: Kind
    text: str
    start: int
    end: int


def tokenize(
    text: str,
    start: int = 0,
    stop: int | None = None,
    *,
    most_tokens: int = MAX_TOKENS,
    longest_line: int = MAX_LINE,
    bounds: bool = False,
) -> tuple[Token, ...]:
    """The tokens of `text[start:stop]`, ending with one of kind `end`; offsets are those in `text`.

    A line end within brackets is a blank. bounds: `≤` and `≥` are read too. Raises `LanguageError`
    with one of the reasons `too_long`, `bad_character`, `number_too_large`, `syntax_error`.
    """
    _check_size(text, longest_line)
    tokens: list[Token] = []
    position = start
    brackets = on_line = 0
    length = len(text) if stop is None else stop
    while position < length:
        char = text[position]
        if char in " \t\r":
            position += 1
            continue
        if char == "#":
            position = _comment(text, position)
            continue
        if bounds and char in BOUNDS:
            token = Token("sign", BOUNDS[char], position, position + 1)
        else:
            token = _token(text, position)
        position = token.end
        if token.kind == "newline":
            if brackets:
                continue
            on_line = 0
        else:
            on_line += 1
            if on_line > most_tokens:
                message = f"more than {most_tokens} tokens in one line"
                _refuse("too_long", message, text, token.start)
            if token.text in ("(", "["):
                brackets += 1
            elif token.text in (")", "]"):
                brackets = max(0, brackets - 1)
        tokens.append(token)
    tokens.append(Token("end", "", length, length))
    return tuple(tokens)


def _check_size(text: str, longest_line: int) -> None:
    if len(text) > MAX_TEXT:
        _refuse("too_long", f"{len(text)} characters; at most {MAX_TEXT} are read", text, MAX_TEXT)
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        place = sum(len(line) + 1 for line in lines[:MAX_LINES])
        _refuse("too_long", f"{len(lines)} lines; at most {MAX_LINES} are read", text, place)
    start = 0
    for number, line in enumerate(lines, 1):
        if len(line) > longest_line:
            message = f"line {number} has {len(line)} characters; at most {longest_line} are read"
            _refuse("too_long", message, text, start + longest_line)
        start += len(line) + 1


def _token(text: str, start: int) -> Token:
    char = text[start]
    following = text[start + 1 : start + 2]
    if char in DIGITS or (char == "." and following in DIGITS and following):
        return _number(text, start)
    if char in LETTERS or char in GREEK:
        return _name(text, start)
    if char == "\n":
        return Token("newline", "", start, start + 1)
    if char in POWERS:
        return Token("power", POWERS[char], start, start + 1)
    char = SPELLINGS.get(char, char)
    if char + following in DOUBLE_SIGNS:
        return Token("sign", char + following, start, start + 2)
    if char in SINGLE_SIGNS:
        return Token("sign", char, start, start + 1)
    return _bad_character(text, start)


def _number(text: str, start: int) -> Token:
    end = _digits(text, start)
    if text[end : end + 1] == "." and not _letter_follows(text, end + 1):
        end = _digits(text, end + 1)
    exponent = end + 1
    if text[end : end + 1] in ("e", "E"):
        if text[exponent : exponent + 1] in ("+", "-", "−"):
            exponent += 1
        if text[exponent : exponent + 1] in DIGITS and exponent < len(text):
            end = _digits(text, exponent)
    literal = text[start:end].replace("−", "-")
    if len(literal) > MAX_LITERAL:
        message = f"a number of {len(literal)} characters; at most {MAX_LITERAL} are read"
        _refuse("number_too_large", message, text, start, end)
    if float(literal) > MAX_NUMBER:
        _refuse("number_too_large", "the number is larger than 1e250", text, start, end)
    rest = text[end : end + 2]
    if rest[:1] == "_":
        _refuse("syntax_error", "a number holds no underscore", text, start, end + 1, "write 1000")
    if literal == "0" and rest[:1] in tuple("xXoObB") and rest[1:] in DIGITS and len(rest) == 2:
        hint = f"for a product write 0*{rest[:1]}..."
        message = "numbers are written in decimal digits"
        _refuse("syntax_error", message, text, start, end + 2, hint)
    return Token("number", literal, start, end)


def _letter_follows(text: str, position: int) -> bool:
    """Whether a point is followed by a name (`2.T`), the exponent of a number excepted (`2.e5`)."""
    char = text[position : position + 1]
    if char in ("e", "E"):
        following = text[position + 1 : position + 3].lstrip("+-−")[:1]
        return following not in DIGITS or not following
    return bool(char) and (char in LETTERS or char in GREEK)


def _digits(text: str, position: int) -> int:
    while position < len(text) and text[position] in DIGITS:
        position += 1
    return position


def _name(text: str, start: int) -> Token:
    letters: list[str] = []
    end = start
    while end < len(text):
        char = text[end]
        if char in LETTERS or char in DIGITS:
            letters.append(char)
        elif char in SUBSCRIPTS:
            letters.append(SUBSCRIPTS[char])
        elif char in GREEK:
            letters.append(GREEK[char])
        else:
            break
        end += 1
    return Token("name", "".join(letters), start, end)


def _comment(text: str, start: int) -> int:
    """The end of the comment; only what can be printed may stand in one."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    for position in range(start, end):
        char = text[position]
        if not char.isprintable() and char not in "\t\r":
            _bad_character(text, position)
    return end


def _bad_character(text: str, position: int) -> NoReturn:
    char = text[position]
    column = position - text.rfind("\n", 0, position)
    message = f"{code_point(char)} at column {column} is not a character of the language"
    _refuse("bad_character", message, text, position, position + 1, HINTS.get(char, ""))


def _refuse(
    reason: Reason, message: str, text: str, start: int, end: int | None = None, hint: str = ""
) -> NoReturn:
    raise LanguageError(reason, message, start, start + 1 if end is None else end, hint, text)
