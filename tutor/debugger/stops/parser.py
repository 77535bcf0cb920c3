"""The text of a condition to its tree, read from left to right, with errors that point."""

from __future__ import annotations

from typing import Literal, NoReturn, cast

from tutor.debugger.stops.conditions import (
    QUANTIFIERS,
    REDUCTIONS,
    Bare,
    Changed,
    Condition,
    Field,
    FieldName,
    Happens,
    Held,
    Is,
    Joined,
    Not,
    Number,
    Place,
    Quantity,
    Relation,
    Sign,
    What,
)
from tutor.debugger.stops.words import Word, refuse, words_of
from tutor.language.errors import Reason, shortened

MAX_DEPTH = 32

RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
_HELD = ("value", "grad", "amount", "local", "upstream")
_NAMED_FIELDS = ("op", "name", "scope", "kind", "dtype", "through", "from")
_NUMBER_FIELDS = ("line", "pass")
_FIELDS = (*_NAMED_FIELDS, *_NUMBER_FIELDS, "shape")
_KINDS = ("value", "seed", "contribution", "update")
_STATES = ("nan", "inf", "finite")
_JOINING = ("and", "or", "not", "is")
_EVENTS = ("computed", "written", "complete", "updated")
_WRAPS = ("abs", *REDUCTIONS, *QUANTIFIERS)
_OF = {"computed": "value", "updated": "value", "written": "grad", "complete": "grad"}
_GRADIENTS = ("gradient", "gradients", "grads", "delta")


def parse_condition(text: str) -> Condition:
    """The tree of a condition. Raises LanguageError, with a span and a hint, and nothing else."""
    reader = Reader(text)
    condition = reader.condition()
    reader.expect_end("and, or, or the end")
    return condition


def parse_quantity(text: str) -> Quantity:
    """The tree of a quantity of one node: `W[0, 1]`, `norm(grad(W))`; a name alone is its value.

    Raises LanguageError for anything else.
    """
    reader = Reader(text)
    quantity = reader.operand()
    reader.expect_end("the end of what is watched")
    span = (quantity.start, quantity.end)
    hint = "for example grad(W1) or norm(grad(W1))"
    if isinstance(quantity, Number):
        reader.refuse("bad_arguments", "a number does not change", span, hint)
    if quantity.node is None:
        message = f"of which node? {quantity.held} alone belongs to each event in turn"
        reader.refuse("bad_arguments", message, span, hint)
    if quantity.quantifier != "some":
        message = f"{quantity.quantifier}(...) is no number that could be watched"
        reader.refuse("bad_arguments", message, span, hint)
    return quantity


