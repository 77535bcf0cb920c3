"""Minimap: a whole layout in a few tiles, and the way between tiles and the layout's cells.

Every cell of the layout belongs to one tile: column ``x`` of ``width`` to tile
``x * columns // width``. All arithmetic is in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from tutor.layout.box import Region
from tutor.layout.glyphs import UNICODE, Glyphs
from tutor.layout.layout import Layout


@dataclass(frozen=True, slots=True)
class Minimap:
    """``density[row][column]`` is the share of a tile's cells that boxes cover, from 0 to 1, for a
    layout of ``width`` x ``height`` cells.
    """

    columns: int
    rows: int
    width: int
    height: int
    density: tuple[tuple[float, ...], ...]

    def lines(self, glyphs: Glyphs = UNICODE) -> list[str]:
        """The map as shades, one string per row; a tile with any part of a box is not blank."""
        top = len(glyphs.shades) - 1
        return [
            "".join(
                [glyphs.shades[min(top, int(share * top) + 1) if share else 0] for share in row]
            )
            for row in self.density
        ]

    def to_map(self, region: Region) -> Region:
        """The tiles that a region of the layout, such as the viewport, has cells in; a region
        beyond the layout is held at its rim.
        """
        left, width = _tiles(region.x, region.width, self.columns, self.width)
        top, height = _tiles(region.y, region.height, self.rows, self.height)
        return Region(left, top, width, height)

    def to_layout(self, column: int, row: int) -> tuple[int, int]:
        """The cell in the middle of a tile: where to centre the view on a click."""
        return _middle(column, self.columns, self.width), _middle(row, self.rows, self.height)


def minimap(layout: Layout, columns: int, rows: int) -> Minimap:
    """Scale a layout to at most ``columns`` x ``rows`` tiles, never enlarging it."""
    width, height = max(1, layout.width), max(1, layout.height)
    columns, rows = max(1, min(columns, width)), max(1, min(rows, height))
    across = [_first(c, columns, width) for c in range(columns + 1)]
    down = [_first(r, rows, height) for r in range(rows + 1)]
    covered = [[0] * columns for _ in range(rows)]
    for box in layout.placed.values():
        left, wide = _tiles(box.x, box.width, columns, width)
        top, high = _tiles(box.y, box.height, rows, height)
        right, bottom = box.x + box.width, box.y + box.height
        for r in range(top, top + high):
            lines = min(bottom, down[r + 1]) - max(box.y, down[r])
            for c in range(left, left + wide):
                covered[r][c] += lines * (min(right, across[c + 1]) - max(box.x, across[c]))
    density = tuple(
        tuple(
            covered[r][c] / ((down[r + 1] - down[r]) * (across[c + 1] - across[c]))
            for c in range(columns)
        )
        for r in range(rows)
    )
    return Minimap(columns, rows, width, height, density)


def _first(tile: int, tiles: int, cells: int) -> int:
    """The first cell of a tile."""
    return -(-tile * cells // tiles)


def _middle(tile: int, tiles: int, cells: int) -> int:
    return (_first(tile, tiles, cells) + _first(tile + 1, tiles, cells) - 1) // 2


def _tiles(start: int, length: int, tiles: int, cells: int) -> tuple[int, int]:
    """The first tile, and the number of tiles, that hold ``length`` cells from ``start`` on."""
    first = min(tiles - 1, max(0, start * tiles // cells))
    last = min(tiles - 1, max(first, (start + length - 1) * tiles // cells))
    return first, last - first + 1
