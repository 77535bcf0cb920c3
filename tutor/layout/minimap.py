"""Minimap: a whole layout in a few cells, and the way between its tiles and the layout's cells."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.layout.box import Region
from tutor.layout.glyphs import UNICODE, Glyphs
from tutor.layout.layout import Layout


@dataclass(frozen=True, slots=True)
class Minimap:
    """``density[row][column]`` is the share of a tile that boxes cover, from 0 to 1.

    ``across`` and ``down`` are the layout cells per tile.
    """

    columns: int
    rows: int
    across: float
    down: float
    density: tuple[tuple[float, ...], ...]

    def lines(self, glyphs: Glyphs = UNICODE) -> list[str]:
        """The map as shades, one string per row; a tile with any part of a box is not blank."""
        top = len(glyphs.shades) - 1
        return [
            "".join(glyphs.shades[min(top, int(share * top) + 1) if share else 0] for share in row)
            for row in self.density
        ]

    def to_map(self, region: Region) -> Region:
        """The tiles that a region of the layout, such as the viewport, touches; at least one."""
        left, width = _tiles(region.x, region.width, self.across, self.columns)
        top, height = _tiles(region.y, region.height, self.down, self.rows)
        return Region(left, top, width, height)

    def to_layout(self, column: int, row: int) -> tuple[int, int]:
        """The layout cell under the middle of a tile: where to centre the view on a click."""
        return int((column + 0.5) * self.across), int((row + 0.5) * self.down)


def minimap(layout: Layout, columns: int, rows: int) -> Minimap:
    """Scale a layout to at most ``columns`` x ``rows`` tiles, never enlarging it."""
    columns, rows = max(1, min(columns, layout.width)), max(1, min(rows, layout.height))
    across, down = max(layout.width / columns, 1.0), max(layout.height / rows, 1.0)
    covered = [[0.0] * columns for _ in range(rows)]
    for box in layout.placed.values():
        left, width = _tiles(box.x, box.width, across, columns)
        top, height = _tiles(box.y, box.height, down, rows)
        for r in range(top, top + height):
            high = min(box.y + box.height, (r + 1) * down) - max(box.y, r * down)
            for c in range(left, left + width):
                wide = min(box.x + box.width, (c + 1) * across) - max(box.x, c * across)
                covered[r][c] += wide * high
    area = across * down
    density = tuple(tuple([min(1.0, max(0.0, cell / area)) for cell in row]) for row in covered)
    return Minimap(columns, rows, across, down, density)


def _tiles(start: int, length: int, scale: float, count: int) -> tuple[int, int]:
    """The first tile and the number of tiles that ``length`` cells from ``start`` on touch."""
    first = min(count - 1, max(0, int(start / scale)))
    last = min(count - 1, max(first, int((start + length - 1) / scale)))
    return first, last - first + 1
