"""What there is to say after something was changed: one or two sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tutor.render.numbers import number
from tutor.render.sanitise import sanitise
from tutor.render.values import inline

if TYPE_CHECKING:
    from engine.columns import Value
    from tutor.session.session import Session

_MOST = 3
MARKED = ", marked with *"
"""What is true only where the graph is drawn."""


def of_run(session: Session) -> str | None:
    """That a user's file was run, and what it printed; None where nothing of the user's was run."""
    if session.origin.kind != "file":
        return None
    lines = [sanitise(line) for line in session.printed.splitlines() if line.strip()]
    ran = f"{session.text} was run, as you asked."
    if not lines:
        return ran
    more = f" and {len(lines) - 1} more lines" if len(lines) > 1 else ""
    return f"{ran} It printed: {lines[0]}{more}"


def of_step(session: Session) -> str:
    """A step of gradient descent was taken."""
    told = f"A step with learning rate {number(session.rate)} was added."
    return f"{told} The next events show each update, then the next pass."


def of_edit(was: Mapping[str, Value], before: Session, after: Session) -> str:
    """Inputs were changed: to what, what changed with it, and that the steps before are gone."""
    changes = [
        f"{name} is {inline(after.inputs[name])}, it was {inline(old)}."
        for name, old in was.items()
    ]
    told = " ".join(changes[:_MOST])
    if len(changes) > _MOST:
        told += f" {len(changes) - _MOST} more inputs were given."
    steps = len(before.trace.passes) - 1
    if not steps:
        return f"{told} {marked(after)}{kept_decisions(after)}"
    back = "brings it back" if steps == 1 else "brings them back"
    return f"{_steps(steps).capitalize()} dropped (undo {back}). {told}"


def kept_decisions(session: Session) -> str:
    """That what Python decided while a graph was recorded is not decided again."""
    decisions = session.trace.passes[0].decisions
    if session.origin.kind != "recorded" or not decisions:
        return ""
    places = dict.fromkeys(sanitise(str(d.location)) for d in decisions if d.location is not None)
    where = f" ({', '.join(list(places)[:_MOST])})" if places else ""
    count = "1 decision is" if len(decisions) == 1 else f"{len(decisions)} decisions are"
    return f" {count} recorded, not decided again{where}."


def of_return(how: str, before: Session, after: Session) -> str:
    """What undo or redo did: to a step, or to an edit and the steps it had dropped."""
    old, new = before.trace, after.trace
    if before.inputs is after.inputs:
        # An edit gives the function inputs anew; a step adds to the trace and keeps them.
        count = len(new.events)
        if count < len(old.events):
            return f"The last step was {how}: {count} of {len(old.events)} events are left."
        return f"The last step was {how}: there are {count} events now."
    if len(new.passes) > 1:
        return f"The edit was {how}: {_steps(len(new.passes) - 1)} there again."
    if len(old.passes) > 1:
        return f"The edit was {how}: {_steps(len(old.passes) - 1)} dropped."
    return f"The edit was {how}. {marked(after)}"


def marked(session: Session) -> str:
    """How many nodes changed."""
    count = len(session.changed)
    if count == 0:
        return "No value or gradient changed."
    return f"{count} node{'s' if count != 1 else ''} changed{MARKED}."


def _steps(count: int) -> str:
    return "the step is" if count == 1 else f"the {count} steps are"
