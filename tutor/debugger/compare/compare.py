"""The comparison of two sides: corresponding nodes, their differences, and where the runs part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tutor.debugger.compare.alignment import aligned
from tutor.debugger.compare.differences import Difference, Differences, difference, differences
from tutor.debugger.compare.parting import Branch, Parting, branch, parting
from tutor.debugger.compare.sides import Moment, Side, moment

Status = Literal["same", "differs", "only in a", "only in b", "not computed yet"]
Order = Literal["largest", "graph"]
Array = np.ndarray[Any, Any]

_STATUSES: tuple[Status, ...] = ("same", "differs", "only in a", "only in b", "not computed yet")


@dataclass(frozen=True, slots=True)
class Pair:
    """A node of one side and the one that corresponds to it.

    a, b: their ids in the traces, None where a side has no such node. op_a, op_b: their ops,
    "input" or "constant". value, gradient: how far they are apart. status: "not computed yet" where
    a side has not come to it.
    """

    a: int | None
    b: int | None
    op_a: str | None
    op_b: str | None
    name: str
    status: Status
    value: Difference
    gradient: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides, node by node.

    a, b: the sides as they were read. mine, yours: the local ids of corresponding nodes in
    evaluation order, −1 for none. statuses: of each pair, as places in `Status`. values, gradients:
    how far they are apart. parting: the first event at which the runs part; None where they agree
    as far as both have come. branch: the first line at which they took different branches, where
    decisions were recorded.
    """

    a: Moment
    b: Moment
    mine: Array
    yours: Array
    statuses: Array
    values: Differences
    gradients: Differences
    parting: Parting | None
    branch: Branch | None

    def __len__(self) -> int:
        return len(self.mine)

    def status(self, k: int) -> Status:
        """The status of pair number k."""
        return _STATUSES[int(self.statuses[k])]

    def count(self, status: Status) -> int:
        """How many pairs have a status."""
        return int((self.statuses == _STATUSES.index(status)).sum())

    def pair(self, k: int) -> Pair:
        """Pair number k, in evaluation order."""
        i, j = int(self.mine[k]), int(self.yours[k])
        side, local = (self.b, j) if i < 0 else (self.a, i)
        return Pair(
            None if i < 0 else self.a.first + i,
            None if j < 0 else self.b.first + j,
            None if i < 0 else _op(self.a, i),
            None if j < 0 else _op(self.b, j),
            side.p.names[local],
            self.status(k),
            difference(None if i < 0 else self.a.values[i], None if j < 0 else self.b.values[j]),
            difference(
                None if i < 0 else self.a.gradients[i], None if j < 0 else self.b.gradients[j]
            ),
        )

    def pairs(self, order: Order = "graph") -> Iterator[Pair]:
        """All pairs, made as they are read. See `order`."""
        return (self.pair(k) for k in self.order(order).tolist())

    def order(self, order: Order) -> Array:
        """The numbers of the pairs, in evaluation order, or by the largest relative difference of
        value or gradient; nodes that one side does not have come next, then those that a side has
        not come to, then the same ones."""
        if order == "graph":
            return np.arange(len(self))
        apart = np.maximum(self.values.relative, self.gradients.relative)
        rank = np.array([4, 0, 1, 1, 2])[self.statuses]
        return np.lexsort((np.arange(len(self)), -apart, rank))


def compare(a: Side, b: Side) -> Comparison:
    """Two passes side by side, each at its moment: two traces, two passes of one, or one pass at
    two moments.

    Nodes correspond by number where the graphs have the same shape, else as `alignment` says.
    Raises IndexError for a pass that is not there.
    """
    one, other = moment(a, "a"), moment(b, "b")
    mine, yours = aligned(one.p, other.p)
    values = differences(one.values, other.values, mine, yours)
    gradients = differences(one.gradients, other.gradients, mine, yours)
    both = (mine >= 0) & (yours >= 0)
    waiting = both & ~(one.values.there[mine] & other.values.there[yours])
    differs = both & ~waiting & ((values.absolute != 0) | (gradients.absolute != 0))
    differs |= both & ~waiting & _other_op(one, other, mine, yours)
    statuses = np.zeros(len(mine), dtype=np.int8)
    statuses[differs] = 1
    statuses[yours < 0] = 2
    statuses[mine < 0] = 3
    statuses[waiting] = 4
    return Comparison(
        one,
        other,
        mine,
        yours,
        statuses,
        values,
        gradients,
        parting(one, other, mine, yours),
        branch(one, other),
    )


def _other_op(a: Moment, b: Moment, mine: Array, yours: Array) -> Array:
    if a.p.ops == b.p.ops and len(mine) == len(a.p.ops):
        return np.zeros(len(mine), dtype=bool)
    ops = zip(mine.tolist(), yours.tolist(), strict=True)
    return np.array([i >= 0 <= j and a.p.ops[i] is not b.p.ops[j] for i, j in ops], dtype=bool)


def _op(side: Moment, local: int) -> str:
    op = side.p.ops[local]
    if op is None:
        return "input" if side.p.wanted[local] else "constant"
    return op.name
