"""Check 1, the backward half: a NaN or an infinity although the result is finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backward import vjp
from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.causes import overflow
from tutor.debugger.audit.finding import Finding
from tutor.debugger.audit.naming import cell_text, entry_text, listed, told
from tutor.debugger.audit.profiles import compares, selects
from tutor.render.report import Row

_STEEP = "keep the argument away from there: add a small epsilon inside, such as 1e-8"
_CHOOSE_INSIDE = "put a where inside too: {op}(where(ok, x, 1)); the one around it can stay"


def first_backward(audited: Audited, check: str) -> Finding | None:
    """The first contribution that is not finite and whose upstream gradient is, or the first sum of
    finite contributions that is not; None where the seed was given so."""
    if not np.isfinite(audited.p.seed).all():
        return None
    k = _first_amount(audited)
    total = _first_total(audited)
    if k is not None and (total is None or k <= total):
        return _contribution(audited, check, k)
    return None if total is None else _sum(audited, check, total)


def _first_amount(audited: Audited) -> int | None:
    amounts = audited.p.amounts
    odd = [int(np.argmin(np.isfinite(amounts.floats)))] if len(amounts) else []
    odd = [k for k in odd if not np.isfinite(amounts.floats[k])]
    odd += [k for k, array in amounts.arrays.items() if not np.isfinite(array).all()][:1]
    return min(odd, default=None)


def _first_total(audited: Audited) -> int | None:
    """The last contribution to the first node whose gradient is not finite though all that arrived
    is."""
    p = audited.p
    candidates = [
        int(i) for i in np.flatnonzero(~np.isfinite(p.gradients.floats)) if int(i) not in
        p.gradients.absent
    ]  # fmt: skip
    candidates += [i for i, g in p.gradients.arrays.items() if not np.isfinite(g).all()]
    for i in sorted(candidates, reverse=True):  # the newest node is visited first
        arrived = [e - p.backward_start - 1 for e in p.arrivals(i)]
        arrived = [k for k in arrived if k >= 0]
        if arrived and all(np.isfinite(p.amounts[k]).all() for k in arrived):
            return arrived[-1]
    return None


def _contribution(audited: Audited, check: str, k: int) -> Finding:
    p, trace = audited.p, audited.trace
    source, slot, target = int(p.sources[k]), int(p.slots[k]), int(p.targets[k])
    op: Any = p.ops[source]
    cell, upstream, slope = _culprit(audited, k)
    what = _what(audited, k)
    who, to = told(trace, audited.first + source), told(trace, audited.first + target)
    rows: list[Row] = []
    operand = p.values[p.operands[source][slot]]
    at = f" at {entry_text(_at(operand, cell))}" if cell is not None else ""
    hidden = upstream == 0.0
    if slope is None:
        text, kind, remedy = _of_many(audited, source, what, who, to)
    elif hidden:
        kind, remedy = "0·∞", _CHOOSE_INSIDE.format(op=op.name if op.arity == 1 else "…")
        slope_text = "∞" if np.isinf(slope) else "NaN"
        text = f"{who} passes 0 · {slope_text} on to {to}{at}"
        rows += _masks(audited, source)
    elif not np.isfinite(slope):
        kind, remedy = "infinite slope", _STEEP
        text = f"{who} has a slope of {entry_text(slope)}{at} from {to}"
    else:
        cause = overflow(f"at {entry_text(upstream)} · {entry_text(slope)}", _dtype(operand))
        kind, remedy = "overflow", cause.remedy
        text = f"{who} on the way to {to} {cause.said}"
        rows.append(Row(((f"    {cause.note}", "quiet"),)))
    event = audited.event_of(k)
    return Finding(
        check,
        "wrong",
        f"first {what}, in the backward pass only: {text}{cell_text(cell)}",
        remedy,
        tuple(rows),
        audited.first + source,
        cell or None,
        event,
        trace.nodes[audited.first + source].location,
        {
            "kind": kind,
            "result": "nan" if what == "NaN" else "inf",
            "operands": [audited.first + target],
            "phase": "backward",
        },
    )


def _what(audited: Audited, k: int) -> str:
    return "NaN" if np.isnan(audited.p.amounts[k]).any() else "infinity"


def _culprit(audited: Audited, k: int) -> tuple[tuple[int, ...] | None, float, float | None]:
    """The cell at which a contribution went wrong, the upstream gradient and the slope there; no
    slope where the op is not elementwise."""
    p = audited.p
    source = int(p.sources[k])
    op: Any = p.ops[source]
    out = np.asarray(p.values[source])
    upstream = np.asarray(p.gradients[source])
    if not op.elementwise:
        odd = np.argwhere(~np.isfinite(p.amounts[k]))
        return tuple(int(i) for i in odd[0]), float("nan"), None
    slopes = np.broadcast_to(np.asarray(p.local(source, int(p.slots[k]))), out.shape)
    with np.errstate(all="ignore"):
        products = upstream * slopes
    odd = np.argwhere(~np.isfinite(products))
    if not len(odd):  # the rule of the op took another way to its product
        odd = np.argwhere(~np.isfinite(_unreduced(audited, k)))
    cell = tuple(int(i) for i in odd[0]) if len(odd) else (0,) * out.ndim
    return cell, float(upstream[cell]), float(slopes[cell])


def _unreduced(audited: Audited, k: int) -> Any:
    p = audited.p
    source, slot = int(p.sources[k]), int(p.slots[k])
    operands = p.operands[source]
    shape = np.shape(p.values[source])
    amounts = vjp(
        p.ops[source],
        p.gradients[source],
        p.values[source],
        [np.broadcast_to(p.values[i], shape).copy() for i in operands],
        p.params.get(source, {}),
        [i == slot for i in range(len(operands))],
    )
    return np.asarray(amounts[slot])


def _at(operand: Any, cell: tuple[int, ...]) -> float:
    """The entry of an operand that a cell of the result was made of."""
    value = np.asarray(operand)
    own = cell[len(cell) - value.ndim :]
    return float(value[tuple(0 if n == 1 else i for i, n in zip(own, value.shape, strict=True))])


def _masks(audited: Audited, source: int) -> list[Row]:
    """The ops that hide the node's value, and so made the 0 that met an infinite slope."""
    p, trace = audited.p, audited.trace
    rows = []
    for user in dict.fromkeys(p.consumers[source]):
        op = p.ops[user]
        if op is None or not (selects(op) or audited.masked(user)):
            continue
        node = audited.first + user
        name = told(trace, audited.first + source)
        text = f"    {told(trace, node)} hides the value of {name}, not its slope"
        rows.append(Row(((text, "text"),), node, trace.value_event(node)))
    return rows[:1]


