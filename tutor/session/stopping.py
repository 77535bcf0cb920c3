"""Stops and watches of a sitting: setting them, and running on from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tutor.debugger.frame import focused
from tutor.debugger.stops.stops import Stop, next_stop, parse_stop, previous_stop, stop_on, written
from tutor.debugger.watches.watches import Watch, parse_watch
from tutor.render.expressions import name_of
from tutor.render.sanitise import sanitise
from tutor.session import looking
from tutor.session.panel import show
from tutor.session.panels.notes import NotesPanel
from tutor.session.refused import Refused, is_count
from tutor.session.session import Session

_WORDS = (
    "|grad| > ", "value is nan", "value is inf", "grad is nan", "grad is inf", "value > ",
    "value < ", "grad < ", "op = ", "op ", "scope ", "name = ", "shape = (", "line = ", "dtype = ",
    "changed", "kind = ", "norm(grad) > ", "max(value) > ", "not ",
)  # fmt: skip


def stop_when(session: Session, text: str) -> Session:
    """Set a breakpoint: a node, an op, a scope or a condition."""
    stop = parse_stop(text, session.trace)
    if any(stop.text == one.text for one in session.notes.stops):
        raise Refused(f"there is a breakpoint {sanitise(stop.text)} already")
    return _with(session, stop)


def toggle_here(session: Session) -> Session:
    """Set a breakpoint on the focused node, or take it away."""
    stop = stop_on(session.trace, focused(session.frame))
    for one in session.notes.stops:
        if one.text == stop.text:
            return _without(session, one)
    return _with(session, stop)


def switch(session: Session, text: str) -> Session:
    """Switch a breakpoint off, or on again, by its number."""
    at = _number(session.notes.stops, text, "breakpoint")
    stops = list(session.notes.stops)
    stops[at] = replace(stops[at], enabled=not stops[at].enabled)
    state = "on" if stops[at].enabled else "off"
    told = f"Breakpoint {at + 1} is switched {state}."
    return replace(session, notes=replace(session.notes, stops=tuple(stops)), told=told)


def delete(session: Session, text: str) -> Session:
    """Take away a breakpoint by its number or text, a watch by its text, or all of them."""
    word, notes = text.strip(), session.notes
    if word == "all":
        told = f"{len(notes.stops)} breakpoints and {len(notes.watches)} watches are gone."
        return replace(session, notes=replace(notes, stops=(), watches=()), told=told)
    for one in notes.stops:
        if one.text == word:
            return _without(session, one)
    for watch in notes.watches:
        if watch.text == word:
            return _unwatched(session, watch)
    return _without(session, notes.stops[_number(notes.stops, text, "breakpoint")])


def known(session: Session, text: str) -> Sequence[str]:
    """The texts of stops and watches, for completion."""
    notes = session.notes
    texts = ["all", *[one.text for one in notes.stops], *[one.text for one in notes.watches]]
    return [one for one in texts if one.startswith(text)]


def numbers(session: Session, text: str) -> Sequence[str]:
    """The numbers of the stops, for completion."""
    count = len(session.notes.stops)
    return [str(k) for k in range(1, count + 1) if str(k).startswith(text)]


def conditions(session: Session, text: str) -> Sequence[str]:
    """How a condition may begin, for completion; after `and` or `or` the next one."""
    before, last = "", text
    for word in (" and ", " or "):
        head, joint, tail = text.rpartition(word)
        if joint and len(tail) < len(last):
            before, last = head + joint, tail
    names = looking.names(session, last)
    found = [word for word in _WORDS if word.startswith(last)] + list(names)
    for opening in ("grad(", "value("):
        if last.startswith(opening):
            inside = looking.names(session, last.removeprefix(opening))
            found += [f"{opening}{name})" for name in inside]
        elif opening.startswith(last):
            found.append(opening)
    return [before + one for one in found]


def on(session: Session) -> Session:
    """Run on to the next stop; to the end where there is none."""
    frame, stop = next_stop(session.frame, session.notes.stops)
    told = "No stop lies ahead: this is the end." if stop is None else _stopped(stop)
    return replace(session, frame=frame, told=told)


def back(session: Session) -> Session:
    """Run back to the stop before; to the start where there is none."""
    frame, stop = previous_stop(session.frame, session.notes.stops)
    told = "No stop lies behind: this is the start." if stop is None else _stopped(stop)
    return replace(session, frame=frame, told=told)


def until(session: Session, text: str) -> Session:
    """Run on to the first moment at which a condition holds; refuse where there is none."""
    stop = parse_stop(text, session.trace)
    frame, found = next_stop(session.frame, (stop,))
    if found is None:
        raise Refused(f"{sanitise(stop.text)} does not hold at any event from here on")
    return replace(session, frame=frame, told=_stopped(stop))


def watch(session: Session, text: str) -> Session:
    """Watch a value or a gradient."""
    made = parse_watch(text, session.trace)
    if any(made.text == one.text for one in session.notes.watches):
        raise Refused(f"{sanitise(made.text)} is watched already")
    notes = replace(session.notes, watches=(*session.notes.watches, made))
    return replace(session, notes=notes, told=f"Watching {sanitise(made.text)}.")


def toggle_watch(session: Session) -> Session:
    """Watch the value and the gradient of the focused node, or do no more."""
    name = name_of(session.trace, focused(session.frame))
    spelled = written(session.trace.node(focused(session.frame)).name)
    mine = [f"value({spelled})", f"grad({spelled})"]
    watched = [one for one in session.notes.watches if one.text in mine]
    if watched:
        rest = tuple([one for one in session.notes.watches if one.text not in mine])
        notes = replace(session.notes, watches=rest)
        return replace(session, notes=notes, told=f"{name} is not watched any more.")
    made = tuple([parse_watch(text, session.trace) for text in mine])
    notes = replace(session.notes, watches=(*session.notes.watches, *made))
    return show(
        replace(session, notes=notes, told=f"Watching the value and gradient of {name}."),
        NotesPanel(),
    )


def watchable(session: Session, text: str) -> Sequence[str]:
    """How a watch may be written, for completion."""
    found = []
    for opening in ("", "grad(", "value(", "norm(grad(", "max(value("):
        if text.startswith(opening) or opening.startswith(text):
            inside = looking.names(session, text.removeprefix(opening))
            found += [opening + name + ")" * opening.count("(") for name in inside]
    return list(dict.fromkeys(found))


def _with(session: Session, stop: Stop) -> Session:
    stops = (*session.notes.stops, stop)
    notes = replace(session.notes, stops=stops)
    told = f"Breakpoint {len(stops)} is set: {sanitise(stop.text)}."
    return replace(session, notes=notes, told=told)


def _stopped(stop: Stop) -> str:
    return f"Stopped at {sanitise(stop.text)}."


def _without(session: Session, stop: Stop) -> Session:
    stops = tuple([one for one in session.notes.stops if one is not stop])
    told = f"The breakpoint {stop.text} is gone."
    return replace(session, notes=replace(session.notes, stops=stops), told=told)


def _unwatched(session: Session, watch: Watch) -> Session:
    rest = tuple([one for one in session.notes.watches if one is not watch])
    told = f"{sanitise(watch.text)} is not watched any more."
    return replace(session, notes=replace(session.notes, watches=rest), told=told)


def _number(those: Sequence[object], text: str, what: str) -> int:
    word = text.strip()
    if is_count(word) and 1 <= int(word) <= len(those):
        return int(word) - 1
    hint = f"they are numbered 1 to {len(those)}" if those else "there is none yet"
    raise Refused(f"there is no {what} {word}", 0, len(text), hint)
