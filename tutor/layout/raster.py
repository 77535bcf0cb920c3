"""Raster: the part of a layout that is in view, as rows of styled text.

Lines of one net are joined; where lines of different nets cross, the vertical one passes over and
the horizontal one shows a gap, except that an active edge passes over all others. Nothing is
looked at that is not in view, and what a box looks like is kept from one drawing to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from tutor.layout.box import Region
from tutor.layout.cells import fit, to_cells, window
from tutor.layout.glyphs import DOWN, LEFT, RIGHT, UNICODE, UP, Glyphs
from tutor.layout.layout import Cell, Layout, Placed
from tutor.layout.scene import GROUND, Active, Face, Run, Scene, style_key

Row = list[Run]
_Shape = tuple[int, int, tuple[tuple[int, int, bool], ...]]  # width, height, ports: row, side, lit
_Cells = tuple[tuple[str, ...], ...]


class _Lit(NamedTuple):
    """An active edge in one cell: whose net, which arms, in which style."""

    source: int
    arms: int
    style: str


def draw(layout: Layout, region: Region, scene: Scene, glyphs: Glyphs = UNICODE) -> list[Row]:
    """The cells of ``region``, which may reach beyond the layout: one list of runs per row.

    The texts of a row's runs together are exactly ``region.width`` cells wide.
    """
    x, y, width, height = region
    sheet = _Sheet(region)
    _draw_lines(layout, sheet, scene, glyphs)
    lit, heads = _lit(layout, sheet, scene.active, glyphs)
    _draw_lit(sheet, lit, heads, glyphs)
    for box in layout.boxes_in(region):
        cells, styles = _block(_shape(layout, box, lit, heads), scene.face(box.id), glyphs)
        a, b = max(box.x, x), min(box.x + box.width, x + width)
        for r in range(max(box.y, y), min(box.y + box.height, y + height)):
            sheet.chars[r - y][a - x : b - x] = window(cells[r - box.y], a - box.x, b - box.x)
            sheet.styles[r - y][a - x : b - x] = styles[r - box.y][a - box.x : b - box.x]
    lines = zip(sheet.chars, sheet.styles, strict=True)
    return [list(_runs(tuple(chars), tuple(styles))) for chars, styles in lines]


def draw_text(layout: Layout, scene: Scene, glyphs: Glyphs = UNICODE) -> str:
    """The whole picture as lines of text, without styles and trailing blanks."""
    whole = Region(0, 0, layout.width, layout.height)
    return "\n".join(
        "".join(text for text, _ in row).rstrip() for row in draw(layout, whole, scene, glyphs)
    )


class _Sheet:
    """Characters and style keys of the cells of a region."""

    __slots__ = ("chars", "joints", "region", "styles")

    def __init__(self, region: Region) -> None:
        self.region = region
        self.chars = [[" "] * region.width for _ in range(region.height)]
        self.styles = [[GROUND] * region.width for _ in range(region.height)]
        self.joints: dict[Cell, int] = {}  # the arms of lines where they meet


def _draw_lines(layout: Layout, sheet: _Sheet, scene: Scene, glyphs: Glyphs) -> None:
    x, y, width, height = sheet.region
    keys: dict[int, str] = {}
    across, along = glyphs.edge(LEFT | RIGHT), glyphs.edge(UP | DOWN)

    def key(source: int) -> str:
        if source not in keys:
            state = scene.edge(source)
            keys[source] = "edge" if state == "normal" else "edge." + state
        return keys[source]

    for row, (x0, x1, source) in layout.horizontals_in(sheet.region):
        a, b = max(x0 - x, 0), min(x1 + 1 - x, width)
        sheet.chars[row - y][a:b] = [across] * (b - a)
        sheet.styles[row - y][a:b] = [key(source)] * (b - a)
    for column, (y0, y1, source, joints) in layout.verticals_in(sheet.region):
        style = key(source)
        for r in range(max(y0 - y, 0), min(y1 + 1 - y, height)):
            sheet.chars[r][column - x] = along
            sheet.styles[r][column - x] = style
        for row, arms in joints:
            if y <= row < y + height:
                sheet.chars[row - y][column - x] = glyphs.edge(arms)
                sheet.joints[column, row] = arms


def _lit(
    layout: Layout, sheet: _Sheet, active: tuple[Active, ...], glyphs: Glyphs
) -> tuple[dict[Cell, _Lit], dict[Cell, str]]:
    """The cells of the active edges in view, ends on box borders included, and the arrow heads."""
    lit: dict[Cell, _Lit] = {}
    heads: dict[Cell, str] = {}
    for one in active:
        source, style = one.edge.source, "edge.active." + one.flow
        pieces = layout.segments(*one.edge)
        for start, end in pieces:
            for cell, arms in _arms(start, end, sheet.region):
                known = lit.get(cell)
                if known is None:
                    lit[cell] = _Lit(source, arms, style)
                elif known.source == source:
                    lit[cell] = _Lit(source, arms | known.arms, style)
                elif arms & (UP | DOWN):
                    lit[cell] = _Lit(source, arms, style)
        (first, row), (last, end_row) = pieces[0][0], pieces[-1][1]
        if one.flow == "forward":
            heads[last - 1, end_row] = glyphs.forward
        else:
            heads[first + 1, row] = glyphs.backward
    return lit, heads


def _arms(start: Cell, end: Cell, region: Region) -> Iterator[tuple[Cell, int]]:
    """The cells of a straight piece that are in view, each with the arms the piece has there."""
    (x0, y0), (x1, y1) = min(start, end), max(start, end)
    x, y, width, height = region
    if y0 == y1:
        if y <= y0 < y + height:
            for c in range(max(x0, x), min(x1 + 1, x + width)):
                yield (c, y0), (LEFT if c > x0 else 0) | (RIGHT if c < x1 else 0)
    elif x <= x0 < x + width:
        for r in range(max(y0, y), min(y1 + 1, y + height)):
            yield (x0, r), (UP if r > y0 else 0) | (DOWN if r < y1 else 0)


def _draw_lit(sheet: _Sheet, lit: dict[Cell, _Lit], heads: dict[Cell, str], glyphs: Glyphs) -> None:
    x, y = sheet.region.x, sheet.region.y
    for (c, r), (_, arms, style) in lit.items():
        whole = arms | sheet.joints.get((c, r), 0)
        sheet.chars[r - y][c - x] = heads.get((c, r)) or glyphs.edge(whole, arms)
        sheet.styles[r - y][c - x] = style


def _shape(layout: Layout, box: Placed, lit: dict[Cell, _Lit], heads: dict[Cell, str]) -> _Shape:
    right, row = box.right, box.output_row
    ports = []
    for at in box.input_rows:
        if (box.x - 1, at) not in heads:
            ports.append((at - box.y, LEFT, (box.x, at) in lit))
    if layout.consumers[box.id] and (right + 1, row) not in heads:
        ports.append((row - box.y, RIGHT, (right, row) in lit))
    return box.width, box.height, tuple(ports)


@lru_cache(maxsize=4096)
def _block(shape: _Shape, face: Face, glyphs: Glyphs) -> tuple[_Cells, _Cells]:
    """A whole box as cells and as their style keys, row by row."""
    width, height, ports = shape
    active = face.state == "active"
    border, fill = style_key("box", face), style_key("fill", face)
    arms = [[UP | DOWN, UP | DOWN] for _ in range(height)]
    arms[0], arms[-1] = [DOWN | RIGHT, DOWN | LEFT], [UP | RIGHT, UP | LEFT]
    heavy = [list(pair) if active else [0, 0] for pair in arms]
    for row, side, lit in ports:
        at = 0 if side == LEFT else 1
        arms[row][at] |= side
        if lit:
            heavy[row][at] |= side
    level = glyphs.border(LEFT | RIGHT, LEFT | RIGHT if active else 0)
    cells: list[list[str]] = []
    styles: list[list[str]] = []
    for r in range(height):
        if r in (0, height - 1):
            inner, keys = [level] * (width - 2), [border] * (width - 2)
        else:
            inner, keys = _text(
                face.rows[r - 1] if r <= len(face.rows) else (), width - 2, fill, glyphs
            )
        left, right = (glyphs.border(arms[r][at], heavy[r][at]) for at in (0, 1))
        cells.append([left, *inner, right])
        styles.append([border, *keys, border])
    _entitle(cells[0], styles[0], face, glyphs)
    return tuple(map(tuple, cells)), tuple(map(tuple, styles))


def _entitle(cells: list[str], styles: list[str], face: Face, glyphs: Glyphs) -> None:
    """Write the title into the upper border, in brackets with the focus; ``*`` in the corner,
    where it takes no room from the title, if changed."""
    if face.state == "changed":
        cells[-1] = glyphs.changed
    title = fit(to_cells(face.title, ascii_only=glyphs.ascii), len(cells) - 4, glyphs.cut)
    if not title and not face.focus:
        return
    before, after = glyphs.focus if face.focus else (" ", " ")
    line = [before, *title, after]
    cells[1 : 1 + len(line)] = line
    styles[1 : 1 + len(line)] = [style_key("title", face)] * len(line)


def _text(
    runs: tuple[Run, ...], width: int, fill: str, glyphs: Glyphs
) -> tuple[list[str], list[str]]:
    cells: list[str] = []
    keys: list[str] = []
    for text, style in runs:
        part = to_cells(text, ascii_only=glyphs.ascii)
        cells += part
        keys += [style] * len(part)
    cells = list(fit(tuple(cells), width, glyphs.cut))
    return cells + [" "] * (width - len(cells)), keys[:width] + [fill] * (width - len(keys))


@lru_cache(maxsize=1024)
def _runs(chars: tuple[str, ...], styles: tuple[str, ...]) -> tuple[Run, ...]:
    """A row of cells as runs of one style each. Most rows are the same from event to event."""
    runs: list[Run] = []
    start = 0
    for style, group in groupby(styles):
        stop = start + len(list(group))
        runs.append(("".join(chars[start:stop]), style))
        start = stop
    return tuple(runs)
