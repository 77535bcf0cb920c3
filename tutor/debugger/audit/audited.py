"""Audited: one pass, with what several checks ask about its graph, worked out once for all nodes.

Everything here counts nodes from 0 within the pass. A scalar graph of a hundred thousand nodes is
read as columns; Python meets each node at most once or twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.columns import Column
from engine.ops.declare import Op
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.audit.profiles import Profile, compares, multiplies, profile, selects

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Audited:
    """Pass number `at` of a trace."""

    trace: Trace
    at: int

    @cached_property
    def p(self) -> Pass:
        """The pass."""
        return self.trace.passes[self.at]

    @cached_property
    def first(self) -> int:
        """The id in the trace of the pass's node 0."""
        return self.trace.node_range(self.at).start

    def event_of(self, contribution: int) -> int:
        """The number in the trace of a contribution counted within the pass."""
        return self.trace.backward_range(self.at).start + 1 + contribution

    @cached_property
    def parameters(self) -> list[int]:
        """The leaves by which a gradient is wanted: inputs, and tensors made for it."""
        return [i for i in np.flatnonzero(self.p.wanted).tolist() if self.p.ops[i] is None]

    @cached_property
    def reached(self) -> Array:
        """Whether each node has a gradient."""
        there = np.ones(len(self.p.ops), dtype=bool)
        there[list(self.p.gradients.absent)] = False
        return there

    @cached_property
    def departing(self) -> Array:
        """How many contributions each node passed on."""
        return np.bincount(self.p.sources, minlength=len(self.p.ops))

    @cached_property
    def unit_edges(self) -> Array:
        """For each node the first contribution that it passed on to more than a comparison; −1 for
        none."""
        p = self.p
        masks = np.zeros(len(p.ops), dtype=bool)
        masks[self.nodes_of(compares)] = True
        edges = np.flatnonzero(~masks[p.targets])[::-1]
        first = np.full(len(p.ops), -1)
        first[p.sources[edges]] = edges  # of one source the last that is written stays: the first
        return first

    @cached_property
    def gradient_squares(self) -> Array:
        """The sum of squares of each node's gradient; 0 where there is none."""
        return squares(self.p.gradients)

    @cached_property
    def amount_squares(self) -> Array:
        """The sum of squares of each contribution."""
        return squares(self.p.amounts)

    @cached_property
    def flows(self) -> Array:
        """Whether each node's gradient is there and has an entry other than 0."""
        return nonzero(self.p.gradients)

    @cached_property
    def passes_on(self) -> Array:
        """Whether each contribution has an entry other than 0."""
        return nonzero(self.p.amounts)

    @cached_property
    def profiles(self) -> Mapping[int, Profile]:
        """The profile of each node whose op is one of a single operand, entry by entry."""
        params = self.p.params
        without: dict[Op, Profile] = {}
        found = {}
        for i, op in enumerate(self.p.ops):
            if op is None or not op.elementwise or op.arity != 1:
                continue
            if i in params:
                made = profile(op, params[i])
            else:
                known = without.get(op)
                made = without[op] = profile(op, {}) if known is None else known
            if made.kind != "other":
                found[i] = made
        return found

    @cached_property
    def activations(self) -> Array:
        """Whether each node is what a unit does with its sum: one of the profiles that activate, a
        maximum with a constant, a product or a choice by the sign of the sum itself, a softmax. A
        mask that comes from elsewhere, as in attention or dropout, is none."""
        found = np.zeros(len(self.p.ops), dtype=bool)
        found[[i for i, made in self.profiles.items() if made.activates]] = True
        pairs = self.nodes_of(lambda op: selects(op) and op.arity == 2)
        found[pairs] = self.departing[pairs] == 1
        users = [user for i in self.nodes_of(compares) for user in self.p.consumers[i]]
        found[[i for i in users if self._bends(i)]] = True
        found[self.nodes_of(lambda op: op.name == "softmax")] = True
        return found

    def masked(self, node: int) -> bool:
        """Whether a product has a comparison for a factor: `z*(z > 0)`."""
        op = self.p.ops[node]
        made_by = [self.p.ops[i] for i in self.p.operands[node]]
        return (
            op is not None
            and op.name == "mul"
            and any(factor is not None and compares(factor) for factor in made_by)
        )

    def _bends(self, node: int) -> bool:
        """Whether a node is z*(z > 0), or where(z > 0, z, 0): its mask was made of its operand."""
        op = self.p.ops[node]
        if op is None or not (op.name == "mul" or (selects(op) and self.departing[node] == 1)):
            return False
        operands = self.p.operands[node]
        made_by = [self.p.ops[i] for i in operands]
        masks = [i for i, by in zip(operands, made_by, strict=True) if by and compares(by)]
        return any(not set(self.p.operands[i]).isdisjoint(operands) for i in masks)

    @cached_property
    def products(self) -> Array:
        """Whether each node sums products of its operands: matmul, einsum, corr."""
        found = np.zeros(len(self.p.ops), dtype=bool)
        for i in self.nodes_of(multiplies):
            found[i] = len(self.p.operands[i]) > 1
        return found

    @cached_property
    def weighted(self) -> Array:
        """Whether each node is a single product with a parameter: `w*x`, not `w*w`."""
        found = np.zeros(len(self.p.ops), dtype=bool)
        muls = np.array(self.nodes_of(lambda op: op.name == "mul"), dtype=np.int64)
        if not len(muls):
            return found
        starts, flat = self.p.operands.starts, self.p.operands.flat
        a, b = flat[starts[muls]], flat[starts[muls] + 1]
        leaf = np.zeros(len(self.p.ops), dtype=bool)
        leaf[self.parameters] = True
        found[muls] = (leaf[a] | leaf[b]) & (a != b)
        return found

    @cached_property
    def heights(self) -> Array:
        """For each node the number of products and activations between it and the output, on the
        way that has most of them; −1 for a node that does not lead to the output."""
        return self.heights_of(self.products | self.activations)

    @cached_property
    def levels(self) -> Array:
        """The same, where single products with a parameter count too."""
        return self.heights_of(self.products | self.activations | self.weighted)

    def heights_of(self, marks: Array) -> Array:
        """For each node the number of marked nodes between it and the output, on the way that has
        most of them; −1 for a node that does not lead to the output."""
        flat, starts = self.p.operands.flat.tolist(), self.p.operands.starts.tolist()
        counted = marks.astype(np.int64).tolist()
        heights = [-1] * len(counted)
        heights[self.p.output] = 0
        for i in range(self.p.output, -1, -1):
            if heights[i] < 0:
                continue
            below = heights[i] + counted[i]
            for operand in flat[starts[i] : starts[i + 1]]:
                if heights[operand] < below:
                    heights[operand] = below
        return np.array(heights)

    def nodes_of(self, wanted: Callable[[Op], bool]) -> list[int]:
        """The nodes whose op is one of those, rising."""
        ops = {op for op in set(self.p.ops) if op is not None and wanted(op)}
        return [i for i, op in enumerate(self.p.ops) if op in ops] if ops else []

    def sum_below(self, node: int) -> tuple[int | None, int | None]:
        """The weight and the bias, parameters both, of the sum that a unit's function is applied
        to; None for one that is not found."""
        weight: int | None = None
        bias: int | None = None
        leaves = set(self.parameters)
        waiting = list(self.p.operands[node])
        seen: set[int] = set()
        while waiting and len(seen) < 50:
            i = waiting.pop()
            op = self.p.ops[i]
            if i in seen or self.activations[i]:
                continue
            seen.add(i)
            operands = self.p.operands[i]
            if i in leaves:
                bias = i if bias is None else bias
            elif self.products[i] or self.weighted[i]:
                weight = self.weight_of(i) if weight is None else weight
            elif op is not None:
                waiting.extend(operands)
        return weight, bias

    def weight_of(self, node: int) -> int | None:
        """Which operand of a product is the weight: a parameter, and a matrix rather than a vector
        or a single column; of two the second, as in X @ W. None where no operand is one."""
        found = [i for i in self.p.operands[node] if self.p.ops[i] is None and self.p.wanted[i]]
        matrices = [i for i in found if np.ndim(self.p.values[i]) > 1]
        wide = [i for i in matrices if np.shape(self.p.values[i])[-1] > 1]
        chosen: list[int] = wide or matrices or found
        return chosen[-1] if chosen else None


def squares(column: Column) -> Array:
    """The sum of squares of each entry of a column, in float64; 0 for an absent one."""
    with np.errstate(all="ignore"):
        sums: Array = np.square(column.floats)
        if column.absent:
            sums[list(column.absent)] = 0.0
        for i, array in column.arrays.items():
            wide = np.asarray(array, dtype=np.float64).ravel()
            sums[i] = wide @ wide
    return sums


def nonzero(column: Column) -> Array:
    """Whether each entry of a column is there and has anything but zeros."""
    found: Array = column.floats != 0
    found[list(column.absent)] = False
    for i, array in column.arrays.items():
        found[i] = bool(np.any(array))
    return found


def log10(x: float) -> float:
    """The logarithm to base 10, −inf at 0."""
    return math.log10(x) if x > 0 else -math.inf
