"""One forward and one backward pass as columns, and the events that are read from them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from engine.apply import as_arrays
from engine.arrays import floats, numpy_
from engine.backward import added
from engine.columns import Column, Ragged, Value
from engine.ops.declare import Op
from engine.source import Location

Kind = Literal["value", "seed", "contribution", "update"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    value: `node` got `value`.
    seed: the output `node` was given the gradient `amount`.
    contribution: `source` passed `amount`, which is `upstream` times its local derivative, on to
        `node`, its operand number `operand`; that had `total` afterwards. `local` is there only
        where the op is elementwise.
    update: parameter `node` went from `old` to `new` = old − `rate` · `amount`.
    """

    i: int
    kind: Kind
    node: int
    value: Value = None
    source: int | None = None
    operand: int | None = None
    upstream: Value = None
    local: Value = None
    amount: Value = None
    total: Value = None
    old: Value = None
    new: Value = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A moment at which the function looked at a number and Python went on with it.

    node: whose value was looked at. kind: "truth" (`if x > 0`), "number" (`x.item()`, `float(x)`)
    or "whole number" (`int(x)`). outcome: what Python got. A replay of the graph does not decide
    again; it can only tell that the outcome would have been another.
    """

    node: int
    kind: Literal["truth", "number", "whole number"]
    outcome: bool | float
    location: Location | None = None


@dataclass(frozen=True, repr=False)
class Pass:
    """One forward and one backward pass, by local node ids 0..len(ops)-1.

    ops: the op of each node, None for a leaf. operands: the nodes it was applied to. wanted:
    whether a gradient is wanted by it. inputs: the node of each input name. seed: the gradient that
    the output was given, None where it depends on no input; seed_given: whether the caller chose
    it. values, gradients: of each node. sources, slots, targets, amounts: the contributions in the
    order in which they happened, from node `source` through its operand `slot` to node `target`.
    updates: (node, rate, new value) of each. decisions: where the function looked at a number.
    """

    index: int
    ops: tuple[Op | None, ...]
    operands: Ragged
    params: Mapping[int, Mapping[str, Any]]
    given_names: Mapping[int, str]
    scopes: Mapping[int, tuple[str, ...]]
    locations: tuple[Location | None, ...]
    wanted: np.ndarray[Any, Any]
    inputs: Mapping[str, int]
    output: int
    seed: Value
    seed_given: bool
    values: Column
    gradients: Column
    sources: np.ndarray[Any, Any]
    slots: np.ndarray[Any, Any]
    targets: np.ndarray[Any, Any]
    amounts: Column
    updates: tuple[tuple[int, float, Value], ...] = ()
    decisions: tuple[Decision, ...] = ()

    def __repr__(self) -> str:
        return f"<Pass {self.index}: {len(self.ops)} nodes, {self.event_count} events>"

    def value(self, node: int) -> Value:
        """The value of a node: a float for a 0-d float64, else a read-only array."""
        return self.values[node]

    def gradient(self, node: int) -> Value | None:
        """The final gradient of a node; None where none arrived."""
        return self.gradients[node]

    def updated(self, updates: Sequence[tuple[int, float, Value]]) -> Pass:
        """The same pass, followed by updates of its parameters."""
        return replace(self, updates=tuple(updates))

    @property
    def backward_start(self) -> int:
        """The number, within the pass, of its seed event."""
        return len(self.ops)

    @property
    def updates_start(self) -> int:
        """The number, within the pass, of its first update event."""
        return len(self.ops) + (self.seed is not None) + len(self.sources)

    @property
    def event_count(self) -> int:
        """How many events the pass has."""
        return self.updates_start + len(self.updates)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each node: the given ones, numbers for constants, and for unnamed results f
        (the output), q (a single one) or n1, n2, … No two are alike but those of equal constants.
        """
        return _names(self)

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        """The node of each name; of equal constants, the last one."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def last_of_line(self) -> Mapping[int, int]:
        """For each line of the user's text the last node that was made in it."""
        places = enumerate(self.locations)
        return {place.line: i for i, place in places if place is not None}

    @cached_property
    def consumers(self) -> Ragged:
        """For each node, the nodes that use it, in evaluation order; twice if used twice."""
        users = np.repeat(np.arange(len(self.ops), dtype=np.int32), np.diff(self.operands.starts))
        order = np.argsort(self.operands.flat, kind="stable")
        starts = np.searchsorted(self.operands.flat[order], np.arange(len(self.ops) + 1))
        return Ragged(users[order], starts)

    @cached_property
    def _arrivals(self) -> Ragged:
        order = np.argsort(self.targets, kind="stable")
        return Ragged(order, np.searchsorted(self.targets[order], np.arange(len(self.ops) + 1)))

    @property
    def nbytes(self) -> int:
        """The memory of the columns and their arrays, in bytes."""
        columns = (self.values, self.gradients, self.amounts)
        arrays = (self.wanted, self.sources, self.slots, self.targets)
        ragged = self.operands.flat.nbytes + self.operands.starts.nbytes
        return (
            sum(c.nbytes for c in columns)
            + sum(a.nbytes for a in arrays)
            + ragged
            + sys.getsizeof(self.ops)
            + sys.getsizeof(self.locations)
        )

    def arrivals(self, node: int) -> list[int]:
        """The events, counted within the pass, that wrote the node's gradient, in order."""
        first = self.backward_start + 1
        seeds = [self.backward_start] if node == self.output and self.seed is not None else []
        return seeds + [first + k for k in self._arrivals[node]]

    def departures(self, node: int) -> list[int]:
        """The events, counted within the pass, by which the node passed its gradient on."""
        first = self.backward_start + 1
        below = self._descending_sources
        low = int(np.searchsorted(below, -node, side="left"))
        high = int(np.searchsorted(below, -node, side="right"))
        return list(range(first + low, first + high))

    @cached_property
    def _descending_sources(self) -> np.ndarray[Any, Any]:
        return -self.sources

    def gradient_at(self, node: int, cursor: int) -> Value | None:
        """The gradient that had arrived when `cursor` events of this pass had happened."""
        if node == self.output and self.seed is not None:
            return self.seed if cursor > self.backward_start else None
        return self._total(node, cursor - self.backward_start - 1)

    def _total(self, node: int, count: int) -> Value | None:
        """What the node had been given by the first `count` contributions of the pass, added up in
        the order in which they came; None for nothing."""
        start, end = self._arrivals.starts[node], self._arrivals.starts[node + 1]
        arrived = self._arrivals.flat[start:end]
        mine = arrived[: np.searchsorted(arrived, count)]
        if len(mine) == 0:
            return None
        if len(mine) == len(arrived):
            return self.gradients[node]
        if not self.amounts.arrays:
            return float(np.cumsum(self.amounts.floats[mine])[-1])
        total: Value = self.amounts[int(mine[0])]
        for k in mine[1:].tolist():
            total = added(total, self.amounts[k])
        return total

    def arrival(self, local: int) -> tuple[int | None, int | None, Value]:
        """Of the seed or contribution event number `local`: the node that passed it on (None for
        the seed), through which operand, and how much. It costs less than the event, which also
        adds up what had arrived before."""
        k = local - self.backward_start - 1
        if k < 0:
            return None, None, self.seed
        return int(self.sources[k]), int(self.slots[k]), self.amounts[k]

    def event(self, local: int, node_offset: int, event_offset: int) -> Event:
        """The event number `local` of this pass, with ids and numbers shifted to the trace's."""
        i = event_offset + local
        if local < self.backward_start:
            return Event(i, "value", node_offset + local, value=self.values[local])
        if local >= self.updates_start:
            node, rate, new = self.updates[local - self.updates_start]
            return Event(
                i,
                "update",
                node_offset + node,
                amount=self.gradients[node],
                old=self.values[node],
                new=new,
                rate=rate,
            )
        if local == self.backward_start:
            return Event(i, "seed", node_offset + self.output, amount=self.seed, total=self.seed)
        k = local - self.backward_start - 1
        source, slot, target = int(self.sources[k]), int(self.slots[k]), int(self.targets[k])
        return Event(
            i,
            "contribution",
            node_offset + target,
            source=node_offset + source,
            operand=slot,
            upstream=self.gradients[source],
            local=self.local(source, slot),
            amount=self.amounts[k],
            total=self._total(target, k + 1),
        )

    def local(self, node: int, slot: int) -> Value | None:
        """The local derivative of an elementwise op by one operand, entry by entry in the shape
        of its value; None for any other op. It is the op's own rule for an upstream of 1."""
        op = self.ops[node]
        if op is None or not op.elementwise:
            return None
        out = self.values[node]
        values = [self.values[i] for i in self.operands[node]]
        if op.plain and all(type(v) is float for v in values):
            with suppress(ArithmeticError, ValueError, AttributeError):
                slope = op.vjp(floats.NAMESPACE, 1.0, out, *values)[slot]
                return None if slope is None else float(slope)
        extra = {"wants": tuple(i == slot for i in range(len(values)))} if op.prunes else {}
        one, out, *arrays = as_arrays(
            [1.0 if type(out) is float else np.ones_like(out), out, *values]
        )
        with np.errstate(all="ignore"):
            slope = op.vjp(
                numpy_.NAMESPACE, one, out, *arrays, **self.params.get(node, {}), **extra
            )[slot]
        if slope is None:
            return None
        return (
            float(slope)
            if out.shape == () and out.dtype == np.float64
            else np.broadcast_to(slope, out.shape)
        )


