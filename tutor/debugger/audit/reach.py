"""Check 5: parameters that get no gradient, or exactly 0, and why.

No gradient at all: the input is not used, or it is used only where nothing passes back (a
comparison, a step, a number taken out of the graph). Class numbers and masks are given to such ops
on purpose: an input of whole numbers that is compared with constants, given to an op that has no
gradient for it, used as an index or as a number of rounds, is no finding.

Exactly 0: somewhere on every way from the result the gradient is multiplied by 0. The ops at which
that happens are found from below: the nodes that use the parameter are followed up to the first
that have a gradient other than 0. Where these are dead units, check 2 has said so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.finding import Finding, nothing
from tutor.debugger.audit.naming import counted, listed, told
from tutor.debugger.audit.profiles import compares, selects
from tutor.render.expressions import name_of
from tutor.render.report import Row
from tutor.render.sanitise import sanitise

CHECK = "parameters without a gradient"
_MOST = 5000


def reach(audited: Audited) -> list[Finding]:
    """Every input that learns nothing, those with the same reason together."""
    p = audited.p
    if p.seed is None:
        return [_nothing_depends(audited)]
    reasons: dict[tuple[str, str, str, int | None], list[int]] = {}
    for i in audited.parameters:
        if audited.reached[i]:
            if audited.flows[i] or _empty(p.values[i]):
                continue
            reason = _why_zero(audited, i)
        else:
            reason = _why_none(audited, i)
        if reason is not None:
            reasons.setdefault(reason, []).append(i)
    if not reasons:
        return nothing(CHECK, f"a gradient reaches {_reached(audited)}")
    return [_finding(audited, reason, nodes) for reason, nodes in reasons.items()]


def _empty(value: Any) -> bool:
    return np.size(value) == 0


def _reached(audited: Audited) -> str:
    count = len(audited.parameters)
    return f"all {counted(count, 'input')}" if count > 1 else "the input"


def _nothing_depends(audited: Audited) -> Finding:
    trace, node = audited.trace, audited.first + audited.p.output
    return Finding(
        CHECK,
        "wrong",
        f"no gradient at all: {told(trace, node)} depends on no input",
        "compute the result from the inputs with engine's or NumPy's functions, without "
        ".item(), .data or .detach() on the way",
        _looked_at(audited, audited.parameters),
        node,
        event=trace.value_event(node),
        location=trace.nodes[node].location,
        data={"kind": "no gradient", "nodes": [audited.first + i for i in audited.parameters]},
    )


Reason = tuple[str, str, str, int | None]  # severity, what happens, what to try, the node to blame


def _why_none(audited: Audited, node: int) -> Reason | None:
    p = audited.p
    users = p.consumers[node]
    if not users:
        twin = _detached(audited, node)
        if twin is not None:
            return ("wrong", "is cut off: its numbers go on as a constant", _ATTACH, twin)
        kinds = {d.kind for d in p.decisions if d.node == node}
        if kinds == {"whole number"} or _is_index(audited, node):
            return None
        if kinds:
            return ("warning", "is only looked at by Python, as in an if", _LOOKED, None)
        return ("warning", "is not used", "leave it out, or use it", None)
    if _is_label(audited, node):
        return None
    blocked = [user for user in users if audited.heights[user] >= 0]
    if blocked:
        flat = _first_flat(audited, node)
        op: Any = p.ops[flat]
        place = told(audited.trace, audited.first + flat)
        if compares(op):
            return ("wrong", f"is cut off at {place}: a comparison is flat", _SMOOTH, flat)
        return ("wrong", f"is cut off at {place}, which passes it nothing", _SMOOTH, flat)
    ends = [i for i in _above(audited, [node]) if not p.consumers[i]]
    for end in ends:
        twin = _detached(audited, end)
        if twin is not None:
            place = told(audited.trace, audited.first + end)
            return ("wrong", f"is cut off behind {place}: it goes on as a constant", _ATTACH, twin)
    last = max(ends, default=node)
    place = told(audited.trace, audited.first + last)
    return ("warning", f"leads only to {place}, which the result does not use", _UNUSED, last)


_ATTACH = "leave out .detach(), .data, .item() or float() on the way"
_LOOKED = "a branch passes no gradient: use where(condition, a, b)"
_SMOOTH = "use a smooth op in its place: sigmoid for a step, or a product"
_UNUSED = "use it in the result, or leave it out"


def _is_label(audited: Audited, node: int) -> bool:
    """Whether an input of whole numbers goes only where labels, masks and conditions go."""
    p = audited.p
    value = np.asarray(p.values[node])
    if not np.array_equal(value, np.floor(value)):
        return False
    for user in set(p.consumers[node]):
        op: Any = p.ops[user]
        others = [i for i in p.operands[user] if i != node]
        if compares(op) and any(p.wanted[i] for i in others):
            return False
        if op.elementwise and not compares(op) and not selects(op):
            return False
    return True


def _is_index(audited: Audited, node: int) -> bool:
    """Whether an input's numbers stand in an index: `p[rows, labels]` takes them as they are."""
    value = np.asarray(audited.p.values[node])
    indices = [params["index"] for params in audited.p.params.values() if "index" in params]
    parts = [part for i in indices for part in (i if isinstance(i, tuple) else (i,))]
    return any(
        np.array_equal(value, part)
        for part in parts
        if isinstance(part, (int, list, np.ndarray, np.integer))
    )


