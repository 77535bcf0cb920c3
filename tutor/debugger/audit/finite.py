"""Check 1: the first NaN or infinity, and the op and the numbers that made it.

A number that is not finite spreads to all that is made of it, so one finds it everywhere but where
it began. An op is to blame for a NaN where none of the numbers it used was NaN, and for an infinity
where none was infinite; the first such op in the order of events is named. An infinity that was
given, as in a mask of −∞ before a softmax, is nobody's fault, and nothing is said of it until
somebody makes a NaN of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.columns import Column, Value
from engine.passes import Pass
from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.causes import Cause, forward_cause, overflow
from tutor.debugger.audit.finding import Finding, nothing
from tutor.debugger.audit.finite_backward import first_backward
from tutor.debugger.audit.naming import cell_text, counted, entry_text, listed, told
from tutor.render.report import Row
from tutor.render.sanitise import sanitise

CHECK = "NaN and infinity"
Cell = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """An op that made a number that is not finite: the node, the cell, what it was made of."""

    node: int
    cell: Cell
    result: float
    cause: Cause
    operands: tuple[int, ...]

    @property
    def what(self) -> str:
        """NaN or infinity."""
        return "NaN" if self.result != self.result else "infinity"


def finite(audited: Audited) -> list[Finding]:
    """The first number that is not finite: of the forward pass, or else of the backward pass."""
    p = audited.p
    odd = not_finite(p.values)
    backward = not_finite(p.gradients)
    if not odd and not backward and not not_finite(p.amounts):
        numbers = counted(len(p.ops), "value")
        return nothing(CHECK, f"no NaN and no infinity in {numbers} and their gradients")
    given = next((i for i in odd if p.ops[i] is None and _has_nan(p.values[i])), None)
    made = list(_made(p, odd, given))
    loss_is_finite = bool(np.isfinite(p.values[p.output]).all())
    later = None
    if loss_is_finite and (backward or not_finite(p.amounts)):
        later = first_backward(audited, CHECK)
        if later is not None and (not made or later.node == audited.first + made[0].node):
            return [later]
    if given is not None and (not made or given < made[0].node):
        return [_given(audited, given)]
    if not made:
        return nothing(CHECK, "no NaN, and no infinity but those that were given")
    return [_forward(audited, made, backward, later)]


def not_finite(column: Column) -> list[int]:
    """The numbers of the entries of a column that are not finite, ascending."""
    odd = {int(i) for i in np.flatnonzero(~np.isfinite(column.floats))} - column.absent
    odd |= {i for i, array in column.arrays.items() if not np.isfinite(array).all()}
    return sorted(odd)


def _made(p: Pass, odd: list[int], given: int | None) -> Iterator[Made]:
    """The first op that made something not finite and, if that is infinite, the first one that
    made a NaN. After a NaN that was given there is no telling."""
    first = True
    for i in odd:
        if given is not None and i > given:
            return
        if p.ops[i] is None:
            continue
        found = _new(p, i, nan_only=not first)
        if found is not None:
            yield found
            if found.what == "NaN":
                return
            first = False


def _new(p: Pass, node: int, nan_only: bool) -> Made | None:
    """What a node made anew, not handed on; None where it did not."""
    op: Any = p.ops[node]
    operands = p.operands[node]
    out = np.asarray(p.values[node])
    values = [np.asarray(p.values[i]) for i in operands]
    if op.elementwise:
        spread = [np.broadcast_to(v, out.shape) for v in values]
        had_nan = np.any([np.isnan(v) for v in spread], axis=0)
        had_infinity = np.any([np.isinf(v) for v in spread], axis=0)
    else:
        had_nan = np.bool_(any(np.isnan(v).any() for v in values))
        had_infinity = np.bool_(any(np.isinf(v).any() for v in values))
    new = np.isnan(out) & ~had_nan
    if not nan_only:
        new = new | (np.isinf(out) & ~had_nan & ~had_infinity)
    if not new.any():
        return None
    cell = tuple(int(k) for k in np.argwhere(new)[0])
    result = float(out[cell])
    if op.elementwise:
        entries = [float(v[cell]) for v in spread]
        cause = forward_cause(op.name, entries, result, str(out.dtype))
        cause = _better_remedy(p, op.name, operands, cause)
        return Made(node, cell, result, cause, _worth_naming(p, operands))
    return Made(node, cell, result, _of_many(p, node, values, result), operands)


def _of_many(p: Pass, node: int, values: list[Any], result: float) -> Cause:
    """Why an op that uses many entries at once made a number that is not finite."""
    op: Any = p.ops[node]
    for operand, v in zip(p.operands[node], values, strict=True):
        if np.isinf(v).any():
            cell = tuple(int(k) for k in np.argwhere(np.isinf(v))[0])
            name = sanitise(p.names[operand])
            said = f"got {entry_text(v[cell])} in {name}{cell_text(cell)}"
            return Cause("0·∞ or ∞ − ∞", said, _OF_INFINITY.get(op.name, _WHOLE_ROW))
    if "cross_entropy" in op.name and not op.name.endswith("logits"):
        return Cause("log of 0", "got a probability of 0 for what is true", _FROM_LOGITS)
    largest = max((float(np.abs(v).max(initial=0.0)) for v in values), default=0.0)
    dtype = str(np.asarray(p.values[node]).dtype)
    return overflow(f"on entries of up to {entry_text(largest)}", dtype, op.name)


_FROM_LOGITS = "take the loss from the logits: cross_entropy, or binary_cross_entropy_with_logits"
_WHOLE_ROW = "use a large finite number, such as −1e9, in place of the infinity"
_OF_INFINITY = {"softmax": "leave at least one entry of each row unmasked"}


def _better_remedy(p: Pass, op: str, operands: tuple[int, ...], cause: Cause) -> Cause:
    made_by = p.ops[operands[0]]
    if cause.kind == "log of 0" and made_by is not None:
        if made_by.name == "softmax":
            return replace(cause, remedy="log_softmax, or add epsilon inside the log")
        if made_by.name == "sigmoid":
            return replace(cause, remedy="−softplus(−z), which is log σ(z) without underflow")
    return cause


def _worth_naming(p: Pass, operands: tuple[int, ...]) -> tuple[int, ...]:
    """The operands without plain constants, where there are others."""
    return tuple(i for i in operands if p.ops[i] is not None or p.wanted[i]) or operands


def _has_nan(value: Value) -> bool:
    return bool(np.isnan(value).any())


def _given(audited: Audited, node: int) -> Finding:
    trace, i = audited.trace, audited.first + node
    cell = tuple(int(k) for k in np.argwhere(np.isnan(audited.p.values[node]))[0])
    return Finding(
        CHECK,
        "wrong",
        f"first NaN: {told(trace, i)} was given it{cell_text(cell)}",
        "look for a missing number in the data",
        node=i,
        cell=cell,
        event=trace.value_event(i),
        data={"kind": "given", "result": "nan"},
    )


def _forward(
    audited: Audited, made: list[Made], backward: list[int], later: Finding | None
) -> Finding:
    """What was made in the forward pass. later: what it did in the backward pass, where the result
    is finite."""
    trace, origin = audited.trace, made[0]
    node = audited.first + origin.node
    sources = listed([told(trace, audited.first + i) for i in dict.fromkeys(origin.operands)])
    text = (
        f"first {origin.what}: {told(trace, node)} {origin.cause.said}"
        f"{_from(origin.cause, sources)}{cell_text(origin.cell)}"
    )
    notes = [origin.cause.note] if origin.cause.note else []
    rows = [_then(audited, then) for then in made[1:]]
    if later is not None:
        text_then = later.text.removeprefix("first ").replace(", in the backward pass only", "")
        rows.append(Row(((f"    then {text_then}", "text"),), later.node, later.event))
    rows += [Row(((f"    {note}", "quiet"),)) for note in [*notes, _spread(audited, backward)]]
    harmless = bool(np.isfinite(audited.p.values[audited.p.output]).all()) and not backward
    return Finding(
        CHECK,
        "warning" if harmless else "wrong",
        text,
        origin.cause.remedy,
        tuple(rows),
        node,
        origin.cell or None,
        trace.value_event(node),
        trace.nodes[node].location,
        {
            "kind": origin.cause.kind,
            "result": {"NaN": "nan"}.get(origin.what, "inf" if origin.result > 0 else "-inf"),
            "operands": [audited.first + i for i in origin.operands],
            "phase": "forward",
        },
    )


def _from(cause: Cause, sources: str) -> str:
    return "" if " in " in cause.said or not sources else f" from {sources}"


def _then(audited: Audited, made: Made) -> Row:
    node = audited.first + made.node
    trace = audited.trace
    text = f"    then NaN: {told(trace, node)} {made.cause.said}{cell_text(made.cell)}"
    return Row(((text, "text"),), node, trace.value_event(node))


def _spread(audited: Audited, backward: list[int]) -> str:
    p = audited.p
    result = np.asarray(p.values[p.output])
    odd = int((~np.isfinite(result)).sum())
    if not odd and not backward:
        return "it is absorbed further on: the result and all gradients are finite"
    if not odd:
        told_result = "is finite"
    else:
        first = result.ravel()[0]
        told_result = f"is {entry_text(first)}" if result.size == 1 else f"has {odd} such cells"
    gradients = len(p.ops) - len(p.gradients.absent)
    further = f"; {len(backward)} of {gradients} gradients are not finite" if backward else ""
    return f"the result {told_result}{further}"
