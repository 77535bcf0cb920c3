"""Derivatives of arrays by arrays, and the chain rule as a product of them.

`dL/da * da/dz * dz/dW` is the chain rule whatever the shapes: two links join where the quantity
that one differentiates by is the one that the other differentiates, and are contracted over it. A
link that meets an ordinary array is an array itself: see `ordinary`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

Array = Any
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """d(of)/d(by) of arrays of shapes A and B.

    axes: how many axes A has. jacobian: (*A, *B); it may be None where the diagonal is given.
    diagonal: in A's shape, where `of` depends on `by` entry by entry; then A and B are alike.
    """

    of: str
    by: str
    axes: int
    jacobian: Array | None
    diagonal: Array | None = None

    @property
    def of_shape(self) -> Shape:
        """A."""
        if self.diagonal is not None:
            return tuple(self.diagonal.shape)
        return tuple(_whole(self).shape[: self.axes])

    @property
    def by_shape(self) -> Shape:
        """B."""
        if self.diagonal is not None:
            return tuple(self.diagonal.shape)
        return tuple(_whole(self).shape[self.axes :])


@dataclass(frozen=True, slots=True)
class Chain:
    """A product of links that do not join, yet: a later factor may be the one between them."""

    links: tuple[Linked, ...]


def _whole(link: Linked) -> Array:
    if link.jacobian is None:
        raise ValueError(f"d{link.of}/d{link.by} has neither a Jacobian nor a diagonal")
    return link.jacobian


def jacobian(xp: Any, link: Linked) -> Array:
    """The derivative in numerator layout, (*A, *B), also where only a diagonal is known."""
    if link.jacobian is not None or link.diagonal is None:
        return _whole(link)
    shape = tuple(link.diagonal.shape)
    places = xp.asarray(np.eye(prod(shape)).reshape(*shape, *shape))
    return xp.reshape(link.diagonal, (*shape, *(1,) * len(shape))) * places


def ordinary(xp: Any, link: Linked) -> Array:
    """The link as an array among arrays: the diagonal in A's shape where there is one, else (*A,
    *B), which is the gradient for a scalar `of` and the Jacobian matrix of a vector by a vector."""
    return link.diagonal if link.diagonal is not None else _whole(link)


def scaled(link: Linked, change: Any) -> Linked:
    """The link with `change(array)` done to its entries: a factor, a divisor, a minus."""
    return replace(
        link,
        jacobian=None if link.jacobian is None else change(link.jacobian),
        diagonal=None if link.diagonal is None else change(link.diagonal),
    )


def added(left: Linked, right: Linked, combine: Any, xp: Any) -> Linked | None:
    """The sum (or difference) of two derivatives of one quantity by one other, else None."""
    if (left.of, left.by) != (right.of, right.by):
        return None
    if left.diagonal is not None and right.diagonal is not None:
        return replace(left, jacobian=None, diagonal=combine(left.diagonal, right.diagonal))
    return replace(left, jacobian=combine(jacobian(xp, left), jacobian(xp, right)), diagonal=None)


def joined(xp: Any, links: list[Linked]) -> Linked | Chain:
    """The product of links, contracted wherever two of them join."""
    links = list(links)
    while len(links) > 1:
        pair = _pair(links)
        if pair is None:
            return Chain(tuple(links))
        first, second = pair
        made = _contracted(xp, links[first], links[second])
        links = [link for i, link in enumerate(links) if i not in pair]
        links.insert(min(pair), made)
    return links[0]


def _pair(links: list[Linked]) -> tuple[int, int] | None:
    for i, left in enumerate(links):
        for j in (*range(i + 1, len(links)), *range(i)):
            if left.by == links[j].of:
                return i, j
    return None


def _contracted(xp: Any, left: Linked, right: Linked) -> Linked:
    """d(left.of)/d(right.by) through left.by, which is right.of."""
    made = Linked(left.of, right.by, left.axes, None)
    if left.diagonal is not None and right.diagonal is not None:
        return replace(made, diagonal=left.diagonal * right.diagonal)
    if right.diagonal is not None:
        return replace(made, jacobian=_whole(left) * right.diagonal)
    if left.diagonal is not None:
        column = (*left.of_shape, *(1,) * len(right.by_shape))
        return replace(made, jacobian=xp.reshape(left.diagonal, column) * _whole(right))
    return replace(made, jacobian=_over(xp, _whole(left), _whole(right), len(left.by_shape)))


def _over(xp: Any, left: Array, right: Array, count: int) -> Array:
    """The sum of products over the last `count` axes of left, which are the first of right."""
    rows, columns = tuple(left.shape)[: left.ndim - count], tuple(right.shape)[count:]
    inner = prod(tuple(right.shape)[:count])
    product = xp.matmul(
        xp.reshape(left, (prod(rows), inner)), xp.reshape(right, (inner, prod(columns)))
    )
    return xp.reshape(product, (*rows, *columns))


def beside(xp: Any, sign: str, link: Linked, array: Array, link_first: bool) -> Array | None:
    """The product of a link with an array that stands for its other half, or None.

    An array in A's shape stands for the gradient by `of`, and is contracted with a link that is
    not elementwise; in `link @ array` an array in B's shape is a direction.
    """
    shape = tuple(array.shape)
    has_matrix = sign == "@" or link.diagonal is None
    if not has_matrix or not link.of_shape or not link.by_shape:
        return None
    if sign == "@" and link_first:
        if shape == link.by_shape:
            return _over(xp, jacobian(xp, link), array, len(shape))
        return None
    if shape == link.of_shape:
        return _over(xp, array, jacobian(xp, link), len(shape))
    return None


def transposed(xp: Any, link: Linked) -> Linked | Array:
    """`.T` of a link: a Jacobian matrix turned round; a gradient as an array; and a link whose
    transpose is only another layout (elementwise, or of more than two axes) as it is."""
    if not link.axes:
        whole = _whole(link) if link.diagonal is None else link.diagonal
        return link if whole.ndim < 2 else xp.transpose(whole)
    if link.diagonal is None and _whole(link).ndim == 2:
        return xp.transpose(_whole(link))
    return link


def clash(links: tuple[Linked, ...]) -> str:
    """What is wrong with a product of links that do not join."""
    first, second = links[0], links[1]
    return (
        f"d{first.of}/d{first.by} and d{second.of}/d{second.by} do not join: "
        f"the chain needs d{first.by}/d… next to d{first.of}/d{first.by}"
    )
