"""A gate of one's own: marked nodes as one op, with its inputs and its one output."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.passes import Pass
from tutor.debugger.view.folds import FoldError, fault
from tutor.render.sanitise import sanitise


class GateError(FoldError):
    """Marked nodes that are no gate, or a gate that cannot be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Some nodes of a pass as one op; all ids are local ones.

    at: the number of the pass. members: the nodes that were computed inside, in evaluation order.
    inputs: the nodes outside that feed it and want a gradient, in order of first use. fixed:
    those that feed it and want none, such as constants. output: the member that others use.
    """

    name: str
    at: int
    members: tuple[int, ...]
    inputs: tuple[int, ...]
    fixed: tuple[int, ...]
    output: int


def gate(p: Pass, nodes: Collection[int], name: str = "") -> Gate:
    """The marked nodes (local ids) as one gate; constants among them are taken as what feeds it.

    name: how it is called; that of its output when empty. Raises GateError where the nodes are no
    gate, as `tutor.debugger.view.folds.fault` says.
    """
    missing = [node for node in nodes if not 0 <= node < len(p.ops)]
    if missing:
        raise GateError(f"there is no node {missing[0]}; there are {len(p.ops)}")
    why = fault(p, tuple(sorted(set(nodes))))
    if why is not None:
        raise GateError(why)
    members = sorted({node for node in nodes if p.ops[node] is not None})
    inside = set(members)
    used = [m for m in members if m == p.output or not inside.issuperset(p.consumers[m])]
    if len(used) != 1:
        constant = next(node for node in nodes if p.ops[node] is None)
        raise GateError(f"{sanitise(p.names[constant])} is used outside the gate too; unmark it")
    feeding = dict.fromkeys(k for m in members for k in p.operands[m] if k not in inside)
    return Gate(
        name=name or p.names[used[0]],
        at=p.index,
        members=tuple(members),
        inputs=tuple([k for k in feeding if p.wanted[k]]),
        fixed=tuple([k for k in feeding if not p.wanted[k]]),
        output=used[0],
    )
