"""Formulas in a narrow place: a line goes on below, its equals signs under each other."""

from __future__ import annotations

from tutor.render.plain import Line, Run, text_of


def wrapped(line: Line, width: int) -> list[Line]:
    """The line in lines of at most `width` cells, broken before an operator.

    An operator is a run that begins with a space; what follows up to the next one stays with it,
    even where that alone is too long.
    """
    text = text_of(line)
    if len(text) <= width:
        return [line]
    equals = text.find(" = ") + 1
    lines: list[list[Run]] = []
    used = 0
    for group in _groups(line):
        size = len(text_of(group))
        if lines and used + size <= width:
            lines[-1] += group
            used += size
            continue
        if lines:
            indent = equals if group[0][0].startswith(" = ") else equals + 2
            first = (" " * indent + group[0][0].lstrip(), group[0][1])
            group = (first, *group[1:])
            size = len(text_of(group))
        lines.append(list(group))
        used = size
    return [tuple(runs) for runs in lines]


def _groups(line: Line) -> list[Line]:
    groups: list[list[Run]] = []
    for run in line:
        if groups and not run[0].startswith(" "):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [tuple(group) for group in groups]
