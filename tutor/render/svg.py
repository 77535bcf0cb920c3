"""Rows of styled text as a picture in SVG: a grid of cells, with lines drawn as lines.

What is drawn with box-drawing characters becomes paths, so that they join in every font; the rest
is text at the place of its first cell, stretched to its cells. Nothing outside the file is needed:
no script, no font, no link. The colours of forward and backward are from Okabe and Ito's palette
for colour-blind readers (2008), darkened or lightened until they stand out from the ground.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Literal

from tutor.layout.cells import text_width
from tutor.layout.glyphs import DOWN, LEFT, RIGHT, UNICODE, UP
from tutor.render.sanitise import sanitise

Theme = Literal["light", "dark", "auto"]
Row = Sequence[tuple[str, str]]  # runs: text, style key

CELL_WIDTH = 8.4
CELL_HEIGHT = 18.0
_SIZE = 14
_PAD = 16
_NARROWEST = 60
_SHADES = {"░": 0.3, "▒": 0.5, "▓": 0.75, "█": 1.0}
_THIN, _HEAVY = 1.25, 2.5
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, by what they are for."""

    ground: str
    text: str
    quiet: str
    faint: str
    line: str
    forward: str
    backward: str
    changed: str
    wrong: str
    lit_forward: str
    lit_backward: str
    lit_update: str


PALETTES: Mapping[str, Palette] = {
    "light": Palette(
        ground="#fcfbf8",
        text="#1c2228",
        quiet="#4a545e",
        faint="#5d6771",
        line="#858f99",
        forward="#075a94",
        backward="#874a00",
        changed="#6a5a00",
        wrong="#a81f18",
        lit_forward="#d9ecf9",
        lit_backward="#fbe8c9",
        lit_update="#f2ecc4",
    ),
    "dark": Palette(
        ground="#10151a",
        text="#dde3ea",
        quiet="#a3aeba",
        faint="#919dab",
        line="#667483",
        forward="#56b4e9",
        backward="#e69f00",
        changed="#f0e442",
        wrong="#ff7a70",
        lit_forward="#12344a",
        lit_backward="#3a2a06",
        lit_update="#35340f",
    ),
}

# Of each style key, the longest beginning found here: colour, and whether it is bold.
_LOOKS: Mapping[str, tuple[str, bool]] = {
    "ground": ("text", False),
    "edge": ("edge", False),
    "edge.done": ("quiet", False),
    "edge.active.forward": ("forward", True),
    "edge.active.backward": ("backward", True),
    "edge.active.update": ("changed", True),
    "box": ("edge", False),
    "box.done": ("quiet", False),
    "box.active.forward": ("forward", True),
    "box.active.backward": ("backward", True),
    "box.active.update": ("changed", True),
    "box.changed": ("changed", False),
    "title": ("quiet", False),
    "title.pending": ("faint", False),
    "title.done": ("text", False),
    "title.active": ("text", True),
    "title.changed": ("changed", True),
    "label": ("faint", False),
    "value": ("text", False),
    "value.active": ("text", True),
    "gradient": ("backward", False),
    "gradient.active": ("backward", True),
    "absent": ("faint", False),
    "before": ("quiet", False),
    "changed": ("changed", True),
    "wrong": ("wrong", True),
    "heat+": ("backward", False),
    "heat+4": ("backward", True),
    "heat+0": ("faint", False),
    "heat-": ("forward", False),
    "heat-4": ("forward", True),
    "heat!": ("wrong", True),
    "caption": ("text", False),
    "caption.quiet": ("quiet", False),
}


def svg(
    rows: Sequence[Row],
    theme: Theme = "auto",
    *,
    flow: str = "",
    title: str = "",
    caption: Sequence[str] = (),
) -> str:
    """The rows as one SVG document; as large as they are, and scaled to where it is put.

    theme: "auto" is light or dark as the reader's system is. flow: "forward", "backward" or
    "update", the colour of what is active. title: the picture's name, for screen readers and as a
    tooltip. caption: sentences that stand below the picture and describe it.

    Style keys are those of `tutor.layout.draw` and of boxes. Raises ValueError for another theme.
    """
    if theme not in ("light", "dark", "auto"):
        raise ValueError(f"a picture is light, dark or auto, not {theme!r}")
    columns = max([_NARROWEST, *[sum(text_width(text) for text, _ in row) for row in rows]])
    below = [line for told in caption for line in _lines(told, columns)]
    width = columns * CELL_WIDTH + 2 * _PAD
    height = (len(rows) + len(below) + bool(below)) * CELL_HEIGHT + 2 * _PAD
    drawing = _Drawing(flow)
    for y, row in enumerate(rows):
        drawing.row(row, y)
    for y, line in enumerate(below, len(rows) + 1):
        drawing.row([(line, "caption")], y)
    named = title or "A computation graph"
    described = " ".join(caption)
    size = f'width="{_number(width)}" height="{_number(height)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" '
            f'{size} viewBox="0 0 {_number(width)} {_number(height)}">',
            f'<title id="title">{_safe(named)}</title>',
            f'<desc id="desc">{_safe(described)}</desc>',
            f"<style>\n{_style(theme)}\n</style>",
            '<rect class="ground" width="100%" height="100%"/>',
            f'<g transform="translate({_PAD} {_PAD})">',
            *drawing.elements(),
            "</g>",
            "</svg>",
            "",
        ]
    )


