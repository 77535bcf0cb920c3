"""Actions that look around in the graph."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.actions.later import later
from tutor.actions.moves import move
from tutor.debugger import moving
from tutor.debugger.frame import focused
from tutor.render.expressions import name_of
from tutor.session import looking
from tutor.session import session as sessions
from tutor.session.session import Session


def _who_wrote(session: Session) -> Session:
    frame = moving.to_writer(session.frame, focused(session.frame))
    return session if frame is None else sessions.at(session, frame)


def _has_writer(session: Session) -> str | None:
    node = focused(session.frame)
    if moving.to_writer(session.frame, node) is not None:
        return None
    name = name_of(session.trace, node)
    if moving.last_writer(session.frame, node) is None:
        return f"Nothing has been written to {name} yet"
    return f"Nothing was written to {name} before this"


def _has_focus(session: Session) -> str | None:
    return None if session.frame.focus is not None else "The active node is in focus already"


LOOKS: tuple[Action, ...] = (
    Action("writer.jump", ("W",), "ctrl+g W", "who wrote this",
           "Go to the event that last wrote the focused node's gradient (or its value); again, "
           "to the one before.", "graph", _who_wrote, _has_writer, verb="writer",
           synonyms=("who-wrote",)),
    Action("graph.left", ("h",), "ctrl+g h", "left",
           "Look at the node to the left, an operand of this one.", "graph", verb="left"),
    Action("graph.down", ("j",), "ctrl+g j", "down", "Look at the node below.", "graph",
           verb="down"),
    Action("graph.up", ("k",), "ctrl+g k", "up", "Look at the node above.", "graph", verb="up"),
    Action("graph.right", ("l",), "ctrl+g l", "right",
           "Look at the node to the right, which uses this one.", "graph", verb="right"),
    Action("focus.node", ("enter",), "ctrl+g enter", "look closer",
           "Look at the node, event or row under the mark; again, open its group or its cells.",
           "graph", later("zooming", "closer"), verb="enter"),
    Action("focus.release", ("escape",), "ctrl+g escape", "active node",
           "Look at the active node again.",
           "graph", move(lambda frame: moving.focus(frame, None)), _has_focus, verb="release"),
    Action("where", ("full_stop",), "ctrl+g w", "where am I",
           "Say in one sentence where one is: the event, the phase, the edge.", "graph",
           looking.where, verb="where"),
    Action("find", ("slash",), "ctrl+g slash", "find", "Find a node by name or op, look at it.",
           "graph", verb="look", synonyms=("find",),
           argument=Argument("look at node", "look W1", looking.look, looking.names)),
)  # fmt: skip
