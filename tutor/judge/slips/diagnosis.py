"""The search for the best explanation of a wrong line, within a budget of steps."""

from __future__ import annotations

import numpy as np

from tutor.judge.slips.edit import Edit
from tutor.judge.slips.edits import edits
from tutor.judge.slips.passes import wrong_rules
from tutor.judge.slips.regroup import regrouped
from tutor.judge.slips.search import Search
from tutor.judge.slips.summands import try_summands
from tutor.judge.slips.together import pairs
from tutor.judge.slips.trees import (
    MOST_TERMS,
    try_definitions,
    try_edits,
    try_from_above,
    try_together,
)
from tutor.judge.slips.whole import compare
from tutor.judge.slips.wrong import Problem, WrongLine
from tutor.judge.verdict import Candidate

_SHORT = 800
_LONG = 2200
"""Budgets of steps for the parts of a diagnosis; a step is one term of a tree at one point."""

_SURE = 1.4
_CLEAR = 1.5
_GOOD = 1.9
_FAIR = 2.3
"""Costs of explanations at which no dearer kinds are looked for."""


def diagnose(problem: Problem, wrong: WrongLine) -> tuple[Candidate, ...]:
    """Up to three slips that explain a false side, the best first; never none.

    Every candidate but the last resorts (`shape_mismatch`, `algebra_slip`, `unknown`) was
    confirmed at points other than the one at which it was found.
    """
    with np.errstate(all="ignore"):
        search = Search(problem, wrong)
        _run(search)
        return search.candidates()


def _run(search: Search) -> None:
    """Look for explanations, the cheapest kinds first, until none can be better."""
    worked, known = search.worked, search.known
    if worked.value is not None and search.truth.same(worked.value):
        search.nearly_right()
        return
    search.within(_SHORT, lambda: compare(search))
    if search.best <= _SURE:
        few = edits(worked, known, few=True)
        search.within(_SHORT, lambda: try_edits(search, worked, few))
        return
    tried: list[Edit] = []
    search.within(_SHORT, lambda: try_edits(search, worked, regrouped(worked)))
    search.within(_LONG, lambda: try_edits(search, worked, edits(worked, known), tried))
    if search.best > _CLEAR:
        search.within(_LONG, lambda: wrong_rules(search))
    if search.best > _GOOD:
        search.within(_SHORT, lambda: try_summands(search))
        search.within(_SHORT, lambda: try_together(search))
        search.within(_SHORT, lambda: try_definitions(search))
        search.within(_SHORT, lambda: try_from_above(search))
    if search.best > _FAIR and len(worked.terms) <= MOST_TERMS:
        search.within(_SHORT, lambda: try_edits(search, worked, pairs(worked, tried)))
