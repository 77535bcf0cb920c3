"""What is told of a gate: its members, its local derivatives, what it passes on, three checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Value
from engine.ops import REGISTRY
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger import checks
from tutor.debugger.cells.output_report import clipped
from tutor.debugger.gates.alone import Local, passed_on
from tutor.debugger.gates.deriving import Derived
from tutor.debugger.gates.examination import Examination, examine
from tutor.debugger.gates.gate import Gate, GateError
from tutor.debugger.gates.known import Known
from tutor.render.expressions import expression, name_of, output_name, settings
from tutor.render.json_ import plain
from tutor.render.numbers import absent, bracketed, number
from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise
from tutor.render.slopes import SLOPES
from tutor.render.values import inline, is_scalar

_MOST_MEMBERS = 12
_SPOKEN = 6
_FORMULA = 30
_COUNTS = "no one two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True, slots=True)
class _Moment:
    """A gate in a trace at a moment. start: the id of the pass's first node. happened: how many of
    the pass's contributions have happened. upstream: the gradient of the output when it has arrived
    in full."""

    trace: Trace
    gate: Gate
    p: Pass
    start: int
    cursor: int
    happened: int
    upstream: Value | None

    def name(self, node: int) -> str:
        return name_of(self.trace, self.start + node)


def gate_report(
    trace: Trace,
    gate: Gate,
    cursor: int | None = None,
    derived: Derived | None = None,
    examination: Examination | None = None,
) -> Report:
    """A gate of one's own at a moment, as rows, sentences and data.

    cursor: how many events have happened; None for all of them. derived: what a child process has
    found by now (`deriving.start`): formulas and a proof; None while there is none. examination:
    what `examine` gave, to save doing it again. A row opens the node that it tells of. Raises
    GateError where the gate belongs to no pass of the trace or cannot be run by itself.
    """
    now = _moment(trace, gate, cursor)
    seen = examination or examine(now.p, gate)
    proof = checks.sympy(None if derived is None else derived.answer)
    routes = [seen.tape, seen.differences, proof]
    rows = [*_parts(now), *_known_rows(now, seen, derived), *_slope_rows(now, seen, derived)]
    rows += _passing_rows(now, seen)
    rows.append(Row((("", "text"),)))
    role = "wrong" if any(check.wrong for check in routes) else "right"
    rows.append(Row((("  ", "text"), (checks.badge(routes), role))))
    told = _sentences(now, seen, derived)
    if gate.inputs:
        told += checks.sentences(seen.differences, proof)
    count = len(gate.members)
    return Report(
        "gate",
        f"{sanitise(gate.name)}: {_counted(count)} {'ops' if count != 1 else 'op'} as one",
        tuple(rows),
        tuple(told),
        _data(now, seen, derived, proof),
        aside=checks.badge(routes),
    )


def _moment(trace: Trace, gate: Gate, cursor: int | None) -> _Moment:
    at = next((k for k, p in enumerate(trace.passes) if p.index == gate.at), None)
    if at is None or gate.output >= len(trace.passes[at].ops):
        raise GateError(f"{sanitise(gate.name)} belongs to no pass of this trace; fold it again")
    cursor = len(trace.events) if cursor is None else cursor
    p, start = trace.passes[at], trace.node_range(at).start
    output = start + gate.output
    arrivals = trace.arrivals(output)
    complete = bool(arrivals) and arrivals[-1] < cursor
    happened = min(max(cursor - trace.backward_range(at).start - 1, 0), len(p.sources))
    upstream = trace.grad(output) if complete else None
    return _Moment(trace, gate, p, start, cursor, happened, upstream)


def _parts(now: _Moment) -> list[Row]:
    """The inputs, the members with what they compute, the output marked."""
    rows = [Row((("  inputs", "label"),))] if now.gate.inputs else []
    rows += [_value_row(now, node, now.name(node), " ") for node in now.gate.inputs]
    rows.append(Row((("  inside", "label"),)))
    members = now.gate.members
    shown = (
        members if len(members) <= _MOST_MEMBERS else (*members[: _MOST_MEMBERS - 1], members[-1])
    )
    for node in shown:
        if node == members[-1] and len(shown) < len(members):
            rows.append(Row(((f"    … {len(members) - len(shown)} more", "faint"),)))
        text = f"{now.name(node)} = {_computed(now, node)}"
        rows.append(_value_row(now, node, text, "▶" if node == now.gate.output else " "))
    return rows


def _computed(now: _Moment, node: int) -> str:
    entry = now.trace.nodes[now.start + node]
    if entry.op in REGISTRY:
        return expression(now.trace, entry.id)
    return f"{entry.op}({', '.join(name_of(now.trace, k) for k in entry.inputs)})"


def _value_row(now: _Moment, node: int, text: str, mark: str) -> Row:
    known = now.trace.known(now.start + node, now.cursor)
    value = _short(now.p.values[node]) if known else absent()
    return Row(
        ((f"  {mark} {clipped(text, 44).ljust(44)}", "text"), (value.rjust(29), "value")),
        now.start + node,
    )


def _short(value: Value | None) -> str:
    return clipped(inline(value, most=4), 29)


def _known_rows(now: _Moment, seen: Examination, derived: Derived | None) -> list[Row]:
    said = _known_sentence(now, seen.known, derived)
    return [Row((("", "text"),)), Row(((f"  {said}", "strong"),))] if said else []


def _known_sentence(now: _Moment, known: Known | None, derived: Derived | None) -> str:
    if known is None:
        return ""
    call = _call(now, known)
    gates = f"These {_counted(len(now.gate.members))} gates are {call}"
    if derived is not None and derived.same:
        where = f" where {derived.where}" if derived.where else ""
        return f"{gates}, as SymPy proves{where}."
    return f"{gates}: the same values at {known.points} points."


def _call(now: _Moment, known: Known) -> str:
    if len(known.order) == 1 and not known.params:
        return known.op
    names = [now.name(now.gate.inputs[k]) for k in known.order]
    return f"{known.op}({', '.join([*names, *settings(known.params)])})"


def _formula(now: _Moment, seen: Examination, derived: Derived | None, k: int) -> str:
    """The local derivative by input number k as a text: what SymPy found, or the formula of the op
    that the gate is; empty where there is none."""
    node = now.gate.inputs[k]
    if derived is not None and node in derived.formulas:
        return derived.formulas[node]
    known = seen.known
    template = None if known is None or known.params else SLOPES.get(known.op)
    if known is None or not template:
        return ""
    names = {
        letter: now.name(now.gate.inputs[i]) for letter, i in zip("ab", known.order, strict=False)
    }
    text = template[known.order.index(k)]
    return "" if text is None else text.format(out=now.name(now.gate.output), **names)


def _slope_rows(now: _Moment, seen: Examination, derived: Derived | None) -> list[Row]:
    if not seen.locals:
        said = "Nothing that feeds it wants a gradient: nothing passes back."
        return [Row((("", "text"),)), Row(((f"  {said}", "quiet"),))]
    rows = [Row((("", "text"),)), Row((("  its own local derivatives", "label"),))]
    out = now.name(now.gate.output)
    for k, local in enumerate(seen.locals):
        formula = _formula(now, seen, derived, k)
        name = clipped(f"∂{out}/∂{now.name(local.node)}", 16).ljust(16)
        text, node = (f"= {formula}" if formula else ""), now.start + local.node
        if len(text) > _FORMULA:
            rows.append(Row(((f"    {name}", "text"), (clipped(text, 57), "local")), node))
            name = text = ""
        line = (f"    {name.ljust(16)}{text.ljust(_FORMULA)}", "local")
        rows.append(Row((line, (clipped(_slope_text(local), 26).rjust(26), "value")), node))
    if derived is not None and derived.where and derived.formulas:
        rows.append(Row(((clipped(f"    where {derived.where}", 76), "quiet"),)))
    return rows


def _slope_text(local: Local) -> str:
    return "a table, see its cells" if local.slope is None else _short(local.slope)


def _passing_rows(now: _Moment, seen: Examination) -> list[Row]:
    """Upstream times local derivative, beside what the events inside passed on."""
    if not seen.locals:
        return []
    rows = [Row((("", "text"),)), Row((("  upstream · local derivative", "label"),))]
    if now.upstream is None:
        return [*rows, Row((("    no upstream gradient has come yet", "quiet"),))]
    out, result = now.name(now.gate.output), output_name(now.trace, now.start + now.gate.output)
    for local in seen.locals:
        formula = f"∂{result}/∂{out} · ∂{out}/∂{now.name(local.node)}"
        numbers = ""
        if is_scalar(now.upstream) and local.slope is not None and is_scalar(local.slope):
            slope = bracketed(number(float(local.slope)))
            numbers = f"{number(float(now.upstream))} · {slope}"
        rows.append(
            Row(
                (
                    (f"    {clipped(formula, 26).ljust(26)}", "text"),
                    (clipped(numbers, 20).rjust(20), "upstream"),
                    (clipped(_short(local.contribution), 25).rjust(25), "result"),
                    _mark(now, local),
                ),
                now.start + local.node,
            )
        )
    return rows


def _mark(now: _Moment, local: Local) -> tuple[str, str]:
    if passed_on(now.p, now.gate, local.node, now.happened) is None:
        return "  …", "quiet"
    return ("  ✓", "right") if local.agrees else ("  ✗", "wrong")


def _counted(count: int) -> str:
    return _COUNTS[count] if count < len(_COUNTS) else f"{count:,}"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _SPOKEN:
        return f"{', '.join(names[: _SPOKEN - 1])} and {len(names) - _SPOKEN + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[:-1] else names)


def _sentences(now: _Moment, seen: Examination, derived: Derived | None) -> list[str]:
    gate = now.gate
    out = now.name(gate.output)
    members = _listed([now.name(node) for node in gate.members])
    fed = (
        _listed([now.name(node) for node in gate.inputs]) if gate.inputs else "nothing that varies"
    )
    told = [f"{sanitise(gate.name)} is made of {members}. It takes {fed} and gives {out}."]
    said = _known_sentence(now, seen.known, derived)
    if said:
        told.append(said)
    for k, local in enumerate(seen.locals):
        formula = _formula(now, seen, derived, k)
        value = "a table of all pairs of cells" if local.slope is None else inline(local.slope)
        by = f"Its local derivative by {now.name(local.node)} is"
        where = f" where {derived.where}" if derived is not None and derived.where else ""
        shown = formula and formula != value
        told.append(f"{by} {f'{formula}{where}, ' if shown else ''}{value}.")
    if seen.locals and now.upstream is None:
        told.append("No upstream gradient has come to it yet.")
    elif now.upstream is not None:
        told += [_passing(now, local) for local in seen.locals]
    return told


def _passing(now: _Moment, local: Local) -> str:
    name = now.name(local.node)
    amount = inline(local.contribution)
    if passed_on(now.p, now.gate, local.node, now.happened) is None:
        inside = "the events inside have not passed it on yet"
    elif local.agrees:
        inside = "the events inside passed on the same"
    else:
        inside = f"but the events inside passed on {inline(local.passed)}"
    upstream = inline(now.upstream)
    if local.slope is not None and is_scalar(local.slope) and is_scalar(now.upstream):
        return f"To {name} goes {upstream} times {number(float(local.slope))}, {amount}; {inside}."
    return f"To {name} goes {amount}; {inside}."


def _data(
    now: _Moment, seen: Examination, derived: Derived | None, proof: checks.Check
) -> dict[str, Any]:
    gate, start = now.gate, now.start
    known = seen.known
    return {
        "gate": gate.name,
        "nodes": [start + node for node in gate.members],
        "inputs": [start + node for node in gate.inputs],
        "fixed": [start + node for node in gate.fixed],
        "output": start + gate.output,
        "is": None
        if known is None
        else {
            "op": known.op,
            "params": dict(known.params),
            "operands": [start + gate.inputs[k] for k in known.order],
            "points": known.points,
            "proved": derived is not None and derived.same,
        },
        "upstream": plain(now.upstream),
        "locals": [
            {
                "node": start + local.node,
                "name": now.p.names[local.node],
                "local": None if local.slope is None else plain(np.asarray(local.slope)),
                "formula": _formula(now, seen, derived, k) or None,
                "contribution": plain(local.contribution) if now.upstream is not None else None,
                "passed": plain(passed_on(now.p, gate, local.node, now.happened)),
                "agrees": local.agrees,
            }
            for k, local in enumerate(seen.locals)
        ],
        "checks": checks.as_data(seen.differences, proof),
    }
