"""Gates of a person's own: which nodes can be folded into one."""

from __future__ import annotations

from collections.abc import Collection

from engine.passes import Pass
from tutor.debugger.errors import DebuggerError
from tutor.render.sanitise import sanitise


class FoldError(DebuggerError):
    """Nodes that cannot be folded into one gate; the message says why and what to do."""


def with_constants(p: Pass, nodes: Collection[int]) -> tuple[int, ...]:
    """The nodes, rising, and with them the constants that nothing else uses. Nodes that another
    pass had and this one has not are left to `fault`."""
    inside = set(nodes)
    for node in inside.intersection(range(len(p.ops))):
        for operand in p.operands[node]:
            constant = p.ops[operand] is None and not p.wanted[operand]
            if (
                constant
                and operand not in p.inputs.values()
                and inside >= set(p.consumers[operand])
            ):
                inside.add(operand)
    return tuple(sorted(inside))


def fault(p: Pass, nodes: tuple[int, ...]) -> str | None:
    """Why nodes cannot be one gate, None where they can.

    A gate has at least two nodes that compute, no input of the function, one node whose value is
    used outside, and no way that leads out of it and in again.
    """
    if nodes[-1:] >= (len(p.ops),):
        return f"there is no node {nodes[-1]}; there are {len(p.ops)}"
    inside = set(nodes)
    for node in nodes:
        if p.ops[node] is None and (p.wanted[node] or node in p.inputs.values()):
            return f"{_name(p, node)} is an input; a gate takes inputs from outside, so unmark it"
    if sum(p.ops[node] is not None for node in nodes) < 2:
        return f"a gate needs at least two nodes that compute, {_counted(len(nodes))} marked"
    round_about = _way_round(p, inside, nodes)
    if round_about is not None:
        return round_about
    outputs = [node for node in nodes if node == p.output or not inside >= set(p.consumers[node])]
    if len(outputs) == 1:
        return None
    if not outputs:
        return "nothing uses these nodes; a gate has one output"
    told = " and ".join(_name(p, node) for node in outputs[:3])
    more = f" and {len(outputs) - 3} more" if len(outputs) > 3 else ""
    return f"a gate has one output, but {told}{more} are used outside; mark what joins them"


def _way_round(p: Pass, inside: set[int], nodes: tuple[int, ...]) -> str | None:
    behind: dict[
        int, int
    ] = {}  # a node outside that uses the gate, and the node of it that leads there
    for node in range(nodes[0], nodes[-1] + 1):
        for operand in p.operands[node]:
            if node in inside:
                if operand in behind:
                    left, back = _name(p, behind[operand]), _name(p, operand)
                    return (
                        f"a way leads out of the gate at {left} and in again through {back}; "
                        f"mark {back} as well, or unmark {left}"
                    )
            elif operand in inside:
                behind.setdefault(node, operand)
            elif operand in behind:
                behind.setdefault(node, behind[operand])
    return None


def _name(p: Pass, node: int) -> str:
    return sanitise(p.names[node])


def _counted(count: int) -> str:
    return {0: "none is", 1: "one is"}.get(count, f"{count} are")
