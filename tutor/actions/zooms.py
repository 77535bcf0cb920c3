"""Actions that open and fold groups of the graph."""

from __future__ import annotations

from engine.gates import can_open
from engine.ops import REGISTRY
from tutor.actions.action import Action, Argument
from tutor.actions.later import later
from tutor.debugger.frame import focused
from tutor.session import looking
from tutor.session.session import Session


def _has_marked(session: Session) -> str | None:
    return None if session.frame.zoom.marked else "No node is marked yet; :mark-node marks it"


def _can_open(session: Session) -> str | None:
    op = REGISTRY.get(session.trace.nodes[focused(session.frame)].op)
    return None if op is not None and can_open(op) else "This node is not made of smaller gates"


def _has_gates(session: Session) -> str | None:
    return (
        None if session.frame.zoom.folds else "There is no gate of yours yet; :mark-node begins one"
    )


ZOOMS: tuple[Action, ...] = (
    Action("zoom.in", ("plus",), "ctrl+g plus", "open",
           "Open the group that the focused node is folded into, or the cells of its op.",
           "graph", later("zooming", "opened"), verb="open", synonyms=("unfold",)),
    Action("zoom.out", ("minus",), "ctrl+g minus", "fold",
           "Fold the innermost open group around the focused node.", "graph", later("zooming",
           "folded"),
           verb="fold"),
    Action("zoom.all", ("asterisk",), "ctrl+g asterisk", "open all",
           "Open every group, as far as there is room.", "graph",
           later("zooming", "all_open"), verb="open-all"),
    Action("zoom.none", ("underscore",), "ctrl+g underscore", "fold all", "Fold every group.",
           "graph", later("zooming", "all_folded"), verb="fold-all"),
    Action("zoom.auto", ("equals_sign",), "ctrl+g equals_sign", "as it was",
           "Open as many groups as can be taken in, as at the beginning.", "graph",
           later("zooming", "automatic"),
           verb="open-auto"),
    Action("view", ("V",), "ctrl+g V", "graph in rows",
           "Show the graph in rows: every node and group, its value and gradient.", "graph",
           later("panels.view", "ask"), verb="view", synonyms=("graph",)),
    Action("gate.mark", ("v",), "ctrl+g e", "mark node",
           "Mark the focused node, to fold it with others into one gate of your own.", "graph",
           later("zooming", "mark"), verb="mark-node",
           argument=Argument("mark nodes", "mark-node n5 n6 n7", later("zooming", "mark_named"),
                             looking.names, optional=True)),
    Action("gate.fold", ("z",), "ctrl+g z", "fold to a gate",
           "Fold the marked nodes into one gate with its own local derivative.", "graph", None,
           _has_marked, verb="gate",
           argument=Argument("name of the gate", "gate sigmoid", later("zooming", "fold_marked"))),
    Action("gate.show", (), "ctrl+g t", "show gate",
           "Show a gate of your own: its local derivative by three routes.", "graph", None,
           _has_gates, verb="show-gate",
           argument=Argument("gate", "show-gate sigmoid", later("panels.gate", "ask_of"),
                             later("zooming", "gate_names"))),
    Action("gate.unfold", ("Z",), "ctrl+g Z", "give up gate",
           "Give up the gate of your own that the focused node is in.", "graph",
           later("zooming", "unfold"), verb="ungate"),
    Action("gates.open", ("y",), "ctrl+g d", "into gates",
           "Put the smaller ops in the place of the focused node's that it is made of: a sigmoid "
           "becomes four gates.", "graph", later("whatif", "open_gates"), _can_open,
           verb="gates"),
)  # fmt: skip
