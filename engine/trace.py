"""The Trace: everything that happened in a forward and a backward pass, as immutable data.

A trace is a list of passes (one, or one more for each step of gradient descent). A pass is columns: what
the graph is, every value, every gradient, every contribution. `Node` and `Event` objects are made when they
are read. Node ids and event numbers run on over all passes.

Events of a pass: one `value` a node in evaluation order, one `seed`, one `contribution` for each edge that a gradient was
passed along (newest node first, operands in order), then one `update` for each parameter that was changed.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from engine.backward import added
from engine.ops.declare import Op
from engine.source import Location

Value = Any
Kind = Literal["value", "seed", "contribution", "update"]


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the graph. `op` is the op's name, "input" or "constant"; `named` tells whether
    the name was given by the user or made up here."""

    id: int
    name: str
    op: str
    inputs: tuple[int, ...]
    params: Mapping[str, Any]
    scope: tuple[str, ...]
    location: Location | None
    shape: tuple[int, ...]
    dtype: str
    requires_grad: bool
    named: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    value: `node` got `value`. seed: the output `node` was given the gradient `amount`. contribution: `source` passed
    `amount` = `upstream` times its local derivative on to `node`, its operand number `operand`, which then had
    `total`; `local` is there only where the op is elementwise. update: parameter `node` went from `old` to `new` = old − `rate` · `amount`.
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
class Column:
    """Values by number: floats in one array, arrays beside them, and the numbers of absent ones."""

    floats: np.ndarray[Any, Any]
    arrays: Mapping[int, Any]
    absent: frozenset[int]

    def __len__(self) -> int:
        return len(self.floats)

    def __getitem__(self, i: int) -> Value:
        if i in self.arrays:
            return self.arrays[i]
        return None if i in self.absent else float(self.floats[i])

    @property
    def nbytes(self) -> int:
        """The memory of the numbers, in bytes; arrays that two columns share count in both."""
        return self.floats.nbytes + sum(a.nbytes for a in self.arrays.values())


@dataclass(frozen=True, slots=True, eq=False)
class Ragged(Sequence[tuple[int, ...]]):
    """One tuple of node ids for each node, held in two arrays: 4 bytes an id, not 70 a tuple."""

    flat: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if i < 0:
            i += len(self)
        if not 0 <= i < len(self):
            raise IndexError(i)
        return tuple(self.flat[self.starts[i] : self.starts[i + 1]].tolist())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ragged)
            and np.array_equal(self.flat, other.flat)
            and np.array_equal(self.starts, other.starts)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Pass:
    """One forward and one backward pass, by local node ids 0..len(ops)-1.

    ops: the op of each node, None for a leaf. operands: the nodes it was applied to. sources, slots,
    targets, amounts: the contributions in the order in which they happened. `updates`: (node, rate, new value).
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
        """A name for each node, no two alike: the given ones, numbers for constants, and for
        unnamed results f (the output), q (a single one) or n1, n2, …"""
        return _names(self)

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        """The node of each name."""
        return {name: i for i, name in enumerate(self.names)}

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
        events = self.arrivals(node)
        count = bisect_right(events, cursor - 1)
        if count == 0:
            return None
        return self._total(node, events, count)

    def _total(self, node: int, events: list[int], count: int) -> Value:
        """What the first `count` arrivals of a node add up to, added in the order in which they
        came; to all of them it adds up to the gradient."""
        if count == len(events):
            return self.gradients[node]
        total: Value = None
        for event in events[:count]:
            seed = event == self.backward_start
            amount = self.seed if seed else self.amounts[event - self.backward_start - 1]
            total = amount if total is None else added(total, amount)
        return total

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
        arrivals = self.arrivals(target)
        return Event(
            i,
            "contribution",
            node_offset + target,
            source=node_offset + source,
            operand=slot,
            upstream=self.gradients[source],
            local=self.local(source, slot),
            amount=self.amounts[k],
            total=self._total(target, arrivals, bisect_right(arrivals, local)),
        )

    def local(self, node: int, slot: int) -> Value | None:
        """The local derivative of an elementwise op by one operand, entry by entry in the shape
        of its value; None for any other op. It is the op's own rule on an upstream gradient of 1."""
        op = self.ops[node]
        if op is None or not op.elementwise:
            return None
        out = self.values[node]
        values = [self.values[i] for i in self.operands[node]]
        one = 1.0 if type(out) is float else np.ones_like(out)
        wants = [i == slot for i in range(len(values))]
        extra: dict[str, Any] = {"wants": tuple(wants)} if op.prunes else {}
        arrays = [np.asarray(v) for v in values]
        from engine.arrays import numpy_

        with np.errstate(all="ignore"):
            gradient = op.vjp(
                numpy_.NAMESPACE,
                np.asarray(one),
                np.asarray(out),
                *arrays,
                **self.params.get(node, {}),
                **extra,
            )[slot]
        if gradient is None:
            return None
        if type(out) is float:
            return float(gradient)
        return np.broadcast_to(gradient, out.shape)


