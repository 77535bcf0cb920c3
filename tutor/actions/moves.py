"""Actions that move in time."""

from __future__ import annotations

from collections.abc import Callable

from tutor.actions.action import Action, Argument
from tutor.debugger import moving
from tutor.debugger.frame import Frame
from tutor.session import looking, marking
from tutor.session import session as sessions
from tutor.session.session import Session


def move(move: Callable[[Frame], Frame]) -> Callable[[Session], Session]:
    """A move of the frame as what an action does."""
    return lambda session: sessions.at(session, move(session.frame))


def not_at_end(session: Session) -> str | None:
    """Why nothing lies ahead."""
    if session.frame.cursor < len(session.trace.events):
        return None
    return "This is the end: everything has happened. :descend takes a step of descent"


def not_at_start(session: Session) -> str | None:
    """Why nothing lies behind."""
    return None if session.frame.cursor else "This is the start: nothing has happened yet"


def _on(session: Session) -> Session:
    if session.prediction is None:
        return sessions.at(session, moving.next_event(session.frame))
    from tutor.session import predicting

    return predicting.on(session)


def _has_marks(session: Session) -> str | None:
    return None if session.notes.marks else "There is no mark yet; :mark sets one"


MOVES: tuple[Action, ...] = (
    Action("step.next", ("right", "s"), "ctrl+g right", "next",
           "Go on to the next event.", "time", _on, not_at_end,
           verb="step", synonyms=("next", "s")),
    Action("step.previous", ("left", "S"), "ctrl+g left", "back",
           "Go back one event.", "time", move(moving.previous_event), not_at_start,
           verb="back", synonyms=("previous",)),
    Action("node.next", ("n",), "ctrl+g n", "node",
           "Go on until a node is done: its value, or the last part of its gradient.",
           "time", move(moving.next_node), not_at_end, verb="node", synonyms=("n",)),
    Action("node.previous", ("N",), "ctrl+g N", "node back",
           "Go back to the moment at which a node was done.",
           "time", move(moving.previous_node), not_at_start, verb="node-back"),
    Action("pass.rest", ("f",), "ctrl+g f", "rest of pass",
           "Go to the end of this forward pass, backward pass or update.",
           "time", move(moving.rest_of_pass), not_at_end, verb="rest"),
    Action("pass.start", ("F",), "ctrl+g F", "start of pass",
           "Go back to where this forward pass, backward pass or update began.",
           "time", move(moving.start_of_pass), not_at_start, verb="rest-back"),
    Action("time.start", ("home",), "ctrl+g home", "start",
           "Go to the start, before anything has happened.",
           "time", move(moving.start), not_at_start, verb="start"),
    Action("time.end", ("end",), "ctrl+g end", "end",
           "Go to the end, when everything has happened.",
           "time", move(moving.end), not_at_end, verb="end"),
    Action("time.go", ("g",), "ctrl+g g", "go to event",
           "Go to an event by its number, or to a part of the way such as 50%.", "time",
           verb="go", synonyms=("goto",),
           argument=Argument("go to event", "go 12, go 50%", looking.goto)),
    Action("scrub.back", ("left_square_bracket",), "ctrl+g left_square_bracket", "scrub back",
           "Move back along the timeline by a fortieth of it.",
           "time", move(lambda frame: moving.scrub(frame, -1)), not_at_start,
           verb="scrub-back"),
    Action("scrub.forward", ("right_square_bracket",), "ctrl+g right_square_bracket",
           "scrub on", "Move on along the timeline by a fortieth of it.",
           "time", move(lambda frame: moving.scrub(frame, 1)), not_at_end, verb="scrub"),
    Action("mark.set", ("m",), "ctrl+g m", "mark",
           "Give this moment a letter, to come back to it.", "time", verb="mark",
           argument=Argument("letter for this moment", "mark a", marking.mark, marking.letters)),
    Action("mark.go", ("apostrophe",), "ctrl+g apostrophe", "to mark",
           "Go to the moment of a letter; ' goes back to where one was.", "time", None,
           _has_marks, verb="to-mark", synonyms=("'",),
           argument=Argument("to mark", "to-mark a", marking.to_mark, marking.letters)),
    Action("play.toggle", ("space",), "ctrl+g space", "play",
           "Play event after event, or pause.", "time", verb="play"),
    Action("play.faster", ("greater_than_sign",), "ctrl+g greater_than_sign", "faster",
           "Play faster.", "time", verb="faster"),
    Action("play.slower", ("less_than_sign",), "ctrl+g less_than_sign", "slower",
           "Play more slowly.", "time", verb="slower"),
)  # fmt: skip
