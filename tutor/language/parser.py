"""Tokens to a syntax tree: a Pratt parser with a limit on depth, and errors that point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import ClassVar, NoReturn

from tutor.language import calls, postfix
from tutor.language.errors import LanguageError, Reason, shortened
from tutor.language.functions import function_named, near
from tutor.language.tokens import Token, tokenize
from tutor.language.tree import (
    Array,
    Binary,
    Compare,
    Expression,
    Name,
    Number,
    Program,
    Relation,
    Sign,
    Statement,
    Unary,
    UnarySign,
)

MAX_DEPTH = 64
MAX_STATEMENTS = 200

COMPARISON, SUM, PRODUCT, SIGNED, POWER = 10, 20, 30, 40, 50
BINARY: dict[str, tuple[int, Sign]] = {
    "+": (SUM, "+"),
    "-": (SUM, "-"),
    "*": (PRODUCT, "*"),
    "/": (PRODUCT, "/"),
    "@": (PRODUCT, "@"),
    "**": (POWER, "**"),
    "^": (POWER, "**"),
}
RELATIONS: dict[str, Relation] = {
    ">": ">",
    "<": "<",
    ">=": ">=",
    "<=": "<=",
    "==": "==",
    "!=": "!=",
}
FORBIDDEN = {
    '"': "strings are not part of the language",
    "'": "derivatives and strings are not part of an expression",
    "∂": "derivatives are not part of an expression",
    "{": "braces are not part of the language",
    "}": "braces are not part of the language",
    ":=": "a value gets its name with =",
    "//": "the language has no whole-number division",
}
FORBIDDEN_HINTS = {":=": "write = in a statement of its own", "//": "write / for a quotient"}
WORD_HINTS = {
    "and": "join two masks with *",
    "or": "join two masks with maximum(a, b)",
    "not": "the other mask is 1 - mask",
    "if": "write where(condition, a, b)",
    "else": "write where(condition, a, b)",
    "lambda": "the text is itself a function of its names; lam is a free name",
}
BUILTINS = frozenset({"eval", "exec", "compile", "open", "getattr", "setattr", "globals", "locals"})

# A term with the place of its first and last character, its parentheses included.
Placed = tuple[Expression, int, int]


def parse(text: str, declared: Iterable[str] = ()) -> Program:
    """Read a program: statements `name = expression` and at last an expression or one more.

    declared: names that are known to be values, so that `step(x - 1)` is a product when `step`
    is among them; every other name that nothing is assigned to is an input all the same.

    Raises `LanguageError`, and nothing else, whatever the text.
    """
    return Parser(text, declared).program()


class Parser:
    """Where the reading of a text stands: the next token, how deep, which names were met."""

    word_hints: ClassVar[Mapping[str, str]] = WORD_HINTS

    def __init__(
        self, text: str, declared: Iterable[str] = (), tokens: tuple[Token, ...] | None = None
    ) -> None:
        self.text = text
        self.tokens = tokenize(text) if tokens is None else tokens
        self.position = 0
        self.token = self.tokens[0]
        self.depth = 0
        self.values = set(declared)
        self.inputs: dict[str, None] = {}
        self.called: set[str] = set()

    def take(self) -> Token:
        """The next token; the one after it comes next. The last is never gone past."""
        token = self.token
        if token.kind != "end":
            self.position += 1
            self.token = self.tokens[self.position]
        return token

    def following(self, ahead: int = 1) -> Token:
        """The token that stands so many places after the next one."""
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def at(self, *signs: str) -> bool:
        """Whether the next token is one of these signs."""
        return self.token.kind == "sign" and self.token.text in signs

    def expect(self, sign: str, opened: Token) -> Token:
        """Take the sign that closes what `opened` began."""
        if self.at(sign):
            return self.take()
        if self.token.kind in ("end", "newline"):
            self.refuse("syntax_error", f'"{opened.text}" is never closed', opened)
        return self.unexpected(f'an operator or "{sign}"')

    def refuse(
        self, reason: Reason, message: str, where: Token | tuple[int, int], hint: str = ""
    ) -> NoReturn:
        """Raise the error that points at a token or a span."""
        start, end = (where.start, where.end) if isinstance(where, Token) else where
        raise LanguageError(reason, message, start, end, hint, self.text)

    def unexpected(self, expected: str, hint: str = "") -> NoReturn:
        """Refuse the next token where something else was expected."""
        token = self.token
        self.check_allowed(token)
        self.refuse("syntax_error", f"expected {expected}, found {found(token)}", token, hint)

    def check_allowed(self, token: Token) -> None:
        """Refuse a token that has no place in any expression, saying so."""
        if token.kind == "sign" and token.text in FORBIDDEN:
            hint = FORBIDDEN_HINTS.get(token.text, "")
            self.refuse("forbidden_syntax", FORBIDDEN[token.text], token, hint)
        if token.kind == "name":
            name = token.text
            if name.startswith("_") or "__" in name:
                message = f"{shortened(name)}: a name may not begin with _ or hold __"
                self.refuse("forbidden_syntax", message, token)
            if iskeyword(name):
                message = f"{name} is a word of Python, not of this language"
                self.refuse("forbidden_syntax", message, token, self.word_hints.get(name, ""))

    def program(self) -> Program:
        """All statements of the text."""
        statements: list[Statement] = []
        assigned: set[str] = set()
        while True:
            while self.token.kind == "newline" or self.at(";"):
                self.take()
            if self.token.kind == "end":
                break
            if statements and statements[-1].name is None:
                before = statements[-1]
                message = "only the last statement may do without a name"
                self.refuse("syntax_error", message, (before.start, before.end), "write name = ...")
            if len(statements) == MAX_STATEMENTS:
                message = f"more than {MAX_STATEMENTS} statements"
                self.refuse("too_long", message, self.token)
            statement = self.statement(assigned)
            statements.append(statement)
            if statement.name is not None:
                assigned.add(statement.name)
                self.values.add(statement.name)
            if self.token.kind not in ("newline", "end") and not self.at(";"):
                self.after_statement(statement)
        if not statements:
            self.refuse("empty_input", "there is nothing to read", (0, len(self.text)))
        names = tuple(name for name in self.inputs if name not in assigned)
        return Program(self.text, tuple(statements), names)

    def statement(self, assigned: set[str]) -> Statement:
        """One statement; `assigned` are the names of those before it."""
        first = self.token
        if first.kind != "name" or self.following().text != "=":
            expression, start, end = self.expression()
            return Statement(None, expression, start, end)
        self.check_allowed(first)
        name = first.text
        if name in assigned:
            message = f"{shortened(name)} has its value already"
            self.refuse("forbidden_syntax", message, first, "choose a new name")
        if name in self.inputs or name in self.called:
            message = f"{shortened(name)} was used above, before this statement gives it a value"
            self.refuse("forbidden_syntax", message, first, "choose a new name")
        self.take()
        self.take()
        expression, _, end = self.expression()
        if name in self.inputs or name in self.called:
            message = f"{shortened(name)} stands on both sides of ="
            self.refuse("forbidden_syntax", message, first, "choose a new name")
        return Statement(name, expression, first.start, end)

    def after_statement(self, statement: Statement) -> NoReturn:
        """Refuse what follows a whole statement."""
        if self.at("="):
            if statement.name is not None:
                self.refuse("syntax_error", "a second = in one statement", self.token)
            where = (statement.start, statement.end)
            message = "only a name can stand on the left of ="
            self.refuse("syntax_error", message, where, "to compare write ==")
        self.leftover()

    def leftover(self) -> NoReturn:
        """Refuse what stands where only an operator could go on."""
        if self.at(")", "]"):
            message = f'"{self.token.text}" closes nothing'
            self.refuse("syntax_error", message, self.token)
        if self.at(","):
            self.unexpected("an operator or the end", "a vector is written [a, b]")
        self.unexpected("an operator or the end", self.beside())

    def beside(self) -> str:
        """What may have been meant by two terms beside each other."""
        before = self.tokens[self.position - 1]
        if self.token.kind not in ("number", "name"):
            return ""
        if before.kind == "name" and function_named(before.text):
            return f"write {before.text}({self.token.text[:20]})"
        return "for a product write *"

    def expression(self, least: int = 0) -> Placed:
        """A term whose operators all bind at least as strongly as `least`."""
        placed = self.prefix()
        while True:
            token = self.token
            node, start, _ = placed
            if token.kind != "sign" or token.text == "(":
                if token.kind == "power" and least <= POWER:
                    placed = self.raised(placed)
                    continue
                if least > PRODUCT or not self.product_is_implied():
                    return placed
                right, _, stop = self.expression(PRODUCT + 1)
                placed = (Binary("*", node, right, True, start, stop), start, stop)
            elif token.text in postfix.SIGNS and postfix.begins(self):
                placed = postfix.read(self, placed)
            elif token.text in BINARY and least <= BINARY[token.text][0]:
                strength, sign = BINARY[token.text]
                self.take()
                if strength == POWER:
                    right, _, stop = self.deeper(token, POWER)
                else:
                    right, _, stop = self.expression(strength + 1)
                placed = (Binary(sign, node, right, False, start, stop), start, stop)
            elif token.text in RELATIONS and least <= COMPARISON:
                placed = self.comparison(placed)
            else:
                return placed

    def deeper(self, opened: Token, least: int) -> Placed:
        """A term within a bracket, a sign or an exponent: one level further down."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse("too_deep", f"more than {MAX_DEPTH} levels within each other", opened)
        placed = self.expression(least)
        self.depth -= 1
        return placed

    def prefix(self) -> Placed:
        """A term that begins here: a number, a name, a call, a sign, a bracket."""
        token = self.token
        if token.kind == "number":
            self.take()
            return (Number(float(token.text), token.start, token.end), token.start, token.end)
        if token.kind == "name":
            return self.named()
        if self.at("-", "+"):
            self.take()
            operand, _, end = self.deeper(token, SIGNED)
            sign: UnarySign = "-" if token.text == "-" else "+"
            return (Unary(sign, operand, token.start, end), token.start, end)
        if self.at("("):
            self.take()
            if self.at(")"):
                self.refuse("syntax_error", "nothing stands in these parentheses", token)
            inside, _, _ = self.deeper(token, 0)
            if self.at(","):
                hint = "a vector is written [a, b]"
                self.refuse("syntax_error", 'expected ")", found ","', self.token, hint)
            return (inside, token.start, self.expect(")", token).end)
        if self.at("["):
            return self.array()
        hint = "give what is worked out a name of its own: z = x + 1" if self.at("=") else ""
        return self.unexpected('a number, a name or "("', hint)

    def named(self) -> Placed:
        """A name, or a call when a function's name stands before a parenthesis."""
        token = self.token
        self.check_allowed(token)
        name = token.text
        if self.following().text == "(" and name not in self.values:
            function = function_named(name)
            if function is not None:
                if name in self.inputs:
                    message = f"{name} is a function here and an input above"
                    self.refuse("forbidden_syntax", message, token, "give the input another name")
                self.called.add(name)
                call = calls.read(self, function)
                return (call, call.start, call.end)
            self.check_no_call()
        if name in self.called and name not in self.values:
            message = f"{name} is an input here and a function above"
            self.refuse("forbidden_syntax", message, token, "give the input another name")
        self.take()
        self.inputs.setdefault(name)
        return (Name(name, token.start, token.end), token.start, token.end)

    def check_no_call(self) -> None:
        """Refuse `name(` that was meant as a call of a function that does not exist.

        `a(1 - a)` is a product; a name near a function's, or with several operands, is no product.
        """
        token = self.token
        name = token.text
        if name in BUILTINS:
            message = f"{name} is a function of Python, not of this language"
            self.refuse("forbidden_syntax", message, token)
        likely = near(name) if len(name) > 2 else None
        if likely is None and not self.several_operands():
            return
        hint = f"did you mean {likely}? For a product write {shortened(name)}*(...)"
        if likely is None:
            hint = "for a product write * and one term in parentheses"
        self.refuse("unknown_name", f"there is no function {shortened(name)}", token, hint)

    def several_operands(self) -> bool:
        """Whether a comma stands within the parentheses that open after the next token."""
        level = 0
        for token in self.tokens[self.position + 1 :]:
            if token.kind != "sign":
                continue
            if token.text in ("(", "["):
                level += 1
            elif token.text in (")", "]"):
                level -= 1
                if level <= 0:
                    return False
            elif token.text == "," and level == 1:
                return True
        return False

    def product_is_implied(self) -> bool:
        """Whether the next token goes on with a product without its sign: `2x`, `)(`, `a(`."""
        before = self.tokens[self.position - 1]
        if self.at("("):
            if before.kind in ("number", "name", "power") or before.text in (")", "]"):
                if not postfix.ends_transpose(self):
                    return True
            elif before.text != "ᵀ":
                return False
            hint = "write @ for the matrix product, * for the elementwise one"
            self.unexpected("an operator after the transpose", hint)
        if self.token.kind == "name":
            return before.kind in ("number", "power") or before.text == ")"
        return False

    def raised(self, placed: Placed) -> Placed:
        """A term with ² or ³ behind it."""
        node, start, _ = placed
        token = self.take()
        if self.token.kind == "power":
            self.refuse("syntax_error", "one raised digit at a time", self.token, "write **")
        exponent = Number(float(token.text), token.start, token.end)
        return (Binary("**", node, exponent, False, start, token.end), start, token.end)

    def comparison(self, placed: Placed) -> Placed:
        """A comparison, which cannot be compared again without parentheses."""
        left, start, _ = placed
        relation = RELATIONS[self.take().text]
        right, _, end = self.expression(COMPARISON + 1)
        if self.at(*RELATIONS):
            message = "comparisons do not follow each other"
            self.refuse("syntax_error", message, self.token, "write (a < b)*(b < c)")
        return (Compare(relation, left, right, start, end), start, end)

    def array(self) -> Placed:
        """A vector or matrix in brackets."""
        opened = self.take()
        items: list[Expression] = []
        if self.at("]"):
            message = "an array needs at least one entry"
            self.refuse("syntax_error", message, (opened.start, self.token.end))
        while True:
            items.append(self.deeper(opened, 0)[0])
            if not self.at(","):
                break
            self.take()
            if self.at("]"):
                break
        end = self.expect("]", opened).end
        self.check_rectangular(items)
        return (Array(tuple(items), opened.start, end), opened.start, end)

    def check_rectangular(self, items: list[Expression]) -> None:
        """Refuse rows of different lengths, as far as they are written out."""
        first = items[0]
        for item in items[1:]:
            if isinstance(item, Number) and isinstance(first, Array):
                self.refuse("bad_arguments", "a number among rows", (item.start, item.end))
            if isinstance(first, Number) and isinstance(item, Array):
                self.refuse("bad_arguments", "a row among numbers", (item.start, item.end))
            if isinstance(first, Array) and isinstance(item, Array):
                wanted, given = len(first.items), len(item.items)
                if wanted != given:
                    message = f"rows of {wanted} and {given} entries in one array"
                    self.refuse("bad_arguments", message, (item.start, item.end))


def found(token: Token) -> str:
    """A token as an error message calls it."""
    if token.kind == "end":
        return "the end of the text"
    if token.kind == "newline":
        return "the end of the line"
    if token.kind == "power":
        return f"a raised {token.text}"
    if token.kind == "sign":
        return f'"{token.text}"'
    return f"the {token.kind} {shortened(token.text)}"
