"""Rows for the panes of the derive screen: what is given, the lines, what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.cells import chop_cells

from tutor.judge.exercise import Exercise
from tutor.judge.hints import COUNT
from tutor.judge.proof import Proof
from tutor.judge.report import ROLES, hint_sentences, line_rows, told
from tutor.judge.verdict import Judged
from tutor.judge.worked import WorkedStep
from tutor.language.boxes import drawn
from tutor.language.unparse import unparse
from tutor.session.deriving.asking import up_to
from tutor.session.deriving.derivation import Derivation
from tutor.tui.deriving.keys import label
from tutor.tui.widgets.sheet import GUTTER, LineRow
from tutor.tui.widgets.surface import Row, Run, row_width
from tutor.tui.words import wrapped

_BETWEEN = "     "


def asked(derivation: Derivation) -> str:
    """What is asked for, in a few words: `find dL/dw`."""
    exercise = derivation.exercise
    if exercise.find == "gradient":
        return f"find {derivation.target}"
    if exercise.find == "bound":
        return "show the bound"
    return "show that they are equal"


def crumbs(derivation: Derivation, width: int) -> Row:
    """The title, what is asked for, and which of the targets this is."""
    targets = derivation.exercise.targets
    right = ""
    if derivation.target in targets and len(targets) > 1:
        right = f"target {targets.index(derivation.target) + 1} of {len(targets)}"
    find: list[Run] = [("  ›  ", "faint"), (asked(derivation), "strong")]
    if derivation.done:
        find.append(("  ✓", "right"))
    title = derivation.exercise.title or derivation.name
    room = width - row_width(find) - 2
    if len(title) > room:
        title = title[: max(0, room - 1)].rstrip() + "…"
    row: list[Run] = [(f" {title}", "quiet"), *find]
    gap = width - row_width(row) - len(right) - 1
    return [*row, (" " * gap, "ground"), (right, "faint")] if right and gap > 1 else row


def given(exercise: Exercise, width: int, most: int, *, ascii: bool) -> list[Row]:
    """What is given, in as few rows as possible and at most `most`: the forward lines, or the two
    ends of an identity. Written as one writes by hand where each takes one row, else as typed."""
    boxes = [drawn(term, ascii=ascii) for _, term in exercise.forward]
    texts = list(exercise.forward_texts)
    if boxes and all(box.height == 1 for box in boxes):
        pairs = zip(exercise.forward, boxes, strict=True)
        texts = [f"{name} = {box.rows[0]}" for (name, _), box in pairs]
    pieces: list[list[Run]] = [[(text, "text")] for text in texts]
    if exercise.start is not None and exercise.goal is not None:
        pieces.append([("from ", "quiet"), (unparse(exercise.start), "text")])
        pieces.append([("to ", "quiet"), (unparse(exercise.goal), "text")])
        allowed = up_to(exercise)
        if allowed:
            pieces.append([(allowed, "quiet")])
    shapes = shapes_told(exercise)
    if shapes:
        pieces.append([(shapes, "quiet")])
    rows: list[list[Run]] = []
    for piece in pieces:
        if rows and row_width(rows[-1]) + len(_BETWEEN) + row_width(piece) < width:
            rows[-1] += [(_BETWEEN, "ground"), *piece]
        else:
            rows.append([("   ", "ground"), *piece])
    if len(rows) > most > 0:
        rows = rows[:most]
        rows[-1] = [*_cut(rows[-1], width - 3), (" …", "faint")]
    return list(rows)


def shapes_told(exercise: Exercise) -> str:
    """The shapes of the variables that have one: `W (c, d)  x (d)`."""
    shaped = [one for one in exercise.variables if one.shape]
    return "  ".join(f"{one.name} ({', '.join(str(n) for n in one.shape)})" for one in shaped)


def finished(
    derivation: Derivation, indices: Iterable[int], width: int, *, leave: int | None = None
) -> list[LineRow]:
    """The rows of finished lines, folded where they are too long, each with its index."""
    rows: list[LineRow] = []
    for index in indices:
        if index == leave:
            continue
        made = line_rows(
            index,
            derivation.lines[index],
            derivation.judged(index),
            derivation.proofs.get(index),
        )
        rows += [(row, index) for row in _folded([list(row.line) for row in made], width)]
    return rows


def gutter(derivation: Derivation, changed: bool) -> Row:
    """The mark and the number of the line in the field; a changed line has no mark yet."""
    at = derivation.at
    judged = None if changed else derivation.judged(at)
    mark = " " if judged is None else judged.mark
    if mark == "≈" and derivation.proofs.get(at) == "proved":
        mark = "="
    return [(f"  {mark}", ROLES[mark]), (f"{at + 1:>3}  ", "strong")]


def spot(judged: Judged | None, text: str, scrolled: int, width: int) -> Row:
    """The strokes below the wrong spot of the line in the field; nothing where there is none."""
    if judged is None or judged.mark not in ("✗", "?") or judged.span is None:
        return ()
    return strokes(judged.span, text, scrolled, width, "wrong")


def strokes(span: tuple[int, int], text: str, scrolled: int, width: int, role: str) -> Row:
    """Strokes below a part of the text in a field that is scrolled by so many cells."""
    start, end = span
    first = max(0, row_width([(text[:start], role)]) - scrolled)
    last = min(width, row_width([(text[:end], role)]) - scrolled)
    if last <= first and not 0 <= first < width:
        return ()
    return [(" " * (GUTTER + first), "ground"), ("‾" * max(1, last - first), role)]


def verdict_rows(derivation: Derivation, width: int, *, writing: bool, ascii: bool) -> list[Row]:
    """What is said of the lines: the slip, a counter-example, which help there is."""
    verdict = derivation.verdict
    if verdict is None:
        return _beginning(derivation, width, writing=writing, ascii=ascii)
    rows: list[Row] = []
    calm = verdict.kind == "incomplete" and verdict.label != "circular"
    for sentence, role in told(derivation.target, verdict):
        rows += _set(sentence, width, "quiet" if calm else role)
    if verdict.kind == "correct":
        rows += _onward(derivation, width, writing=writing, ascii=ascii)
    for note in verdict.notes:
        rows += _set(note, width, "quiet")
    if verdict.kind == "wrong" and derivation.hints < COUNT:
        runs: list[Run] = [
            (f"   {label('derive.hint', writing, ascii)}", "key"),
            (" hint (where · what kind · a smaller example)", "quiet"),
            (f"     {label('derive.between', writing, ascii)}", "key"),
            (" the line between", "quiet"),
        ]
        rows.append(runs if row_width(runs) <= width else runs[:2])
    return rows


def _onward(derivation: Derivation, width: int, *, writing: bool, ascii: bool) -> list[Row]:
    """What one may do when the target is reached."""
    targets = derivation.exercise.targets
    key = label("derive.latex", writing, ascii)
    rows = _set(f"{key} copies the lines as LaTeX.", width, "quiet")
    if derivation.target not in targets or len(targets) < 2:
        return rows
    following = targets[(targets.index(derivation.target) + 1) % len(targets)]
    key = label("derive.target", writing, ascii)
    return [*_set(f"{key} asks for the next one, {following}.", width, "text"), *rows]


def hint_rows(derivation: Derivation, width: int) -> list[Row]:
    """The hints that were asked for, numbered."""
    if derivation.verdict is None or not derivation.hints:
        return []
    rows: list[Row] = []
    said = hint_sentences(derivation.verdict, derivation.lines, derivation.hints)
    for count, sentence in enumerate(said, 1):
        rows += _labelled(f"hint {count}", sentence, width, "changed")
    return rows


def between_rows(derivation: Derivation, width: int) -> list[Row]:
    """The line between, with the name of its rule."""
    step = derivation.between
    if step is None:
        return []
    rows = _labelled("between", step.line, width, "changed", "strong")
    return [*rows, *_labelled("", _rule(step.rule, step.why), width, "quiet", "quiet")]


def solution_rows(steps: Sequence[WorkedStep], shown: int, width: int) -> list[Row]:
    """The steps of the worked solution that are shown, each with the name of its rule."""
    rows: list[Row] = []
    for count, step in enumerate(steps[:shown], 1):
        name = f"step {count}/{len(steps)}"
        rows += _labelled(name, step.line, width, "changed", "strong")
        rows += _labelled("", _rule(step.rule, step.why), width, "quiet", "quiet")
    return rows


def proof_rows(proofs: Mapping[int, Proof], waiting: Sequence[int], width: int) -> list[Row]:
    """How SymPy proved each line, rule by rule; or why it could not."""
    rows: list[Row] = []
    for number, proof in sorted(proofs.items()):
        name = f"line {number + 1}"
        if proof.status == "proved":
            rows += _labelled(name, "proved", width, "right", "right")
            for step in proof.route:
                rows += _labelled("", step, width, "quiet", "quiet")
        else:
            said = f"equal at every point, not proved: {proof.why}"
            rows += _labelled(name, said, width, "quiet")
    if waiting:
        several = ", ".join(str(number + 1) for number in waiting)
        rows += _set(f"SymPy is at work on line {several} …", width, "quiet")
    return rows


def latex_rows(text: str, width: int) -> list[Row]:
    """LaTeX as it was copied, to be taken from the screen too."""
    rows: list[Row] = []
    for line in text.splitlines():
        for part in chop_cells(line, max(1, width - 5)) or [""]:
            rows.append([("   ", "ground"), (part, "text")])
    return rows


def _beginning(derivation: Derivation, width: int, *, writing: bool, ascii: bool) -> list[Row]:
    """What one can do before there is a line."""
    exercise = derivation.exercise
    between, solution = (
        label(name, writing, ascii) for name in ("derive.between", "derive.solution")
    )
    if exercise.find == "gradient":
        inner = exercise.quantities[-2] if len(exercise.quantities) > 1 else ""
        such = f", such as d{exercise.loss}/d{inner} = …" if exercise.loss and inner else ""
        first = f"Type a line that is true{such}, and press enter: it is judged at once."
    else:
        first = "Begin with the first expression, and go on with = and the next. Press enter."
        if exercise.find == "bound":
            first = "Begin with the first expression, and go on with = or <= and the next."
    rows = _set(first, width, "text")
    help_key = label("derive.help", writing, ascii)
    then = (
        f"{solution} shows a step of the worked solution, {between} a smaller one where there is "
        f"one, {help_key} how to write it."
    )
    return [*rows, *_set(then, width, "quiet")]


def _rule(rule: str, why: str) -> str:
    return f"{rule}: {why}" if why else rule


def _set(sentence: str, width: int, role: str) -> list[Row]:
    return [[("   ", "ground"), *row] for row in wrapped(sentence, width - 4, role)]


def _labelled(
    name: str, sentence: str, width: int, name_role: str, role: str = "text"
) -> list[Row]:
    head: Run = (f"   {name:<9} ", name_role)
    rows: list[Row] = []
    for row in wrapped(sentence, width - 14, role):
        rows.append([head, *row])
        head = (" " * 13, "ground")
    return rows


def _folded(rows: list[list[Run]], width: int) -> list[Row]:
    """A line and the strokes below it, both in pieces of the width."""
    mark, number, *written = rows[0]
    room = max(4, width - GUTTER - 1)
    pieces = chop_cells("".join(part for part, _ in written), room) or [""]
    marks = ""
    if len(rows) > 1:
        marks = "".join(part for part, _ in rows[1])[GUTTER:]
    folded: list[Row] = []
    head: list[Run] = [mark, number]
    at = first = 0
    for piece in pieces:
        folded.append([*head, *_part(written, first, first + len(piece))])
        length = row_width([(piece, "text")])
        under = marks[at : at + length] if piece is not pieces[-1] else marks[at:]
        if under.strip():
            folded.append([(" " * GUTTER, "ground"), (under, "wrong")])
        head, at, first = [(" " * GUTTER, "ground")], at + length, first + len(piece)
    return folded


def _part(runs: Sequence[Run], start: int, end: int) -> list[Run]:
    """What stands in `start:end` of the text of some runs."""
    kept: list[Run] = []
    at = 0
    for text, role in runs:
        piece = text[max(0, start - at) : max(0, end - at)]
        if piece:
            kept.append((piece, role))
        at += len(text)
    return kept


def _cut(row: Sequence[Run], width: int) -> list[Run]:
    kept: list[Run] = []
    left = width
    for text, role in row:
        kept.append((text[: max(0, left)], role))
        left -= len(text)
    return kept
