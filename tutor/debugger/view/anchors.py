"""Anchors: with which op each leaf of a pass stands, and so in which group.

A leaf may stand anywhere before the first op that uses it; where it stands changes no order among
the ops.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np

from engine.passes import Pass
from tutor.debugger.view.parts import Grain, Numbers, Part, inside


def anchors_of(p: Pass, grain: Grain, parts: Sequence[Part]) -> Numbers:
    """The op that each node stands at: an op at itself, a leaf at the op it stands before, −1 for
    one at the front."""
    count, ops = len(p.ops), len(grain.nodes)
    anchors = np.searchsorted(grain.nodes, np.arange(count))
    inputs = np.fromiter(p.inputs.values(), dtype=np.int64, count=len(p.inputs))
    anchors[inputs] = -1
    if not ops or not p.scopes:
        return anchors
    scopes = grain.scopes
    stretch = np.cumsum([k > 0 and scopes[k] != scopes[k - 1] for k in range(ops)])
    users = p.consumers
    for node in np.flatnonzero(grain.op_of < 0).tolist():
        using = users[node]
        if not using or anchors[node] < 0:
            continue
        first, last = (int(stretch[grain.op_of[user]]) for user in (using[0], using[-1]))
        if first != last:
            anchors[node] = -1
    for node, op in _own_inputs(p, grain, parts).items():
        anchors[node] = op
    return anchors


def _own_inputs(p: Pass, grain: Grain, parts: Sequence[Part]) -> dict[int, int]:
    """The inputs that belong to one of several alike scopes, such as a layer's weights, and the
    first op that uses each: used in that scope only, and at a spot at which each of them has an
    input of its own."""
    users = p.consumers
    uses: list[tuple[int, int, int]] = []  # first op, last op, input
    for node in p.inputs.values():
        if users[node]:
            ops = [int(grain.op_of[user]) for user in (users[node][0], users[node][-1])]
            uses.append((ops[0], ops[1], node))
    uses.sort()
    found: dict[int, int] = {}

    def look(parts: Iterable[Part], at: int) -> None:
        for part in parts:
            low, high = bisect_left(uses, (at,)), bisect_left(uses, (at + part.length,))
            if part.kind != "run" and low < high:
                if part.kind == "repeat" and part.parts[0].name:
                    found.update(_owned(p, grain, uses, part, at))
                look(inside(grain, part), at)
            at += part.length

    look(parts, 0)
    return found


def _owned(
    p: Pass, grain: Grain, uses: list[tuple[int, int, int]], part: Part, at: int
) -> dict[int, int]:
    spots: list[dict[tuple[int, int], int]] = []
    for unit in part.parts:
        here: dict[tuple[int, int], int] = {}
        stop = at + unit.length
        for first, last, node in uses[bisect_left(uses, (at,)) : bisect_left(uses, (stop,))]:
            if last < stop:
                operands = p.operands[int(grain.nodes[first])]
                here[first - at, operands.index(node)] = node
        if not here:
            return {}
        spots.append(here)
        at = stop
    common = set.intersection(*map(set, spots))
    users = p.consumers
    own = [here[spot] for here in spots for spot in common]
    return {node: int(grain.op_of[users[node][0]]) for node in own}
