"""Finding nodes by name, and looking at them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace

from engine.trace import Trace
from tutor.debugger import moving
from tutor.debugger.frame import active
from tutor.debugger.view.moves import revealed
from tutor.render.expressions import name_of
from tutor.render.sanitise import sanitise
from tutor.session.refused import Refused, is_count
from tutor.session.session import Session

MOST = 200
_CELL = re.compile(r"(.+?)(\[[^\[\]]*\])\s*", re.DOTALL)


def node_named(trace: Trace, text: str, at: int = 0) -> int:
    """The node of pass number `at` that is called so. Raises Refused, with names that are near."""
    name = text.strip()
    p = trace.passes[at]
    found = p.by_name.get(name)
    if found is None:
        from tutor.debugger.stops.names import node_named as spelled_out

        found = spelled_out(p, name)
    if found is None:
        near = difflib.get_close_matches(name, p.by_name, n=3)
        known = ", ".join(sanitise(one) for one in list(p.inputs)[:6])
        listed = " or ".join(sanitise(one) for one in near)
        hint = f"did you mean {listed}?" if near else f"the inputs are {known}"
        raise Refused(f"no node is called {sanitise(name)}", 0, len(text), hint)
    return trace.node_range(at).start + found


def cell_named(trace: Trace, text: str, at: int = 0) -> tuple[int, tuple[int, ...] | None]:
    """A node, or one entry of it: `W1`, `W1[3, 7]`. Raises Refused for what is not there."""
    match = _CELL.fullmatch(text)
    if match is None or text.strip() in trace.passes[at].by_name:
        return node_named(trace, text, at), None
    from tutor.debugger.cells.cell import CellError
    from tutor.debugger.cells.places import checked, read_index

    node = node_named(trace, match[1], at)
    try:
        return node, checked(trace, node, read_index(match[2]))
    except CellError as error:
        raise Refused(str(error), *match.span(2)) from error


def here(session: Session) -> int:
    """The number of the pass that is looked at."""
    return session.trace.pass_at(session.frame.cursor)


def matching(session: Session, text: str) -> list[int]:
    """The nodes of the pass whose name begins with the text, then those that hold it in their name
    or op."""
    p, first = session.trace.passes[here(session)], session.trace.node_range(here(session)).start
    wanted = text.strip().lower()
    begins, holds = [], []
    for i, (name, op) in enumerate(zip(p.names, p.ops, strict=True)):
        word, kind = name.lower(), op.name if op is not None else "input constant"
        if word.startswith(wanted):
            begins.append(first + i)
        elif wanted in word or wanted in kind:
            holds.append(first + i)
    return [*begins, *holds]


def names(session: Session, text: str) -> Sequence[str]:
    """The names of nodes that begin with the text, for completion."""
    p = session.trace.passes[here(session)]
    return list(dict.fromkeys(name for name in p.names if name.startswith(text)))[:MOST]


def look(session: Session, text: str) -> Session:
    """Look at the node of this name; at the only one that matches where none is called so."""
    nodes = session.trace.node_range(here(session))
    for fold in session.frame.zoom.folds:
        if fold.name == text.strip() and fold.nodes[-1] < len(nodes):
            node = nodes[fold.nodes[-1]]
            told = f"Looking at the gate {sanitise(fold.name)}."
            return replace(session, frame=moving.focus(session.frame, node), told=told)
    try:
        node = node_named(session.trace, text, here(session))
    except Refused:
        found = matching(session, text)
        if len(found) != 1:
            raise
        node = found[0]
    told = f"Looking at {name_of(session.trace, node)}."
    return replace(at_node(session, node), told=told)


def at_node(session: Session, node: int) -> Session:
    """Look at a node, with the groups open that it was folded into."""
    return replace(session, frame=revealed(moving.focus(session.frame, node), node))


def where(session: Session) -> Session:
    """Say where one is: `Event 9 of 10, backward, at the edge from q to x.`"""
    trace, now = session.trace, active(session.frame)
    if now is None:
        count = len(trace.events)
        return replace(session, told=f"At the start; {count} events lie ahead.")
    node = name_of(trace, now.node)
    place = f"at {node}"
    if now.event.source is not None:
        place = f"at the edge from {name_of(trace, now.event.source)} to {node}"
    passes = f", pass {trace.pass_of(now.node) + 1}" if len(trace.passes) > 1 else ""
    line = trace.nodes[now.node].location
    made = f", {sanitise(str(line))}" if line is not None and line.file is not None else ""
    told = f"Event {session.frame.cursor} of {len(trace.events)}, {now.direction}{passes}, {place}"
    focus = session.frame.focus
    looked = "" if focus is None else f" Looking at {name_of(trace, focus)}."
    return replace(session, told=f"{told}{made}.{looked}")


def goto(session: Session, text: str) -> Session:
    """Go to an event by its number, counted from 1; 0 is the start."""
    word = text.strip().rstrip("%")
    count = len(session.trace.events)
    if not is_count(word):
        raise Refused(f"{sanitise(text)} is no event", 0, len(text), f"a number from 0 to {count}")
    cursor = round(count * int(word) / 100) if text.strip().endswith("%") else int(word)
    if cursor > count:
        raise Refused(f"there is no event {cursor}", 0, len(text), f"the last one is {count}")
    return replace(session, frame=moving.jump(session.frame, cursor))
