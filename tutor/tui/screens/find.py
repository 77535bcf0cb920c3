"""Find: the nodes whose name or op holds what is typed, in a list to choose from."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from tutor.render.box import title
from tutor.render.values import inline
from tutor.session.session import Session
from tutor.tui.widgets.line import Lines, Rule
from tutor.tui.widgets.menu import Entry, Menu

_MOST = 200


class FindScreen(ModalScreen["int | None"]):
    """Asks for a node; its result is the node's id, or None."""

    AUTO_FOCUS: ClassVar[str | None] = "#find-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "into_list", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        with Container(id="find"):
            yield Rule("find a node by name or op")
            with Container(classes="row"):
                yield Lines([[(" find ", "quiet")]])
                yield Input(id="find-text")
            yield Menu(id="find-list")
            yield Lines([_KEYS])

    def on_mount(self) -> None:
        self._search("")

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._search(message.value)

    @on(Input.Submitted)
    def _given(self) -> None:
        self.query_one(Menu).action_choose()

    @on(Menu.Chosen)
    def _chosen(self, message: Menu.Chosen) -> None:
        self.dismiss(int(message.name))

    @on(Menu.Left)
    def _left(self, message: Menu.Left) -> None:
        if message.way < 0:
            self.query_one(Input).focus()

    def action_into_list(self) -> None:
        self.query_one(Menu).focus()

    def action_leave(self) -> None:
        self.dismiss(None)

    def _search(self, text: str) -> None:
        frame = self._session.frame
        trace = frame.trace
        at = trace.pass_at(frame.cursor)
        p, first = trace.passes[at], trace.node_range(at).start
        wanted = text.strip().lower()
        begins, holds = [], []
        for i, (name, op) in enumerate(zip(p.names, p.ops, strict=True)):
            word, kind = name.lower(), op.name if op is not None else "input constant"
            if word.startswith(wanted):
                begins.append(i)
            elif wanted in word or wanted in kind:
                holds.append(i)
        found = [*begins, *holds]
        entries = []
        for i in found[:_MOST]:
            node = first + i
            value = trace.value(node) if trace.known(node, frame.cursor) else None
            row = [(title(trace, node).ljust(20), "text"), (inline(value, most=4), "quiet")]
            entries.append(Entry(row, str(node)))
        if len(found) > _MOST:
            entries.append(Entry([(f"and {len(found) - _MOST} more: type on", "faint")]))
        if not found:
            entries.append(Entry([("no node is called so, and no op", "quiet")]))
        self.query_one(Menu).fill(entries)


_KEYS = [
    (" enter", "key"),
    (" look at it   ", "quiet"),
    ("↓", "key"),
    (" list   ", "quiet"),
    ("esc", "key"),
    (" back", "quiet"),
]