def text_picture(rows: Sequence[Row], caption: Sequence[str] = ()) -> str:
    """The rows as plain text, without trailing blanks; sentences below them."""
    lines = ["".join(text for text, _ in row).rstrip() for row in rows]
    below = ["", *caption] if caption else []
    return "\n".join([*lines, *below, ""])


class _Drawing:
    """What is drawn, sorted into layers: grounds, lines, text."""

    def __init__(self, flow: str) -> None:
        self.flow = flow
        self.grounds: list[str] = []
        self.paths: dict[tuple[str, bool], list[str]] = {}
        self.shapes: list[str] = []
        self.texts: list[str] = []

    def row(self, runs: Row, y: int) -> None:
        """One row of cells: the pieces of text in it, and its lines."""
        spans: list[str] = []
        x = 0
        grounds: dict[str, list[tuple[int, str]]] = {}
        for text, key in runs:
            colour, bold, ground = self._look(key)
            if ground:
                grounds.setdefault(ground, []).append((x, text))
            spans += self._run(text, x, y, colour, bold)
            x += text_width(text)
        for ground, parts in grounds.items():
            self._ground(ground, parts, y)
        if spans:
            baseline = _number(y * CELL_HEIGHT + 13)
            self.texts.append(f'<text y="{baseline}">{"".join(spans)}</text>')

    def _ground(self, ground: str, parts: Sequence[tuple[int, str]], y: int) -> None:
        """The ground of a row of an active box, as far as the middle of its border."""
        start, first = parts[0]
        end, last = parts[-1]
        arms, _ = _arms().get(first[:1], (UP | DOWN, 0))
        left = (start + 0.5) * CELL_WIDTH
        right = (end + text_width(last) - 0.5) * CELL_WIDTH
        top = y + (0 if arms & UP else 0.5)
        bottom = y + (1 if arms & DOWN else 0.5)
        place = f'x="{_number(left)}" y="{_number(top * CELL_HEIGHT)}"'
        size = f'width="{_number(right - left)}" height="{_number((bottom - top) * CELL_HEIGHT)}"'
        self.grounds.append(f'<rect class="{ground}" {place} {size}/>')

    def _run(self, text: str, x: int, y: int, colour: str, bold: bool) -> Iterator[str]:
        """Pieces of text as spans; lines and marks between them are drawn."""
        piece, start = "", x
        for character in text:
            drawn = self._draw(character, x, y, colour)
            if drawn or (character == " " and piece.endswith(" ")):
                yield from _span(piece, start, colour, bold)
                piece, start = "", x + 1
            else:
                if not piece:
                    start = x
                piece += character
            x += text_width(character)
        yield from _span(piece, start, colour, bold)

    def _draw(self, character: str, x: int, y: int, colour: str) -> bool:
        arms, heavy = _arms().get(character, (0, 0))
        left, top = x * CELL_WIDTH, y * CELL_HEIGHT
        middle, centre = left + CELL_WIDTH / 2, top + CELL_HEIGHT / 2
        if character in "▶◀":
            tip = left + CELL_WIDTH if character == "▶" else left
            back = left if character == "▶" else left + CELL_WIDTH
            points = [(back, centre - 5), (tip, centre), (back, centre + 5)]
            told = " ".join(f"{_number(a)},{_number(b)}" for a, b in points)
            self.shapes.append(f'<polygon class="{colour}" points="{told}"/>')
            return True
        if character in _SHADES:
            place = f'x="{_number(left + 0.5)}" y="{_number(top + 2)}"'
            size = f'width="{_number(CELL_WIDTH - 1)}" height="{_number(CELL_HEIGHT - 4)}"'
            shade = f'fill-opacity="{_SHADES[character]}"'
            self.shapes.append(f'<rect class="{colour}" {place} {size} {shade}/>')
            return True
        if not arms:
            return False
        if character == "●":
            place = f'cx="{_number(middle)}" cy="{_number(centre)}" r="3"'
            self.shapes.append(f'<circle class="{colour}" {place}/>')
        ends = {
            UP: (middle, top),
            DOWN: (middle, top + CELL_HEIGHT),
            LEFT: (left, centre),
            RIGHT: (left + CELL_WIDTH, centre),
        }
        if character in "╭╮╰╯":
            (ax, ay), (bx, by) = [end for arm, end in ends.items() if arms & arm]
            self._path(colour, False).append(
                f"M{_number(ax)} {_number(ay)}Q{_number(middle)} {_number(centre)} "
                f"{_number(bx)} {_number(by)}"
            )
            return True
        for arm, (ax, ay) in ends.items():
            if arms & arm:
                self._path(colour, bool(heavy & arm)).append(
                    f"M{_number(middle)} {_number(centre)}L{_number(ax)} {_number(ay)}"
                )
        return True

    def _path(self, colour: str, heavy: bool) -> list[str]:
        return self.paths.setdefault((colour, heavy), [])

    def _look(self, key: str) -> tuple[str, bool, str]:
        """The classes of a style key: its colour, whether it is bold, the ground behind it."""
        role = key.replace(".focus", "")
        if role.endswith(".active") and self.flow:
            role = f"{role}.{self.flow}"
        inside = ".active" in role and not role.startswith("edge")
        ground = f"lit-{self.flow}" if inside and self.flow else ""
        known = role
        while known not in _LOOKS:
            shorter = known.rpartition(".")[0] or known[:-1]
            known = shorter or "ground"
        colour, bold = _LOOKS[known]
        return colour, bold or ".focus" in key, ground

    def elements(self) -> Iterator[str]:
        """Everything that was drawn, what lies behind first."""
        yield from self.grounds
        for (colour, heavy), pieces in sorted(self.paths.items()):
            thick = _HEAVY if heavy else _THIN
            yield f'<path class="line {colour}" stroke-width="{thick}" d="{"".join(pieces)}"/>'
        yield from self.shapes
        yield from self.texts


