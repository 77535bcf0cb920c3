"""The picture of a session's graph, as the canvas takes it."""

from __future__ import annotations

from tutor.debugger.frame import phase
from tutor.debugger.view.picture import Plan, follow, scene
from tutor.session.session import Session
from tutor.tui.widgets.canvas import Picture


def picture(session: Session, plan: Plan, *, ascii: bool = False) -> Picture:
    """What the canvas shows at the session's moment."""
    frame = session.frame
    return Picture(
        plan.layout,
        scene(plan, frame, session.changed, ascii=ascii),
        phase(frame),
        follow(plan, frame),
        plan.view,
    )
