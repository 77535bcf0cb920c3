"""What stands in each pane of the derive screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.judge.report import ROLES
from tutor.tui import words
from tutor.tui.deriving import rows
from tutor.tui.deriving.drawing import Unread, rows_of
from tutor.tui.deriving.keys import chord_hint, keys_for
from tutor.tui.widgets.commandbar import COMMAND_KEYS
from tutor.tui.widgets.formulaview import FormulaView
from tutor.tui.widgets.keybar import KeyBar
from tutor.tui.widgets.line import Lines, Rule
from tutor.tui.widgets.sheet import GUTTER, Sheet
from tutor.tui.widgets.surface import Row

if TYPE_CHECKING:
    from tutor.tui.screens.derive import DeriveScreen

LEAST_SHEET = 6
_LEAST_FORMULA = 4
LOW, HIGH = 11, 20
"""Rows from which on there is room for what is said, and for the drawing."""


def show(screen: DeriveScreen) -> None:
    """Fill every pane from the derivation."""
    derivation, ascii_only = screen.derivation, screen.ascii_only
    width, height = screen.size
    screen.query_one("#crumbs", Lines).show(rows.crumbs(derivation, width))
    most = 1 if height < HIGH else 2 if height <= 26 else 4
    given = rows.given(derivation.exercise, width, most, ascii=ascii_only)
    line = screen.query_one("#given", Lines)
    line.styles.height = max(1, len(given))
    line.show(*given)
    screen.given = len(given)
    share_out(screen)
    sheet = screen.query_one("#sheet", Sheet)
    room = width if not screen.beside else width // 2
    count = len(derivation.lines)
    sheet.show(
        rows.finished(derivation, range(derivation.at), room),
        rows.finished(derivation, range(derivation.at + 1, count), room),
    )
    show_written(screen)
    show_told(screen)
    show_keys(screen)


def show_written(screen: DeriveScreen) -> None:
    """What changes with every letter: the mark of the line in the field, and its drawing."""
    derivation, field = screen.derivation, screen.sheet.field
    judged = None if screen.changed else derivation.judged(derivation.at)
    scrolled, room = field.scroll_offset.x, max(1, screen.sheet.size.width - GUTTER)
    spot = rows.spot(judged, field.value, scrolled, room)
    screen.unread = None
    if screen.changed and field.value.strip():
        found = screen.drawer.read(derivation, derivation.at, field.value)
        if isinstance(found, Unread):
            screen.unread = found
            if not found.unfinished:
                span = found.start, found.end
                spot = rows.strokes(span, field.value, scrolled, room, "faint")
    screen.sheet.show_current(rows.gutter(derivation, screen.changed), spot)
    show_drawing(screen)


def show_drawing(screen: DeriveScreen) -> None:
    """The drawn lines: beside the text all of them, below it the one that counts."""
    view = screen.query_one("#formula", FormulaView)
    if not view.display:
        return
    title = screen.query_one("#formula-title", Rule)
    width = view.size.width
    if _is_beginning(screen):
        view.show_around(_given(screen, width), 0, 1)
        title.show("given, and what is asked for", "", _title(view))
        return
    made = _all_drawn(screen, width) if screen.beside else _one_drawn(screen, width)
    shown, first, end, name = made
    if not screen.beside and len(shown) > view.size.height:
        share_out(screen)
    view.show_around(shown, first, end)
    title.show(name, "", _title(view))


def _title(view: FormulaView) -> str:
    return "title.focus" if view.has_focus else "title"


def _is_beginning(screen: DeriveScreen) -> bool:
    return not screen.derivation.lines and not screen.sheet.field.value.strip()


def _given(screen: DeriveScreen, width: int) -> list[Row]:
    return _indented(screen.drawer.given(screen.derivation, width - 6), 3)


def _one_drawn(screen: DeriveScreen, width: int) -> tuple[list[Row], int, int, str]:
    """The line in the field; while that is empty, the first wrong line, else the last one."""
    derivation, text = screen.derivation, screen.sheet.field.value
    at = derivation.at
    if not text.strip():
        verdict = derivation.verdict
        wrong = verdict.first_wrong if verdict is not None else None
        at = wrong if wrong is not None and wrong < len(derivation.lines) else at - 1
        text = derivation.lines[at] if 0 <= at < len(derivation.lines) else ""
    made, _ = _drawn(screen, at, text, width - 6)
    return _indented(made, 3), 0, len(made), f"line {at + 1}, drawn"


def _all_drawn(screen: DeriveScreen, width: int) -> tuple[list[Row], int, int, str]:
    derivation, text = screen.derivation, screen.sheet.field.value
    lines = list(derivation.lines)
    if derivation.at == len(lines):
        lines.append(text)
    else:
        lines[derivation.at] = text
    made: list[Row] = []
    first = end = 0
    for at, one in enumerate(lines):
        part, base = _drawn(screen, at, one, width - GUTTER - 2)
        if not part:
            continue
        begin = len(made)
        made += [*_numbered(screen, at, part, base), []]
        if at <= derivation.at:
            first, end = begin, len(made) - 1
    return made, first, end, "drawn"


def _drawn(screen: DeriveScreen, at: int, text: str, width: int) -> tuple[list[Row], int]:
    """A line as rows, and which of them is its base line; while it cannot be read, as it was when
    it last could, in the background, and why not."""
    derivation = screen.derivation
    box = screen.drawer.box(derivation, at, text, max(10, width))
    writing = at == derivation.at and screen.changed
    if box is not None:
        if at == derivation.at:
            screen.last = at, box
        return rows_of(box, None if writing else derivation.judged(at)), box.baseline
    if not text.strip():
        return [], 0
    if not writing:
        return [[(text, "faint")]], 0
    made: list[Row] = [[(text, "faint")]]
    base = 0
    if screen.last is not None and screen.last[0] == at:
        made, base = rows_of(screen.last[1], None, dim=True), screen.last[1].baseline
    if screen.unread is not None and not screen.unread.unfinished:
        made += words.wrapped(f"not read yet: {screen.unread.message}", width, "quiet")
    return made, base


def _numbered(screen: DeriveScreen, at: int, part: Sequence[Row], base: int) -> list[Row]:
    """Rows of a drawn line behind its mark and number, which stand on its base line."""
    derivation = screen.derivation
    here = at == derivation.at
    judged = None if here and screen.changed else derivation.judged(at)
    mark = " " if judged is None else judged.mark
    if mark == "≈" and derivation.proofs.get(at) == "proved":
        mark = "="
    made: list[Row] = []
    for y, row in enumerate(part):
        if y == base:
            number = (f"{at + 1:>3}  ", "strong" if here else "quiet")
            made.append([(f"  {mark}", ROLES[mark]), number, *row])
        else:
            made.append([(" " * GUTTER, "ground"), *row])
    return made


def _indented(given: Sequence[Row], cells: int) -> list[Row]:
    return [[(" " * cells, "ground"), *row] for row in given]


def show_told(screen: DeriveScreen) -> None:
    """What is said below: the verdict, and what was asked for; the newest of it is in view."""
    made, first, end = told_rows(screen)
    view = screen.query_one("#told", FormulaView)
    view.show_around(made, first, end)
    show_titles(screen)


def show_titles(screen: DeriveScreen) -> None:
    """Whether more of what is said lies above."""
    view = screen.query_one("#told", FormulaView)
    aside = "pageup reads back" if view.above else ""
    screen.query_one("#told-title", Rule).show(_told_title(screen), aside, _title(view))


def told_rows(screen: DeriveScreen) -> tuple[list[Row], int, int]:
    """All that is said, and which of the rows are to be in view."""
    derivation, width = screen.derivation, screen.size.width
    writing, ascii_only = screen.writing, screen.ascii_only
    proofs = screen.prover.proofs if screen.showing_proofs else {}
    waiting = screen.prover.waiting if screen.showing_proofs else ()
    parts = {
        "verdict": rows.verdict_rows(derivation, width, writing=writing, ascii=ascii_only),
        "hint": rows.hint_rows(derivation, width),
        "between": rows.between_rows(derivation, width),
        "solution": rows.solution_rows(screen.steps, derivation.solved, width),
        "proofs": rows.proof_rows(proofs, waiting, width),
        "latex": rows.latex_rows(screen.latex, width),
    }
    made: list[Row] = []
    first = end = 0
    for name, part in parts.items():
        if not part:
            continue
        begin = len(made)
        made += part
        if name in ("verdict", screen.part):
            first, end = begin, len(made)
        if name == "verdict" or name == screen.part == "proofs":
            # They are read from their beginning; of a solution the newest step counts.
            end = min(end, first + max(1, screen.query_one("#told").size.height - 1))
    return made, first, end


def _told_title(screen: DeriveScreen) -> str:
    verdict = screen.derivation.verdict
    if verdict is None:
        return "begin"
    if verdict.kind == "correct":
        return "done"
    if verdict.first_wrong is not None:
        return f"line {verdict.first_wrong + 1}"
    return "so far"


def show_keys(screen: DeriveScreen) -> None:
    """The few keys that make sense now."""
    bar = screen.query_one("#keys", KeyBar)
    if screen.asking.open:
        bar.show(COMMAND_KEYS)
        return
    keys = keys_for(
        screen.derivation, screen.size.width, writing=screen.writing, ascii=screen.ascii_only
    )
    bar.show(keys)


def show_status(screen: DeriveScreen) -> None:
    """As many whole sentences as there is room for; the first one in any case."""
    line = screen.query_one("#status", Lines)
    width, height = line.size.width - 2, max(1, line.size.height)
    said = list(screen.said)
    while len(said) > 1 and len(words.wrapped(" ".join(said), width)) > height:
        said.pop()
    made = words.wrapped(" ".join(said), width)
    if len(made) > height:
        made = words.shortened(made, height, width)
    line.show(*[[(" ", "ground"), *row] for row in made])


def show_hint(screen: DeriveScreen) -> None:
    """What may follow the leader."""
    line = screen.query_one("#status", Lines)
    room = line.size.width * max(1, line.size.height) - 2
    hint = chord_hint(screen.derivation, room, ascii=screen.ascii_only)
    line.show(*words.folded(hint, line.size.width - 1))


def share_out(screen: DeriveScreen) -> None:
    """Give what is said and the drawing the rows that they need, as far as the lines keep some."""
    height, given = screen.size.height, screen.given
    told = screen.query_one("#told")
    wanted = max(3, len(told_rows(screen)[0]))
    if height < LOW:
        return
    if height < HIGH:
        told.styles.height = min(wanted, max(2, (height - given - 6) // 2))
        return
    # The crumbs, three rules, the status and the keys take the others.
    left = height - given - 6 - (1 if screen.has_class("-tall") else 0)
    if screen.beside:
        told.styles.height = min(max(8, wanted), left // 2)
        return
    derivation = screen.derivation
    lines = len(rows.finished(derivation, range(len(derivation.lines)), screen.size.width)) + 1
    width = screen.size.width
    drawn = _given(screen, width) if _is_beginning(screen) else _one_drawn(screen, width)[0]
    needed = max(_LEAST_FORMULA, len(drawn))
    said = min(max(4, wanted), max(3, left - _LEAST_FORMULA - LEAST_SHEET))
    screen.query_one("#formula").styles.height = min(
        needed, max(_LEAST_FORMULA, left - said - max(LEAST_SHEET, min(lines, left // 2)))
    )
    told.styles.height = said