class Reader:
    """Where the reading of a text stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words_of(text)
        self.at = 0
        self.depth = 0

    @property
    def word(self) -> Word:
        """The word that comes next."""
        return self.words[self.at]

    def following(self) -> Word:
        """The word after the next one."""
        return self.words[min(self.at + 1, len(self.words) - 1)]

    def take(self) -> Word:
        """The next word; the one after it comes next. The last is never gone past."""
        word = self.word
        self.at = min(self.at + 1, len(self.words) - 1)
        return word

    def next_is(self, *texts: str) -> bool:
        """Whether the next word or sign is one of these."""
        return self.word.kind in ("word", "sign") and self.word.text in texts

    def expect(self, sign: str, wanted: str = "") -> Word:
        """Take a sign."""
        if self.word.kind == "sign" and self.word.text == sign:
            return self.take()
        self.unexpected(wanted or f'"{sign}"')

    def expect_end(self, wanted: str) -> None:
        """Refuse what follows a whole text."""
        if self.word.kind != "end":
            self.unexpected(wanted)

    def refuse(
        self, reason: Reason, message: str, where: tuple[int, int] | Word, hint: str = ""
    ) -> NoReturn:
        """Raise the error that points at a span."""
        start, end = (where.start, where.end) if isinstance(where, Word) else where
        refuse(reason, message, self.text, start, end, hint)

    def unexpected(self, wanted: str, hint: str = "") -> NoReturn:
        """Refuse the next word where something else was expected."""
        if self.word.kind == "end":
            message = f"expected {wanted}, but the text ends"
        else:
            message = f"expected {wanted}, found {shortened(self.word.text)}"
        self.refuse("syntax_error", message, self.word, hint)

    def deeper(self) -> None:
        """One more bracket is open."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse("too_deep", f"more than {MAX_DEPTH} brackets in each other", self.word)

    def condition(self) -> Condition:
        """`a or b or c`"""
        return self.joined("or")

    def joined(self, word: Literal["and", "or"]) -> Condition:
        """Parts with the same word between them; `and` binds more tightly than `or`."""
        parts = [self.negated() if word == "and" else self.joined("and")]
        while self.next_is(word):
            self.take()
            parts.append(self.negated() if word == "and" else self.joined("and"))
        if len(parts) == 1:
            return parts[0]
        return Joined(word, tuple(parts), parts[0].start, parts[-1].end)

    def negated(self) -> Condition:
        """`not a`, `(a)` or one statement."""
        if self.next_is("not"):
            word = self.take()
            self.deeper()
            part = self.negated()
            self.depth -= 1
            return Not(part, word.start, part.end)
        if self.next_is("("):
            self.take()
            self.deeper()
            inside = self.condition()
            self.expect(")", 'and, or, or ")"')
            self.depth -= 1
            return inside
        return self.statement()

    def statement(self) -> Condition:
        """One relation, field, place or happening."""
        word, after = self.word, self.following()
        if word.kind == "word" and after.text != "(":
            if word.text == "changed":
                self.take()
                return Changed(word.start, word.end)
            if word.text in _FIELDS and (after.text in RELATIONS and after.kind == "sign"):
                return self.field()
            follows = after.kind in ("word", "number", "quoted") and after.text not in _JOINING
            if word.text in ("op", "scope", "line") and follows:
                return self.place()
            if after.kind == "sign" and after.text == ":":
                return self.file_and_line()
        return self.relation_or_happening()

    def field(self) -> Condition:
        """`op = log`, `shape != (3, 4)`, `line > 12`"""
        word, sign = self.take(), self.take()
        name = cast(FieldName, word.text)
        if name not in _NUMBER_FIELDS and sign.text not in ("=", "!="):
            message = f"{name} is compared with = or !=, not with {sign.text}"
            self.refuse("bad_arguments", message, sign)
        wanted: str | float | tuple[int, ...]
        if name == "shape":
            wanted = self.shape()
        elif name in _NUMBER_FIELDS:
            wanted = float(self.whole(f"{name} is compared with a whole number"))
        else:
            wanted = self.name(f"a name after {name} {sign.text}")
            if name == "kind" and wanted not in _KINDS:
                message = f"{shortened(wanted)} is no kind of event"
                self.refuse("unknown_name", message, self.words[self.at - 1],
                            f"the kinds are {', '.join(_KINDS)}")  # fmt: skip
        end = self.words[self.at - 1].end
        return Field(name, cast(Sign, sign.text), wanted, word.start, end)

    def place(self) -> Condition:
        """`op log`, `scope layer1`, `line 12`"""
        word = self.take()
        wanted: str | int
        if word.text == "line":
            wanted = self.whole("a line is a whole number")
        else:
            wanted = self.name(f"a name after {word.text}")
        kind = cast(Literal["op", "scope", "line"], word.text)
        return Place(kind, wanted, None, word.start, self.words[self.at - 1].end)

    def file_and_line(self) -> Condition:
        """`loss.py:12`"""
        word = self.take()
        self.take()
        line = self.whole(f"after {shortened(word.text)}: a line number is expected")
        return Place("line", line, word.text, word.start, self.words[self.at - 1].end)

    def relation_or_happening(self) -> Condition:
        """What begins with a quantity or a name."""
        first = self.word
        left = self.operand()
        if self.next_is("is"):
            return self.state(left)
        if self.next_is(*RELATIONS):
            return self.relation(left)
        if isinstance(left, Number):
            self.unexpected("a relation such as > or <=")
        bare = left.index is None and not left.wraps and left.quantifier == "some"
        named = first.text not in _HELD or first.kind == "quoted"
        if bare and left.node is not None:
            return self.happening(left, left.node, named)
        example = self.text[left.start : left.end].strip()
        self.unexpected("a relation", f"for example {shortened(example)} > 10, or is nan")

    def happening(self, left: Quantity, node: str, named: bool) -> Condition:
        """`W1`, `W1 updated`, `value(h) computed`, `grad(W1)`"""
        if self.word.kind == "word" and self.word.text in _EVENTS:
            word = self.take()
            held = _OF[word.text]
            if not named and held != left.held:
                hint = f"write {held}({shortened(node)}) {word.text}"
                message = f"a {_spoken(left.held)} is not {word.text}"
                self.refuse("bad_arguments", message, word, hint)
            return Happens(node, cast(What, word.text), left.start, word.end)
        if named:
            return Bare(node, left.start, left.end)
        what: What = "computed" if left.held == "value" else "written"
        return Happens(node, what, left.start, left.end)

    def state(self, left: Quantity | Number) -> Condition:
        """`... is nan`, `... is not finite`"""
        self.take()
        if isinstance(left, Number):
            self.refuse("bad_arguments", "a number is what it is", (left.start, left.end))
        negated = self.next_is("not")
        if negated:
            self.take()
        if not self.next_is(*_STATES):
            self.unexpected("nan, inf or finite", "write = to compare with a number")
        word = self.take()
        found = Is(left, word.text, left.start, word.end)
        return Not(found, left.start, word.end) if negated else found

    def relation(self, left: Quantity | Number) -> Condition:
        """`a > b`, and `0 < a < 1` as two relations."""
        parts: list[Condition] = []
        while self.next_is(*RELATIONS):
            sign = self.take()
            if self.next_is("nan", "inf"):
                hint = f"write: is {self.word.text}"
                self.unexpected("a number", hint)
            right = self.operand()
            if isinstance(left, Number) and isinstance(right, Number):
                span = (left.start, right.end)
                self.refuse("bad_arguments", "two numbers are no condition", span)
            if isinstance(right, Quantity) and right.quantifier != "some":
                hint = "write it on the left"
                message = f"{right.quantifier}(...) stands on the left of a relation"
                self.refuse("bad_arguments", message, (right.start, right.end), hint)
            parts.append(Relation(left, cast(Sign, sign.text), right, left.start, right.end))
            left = right
        if len(parts) == 1:
            return parts[0]
        return Joined("and", tuple(parts), parts[0].start, parts[-1].end)

    def operand(self) -> Quantity | Number:
        """A number, `|...|`, `norm(...)`, `grad`, `grad(W)[0, 1]`, `W`"""
        word = self.word
        if word.kind == "number":
            self.take()
            return Number(float(word.text), word.start, word.end)
        if self.next_is("-"):
            self.take()
            if self.word.kind != "number":
                self.unexpected("a number after the minus")
            digits = self.take()
            return Number(-float(digits.text), word.start, digits.end)
        if self.next_is("|"):
            self.take()
            return self.wrapped("abs", word, "|")
        if word.kind == "word" and word.text in _WRAPS and self.following().text == "(":
            self.take()
            self.take()
            return self.wrapped(word.text, word, ")")
        return self.held()

    def wrapped(self, wrap: str, opened: Word, close: str) -> Quantity:
        """What stands between a bracket and the one that closes it."""
        self.deeper()
        inner = self.operand()
        closing = self.expect(close, f'"{close}" to close what {shortened(opened.text)} opened')
        self.depth -= 1
        span = (opened.start, closing.end)
        if isinstance(inner, Number):
            self.refuse("bad_arguments", f"{wrap} of a number is no quantity", span)
        if inner.quantifier != "some":
            hint = f"write {inner.quantifier}({wrap}(...))"
            message = f"{inner.quantifier} is said of what is compared, so it stands outside"
            self.refuse("bad_arguments", message, span, hint)
        if inner.is_number and wrap != "abs":
            self.refuse("bad_arguments", f"{wrap} of one number is that number", span)
        quantifier = wrap if wrap in QUANTIFIERS else "some"
        wraps = inner.wraps if wrap in QUANTIFIERS else (*inner.wraps, wrap)
        return Quantity(inner.held, inner.node, inner.index, wraps, quantifier, *span)

    def held(self) -> Quantity:
        """`grad`, `grad(W)`, `W`, each perhaps with an index."""
        word = self.word
        if word.kind not in ("word", "quoted") or word.text in _JOINING:
            self.unexpected("a quantity, a name or a number", "for example |grad| > 10")
        self.take()
        held: Held = "value"
        node: str | None = word.text
        if word.kind == "word" and word.text in _HELD:
            held, node = cast(Held, word.text), None
            if self.next_is("("):
                self.take()
                node = self.name(f"the name of a node in {held}(...)")
                self.expect(")")
                if held not in ("value", "grad"):
                    hint = f"write from = {shortened(node)} and {held} ..."
                    message = f"{held} belongs to a contribution, not to a node"
                    span = (word.start, self.words[self.at - 1].end)
                    self.refuse("bad_arguments", message, span, hint)
        elif self.next_is("("):
            known = ", ".join(["value", "grad", *_WRAPS])
            hint = f"these can be written with brackets: {known}"
            if word.text in _GRADIENTS:
                hint = "write grad(...)"
            self.refuse("unknown_name", f"{shortened(word.text)}(...) is not known", word, hint)
        index = self.index() if self.next_is("[") else None
        end = self.words[self.at - 1].end
        return Quantity(held, node, index, (), "some", word.start, end)

    def index(self) -> tuple[int, ...]:
        """`[0, 1]`"""
        self.take()
        parts = [self.whole("an index is a whole number")]
        while self.next_is(","):
            self.take()
            parts.append(self.whole("an index is a whole number"))
        self.expect("]", 'a comma or "]"')
        return tuple(parts)

    def shape(self) -> tuple[int, ...]:
        """`(3, 4)`, `(3,)`, `()`"""
        self.expect("(", "a shape such as (3, 4)")
        sizes: list[int] = []
        while not self.next_is(")"):
            sizes.append(self.whole("a shape holds whole numbers"))
            if not self.next_is(","):
                break
            self.take()
        self.expect(")", 'a comma or ")"')
        return tuple(sizes)

    def whole(self, message: str) -> int:
        """A whole number, perhaps with a minus."""
        minus = self.next_is("-")
        if minus:
            self.take()
        word = self.word
        if word.kind != "number" or not word.text.isdigit():
            self.refuse("syntax_error", message, word)
        self.take()
        return -int(word.text) if minus else int(word.text)

    def name(self, wanted: str) -> str:
        """A name as it is written; one with odd characters stands in quotes."""
        if self.word.kind not in ("word", "quoted", "number"):
            self.unexpected(wanted)
        return self.take().text


def _spoken(held: Held) -> str:
    return "gradient" if held == "grad" else held
