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
from tutor.judge.slips.terms import Worked, in_order
from tutor.language.tree import Compare


def edits(worked: Worked, known: Quantities, few: bool = False) -> Iterator[Edit]:
    """All single edits of a tree, those of each family together, what learners do most first.

    few: only those that say where a sign or a number is wrong.
    """
    masked = _in_masks(worked)
    for edit in _all(worked, known, few):
        # A mask may become right at a few points by any change: only its own slips count there.
        if id(edit.site) not in masked or edit.label in _OF_MASKS:
            yield edit


_OF_MASKS = ("wrong_eval_point", "wrong_local_derivative", "sign_error", "wrong_node")


def _in_masks(worked: Worked) -> frozenset[int]:
    """The terms, by `id`, that stand within a comparison."""
    found: set[int] = set()
    for term in worked.terms:
        if isinstance(term, Compare):
            found.update(id(inner) for inner in in_order(term) if inner is not term)
    return frozenset(found)


def _all(worked: Worked, known: Quantities, few: bool) -> Iterator[Edit]:
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
