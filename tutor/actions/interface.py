"""Actions of the interface itself."""

from __future__ import annotations

from tutor.actions.action import Action

INTERFACE: tuple[Action, ...] = (
    Action("command", ("colon",), "ctrl+g colon", "command",
           "Type a command: the word of any action, and what it is given.", "screen"),
    Action("pane.next", ("tab",), "f6", "pane", "Go to the next pane.", "screen", verb="pane"),
    Action("pane.previous", ("shift+tab",), "shift+f6", "pane back",
           "Go to the pane before.", "screen", verb="pane-back"),
    Action("help", ("question_mark",), "f1", "help",
           "Show the help for the focused pane.", "screen", verb="help", synonyms=("?",)),
    Action("palette", ("ctrl+p",), "ctrl+p", "all actions",
           "Find any action by its name.", "screen", verb="actions"),
    Action("back", ("q",), "ctrl+g q", "back",
           "Leave what is open: a panel, the screen, at last the program.", "screen",
           verb="quit", synonyms=("q", "exit")),
)  # fmt: skip
