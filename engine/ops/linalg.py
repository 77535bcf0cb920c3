"""Matrix products and their relatives."""

from __future__ import annotations

from typing import Any

from engine.errors import ShapeError
from engine.ops.declare import REAL, Refusal, Sample, op


def _check_matmul(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if not a or not b:
        raise ShapeError("a scalar has no matrix product; use * for it")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise ShapeError(f"inner sizes {a[-1]} and {inner} differ")


@op(
    "@",
    rule="matmul passes gradient @ second.T to the first, first.T @ gradient to the second",
    domain=(REAL, REAL),
    check=_check_matmul,
    samples=(
        Sample(((2, 3), (3, 2))),
        Sample(((3,), (3,))),
        Sample(((2, 3), (3,))),
        Sample(((3,), (3, 2))),
        Sample(((2, 2, 3), (3, 2)), small=False),
        Sample(((2, 1, 2, 3), (3, 3, 2)), small=False),
    ),
    refuses=(
        Refusal(((3, 4), (3, 2)), "(3, 4) @ (3, 2): inner sizes 4 and 3 differ"),
        Refusal(((), (3, 2)), "a scalar has no matrix product"),
    ),
)
def matmul(xp: Any, a: Any, b: Any) -> Any:
    """The matrix product: a: (..., n, k), b: (..., k, m) -> (..., n, m); vectors as in NumPy."""
    return xp.matmul(a, b)


@matmul.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any, *, wants: Any) -> Any:
    rows = xp.expand_dims(a, 0) if a.ndim == 1 else a
    columns = xp.expand_dims(b, 1) if b.ndim == 1 else b
    if a.ndim == 1:
        g = xp.expand_dims(g, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        g = xp.expand_dims(g, -1)
    to_a = xp.matmul(g, _swap(xp, columns)) if wants[0] else None
    to_b = xp.matmul(_swap(xp, rows), g) if wants[1] else None
    if to_a is not None and a.ndim == 1:
        to_a = xp.squeeze(to_a, axis=-2)
    if to_b is not None and b.ndim == 1:
        to_b = xp.squeeze(to_b, axis=-1)
    return to_a, to_b


def _swap(xp: Any, x: Any) -> Any:
    axes = tuple(range(x.ndim))
    return xp.transpose(x, (*axes[:-2], axes[-1], axes[-2]))


def _check_dot(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if len(a) > 2 or len(b) > 2:
        raise ShapeError("dot takes scalars, vectors and matrices; use @ for stacks of matrices")
    if a and b:
        _check_matmul(a, b)


@op(
    "·",
    rule="dot passes to each factor the gradient times the other factor",
    domain=(REAL, REAL),
    check=_check_dot,
    samples=(
        Sample(((3,), (3,))),
        Sample(((2, 3), (3,))),
        Sample(((), (2,))),
        Sample(((2, 3), (3, 2)), small=False),
    ),
    refuses=(
        Refusal(((3,), (2,)), "inner sizes 3 and 2 differ"),
        Refusal(((2, 2, 2), (2,)), "dot takes scalars, vectors and matrices"),
    ),
)
def dot(xp: Any, a: Any, b: Any) -> Any:
    """The inner product of two vectors: (n,) · (n,) -> (); of matrices and vectors what @ gives,
    and with a scalar the plain product, as in NumPy."""
    return xp.matmul(a, b) if a.ndim and b.ndim else a * b


@dot.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any, *, wants: Any) -> Any:
    if a.ndim and b.ndim:
        return matmul.vjp(xp, g, out, a, b, wants=wants)
    return g * b, g * a


def _check_outer(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if len(a) != 1 or len(b) != 1:
        raise ShapeError("outer takes two vectors")


@op(
    "⊗",
    rule="outer passes gradient @ second to the first, gradient.T @ first to the second",
    domain=(REAL, REAL),
    check=_check_outer,
    samples=(Sample(((2,), (3,))), Sample(((3,), (2,)), small=False)),
    refuses=(Refusal(((2, 2), (3,)), "outer takes two vectors"),),
)
def outer(xp: Any, a: Any, b: Any) -> Any:
    """Every product of an entry of a with one of b: (n,), (m,) -> (n, m)."""
    return xp.expand_dims(a, 1) * xp.expand_dims(b, 0)


@outer.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return xp.matmul(g, b), xp.matmul(a, g)


def _check_einsum(*shapes: tuple[int, ...], pattern: str) -> None:
    sizes: dict[str, int] = {}
    letters, result = _letters(pattern, [len(shape) for shape in shapes])
    for term, shape in zip(letters, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            known = sizes.setdefault(letter, size)
            if size != known:
                raise ShapeError(f"axis {letter} has sizes {known} and {size}")
    unknown = [letter for letter in result if letter not in sizes]
    if unknown:
        raise ShapeError(f"the result's axis {unknown[0]} stands in no operand")


@op(
    "einsum",
    rule="einsum passes to each operand the einsum of the gradient with all other operands",
    check=_check_einsum,
    variadic=True,
    samples=(
        Sample(((2, 2), (2, 2)), {"pattern": "ij,jk->ik"}),
        Sample(((2, 3), (3,)), {"pattern": "ij,j"}),
        Sample(((2, 3),), {"pattern": "ij->j"}),
        Sample(((2,), (2, 3), (3,)), {"pattern": "i,ij,j->"}),
        Sample(((2, 2, 3), (2, 3, 2)), {"pattern": "...ij,...jk->...ik"}, small=False),
        Sample(((2, 3),), {"pattern": "ji"}, small=False),
    ),
    refuses=(
        Refusal(((2, 3), (2, 2)), "axis j has sizes 3 and 2", {"pattern": "ij,jk->ik"}),
        Refusal(((2, 3),), "2 terms for 1 operand", {"pattern": "ij,jk->ik"}),
        Refusal(((2, 3),), "1 letter for an operand of 2 axes", {"pattern": "i->i"}),
        Refusal(((2, 2),), "twice in one term", {"pattern": "ii->i"}),
        Refusal(((2, 2),), "axis k stands in no operand", {"pattern": "ij->k"}),
        Refusal(((2, 2),), "twice in the result", {"pattern": "ij->ii"}),
        Refusal(((2, 2),), "letters, commas and one arrow", {"pattern": "i1->i"}),
    ),
)
def einsum(xp: Any, *operands: Any, pattern: str) -> Any:
    """Sums of products: a letter names an axis, letters missing on the right are summed over.

    pattern: "ij,jk->ik" is the matrix product; without an arrow the result has the letters that
    occur once, in alphabetical order; "..." stands for any further axes, the same for all operands
    that have it.
    """
    letters, result = _letters(pattern, [x.ndim for x in operands])
    return xp.einsum(",".join(letters) + "->" + result, *operands)


@einsum.gradient
def _(xp: Any, g: Any, out: Any, *operands: Any, pattern: str, wants: Any) -> Any:
    letters, result = _letters(pattern, [x.ndim for x in operands])
    gradients: list[Any] = []
    for i, (own, x) in enumerate(zip(letters, operands, strict=True)):
        if not wants[i]:
            gradients.append(None)
            continue
        others = [*operands[:i], *operands[i + 1 :]]
        terms = [result, *letters[:i], *letters[i + 1 :]]
        found = "".join([letter for letter in own if any(letter in term for term in terms)])
        gradient = xp.einsum(",".join(terms) + "->" + found, g, *others)
        # An axis that was summed over alone gets the same gradient at each of its places.
        shape = [size if letter in found else 1 for letter, size in zip(own, x.shape, strict=True)]
        gradients.append(xp.broadcast_to(xp.reshape(gradient, tuple(shape)), tuple(x.shape)))
    return tuple(gradients)


def _letters(pattern: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with "..." written out in capital letters.

    Raises ShapeError for a pattern that cannot be read or does not fit the numbers of axes.
    """
    left, arrow, right = pattern.replace(" ", "").partition("->")
    terms = left.split(",")
    plain = (left + right).replace(",", "").replace("...", "")
    if not (plain.isascii() and (plain.isalpha() or not plain)) or "," in right:
        raise ShapeError(f"pattern {pattern!r}: only letters, commas and one arrow can stand in it")
    if len(terms) != len(ndims):
        raise ShapeError(
            f"pattern {pattern!r} has {_count(len(terms), 'term')} for "
            f"{_count(len(ndims), 'operand')}"
        )
    free = [letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in plain]
    further = max(
        [n - len(t) + 3 for t, n in zip(terms, ndims, strict=True) if "..." in t], default=0
    )
    dots = "".join(free[: max(further, 0)])
    if not arrow:
        counts = left.replace(",", "").replace("...", "")
        right = "..." * ("..." in left) + "".join(c for c in sorted(counts) if counts.count(c) == 1)
    written = []
    for term, ndim in zip(terms, ndims, strict=True):
        named = len(term) - 3 * ("..." in term)
        if ndim < named or (ndim > named and "..." not in term):
            raise ShapeError(
                f"pattern {pattern!r} has {_count(named, 'letter')} for an operand of "
                f"{_count(ndim, 'axis', 'axes')}"
            )
        term = term.replace("...", dots[len(dots) - (ndim - named) :])
        if len(set(term)) < len(term):
            raise ShapeError(f"pattern {pattern!r} has a letter twice in one term; take diag first")
        written.append(term)
    result = right.replace("...", dots)
    if len(set(result)) < len(result):
        raise ShapeError(f"pattern {pattern!r} has a letter twice in the result")
    return written, result


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
