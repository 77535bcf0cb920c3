"""A quantity of a condition as it stands at every event of a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backward import added
from engine.passes import Pass
from tutor.debugger.stops.columns import (
    CONTRIBUTION,
    SEED,
    VALUE,
    Array,
    Columns,
    array_totals,
    columns_of,
    first_contribution,
    local_derivatives,
    running_totals,
)
from tutor.debugger.stops.conditions import Quantity
from tutor.debugger.stops.names import node_named

Moments = list[tuple[int, Any]]

_REDUCE: dict[str, Callable[[Any], Any]] = {
    "norm": lambda a: np.sqrt(np.sum(np.square(np.asarray(a, dtype=np.float64)))),
    "min": np.min,
    "max": np.max,
    "mean": np.mean,
    "sum": np.sum,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a quantity is at each event of a pass.

    numbers, known: one entry an event; a number counts where it is known. fresh: whether the event
    is the one that brought it. arrays: the events at which it is an array, in order, with that
    array; there `known` is False. since: for a quantity of a named node, whether an array holds
    on until the next one.
    """

    numbers: Array
    known: Array
    fresh: Array
    arrays: Callable[[], Iterator[tuple[int, Any]]]
    since: bool = False


def reading(p: Pass, quantity: Quantity) -> Reading:
    """What `quantity` is at each event of a pass."""
    if quantity.node is None:
        return _reduced(_of_event(p, quantity), quantity)
    return _of_node(p, quantity)


def moments(p: Pass, quantity: Quantity) -> Moments:
    """The events of a pass that bring another value or gradient to the quantity's node, with what
    it is from then on, all wraps applied; an empty list where the pass has no such node.

    A value is brought by its value event and by an update, a gradient by the seed and by each
    contribution.
    """
    node = node_named(p, quantity.node or "")
    if node is None:
        return []
    found = _values(p, node) if quantity.held == "value" else _gradients(p, node)
    return [(event, wrapped(value, quantity)) for event, value in found]


def wrapped(value: Any, quantity: Quantity) -> Any:
    """A value with the index and the wraps of a quantity; NaN for the least of no entries, and for
    an entry that is not there."""
    made = value
    if quantity.index is not None:
        try:
            made = np.asarray(made)[quantity.index]
        except IndexError:
            return float("nan")
    with np.errstate(all="ignore"):
        for wrap in quantity.wraps:
            if wrap == "abs":
                made = np.abs(made) if np.asarray(made).dtype != np.bool_ else made
            elif np.size(made) == 0 and wrap in ("min", "max", "mean"):
                made = float("nan")
            else:
                made = _REDUCE[wrap](made)
    return float(made) if np.ndim(made) == 0 else made


def _values(p: Pass, node: int) -> Moments:
    updates = [(p.updates_start + k, new) for k, (at, _, new) in enumerate(p.updates) if at == node]
    return [(node, p.values[node]), *updates]


def _gradients(p: Pass, node: int) -> Moments:
    found: Moments = []
    first = first_contribution(p)
    if node == p.output and p.seed is not None:
        return [(p.backward_start, p.seed)]
    arrivals = [event - first for event in p.arrivals(node)]
    if not p.amounts.arrays:
        with np.errstate(all="ignore"):
            totals = np.cumsum(p.amounts.floats[arrivals]) if arrivals else ()
        return [(first + k, float(t)) for k, t in zip(arrivals, totals, strict=True)]
    total: Any = None
    with np.errstate(all="ignore"):
        for k in arrivals:
            total = p.amounts[k] if total is None else added(total, p.amounts[k])
            found.append((first + k, total))
    return found


def _of_event(p: Pass, quantity: Quantity) -> Reading:
    columns = columns_of(p)
    return {
        "value": _event_values,
        "grad": _event_gradients,
        "amount": _amounts,
        "upstream": _upstreams,
        "local": _locals,
    }[quantity.held](p, columns)


def _event_values(p: Pass, columns: Columns) -> Reading:
    arrays = p.values.arrays
    known = _without(p, arrays)[columns.nodes]

    def at_arrays() -> Iterator[tuple[int, Any]]:
        if arrays:
            held = ~_without(p, arrays)
            for event in np.flatnonzero(held[columns.nodes]).tolist():
                yield event, arrays[int(columns.nodes[event])]

    return Reading(p.values.floats[columns.nodes], known, columns.kinds == VALUE, at_arrays)


def _event_gradients(p: Pass, columns: Columns) -> Reading:
    numbers = np.full(len(columns.nodes), np.nan)
    known = np.zeros(len(columns.nodes), dtype=bool)
    first, last = first_contribution(p), p.updates_start
    numbers[first:last] = running_totals(p)
    known[first:last] = True
    known[[first + k for k in p.amounts.arrays]] = False
    others: dict[int, Any] = {} if p.seed is None else {p.backward_start: p.seed}
    updates = {last + k: p.gradients[node] for k, (node, _, _) in enumerate(p.updates)}
    for event, value in (others | updates).items():
        if type(value) is float:
            numbers[event], known[event] = value, True

    def at_arrays() -> Iterator[tuple[int, Any]]:
        for event, value in others.items():
            if value is not None and type(value) is not float:
                yield event, value
        for k, total in array_totals(p):
            yield first + k, total
        for event, value in updates.items():
            if value is not None and type(value) is not float:
                yield event, value

    return Reading(numbers, known, columns.kinds != VALUE, at_arrays)


