"""What opens in front of the stepper: find, help, the palette, the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.session import looking
from tutor.tui.screens import panes

if TYPE_CHECKING:
    from tutor.tui.screens.stepper import StepperScreen


def find(screen: StepperScreen) -> None:
    """Ask for a node, and look at it."""
    from tutor.tui.screens.find import FindScreen

    def found(node: int | None) -> None:
        if node is not None:
            screen.go(looking.at_node(screen.session, node))

    screen.app.push_screen(FindScreen(screen.session), found)


def help(screen: StepperScreen) -> None:
    """Show what the focused pane shows, and every action."""
    from tutor.tui.screens.help import stepper_help

    pane = screen.focused.id if screen.focused is not None else None
    screen.app.push_screen(
        stepper_help(
            screen.session,
            pane if pane in panes.PANES else "canvas",
            keymap=screen.keymap,
            width=screen.size.width,
            ascii=screen.ascii_only,
        )
    )


def palette(screen: StepperScreen) -> None:
    """Offer every action by its name."""
    screen.app.action_command_palette()


def editor(screen: StepperScreen) -> None:
    """Lend the terminal to the user's editor."""
    from tutor.tui.outside import run_editor

    said = run_editor(screen.app, screen.session)
    screen.go(screen.session, said)
