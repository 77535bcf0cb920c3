"""The comparison as a report: one row a node, value and gradient of both sides and the change."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import Any

import numpy as np

from engine.columns import Value
from tutor.debugger.compare.compare import Comparison, Order, Pair
from tutor.debugger.compare.differences import Difference, difference
from tutor.debugger.compare.sides import Moment
from tutor.render.expressions import name_of
from tutor.render.json_ import plain
from tutor.render.numbers import absent, apart, fitted
from tutor.render.plain import Line, Run
from tutor.render.report import Report, Row
from tutor.render.sanitise import cell_width, sanitise
from tutor.render.values import change, inline, is_scalar, shape_text

WIDTH = 78
_NAME = 15
_NUMBER = 9
_MOST = 40
_SAID = 8


def report(
    comparison: Comparison, order: Order = "largest", most: int = _MOST, *, title: str = ""
) -> Report:
    """The comparison in columns, 78 wide: name, then a, b and b − a of the value and of the
    gradient. What differs is marked `*`. Of an array the entry is shown that differs most.

    order: "largest" shows only what is not the same, the largest relative difference first;
    "graph" shows all nodes in evaluation order. most: how many nodes; the data have as many, in the
    same order. A row opens the node on side b, or on side a where b has none.
    """
    numbers = comparison.order(order)
    if order == "largest":
        numbers = numbers[comparison.statuses[numbers] != 0]
    pairs = [comparison.pair(int(k)) for k in numbers[:most]]
    a, b = sanitise(comparison.a.label), sanitise(comparison.b.label)
    rows = [
        Row(((text, "strong"),), *_at(comparison))
        for head in _heads(comparison)
        for text in wrap(head, WIDTH, break_on_hyphens=False)
    ]
    if pairs:
        rows += [Row(line) for line in _headings(a, b)]
        rows += [row for pair in pairs for row in _rows(comparison, pair)]
    left = len(numbers) - len(pairs)
    if left > 0:
        rows.append(Row(((f"  … {left:,} more", "quiet"),)))
    return Report(
        "compare",
        sanitise(title) or f"{a} and {b}",
        tuple(rows),
        (*_heads(comparison), *[_sentence(comparison, pair) for pair in pairs[:_SAID]]),
        _data(comparison, pairs, order),
        _counts(comparison),
    )


def _at(comparison: Comparison) -> tuple[int | None, int | None]:
    """What the first row opens: the event at which the runs part, on side b."""
    found = comparison.parting
    return (None, None) if found is None else (found.node_b, found.b)


def _heads(comparison: Comparison) -> list[str]:
    """How many differ, the results, since when, and at which line they went different ways."""
    counts = [
        (comparison.count("differs"), "differ"),
        (comparison.count("only in a"), f"only in {comparison.a.label}"),
        (comparison.count("only in b"), f"only in {comparison.b.label}"),
        (comparison.count("not computed yet"), "not computed yet"),
    ]
    told = [f"{count:,} {what}" for count, what in counts if count]
    first = f"{len(comparison):,} nodes: {', '.join(told) or 'all the same'}."
    heads = (first, _results(comparison), _parting(comparison), _branch(comparison))
    return [sanitise(text) for text in heads if text]


def _results(comparison: Comparison) -> str:
    """The results of both, where both have come to them."""
    a, b = comparison.a, comparison.b
    old, new = a.values[a.p.output], b.values[b.p.output]
    if old is None or new is None or not difference(old, new).differs:
        return ""
    return f"The result {_said(difference(old, new), _in(a), _in(b))}."


def _counts(comparison: Comparison) -> str:
    other = len(comparison) - comparison.count("same")
    return "all the same" if not other else f"{other:,} of {len(comparison):,} differ"


def _parting(comparison: Comparison) -> str:
    a, b, found = comparison.a, comparison.b, comparison.parting
    if found is None:
        if a.happened == b.happened:
            return ""
        return "As far as both have come, the runs agree."
    names = [
        None if node is None else name_of(side.trace, node)
        for side, node in ((a, found.node_a), (b, found.node_b))
    ]
    where = f"The runs agree until event {_number(comparison)}"
    if found.kind == "graph" and names[0] is not None and names[1] is not None:
        kinds = [
            side.trace.nodes[node].op
            for side, node in ((a, found.node_a), (b, found.node_b))
            if node is not None
        ]
        return f"{where}: {names[0]} ({kinds[0]}) {_in(a)}, {names[1]} ({kinds[1]}) {_in(b)}."
    if found.kind == "graph":
        side, name = (a, names[0]) if names[0] is not None else (b, names[1])
        return f"{where}: {name} is only in {side.label}."
    return f"{where}: {names[1]}{_KINDS[found.kind]}."


_KINDS = {
    "value": " has another value",
    "gradient": " gets another contribution",
    "seed": " is given another gradient",
    "update": " is updated to another value",
}


def _number(comparison: Comparison) -> str:
    """The event at which they part, counted from 1; in both runs where it has another number."""
    found = comparison.parting
    if found is None or (found.a is None and found.b is None):
        return ""
    if found.a is None or found.b is None or found.a == found.b:
        return f"{(found.b if found.a is None else found.a) + 1:,}"  # type: ignore[operator]
    return f"{found.a + 1:,} (in {comparison.b.label}, {found.b + 1:,})"


def _branch(comparison: Comparison) -> str:
    found = comparison.branch
    if found is None:
        return ""
    where = f"At {found.location}" if found.location is not None else "In Python"
    node = found.node_a
    name = "" if node is None else f" on {name_of(comparison.a.trace, node)}"
    if found.b is None:
        return f"{where} only {comparison.a.label} decides{name}."
    a, b = (_outcome(x) for x in (found.a, found.b))
    return (
        f"{where} they take different branches{name}: {a} {_in(comparison.a)}, "
        f"{b} {_in(comparison.b)}."
    )


def _outcome(x: bool | float | None) -> str:
    if isinstance(x, bool):
        return "true" if x else "false"
    return fitted(float(x or 0.0), _NUMBER)


def _headings(a: str, b: str) -> tuple[Line, ...]:
    left = " " * (_NAME + 2)
    group = 3 * (_NUMBER + 1)
    columns = "".join(_cut(text, _NUMBER).rjust(_NUMBER + 1) for text in (a, b, "change"))
    return (
        ((left + "value".center(group) + "gradient".center(group), "label"),),
        ((left + columns + columns, "label"),),
    )


def _rows(comparison: Comparison, pair: Pair) -> list[Row]:
    node = pair.a if pair.b is None else pair.b
    trace = comparison.a.trace if pair.b is None else comparison.b.trace
    mark: Run = ("* ", "changed") if pair.status == "differs" else ("  ", "text")
    name = name_of(trace, node) if node is not None else sanitise(pair.name)
    lines = [
        (mark, (_named(name, cell), "strong" if k == 0 else "text"), *value, *gradient)
        for k, (cell, value, gradient) in enumerate(_cells(pair))
    ]
    notes = _notes(comparison, pair)
    rows = [Row(line, node) for line in lines]
    if notes:
        rows.append(Row(((f"    {notes}", "quiet"),), node))
    return rows


Columns = tuple[Run, ...]


def _cells(pair: Pair) -> list[tuple[tuple[int, ...] | None, Columns, Columns]]:
    """The entries to show: where value and gradient differ most; one row if that is one cell."""
    value, gradient = pair.value, pair.gradient
    if value.cell == gradient.cell or not value.differs or not gradient.differs:
        cell = value.cell if value.differs or not gradient.differs else gradient.cell
        return [(cell, _columns(value, cell, "value"), _columns(gradient, cell, "gradient"))]
    blank = ((" " * 3 * (_NUMBER + 1), "text"),)
    return [
        (value.cell, _columns(value, value.cell, "value"), blank),
        (gradient.cell, blank, _columns(gradient, gradient.cell, "gradient")),
    ]


def _columns(difference: Difference, cell: tuple[int, ...] | None, role: str) -> Columns:
    a, b = _entry(difference.a, cell), _entry(difference.b, cell)
    change_role = "changed" if difference.differs else "quiet"
    texts = [(_text(a), role), (_text(b), role), (_delta(a, b), change_role)]
    if a is not None and b is not None and a != b:
        for k, text in enumerate(apart(a, b)):
            if cell_width(text) <= _NUMBER:
                texts[k] = (text, role)
    return tuple([(text.rjust(_NUMBER + 1), role) for text, role in texts])


def _entry(value: Value | None, cell: tuple[int, ...] | None) -> float | None:
    if value is None:
        return None
    array = np.asarray(value)
    if array.size == 0:
        return None
    if cell is None or len(cell) != array.ndim:
        cell = (0,) * array.ndim
    inside = all(i < n for i, n in zip(cell, array.shape, strict=True))
    return float(array[cell]) if inside else None


def _text(x: float | None) -> str:
    return absent() if x is None else fitted(x, _NUMBER)


def _delta(a: float | None, b: float | None) -> str:
    if a is None or b is None:
        return ""
    if a == b or (a != a and b != b):
        return "0"
    change = b - a
    return "≠" if not math.isfinite(change) else fitted(change, _NUMBER)


def _named(name: str, cell: tuple[int, ...] | None) -> str:
    place = f"[{','.join(map(str, cell))}]" if cell else ""
    room = _NAME - len(place)
    if room < 3:
        return _cut(name + place, _NAME).ljust(_NAME)
    return (_cut(name, room) + place).ljust(_NAME)


def _cut(text: str, width: int) -> str:
    if cell_width(text) <= width:
        return text
    while cell_width(text) >= width:
        text = text[:-1]
    return f"{text}…"


def _notes(comparison: Comparison, pair: Pair) -> str:
    """What the columns cannot say: another op, another shape, a node of one side alone."""
    if pair.status == "only in a":
        return f"only in {sanitise(comparison.a.label)}"
    if pair.status == "only in b":
        return f"only in {sanitise(comparison.b.label)}"
    notes = []
    if pair.op_a != pair.op_b:
        notes.append(f"{pair.op_a} → {pair.op_b}")
    if pair.value.a is not None and pair.value.b is not None:
        shapes = np.shape(pair.value.a), np.shape(pair.value.b)
        if shapes[0] != shapes[1]:
            notes.append(f"shape {shape_text(shapes[0])} → {shape_text(shapes[1])}")
    return ", ".join(notes)


def _sentence(comparison: Comparison, pair: Pair) -> str:
    trace, node = (comparison.a.trace, pair.a) if pair.b is None else (comparison.b.trace, pair.b)
    name = name_of(trace, node) if node is not None else sanitise(pair.name)
    a, b = _in(comparison.a), _in(comparison.b)
    if pair.status in ("only in a", "only in b"):
        return f"{name} is {_notes(comparison, pair)}."
    parts = [note for note in [_notes(comparison, pair)] if note]
    for what, apart_by in (("value", pair.value), ("gradient", pair.gradient)):
        if apart_by.differs:
            parts.append(f"{what} {_said(apart_by, a, b)}")
    return f"{name}: {'; '.join(parts) or 'the same'}."


def _in(side: Moment) -> str:
    """Where a value is found: `in pass 1`, `before`, `now`."""
    label = sanitise(side.label)
    return _TIMES.get(label, f"in {label}")


_TIMES = {"before": "before", "now": "now", "if": "if so"}
"""Sides that are called by a moment."""


def _said(difference: Difference, a: str, b: str) -> str:
    old, new = difference.a, difference.b
    if old is None or new is None:
        there, label = (new, b) if old is None else (old, a)
        return f"is {inline(there, most=4)} {label} only"
    if is_scalar(old) and is_scalar(new):
        texts = change(old, new)
        return f"is {texts[0]} {a}, {texts[1]} {b}"
    cell = difference.cell
    x, y = _entry(old, cell), _entry(new, cell)
    if cell is None or x is None or y is None:
        return f"is {inline(old, most=4)} {a}, {inline(new, most=4)} {b}"
    texts = apart(x, y)
    place = ", ".join(map(str, cell))
    return f"differs most at cell [{place}], {texts[0]} {a}, {texts[1]} {b}"


def _data(comparison: Comparison, pairs: list[Pair], order: Order) -> dict[str, Any]:
    found, decided = comparison.parting, comparison.branch
    return {
        "a": _side_data(comparison.a),
        "b": _side_data(comparison.b),
        "nodes": len(comparison),
        "counts": {
            status: comparison.count(status)
            for status in ("same", "differs", "only in a", "only in b", "not computed yet")
        },
        "parting": found
        and {
            "kind": found.kind,
            "event_a": found.a,
            "event_b": found.b,
            "node_a": found.node_a,
            "node_b": found.node_b,
        },
        "branch": decided
        and {
            "line": None if decided.location is None else str(decided.location),
            "a": decided.a,
            "b": decided.b,
            "node_a": decided.node_a,
            "node_b": decided.node_b,
        },
        "order": order,
        "pairs": [_pair_data(pair) for pair in pairs],
    }


def _side_data(side: Any) -> dict[str, Any]:
    return {"label": side.label, "pass": side.at, "events": side.happened}


def _pair_data(pair: Pair) -> dict[str, Any]:
    return {
        "name": pair.name,
        "a": pair.a,
        "b": pair.b,
        "op_a": pair.op_a,
        "op_b": pair.op_b,
        "status": pair.status,
        "value": _difference_data(pair.value),
        "gradient": _difference_data(pair.gradient),
    }


def _difference_data(found: Difference) -> dict[str, Any]:
    return {
        "a": plain(found.a),
        "b": plain(found.b),
        "absolute": plain(found.absolute),
        "relative": plain(found.relative),
        "cell": None if found.cell is None else list(found.cell),
    }
