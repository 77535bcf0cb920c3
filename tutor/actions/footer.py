"""The few keys that make sense now."""

from __future__ import annotations

from tutor.actions.action import Action
from tutor.actions.table import BY_ID
from tutor.session.panel import Panel
from tutor.session.session import Session

MOST = 6


def footer(session: Session) -> list[Action]:
    """At most six actions that can be done now, the most useful first, help last."""
    frame, trace = session.frame, session.trace
    if session.panel is not None:
        turns = type(session.panel).turned is not Panel.turned
        ways = ["panel.previous", "panel.next"] if turns else ["step.previous"]
        wanted = ["focus.node", "step.next", *ways, "back"]
    elif frame.cursor == 0:
        wanted = ["step.next", "node.next", "pass.rest", "input.edit", "back"]
    elif frame.cursor == len(trace.events):
        wanted = ["step.previous", "descend", "time.start", "input.edit", "writer.jump"]
    elif frame.focus is not None:
        wanted = ["step.next", "step.previous", "writer.jump", "focus.release", "input.edit"]
    elif trace.events[frame.cursor - 1].kind == "value":
        wanted = ["step.next", "step.previous", "node.next", "pass.rest", "input.edit"]
    else:
        wanted = ["step.next", "step.previous", "node.next", "writer.jump", "input.edit"]
    actions = [BY_ID[name] for name in wanted if BY_ID[name].enabled(session) is None]
    return [*actions[: MOST - 1], BY_ID["help"]]
