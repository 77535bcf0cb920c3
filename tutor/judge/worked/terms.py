"""Trees as numbers: a gradient rule that is run on them writes the derivation down.

A `Term` is a tree of the language with the shape that the rule thinks it has. An array that is the
same along an axis is kept without that axis (`1` for a vector of ones, a vector for a matrix with
equal rows), and so is an axis of size 1 that a rule puts in: `places` says which axes of the shape
the tree really has. What the language cannot say raises `UnwritableError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import islice
from typing import Any

from engine.ops import REGISTRY
from tutor.judge.worked import algebra
from tutor.judge.worked.sizes import (
    Shape,
    Size,
    UnwritableError,
    broadcast,
    shape_of,
    tree_of,
)
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Expression,
    Number,
    Transpose,
    walk,
)

MOST_SIGNS = 400
"""Names, numbers and signs of a term: a longer line could not be read."""


class Term:
    """A tree that stands for an array of `shape`. known: the shapes of the names in it. places:
    for each axis of the tree, which axis of `shape` it is, counted from the end (-1, -2)."""

    __slots__ = ("known", "places", "shape", "tree")
    __array_ufunc__ = None  # so that NumPy leaves an operation to us
    __hash__ = object.__hash__

    def __init__(
        self,
        tree: Expression,
        known: Mapping[str, Shape],
        shape: Shape | None = None,
        places: Shape | None = None,
    ) -> None:
        if next(islice(walk(tree), MOST_SIGNS, None), None) is not None:
            raise UnwritableError("a term that is too long to be read")
        real = shape_of(tree, known)
        self.tree = tree
        self.known = known
        self.shape = real if shape is None else shape
        self.places = trailing(real) if places is None or len(places) > len(real) else places

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def real(self) -> Shape:
        """The shape of the tree itself."""
        return shape_of(self.tree, self.known)

    @property
    def plain(self) -> bool:
        """Whether the tree is repeated to its shape by broadcasting alone."""
        return self.places == trailing(self.places)

    @property
    def number(self) -> float | None:
        """The number that it is everywhere, if it is one."""
        value = algebra.value_of_number(self.tree)
        return None if value is None else float(value)

    def as_shape(self, shape: Shape) -> Term:
        """The same tree for another shape."""
        return Term(self.tree, self.known, shape, self.places)

    def __bool__(self) -> bool:
        raise UnwritableError("a rule that looks at a number cannot be written down")

    def __neg__(self) -> Term:
        return Term(algebra.negated(self.tree), self.known, self.shape, self.places)

    def __pos__(self) -> Term:
        return self

    def __abs__(self) -> Term:
        return called("abs", self)

    def __add__(self, other: Any) -> Term:
        return elementwise(algebra.added, self, other)

    def __radd__(self, other: Any) -> Term:
        return elementwise(algebra.added, other, self)

    def __sub__(self, other: Any) -> Term:
        return elementwise(_difference, self, other)

    def __rsub__(self, other: Any) -> Term:
        return elementwise(_difference, other, self)

    def __mul__(self, other: Any) -> Term:
        return elementwise(algebra.product, self, other)

    def __rmul__(self, other: Any) -> Term:
        return elementwise(algebra.product, other, self)

    def __truediv__(self, other: Any) -> Term:
        return elementwise(algebra.quotient, self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return elementwise(algebra.quotient, other, self)

    def __pow__(self, other: Any) -> Term:
        return elementwise(algebra.power, self, other)

    def __gt__(self, other: Any) -> Term:
        return compared(">", self, other)

    def __lt__(self, other: Any) -> Term:
        return compared("<", self, other)

    def __ge__(self, other: Any) -> Term:
        return compared(">=", self, other)

    def __le__(self, other: Any) -> Term:
        return compared("<=", self, other)

    def __eq__(self, other: Any) -> Term:  # type: ignore[override]
        return compared("==", self, other)

    def __ne__(self, other: Any) -> Term:  # type: ignore[override]
        return compared("!=", self, other)


def trailing(shape: Shape) -> Shape:
    """The places of the last axes, as broadcasting lays them on."""
    return tuple(range(-len(shape), 0))


def term(value: Any, like: Term) -> Term:
    """A term as it is, a plain number or a size as one."""
    if isinstance(value, Term):
        return value
    if isinstance(value, Size):
        return Term(tree_of(value), like.known)
    return Term(algebra.number(float(value)), like.known)


def elementwise(make: Callable[..., Expression], *operands: Any) -> Term:
    """The tree that `make` makes of the operands' trees, for their broadcast shape."""
    like = next(one for one in operands if isinstance(one, Term))
    terms = [term(one, like) for one in operands]
    shape = broadcast(*[one.shape for one in terms])
    if all(one.plain for one in terms):
        return Term(make(*[one.tree for one in terms]), like.known, shape)
    tree = make(*[_lying(one) for one in terms])
    if len(shape_of(tree, like.known)) <= 1:
        return Term(tree, like.known, shape, (-2,))
    return Term(transposed(tree), like.known, shape)


