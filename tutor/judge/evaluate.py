"""The value of a tree of the language over any kind of array: samples with bounds, NumPy, symbols.

Names stand for the arrays they are given, dimensions among them as numbers; functions are the
engine's own ops. Every shape is checked before anything is computed, and whatever does not fit
raises MisfitError with the sub-tree at fault.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.arrays import namespace_of
from engine.errors import EngineError
from engine.ops import REGISTRY
from tutor.judge import links
from tutor.judge.fitting import MisfitError as MisfitError
from tutor.judge.fitting import (
    Sizes,
    check_call,
    check_index,
    check_pair,
    check_product,
    check_size,
    check_work,
)
from tutor.judge.links import Chain, Linked
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Index,
    Listed,
    Name,
    Number,
    Slice,
    Transpose,
    Unary,
    Value,
    children,
)

Operand = Any
Known = Mapping[int, Operand]
DerivativeOf = Callable[[str, str], Operand]

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_FAILURES = (EngineError, ValueError, TypeError, IndexError, OverflowError, MemoryError)
_MISSING = object()
# Sliding windows take three times as long an entry as arithmetic.
_SLOW = 3
_POWER = REGISTRY["pow"]


def value_of(
    tree: Expression,
    values: Mapping[str, Operand],
    derivative: DerivativeOf | None = None,
    xp: Any = None,
    *,
    sizes: Sizes | None = None,
    known: Known | None = None,
) -> Operand:
    """The value of a tree: an array of the namespace `xp` (by default that of the values).

    values: an array, or a number, for each name. derivative: `derivative(of, by)` gives the
    gradient in the shape of `by` where `of` is a scalar, otherwise a `Linked`; a tree that is such
    a derivative, or a chain of them, has a `Linked` as its value. sizes: names of sizes for the
    messages. known: values of sub-trees by `id(sub-tree)`, which are not computed again. Of samples
    with bounds no error is nan. Raises MisfitError.
    """
    return Evaluation(values, derivative, xp, sizes).value(tree, known)


def values_of_terms(
    tree: Expression,
    values: Mapping[str, Operand],
    derivative: DerivativeOf | None = None,
    xp: Any = None,
    *,
    sizes: Sizes | None = None,
) -> dict[int, Operand]:
    """The value of every sub-tree, by its `id`. Masks are masks, derivatives `Linked`, products of
    links that do not join a `Chain`: made to be given back as `known`. Keep the tree as long."""
    return Evaluation(values, derivative, xp, sizes).terms(tree)


class Evaluation:
    """Values, derivatives and a namespace, with which any number of trees can be evaluated."""

    __slots__ = ("derivative", "numbers", "sizes", "values", "work", "xp")

    def __init__(
        self,
        values: Mapping[str, Operand],
        derivative: DerivativeOf | None = None,
        xp: Any = None,
        sizes: Sizes | None = None,
    ) -> None:
        self.values = values
        self.derivative = derivative
        self.sizes = sizes
        if xp is None:
            arrays = [x for x in values.values() if not isinstance(x, (int, float))]
            xp = namespace_of(arrays or [np.zeros(())])
        self.xp = xp
        self.numbers: dict[float, Operand] = {}
        self.work = 0

    def value(self, tree: Expression, known: Known | None = None) -> Operand:
        """As `value_of`."""
        return self._finished(tree, self._run(tree, known, None))

    def terms(self, tree: Expression) -> dict[int, Operand]:
        """As `values_of_terms`."""
        record: dict[int, Operand] = {}
        self._run(tree, None, record)
        return record

    def revalued(
        self,
        tree: Expression,
        path: tuple[int, ...],
        value: Operand,
        known: Known,
    ) -> Operand:
        """The value of the tree if the sub-tree at `path` had another value.

        path: which child to go to at each level, from the root. known: values of all other
        sub-trees (see `terms`). Only the terms above the place are computed again.
        Raises MisfitError where the new value does not fit.
        """
        above: list[tuple[Expression, tuple[Expression, ...], int]] = []
        term = tree
        for place in path:
            below = children(term)
            above.append((term, below, place))
            term = below[place]
        self.work = 0
        with np.errstate(all="ignore"):
            for parent, below, place in reversed(above):
                operands = [known[id(child)] for child in below]
                operands[place] = value
                value = self._term(parent, below, operands)
        return self._finished(tree, value)

    @np.errstate(all="ignore")
    def _run(
        self, tree: Expression, known: Known | None, record: dict[int, Operand] | None
    ) -> Operand:
        """Every term after its operands, from left to right; trees may be some hundreds deep."""
        self.work = 0
        done: list[Operand] = []
        waiting: list[tuple[Expression, tuple[Expression, ...] | None]] = [(tree, None)]
        while waiting:
            term, below = waiting.pop()
            if below is None:
                if known is not None:
                    found = known.get(id(term), _MISSING)
                    if found is not _MISSING:
                        done.append(found)
                        continue
                below = children(term)
                if below:
                    waiting.append((term, below))
                    waiting.extend([(child, None) for child in reversed(below)])
                    continue
                value = self._leaf(term)
            else:
                count = len(below)
                operands = done[-count:]
                del done[-count:]
                value = self._term(term, below, operands)
                self.work += _size(value)
                check_work(term, self.work)
            if record is not None:
                record[id(term)] = value
            done.append(value)
        return done[0]

    def _leaf(self, term: Expression) -> Operand:
        kind = type(term)
        if kind is Number:
            return self._number(term.value)  # type: ignore[union-attr]
        if kind is Name:
            name = term.name  # type: ignore[union-attr]
            if name not in self.values:
                raise MisfitError(term, f"{name} has no value here")
            value = self.values[name]
            if isinstance(value, (int, float)):
                return self._number(value)
            return self._counted(value) if value.dtype.kind == "b" else value
        if kind is Derivative:
            return self._derivative(term)  # type: ignore[arg-type]
        raise MisfitError(term, "an empty list has no value")

    def _number(self, value: float) -> Operand:
        made = self.numbers.get(value)
        if made is None:
            made = self.numbers[value] = self.xp.asarray(value)
        return made

    def _derivative(self, term: Derivative) -> Linked:
        if self.derivative is None:
            raise MisfitError(term, f"d{term.of}/d{term.by} has no value here")
        found = self.derivative(term.of, term.by)
        return found if isinstance(found, Linked) else Linked(term.of, term.by, 0, found)

    def _term(
        self, term: Expression, below: tuple[Expression, ...], operands: list[Operand]
    ) -> Operand:
        chooses = type(term) is Call and term.function == "where"
        for i, child in enumerate(below):
            if type(child) is Compare and not (chooses and i == 0):
                operands[i] = self._counted(operands[i])
        try:
            return self._applied(term, operands)
        except MisfitError:
            raise
        except _FAILURES as error:
            raise MisfitError(term, f"this cannot be computed: {error}") from error

    def _applied(self, term: Expression, operands: list[Operand]) -> Operand:
        kind = type(term)
        if kind is Binary:
            return self._binary(term, operands[0], operands[1])  # type: ignore[arg-type]
        if kind is Unary:
            x = operands[0]
            if term.sign == "+":  # type: ignore[union-attr]
                return x
            if type(x) is Linked:
                return links.scaled(x, operator.neg)
            if type(x) is Chain:
                return Chain((links.scaled(x.links[0], operator.neg), *x.links[1:]))
            return -x
        if type(operands[0]) is Linked and _turns(term):
            return links.transposed(self.xp, operands[0])
        plain = [self._ordinary(term, x) for x in operands]
        match term:
            case Transpose():
                return self.xp.transpose(plain[0])
            case Call():
                return self._call(term, plain)
            case Compare():
                check_pair(term, term.relation, _shape(plain[0]), _shape(plain[1]), self.sizes)
                return _RELATIONS[term.relation](plain[0], plain[1])
            case Index():
                check_index(term, term.items, _shape(plain[0]), self.sizes)
                items = tuple(_index_item(item) for item in term.items)
                return plain[0][items[0] if len(items) == 1 else items]
            case Array():
                check_call(term, REGISTRY["stack"], [_shape(x) for x in plain], {}, self.sizes)
                return self.xp.stack(plain)
        raise MisfitError(term, "this has no value")

    def _binary(self, term: Binary, left: Operand, right: Operand) -> Operand:
        sign = term.sign
        if type(left) in _LINKS or type(right) in _LINKS:
            made = self._linked(term, left, right)
            if made is not None:
                return made
            if sign == "@":
                left, right = self._matrix(left), self._matrix(right)
            left, right = self._ordinary(term, left), self._ordinary(term, right)
        a, b = left.shape, right.shape
        if sign == "@":
            check_product(term, tuple(a), tuple(b), self.sizes)
            return self.xp.matmul(left, right)
        if a != b and a and b:
            check_pair(term, sign, tuple(a), tuple(b), self.sizes)
        if sign == "**":
            return _POWER.forward(self.xp, left, right)
        return _ARITHMETIC[sign](left, right)

    def _linked(self, term: Binary, left: Operand, right: Operand) -> Operand | None:
        """An operator on derivatives where that is more than arithmetic of arrays, else None."""
        sign, xp = term.sign, self.xp
        first, second = _links_of(left), _links_of(right)
        if sign in ("*", "@"):
            if first and second:
                size = 1
                for link in (*first, *second):
                    size = max(size, _entries(link))
                check_size(term, size)
                return links.joined(xp, [*first, *second])
            one, other = (first, right) if first else (second, left)
            if not _shape(other) and sign == "*":
                change = (lambda x: x * other) if first else (lambda x: other * x)
                return _packed([links.scaled(one[0], change), *one[1:]])
            if len(one) == 1:
                return links.beside(xp, sign, one[0], other, bool(first))
        elif sign == "/" and first and not second and not _shape(right):
            return _packed([links.scaled(first[0], lambda x: x / right), *first[1:]])
        elif sign in ("+", "-") and len(first) == 1 and len(second) == 1:
            return links.added(first[0], second[0], _ARITHMETIC[sign], xp)
        return None

    def _ordinary(self, term: Expression, value: Operand) -> Operand:
        """A link as an array; links that do not join are multiplied as arrays if they fit."""
        if type(value) is Linked:
            return links.ordinary(self.xp, value)
        if type(value) is not Chain:
            return value
        product = links.ordinary(self.xp, value.links[0])
        for link in value.links[1:]:
            array = links.ordinary(self.xp, link)
            try:
                check_pair(term, "*", _shape(product), _shape(array), self.sizes)
            except MisfitError as error:
                raise MisfitError(term, links.clash(value.links)) from error
            product = product * array
        return product

    def _matrix(self, value: Operand) -> Operand:
        """In a matrix product a vector's derivative by a vector is its Jacobian, not a diagonal."""
        if type(value) is Linked and value.axes == 1 and value.diagonal is not None:
            return links.jacobian(self.xp, value)
        return value

    def _call(self, term: Call, operands: list[Operand]) -> Operand:
        name = term.function
        params = {keyword.name: _setting(keyword.value) for keyword in term.keywords}
        op = REGISTRY.get(name.removesuffix("'"))
        if op is None:
            raise MisfitError(term, f"there is no function {name}")
        shapes = [_shape(x) for x in operands]
        if name == "flip" and params.get("axis") is None:
            params["axis"] = (-2, -1) if len(shapes[0]) > 1 else None
        self.work += _SLOW * check_call(term, op, shapes, params, self.sizes)
        check_work(term, self.work)
        out = op.forward(self.xp, *operands, **params)
        if not name.endswith("'"):
            return out
        if not op.elementwise or op.arity != 1:
            raise MisfitError(
                term, f"{op.name} does not work entry by entry; {name} has no meaning"
            )
        return op.vjp(self.xp, self.xp.ones_like(operands[0]), out, operands[0], **params)[0]

    def _counted(self, value: Operand) -> Operand:
        """A mask as zeros and ones; numbers as they are. Symbols are taken for a mask."""
        return self.xp.where(value, 1.0, 0.0) if value.dtype.kind in "bO" else value

    def _finished(self, tree: Expression, value: Operand) -> Operand:
        """The value of a whole tree: masks as numbers, products of links as arrays, no nan among
        the errors."""
        if type(tree) is Compare:
            value = self._counted(value)
        if type(value) is Chain:
            value = self._ordinary(tree, value)
        if type(value) is Linked:
            return links.scaled(value, _known)
        return _known(value)


