"""One cell of an array: what made it, or what came back into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from tutor.debugger import cells
from tutor.debugger.cells.places import shape_of
from tutor.debugger.frame import focused, phase
from tutor.layout.layout import Direction
from tutor.render.expressions import name_of
from tutor.render.report import Report
from tutor.session import carried, looking
from tutor.session.panel import Panel, show
from tutor.session.refused import Refused
from tutor.session.session import Session

Side = Literal["output", "input"]


@dataclass(frozen=True, slots=True)
class CellsPanel(Panel):
    """A cell of a node. side: "output" asks what made its value, "input" what came back into its
    gradient."""

    node: int
    index: cells.Index
    side: Side = "output"
    kind: ClassVar[str] = "cells"

    def report(self, session: Session) -> Report:
        """The products that made the cell, or the contributions that came back to it."""
        cursor = session.frame.cursor
        return cells.report(session.trace, self.node, self.index, cursor, side=self.side)

    def turned(self, session: Session, way: int) -> CellsPanel | None:
        """The next cell in reading order."""
        shape = shape_of(session.trace, self.node)
        flat = 0
        for size, k in zip(shape, self.index, strict=True):
            flat = flat * size + k
        flat += way
        index: list[int] = []
        for size in reversed(shape):
            flat, k = divmod(flat, size)
            index.append(k)
        return None if flat else replace(self, index=tuple(reversed(index)))

    def carried(self, before: Session, after: Session) -> CellsPanel | None:
        """The same cell of the same node, where that is there."""
        node = carried.node(before.frame, after.frame, self.node)
        if node is None:
            return None
        shape = shape_of(after.trace, node)
        fits = shape == shape_of(before.trace, self.node)
        index = self.index if fits else cells.first(shape)
        return None if index is None else replace(self, node=node, index=index)

    def moved(self, session: Session, way: Direction) -> CellsPanel:
        """The cell beside this one."""
        shape = shape_of(session.trace, self.node)
        return replace(self, index=cells.moved(shape, self.index, way))

    def other_side(self) -> CellsPanel:
        """The other question about the same cell."""
        return replace(self, side="input" if self.side == "output" else "output")


def of_node(session: Session, node: int) -> Session:
    """Open the first cell of a node: on the way back, what came back into it."""
    index = cells.first(shape_of(session.trace, node))
    if index is None:
        raise Refused(f"{name_of(session.trace, node)} has no entries")
    side: Side = "output"
    if phase(session.frame) != "forward" or not session.trace.nodes[node].inputs:
        side = "input"
    return show(session, CellsPanel(node, index, side))


def ask(session: Session) -> Session:
    """The cells of the focused node; once more, the other question about the same cell."""
    if isinstance(session.panel, CellsPanel):
        return show(session, session.panel.other_side())
    return of_node(session, focused(session.frame))


def ask_of(session: Session, text: str) -> Session:
    """One cell by name, `z[0, 1]`; `back z[0, 1]` asks what came back into it."""
    word, _, rest = text.strip().partition(" ")
    side: Side = "output"
    if word in ("back", "grad") and rest:
        text, side = rest, "input"
    node, index = looking.cell_named(session.trace, text, looking.here(session))
    if index is None:
        index = cells.first(shape_of(session.trace, node))
    if index is None:
        raise Refused(f"{text.strip()} has no entries", 0, len(text))
    return show(session, CellsPanel(node, index, side))
