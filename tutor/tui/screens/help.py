"""Help: what every key does in the pane that had the focus, from the one table of actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tutor.tui.widgets.keybar import Key, KeyBar
from tutor.tui.widgets.line import Pane, Rule
from tutor.tui.widgets.surface import Row

if TYPE_CHECKING:
    from tutor.actions.keymap import Keymap
    from tutor.session.session import Session

_PANES = {
    "canvas": ("the graph", "Boxes are nodes: v is the value, ∂ the gradient, — not there yet. "
               "A heavy box and a thick edge are where it happens. Drag or wheel to look around, "
               "click a box to look at it or an edge to go to its event; double click an input "
               "to edit it, a group or an op to open it; a right click offers all that can be "
               "done with a node."),
    "panel": ("the panel", "The answer to a question. ↑ ↓ go to rows that lead somewhere, enter or "
              "a click opens one, < and > turn to what lies before and after, q closes it."),
    "source": ("the source", "The text that is traced, with the line of what has just happened. "
               "A click on a line looks at the node that was made there."),
    "formula": ("the formula", "The rule of this event, then the same rule with its numbers. "
                "↑ ↓ move over the lines."),
    "inspector": ("the node", "All that is known of the node in focus, with full precision. "
                  "↑ ↓ move over the lines."),
    "events": ("the events", "One line an event. ↑ ↓ or a click go to an event, "
               "page up and page down by a page."),
    "timeline": ("the timeline", "One dot an event, or a run of events where there are many. "
                 "Click or drag to go to a moment."),
}  # fmt: skip
_GROUPS = {
    "time": "Through time",
    "graph": "Along the graph",
    "stops": "Stopping and watching",
    "understand": "Understanding",
    "edit": "Changing things",
    "out": "Out of the terminal",
    "screen": "The screen",
}


class HelpScreen(Screen[None]):
    """Rows to read; q, escape or ? leads back."""

    AUTO_FOCUS: ClassVar[str | None] = "#help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark,f1", "leave", show=False),
    ]

    def __init__(self, title: str, rows: Sequence[Row]) -> None:
        super().__init__()
        self._title = title
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield Rule(self._title)
        yield Pane(id="help")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        self.query_one("#help", Pane).show(self._rows)
        self.query_one("#keys", KeyBar).show(
            [Key("↑ ↓", "move", "down"), Key("q", "back", "leave")]
        )

    def on_key_bar_pressed(self, message: KeyBar.Pressed) -> None:
        if message.action == "leave":
            self.action_leave()
        else:
            self.query_one("#help", Pane).action_scroll_rows(1)

    def action_leave(self) -> None:
        self.app.pop_screen()


def stepper_help(
    session: Session, pane: str, *, keymap: Keymap, width: int, ascii: bool
) -> HelpScreen:
    """The help for a pane of the stepper: what it shows, then every action."""
    from tutor.actions import ACTIONS
    from tutor.tui.commands import by_group, keys_of
    from tutor.tui.words import wrapped

    name, told = _PANES[pane]
    rows: list[Row] = [[(" ", "ground"), *row] for row in wrapped(told, width - 2)]
    for group, actions in by_group(ACTIONS).items():
        rows += [[], [(" " + _GROUPS[group], "strong")]]
        for action in actions:
            keys, chord = keys_of(action, keymap, ascii=ascii)
            why = action.enabled(session)
            head = [
                (f"   {keys:<12}", "key" if why is None else "key.off"),
                (f"{chord:<14}", "faint"),
            ]
            for line in wrapped(action.help, width - 30, "text" if why is None else "quiet"):
                rows.append([*head, *line])
                head = [(" " * 29, "ground")]
            for line in wrapped(f"not now: {why}", width - 30, "faint") if why else ():
                rows.append([*head, *line])
    return HelpScreen(f"help: {name}", rows)


def home_help(*groups: Sequence[Key], width: int) -> HelpScreen:
    """The help of the home screen."""
    from tutor.tui.words import wrapped

    rows: list[Row] = [[(" ", "ground"), *row] for row in wrapped(_HOME, width - 2)]
    for title, keys in zip((" In a field", " In the list"), groups, strict=True):
        rows += [[], [(title, "strong")]]
        rows += [[(f"   {key.label:<12}", "key"), (key.title, "text")] for key in keys]
    return HelpScreen("help: home", rows)


_HOME = (
    "Type a function in the first field, such as (x + y)*z, and what its inputs are in the second: "
    "x=-2, y=5, z=-4. A vector is x=[1, 2], a matrix W=[[1, 2], [3, 4]], a file x=data.npy. "
    "Several statements are separated by semicolons: z = w*x + b; (z - y)**2. A function of yours "
    "is loss.py:mse; its file is run when you press enter, its inputs are its defaults, those "
    "typed or a file data.npz. A saved trace is run.bptrace. Then press enter: "
    "the function is run forwards and backwards, and you step through every event of it."
)
