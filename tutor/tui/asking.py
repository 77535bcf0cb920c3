"""Asking: commands and arguments that are typed below the graph, and what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tutor.actions import BY_ID, Action
from tutor.actions.commands import completions, read
from tutor.session.refused import Refused
from tutor.tui.widgets.commandbar import COMMAND_KEYS, CommandBar, Completer
from tutor.tui.widgets.keybar import KeyBar
from tutor.tui.widgets.line import Lines
from tutor.tui.widgets.surface import Row

if TYPE_CHECKING:
    from tutor.session.predicting import Prediction
    from tutor.tui.screens.stepper import StepperScreen


_LEAST = 30
"""The cells that a refusal needs beside its caret."""


class Asking:
    """The command bar of a stepper: opens it, completes in it, does what was typed."""

    def __init__(self, screen: StepperScreen) -> None:
        self._screen = screen

    @property
    def bar(self) -> CommandBar:
        """The line that is typed in."""
        return self._screen.query_one(CommandBar)

    def command(self) -> None:
        """Ask for a command."""
        self._open(
            "", ":", "", partial(completions, self._screen.session), "any action by its word"
        )

    def argument(self, action: Action) -> None:
        """Ask for what an action needs to know."""
        asked = action.argument
        if asked is None:
            return
        session = self._screen.session
        complete = partial(asked.complete, session)
        such = f"such as: {asked.example}"
        self._open(action.id, f"{asked.prompt}:", asked.initial(session), complete, such)

    def follow(self, before: Prediction | None) -> None:
        """Open the line for answers, or close it, as the session says. before: predict mode as it
        was."""
        now = self._screen.session.prediction
        self._screen.set_class(now is not None, "-predict")
        if now is None:
            self.close()
            return
        # A hint leaves what is typed where it is.
        hinted = before is not None and before.state.hints < now.state.hints
        self._answer(self.bar.text if hinted else "")

    def leave(self) -> None:
        """Stop what runs; else close the bar, and with the line for answers predict mode."""
        if self._screen.running.busy:
            self._screen.running.stop()
            return
        if self._screen.session.prediction is not None and self.bar.action == "answer":
            self._screen.do(BY_ID["predict"])
            return
        self.close()

    def close(self) -> None:
        """Close the bar; in predict mode the line for answers is open again."""
        if self._screen.session.prediction is not None:
            self._answer()
            self._screen.show()
            return
        self._screen.remove_class("-commanding")
        self._screen.focus_picture()
        self._screen.show()

    def given(self, name: str, text: str) -> None:
        """Do what was typed; refuse it below the line, with a caret under the spot."""
        screen = self._screen
        offset = 0
        if name == "answer" and screen.session.prediction is not None:
            screen.do(BY_ID["answer" if text else "step.next"], text)
            return
        try:
            if name:
                action, given = BY_ID[name], text
            else:
                action, given, offset = read(text)
            if action.run is None and (action.argument is None or not given):
                self.close()
                screen.action_act(action.id)
                return
            if screen.do(action, given, on_refused=partial(self._refuse, offset=offset)):
                self.close()
        except Refused as refusal:
            self._refuse(refusal)

    def offer(self, texts: Sequence[str]) -> None:
        """Show how the text may go on."""
        line = self._screen.query_one("#status", Lines)
        told = "   ".join(texts[:40]) if texts else "nothing begins like this"
        line.show([(" ", "ground"), (told, "quiet")])

    def _answer(self, text: str = "") -> None:
        """Ask for the answer to the question that stands above. text: what is typed of it."""
        self._screen.add_class("-commanding")
        self.bar.open("answer", ">", text, lambda _: (), stays=True)

    def _open(self, name: str, prompt: str, text: str, complete: Completer, such: str) -> None:
        screen = self._screen
        screen.add_class("-commanding")
        self.bar.open(name, prompt, text, complete)
        screen.query_one(KeyBar).show(COMMAND_KEYS)
        screen.query_one("#status", Lines).show([(f" {such}", "quiet")])

    def _refuse(self, refusal: Refused, offset: int = 0) -> None:
        """Say what is wrong, under the spot if there is one and room."""
        bar, line = self.bar, self._screen.query_one("#status", Lines)
        row: Row = [(" ✗ ", "wrong"), (str(refusal), "text")]
        if refusal.start is not None:
            indent = bar.indent + offset + refusal.start
            room = line.size.width - indent - 5
            told = [one for one in (str(refusal), refusal.message) if len(one) <= room]
            if told or room >= _LEAST:
                # What does not fit is cut: where it is wrong says more than an example.
                said = told[0] if told else f"{refusal.message[: room - 2].rstrip()} …"
                row = [(" " * indent, "ground"), ("^ ✗ ", "wrong"), (said, "text")]
        line.show(row)