def _lying(one: Term) -> Expression:
    """A term as it stands in the transpose of what it is a part of."""
    if one.places == (-2,) or not one.places:
        return one.tree
    if one.places == (-2, -1):
        return transposed(one.tree)
    raise UnwritableError("a row and a column meet entry by entry")


def transposed(tree: Expression) -> Expression:
    """tree.T, the transpose of a transpose left out."""
    match tree:
        case Transpose(operand=operand):
            return operand
        case Call(function="outer", operands=(a, b)):
            return Call("outer", (b, a))
        case Call(operands=(Transpose(operand=operand),), keywords=()) if _elementwise(tree):
            return Call(tree.function, (operand,))
        case Binary(sign="@", left=left, right=right):
            return Binary("@", transposed(right), transposed(left))
        case _:
            return Transpose(tree)


def _elementwise(call: Call) -> bool:
    return call.function in REGISTRY and REGISTRY[call.function].elementwise


def compared(relation: Any, a: Any, b: Any) -> Term:
    """A mask."""
    return elementwise(lambda left, right: Compare(relation, left, right), a, b)


def called(name: str, *operands: Any) -> Term:
    """An elementwise function."""
    return elementwise(lambda *trees: Call(name, trees), *operands)


def where(condition: Any, yes: Any, no: Any) -> Term:
    """yes where the condition holds; products with the mask where the other side is 0.

    A condition of equality holds nowhere but at single points, which a derivation leaves out.
    """
    terms = [term(one, condition) for one in (condition, yes, no)]
    mask, first, second = terms
    shape = broadcast(*[one.shape for one in terms])
    if isinstance(mask.tree, Compare) and mask.tree.relation == "==":
        decided = _decided(mask.tree)
        return (first if decided else second).as_shape(shape)
    if isinstance(mask.tree, Compare) and second.tree == first.tree:
        return first.as_shape(shape)
    if isinstance(mask.tree, Compare) and (second.number == 0 or _at_tie(second, mask.tree)):
        return first * mask
    if isinstance(mask.tree, Compare) and first.number == 0:
        return second * _opposite(mask)
    return called("where", mask, first, second)


def _decided(mask: Compare) -> bool:
    left, right = algebra.value_of_number(mask.left), algebra.value_of_number(mask.right)
    return left is not None and left == right


def _at_tie(second: Term, mask: Compare) -> bool:
    """Whether what stands for the other case is 0 there but at ties, such as `(a >= b)/2` beside
    the mask `(a > b)`."""
    relation: Any = {">": ">=", "<": "<="}.get(mask.relation)
    tie = Compare(relation, mask.left, mask.right)
    return any(one.base == tie for one in algebra.as_product(second.tree).factors)


_OPPOSITE: dict[str, Any] = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "!=": "==", "==": "!="}


def _opposite(mask: Term) -> Term:
    match mask.tree:
        case Compare(relation=relation, left=left, right=right):
            tree = Compare(_OPPOSITE[relation], left, right)
            return Term(tree, mask.known, mask.shape, mask.places)
    return 1 - mask


def _difference(a: Expression, b: Expression) -> Expression:
    return algebra.added(a, algebra.negated(b))


def scalar_factors(tree: Expression, known: Mapping[str, Shape]) -> tuple[Expression, Expression]:
    """A tree as the factors without axes, which may stand in front of a sum or a matrix product,
    and the rest."""
    amount, factors = algebra.as_product(tree)
    front = tuple(one for one in factors if not shape_of(one.base, known))
    rest = tuple(one for one in factors if shape_of(one.base, known))
    first = Fraction(1)
    return (
        algebra.from_product(algebra.Product(amount, front)),
        algebra.from_product(algebra.Product(first, rest)),
    )


def filled(one: Term, like: Expression) -> Expression:
    """The tree of a term, repeated to its whole shape by adding zeros in the shape of `like`."""
    if one.real == one.shape and one.plain:
        return one.tree
    if one.plain:
        return Binary("+", one.tree, Binary("*", Number(0.0), like))
    return Transpose(Binary("+", one.tree, Binary("*", Number(0.0), Transpose(like))))
