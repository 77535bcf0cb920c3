"""The action table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tutor.actions.action import Action
from tutor.debugger import moving
from tutor.debugger.frame import Frame, focused
from tutor.session import session as sessions
from tutor.session.session import Session


def _move(move: Callable[[Frame], Frame]) -> Callable[[Session], Session]:
    return lambda session: sessions.at(session, move(session.frame))


def _not_at_end(session: Session) -> str | None:
    if session.frame.cursor < len(session.trace.events):
        return None
    return "This is the end: everything has happened. U takes a step and goes on"


def _not_at_start(session: Session) -> str | None:
    return None if session.frame.cursor else "This is the start: nothing has happened yet"


def _who_wrote(session: Session) -> Session:
    event = moving.last_writer(session.frame, focused(session.frame))
    if event is None:
        return session
    return sessions.at(session, moving.jump_to_event(session.frame, event))


def _has_writer(session: Session) -> str | None:
    node = focused(session.frame)
    if moving.last_writer(session.frame, node) is not None:
        return None
    return f"Nothing has been written to {session.trace.nodes[node].name} yet"


def _can_descend(session: Session) -> str | None:
    last = session.trace.passes[-1]
    if last.seed is None:
        return "The result depends on no input, so there is no gradient to step along"
    for name in session.params:
        if last.gradient(last.inputs[name]) is None:
            return f"No gradient reached {name}, so it cannot be updated"
    return None if session.params else "No gradient reached any input"


def _has_past(session: Session) -> str | None:
    return None if session.past else "Nothing has been edited yet"


def _has_future(session: Session) -> str | None:
    return None if session.future else "Nothing has been undone"


def _has_focus(session: Session) -> str | None:
    return None if session.frame.focus is not None else "The active node is in focus already"


def _has_inputs(session: Session) -> str | None:
    return None if session.inputs else "This expression has no inputs"


ACTIONS: tuple[Action, ...] = (
    Action("step.next", ("right", "s"), "ctrl+g right", "next",
           "Go on to the next event.", "time", _move(moving.next_event), _not_at_end),
    Action("step.previous", ("left", "S"), "ctrl+g left", "back",
           "Go back one event.", "time", _move(moving.previous_event), _not_at_start),
    Action("node.next", ("n",), "ctrl+g n", "node",
           "Go on until a node is done: its value, or the last part of its gradient.",
           "time", _move(moving.next_node), _not_at_end),
    Action("node.previous", ("N",), "ctrl+g N", "node back",
           "Go back to the moment at which a node was done.",
           "time", _move(moving.previous_node), _not_at_start),
    Action("pass.rest", ("f",), "ctrl+g f", "rest of pass",
           "Go to the end of this forward pass, backward pass or update.",
           "time", _move(moving.rest_of_pass), _not_at_end),
    Action("pass.start", ("F",), "ctrl+g F", "start of pass",
           "Go back to where this forward pass, backward pass or update began.",
           "time", _move(moving.start_of_pass), _not_at_start),
    Action("time.start", ("home",), "ctrl+g home", "start",
           "Go to the start, before anything has happened.",
           "time", _move(moving.start), _not_at_start),
    Action("time.end", ("end",), "ctrl+g end", "end",
           "Go to the end, when everything has happened.",
           "time", _move(moving.end), _not_at_end),
    Action("scrub.back", ("left_square_bracket",), "ctrl+g left_square_bracket", "scrub back",
           "Move back along the timeline by a fortieth of it.",
           "time", _move(lambda frame: moving.scrub(frame, -1)), _not_at_start),
    Action("scrub.forward", ("right_square_bracket",), "ctrl+g right_square_bracket",
           "scrub on", "Move on along the timeline by a fortieth of it.",
           "time", _move(lambda frame: moving.scrub(frame, 1)), _not_at_end),
    Action("play.toggle", ("space",), "ctrl+g space", "play",
           "Play event after event, or pause.", "time"),
    Action("play.faster", ("greater_than_sign",), "ctrl+g greater_than_sign", "faster",
           "Play faster.", "time"),
    Action("play.slower", ("less_than_sign",), "ctrl+g less_than_sign", "slower",
           "Play more slowly.", "time"),
    Action("writer.jump", ("W",), "ctrl+g W", "who wrote this",
           "Go to the event that last wrote the focused node's gradient (or its value).",
           "graph", _who_wrote, _has_writer),
    Action("graph.left", ("h",), "ctrl+g h", "left",
           "Look at the node to the left, an operand of this one.", "graph"),
    Action("graph.down", ("j",), "ctrl+g j", "down", "Look at the node below.", "graph"),
    Action("graph.up", ("k",), "ctrl+g k", "up", "Look at the node above.", "graph"),
    Action("graph.right", ("l",), "ctrl+g l", "right",
           "Look at the node to the right, which uses this one.", "graph"),
    Action("focus.node", ("enter",), "ctrl+g enter", "focus",
           "Look at the node, event or place under the mark.", "graph"),
    Action("focus.release", ("escape",), "ctrl+g escape", "active node",
           "Look at the active node again.",
           "graph", _move(lambda frame: moving.focus(frame, None)), _has_focus),
    Action("find", ("slash",), "ctrl+g slash", "find", "Find a node by name or op.", "graph"),
    Action("descend", ("U",), "ctrl+g U", "take a step",
           "Take a step of gradient descent: one update for each parameter, then the next pass.",
           "learn", sessions.descend, _can_descend),
    Action("input.edit", ("e",), "f2", "edit",
           "Change an input; the function is run again and what changed is marked.",
           "edit", None, _has_inputs),
    Action("edit.undo", ("u", "ctrl+z"), "ctrl+g u", "undo",
           "Take back the last edit or step.", "edit", sessions.undo, _has_past),
    Action("edit.redo", ("ctrl+y",), "ctrl+g y", "redo",
           "Do again what was undone.", "edit", sessions.redo, _has_future),
    Action("pane.next", ("tab",), "f6", "pane", "Go to the next pane.", "screen"),
    Action("pane.previous", ("shift+tab",), "shift+f6", "pane back",
           "Go to the pane before.", "screen"),
    Action("help", ("question_mark",), "f1", "help",
           "Show the help for the focused pane.", "screen"),
    Action("palette", ("ctrl+p",), "ctrl+p", "all actions",
           "Find any action by its name.", "screen"),
    Action("back", ("q",), "ctrl+g q", "back",
           "Leave what is open: a panel, the screen, at last the program.", "screen"),
)  # fmt: skip

BY_ID: Mapping[str, Action] = MappingProxyType({action.id: action for action in ACTIONS})
