"""Actions that ask a question about the trace."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.debugger.frame import focused
from tutor.render.expressions import name_of
from tutor.session import keeping, looking, whatif
from tutor.session.panels import cells, compare, why
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
    Action("what-if", ("i",), "ctrl+g i", "what if",
           "Ask what would be: another value, a node held, another op, another seed; old and new "
           "stand side by side.", "understand", verb="what-if", synonyms=("if",),
           argument=Argument("what if", "what-if x=3, what-if h=tanh, what-if h=0",
                             whatif.what_if, whatif.possible, whatif.node_label)),
    Action("compare", ("d",), "ctrl+g D", "compare",
           "Compare with the run before the last edit, with the pass before, with what is pinned, "
           "or with a saved trace.", "understand", compare.ask, verb="compare",
           argument=Argument("compare with", "compare run.bptrace", compare.ask_with,
                             keeping.endings, optional=True)),
    Action("pin", ("D",), "ctrl+g P", "pin",
           "Pin this moment, to compare later ones with it.", "understand", compare.pin,
           verb="pin"),
)  # fmt: skip
