"""Editing: an input of the function is changed in a line below the graph."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tutor.actions import BY_ID
from tutor.debugger.frame import focused
from tutor.session import session as sessions
from tutor.session.refused import Refused
from tutor.tui.screens import panes
from tutor.tui.widgets.editbar import EDIT_KEYS, EditBar
from tutor.tui.widgets.keybar import KeyBar
from tutor.tui.widgets.line import Lines

if TYPE_CHECKING:
    from tutor.tui.screens.stepper import StepperScreen


class Editing:
    """The edit bar of a stepper: opens it on an input, runs the function again with what was
    typed."""

    def __init__(self, screen: StepperScreen) -> None:
        self._screen = screen

    @property
    def bar(self) -> EditBar:
        """The line that is typed in."""
        return self._screen.query_one(EditBar)

    def open(self) -> None:
        """Edit the focused input, else the first one."""
        session = self._screen.session
        inputs = list(session.inputs)
        here = session.trace.nodes[focused(session.frame)].name
        self._open(here if here in inputs else inputs[0])

    def turn(self, name: str, way: int) -> None:
        """Edit the input before or after this one."""
        inputs = list(self._screen.session.inputs)
        self._open(inputs[(inputs.index(name) + way) % len(inputs)])

    def leave(self) -> None:
        """Close the bar."""
        screen = self._screen
        screen.remove_class("-editing")
        screen.focus_picture()
        screen.show()

    def given(self, name: str, text: str) -> None:
        """Run the function again with what was typed; refuse it below the line."""
        offset = len(name) + 1
        refuse = partial(self._refuse, offset)
        if self._screen.do(BY_ID["input.edit"], f"{name}={text}", on_refused=refuse):
            self.leave()

    def _open(self, name: str) -> None:
        screen = self._screen
        screen.add_class("-editing")
        old, text = panes.written(sessions.standing(screen.session, name))
        self.bar.open(name, old, text)
        screen.query_one(KeyBar).show(EDIT_KEYS)
        screen.query_one("#status", Lines).show(
            [(" Type a new value; the function is run again.", "quiet")]
        )

    def _refuse(self, offset: int, refusal: Refused) -> None:
        """Say below the field why the text can not be used, with a caret under the spot."""
        why = refusal.message if refusal.start is not None else str(refusal)
        indent = self.bar.indent + max(0, (refusal.start or 0) - offset)
        line = self._screen.query_one("#status", Lines)
        caret = [(" " * indent, "ground"), ("^ ✗ ", "wrong")]
        if indent + len(why) + 5 > line.size.width:
            caret = [(" ✗ ", "wrong")]
        line.show([*caret, (why, "text")])
