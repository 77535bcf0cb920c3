"""Pieces of NumPy source text as numbers: an op that is run on them writes its own code down.

A `Code` is an expression: text with other expressions in it, how tightly it binds, and the value
that it has for the recorded numbers, from which shape and dtype follow. The operators below and the
functions of `engine.arrays.code_functions` make larger expressions of smaller ones. What changes no
number is left out as it is made: `x * 1` is `x`, and a sum of two literals is a literal.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.errors import EngineError

# How tightly an expression binds, as in Python.
ANY, RELATION, OR, AND, SUM, PRODUCT, UNARY, POWER, ATOM = range(9)

# Text, or an operand with the least binding that needs no brackets there.
Part = str | tuple["Code", int]

_CONSTANTS = {
    math.sqrt(2): ("np.sqrt(2)", ATOM),
    2 / math.sqrt(math.pi): ("2 / np.sqrt(np.pi)", PRODUCT),
    1 / math.sqrt(2 * math.pi): ("1 / np.sqrt(2 * np.pi)", PRODUCT),
    math.pi: ("np.pi", ATOM),
    math.e: ("np.e", ATOM),
    math.log(2): ("np.log(2)", ATOM),
    math.inf: ("np.inf", ATOM),
    -math.inf: ("-np.inf", UNARY),
}


class Code:
    """One expression of NumPy source text.

    parts: its text, with operands among it. level: how tightly it binds. value: what it is for the
    recorded numbers. kind: "variable", "literal", "view" (the same entries seen otherwise) or
    "made". base: of a view, what it sees. needs: a function of ours that it calls, or "".
    """

    __slots__ = ("base", "kind", "level", "needs", "parts", "value")
    __array_ufunc__ = None  # so that NumPy leaves an operation to us

    def __init__(
        self,
        parts: tuple[Part, ...],
        level: int,
        value: Any,
        kind: str = "made",
        base: Code | None = None,
        needs: str = "",
    ) -> None:
        self.parts = parts
        self.level = level
        self.value = value
        self.kind = kind
        self.base = base
        self.needs = needs

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        return np.size(self.value)

    @property
    def dtype(self) -> Any:
        return np.asarray(self.value).dtype

    @property
    def operands(self) -> list[Code]:
        """The expressions in it, from left to right."""
        return [part[0] for part in self.parts if not isinstance(part, str)]

    @property
    def own(self) -> bool:
        """Whether its value is a new array, or a number, that nothing else sees."""
        if not isinstance(self.value, np.ndarray):
            return True
        return self.kind == "made" and bool(self.value.flags.owndata)

    def __repr__(self) -> str:
        return f"<code {text(self)}>"

    def __bool__(self) -> bool:
        raise EngineError("an op that looks at a number cannot be written down as code")

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise EngineError(f"it asks an array for .{name}, which cannot be written down as code")

    def __getitem__(self, key: Any) -> Code:
        from engine.arrays.code_functions import item

        return item(self, key)

    def __neg__(self) -> Code:
        if self.kind == "literal":
            return literal(-self.value)
        if self.parts[0] == "-":
            return self.operands[0]
        return Code(("-", (self, UNARY)), UNARY, -np.asarray(self.value)[()])

    def __pos__(self) -> Code:
        return self

    def __invert__(self) -> Code:
        return Code(("~", (self, UNARY)), UNARY, ~np.asarray(self.value))

    def __abs__(self) -> Code:
        return Code(("np.abs(", (self, ANY), ")"), ATOM, np.abs(self.value))

    def __pow__(self, other: Any) -> Code:
        return power(self, other)

    def __rpow__(self, other: Any) -> Code:
        return power(other, self)

    def __matmul__(self, other: Any) -> Code:
        from engine.arrays.code_functions import matmul

        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Code:
        from engine.arrays.code_functions import matmul

        return matmul(other, self)

    def __add__(self, other: Any) -> Code:
        return _sum(self, other)

    def __radd__(self, other: Any) -> Code:
        return _sum(other, self)

    def __sub__(self, other: Any) -> Code:
        return _difference(self, other)

    def __rsub__(self, other: Any) -> Code:
        return _difference(other, self)

    def __mul__(self, other: Any) -> Code:
        return _product(self, other)

    def __rmul__(self, other: Any) -> Code:
        return _product(other, self)

    def __truediv__(self, other: Any) -> Code:
        return _quotient(self, other)

    def __rtruediv__(self, other: Any) -> Code:
        return _quotient(other, self)

    def __and__(self, other: Any) -> Code:
        return _both(self, other)

    def __or__(self, other: Any) -> Code:
        return _either(self, other)

    def __gt__(self, other: Any) -> Code:
        return greater(self, other)

    def __lt__(self, other: Any) -> Code:
        return less(self, other)

    def __ge__(self, other: Any) -> Code:
        return _at_least(self, other)

    def __le__(self, other: Any) -> Code:
        return _at_most(self, other)

    def __eq__(self, other: Any) -> Code:  # type: ignore[override]
        return equal(self, other)

    def __ne__(self, other: Any) -> Code:  # type: ignore[override]
        return _unequal(self, other)


def variable(name: str, value: Any) -> Code:
    """A variable that holds `value`."""
    return Code((name,), ATOM, value, "variable")


def literal(number: Any) -> Code:
    """A number as one types it; π, √2 and the like by their formulas."""
    if isinstance(number, np.generic):
        number = number.item()
    if isinstance(number, float):
        if number != number:
            return Code(("np.nan",), ATOM, number, "literal")
        written, level = _CONSTANTS.get(number, ("", ATOM))
        if written:
            return Code((written,), level, number, "literal")
    level = UNARY if not isinstance(number, bool) and math.copysign(1.0, number) < 0 else ATOM
    return Code((repr(number),), level, number, "literal")


def as_code(x: Any) -> Code:
    """Code as it is, a number as a literal, an array as a literal array.

    Raises EngineError for anything else.
    """
    if isinstance(x, Code):
        return x
    if isinstance(x, (bool, int, float, np.generic)):
        return literal(x)
    if isinstance(x, np.ndarray):
        return literal(x[()]) if x.ndim == 0 else array(x)
    raise EngineError(f"a value of type {type(x).__name__} cannot be written down as code")


def array(values: Any) -> Code:
    """An array with its entries written out."""
    held = np.asarray(values)
    return Code((f"np.array({array_text(held)})",), ATOM, held, "array")


def array_text(values: Any) -> str:
    """The entries of an array as nested lists that give each of them back exactly."""
    written = repr(np.asarray(values).tolist())
    for name in ("nan", "inf"):
        written = written.replace(name, f"np.{name}")
    return written


def text(code: Code) -> str:
    """The whole expression in one line."""
    return "".join(
        part if isinstance(part, str) else bracketed(text(part[0]), part[0].level, part[1])
        for part in code.parts
    )


def bracketed(written: str, level: int, least: int) -> str:
    """Text that binds as tightly as `level`, in brackets where `least` is needed."""
    return written if level >= least else f"({written})"


def power(a: Any, b: Any) -> Code:
    """a ** b."""
    base, exponent = as_code(a), as_code(b)
    folded = _folded(np.power, base, exponent)
    if folded is not None:
        return folded
    if exponent.kind == "literal" and exponent.value == 1:
        return base
    value = np.power(_float(base), _float(exponent))
    if exponent.kind == "literal" and exponent.value == round(exponent.value):
        exponent = literal(int(exponent.value))
    sign = "**" if base.level == ATOM and exponent.level >= UNARY else " ** "
    return Code(((base, ATOM), sign, (exponent, UNARY)), POWER, value)


def _infix(
    sign: str, level: int, function: Callable[..., Any], kept: Callable[[Code, Code], Code | None]
) -> Callable[..., Code]:
    """An operator between two expressions; `kept` gives the operand that is the whole result."""
    own_level = level if level != RELATION else SUM

    def call(a: Any, b: Any) -> Code:
        left, right = as_code(a), as_code(b)
        folded = _folded(function, left, right)
        if folded is None:
            folded = kept(left, right)
        if folded is not None:
            return folded
        left, right = _bare(left, right), _bare(right, left)
        parts = ((left, own_level), f" {sign} ", (right, own_level + 1))
        return Code(parts, level, function(_held(left), _held(right)))

    return call


def _bare(code: Code, other: Code) -> Code:
    """A number that was given axes of size 1, as a number: it is spread over the other anyway."""
    if code.base is not None and code.base.ndim == 0 and code.ndim <= other.ndim:
        return code.base
    return code


def _folded(function: Callable[..., Any], *operands: Code) -> Code | None:
    """A number, where all operands are numbers and it is finite."""
    if any(x.kind != "literal" for x in operands):
        return None
    if all(type(x.value) is int for x in operands) and function is not np.true_divide:
        value = _WHOLE[function](*[x.value for x in operands]) if function in _WHOLE else None
        if value is not None:
            return literal(value)
    with np.errstate(all="ignore"):
        value = function(*[np.float64(x.value) for x in operands])
    return literal(value) if np.isfinite(value) else None


_WHOLE = {np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul}


def _held(code: Code) -> Any:
    """The value for a computation: never a plain float, whose division by zero raises."""
    return np.float64(code.value) if isinstance(code.value, float) else code.value


def _float(code: Code) -> Any:
    return np.asarray(code.value, dtype=np.float64)[()]


def _is(code: Code, number: int) -> bool:
    return code.kind == "literal" and code.value == number


def _nothing(a: Code, b: Code) -> Code | None:
    return None


def _factor(a: Code, b: Code) -> Code | None:
    if _is(a, 1) and b.dtype == np.float64:
        return b
    return a if _is(b, 1) and a.dtype == np.float64 else None


def _dividend(a: Code, b: Code) -> Code | None:
    return a if _is(b, 1) and a.dtype == np.float64 else None


_sum = _infix("+", SUM, np.add, _nothing)
_difference = _infix("-", SUM, np.subtract, _nothing)
_product = _infix("*", PRODUCT, np.multiply, _factor)
_quotient = _infix("/", PRODUCT, np.true_divide, _dividend)
_both = _infix("&", AND, np.logical_and, _nothing)
_either = _infix("|", OR, np.logical_or, _nothing)
greater = _infix(">", RELATION, np.greater, _nothing)
less = _infix("<", RELATION, np.less, _nothing)
equal = _infix("==", RELATION, np.equal, _nothing)
_at_least = _infix(">=", RELATION, np.greater_equal, _nothing)
_at_most = _infix("<=", RELATION, np.less_equal, _nothing)
_unequal = _infix("!=", RELATION, np.not_equal, _nothing)
