"""One point, and a learner's tree worked out at it: every term's value is kept.

An edit of one term then costs what lies between that term and the top, nothing else. Values are
plain NumPy: screening needs neither bounds nor samples side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.arrays.numpy_ import NAMESPACE
from engine.errors import EngineError
from engine.ops import REGISTRY
from tutor.judge.evaluate import Evaluation
from tutor.judge.fitting import MisfitError
from tutor.judge.links import Linked, ordinary
from tutor.judge.slips.points import Point
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Name,
    Number,
    Transpose,
    Unary,
    children,
)

Array = Any

_LARGE_RATIO = 100.0
_LARGE = 512

CLOSE = 1e-8
"""Two values within this share of each other count as equal when candidates are screened."""

UNFIT = (
    MisfitError,
    EngineError,
    ValueError,
    TypeError,
    ArithmeticError,
    IndexError,
    KeyError,
    AttributeError,
)
"""What working out a term that makes no sense may raise."""


class StepsSpentError(Exception):
    """The budget of steps of a diagnosis is spent."""


class Steps:
    """The budget of a diagnosis: how many terms and rules may still be worked out.

    A step over a large array counts for more, so that the budget bounds time whatever the shapes.
    """

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int = 1) -> None:
        """Spend some steps; raises StepsSpentError when there are none."""
        self.left -= count
        if self.left < 0:
            raise StepsSpentError


class Worked:
    """A tree with the value of each of its terms at one point; None where it does not fit.

    values: by `id` of the term. parents: `id` -> the term above and its place there.
    """

    __slots__ = ("_beside", "chains", "parents", "point", "steps", "terms", "tree", "values")

    def __init__(self, tree: Expression, point: Point, steps: Steps) -> None:
        self.tree = tree
        self.point = point
        self.steps = steps
        self.chains = None
        self.values: dict[int, Array] = {}
        self.parents: dict[int, tuple[Expression, int]] = {}
        self._beside: dict[int, list[Array]] = {}
        self.terms: list[Expression] = list(in_order(tree))
        if any(_is_link(term, point) for term in self.terms):
            self.chains = Evaluation(point.values, point.linked, NAMESPACE)
        values, parents = self.values, self.parents
        for term in self.terms:
            below = children(term)
            for place, child in enumerate(below):
                parents[id(child)] = (term, place)
            operands = [values[id(child)] for child in below]
            self._beside[id(term)] = operands
            values[id(term)] = self._try(term, operands)

    @property
    def value(self) -> Array:
        """The value of the whole tree, or None."""
        return _as_array(self.values[id(self.tree)])

    def at(self, term: Expression) -> Array:
        """The value of a term of the tree, or of a new one made of such; None where unfit."""
        known = self.values.get(id(term), _UNKNOWN)
        if known is not _UNKNOWN:
            return known
        plain = [self.values.get(id(child), _UNKNOWN) for child in children(term)]
        if all(value is not _UNKNOWN for value in plain):
            return self._try(term, plain)
        done: list[Array] = []
        waiting: list[tuple[Expression, bool]] = [(term, False)]
        while waiting:
            inner, ready = waiting.pop()
            known = _UNKNOWN if ready else self.values.get(id(inner), _UNKNOWN)
            if known is not _UNKNOWN:
                done.append(known)
                continue
            below = children(inner)
            if below and not ready:
                waiting.append((inner, True))
                waiting.extend([(child, False) for child in reversed(below)])
                continue
            operands = done[len(done) - len(below) :]
            del done[len(done) - len(below) :]
            done.append(self._try(inner, operands))
        return done[0]

    def edited(self, site: Expression, value: Array) -> Array:
        """The value of the whole tree with another value in the place of `site`; None if unfit."""
        while site is not self.tree:
            if value is None:
                return None
            above, place = self.parents[id(site)]
            operands = self._beside[id(above)].copy()
            operands[place] = value
            value = self._try(above, operands)
            site = above
        return _as_array(value)

    def _try(self, term: Expression, operands: list[Array]) -> Array:
        for operand in operands:
            if operand is None:
                return None
        steps = self.steps
        steps.left -= 1
        if steps.left < 0:
            raise StepsSpentError
        try:
            if self.chains is None:
                value = apply(term, operands, self.point)
                if value.size > _LARGE:
                    steps.left -= value.size // _LARGE
                return value
            below = dict(zip(map(id, children(term)), operands, strict=True))
            return self.chains.value(term, below)
        except UNFIT:
            return None


def _as_array(value: Any) -> Array:
    return ordinary(NAMESPACE, value) if type(value) is Linked else value


def _is_link(term: Expression, point: Point) -> bool:
    """Whether a term is a derivative of one array by another that is no array beside others."""
    return type(term) is Derivative and type(point.linked(term.of, term.by)) is Linked


_UNKNOWN = object()


def value_at(tree: Expression, point: Point, steps: Steps) -> Array:
    """The value of a tree at a point, None where it does not fit."""
    done: list[Array] = []
    waiting: list[tuple[Expression, bool]] = [(tree, False)]
    chains = None
    count = 0
    while waiting:
        term, ready = waiting.pop()
        below = children(term)
        if below and not ready:
            waiting.append((term, True))
            waiting.extend([(child, False) for child in reversed(below)])
            continue
        if chains is None and _is_link(term, point):
            chains = Evaluation(point.values, point.linked, NAMESPACE)
        operands = done[len(done) - len(below) :]
        del done[len(done) - len(below) :]
        count += 1
        try:
            if chains is None:
                done.append(apply(term, operands, point))
            else:
                done.append(chains.value(term, dict(zip(map(id, below), operands, strict=True))))
        except UNFIT:
            steps.take(count)
            return None
    steps.take(count)
    return _as_array(done[0])


def in_order(tree: Expression) -> Iterator[Expression]:
    """Every term after its operands, from left to right."""
    waiting: list[tuple[Expression, bool]] = [(tree, False)]
    while waiting:
        term, ready = waiting.pop()
        if ready:
            yield term
            continue
        waiting.append((term, True))
        waiting.extend((child, False) for child in reversed(children(term)))


def apply(term: Expression, operands: list[Array], point: Point) -> Array:
    """The value of one term, given those of its operands."""
    kind = type(term)
    if kind is Binary:
        return _BINARY[term.sign](operands[0], operands[1])  # type: ignore[union-attr]
    if kind is Name:
        return point.values[term.name]  # type: ignore[union-attr]
    if kind is Number:
        return np.float64(term.value)  # type: ignore[union-attr]
    if kind is Unary:
        return -operands[0] if term.sign == "-" else operands[0]  # type: ignore[union-attr]
    if kind is Call:
        return _call(term, operands)  # type: ignore[arg-type]
    if kind is Transpose:
        return operands[0].T
    if kind is Derivative:
        return point.derivative(term.of, term.by)  # type: ignore[union-attr]
    if kind is Compare:
        mask = _RELATIONS[term.relation](operands[0], operands[1])  # type: ignore[union-attr]
        return np.asarray(mask, dtype=np.float64)[()]
    raise TypeError(f"a derivation has no {kind.__name__}")


def local_derivative(op: str, x: Array, out: Array = None) -> Array:
    """The slope of an elementwise op of one operand at x, from its own gradient rule."""
    declared = REGISTRY[op]
    if out is None:
        out = declared.forward(NAMESPACE, x)
    return declared.vjp(NAMESPACE, np.ones_like(x), out, x)[0]


def _call(term: Call, operands: list[Array]) -> Array:
    name = term.function
    if name.endswith("'"):
        return np.asarray(local_derivative(name[:-1], operands[0]))[()]
    declared = REGISTRY[name]
    params = {keyword.name: keyword.value for keyword in term.keywords}
    if declared.check is not None:
        declared.check(*[operand.shape for operand in operands], **params)
    return np.asarray(declared.forward(NAMESPACE, *operands, **params))[()]


_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "@": np.matmul,
    "**": np.power,
}
_RELATIONS: dict[str, Callable[[Array, Array], Array]] = {
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


class Wanted:
    """A value to compare others with, quickly: at its largest entry first."""

    __slots__ = ("entry", "item", "shape", "size", "value")

    def __init__(self, value: Array) -> None:
        self.value = value
        self.shape = value.shape
        magnitude = np.abs(value)
        self.entry = int(np.argmax(magnitude)) if value.shape else 0
        self.item = float(value.flat[self.entry]) if value.shape else float(value)
        self.size = abs(self.item)

    def same(self, other: Array) -> bool:
        """Whether another value is of this shape and within rounding of this one everywhere."""
        if other is None or other.shape != self.shape:
            return False
        if not self.shape:
            return abs(float(other) - self.item) <= CLOSE * self.size
        if not abs(float(other.flat[self.entry]) - self.item) <= CLOSE * self.size:
            return False
        return bool(
            np.all(np.abs(other - self.value) <= CLOSE * np.abs(self.value) + 1e-12 * self.size)
        )

    def ratio(self, other: Array) -> float | None:
        """By which number another value of this shape is too large everywhere, or None."""
        number = (float(other.flat[self.entry]) if self.shape else float(other)) / (
            self.item or 1.0
        )
        if not abs(number) < _LARGE_RATIO:
            return None
        rounded = round(2 * number) / 2
        if not rounded or abs(number - rounded) > CLOSE * abs(number):
            return None
        return rounded if self.same(np.asarray(other / rounded)[()]) else None
