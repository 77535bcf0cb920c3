"""Actions that ask a question about the trace."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.debugger.frame import focused
from tutor.render.expressions import name_of
from tutor.session import looking
from tutor.session.panels import cells, why
from tutor.session.session import Session


def _here(session: Session) -> str:
    return name_of(session.trace, focused(session.frame))


UNDERSTANDING: tuple[Action, ...] = (
    Action("why", ("p",), "ctrl+g p", "where from",
           "Show where the focused node's gradient comes from: its paths, and what crosses each "
           "cut.", "understand", why.ask, verb="why",
           argument=Argument("where does the gradient come from, of", "why W1, why W1[3, 7]",
                             why.ask_of, looking.names, _here, optional=True)),
    Action("cells", ("x",), "ctrl+g x", "cells",
           "Show one cell: the products that made it; again, what came back into it.",
           "understand", cells.ask, verb="cells", synonyms=("cell",),
           argument=Argument("cell", "cells z[0, 1], cells back W[0, 1]", cells.ask_of,
                             looking.names, _here, optional=True)),
)  # fmt: skip
