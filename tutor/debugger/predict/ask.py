"""Which question to ask about an event: chosen by chance, of those that fit it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

import numpy as np

from engine.trace import Event, Trace
from tutor.debugger.predict.backward import of_contribution, of_seed
from tutor.debugger.predict.facts import Maker
from tutor.debugger.predict.forward import of_update, of_value
from tutor.debugger.predict.question import Kind, Question

_WEIGHTS: dict[Kind, float] = {
    "next": 1, "value": 4, "local": 2, "amount": 6, "total": 3, "sign": 1, "shape": 2, "who": 2,
    "update": 4,
}  # fmt: skip
_FORWARD: frozenset[Kind] = frozenset(("next", "value", "sign", "shape"))
_BACKWARD: frozenset[Kind] = frozenset(("next", "who", "amount", "local", "total", "sign", "shape"))
_UPDATE: frozenset[Kind] = frozenset(("update",))
_OF: Mapping[str, Callable[[Trace, Event], dict[Kind, Maker]]] = {
    "value": of_value,
    "seed": of_seed,
    "contribution": of_contribution,
    "update": of_update,
}


def question(
    trace: Trace, cursor: int, *, seed: int = 0, kinds: Collection[Kind] | None = None
) -> Question | None:
    """A question about event number `cursor`, the one about to happen; None where it has nothing to
    ask, and at the end. kinds: what may be asked; None for everything."""
    if not 0 <= cursor < len(trace.events):
        return None
    rng = np.random.default_rng([seed & (2**32 - 1), cursor])
    event = trace.events[cursor]
    with np.errstate(all="ignore"):
        makers = _OF[event.kind](trace, event)
        wanted = [kind for kind in makers if kinds is None or kind in kinds]
        while wanted:
            weights = np.array([_WEIGHTS[kind] for kind in wanted])
            k = int(rng.choice(len(wanted), p=weights / weights.sum()))
            made = makers[wanted.pop(k)](rng)
            if made is not None:
                return made
    return None


def next_question(
    trace: Trace,
    cursor: int,
    *,
    seed: int = 0,
    kinds: Collection[Kind] | None = None,
    within: int = 10_000,
) -> Question | None:
    """The question about the first event from `cursor` on that has one; its `event` says where.
    within: after how many events that might have had one it gives up."""
    for at in islice(_candidates(trace, max(cursor, 0), kinds), within):
        made = question(trace, at, seed=seed, kinds=kinds)
        if made is not None:
            return made
    return None


def previous_question(
    trace: Trace,
    cursor: int,
    *,
    seed: int = 0,
    kinds: Collection[Kind] | None = None,
    within: int = 10_000,
) -> Question | None:
    """The question about the last event up to number `cursor` that has one. within: after how many
    events it gives up."""
    last = min(cursor, len(trace.events) - 1)
    for at in range(last, max(-1, last - within), -1):
        made = question(trace, at, seed=seed, kinds=kinds)
        if made is not None:
            return made
    return None


def _candidates(trace: Trace, cursor: int, kinds: Collection[Kind] | None) -> Iterator[int]:
    """The events from `cursor` on of which something of these kinds may be asked."""
    for at in range(trace.pass_at(cursor), len(trace.passes)):
        parts = (
            (trace.forward_range(at), _FORWARD),
            (trace.backward_range(at), _BACKWARD),
            (trace.update_range(at), _UPDATE),
        )
        for events, asked in parts:
            if kinds is None or not asked.isdisjoint(kinds):
                yield from range(max(events.start, cursor), events.stop)