def _first_flat(audited: Audited, node: int) -> int:
    """The first comparison above, or else the first node that has a gradient, and so passed none of
    it on."""
    above = _above(audited, [node])
    for i in above:
        op = audited.p.ops[i]
        if op is not None and compares(op):
            return i
    return next((i for i in above if audited.reached[i]), above[-1])


def _above(audited: Audited, nodes: Iterable[int]) -> list[int]:
    """The nodes that use these and have no gradient themselves, and those that use them in turn,
    with the first on each way that has one; ascending."""
    p = audited.p
    seen: set[int] = set()
    waiting = list(nodes)
    while waiting and len(seen) < _MOST:
        i = waiting.pop()
        for user in p.consumers[i]:
            if user not in seen:
                seen.add(user)
                if not audited.reached[user]:
                    waiting.append(user)
    return sorted(seen)


def _detached(audited: Audited, node: int) -> int | None:
    """A constant with the very numbers of a node that the result does not use: it was taken out of
    the graph and put in again."""
    p = audited.p
    value = p.values[node]
    if np.size(value) == 1 and float(np.ravel(value)[0]) in (0.0, 1.0, 2.0):
        return None
    for i in range(len(p.ops)):
        if p.ops[i] is None and not p.wanted[i] and np.array_equal(p.values[i], value):
            return i
    return None


def _why_zero(audited: Audited, node: int) -> Reason | None:
    """Why a gradient is 0; None where contributions cancel, which check 4 judges, and where units
    are off, which check 2 does."""
    edges = [k for k in _zero_edges(audited, node) if not _is_off(audited, k)]
    return _why_factor_is_zero(audited, edges[0]) if edges else None


def _is_off(audited: Audited, k: int) -> bool:
    """Whether a contribution is 0 because a unit is off, by its own slope or by its value as a
    factor; or because a penalty such as w² is flat at w = 0."""
    p = audited.p
    source = int(p.sources[k])
    if _is_own_power(audited, source, int(p.targets[k])):
        return True
    if audited.activations[source] and _one_sided(audited, source):
        return True
    factors = [i for i in p.operands[source] if i != p.targets[k] and not np.any(p.values[i])]
    return any(audited.activations[i] for i in factors)


def _is_own_power(audited: Audited, source: int, node: int) -> bool:
    p = audited.p
    op: Any = p.ops[source]
    made = audited.profiles.get(source)
    operands = p.operands[source][:1] if op.name == "pow" else p.operands[source]
    return set(operands) == {node} and (made is None or made.kind != "flat")


