"""Lines of a derivation drawn as formulas: rows for a pane, with the wrong cells marked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from tutor.judge.exercise import derivative_named
from tutor.judge.verdict import Judged
from tutor.language.boxes import drawn, drawn_line, marked
from tutor.language.derivation import knowing, read_line
from tutor.language.errors import LanguageError
from tutor.language.grid import Box, beside, plain
from tutor.language.lines import Line, Vocabulary
from tutor.language.tree import Derivative
from tutor.session.deriving.derivation import Derivation
from tutor.tui.widgets.surface import Row, Run

_GAP = "     "
_MOST_KEPT = 400


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a line cannot be read, where in it, and whether it may go on to be a line."""

    message: str
    start: int
    end: int
    unfinished: bool


class Drawer:
    """Draws lines, and keeps what it has drawn."""

    def __init__(self, *, ascii: bool) -> None:
        self._ascii = ascii
        self._boxes: dict[tuple[str, frozenset[str], int], Box | None] = {}
        self._lines: tuple[str, ...] = ()
        self._vocabularies: tuple[Vocabulary, ...] = ()

    def read(self, derivation: Derivation, at: int, text: str) -> Line | Unread | None:
        """The line that a text is in the place of line `at`; None for a blank one."""
        try:
            return read_line(text, self._vocabulary(derivation, at), at)
        except LanguageError as error:
            unfinished = error.end >= len(text.rstrip())
            return Unread(str(error), error.start, error.end, unfinished)

    def box(self, derivation: Derivation, at: int, text: str, width: int) -> Box | None:
        """The picture of a line; None where it cannot be read or is blank."""
        own = self._vocabulary(derivation, at).own
        key = text, own, width
        if key not in self._boxes:
            if len(self._boxes) > _MOST_KEPT:
                self._boxes.clear()
            line = self.read(derivation, at, text)
            made = drawn_line(line, width, ascii=self._ascii) if isinstance(line, Line) else None
            self._boxes[key] = made
        return self._boxes[key]

    def _vocabulary(self, derivation: Derivation, at: int) -> Vocabulary:
        if self._lines != derivation.lines or not self._vocabularies:
            self._lines = derivation.lines
            self._vocabularies = _vocabularies(self._lines, derivation.exercise.vocabulary)
        return self._vocabularies[at]

    def given(self, derivation: Derivation, width: int) -> list[Row]:
        """What an exercise gives and asks for, drawn: its forward lines side by side where they
        fit, or the two ends of an identity."""
        exercise = derivation.exercise
        sign = " = "
        boxes = [
            beside([plain(f"{name}{sign}", None), drawn(term, ascii=self._ascii)])
            for name, term in exercise.forward
        ]
        wanted = _wanted(derivation)
        if exercise.start is not None and exercise.goal is not None:
            for word, term in (("from  ", exercise.start), ("to  ", exercise.goal)):
                boxes.append(beside([plain(word, None), drawn(term, ascii=self._ascii)]))
        elif wanted is not None:
            boxes.append(beside([drawn(wanted, ascii=self._ascii), plain(" = ?", None)]))
        rows: list[Row] = []
        band: list[Box] = []
        for box in boxes:
            if band and sum(one.width + len(_GAP) for one in band) + box.width > width:
                rows += [*_rows(_band(band)), []]
                band = []
            band.append(box)
        return [*rows, *_rows(_band(band))] if band else rows


def rows_of(box: Box, judged: Judged | None, *, dim: bool = False) -> list[Row]:
    """The rows of a picture. Of a wrong line the cells of the wrong spot are marked, with strokes
    below them: in the row that is free there, else in one more."""
    cells: frozenset[tuple[int, int]] = frozenset()
    if judged is not None and judged.mark == "✗" and judged.span is not None:
        cells = marked(box, *judged.span)
    if not cells:
        return _rows(box, cells, "faint" if dim else "text")
    columns = {x for _, x in cells}
    below = max(y for y, _ in cells) + 1
    strokes = "".join("‾" if x in columns else " " for x in range(box.width))
    lines, free = list(box.rows), below < box.height
    if free and all(box.rows[below][x] == " " for x in columns):
        merged = zip(lines[below], strokes, strict=True)
        lines[below] = "".join(new if new != " " else old for old, new in merged)
    else:
        below = box.height
        lines.append(strokes)
    struck = frozenset((below, x) for x in columns)
    return _runs(lines, cells | struck, "text")


def _band(boxes: Sequence[Box]) -> Box:
    parts: list[Box] = []
    for box in boxes:
        parts += [plain(_GAP, None), box] if parts else [box]
    return beside(parts)


def _rows(
    box: Box, cells: frozenset[tuple[int, int]] = frozenset(), role: str = "text"
) -> list[Row]:
    return _runs(box.rows, cells, role)


def _runs(lines: Sequence[str], cells: frozenset[tuple[int, int]], role: str) -> list[Row]:
    rows: list[Row] = []
    for y, text in enumerate(lines):
        runs: list[Run] = []
        for x, char in enumerate(text):
            here = "wrong" if (y, x) in cells else role
            if runs and runs[-1][1] == here:
                runs[-1] = (runs[-1][0] + char, here)
            else:
                runs.append((char, here))
        rows.append(runs)
    return rows


def _wanted(derivation: Derivation) -> Derivative | None:
    """The derivative that is asked for; None where there is none."""
    try:
        return derivative_named(derivation.target, derivation.exercise.vocabulary)
    except LanguageError:
        return None


def _vocabularies(lines: Sequence[str], vocabulary: Vocabulary) -> tuple[Vocabulary, ...]:
    """What each line may name, and what a new one may: the symbols that the lines above bring in
    too."""
    known = [vocabulary]
    for number, text in enumerate(lines):
        with suppress(LanguageError):
            vocabulary = knowing(vocabulary, read_line(text, vocabulary, number))
        known.append(vocabulary)
    return tuple(known)
