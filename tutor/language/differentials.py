"""The parser of derivations: what the names of a derivation mean, derivatives first.

A name that the exercise declares is itself. `dA/dB` and `dA_dB` are the total derivative of A by
B wherever both are known, and win over a quotient of symbols; a lone `dX` is the gradient of the
loss by X. A function's name before "(" is a call unless the exercise declares it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar, NoReturn

from tutor.language import admitted
from tutor.language.errors import LanguageError, code_point, shortened
from tutor.language.functions import function_named, near
from tutor.language.lines import Vocabulary
from tutor.language.parser import BUILTINS, WORD_HINTS, Parser, Placed
from tutor.language.tokens import Token, tokenize
from tutor.language.tree import Derivative, Name

CONSTANTS = frozenset({"True", "False", "None"})
FORBIDDEN = {
    '"': ("strings are not part of the language", ""),
    "{": ("braces are not part of the language", ""),
    "}": ("braces are not part of the language", ""),
    "[": ("brackets are not part of a derivation", "write the whole array by its name"),
    "]": ("brackets are not part of a derivation", "write the whole array by its name"),
    ":=": ("a symbol gets its value with =", "write = in a line of its own"),
    ":": ("a colon is not part of the language", ""),
    ";": ("a line holds one statement", "write the next one in a line of its own"),
    "->": ("an arrow is not part of the language", ""),
    "//": ("the language has no whole-number division", "write / for a quotient"),
}
PRIME_HINT = "a prime stands between a function and its parentheses: sigmoid'(z)"
NAME_HINTS = {
    "e": "for e to the power x write exp(x)",
    "pi": "write 3.141592653589793",
    "inf": "a number has at most 250 digits",
    "d": "a derivative is written dA/dB",
}
LONGEST_NAME = 80


class DerivationParser(Parser):
    """Where the reading of one line stands, and what its names mean.

    forward: the text is a forward line, in which there are no derivatives and `;` ends a
    statement.
    """

    word_hints: ClassVar[Mapping[str, str]] = {**WORD_HINTS, "lambda": "lam is a free name"}

    def __init__(self, text: str, vocabulary: Vocabulary, forward: bool = False) -> None:
        stop = _end_of_line(text)
        super().__init__(text, (), _merged(tokenize(text, 0, stop, bounds=vocabulary.bounds)))
        self.vocabulary = vocabulary
        self.forward = forward

    def check_tokens(self) -> None:
        """Refuse what has no place in any derivation, whatever stands before it in the line."""
        for position, token in enumerate(self.tokens):
            if token.kind == "name":
                if token.text not in CONSTANTS and self.meaning(token) is None:
                    self.check_allowed(token)
            elif token.text == ".":
                self.check_point(token, self.tokens[position + 1])
            elif token.kind == "sign" and not (self.forward and token.text == ";"):
                self.check_sign(token, self.tokens[position - 1] if position else None)

    def check_point(self, point: Token, name: Token) -> None:
        """Refuse an attribute: behind a point only the T of a transpose is read."""
        if name.kind == "name" and name.text != "T":
            hint = "the transpose is .T"
            if admitted.admitted(name.text):
                hint = f"write {name.text}(x)"
            message = f"attributes are not part of the language: .{shortened(name.text)}"
            self.refuse("forbidden_syntax", message, (point.start, name.end), hint)

    def check_sign(self, token: Token, before: Token | None) -> None:
        """Refuse a sign that has no place in a derivation."""
        if token.text in FORBIDDEN:
            message, hint = FORBIDDEN[token.text]
            self.refuse("forbidden_syntax", message, token, hint)
        if token.text == "'" and before is not None and before.text == "'":
            message = "second derivatives are not part of the language"
            self.refuse("bad_arguments", message, (before.start, token.end), PRIME_HINT)
        if token.text == "'" and (before is None or admitted.admitted(before.text) is None):
            message, hint = "strings are not part of the language", PRIME_HINT
            if before is not None and before.kind == "name" and self.meaning(before):
                message, hint = "only a function has a prime", "the transpose is .T"
            self.refuse("forbidden_syntax", message, token, hint)

    def check_allowed(self, token: Token) -> None:
        """Refuse a token that has no place in any derivation, saying so."""
        if token.kind == "sign" and token.text == "∂":
            message = "∂ stands before the name of a quantity"
            self.refuse("syntax_error", message, token, "write dA/dB")
        if token.kind == "name" and token.text in BUILTINS:
            message = f"{token.text} is a function of Python, not of this language"
            self.refuse("forbidden_syntax", message, token)
        super().check_allowed(token)

    def named(self) -> Placed:
        """A derivative, a call or a name."""
        token = self.token
        following = self.following()
        if following.kind == "sign" and following.text == "'":
            return self.primed()
        quotient = self.quotient()
        if quotient is not None:
            for _ in range(3):
                self.take()
            return (quotient, quotient.start, quotient.end)
        name = token.text
        meaning = self.meaning(token)
        if following.text == "(" and (meaning is None or name in self.vocabulary.own):
            function = admitted.admitted(name)
            if function is not None:
                call = admitted.read_call(self, function)
                return (call, call.start, call.end)
            if self.is_local_derivative(name):
                call = admitted.read_derivative_call(self, name[1:], token.start)
                return (call, call.start, call.end)
        if meaning is None:
            self.refuse_name(token)
        self.take()
        return (meaning, token.start, token.end)

    def primed(self) -> Placed:
        """`sigma'(z)`: the derivative of an elementwise function of one operand."""
        token = self.take()
        if self.following().text != "(":
            where = (token.start, self.token.end)
            message = f"{token.text}' needs its argument in parentheses"
            self.refuse("syntax_error", message, where, f"write {token.text}'(z)")
        call = admitted.read_derivative_call(self, token.text, token.start)
        return (call, call.start, call.end)

    def is_local_derivative(self, name: str) -> bool:
        """Whether a name that means nothing else is `dsigmoid`, `dtanh` or the like."""
        return name[0] == "d" and admitted.admitted(name[1:]) is not None

    def quotient(self) -> Derivative | None:
        """The derivative `dA/dB` that begins at the next token, not taken yet."""
        above, stroke, below = self.token, self.following(), self.following(2)
        if self.forward or stroke.text != "/" or below.kind != "name":
            return None
        of, by = self.differential(above.text), self.differential(below.text)
        if of is None or by is None:
            return None
        return Derivative(of, by, above.start, below.end)

    def differential(self, name: str) -> str | None:
        """The known quantity A that `dA` names, or None."""
        known = name[0] == "d" and name[1:] in self.vocabulary.names
        return name[1:] if known else None

    def meaning(self, token: Token) -> Name | Derivative | None:
        """What a name by itself means, or None where nobody declared it."""
        name, vocabulary = token.text, self.vocabulary
        if name in vocabulary.aliases:
            return replace(vocabulary.aliases[name], start=token.start, end=token.end)
        if name in vocabulary.names or name in vocabulary.dims:
            return Name(name, token.start, token.end)
        if self.forward or name[0] != "d":
            return None
        if vocabulary.loss is not None and name[1:] in vocabulary.names:
            return Derivative(vocabulary.loss, name[1:], token.start, token.end)
        split = self.split(name)
        return Derivative(*split, token.start, token.end) if split else None

    def split(self, name: str) -> tuple[str, str] | None:
        """A and B of `dA_dB`, both known; of several ways the one with the longest A."""
        place = name.rfind("_d")
        while place > 0:
            of, by = name[1:place], name[place + 2 :]
            if of in self.vocabulary.names and by in self.vocabulary.names:
                return of, by
            place = name.rfind("_d", 0, place + 1)
        return None

    def is_split_differential(self, token: Token) -> bool:
        """Whether a name that means nothing is `dA_dB` with a known A, so that B is a slip."""
        name = token.text
        place = name.rfind("_d")
        return name[0] == "d" and place > 0 and name[1:place] in self.vocabulary.names

    def refuse_name(self, token: Token) -> NoReturn:
        """Refuse a name that nobody declared, with what may have been meant."""
        self.check_allowed(token)
        name = token.text
        function = admitted.admitted(name)
        if function is not None and self.following().text != "(":
            after = self.following()
            message = f"{name} is a function: its argument stands in parentheses"
            beside = after.kind in ("name", "number")
            hint = f"write {name}({after.text[:20] if beside else 'x'})"
            self.refuse("syntax_error" if beside else "unknown_name", message, token, hint)
        if self.following().text == "(":
            self.refuse_call(token)
        vocabulary = self.vocabulary
        known = [*vocabulary.names, *vocabulary.dims, *vocabulary.aliases]
        message = f"nothing here is named {shortened(name)}"
        likely = near_name(name, known)
        if likely is None and name[0] == "d" and not self.forward:
            above, stroke, below = name.rpartition("_d")
            if not self.is_split_differential(token):
                above, stroke, below = "", "d", name[1:]
            inner = near_name(below, vocabulary.names)
            likely = f"{above}{stroke}{inner}" if inner else None
        if name[0] == "d" and len(name) > 1 and name[1:] in vocabulary.names and not self.forward:
            self.refuse("unknown_name", message, token, f"write dA/d{shortened(name[1:], 20)}")
        hint = f"did you mean {shortened(likely)}?" if likely else NAME_HINTS.get(name, "")
        self.refuse("unknown_name", message, token, hint)

    def refuse_call(self, token: Token) -> NoReturn:
        """Refuse `name(` where the name is neither a function nor a quantity."""
        name = token.text
        hint = ""
        if function_named(name):
            message = f"{name} is not among the functions of a derivation"
        else:
            message = f"there is neither a function nor a quantity named {shortened(name)}"
            likely = near(name) if len(name) > 2 else None
            if likely is None or admitted.admitted(likely) is None:
                vocabulary = self.vocabulary
                likely = near_name(name, [*vocabulary.names, *vocabulary.aliases])
            hint = f"did you mean {shortened(likely)}?" if likely else NAME_HINTS.get(name, "")
        self.refuse("unknown_name", message, token, hint)


def near_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is one slip of the finger away from `name`, or None.

    A slip: another case, one letter too many, too few or wrong, two exchanged, an underscore.
    """
    if len(name) > LONGEST_NAME:
        return None
    wanted = name.lower().replace("_", "")
    ordered = sorted(known)
    for other in ordered:
        if other.lower().replace("_", "") == wanted:
            return other
    if len(wanted) < 2:
        return None
    rests = {wanted, *_without_one(wanted)}
    for other in ordered:
        plain = other.lower().replace("_", "")
        if not 1 < len(plain) <= LONGEST_NAME or len(plain) == len(wanted) == 2:
            continue
        if not rests.isdisjoint({plain, *_without_one(plain)}):
            return other
    return None


def _without_one(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))]


def _end_of_line(text: str) -> int:
    """Where the one line that `text` is ends. Raises `LanguageError` when it holds several."""
    stop = len(text.rstrip("\r\n"))
    for position in range(stop):
        if text[position] in "\r\n":
            message = f"{code_point(text[position])} within a line: a line ends before it"
            hint = "write each line by itself"
            raise LanguageError("bad_character", message, position, position + 1, hint, text)
    return stop


def _merged(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens with each `∂` and the name behind it as one, as if it were a d."""
    if not any(token.text == "∂" for token in tokens):
        return tokens
    merged: list[Token] = []
    for token in tokens:
        if merged and merged[-1].text == "∂" and token.kind == "name":
            merged[-1] = Token("name", f"d{token.text}", merged[-1].start, token.end)
        else:
            merged.append(token)
    return tuple(merged)
