"""What there is to say after something was changed: one or two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.render.numbers import number
from tutor.render.sanitise import sanitise
from tutor.render.values import inline

if TYPE_CHECKING:
    from engine.columns import Value
    from tutor.session.session import Session

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


def of_edit(name: str, was: Value, before: Session, after: Session) -> str:
    """An input was changed: to what, what changed with it, and that the steps before are gone."""
    told = f"{name} is {inline(after.inputs[name])}, it was {inline(was)}."
    steps = len(before.trace.passes) - 1
    if not steps:
        return f"{told} {marked(after)}"
    back = "brings it back" if steps == 1 else "brings them back"
    return f"{_steps(steps).capitalize()} dropped (undo {back}). {told}"


def of_return(how: str, before: Session, after: Session) -> str:
    """What undo or redo did: to a step, or to an edit and the steps it had dropped."""
    old, new = before.trace, after.trace
    if before.inputs is after.inputs and before.origin is after.origin:
        # An edit gives the function other inputs; a step adds to the trace and keeps them.
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
