"""What an action of the derive screen asks for, in a line above the status."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tutor.actions.deriving import DERIVE_BY_ID, DeriveAction
from tutor.session.refused import Refused
from tutor.tui.widgets.commandbar import CommandBar
from tutor.tui.widgets.line import Lines
from tutor.tui.widgets.surface import Row

if TYPE_CHECKING:
    from tutor.tui.screens.derive import DeriveScreen


class Asking:
    """The command bar of the derive screen."""

    def __init__(self, screen: DeriveScreen) -> None:
        self._screen = screen

    @property
    def bar(self) -> CommandBar:
        """The line that is typed in."""
        return self._screen.query_one(CommandBar)

    @property
    def open(self) -> bool:
        """Whether something is asked for."""
        return self._screen.has_class("-commanding")

    def ask(self, action: DeriveAction) -> None:
        """Ask for what an action needs to know."""
        asked = action.argument
        if asked is None:
            return
        derivation = self._screen.derivation
        self._screen.add_class("-commanding")
        complete = partial(asked.complete, derivation)
        self.bar.open(action.id, f"{asked.prompt}:", asked.initial(derivation), complete)
        self._screen.say(f"such as: {asked.example}")

    def given(self, name: str, text: str) -> None:
        """Do what was asked for; refuse it below the line."""
        try:
            self._screen.take(DERIVE_BY_ID[name], text)
        except Refused as refusal:
            self._tell([(" ✗ ", "wrong"), (str(refusal), "text")])
            return
        self.close()

    def close(self) -> None:
        """Close the line; the field has the keys again."""
        self._screen.remove_class("-commanding")
        self._screen.write()

    def offer(self, texts: Sequence[str]) -> None:
        """Show how the text may go on."""
        told = "   ".join(texts[:40]) if texts else "nothing begins like this"
        self._tell([(" ", "ground"), (told, "quiet")])

    def _tell(self, row: Row) -> None:
        self._screen.query_one("#status", Lines).show(row)
