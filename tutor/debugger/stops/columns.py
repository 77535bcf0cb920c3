"""The events of a pass as columns: of which node, through which, and the gradient so far.

Everything here is computed at once for all events of a pass, so that a condition on a hundred
thousand of them takes milliseconds. Events are counted within the pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.arrays import numpy_
from engine.backward import added
from engine.passes import Pass
from tutor.render.kept import Kept

Array = np.ndarray[Any, Any]

KINDS = ("value", "seed", "contribution", "update")
VALUE, SEED, CONTRIBUTION, UPDATE = range(4)

_FEW = 64


@dataclass(slots=True)
class Columns:
    """Columns of a pass, one entry an event.

    nodes: the node that each event is at. sources: the node that passed a contribution on, −1 for
    other events. kinds: the place of its kind in `KINDS`. made: what was asked for once, by name.
    """

    nodes: Array
    sources: Array
    kinds: Array
    made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """A column that is only computed when somebody asks for it."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]


def _columns(p: Pass) -> Columns:
    count, backward, first_update = len(p.ops), p.backward_start, p.updates_start
    nodes = np.empty(p.event_count, dtype=np.int64)
    sources = np.full(p.event_count, -1, dtype=np.int64)
    kinds = np.empty(p.event_count, dtype=np.int8)
    nodes[:count] = np.arange(count)
    kinds[:count] = VALUE
    start = first_update - len(p.sources)
    nodes[backward:start], kinds[backward:start] = p.output, SEED
    nodes[start:first_update], kinds[start:first_update] = p.targets, CONTRIBUTION
    sources[start:first_update] = p.sources
    nodes[first_update:] = [node for node, _, _ in p.updates]
    kinds[first_update:] = UPDATE
    return Columns(nodes, sources, kinds)


columns_of: Kept[Pass, Columns] = Kept(_columns)
"""The columns of a pass."""


def first_contribution(p: Pass) -> int:
    """The number, within the pass, of its first contribution."""
    return p.updates_start - len(p.sources)


def running_totals(p: Pass) -> Array:
    """The gradient of its node after each contribution, where that is a number; NaN for arrays.

    Added up in the order of arrival, so that every total is to the last bit what the trace shows.
    """
    made: Array = columns_of(p).once("totals", lambda: _running_totals(p.targets, p.amounts.floats))
    return made


def _running_totals(targets: Array, amounts: Array) -> Array:
    order = np.argsort(targets, kind="stable")
    totals = amounts[order].astype(np.float64)
    if len(order) == 0:
        return totals
    mine = targets[order]
    starts = np.flatnonzero(np.concatenate([[True], mine[1:] != mine[:-1]]))
    sizes = np.diff(np.append(starts, len(mine)))
    with np.errstate(all="ignore"):
        for start, size in zip(starts[sizes > _FEW], sizes[sizes > _FEW], strict=True):
            totals[start : start + size] = np.cumsum(totals[start : start + size])
        starts, sizes = starts[sizes <= _FEW], sizes[sizes <= _FEW]
        for rank in range(1, int(sizes.max(initial=0))):
            at = starts[sizes > rank] + rank
            totals[at] += totals[at - 1]
    result = np.empty_like(totals)
    result[order] = totals
    return result


def array_totals(p: Pass) -> Iterator[tuple[int, Array]]:
    """The gradient after each contribution whose amount is an array, as (contribution, total), in
    order. One total a node is held at a time."""
    left = np.bincount(p.targets, minlength=len(p.ops))
    totals: dict[int, Any] = {}
    for k in sorted(p.amounts.arrays):
        target, amount = int(p.targets[k]), p.amounts.arrays[k]
        left[target] -= 1
        with np.errstate(all="ignore"):
            total = added(totals[target], amount) if target in totals else amount
        if left[target]:
            totals[target] = total
        else:
            totals.pop(target, None)
        yield k, np.asarray(total)


def local_derivatives(p: Pass) -> tuple[Array, Array]:
    """The local derivative of each contribution where it is a number, and whether it is one.

    Of an op on arrays and of one that is not elementwise there is none here. The ops of scalar
    graphs are asked once each, for all their nodes together.
    """
    made: tuple[Array, Array] = columns_of(p).once("locals", lambda: _locals(p))
    return made


def _locals(p: Pass) -> tuple[Array, Array]:
    found = np.full(len(p.sources), np.nan)
    known = np.zeros(len(p.sources), dtype=bool)
    scalar = np.ones(len(p.ops), dtype=bool)
    scalar[list(p.values.arrays)] = False
    codes, ops = op_codes(p)
    slots = int(p.slots.max(initial=0)) + 1
    groups = codes[p.sources].astype(np.int64) * slots + p.slots
    for group in np.flatnonzero(np.bincount(groups)).tolist():
        code, slot = divmod(group, slots)
        op = next((op for op, at in ops.items() if at == code), None)
        if op is None or not op.plain:
            continue
        at = np.flatnonzero((groups == group) & scalar[p.sources])
        starts = p.operands.starts[p.sources[at]]
        operands = [p.operands.flat[starts + k] for k in range(op.arity)]
        at_scalars = np.all([scalar[nodes] for nodes in operands], axis=0)
        at, operands = at[at_scalars], [nodes[at_scalars] for nodes in operands]
        if len(at) == 0:
            continue
        values = [p.values.floats[nodes] for nodes in operands]
        out = p.values.floats[p.sources[at]]
        with np.errstate(all="ignore"):
            slope = op.vjp(numpy_.NAMESPACE, np.ones_like(out), out, *values)[slot]
        if slope is not None:
            found[at], known[at] = slope, True
    return found, known


def op_codes(p: Pass) -> tuple[Array, dict[Any, int]]:
    """A small number for the op of each node, and the number of each op; −1 for a leaf."""

    def make() -> tuple[Array, dict[Any, int]]:
        codes: dict[Any, int] = {None: -1}
        for op in p.ops:
            if op not in codes:
                codes[op] = len(codes) - 1
        numbers = np.fromiter(map(codes.__getitem__, p.ops), np.int16, len(p.ops))
        del codes[None]
        return numbers, codes

    made: tuple[Array, dict[Any, int]] = columns_of(p).once("ops", make)
    return made


def lines_of(p: Pass) -> Array:
    """The line of the user's text that each node was made at, −1 for none."""

    def make() -> Array:
        lines = [-1 if place is None else place.line for place in p.locations]
        return np.array(lines, dtype=np.int64)

    made: Array = columns_of(p).once("lines", make)
    return made
