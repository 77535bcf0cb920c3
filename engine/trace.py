"""The Trace: everything that happened in a forward and a backward pass, as immutable data.

A trace is a list of passes: one, or one more for each step of gradient descent. A pass is columns:
what the graph is, every value, every gradient, every contribution. `Node` and `Event` objects are
made when they are read. Node ids and event numbers run on over all passes.

Events of a pass: one `value` a node in evaluation order, one `seed`, one `contribution` for each
edge that a gradient was passed along (newest node first, operands in order), then one `update` for
each parameter that was changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.columns import Value
from engine.ops.declare import Op
from engine.passes import Event as Event
from engine.passes import Pass as Pass
from engine.source import Location


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


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        passes = f", {len(self.passes)} passes" if len(self.passes) > 1 else ""
        result = self.node(self.output)
        return (
            f"<Trace of {result.name}: {len(self.nodes)} nodes, {len(self.events)} events{passes}>"
        )

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

    def arrival(self, event: int) -> tuple[int | None, int | None, Value]:
        """Of a seed or contribution event: the node that passed it on (None for the seed), through
        which operand, and how much; see `Pass.arrival`."""
        at = bisect_right(self._event_starts, event) - 1
        source, operand, amount = self.passes[at].arrival(event - self._event_starts[at])
        return None if source is None else source + self._node_starts[at], operand, amount

    def id(self, node: int | str) -> int:
        """The id of a node given by id or by name (in the first pass). Raises KeyError."""
        if isinstance(node, int):
            return node
        try:
            return self.passes[0].by_name[node]
        except KeyError:
            known = ", ".join(list(self.inputs)[:8])
            raise KeyError(f"there is no node called {node!r}; the inputs are {known}") from None

    def value(self, node: int | str) -> Value:
        """The value of a node: a float for a 0-d float64, else a read-only array."""
        p, local, _ = self._locate_node(self.id(node))
        return p.values[local]

    def op(self, node: int | str) -> Op | None:
        """The op that made a node, None for a leaf. In a trace that was loaded it may be one that
        the registry lacks: an `engine.document.ForeignOp`."""
        p, local, _ = self._locate_node(self.id(node))
        return p.ops[local]

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

    def __repr__(self) -> str:
        return f"<{self._length} to read one by one, or list() for all>"


def _starts(counts: Any) -> list[int]:
    starts = [0]
    for count in counts:
        starts.append(starts[-1] + count)
    return starts