def _names(p: Pass) -> tuple[str, ...]:
    taken = set(p.given_names.values())
    unnamed = [i for i, op in enumerate(p.ops) if op is not None and i not in p.given_names]
    inner = [i for i in unnamed if i != p.output]
    names: list[str] = []
    result = "f" if "f" not in taken else "out"
    ordinal = 0
    for i, op in enumerate(p.ops):
        given = p.given_names.get(i)
        if given is not None:
            names.append(given)
        elif op is None:
            names.append(_leaf_name(p, i))
        elif i == p.output:
            names.append(result)
        elif len(inner) == 1 and "q" not in taken:
            names.append("q")
        else:
            ordinal += 1
            while f"n{ordinal}" in taken:
                ordinal += 1
            names.append(f"n{ordinal}")
    return tuple(_unlike(names, p))


def _leaf_name(p: Pass, i: int) -> str:
    value = p.values[i]
    if p.wanted[i]:
        return "p"
    if np.ndim(value) == 0:
        return f"{float(value):.6g}"
    return "c"


def _unlike(names: list[str], p: Pass) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for i, name in enumerate(names):
        count = seen.get(name, 0) + 1
        seen[name] = count
        constant = p.ops[i] is None and not p.wanted[i] and np.ndim(p.values[i]) == 0
        result.append(name if count == 1 or constant else f"{name}_{count}")
    return result
