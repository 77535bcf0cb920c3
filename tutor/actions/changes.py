"""Actions that change what is traced."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.session import changing
from tutor.session import session as sessions
from tutor.session.session import Session


def _can_descend(session: Session) -> str | None:
    last = session.trace.passes[-1]
    if last.seed is None:
        return "The result depends on no input, so there is no gradient to step along"
    for name in session.params:
        if name not in last.inputs or last.gradient(last.inputs[name]) is None:
            return f"No gradient reached {name}, so it cannot be updated"
    return None if session.params else "No gradient reached any input"


def _has_past(session: Session) -> str | None:
    return None if session.past else "Nothing has been edited yet"


def _has_future(session: Session) -> str | None:
    return None if session.future else "Nothing has been undone"


def _has_inputs(session: Session) -> str | None:
    return None if session.inputs else "This expression has no inputs"


CHANGES: tuple[Action, ...] = (
    Action("descend", ("U",), "ctrl+g U", "take a step",
           "Take a step of gradient descent: one update for each parameter, then the next pass.",
           "edit", sessions.descend, _can_descend, verb="descend",
           runs=True),
    Action("input.edit", ("e",), "f2", "edit",
           "Change an input; the function is run again and what changed is marked.",
           "edit", None, _has_inputs, verb="set", synonyms=("edit",), runs=True,
           argument=Argument("input", "set x=3", changing.edit, changing.editable,
                             changing.edited)),
    Action("rate.set", (), "ctrl+g r", "learning rate",
           "Change the learning rate of the steps to come.", "edit", verb="rate",
           argument=Argument("learning rate", "rate 0.1", changing.set_rate)),
    Action("edit.undo", ("u", "ctrl+z"), "ctrl+g u", "undo",
           "Take back the last edit or step.", "edit", sessions.undo, _has_past, verb="undo"),
    Action("edit.redo", ("ctrl+y",), "ctrl+g y", "redo",
           "Do again what was undone.", "edit", sessions.redo, _has_future, verb="redo"),
)  # fmt: skip
