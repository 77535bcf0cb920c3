"""Actions that ask a question about the trace."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.actions.later import later
from tutor.debugger.frame import focused
from tutor.render.expressions import name_of
from tutor.session import looking
from tutor.session.session import Session


def _here(session: Session) -> str:
    return name_of(session.trace, focused(session.frame))


UNDERSTANDING: tuple[Action, ...] = (
    Action("why", ("p",), "ctrl+g p", "where from",
           "Show where the focused node's gradient comes from: its paths, and what crosses each "
           "cut.", "understand", later("panels.why", "ask"), verb="why",
           argument=Argument("where does the gradient come from, of", "why W1, why W1[3, 7]",
                             later("panels.why", "ask_of"), looking.names, _here, optional=True)),
    Action("cells", ("x",), "ctrl+g x", "cells",
           "Show one cell: the products that made it; again, what came back into it.",
           "understand", later("panels.cells", "ask"), verb="cells", synonyms=("cell",),
           argument=Argument("cell", "cells z[0, 1], cells back W[0, 1]", later("panels.cells",
                             "ask_of"),
                             looking.names, _here, optional=True)),
    Action("what-if", ("i",), "ctrl+g i", "what if",
           "Ask what would be: another value, a node held, another op, another seed; old and new "
           "stand side by side.", "understand", verb="what-if", synonyms=("if",), runs=True,
           argument=Argument("what if", "what-if x=3, what-if h=tanh, what-if h=0",
                             later("whatif", "what_if"), later("whatif", "possible"),
                             later("whatif", "node_label"))),
    Action("compare", ("d",), "ctrl+g D", "compare",
           "Compare with the run before the last edit, with the pass before, with what is pinned, "
           "or with a saved trace.", "understand", later("panels.compare", "ask"), verb="compare",
           argument=Argument("compare with", "compare run.bptrace", later("panels.compare",
                             "ask_with"),
                             later("files", "endings"), optional=True)),
    Action("pin", ("D",), "ctrl+g P", "pin",
           "Pin this moment, to compare later ones with it.", "understand",
           later("panels.compare", "pin"),
           verb="pin"),
    Action("notation", ("t",), "ctrl+g 1", "notation",
           "Write formulas in the next notation: your names, the tutor's, or a lecture's.",
           "understand", later("writing", "turn"), verb="notation",
           argument=Argument("notation", "notation L", later("writing", "choose"),
                             later("writing", "ids"),
                             optional=True)),
    Action("legend", ("T",), "ctrl+g T", "legend",
           "Show what is called how in this notation.", "understand", later("writing", "ask"),
           verb="legend"),
    Action("audit", ("A",), "ctrl+g A", "audit",
           "Look for what is wrong: NaN, dead and saturated units, gradients that vanish, explode "
           "or cancel.", "understand", later("panels.audit", "ask"), verb="audit"),
    Action("predict", ("P",), "ctrl+g K", "predict",
           "Be asked for each event before it is shown; again, stop that.", "understand",
           later("predicting", "start"), verb="predict",
           argument=Argument("predict", "predict, predict amount local, predict 7",
                             later("predicting", "start_with"), optional=True)),
    Action("answer", (), "ctrl+g semicolon", "answer",
           "Answer the question of predict mode.", "understand", None, later("predicting",
           "predicting"),
           verb="answer", argument=Argument(">", "answer -0.72", later("predicting", "answer"))),
    Action("hint", ("H",), "ctrl+g H", "hint",
           "A hint for the question of predict mode: the rule, with names, with numbers.",
           "understand", later("predicting", "hint"), later("predicting", "predicting"),
           verb="hint"),
)  # fmt: skip
