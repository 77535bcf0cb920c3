"""Switches: values whose sign decides which piece of a piecewise formula is taken.

z for relu(z), a − b for max(a, b) and for a > b, how far the largest entry is ahead for max(x).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays.bounded import Bounded
from tutor.judge.equal import FACTOR
from tutor.judge.graph import Graph, Step
from tutor.language.tree import Binary, Call, Compare, Expression, walk

Array = np.ndarray

AT_ZERO = frozenset("relu leaky_relu prelu elu abs sign step".split())
PAIRS = frozenset("maximum minimum gt ge lt le".split())
LARGEST = frozenset("max min maxout".split())
KINKED = AT_ZERO | PAIRS | LARGEST | frozenset("where clip floor eq ne".split())
BENT = frozenset("relu leaky_relu prelu elu abs maximum minimum max min maxout clip".split())
"""Those whose slope on the kink is a convention."""


def has_kinks(tree: Expression) -> bool:
    """Whether a term holds a function with a kink, or a mask."""
    return any(
        isinstance(term, Compare)
        or (isinstance(term, Call) and term.function.removesuffix("'") in KINKED)
        for term in walk(tree)
    )


def graph_has_kinks(graph: Graph) -> bool:
    """Whether a forward line does."""
    return any(is_kinked(step) for step in graph.steps[: graph.count])


def is_kinked(step: Step) -> bool:
    """Whether a step does."""
    return step.op is not None and step.op.name in KINKED


def ties(graph: Graph, nodes: Sequence[Bounded], count: int) -> Array:
    """The samples at which a forward line sits on a kink as far as can be told, (S,): there the
    slope is a convention, and nobody's is wrong."""
    found = np.zeros(count, dtype=bool)
    for step in graph.steps[: graph.count]:
        if step.op is None or step.op.name not in BENT:
            continue
        for value, error in of_step(step, nodes):
            wide = np.broadcast_to(np.abs(value) <= FACTOR * error, (count, value.shape[1]))
            found |= wide.any(axis=1)
    return found


def of_step(step: Step, nodes: Sequence[Bounded]) -> list[tuple[Array, Array]]:
    """The switches of a step with their errors, each (S, n)."""
    if step.op is None or step.op.name not in KINKED:
        return []
    operands = [nodes[i] for i in step.operands]
    name = step.op.name
    if name in AT_ZERO:
        return [_flat(operands[0])]
    if name in PAIRS:
        return [_flat(operands[0] - operands[1])]
    if name in LARGEST:
        return _gaps(operands[0], step)
    if name == "clip":
        bounds = [step.params.get(key) for key in ("lo", "hi")]
        return [_flat(operands[0] - bound) for bound in bounds if bound is not None]
    return []


def _gaps(x: Bounded, step: Step) -> list[tuple[Array, Array]]:
    """How far the largest entry is above the next one (below, for the smallest)."""
    axis = step.params.get("axis") if step.op is not None and step.op.name != "maxout" else -1
    value = -x.value if step.op is not None and step.op.name == "min" else x.value
    error = np.zeros(value.shape) if x.error is None else x.error
    if axis is None or isinstance(axis, tuple):
        value, error = value.reshape(len(value), -1), error.reshape(len(error), -1)
        place = 1
    else:
        place = axis % x.ndim + 1
    if value.shape[place] < 2:
        return []
    order = np.sort(value, axis=place)
    top = np.take(order, -1, axis=place) - np.take(order, -2, axis=place)
    # Its sign never turns; what turns between points is which one is the largest.
    first, second = np.take(value, 0, axis=place), np.take(value, 1, axis=place)
    slack = 2 * error.max(axis=place)
    count = len(value)
    turning = (first - second).reshape(count, -1)
    return [
        (top.reshape(count, -1), slack.reshape(count, -1)),
        (turning, np.full(turning.shape, -1.0)),
    ]


def _flat(x: Bounded) -> tuple[Array, Array]:
    value = np.asarray(x.value, dtype=float).reshape(len(x.value), -1)
    error = np.zeros(value.shape) if x.error is None else x.error.reshape(len(x.error), -1)
    return value, error


def of_term(tree: Expression) -> list[Expression]:
    """The terms of a formula whose sign decides what is taken."""
    found: list[Expression] = []
    for term in walk(tree):
        if isinstance(term, Compare):
            found.append(Binary("-", term.left, term.right))
        elif isinstance(term, Call):
            name = term.function.removesuffix("'")
            if name in AT_ZERO:
                found.append(term.operands[0])
            elif name in ("maximum", "minimum"):
                found.append(Binary("-", term.operands[0], term.operands[1]))
    return found
