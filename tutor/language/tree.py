"""The syntax tree of the language: typed, frozen, every node with its span in the text.

`start` and `end` are offsets into the program's text, parentheses around a node left out; the
span of an operator reaches over its operands with their parentheses, so that `text[start:end]`
always reads as a whole. Spans and spellings do not count in `==`: two trees are equal when they
mean the same, wherever they stand. Trees may be some hundred levels deep, so whoever goes
through one uses `children` and a list of what is still to do, not recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from engine.tensor import Tensor

Sign = Literal["+", "-", "*", "/", "@", "**"]
UnarySign = Literal["-", "+"]
Relation = Literal[">", "<", ">=", "<=", "==", "!="]
Value: TypeAlias = "float | int | bool | str | tuple[Value, ...] | None"


class Listed(tuple[Value, ...]):
    """A list in brackets, for the few parameters to which a list says other than a tuple."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written; a minus before it is a `Unary`."""

    value: float
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """An input, or the value of an earlier assignment. Subscript digits stand as digits."""

    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`-operand` or `+operand`."""

    sign: UnarySign
    operand: Expression
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`left sign right`; `implied` says that a product was written without its sign."""

    sign: Sign
    left: Expression
    right: Expression
    implied: bool = field(default=False, compare=False)
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison: a mask of ones and zeros."""

    relation: Relation
    left: Expression
    right: Expression
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A parameter of a call, always a literal: `axis=0`, `shape=(2, 3)`, a pattern of einsum."""

    name: str
    value: Value
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language, by the name of the engine's op whatever synonym was typed."""

    function: str
    operands: tuple[Expression, ...]
    keywords: tuple[Keyword, ...] = ()
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Transpose:
    """`operand.T`: the axes in reverse order."""

    operand: Expression
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """`first:beyond:step` within an index."""

    first: int | None = None
    beyond: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """`operand[items]`, one item an axis."""

    operand: Expression
    items: tuple[int | Slice, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b]`: a vector, or with arrays as items a matrix and so on. Items may be any terms."""

    items: tuple[Expression, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Derivative:
    """`d(of)/d(by)`: the total derivative of one named quantity by another. A derivation has it,
    a program does not; `dW` in a derivation is the loss by W."""

    of: str
    by: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


Expression: TypeAlias = (
    Number | Name | Unary | Binary | Compare | Call | Transpose | Index | Array | Derivative
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`name = expression`, or as the last statement an expression alone (`name` is None)."""

    name: str | None
    expression: Expression
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Program:
    """A text that was read: its statements, and its inputs in order of first appearance."""

    text: str = field(compare=False)
    statements: tuple[Statement, ...]
    inputs: tuple[str, ...]

    @property
    def result(self) -> Expression:
        """What the last statement computes, which is what the program computes."""
        return self.statements[-1].expression

    @property
    def result_name(self) -> str | None:
        """The name that the last statement gives its value, if it gives one."""
        return self.statements[-1].name

    def function(self) -> Callable[..., Tensor]:
        """The program as a function of Tensors; see `tutor.language.evaluate.function_of`."""
        from tutor.language.evaluate import function_of

        return function_of(self)


def children(node: Expression) -> tuple[Expression, ...]:
    """The terms directly below a term, from left to right."""
    match node:
        case Number() | Name() | Derivative():
            return ()
        case Unary() | Transpose() | Index():
            return (node.operand,)
        case Binary() | Compare():
            return (node.left, node.right)
        case Call():
            return node.operands
        case Array():
            return node.items


def walk(node: Expression) -> Iterator[Expression]:
    """The term and every term below it: each before its operands, from left to right."""
    waiting = [node]
    while waiting:
        term = waiting.pop()
        yield term
        waiting.extend(reversed(children(term)))
