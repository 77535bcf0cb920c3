"""Boxes of characters, and how they are put beside, above and within each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.language.tree import Expression

Owner = Expression | None


@dataclass(frozen=True, slots=True)
class Box:
    """Rows of equal length; owners: the innermost term that each cell belongs to, None for blanks
    that belong to none. baseline: the row on which it stands beside others."""

    rows: tuple[str, ...]
    owners: tuple[tuple[Owner, ...], ...]
    baseline: int = 0

    @property
    def height(self) -> int:
        """How many rows it has."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.rows[0]) if self.rows else 0

    @property
    def text(self) -> str:
        """The rows as one text, without blanks at their ends."""
        return "\n".join(row.rstrip() for row in self.rows)


def plain(text: str, owner: Owner) -> Box:
    """One row of text."""
    return Box((text,), ((owner,) * len(text),))


def beside(boxes: Sequence[Box]) -> Box:
    """Boxes from left to right on one baseline."""
    above = max(box.baseline for box in boxes)
    below = max(box.height - box.baseline for box in boxes)
    rows = [""] * (above + below)
    owners: list[tuple[Owner, ...]] = [()] * (above + below)
    for box in boxes:
        first = above - box.baseline
        for y in range(above + below):
            inside = first <= y < first + box.height
            rows[y] += box.rows[y - first] if inside else " " * box.width
            owners[y] += box.owners[y - first] if inside else (None,) * box.width
    return Box(tuple(rows), tuple(owners), above)


def over(boxes: Sequence[Box], owner: Owner = None, ascii: bool = False) -> Box:
    """Boxes from top to bottom: as a fraction where the term that they are is given, otherwise as
    lines that go on below each other."""
    width = max(box.width for box in boxes)
    if owner is None:
        rows = [row.ljust(width) for box in boxes for row in box.rows]
        owners = [line + (None,) * (width - len(line)) for box in boxes for line in box.owners]
        return Box(tuple(rows), tuple(owners), boxes[0].baseline)
    top, bottom = boxes
    width += 2
    bar = ("-" if ascii else "─") * width
    parts = [centred(top, width), Box((bar,), ((owner,) * width,)), centred(bottom, width)]
    rows = [row for part in parts for row in part.rows]
    owners = [line for part in parts for line in part.owners]
    return Box(tuple(rows), tuple(owners), top.height)


def centred(box: Box, width: int) -> Box:
    """The box in the middle of a wider one."""
    left = (width - box.width) // 2
    right = width - box.width - left
    rows = tuple(" " * left + row + " " * right for row in box.rows)
    owners = tuple((None,) * left + line + (None,) * right for line in box.owners)
    return Box(rows, owners, box.baseline)


def raised(base: Box, exponent: Box, owner: Owner) -> Box:
    """A power: the exponent above and to the right of its base."""
    rows = [" " * base.width + row for row in exponent.rows]
    owners = [(None,) * base.width + line for line in exponent.owners]
    rows += [row + " " * exponent.width for row in base.rows]
    owners += [line + (None,) * exponent.width for line in base.owners]
    return Box(tuple(rows), tuple(owners), exponent.height + base.baseline)


_TALL = {
    "(": ("⎛", "⎜", "⎝"),
    ")": ("⎞", "⎟", "⎠"),
    "[": ("⎡", "⎢", "⎣"),
    "]": ("⎤", "⎥", "⎦"),
    "|": ("│", "│", "│"),
}


def framed(box: Box, before: str, after: str, owner: Owner, ascii: bool = False) -> Box:
    """A box in brackets as high as it is."""
    left, right = _bracket(before, box, owner, ascii), _bracket(after, box, owner, ascii)
    return beside([left, box, right])


def _bracket(sign: str, box: Box, owner: Owner, ascii: bool) -> Box:
    if box.height == 1:
        return plain(sign, owner)
    if ascii:
        rows = (sign,) * box.height
    else:
        top, middle, bottom = _TALL[sign]
        rows = (top, *(middle,) * (box.height - 2), bottom)
    return Box(rows, ((owner,),) * box.height, box.baseline)


def rooted(box: Box, owner: Owner) -> Box:
    """A square root: a line above all of it."""
    width = box.width
    sign = ["│"] * (box.height - 1) + ["√"]
    rows = [" " + "_" * width, *[s + row for s, row in zip(sign, box.rows, strict=True)]]
    owners: list[tuple[Owner, ...]] = [(None, *(owner,) * width)]
    owners += [(owner, *line) for line in box.owners]
    return Box(tuple(rows), tuple(owners), box.baseline + 1)
