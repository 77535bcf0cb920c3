"""Paths of the chain rule that a learner may lose: sets of edges of the graph to be cut together.

An edge is a step and the place of one of its operands. Cutting it is to take that operand for a
constant there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from tutor.judge.graph import Graph

Edge = tuple[int, int]
Cut = frozenset[Edge]

_MOST_USES = 5
_MOST_TOGETHER = 24


def cuts(graph: Graph, between: Sequence[int]) -> Iterator[Cut]:
    """The cuts that a learner may make, the likeliest first; each leaves some path.

    One use of a quantity, or several of them; one quantity taken for a constant, or two; the same
    use at every time step.
    """
    inside = frozenset(between)
    uses: dict[int, list[Edge]] = {}
    for place in between:
        for slot, operand in enumerate(graph.steps[place].operands):
            if operand in inside:
                uses.setdefault(operand, []).append((place, slot))
    seen: set[Cut] = set()
    last, first = between[-1], between[0]
    for cut in _listed(graph, uses, first):
        if cut not in seen and _leaves_path(graph, inside, last, first, cut):
            seen.add(cut)
            yield cut


def of_cut(graph: Graph, between: Sequence[int], cut: Cut) -> Iterator[str]:
    """What losing these paths is called, the best first.

    A product or a quotient whose parts both depend on the quantity, written in one line: its rule
    is not carried through. A square written as a product: its factor 2 is lost.
    """
    if len(cut) == 1:
        ((place, _),) = cut
        place, moved = _join_above(graph, frozenset(between), place)
        op = graph.steps[place].op
        if op is not None and op.name in ("mul", "div", "matmul") and len(moved) > 1:
            if len(set(moved)) == 1:
                yield "constant_factor"
                return
            if op.name != "matmul" and _in_one_line(graph, moved, between[0]):
                yield "product_quotient_rule"
                return
    yield "missing_branch"


def _join_above(graph: Graph, inside: frozenset[int], place: int) -> tuple[int, list[int]]:
    """The first step from `place` on in which several paths meet, and its operands on them."""
    while True:
        moved = [k for k in graph.steps[place].operands if k in inside]
        users = [i for i in inside if place in graph.steps[i].operands]
        if len(moved) > 1 or len(users) != 1:
            return place, moved
        place = users[0]


def _in_one_line(graph: Graph, places: Sequence[int], by: int) -> bool:
    """Whether steps are made from a quantity entry by entry, with no named quantity in between."""
    waiting = [place for place in places if place != by]
    while waiting:
        step = graph.steps[waiting.pop()]
        if step.name is not None or (step.op is not None and not step.op.elementwise):
            return False
        waiting.extend(k for k in step.operands if k != by and graph.ancestors[k] >> by & 1)
    return True


def _listed(graph: Graph, uses: dict[int, list[Edge]], by: int) -> Iterator[Cut]:
    yield from _steps_of_time(graph, uses)
    several = {place: edges for place, edges in uses.items() if len(edges) > 1}
    for edges in several.values():
        for edge in edges:
            yield frozenset((edge,))
    for edges in uses.values():
        if len(edges) == 1:
            yield frozenset(edges)
    for edges in several.values():
        if len(edges) <= _MOST_USES:
            for count in range(len(edges) - 1, 1, -1):
                for some in combinations(edges, count):
                    yield frozenset(some)
    constants = [(place, edges) for place, edges in uses.items() if place != by]
    for _, edges in constants:
        yield frozenset(edges)
    named = [edges for place, edges in constants if graph.steps[place].name is not None]
    for one, other in list(combinations(named, 2))[:_MOST_TOGETHER]:
        yield frozenset([*one, *other])


def _steps_of_time(graph: Graph, uses: dict[int, list[Edge]]) -> Iterator[Cut]:
    """The same use of quantities that are alike but for a number in their names."""
    alike: dict[tuple[str, str, int, str], list[Edge]] = {}
    for place, edges in uses.items():
        name = graph.steps[place].name
        for user, slot in edges:
            op = graph.steps[user].op
            if name is not None and op is not None:
                others = [
                    graph.steps[k].name or "" for k in graph.steps[user].operands if k != place
                ]
                key = (_stem(name), op.name, slot, " ".join(map(_stem, others)))
                alike.setdefault(key, []).append((user, slot))
    for group in alike.values():
        if len(group) > 1:
            yield frozenset(group)


def _stem(name: str) -> str:
    return name.rstrip("0123456789")


def _leaves_path(graph: Graph, inside: frozenset[int], last: int, first: int, cut: Cut) -> bool:
    """Whether some path is left from one step to another."""
    reached = {last}
    for place in sorted(inside, reverse=True):
        if place not in reached:
            continue
        for slot, operand in enumerate(graph.steps[place].operands):
            if operand in inside and (place, slot) not in cut:
                reached.add(operand)
    return first in reached