def _one_sided(audited: Audited, node: int) -> bool:
    made = audited.profiles.get(node)
    return made is None or made.kind == "one-sided"


def _zero_edges(audited: Audited, node: int) -> list[int]:
    """The contributions of 0 by which a gradient other than 0 stops short of a parameter; none
    where somewhere on the way contributions cancel."""
    p = audited.p
    found: list[int] = []
    seen, waiting = {node}, [node]
    while waiting and len(seen) < _MOST:
        i = waiting.pop()
        for event in p.arrivals(i):
            k = event - p.backward_start - 1
            if k < 0:
                continue
            if audited.passes_on[k]:
                return []
            source = int(p.sources[k])
            if audited.flows[source]:
                found.append(k)
            elif source not in seen:
                seen.add(source)
                waiting.append(source)
    return sorted(found, reverse=True)


def _why_factor_is_zero(audited: Audited, k: int) -> Reason:
    p, trace = audited.p, audited.trace
    source, slot = int(p.sources[k]), int(p.slots[k])
    op: Any = p.ops[source]
    place = told(trace, audited.first + source)
    made = audited.profiles.get(source)
    if made is not None and made.kind == "flat":
        return ("wrong", f"gets exactly 0: {place} is flat", _SMOOTH, source)
    if made is not None and made.flattens:
        return ("warning", f"gets exactly 0: {place} is flat here", _FLAT_HERE, source)
    if selects(op):
        return ("warning", f"gets exactly 0: {place} takes another operand", _TAKES, source)
    others = [i for j, i in enumerate(p.operands[source]) if j != slot and not np.any(p.values[i])]
    if others:
        names = listed([told(trace, audited.first + i) for i in others])
        return ("warning", f"gets exactly 0: {place} multiplies by {names}, all 0", _ZERO, source)
    if not op.elementwise and len(p.operands[source]) == 1:
        return ("warning", f"gets exactly 0: nothing comes back from {place}", "", source)
    return ("warning", f"gets exactly 0 from {place}", _UNDERFLOW, source)


_FLAT_HERE = "keep what goes in within the range where the op is steep"
_TAKES = "see whether it is meant to be chosen at all"
_ZERO = "start from small random numbers, not from 0"
_UNDERFLOW = "the product of upstream gradient and slope is 0 here; in float16, scale the loss up"


def _finding(audited: Audited, reason: Reason, nodes: list[int]) -> Finding:
    severity, what, remedy, blamed = reason
    trace = audited.trace
    names = [name_of(trace, audited.first + i) for i in nodes]
    verb, _, rest = what.partition(" ")
    several = {"is": "are", "gets": "get", "leads": "lead"}
    text = f"{listed(names)} {several[verb] if len(nodes) > 1 else verb} {rest}"
    node = audited.first + (nodes[0] if blamed is None else blamed)
    ids = [audited.first + i for i in nodes]
    return Finding(
        CHECK,
        "wrong" if severity == "wrong" else "warning",
        text.replace("its numbers go", "their numbers go") if len(nodes) > 1 else text,
        remedy,
        _looked_at(audited, nodes),
        node,
        event=trace.value_event(node),
        location=trace.nodes[node].location,
        data={
            "kind": "exactly 0" if "exactly 0" in what else "no gradient",
            "nodes": ids,
            "names": names,
        },
    )


def _looked_at(audited: Audited, nodes: list[int]) -> tuple[Row, ...]:
    """Where Python took a number of these, or of what was made of them, out of the graph."""
    trace = audited.trace
    wanted = {*nodes, *_above(audited, [i for i in nodes if not audited.reached[i]])}
    rows = []
    for decision in audited.p.decisions:
        if decision.node in wanted and decision.location is not None:
            node = audited.first + decision.node
            where = sanitise(str(decision.location))
            text = f"    Python took the number of {name_of(trace, node)} at {where}"
            rows.append(Row(((text, "text"),), node, trace.value_event(node)))
    return tuple(rows[:2])
