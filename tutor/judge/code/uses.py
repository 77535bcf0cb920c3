"""Which quantities are made directly of which: where a gradient comes from in one step."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.judge.code.task import Task


@dataclass(frozen=True, slots=True)
class Uses:
    """consumers: for everything wanted, the quantities (the loss too) that its gradient comes from.
    inside: the steps of the graph between it and these, with the steps that these are."""

    consumers: dict[str, tuple[str, ...]]
    inside: dict[str, frozenset[int]]


def uses_of(task: Task) -> Uses:
    """The direct uses of everything wanted."""
    graph = task.graph
    ends = {graph.places[name]: name for name in (task.loss, *task.wanted)}
    feeds: list[frozenset[str]] = []
    for step in graph.steps:
        found: set[str] = set()
        for operand in step.operands:
            name = ends.get(operand)
            found |= feeds[operand] if name is None else {name}
        feeds.append(frozenset(found))
    consumers: dict[str, list[str]] = {name: [] for name in task.wanted}
    inside: dict[str, set[int]] = {name: set() for name in task.wanted}
    for place, fed in enumerate(feeds):
        for name in fed & inside.keys():
            inside[name].add(place)
            if place in ends:
                consumers[name].append(ends[place])
    return Uses(
        {name: tuple(found) for name, found in consumers.items()},
        {name: frozenset(found) for name, found in inside.items()},
    )