@dataclass(frozen=True)
class Trace:
    """One or more passes as one run of events. See the module's docstring."""

    passes: tuple[Pass, ...]
    nodes: Sequence[Node] = field(init=False, repr=False, compare=False)
    events: Sequence[Event] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", _Reading(self.node, self._node_starts[-1]))
        object.__setattr__(self, "events", _Reading(self.event, self._event_starts[-1]))

    @cached_property
    def _node_starts(self) -> list[int]:
        return _starts(len(p.ops) for p in self.passes)

    @cached_property
    def _event_starts(self) -> list[int]:
        return _starts(p.event_count for p in self.passes)

    @property
    def output(self) -> int:
        """The node id of the result (of the first pass)."""
        return self.passes[0].output

    @property
    def inputs(self) -> Mapping[str, int]:
        """The node id of each input (of the first pass)."""
        return self.passes[0].inputs

    def node(self, i: int) -> Node:
        """Node number i."""
        p, local, offset = self._locate_node(i)
        op = p.ops[local]
        value = p.values[local]
        leaf = "input" if p.wanted[local] else "constant"
        return Node(
            id=i,
            name=p.names[local],
            op=leaf if op is None else op.name,
            inputs=tuple([offset + k for k in p.operands[local]]),
            params=p.params.get(local, {}),
            scope=p.scopes.get(local, ()),
            location=p.locations[local],
            shape=() if type(value) is float else tuple(value.shape),
            dtype="float64" if type(value) is float else value.dtype.name,
            requires_grad=bool(p.wanted[local]),
            named=local in p.given_names,
        )

    def event(self, i: int) -> Event:
        """Event number i."""
        at = bisect_right(self._event_starts, i) - 1
        return self.passes[at].event(
            i - self._event_starts[at], self._node_starts[at], self._event_starts[at]
        )

    def id(self, node: int | str) -> int:
        """The id of a node given by id or by name (in the first pass). Raises KeyError."""
        if isinstance(node, int):
            return node
        return self.passes[0].by_name[node]

    def value(self, node: int | str) -> Value:
        """The value of a node: a float for a 0-d float64, else a read-only array."""
        p, local, _ = self._locate_node(self.id(node))
        return p.values[local]

    def grad(self, node: int | str) -> Value | None:
        """The final gradient of a node; None where none arrived."""
        p, local, _ = self._locate_node(self.id(node))
        return p.gradients[local]

    def known(self, node: int | str, cursor: int) -> bool:
        """Whether the node's value had been computed when `cursor` events had happened."""
        return self.value_event(node) < cursor

    def grad_at(self, node: int | str, cursor: int) -> Value | None:
        """The gradient that had arrived when `cursor` events had happened; None for none yet."""
        i = self.id(node)
        at = self.pass_of(i)
        return self.passes[at].gradient_at(
            i - self._node_starts[at], cursor - self._event_starts[at]
        )

    def value_event(self, node: int | str) -> int:
        """The number of the event that computed the node's value."""
        i = self.id(node)
        at = self.pass_of(i)
        return self._event_starts[at] + i - self._node_starts[at]

    def arrivals(self, node: int | str) -> list[int]:
        """The seed and contribution events that wrote the node's gradient, in order."""
        return self._shifted(node, Pass.arrivals)

    def departures(self, node: int | str) -> list[int]:
        """The contribution events by which the node passed its gradient on."""
        return self._shifted(node, Pass.departures)

    def consumers(self, node: int | str) -> list[int]:
        """The nodes that use this one, in evaluation order."""
        p, local, offset = self._locate_node(self.id(node))
        return [offset + k for k in p.consumers[local]]

    def pass_of(self, node: int) -> int:
        """The number of the pass that a node belongs to. Raises IndexError for no node."""
        if not 0 <= node < self._node_starts[-1]:
            raise IndexError(f"there is no node {node}; there are {self._node_starts[-1]}")
        return bisect_right(self._node_starts, node) - 1

    def pass_at(self, cursor: int) -> int:
        """The number of the pass that is under way after `cursor` events."""
        return max(0, min(bisect_right(self._event_starts, cursor - 1), len(self.passes)) - 1)

    def node_range(self, at: int) -> range:
        """The node ids of pass number `at`."""
        return range(self._node_starts[at], self._node_starts[at + 1])

    def forward_range(self, at: int) -> range:
        """The numbers of the value events of pass number `at`."""
        start = self._event_starts[at]
        return range(start, start + self.passes[at].backward_start)

    def backward_range(self, at: int) -> range:
        """The numbers of the seed and contribution events of pass number `at`."""
        start = self._event_starts[at]
        return range(start + self.passes[at].backward_start, start + self.passes[at].updates_start)

    def update_range(self, at: int) -> range:
        """The numbers of the update events at the end of pass number `at`."""
        return range(
            self._event_starts[at] + self.passes[at].updates_start, self._event_starts[at + 1]
        )

    def counterpart(self, node: int, at: int) -> int | None:
        """The same node in pass number `at`; None where that pass took another way through."""
        p, local, _ = self._locate_node(node)
        other = self.passes[at]
        if p is other:
            return node
        if len(p.ops) != len(other.ops) or p.operands != other.operands or p.ops != other.ops:
            return None
        return self._node_starts[at] + local

    def _locate_node(self, i: int) -> tuple[Pass, int, int]:
        at = self.pass_of(i)
        return self.passes[at], i - self._node_starts[at], self._node_starts[at]

    def _shifted(self, node: int | str, of: Any) -> list[int]:
        i = self.id(node)
        at = self.pass_of(i)
        offset = self._event_starts[at]
        return [offset + k for k in of(self.passes[at], i - self._node_starts[at])]


class _Reading(Sequence[Any]):
    """A sequence whose items are made when they are read."""

    def __init__(self, make: Any, length: int) -> None:
        self._make = make
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self._make(k) for k in range(*i.indices(self._length))]
        if i < 0:
            i += self._length
        if not 0 <= i < self._length:
            raise IndexError(i)
        return self._make(i)

    def __iter__(self) -> Iterator[Any]:
        return map(self._make, range(self._length))


def _starts(counts: Any) -> list[int]:
    starts = [0]
    for count in counts:
        starts.append(starts[-1] + count)
    return starts


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