def _amounts(p: Pass, columns: Columns) -> Reading:
    numbers = np.full(len(columns.nodes), np.nan)
    first, last = first_contribution(p), p.updates_start
    numbers[first:last] = p.amounts.floats
    if type(p.seed) is float:
        numbers[p.backward_start] = p.seed
    given = (columns.kinds == CONTRIBUTION) | (columns.kinds == SEED)
    known = given.copy()
    known[[first + k for k in p.amounts.arrays]] = False
    if p.seed is not None and type(p.seed) is not float:
        known[p.backward_start] = False

    def at_arrays() -> Iterator[tuple[int, Any]]:
        if p.seed is not None and type(p.seed) is not float:
            yield p.backward_start, p.seed
        for k in sorted(p.amounts.arrays):
            yield first + k, p.amounts.arrays[k]

    return Reading(numbers, known, given, at_arrays)


def _upstreams(p: Pass, columns: Columns) -> Reading:
    numbers = np.full(len(columns.nodes), np.nan)
    given = columns.kinds == CONTRIBUTION
    numbers[given] = p.gradients.floats[p.sources]
    known = given.copy()
    known[given] = _without(p, p.gradients.arrays)[p.sources]
    first = first_contribution(p)

    def at_arrays() -> Iterator[tuple[int, Any]]:
        if p.gradients.arrays:
            held = ~_without(p, p.gradients.arrays)
            for k in np.flatnonzero(held[p.sources]).tolist():
                yield first + k, p.gradients.arrays[int(p.sources[k])]

    return Reading(numbers, known, given, at_arrays)


def _locals(p: Pass, columns: Columns) -> Reading:
    numbers = np.full(len(columns.nodes), np.nan)
    known = np.zeros(len(columns.nodes), dtype=bool)
    first, last = first_contribution(p), p.updates_start
    numbers[first:last], known[first:last] = local_derivatives(p)
    rest = np.flatnonzero(~known[first:last])

    def at_arrays() -> Iterator[tuple[int, Any]]:
        for k in rest.tolist():
            slope = p.local(int(p.sources[k]), int(p.slots[k]))
            if slope is not None:
                yield first + k, slope

    return Reading(numbers, known, columns.kinds == CONTRIBUTION, at_arrays)


def _reduced(read: Reading, quantity: Quantity) -> Reading:
    """The reading with the index and the wraps of its quantity."""
    if not quantity.wraps and quantity.index is None:
        return read
    numbers, known = read.numbers, read.known
    if quantity.index is not None:
        known = np.zeros_like(known)  # an entry of a number is none
    elif any(wrap in ("abs", "norm") for wrap in quantity.wraps):
        numbers = np.abs(numbers)
    if quantity.index is None and not quantity.is_number:
        return Reading(
            numbers,
            known,
            read.fresh,
            lambda: ((event, wrapped(value, quantity)) for event, value in read.arrays()),
        )
    numbers, known = numbers.copy(), known.copy()
    left: list[tuple[int, Any]] = []
    for event, value in read.arrays():
        if quantity.index is not None and not _has_entry(value, quantity.index):
            continue
        made = wrapped(value, quantity)
        if np.ndim(made) == 0:
            numbers[event], known[event] = made, True
        else:
            left.append((event, made))
    return Reading(numbers, known, read.fresh, lambda: iter(left))


def _of_node(p: Pass, quantity: Quantity) -> Reading:
    """What the quantity of a named node is at every event: from each moment on to the next."""
    count = p.event_count
    numbers, known, fresh = np.full(count, np.nan), np.zeros(count, bool), np.zeros(count, bool)
    found = moments(p, quantity)
    if found:
        events = np.array([event for event, _ in found])
        fresh[events] = True
        place = np.searchsorted(events, np.arange(count), side="right") - 1
        if np.ndim(found[0][1]) == 0:
            numbers = np.array([np.nan, *[value for _, value in found]])[place + 1]
            known = place >= 0
    arrays = [one for one in found if np.ndim(one[1]) > 0]
    return Reading(numbers, known, fresh, lambda: iter(arrays), since=True)


def _has_entry(value: Any, index: tuple[int, ...]) -> bool:
    shape = np.shape(value)
    sizes = zip(index, shape, strict=False)
    return len(index) <= len(shape) and all(-size <= i < size for i, size in sizes)


def _without(p: Pass, arrays: Any) -> Array:
    """For each node, whether it has a number in a column whose arrays are these."""
    known = np.ones(len(p.ops), dtype=bool)
    known[list(arrays)] = False
    return known
