"""Single edits of a learner's tree, each of which undoes one slip.

An edit puts a new term in the place of one that stands in the tree. Whether it makes the tree true
is for others to find out; here it is only said what could have gone wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from tutor.judge.slips.edit import Edit
from tutor.judge.slips.edits_local import functions, numbers, powers, quotients, signs, slopes
from tutor.judge.slips.edits_names import derivatives, names
from tutor.judge.slips.edits_shape import products, reductions, transposes
from tutor.judge.slips.edits_terms import (
    added,
    distributed,
    dropped,
    partners,
    scaled,
    two_dropped,
)
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked


def edits(worked: Worked, known: Quantities, few: bool = False) -> Iterator[Edit]:
    """All single edits of a tree, those of each family together, what learners do most first.

    few: only those that say where a sign or a number is wrong.
    """
    if few:
        for family in (signs, reductions, dropped, numbers, quotients):
            yield from family(worked, known)
        return
    for family in (
        signs,
        slopes,
        functions,
        products,
        transposes,
        reductions,
        dropped,
        two_dropped,
        powers,
        partners,
        numbers,
        quotients,
        names,
        derivatives,
        distributed,
        scaled,
        added,
    ):
        yield from family(worked, known)
