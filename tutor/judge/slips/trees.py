"""Explanations by an edit of the learner's tree, or of what it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tutor.judge.slips import costs
from tutor.judge.slips.edit import Edit
from tutor.judge.slips.edits import edits
from tutor.judge.slips.search import SIMPLE, Search, size
from tutor.judge.slips.terms import Wanted, Worked
from tutor.judge.slips.together import (
    products_together,
    reductions_together,
    renamed_together,
    replaced,
    slopes_together,
)
from tutor.language.tree import Expression, Name

Array = Any

_MOST_HITS = 40
MOST_TERMS = 160
"""Of larger trees no one sees what is wrong at several places at once."""
_FROM_ABOVE = -0.4
_CHANCY = frozenset({"constant_factor", "sign_error", "batch_mean", "additive_constant"})
"""Slips that a factor beside them says nothing new of."""

_REVERSED = {
    "extra_term": "missing_branch",
    "extra_chain_factor": "missing_chain_factor",
    "sign_error": "sign_error",
    "constant_factor": "constant_factor",
    "additive_constant": "additive_constant",
    "power_rule": "power_rule",
    "batch_mean": "batch_mean",
    "missing_sum": "missing_sum",
    "inverted_ratio": "inverted_ratio",
    "wrong_node": "wrong_node",
}
"""What an edit of the true side above is called when it gives the false one below."""


def try_edits(
    search: Search, worked: Worked, tried: Iterator[Edit], kept: list[Edit] | None = None
) -> None:
    """Edits of the learner's tree. kept: takes those that were tried."""
    for edit in tried:
        if kept is not None:
            kept.append(edit)
        if edit.site is worked.tree:
            search.steps.take(1 + len(worked.terms) // 4)
        value = worked.edited(edit.site, worked.at(edit.new))
        if value is None or value.shape != search.truth.shape:
            continue
        if search.truth.same(value):
            if _is_known(search, edit):
                continue
            if _repaired(search, edit, 1.0):
                search.hit(edit.label, "edit", edit.span, edit.extra, edit.fact)
                if len(search.hits) > _MOST_HITS:
                    return
            continue
        number = None if search.in_proportion else search.truth.ratio(value)
        if number in SIMPLE and edit.label not in _CHANCY and _repaired(search, edit, number):
            search.hit(edit.label, "edit", edit.span, edit.extra + costs.DOUBLE, "and a factor")


def _is_known(search: Search, edit: Edit) -> bool:
    """Whether an explanation as good and as narrow is there already."""
    price = costs.cost(edit.label, "edit") + edit.extra
    return any(
        hit.label == edit.label and hit.cost <= price and size(hit.span) <= size(edit.span)
        for hit in search.hits
    )


def _repaired(search: Search, edit: Edit, number: float) -> bool:
    """Whether an edit makes the side true at the other points too, but for a factor."""
    tree = replaced(search.worked.tree, {id(edit.site): edit.new})
    for point in search.points[1:]:
        value = search.value_at(tree, point)
        if value is None or not Wanted(point.truth).same(np.asarray(value / number)[()]):
            return False
    return True


def try_together(search: Search) -> None:
    """The same slip at several places."""
    if len(search.worked.terms) > MOST_TERMS:
        return
    for several in (
        renamed_together,
        slopes_together,
        products_together,
        reductions_together,
    ):
        try_edits(search, search.worked, several(search.worked, search.known))


def try_definitions(search: Search) -> None:
    """Edits in the definitions of the learner's own symbols that the side names."""
    used = _used(search)
    for name in used:
        tree = search.problem.own[name]
        inner = Worked(tree, search.known.point, search.steps)
        if inner.value is None:
            continue
        sites = [t for t in search.worked.terms if isinstance(t, Name) and t.name == name]
        span = (sites[0].start, sites[0].end)
        for edit in edits(inner, search.known):
            value = inner.edited(edit.site, inner.at(edit.new))
            if value is None:
                continue
            if len(sites) == 1:
                value = search.worked.edited(sites[0], value)
            else:
                search.steps.take(len(search.worked.terms))
                value = _with_own(search, name, value, 0)
            if not search.truth.same(value):
                continue
            new = replaced(tree, {id(edit.site): edit.new})
            if _holds_with(search, name, new):
                search.hit(edit.label, "edit", span, edit.extra + 0.1, edit.fact)


def _used(search: Search) -> list[str]:
    """The learner's own symbols that the side names."""
    own = search.problem.own
    names = [term.name for term in search.worked.terms if isinstance(term, Name)]
    return list(dict.fromkeys(name for name in names if name in own))


def _with_own(search: Search, name: str, value: Array, place: int) -> Array:
    """The side if one of the learner's own symbols had another value."""
    point = search.points[place]
    before = point.values[name]
    point.values[name] = value
    try:
        return search.value_at(search.wrong.tree, point)
    finally:
        point.values[name] = before


def _holds_with(search: Search, name: str, new: Expression) -> bool:
    """Whether the side is true at the other points with another definition of a symbol."""
    for place in range(1, len(search.points)):
        point = search.points[place]
        value = search.value_at(new, point)
        if value is None:
            return False
        if not Wanted(point.truth).same(_with_own(search, name, value, place)):
            return False
    return True


def try_from_above(search: Search) -> None:
    """Single edits that make the side out of the true one that it rewrites."""
    if not search.wrong.before or search.answers[0] is None:
        return
    above = Worked(search.wrong.before[-1], search.known.point, search.steps)
    mine = Wanted(search.answers[0])
    for edit in edits(above, search.known):
        if edit.label not in _REVERSED or not mine.same(
            above.edited(edit.site, above.at(edit.new))
        ):
            continue
        tree = replaced(above.tree, {id(edit.site): edit.new})
        if all(
            Wanted(answer).same(search.value_at(tree, point))
            for point, answer in zip(search.points[1:], search.answers[1:], strict=True)
            if answer is not None
        ):
            label = _REVERSED[edit.label]
            more = _FROM_ABOVE if label in ("missing_branch", "missing_chain_factor") else 0.0
            search.hit(label, "edit", search.whole, edit.extra + more)