def _span(piece: str, x: int, colour: str, bold: bool) -> Iterator[str]:
    stripped = piece.strip(" ")
    if not stripped:
        return
    x += len(piece) - len(piece.lstrip(" "))
    width = text_width(stripped)
    weight = ' font-weight="bold"' if bold else ""
    stretch = f' textLength="{_x(width)}" lengthAdjust="spacingAndGlyphs"' if width > 1 else ""
    yield f'<tspan class="{colour}" x="{_x(x)}"{stretch}{weight}>{_safe(stripped)}</tspan>'


@cache
def _arms() -> Mapping[str, tuple[int, int]]:
    """The arms of every character that lines are drawn with, and which of them are heavy."""
    found: dict[str, tuple[int, int]] = {}
    for table in (UNICODE.borders, UNICODE.edges):
        for i, character in enumerate(table):
            arms, heavy = divmod(i, 16)
            if character != " " and heavy & ~arms == 0:
                found.setdefault(character, (arms, heavy))
    return found


def _style(theme: Theme) -> str:
    """The style sheet; of "auto" with the dark colours where the reader wants these."""
    general = (
        f"text {{ font: {_SIZE}px {_FONTS}; white-space: pre; }}\n"
        ".line { stroke-linecap: square; }\n"
        "rect { shape-rendering: crispEdges; }"
    )
    if theme != "auto":
        return f"{general}\n{_colours(PALETTES[theme])}"
    dark = textwrap.indent(_colours(PALETTES["dark"]), "  ")
    return (
        f"{general}\n{_colours(PALETTES['light'])}\n"
        f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
    )


def _colours(palette: Palette) -> str:
    lines = [f".ground {{ fill: {palette.ground}; }}"]
    for name in "text quiet faint line forward backward changed wrong".split():
        colour = getattr(palette, name)
        kept = f".{name}" if name != "line" else ".edge"
        lines.append(f"{kept} {{ fill: {colour}; }}")
        lines.append(f"path{kept} {{ fill: none; stroke: {colour}; }}")
    for flow in ("forward", "backward", "update"):
        lines.append(f".lit-{flow} {{ fill: {getattr(palette, f'lit_{flow}')}; }}")
    return "\n".join(lines)


def _lines(text: str, columns: int) -> list[str]:
    return textwrap.wrap(sanitise(text), max(columns, _NARROWEST)) or [""]


def _safe(text: str) -> str:
    """Text for XML: what cannot be printed is replaced, what means something is escaped."""
    return escape(sanitise(text), quote=True)


def _x(cells: int) -> str:
    return _number(cells * CELL_WIDTH)


def _number(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")
