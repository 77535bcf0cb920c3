"""Actions that stop and watch."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.actions.later import later
from tutor.actions.moves import not_at_end, not_at_start
from tutor.session.session import Session


def _has_stops(session: Session) -> str | None:
    return None if session.notes.stops else "There is no breakpoint yet; :break-here sets one"


def _has_any(session: Session) -> str | None:
    notes = session.notes
    return None if notes.stops or notes.watches else "There is no breakpoint and no watch yet"


def _on(session: Session) -> str | None:
    return _has_stops(session) or not_at_end(session)


def _back(session: Session) -> str | None:
    return _has_stops(session) or not_at_start(session)


STOPPING: tuple[Action, ...] = (
    Action("stop.next", ("c",), "ctrl+g c", "continue",
           "Run on to the next breakpoint.", "stops", later("stopping", "on"), _on,
           verb="continue", synonyms=("c",)),
    Action("stop.previous", ("C",), "ctrl+g C", "continue back",
           "Run back to the breakpoint before.", "stops", later("stopping", "back"), _back,
           verb="continue-back", synonyms=("C",)),
    Action("stop.here", ("b",), "ctrl+g b", "breakpoint",
           "Set a breakpoint on the focused node, or take it away.", "stops",
           later("stopping", "toggle_here"), verb="break-here"),
    Action("stop.when", ("B",), "ctrl+g B", "break when",
           "Set a breakpoint on a node, an op, a scope or a condition.", "stops", verb="break",
           argument=Argument("stop when", "break |grad| > 10, break op log and value < 1e-6",
                             later("stopping", "stop_when"), later("stopping", "conditions"))),
    Action("stop.switch", (), "ctrl+g s", "switch off",
           "Switch a breakpoint off, or on again, by its number.", "stops", None, _has_stops,
           verb="switch",
           argument=Argument("number", "switch 1", later("stopping", "switch"), later("stopping",
                             "numbers"))),
    Action("stop.delete", ("delete",), "ctrl+g delete", "delete",
           "Take away a breakpoint by its number, a watch by its text, or all.", "stops", None,
           _has_any, verb="delete",
           argument=Argument("take away", "delete 1, delete grad(W1), delete all",
                             later("stopping", "delete"), later("stopping", "known"))),
    Action("until", ("G",), "ctrl+g G", "run until",
           "Run on to the first moment at which a condition holds.", "stops", None, not_at_end,
           verb="until",
           argument=Argument("run until", "until grad(W1) written", later("stopping", "until"),
                             later("stopping", "conditions"))),
    Action("watch.here", ("w",), "ctrl+g v", "watch",
           "Watch the value and gradient of the focused node, or do no more.", "stops",
           later("stopping", "toggle_watch"), verb="watch-here"),
    Action("watch.add", ("a",), "ctrl+g a", "watch what",
           "Watch a value, a gradient, an entry or a norm by name.", "stops", verb="watch",
           argument=Argument("watch", "watch grad(W1), watch norm(grad(W1))", later("stopping",
                             "watch"),
                             later("stopping", "watchable"))),
    Action("notes", ("L",), "ctrl+g L", "notes",
           "List watches with their histories, breakpoints and marks.", "stops",
           later("panels.notes", "ask"),
           verb="notes", synonyms=("list", "breakpoints", "watches", "marks")),
)  # fmt: skip
