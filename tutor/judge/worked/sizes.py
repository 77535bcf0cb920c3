"""The shape of a tree, in names: how many rows a matrix product has is `n`, not 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod as product_of

from tutor.judge.worked import algebra
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
)

Shape = tuple[int, ...]
_SLIDING = {"corr": False, "conv": False, "corr_full": True, "conv_full": True}
_REDUCING = frozenset({"sum", "mean", "prod", "max", "min"})


class UnwritableError(Exception):
    """A derivation that cannot be written in the language, such as one with three axes."""


class Size(int):
    """A size that remembers how it was written: `n`, `n*d`, `n - m + 1`. It counts as its number.

    tree: the size as a term of the language.
    """

    tree: Expression

    def __new__(cls, value: int, tree: Expression) -> Size:
        size = super().__new__(cls, value)
        size.tree = tree
        return size

    def __mul__(self, other: int) -> Size:
        return Size(int(self) * int(other), algebra.product(self.tree, tree_of(other)))

    def __rmul__(self, other: int) -> Size:
        return Size(int(self) * int(other), algebra.product(tree_of(other), self.tree))

    def __add__(self, other: int) -> Size:
        return Size(int(self) + int(other), algebra.added(self.tree, tree_of(other)))

    def __sub__(self, other: int) -> Size:
        turned = algebra.negated(tree_of(other))
        return Size(int(self) - int(other), algebra.added(self.tree, turned))


def tree_of(size: int) -> Expression:
    """A size as a term."""
    return size.tree if isinstance(size, Size) else algebra.number(float(size))


def shape_of(tree: Expression, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a tree over names of these shapes. Raises `UnwritableError` for a misfit."""
    match tree:
        case Number():
            return ()
        case Name(name=name) | Derivative(by=name):
            return shapes[name]
        case Unary(operand=operand):
            return shape_of(operand, shapes)
        case Transpose(operand=operand):
            return shape_of(operand, shapes)[::-1]
        case Binary(sign="@"):
            return matrix_shape(shape_of(tree.left, shapes), shape_of(tree.right, shapes))
        case Binary() | Compare():
            return broadcast(shape_of(tree.left, shapes), shape_of(tree.right, shapes))
        case Call():
            return _call(tree, [shape_of(operand, shapes) for operand in tree.operands])
    raise UnwritableError(f"{type(tree).__name__} has no shape of its own")


def broadcast(*shapes: Shape) -> Shape:
    """The shape that all of these are repeated to. Raises `UnwritableError` when there is none."""
    longest = max(map(len, shapes), default=0)
    result: list[int] = []
    for place in range(-longest, 0):
        sizes = [shape[place] for shape in shapes if len(shape) >= -place]
        wide = [size for size in sizes if size != 1]
        if len(set(wide)) > 1:
            raise UnwritableError(f"sizes {wide} do not broadcast")
        result.append(next((s for s in wide if isinstance(s, Size)), wide[0] if wide else 1))
    return tuple(result)


def matrix_shape(a: Shape, b: Shape) -> Shape:
    """The shape of a @ b for vectors and matrices."""
    if not 0 < len(a) <= 2 or not 0 < len(b) <= 2 or a[-1] != b[0]:
        raise UnwritableError(f"{tuple(map(int, a))} @ {tuple(map(int, b))}")
    return (*a[:-1], *b[1:])


def axes_of(axis: int | Sequence[int] | None, count: int) -> tuple[int, ...]:
    """The axes that a reduction runs over, counted from 0."""
    if axis is None:
        return tuple(range(count))
    named = (axis,) if isinstance(axis, int) else tuple(axis)
    if any(not -count <= one < count for one in named):
        raise UnwritableError(f"there is no axis {axis}")
    return tuple(sorted(one % count for one in named))


def settings(call: Call) -> dict[str, object]:
    """The keywords of a call as the parameters of its op."""
    return {given.name: given.value for given in call.keywords}


def _call(call: Call, shapes: list[Shape]) -> Shape:
    given = settings(call)
    first = shapes[0]
    match call.function:
        case name if name in _REDUCING or name == "logsumexp":
            axis = given.get("axis", -1 if name == "logsumexp" else None)
            gone = axes_of(axis if isinstance(axis, int) else None, len(first))
            if given.get("keepdims"):
                return tuple(1 if i in gone else size for i, size in enumerate(first))
            return tuple(size for i, size in enumerate(first) if i not in gone)
        case "outer":
            return (*first, *shapes[1])
        case "matmul":
            return matrix_shape(first, shapes[1])
        case "dot":
            return matrix_shape(first, shapes[1]) if first and shapes[1] else first + shapes[1]
        case "diag" if len(first) == 1:
            return (first[0], first[0])
        case "diag":
            return (min(first, key=int),)
        case "transpose":
            return first[::-1]
        case "corr" | "conv" | "corr_full" | "conv_full":
            return _slid(first, shapes[1], full=_SLIDING[call.function])
        case _:
            return broadcast(*shapes)


def _slid(x: Shape, k: Shape, *, full: bool) -> Shape:
    lead, slides = x[: len(x) - len(k)], x[len(x) - len(k) :]
    if full:
        return (*lead, *[have + wide - 1 for have, wide in zip(slides, k, strict=True)])
    return (*lead, *[have - wide + 1 for have, wide in zip(slides, k, strict=True)])


def count(shape: Shape) -> int:
    """How many entries an array of this shape has, in names."""
    return product_of(shape)
