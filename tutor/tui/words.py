"""Rows for the panes of the stepper, made from what `tutor.render` says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.frame import active, phase
from tutor.debugger.state import same
from tutor.language.tree import Name, walk
from tutor.render.formula import Formula
from tutor.render.inspector import ARRIVES, Inspection, arrives
from tutor.render.numbers import number
from tutor.render.plain import Line
from tutor.render.values import inline
from tutor.session.session import Session
from tutor.tui.one_line import one_line
from tutor.tui.widgets.surface import Row, Run, row_width
from tutor.tui.widgets.timeline import Stretch

Span = tuple[int, int]
Fact = tuple[str, Line]
_SIGNS = {"forward": "▶", "backward": "◀", "update": "*"}
_LABEL = 11
_LONG = 4


def crumbs(session: Session, width: int) -> list[Run]:
    """Where one is: the typed text with the sub-term of the event in the light, and the phase."""
    flow = phase(session.frame)
    at = session.trace.pass_at(session.frame.cursor)
    place = f"{flow} {_SIGNS[flow]}" + (f"  pass {at + 1}" if len(session.trace.passes) > 1 else "")
    tail: list[Run] = [("  ›  ", "faint"), (place, "changed" if flow == "update" else flow)]
    if session.frame.cursor == 0:
        tail = [("  ›  ", "faint"), ("start", "quiet")]
    text, offsets = one_line(session.text)
    around, inner = [span and (offsets[span[0]], offsets[span[1]]) for span in spans(session)]
    runs = _lit(text, around, inner, flow, max(8, width - 1 - row_width(tail)))
    return [(" ", "ground"), *runs, *tail]


def spans(session: Session) -> tuple[Span | None, Span | None]:
    """The sub-term at work, and within it the one that was reached, as offsets into the text.

    For a value both are the node's own term; for a contribution the first is the term that passes
    the gradient on and the second the operand that gets it.
    """
    now = active(session.frame)
    if now is None or session.program is None:
        return None, None
    around = term(session, now.node, None)
    source = now.event.source
    if source is None:
        return around, around
    outer = term(session, source, None)
    operands = session.trace.nodes[source].inputs[: now.event.operand]
    return outer, term(session, now.node, outer, operands.count(now.node)) or around


def term(session: Session, node: int, within: Span | None, uses: int = 0) -> Span | None:
    """Where a node's term stands in the text; of an input the use (inside `within`) that has
    `uses` others before it."""
    entry = session.trace.nodes[node]
    place = entry.location
    if (
        place is not None
        and place.file is None
        and place.start is not None
        and place.end is not None
    ):
        return place.start, place.end
    if entry.inputs or session.program is None:
        return None
    first, last = within or (0, len(session.text))
    found = [
        (name.start, name.end)
        for statement in session.program.statements
        for name in walk(statement.expression)
        if isinstance(name, Name) and name.name == entry.name
        if first <= name.start and name.end <= last
    ]
    return found[min(uses, len(found) - 1)] if found else None


def _lit(text: str, around: Span | None, inner: Span | None, flow: str, width: int) -> list[Run]:
    """The text in at most `width` cells, cut around the spot, with its two spans in the light."""
    spot = inner or around or (0, 0)
    start, end = 0, len(text)
    before = after = ""
    if len(text) > width:
        start = max(0, min(spot[0] - width // 3, len(text) - width))
        end = start + width
        before, after = "…" if start else "", "…" if end < len(text) else ""
        start, end = start + len(before), end - len(after)
    cuts = {start, end}
    for span in (around, inner):
        cuts.update(max(start, min(end, offset)) for offset in span or ())
    edges = sorted(cuts)
    runs: list[Run] = [(before, "faint")] if before else []
    for left, right in pairwise(edges):
        role = "strong"
        if around and around[0] <= left and right <= around[1]:
            role = "term"
        if inner and inner[0] <= left and right <= inner[1]:
            role = f"term.{flow}"
        runs.append((text[left:right], role))
    return [*runs, (after, "faint")] if after else runs


def inputs_told(session: Session, room: int) -> str:
    """The inputs of the pass with their values, where they fit: `x = −2   y = 5`."""
    p = session.trace.passes[session.trace.pass_at(session.frame.cursor)]
    told = ""
    for name, node in p.inputs.items():
        told += f"{name} = {inline(p.value(node), most=4)}   "
        if len(told) > room:
            return ""
    return told.rstrip()


def formula_rows(formula: Formula, width: int, height: int) -> list[Row]:
    """The lines of a formula, set in a little, broken where they are too long.

    Where there is no room for all of them, the sum that this event added to is kept.
    """
    lines = list(formula.lines)
    if len(lines) > height >= 3:
        last = [line for line in lines[2:] if any(role == "active" for _, role in line)]
        lines = [*lines[:2], *last, *[line for line in lines[2:] if line not in last]]
    rows: list[Row] = []
    for line in lines:
        parts = folded(line, width - 4)
        text = "".join(text for text, _ in line)
        left, equals, _ = text.partition("=")
        hang = " " * (len(left) + 2 if equals else len(text) - len(text.lstrip()) + 2)
        rows.append([("   ", "ground"), *parts[0]])
        rest = [run for part in parts[1:] for run in part]
        for part in folded(rest, width - 4 - len(hang)) if rest else ():
            rows.append([("   " + hang, "ground"), *part])
    return rows


def ways(told: str) -> list[str]:
    """A sentence, and the same without what stands in brackets, for where there is less room."""
    return [told, re.sub(r" \((?:[^()]|\([^()]*\))*\)", "", told, count=1)]


def facts(shown: Inspection, session: Session, node: int) -> list[Fact]:
    """What is known of a node, with what it was before an edit or a step right after its value."""
    found: list[Fact] = list(shown.rows)
    old = before(session, node)
    if old is not None and session.trace.known(node, session.frame.cursor):
        when, value = old
        found.insert(1, ("was", ((inline(value, most=4), "changed"), (f" {when}", "text"))))
    return found


def before(session: Session, node: int) -> tuple[str, Value] | None:
    """The value that a node had before, where it is another one now, and when that was."""
    trace = session.trace
    at = trace.pass_of(node)
    if at:
        old = trace.counterpart(node, at - 1)
        if old is None or same(trace.value(old), trace.value(node)):
            return None
        return f"in pass {at}", trace.value(old)
    if node not in session.changed or not session.past or session.future:
        return None
    earlier = session.past[-1]
    p = earlier.trace.passes[earlier.trace.pass_at(earlier.cursor)]
    local = p.by_name.get(trace.nodes[node].name)
    if local is None or same(p.value(local), trace.value(node)):
        return None
    return "before the edit", p.value(local)


def fell(trace: Trace, cursor: int, *, ascii: bool = False) -> str | None:
    """Whether the result fell by a step, in words, at the moment when it is known again."""
    at = trace.pass_at(cursor)
    output = trace.node_range(at).start + trace.passes[at].output
    if at == 0 or trace.value_event(output) != cursor - 1:
        return None
    old = trace.passes[at - 1].value(trace.passes[at - 1].output)
    new = trace.value(output)
    if np.ndim(old) or np.ndim(new):
        return None
    name = trace.nodes[output].name
    change = f"from {number(old, ascii=ascii)} to {number(new, ascii=ascii)}"
    if new < old:
        return f"{name} fell {change}: the step went the right way."
    if new == old:
        return f"{name} stayed at {number(new, ascii=ascii)}."
    return f"{name} rose {change}: the step was too long. A smaller learning rate may help."


def inspector_rows(shown: Sequence[Fact], width: int) -> list[Row]:
    """A line for each fact; long facts go on below. A sum of many lines comes last, where one can
    scroll through it."""
    rows: list[Row] = []
    last: list[Row] = []
    for label, line in shown:
        head = [("   " + label.ljust(_LABEL), "quiet")]
        parts = folded(line, width - 3 - _LABEL)
        into = last if label == ARRIVES and len(parts) > _LONG else rows
        for part in parts:
            into.append([*head, *part])
            head = [(" " * (3 + _LABEL), "ground")]
    return [*rows, *last]


def inspector_lines(
    shown: Sequence[Fact], about: Inspection, width: int, count: int, *, ascii: bool = False
) -> list[Row]:
    """The same in `count` lines, facts side by side, the most important first. Of a sum that is too
    long the largest parts are told; whatever else does not fit ends in a sign that it goes on."""
    lines: list[list[Run]] = [[("  ", "ground")] for _ in range(count)]
    at = 0
    for label, line in shown:
        name = (f" {label} ", "quiet")
        if label == ARRIVES:
            line = arrives(about.parts, about.count, width - 2 - len(name[0]), ascii=ascii)
        fact: list[Run] = [name, *line]
        if row_width(lines[at]) + row_width(fact) > width and len(lines[at]) > 1:
            at += 1
        if at == count:
            break
        lines[at] += [*_cut(fact, width - row_width(lines[at])), ("   ", "ground")]
    return list(lines)


def _cut(line: Sequence[Run], width: int) -> list[Run]:
    """A line of runs in at most `width` cells; one that is longer ends in a sign."""
    left = width - 1
    kept: list[Run] = []
    if row_width(line) <= width:
        return list(line)
    for text, role in line:
        kept.append((text[: max(0, left)], role))
        left -= row_width([(text, role)])
    return [*kept, ("…", "quiet")]


def shortened(rows: Sequence[Row], count: int, width: int) -> list[Row]:
    """The first `count` rows, the last one ending in a sign that there is more."""
    last = list(rows[count - 1])
    text, role = last[-1]
    last[-1] = (text.rstrip()[: width - row_width(last[:-1]) - 2] + " …", role)
    return [*rows[: count - 1], last]


def folded(line: Sequence[Run], width: int) -> list[list[Run]]:
    """A line of runs broken between words where it is too long."""
    rows: list[list[Run]] = [[]]
    used = 0
    for text, role in line:
        for word in _words(text):
            if used and used + len(word.rstrip()) > width:
                rows.append([])
                used = 0
                word = word.lstrip()
            rows[-1].append((word, role))
            used += len(word)
    return [_merged(row) for row in rows]


def wrapped(text: str, width: int, role: str = "text") -> list[Row]:
    """A sentence on as many lines as it needs."""
    return list(folded([(text, role)], width))


def stretches(trace: Trace) -> list[Stretch]:
    """The forward passes, backward passes and updates of a trace, for the timeline."""
    found = []
    for at in range(len(trace.passes)):
        for direction, part in (
            ("forward", trace.forward_range(at)),
            ("backward", trace.backward_range(at)),
            ("update", trace.update_range(at)),
        ):
            if len(part):
                found.append(Stretch(direction, part))
    return found


def _words(text: str) -> list[str]:
    """The words of a text, each with the blanks behind it."""
    words: list[str] = []
    for piece in text.split(" "):
        words.append(piece + " ")
    words[-1] = words[-1][:-1]
    return [word for word in words if word]


def _merged(row: Sequence[Run]) -> list[Run]:
    merged: list[Run] = []
    for text, role in row:
        if merged and merged[-1][1] == role:
            merged[-1] = (merged[-1][0] + text, role)
        else:
            merged.append((text, role))
    return merged
