"""The functions that a gradient rule may call, on trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from tutor.judge.worked import algebra
from tutor.judge.worked.sizes import (
    Shape,
    UnwritableError,
    axes_of,
    broadcast,
    count,
    shape_of,
)
from tutor.judge.worked.terms import (
    Term,
    called,
    compared,
    elementwise,
    scalar_factors,
    transposed,
    where,
)
from tutor.language.tree import Binary, Call, Compare, Expression, Keyword, Transpose


def total(x: Term, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Term:
    """The sum: along an axis that the tree has not, as many times the tree."""
    gone = axes_of(axis, x.ndim)
    own = {place % x.ndim: i for i, place in enumerate(x.places)} if x.ndim else {}
    real = x.real
    repeated = [x.shape[i] for i in gone if i not in own or (real[own[i]] == 1 and x.shape[i] != 1)]
    summed = [own[i] for i in gone if i in own]
    shape = (
        tuple(1 if i in gone else size for i, size in enumerate(x.shape))
        if keepdims
        else tuple(size for i, size in enumerate(x.shape) if i not in gone)
    )
    front, body = scalar_factors(x.tree, x.known)
    kept = [i for i in range(len(real)) if i not in summed]
    tree = body
    rows = keepdims and bool(kept) and bool(summed) and kept[0] < summed[-1]
    if summed:
        tree = _summed(body, len(real), summed, keepdims=rows)
    left = range(len(real)) if rows else kept
    places = [own_place for own_place, i in ((x.places[i] % x.ndim, i) for i in left)]
    if not keepdims:
        places = [p - sum(1 for i in gone if i < p) for p in places]
    found = Term(tree, x.known, shape, tuple(p - len(shape) for p in places))
    return found * count(tuple(repeated)) * Term(front, x.known)


def _summed(tree: Expression, ndim: int, gone: list[int], *, keepdims: bool) -> Expression:
    given: list[Keyword] = []
    if len(gone) < ndim:
        if len(gone) > 1:
            raise UnwritableError("a sum over several axes")
        given.append(Keyword("axis", gone[0]))
    if keepdims:
        given.append(Keyword("keepdims", True))
    return Call("sum", (tree,), tuple(given))


def mean(x: Term, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Term:
    gone = axes_of(axis, x.ndim)
    return total(x, axis, keepdims) / count(tuple(x.shape[i] for i in gone))


def matmul(a: Term, b: Term) -> Term:
    """a @ b; with one row or one column what a person writes: `W @ x`, `outer(a, b)`, `c*x`."""
    if a.ndim == 1 and b.ndim == 2:
        made = matmul(expand_dims(a, 0), b)
        return reshape(made, made.shape[1:])
    if a.ndim == 2 and b.ndim == 1:
        made = matmul(a, expand_dims(b, 1))
        return reshape(made, made.shape[:1])
    if a.ndim != 2 or b.ndim != 2:
        raise UnwritableError("a product of stacks of matrices")
    front_a, left = scalar_factors(a.tree, a.known)
    front_b, right = scalar_factors(b.tree, b.known)
    shape = (a.shape[0], b.shape[1])
    made = _matrix_product(
        Term(left, a.known, a.shape, a.places), Term(right, b.known, b.shape, b.places), shape
    )
    return Term(front_a, a.known) * Term(front_b, a.known) * made


def _matrix_product(a: Term, b: Term, shape: Shape) -> Term:
    known = a.known
    match (a.places, b.places):
        case ((-2, -1), (-2, -1)):
            return Term(Binary("@", a.tree, b.tree), known, shape)
        case ((-1,), (-2, -1)) if a.shape[0] == 1:
            if isinstance(b.tree, Transpose):
                return Term(Binary("@", b.tree.operand, a.tree), known, shape, (-1,))
            return Term(Binary("@", a.tree, b.tree), known, shape, (-1,))
        case ((-2, -1), (-2,)) if b.shape[1] == 1:
            return Term(Binary("@", a.tree, b.tree), known, shape, (-2,))
        case ((-1,), (-2,)):
            return Term(Binary("@", a.tree, b.tree), known, shape, ())
        case ((-2,), (-1,)) if a.shape[1] == 1:
            return Term(Call("outer", (a.tree, b.tree)), known, shape)
        case _ if a.shape[1] == 1:
            return a * b
        case ((-2, -1), ()):
            summed = total(a, axis=1, keepdims=True)
            return (summed * Term(b.tree, known)).as_shape(shape)
        case ((), (-2, -1)):
            summed = total(b, axis=0, keepdims=True)
            return (summed * Term(a.tree, known)).as_shape(shape)
    raise UnwritableError("a matrix product with repeated rows or columns")


def expand_dims(x: Term, axis: int) -> Term:
    at = axis % (x.ndim + 1)
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


def squeeze(x: Term, axis: int | None = None) -> Term:
    gone = [i for i, size in enumerate(x.shape) if size == 1] if axis is None else [axis % x.ndim]
    return reshape(x, tuple(size for i, size in enumerate(x.shape) if i not in gone))


def reshape(x: Term, shape: Sequence[int]) -> Term:
    """x with axes of size 1 put in or taken out."""
    new = tuple(shape)
    old_wide = [i for i, size in enumerate(x.shape) if size != 1]
    new_wide = [i for i, size in enumerate(new) if size != 1]
    if [x.shape[i] for i in old_wide] != [new[i] for i in new_wide]:
        raise UnwritableError("entries in another arrangement")
    goes = {old - x.ndim: at - len(new) for old, at in zip(old_wide, new_wide, strict=True)}
    real = x.real
    if any(place not in goes and real[i] == 1 for i, place in enumerate(x.places)):
        if new == x.shape:
            return x
        raise UnwritableError("an axis of size 1 that the tree has itself")
    return Term(x.tree, x.known, new, tuple(goes[place] for place in x.places))


def transpose(x: Term, axes: Sequence[int] | None = None) -> Term:
    order = [i % x.ndim for i in (range(x.ndim)[::-1] if axes is None else axes)]
    if order == sorted(order):
        return x
    if x.ndim != 2:
        raise UnwritableError("a transpose of more than two axes")
    shape = x.shape[::-1]
    if len(x.places) == 2:
        front, body = scalar_factors(x.tree, x.known)
        return Term(front, x.known) * Term(transposed(body), x.known, shape)
    return Term(x.tree, x.known, shape, tuple(-3 - place for place in x.places))


def broadcast_to(x: Term, shape: Sequence[int]) -> Term:
    return x.as_shape(broadcast(x.shape, tuple(shape)))


def winners(x: Term, axis: Any = None) -> Term:
    """A mask of the largest entry."""
    tree, turned = x.tree, algebra.split(x.tree)
    name = "max"
    if turned[0] < 0:
        tree, name = algebra.negated(x.tree), "min"
    given = () if axis is None else (Keyword("axis", axis), Keyword("keepdims", True))
    return Term(Compare("==", tree, Call(name, (tree,), given)), x.known, x.shape, x.places)


def _flip(x: Term, axis: Any = None) -> Term:
    given = () if axis is None else (Keyword("axis", axis),)
    front, body = scalar_factors(x.tree, x.known)
    tree = Call("flip", (body,), given) if shape_of(body, x.known) else body
    return Term(front, x.known) * Term(tree, x.known, x.shape, x.places)


def _cumsum(x: Term, axis: int = -1) -> Term:
    if x.real != x.shape:
        raise UnwritableError("running sums of equal entries")
    return Term(Call("cumsum", (x.tree,), (Keyword("axis", axis),)), x.known, x.shape, x.places)


def _constant(value: float) -> Callable[[Term], Term]:
    def make(x: Term) -> Term:
        return Term(algebra.number(value), x.known, x.shape)

    return make


def _power(a: Any, b: Any) -> Term:
    return elementwise(algebra.power, a, b)


NAMESPACE = SimpleNamespace(
    name="trees",
    device="trees",
    power=_power,
    where=where,
    sum=total,
    mean=mean,
    matmul=matmul,
    reshape=reshape,
    expand_dims=expand_dims,
    squeeze=squeeze,
    transpose=transpose,
    broadcast_to=broadcast_to,
    winners=winners,
    flip=_flip,
    cumsum=_cumsum,
    zeros_like=_constant(0.0),
    ones_like=_constant(1.0),
    shift=lambda x, axis: Term(algebra.ZERO, x.known),
    greater=partial(compared, ">"),
    less=partial(compared, "<"),
    equal=partial(compared, "=="),
    **{
        name: partial(called, name)
        for name in """exp log log1p expm1 sqrt sin cos sinh cosh tanh erf logaddexp abs sign
        maximum minimum floor""".split()
    },
)