def _of_many(audited: Audited, source: int, what: str, who: str, to: str) -> tuple[str, str, str]:
    p, trace = audited.p, audited.trace
    odd = [
        i
        for i in dict.fromkeys(p.operands[source])
        if p.ops[i] is None or not compares(p.ops[i])
        if not np.isfinite(p.values[i]).all()
    ]
    if odd:
        names = listed([told(trace, audited.first + i) for i in odd])
        return (
            f"{who} passes {what} on to {to}, because {names} holds an infinity",
            "0·∞",
            "use a large finite number, such as −1e9, in place of the infinity",
        )
    cause = overflow("", str(np.asarray(p.values[source]).dtype))
    return (
        f"{who} passes {what} on to {to}",
        "infinite slope or overflow",
        "take the loss from the logits"
        if "cross_entropy" in str(getattr(p.ops[source], "name", ""))
        else cause.remedy,
    )


def _sum(audited: Audited, check: str, k: int) -> Finding:
    p, trace = audited.p, audited.trace
    target = int(p.targets[k])
    node = audited.first + target
    gradient = np.asarray(p.gradients[target])
    cell = tuple(int(i) for i in np.argwhere(~np.isfinite(gradient))[0])
    cause = overflow("as its contributions add up", str(gradient.dtype))
    note = Row(((f"    {cause.note}", "quiet"),))
    return Finding(
        check,
        "wrong",
        f"first infinity, in the backward pass only: the gradient of {told(trace, node)} "
        f"{cause.said}{cell_text(cell)}",
        cause.remedy,
        (note,),
        node,
        cell or None,
        audited.event_of(k),
        location=trace.nodes[node].location,
        data={"kind": "overflow", "result": "inf", "operands": [node], "phase": "backward"},
    )


def _dtype(value: Any) -> str:
    return str(np.asarray(value).dtype)
