"""Surface: rows of text in roles, painted cell by cell.

Whoever has something to show calls `paint` with all rows; only the cells that differ from what is
on the screen are painted again. All text passes here on its way to the terminal, so this is where
control characters are taken out and ASCII twins put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tutor.render.sanitise import sanitise
from tutor.tui.palette import Styles, styles
from tutor.tui.twins import twin

if TYPE_CHECKING:
    from tutor.tui.app import BackpropTutor

Run: TypeAlias = tuple[str, str]  # text, role
Row: TypeAlias = Sequence[Run]

_NO_GROUND = Color(0, 0, 0)  # every cell has a colour of its own behind it


class Surface(Widget):
    """A widget on Textual's Line API that shows rows of runs from its top left corner."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Row] = []
        self._strips: list[Strip] = []

    @property
    def _styles(self) -> Styles:
        return styles(self.app.theme)

    def paint(self, rows: Sequence[Row]) -> None:
        """Show these rows, cut to the size. Cells that stay the same are not painted again."""
        width, height = self.size
        rows = list(rows[:height])
        changed: list[Region] = []
        strips: list[Strip] = []
        for y, row in enumerate(rows):
            if (
                y < len(self._rows)
                and self._rows[y] == row
                and self._strips[y].cell_length == width
            ):
                strips.append(self._strips[y])
                continue
            strip = self._strip(row, width)
            before = self._strips[y] if y < len(self._strips) else None
            strips.append(strip)
            span = _difference(before, strip)
            if span is not None:
                changed.append(Region(span[0], y, span[1] - span[0], 1))
        if len(self._strips) > len(strips):
            gone = len(self._strips) - len(strips)
            changed.append(Region(0, len(strips), max(width, 1), gone))
        self._rows = rows
        self._strips = strips
        if changed:
            self.refresh(*changed)

    def repaint(self) -> None:
        """Paint all cells again, because styles or the size changed."""
        rows = self._rows
        self._rows, self._strips = [], []
        self.paint(rows)
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a part. They are ready: without border or padding nothing is left to do,
        but to take the colours out where there shall be none."""
        width, height = self.size
        strips = self._strips[crop.y : crop.bottom]
        missing = min(crop.bottom, height) - crop.y - len(strips)
        if missing > 0:
            strips = strips + [Strip.blank(width, self._styles["ground"])] * missing
        for one in self.app.get_line_filters():
            if not isinstance(one, ANSIToTruecolor):
                strips = [strip.apply_filter(one, _NO_GROUND) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """The strip of one row, blank below the last."""
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self._styles["ground"])

    @property
    def backprop(self) -> BackpropTutor:
        """The application, by its own type."""
        return cast("BackpropTutor", self.app)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.repaint())

    @property
    def text(self) -> str:
        """What is shown, as plain lines (for tests and for screen captures)."""
        return "\n".join(strip.text.rstrip() for strip in self._strips)

    def _strip(self, row: Row, width: int) -> Strip:
        look, ascii_only = self._styles, self.backprop.ascii_only
        segments: list[Segment] = []
        held, held_style = "", look["ground"]
        used = 0
        for text, role in row:
            if not text.isprintable():
                text = sanitise(text)
            if ascii_only:
                text = twin(text)
            length = len(text) if text.isascii() else cell_len(text)
            if used + length > width:
                text = set_cell_size(text, width - used)
                length = width - used
            style = look[role]
            if style is held_style:
                held += text
            else:
                if held:
                    segments.append(Segment(held, held_style))
                held, held_style = text, style
            used += length
            if used >= width:
                break
        if held:
            segments.append(Segment(held, held_style))
        if used < width:
            segments.append(Segment(" " * (width - used), look["ground"]))
        return Strip(segments, width)


def _difference(before: Strip | None, after: Strip) -> tuple[int, int] | None:
    """The first cell that differs and the one behind the last; None where the strips are alike."""
    if before is None or before.cell_length != after.cell_length:
        return 0, after.cell_length
    old, new = list(before), list(after)
    left = right = 0
    while old and new and old[0] == new[0]:
        left += cell_len(new[0].text)
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        right += cell_len(new[-1].text)
        del old[-1], new[-1]
    end = after.cell_length - right
    return (left, end) if end > left else None


def row_width(row: Row) -> int:
    """The cells that a row takes."""
    return sum(cell_len(text) for text, _ in row)
