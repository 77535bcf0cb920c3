"""Sizes for the names of dimensions, chosen so that axes which are not the same differ in size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from math import prod

import numpy as np

from engine.arrays import numpy_
from engine.errors import EngineError
from tutor.judge.graph import Graph, GraphError, Shape

Sizes = dict[str, int]

MAX_ENTRIES = 10_000
"""Entries of one array; a graph that needs more is refused."""

MAX_ALL_ENTRIES = 40_000
"""Entries of all arrays of a graph."""

MAX_GIVEN = 12
_ENOUGH = 2
_TURNS = 10
# The smallest size and by how much the next ones grow, the best first. With a size of 2 too much
# is true by chance: a mean over 2 is a half, and of two shares one is 1 less the other.
_LADDERS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (3, (1,)),
    (3, (2,)),
    (4, (1,)),
    (3, (2, 1)),
    (4, (2, 1)),
    (3, (1, 3)),
    (4, (3, 2)),
    (2, (1,)),
    (2, (3,)),
    (2, (4, 1)),
)


def choose(
    dims: Mapping[str, int], shapes: Mapping[str, tuple[int | str, ...]], graph: Graph
) -> tuple[Sizes, Sizes]:
    """Two sets of sizes for the names in `dims`.

    The sizes keep the order of those given, so that a kernel stays smaller than its input; they
    differ from each other, from the sizes that are written as numbers and, where that can be had,
    from those that convolutions make of them. Where the graph cannot be run with different sizes,
    the given ones count.
    shapes: of the variables. Raises GraphError for a graph that runs with no sizes at all, or
    needs too large arrays.
    """
    if not dims:
        shapes_of(shapes, {}, graph)
        return {}, {}
    written = {size for shape in shapes.values() for size in shape if isinstance(size, int)}
    found: list[tuple[Sizes, list[int]]] = []
    problems: list[GraphError] = []

    def runs(sizes: Sizes) -> bool:
        try:
            axes = _axes(shapes, sizes, graph)
        except GraphError as error:
            problems.append(error)
            return False
        found.append((sizes, axes))
        return True

    for sizes in _ladders(dims, written):
        runs(sizes)
    if len(found) < _ENOUGH:
        for sizes in _shifted(dims, runs):
            runs(sizes)
    if not found:
        raise problems[0]
    costs = _costs(found, written)
    order = sorted(range(len(found)), key=lambda i: (costs[i], i))
    best = order[0]
    again = max(order[1:5] or order, key=lambda i: (-costs[i][0], _apart(found, best, i)))
    return found[best][0], found[again][0]


def shapes_of(
    shapes: Mapping[str, tuple[int | str, ...]], sizes: Mapping[str, int], graph: Graph
) -> tuple[Shape, ...]:
    """The shape of every step of the graph. Raises GraphError, also for too large arrays."""
    values: dict[str, np.ndarray | float] = {name: float(size) for name, size in sizes.items()}
    for name, shape in shapes.items():
        values[name] = np.full(sized(shape, sizes), 0.5)
    done: list[np.ndarray] = []
    total = 0
    for step in graph.steps:
        operands = [done[i] for i in step.operands]
        if step.op is None:
            value = operands[0] if operands else values.get(step.name or "", step.constant)
            made = np.asarray(value, dtype=float)
        else:
            given = [x.shape for x in operands]
            try:
                if step.op.check is not None:
                    step.op.check(*given, **step.params)
                _check_size(given, step.line, elementwise=step.op.elementwise)
                with np.errstate(all="ignore"):
                    made = np.asarray(step.op.forward(numpy_.NAMESPACE, *operands, **step.params))
            except (EngineError, ValueError, TypeError, IndexError) as error:
                why = str(error).splitlines()[0] if str(error) else type(error).__name__
                shown = ", ".join(str(shape) for shape in given)
                raise GraphError(f"{step.op.name} of shapes {shown}: {why}", step.line) from error
        total += made.size
        if made.size > MAX_ENTRIES or total > MAX_ALL_ENTRIES:
            raise GraphError("the arrays of this computation are too large", step.line)
        done.append(made)
    return tuple([made.shape for made in done])


def sized(shape: tuple[int | str, ...], sizes: Mapping[str, int]) -> Shape:
    """A shape with names as one with numbers."""
    return tuple([size if isinstance(size, int) else sizes[size] for size in shape])


def _check_size(shapes: Sequence[Shape], line: int, elementwise: bool) -> None:
    """Refuse an op whose result would be too large, before it is computed."""
    if elementwise:
        most = prod(np.broadcast_shapes(*shapes))
    else:
        most = 1
        for shape in shapes:
            # A product of matrices has the outer axes of both, never more than all of them.
            most *= max(prod(shape), 1) if len(shapes) > 1 else 1
    if most > MAX_ENTRIES * 64:
        raise GraphError("the arrays of this computation are too large", line)


def _ladders(dims: Mapping[str, int], written: set[int]) -> Iterator[Sizes]:
    """Small sizes in the order of the given ones, none of them a written one."""
    names = _in_order(dims)
    for start, steps in _LADDERS:
        sizes: list[int] = []
        size = start
        for place in range(len(names)):
            while size in written:
                size += 1
            sizes.append(size)
            size += steps[place % len(steps)]
        if sizes[-1] <= max(MAX_GIVEN, len(sizes) + 4):
            yield dict(zip(names, sizes, strict=True))


def _shifted(dims: Mapping[str, int], runs: Callable[[Sizes], bool]) -> Iterator[Sizes]:
    """Sizes found from the given ones by steps after which the graph still runs: where one size
    follows from others (that of a convolution's output), they grow together."""
    base = dict(dims)
    if max(base.values()) > 2 * MAX_GIVEN or not runs(base):
        return
    alone = [name for name in base if runs(_moved(base, {name: 1}))]
    moves: list[dict[str, int]] = [{name: 1} for name in alone]
    for one, other in permutations([name for name in base if name not in alone], 2):
        for move in ({one: 1, other: 1}, {one: 1, other: -1}):
            if (one < other or -1 in move.values()) and runs(_moved(base, move)):
                moves.append(move)
    for turn in range(1, _TURNS):
        sizes = base
        for place, move in enumerate(moves):
            for _ in range((place * turn + turn) % 4):
                sizes = _moved(sizes, move)
        yield sizes
    yield base


def _moved(sizes: Sizes, move: Mapping[str, int]) -> Sizes:
    return {name: size + move.get(name, 0) for name, size in sizes.items()}


def _in_order(dims: Mapping[str, int]) -> list[str]:
    return sorted(dims, key=lambda name: dims[name])


def _axes(shapes: Mapping[str, tuple[int | str, ...]], sizes: Sizes, graph: Graph) -> list[int]:
    """The size of every axis of every step, in order, behind those of the dimensions."""
    flat = list(sizes.values())
    for shape in shapes_of(shapes, sizes, graph):
        flat.extend(shape)
    return flat


def _apart(found: list[tuple[Sizes, list[int]]], one: int, other: int) -> int:
    """How many axes have different sizes under two sets."""
    return sum(a != b for a, b in zip(found[one][1], found[other][1], strict=False))


def _costs(found: list[tuple[Sizes, list[int]]], written: set[int]) -> list[tuple[int, int]]:
    """What speaks against each set: one size for two names, and axes of one size that differ in
    other sets."""
    lengths = {len(axes) for _, axes in found}
    if len(lengths) > 1:
        return [(_doubles(sizes, written), 0) for sizes, _ in found]
    kinds = sorted(set(zip(*[axes for _, axes in found], strict=True)))
    costs: list[tuple[int, int]] = []
    for place, (sizes, _) in enumerate(found):
        clashes = sum(a[place] == b[place] != 1 for a, b in combinations(kinds, 2))
        costs.append((_doubles(sizes, written), clashes))
    return costs


def _doubles(sizes: Sizes, written: set[int]) -> int:
    """How many sizes are not the only ones of their number."""
    different = set(sizes.values()) - written
    return len(sizes) - len(different)
