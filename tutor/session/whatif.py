"""What if: another value, another op, another seed; old and new numbers side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.gates import can_open
from engine.ops import REGISTRY
from engine.ops.declare import Op
from engine.rerun import rerun as run_again
from tutor.debugger.frame import focused
from tutor.language import LanguageError, parse_at
from tutor.render.expressions import name_of
from tutor.session import looking, told
from tutor.session.origin import File, Recorded, Run
from tutor.session.panel import show
from tutor.session.panels.compare import ComparePanel
from tutor.session.refused import Refused, is_count
from tutor.session.session import Session, edit_inputs, rerun

_CHANGE = re.compile(r"\s*([^=]+?)\s*:?=\s*(.+?)\s*", re.DOTALL)


def what_if(session: Session, text: str) -> Session:
    """Ask what would be if `x=3` (an input), `h=0` (a node held at a value), `h=tanh` (another
    op), `upstream=2` (the gradient that backward begins with), `seed=1` (the random seed of a
    file). The run goes on from there; undo leads back; the comparison opens."""
    match = _CHANGE.fullmatch(text)
    if match is None:
        raise Refused("expected name=value or name=op", 0, len(text), "such as x=3 or h=tanh")
    name, wanted = match[1], match[2]
    if name == "upstream" and name not in session.inputs:
        after = _upstream(session, wanted, match)
    elif name == "seed" and name not in session.inputs:
        after = _seed(session, wanted, match)
    elif wanted in REGISTRY:
        after = _other_op(session, name, REGISTRY[wanted], text)
    elif name in session.inputs:
        after = edit_inputs(session, _values(name, match))
    else:
        after = _held(session, name, match)
    return show(after, ComparePanel())


def open_gates(session: Session) -> Session:
    """Put the smaller ops in the place of the focused node's that it is made of."""
    node = focused(session.frame)
    entry = session.trace.nodes[node]
    op = REGISTRY.get(entry.op)
    name = name_of(session.trace, node)
    if op is None or not can_open(op):
        raise Refused(f"{name} is no op that is made of smaller ones")
    at = session.trace.pass_of(node)
    after = _rewired(session, f"{name} in gates", at, gates=[_local(session, node)])
    return replace(after, told=f"{name} is shown by the gates that {entry.op} is made of.")


def possible(session: Session, text: str) -> Sequence[str]:
    """How what-if may go on, for completion."""
    name, equals, begun = text.partition("=")
    if not equals:
        return [f"{one}=" for one in looking.names(session, name)]
    try:
        node = looking.node_named(session.trace, name, looking.here(session))
    except Refused:
        return ()
    arity = len(session.trace.nodes[node].inputs)
    return [f"{name}={op}" for op in alike(arity) if op.startswith(begun.strip())]


def alike(arity: int) -> list[str]:
    """The ops that could stand in the place of one of so many operands."""
    return [
        name
        for name, op in REGISTRY.items()
        if op.arity == arity and not op.variadic and op.elementwise
    ]


def _other_op(session: Session, name: str, op: Op, text: str) -> Session:
    at = looking.here(session)
    node = looking.node_named(session.trace, name, at)
    entry = session.trace.nodes[node]
    if len(entry.inputs) != op.arity:
        takes = f"{op.name} takes {op.arity} operands, {name} has {len(entry.inputs)}"
        raise Refused(takes, 0, len(text))
    after = _rewired(session, f"{name} by {op.name}", at, ops={_local(session, node): (op, {})})
    changed = f"{name} is {op.name} now, it was {entry.op}."
    return replace(after, told=f"{changed} {told.marked(after)}")


def _held(session: Session, name: str, match: re.Match[str]) -> Session:
    at = looking.here(session)
    node = looking.node_named(session.trace, name, at)
    value = _value(match)
    was = session.trace.value(node)
    if np.shape(value) == () and np.shape(was):
        value = np.full(np.shape(was), value)
    after = _rewired(session, f"{name} held", at, values={_local(session, node): value})
    return replace(after, told=f"{name} is held at that value. {told.marked(after)}")


def _upstream(session: Session, wanted: str, match: re.Match[str]) -> Session:
    value = _value(match)
    run = session.origin.run(session.inputs, upstream=value, dtype=session.dtype)
    after = rerun(session, session.origin, run, value)
    return replace(after, told=f"Backward begins with {wanted} now. {told.marked(after)}")


def _seed(session: Session, wanted: str, match: re.Match[str]) -> Session:
    if not isinstance(session.origin, File):
        raise Refused("only a file is run with a random seed")
    if not is_count(wanted):
        raise Refused("a random seed is a whole number", *match.span(2))
    origin = replace(session.origin, seed=int(wanted))
    run = origin.run(session.inputs, upstream=session.upstream, dtype=session.dtype)
    after = rerun(session, origin, run, session.upstream)
    return replace(after, told=f"The file was run with the seed {wanted}. {told.marked(after)}")


def _values(name: str, match: re.Match[str]) -> Mapping[str, Any]:
    """What stands behind the sign, and further inputs after a comma; what is wrong with it lies at
    its place in the whole text."""
    try:
        return parse_at([f"{name}={match[2]}"])
    except LanguageError as error:
        shift = match.start(2) - len(name) - 1
        place = max(0, error.start + shift), error.end + shift
        raise Refused(error.message, *place, error.hint) from error


def _value(match: re.Match[str]) -> Any:
    # A node's name need not be one that an input can have.
    values = _values("held", match)
    if len(values) != 1:
        raise Refused("one value is wanted", *match.span(2), "one change at a time")
    return values["held"]


def _rewired(
    session: Session,
    label: str,
    at: int,
    *,
    values: Mapping[int, Any] | None = None,
    ops: Mapping[int, tuple[Op, Mapping[str, Any]]] | None = None,
    gates: Sequence[int] = (),
) -> Session:
    """The graph of pass number `at`, run again with other parts."""
    with np.errstate(all="ignore"):
        again = run_again(session.trace.passes[at], values=values, ops=ops, gates=gates)
    before = session.origin
    if not isinstance(before, Recorded):
        before = Recorded(again.pass_, before.text, before.source)
    node = label.partition(" ")[0]
    others = [one for one in before.changes if one.partition(" ")[0] != node]
    origin = replace(before, graph=again.pass_, changes=(*others, label))
    return rerun(session, origin, Run(again.pass_), session.upstream)


def _local(session: Session, node: int) -> int:
    return node - session.trace.node_range(session.trace.pass_of(node)).start


def node_label(session: Session) -> str:
    """The focused node as the beginning of a what-if."""
    return f"{name_of(session.trace, focused(session.frame))}="
