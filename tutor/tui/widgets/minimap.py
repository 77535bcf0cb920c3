"""Minimap: the whole picture in a corner, where one is, and where it happens."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.layout import Layout, Region
from tutor.tui.widgets.surface import Run

WIDEST, HIGHEST = 26, 6
Dot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Minimap:
    """A map of `width` x `height` cells of a layout, with the cells in which boxes stand."""

    layout: Layout
    width: int
    height: int
    taken: frozenset[Dot]

    def cell(self, x: int, y: int) -> Dot:
        """The cell of the map that a cell of the layout falls into."""
        return (
            min(self.width - 1, max(0, x * self.width // max(1, self.layout.width))),
            min(self.height - 1, max(0, y * self.height // max(1, self.layout.height))),
        )

    def place(self, column: int, row: int) -> tuple[int, int]:
        """The cell of the layout in the middle of a cell of the map."""
        return (
            (2 * column + 1) * self.layout.width // (2 * self.width),
            (2 * row + 1) * self.layout.height // (2 * self.height),
        )

    def rows(self, view: Region, active: Dot | None, flow: str) -> list[list[Run]]:
        """The map with the part in view raised and the place where it happens lit."""
        left, top = self.cell(max(0, view.x), max(0, view.y))
        right, bottom = self.cell(view.x + view.width - 1, view.y + view.height - 1)
        here = None if active is None else self.cell(*active)
        rows = []
        for y in range(self.height):
            row: list[Run] = []
            for x in range(self.width):
                seen = left <= x <= right and top <= y <= bottom
                role = "minimap.view" if seen else "minimap"
                char = "▪" if (x, y) in self.taken else " "
                if (x, y) == here:
                    char, role = "●", f"minimap.active.{flow}"
                if row and row[-1][1] == role:
                    row[-1] = (row[-1][0] + char, role)
                else:
                    row.append((char, role))
            rows.append(row)
        return rows


def minimap(layout: Layout, width: int, height: int) -> Minimap | None:
    """The map for a view of that size; None where the layout fits or there is no room."""
    if layout.width <= width and layout.height <= height:
        return None
    if width < 50 or height < 10:
        return None
    across = min(WIDEST, width // 4, max(6, layout.width // 8))
    down = min(HIGHEST, height // 3, max(2, layout.height // 6))
    whole = Minimap(layout, across, down, frozenset())
    taken = frozenset(
        whole.cell(box.x + box.width // 2, box.y + box.height // 2)
        for box in layout.placed.values()
    )
    return Minimap(layout, across, down, taken)