_LINKS = (Linked, Chain)


def _known(value: Operand) -> Operand:
    """Samples whose bounds are numbers: where nothing is known the bound is inf, not nan."""
    error = getattr(value, "error", None)
    if error is None or not np.isnan(error).any():
        return value
    return type(value)(value.value, np.where(np.isnan(error), np.inf, error))


def _turns(term: Expression) -> bool:
    """Whether a term is the transpose of its operand."""
    if type(term) is Call:
        return term.function == "transpose" and not term.keywords
    return type(term) is Transpose


def _links_of(value: Operand) -> tuple[Linked, ...]:
    if type(value) is Linked:
        return (value,)
    return value.links if type(value) is Chain else ()


def _packed(parts: list[Linked]) -> Linked | Chain:
    return parts[0] if len(parts) == 1 else Chain(tuple(parts))


def _size(value: Operand) -> int:
    """The number of entries of a value."""
    if type(value) in _LINKS:
        return max([_entries(link) for link in _links_of(value)])
    return int(value.size)


def _entries(link: Linked) -> int:
    array = link.diagonal if link.jacobian is None else link.jacobian
    return 1 if array is None else int(array.size)


def _shape(x: Operand) -> tuple[int, ...]:
    return tuple(np.shape(x)) if isinstance(x, (int, float)) else tuple(x.shape)


def _index_item(item: int | Slice) -> int | slice:
    return slice(item.first, item.beyond, item.step) if isinstance(item, Slice) else item


def _setting(value: Value) -> Any:
    return [_setting(item) for item in value] if isinstance(value, Listed) else value
