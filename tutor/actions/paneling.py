"""Actions on the panel that is open above the graph."""

from __future__ import annotations

from dataclasses import replace

from tutor.actions.action import Action
from tutor.session import panel as panels
from tutor.session.session import Session


def _open(session: Session) -> str | None:
    return None if session.panel is not None else "No panel is open"


def _turn(way: int, session: Session) -> Session:
    now = session.panel
    after = None if now is None else now.turned(session, way)
    if after is None:
        end = "There is nothing further on" if way > 0 else "There is nothing before this"
        return replace(session, told=f"{end}.")
    return panels.show(session, after)


PANELING: tuple[Action, ...] = (
    Action("panel.previous", ("less_than_sign",), "ctrl+g comma", "before",
           "Turn to what lies before: an earlier cut, the cell before.", "understand",
           lambda session: _turn(-1, session), _open, verb="before", panel=True),
    Action("panel.next", ("greater_than_sign",), "ctrl+g full_stop", "after",
           "Turn to what lies after: a later cut, the next cell.", "understand",
           lambda session: _turn(1, session), _open, verb="after", panel=True),
    Action("panel.close", ("escape",), "ctrl+g backspace", "close",
           "Close the panel and show the graph again.", "understand",
           panels.close, _open, verb="close", panel=True),
)  # fmt: skip
