"""Whether the operands of a term fit, before anything is computed; sizes are called by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any

from engine.errors import EngineError
from engine.ops import Op
from tutor.language.tree import Expression, Slice

Shape = tuple[int, ...]
Sizes = Mapping[int, str]

LARGEST = 10_000
"""So many entries may an array of one sample have; real exercises have some hundreds."""
MOST = 100_000
"""So many entries may be worked out for one tree, at one sample."""

_SHAPE = re.compile(r"\((?:\d+, )*\d+,?\)")
_INNER = re.compile(r"sizes? (\d+)(?: and (\d+))?")


class MisfitError(Exception):
    """Operands that do not fit their operator or function. `term` is the sub-tree at fault."""

    def __init__(self, term: Expression, message: str) -> None:
        super().__init__(message)
        self.term = term
        self.message = message


def named(shape: Shape, sizes: Sizes | None) -> str:
    """A shape by the names of its sizes: `(n, d)`, `(n,)`, `()`."""
    entries = [_size(n, sizes) for n in shape]
    return f"({entries[0]},)" if len(entries) == 1 else f"({', '.join(entries)})"


def _size(n: int, sizes: Sizes | None) -> str:
    return sizes.get(n, str(n)) if sizes and n > 1 else str(n)


def in_names(message: str, sizes: Sizes | None) -> str:
    """A message of the engine with the sizes in its shapes by their names."""
    if not sizes:
        return message

    def shape(found: re.Match[str]) -> str:
        return named(tuple(int(n) for n in re.findall(r"\d+", found[0])), sizes)

    def inner(found: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda n: _size(int(n[0]), sizes), found[0])

    return _INNER.sub(inner, _SHAPE.sub(shape, message))


def check_pair(term: Expression, sign: str, a: Shape, b: Shape, sizes: Sizes | None) -> None:
    """Raise MisfitError where two shapes do not broadcast, or their result would be too large."""
    if a == b or not a or not b:
        return
    wide = max(len(a), len(b))
    left, right = (1,) * (wide - len(a)) + a, (1,) * (wide - len(b)) + b
    for m, n in zip(reversed(left), reversed(right), strict=True):
        if m != n and m != 1 and n != 1:
            raise MisfitError(
                term,
                f"{named(a, sizes)} {sign} {named(b, sizes)}: "
                f"sizes {_size(m, sizes)} and {_size(n, sizes)} do not fit together",
            )
    check_size(term, prod(map(max, left, right)))


def check_product(term: Expression, a: Shape, b: Shape, sizes: Sizes | None) -> None:
    """Raise MisfitError where two shapes have no matrix product."""
    if not a or not b:
        raise MisfitError(
            term,
            f"{named(a, sizes)} @ {named(b, sizes)}: a scalar has no matrix product; use * for it",
        )
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise MisfitError(
            term,
            f"{named(a, sizes)} @ {named(b, sizes)}: "
            f"inner sizes {_size(a[-1], sizes)} and {_size(inner, sizes)} differ",
        )
    check_pair(term, "@", a[:-2], b[:-2], sizes)
    lead = prod(map(max, *_even(a[:-2], b[:-2])))
    rows, columns = (a[-2] if len(a) > 1 else 1), (b[-1] if len(b) > 1 else 1)
    check_size(term, lead * rows * columns)


def _even(a: Shape, b: Shape) -> tuple[Shape, Shape]:
    wide = max(len(a), len(b))
    return (1,) * (wide - len(a)) + a, (1,) * (wide - len(b)) + b


def check_call(
    term: Expression, op: Op, shapes: list[Shape], params: Mapping[str, Any], sizes: Sizes | None
) -> int:
    """How many entries a call works on beside its operands and its result, at most.

    Raises MisfitError where the op refuses the shapes or parameters.
    """
    if not op.variadic and len(shapes) != op.arity:
        raise MisfitError(
            term, f"{op.name} takes {op.arity} operand{'s' * (op.arity > 1)}, {len(shapes)} given"
        )
    _check_numbers(term, params)
    try:
        if op.check is not None:
            op.check(*shapes, **params)
    except EngineError as error:
        raise MisfitError(term, in_names(f"{op.name}: {error}", sizes)) from error
    except (TypeError, ValueError, IndexError) as error:
        raise MisfitError(term, f"{op.name} cannot take these arguments") from error
    if op.elementwise:
        so_far: Shape = ()
        for shape in shapes:
            check_pair(term, f"and, in {op.name},", so_far, shape, sizes)
            so_far = tuple(map(max, *_even(so_far, shape)))
    entries = _entries(op.name, shapes, params)
    check_size(term, entries)
    return entries


def check_index(
    term: Expression, items: tuple[int | Slice, ...], shape: Shape, sizes: Sizes | None
) -> None:
    """Raise MisfitError where an array has no entries at an index."""
    if len(items) > len(shape):
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise MisfitError(term, f"{len(items)} places for the {axes} of {named(shape, sizes)}")
    for item, size in zip(items, shape, strict=False):
        if isinstance(item, int) and not -size <= item < size:
            raise MisfitError(
                term, f"there is no entry {item}: the axis has size {_size(size, sizes)}"
            )


def check_size(term: Expression, entries: int) -> None:
    """Raise MisfitError for an array that no exercise needs."""
    if entries > LARGEST:
        raise MisfitError(
            term, f"an array of {entries:,} entries is too large: {LARGEST:,} at most"
        )


def check_work(term: Expression, entries: int) -> None:
    """Raise MisfitError where a tree as a whole takes more work than any answer needs."""
    if entries > MOST:
        raise MisfitError(term, f"this takes more than {MOST:,} entries to work out")


def _check_numbers(term: Expression, params: Mapping[str, Any]) -> None:
    waiting = list(params.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, (tuple, list)):
            waiting.extend(value)
        elif isinstance(value, int) and abs(value) > LARGEST:
            raise MisfitError(term, f"{value:,} is too large here: {LARGEST:,} at most")


def _entries(name: str, shapes: list[Shape], params: Mapping[str, Any]) -> int:
    """How many entries a call works on, where that can be more than its operands have."""
    first = shapes[0] if shapes else ()
    match name:
        case "pad":
            most = _largest(params.get("width", 0))
            return prod([size + 2 * most for size in first])
        case "broadcast_to" | "expand" | "scatter":
            shape = params.get("shape", ())
            wanted = shape if isinstance(shape, (tuple, list)) else (shape,)
            return prod([max(abs(int(n)), 1) for n in wanted])
        case "diag" if len(first) == 1:
            return (first[0] + abs(int(params.get("k", 0)))) ** 2
        case "outer":
            return prod(shapes[0]) * prod(shapes[1])
        case "corr" | "conv":
            return prod(first) * prod(shapes[1])
        case "corr_full" | "conv_full":
            return _overlaps(first, shapes[1])
        case "windows":
            sizes: Shape = tuple(params.get("sizes", ()))
            return prod(first) * prod(sizes)
        case "stack" | "concatenate":
            return sum(prod(shape) for shape in shapes)
        case "take":
            return prod(first) * max(1, _count(params.get("indices", 0)))
        case "einsum":
            return prod({size for shape in shapes for size in shape})
        case "dot" if len(shapes) == 2 and len(shapes[0]) == 2 and len(shapes[1]) == 2:
            return shapes[0][0] * shapes[1][1]
        case "matmul":
            return prod(shapes[0][:-1]) * prod(shapes[1]) // max(1, shapes[0][-1])
        case _:
            return 0


def _overlaps(x: Shape, k: Shape) -> int:
    lead = prod(x[: len(x) - len(k)])
    return lead * prod(map(lambda a, b: (a + b) * b, x[len(x) - len(k) :], k))


def _largest(width: Any) -> int:
    if isinstance(width, (tuple, list)):
        return max([_largest(part) for part in width], default=0)
    return abs(int(width))


def _count(indices: Any) -> int:
    if isinstance(indices, (tuple, list)):
        return sum(_count(part) for part in indices)
    return 1
