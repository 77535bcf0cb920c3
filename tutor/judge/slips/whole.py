"""Explanations of a whole side: ratios, differences, and derivatives of other quantities."""

from __future__ import annotations

import numpy as np

from tutor.judge.slips import ratios
from tutor.judge.slips.edits_terms import mentions
from tutor.judge.slips.points import Point
from tutor.judge.slips.search import Search
from tutor.judge.slips.slopes import FORMULAS
from tutor.judge.slips.terms import UNFIT, Wanted
from tutor.language.tree import Binary, Call, Compare, Derivative, Expression, Number

_NEAR = 1e-5
_NUDGE = 1e-4
_ENOUGH = 4
_FEW = 2
_LEAST_SHARE = 0.2
_ELSEWHERE = -0.9
_KINKED_MORE = -0.6
_KINKED = frozenset(
    "abs sign relu leaky_relu step maximum minimum max min where gt lt ge le".split()
)


def compare(search: Search) -> None:
    """Ratios and differences of the whole side."""
    if any(answer is None for answer in search.answers):
        return
    if search.fits and (len(search.points) < _FEW or _beside_kinks(search)):
        search.hit("domain_mismatch", "ratio", search.whole, _ELSEWHERE)
    if not search.fits:
        _diagonal_only(search)
        _other_targets(search)
        return
    ratio = ratios.constant_ratio(search.answers, search.points)
    if ratio is not None:
        search.in_proportion = True
        for found in ratios.of_ratio(ratio, search.known):
            search.hit(found.label, "ratio", search.whole, found.extra, found.fact)
    if ratios.constant_difference(search.answers, search.points):
        search.by_constant = True
        search.hit("additive_constant", "ratio", search.whole)
    rewriting = search.wrong.left is None and ratio is None
    if rewriting and ratios.turned(search.answers, search.points, search.known):
        search.hit("sign_error", "ratio", search.whole, 0.3)
    change = ratios.constant_change(search.answers, search.points)
    if change is not None and ratio is None and change in (-1.0, 2.0, 0.5):
        search.hit("sign_error" if change < 0 else "constant_factor", "ratio", search.whole, 1.3)
    some, share = ratios.agreement(search.answers, search.points)
    if some or share:
        some, share = _moderate_agreement(search)
    if search.wrong.agrees and share < _LEAST_SHARE:
        search.hit("domain_mismatch", "ratio", search.whole, _ELSEWHERE)
    elif some and _is_kinked(search):
        search.hit("domain_mismatch", "ratio", search.whole, _KINKED_MORE)
    elif some:
        search.hit("domain_mismatch", "edit", search.whole, -0.1)
    elif _LEAST_SHARE < share < 1 - _LEAST_SHARE / 4:
        search.hit("domain_mismatch", "edit", search.whole)
    _diagonal_only(search)
    _integrated(search)
    _formulas(search)
    for found, value in ratios.comparisons(search.answers[0], search.known):
        if search.predicts(value):
            label = found.label
            if label == "extra_chain_factor" and not mentions(
                search.worked, search.known, found.fact
            ):
                label = "missing_chain_factor"
            search.hit(label, "ratio", search.whole, found.extra, found.fact)
    _other_targets(search)


def _moderate_agreement(search: Search) -> tuple[bool, float]:
    """The agreement at points where no function is flat: where one is, any two sides are alike."""
    kept = [
        (answer, point)
        for answer, point in zip(search.answers, search.points, strict=True)
        if not point.saturated
    ]
    if len(kept) < _FEW:
        return False, 0.0
    return ratios.agreement([a for a, _ in kept], [p for _, p in kept])


def _beside_kinks(search: Search) -> bool:
    """Whether a side with a kink is wrong next to kinks of the computation alone."""
    if not any(_has_kink(term) for term in search.worked.terms):
        return False
    wrong = [
        point
        for answer, point in zip(search.answers, search.points, strict=True)
        if not Wanted(point.truth).same(answer)
    ]
    return bool(wrong) and all(point.beside_kink for point in wrong)


def _has_kink(term: Expression) -> bool:
    return isinstance(term, Compare) or (
        isinstance(term, Call) and term.function.rstrip("'") in _KINKED
    )


def _is_kinked(search: Search) -> bool:
    """Whether the side has more kinks and jumps than the computation: `abs`, `sqrt(x**2)`."""
    mine = sum(_has_kink(term) or _is_root_of_square(term) for term in search.worked.terms)
    theirs = sum(
        step.op is not None and step.op.name in _KINKED for step in search.problem.graph.steps
    )
    return mine > theirs


def _diagonal_only(search: Search) -> None:
    """The diagonal of a Jacobian in the place of the whole."""
    truth = search.known.point.truth
    left = search.wrong.left
    if left is None or truth.ndim != 2 or truth.shape[0] != truth.shape[1]:
        return
    if not search.known.point.values[left.of].shape:
        return
    mine = Wanted(search.answers[0])
    diagonal = np.diag(np.diag(truth))
    if (mine.same(diagonal) or mine.same(np.diag(truth))) and np.any(truth != diagonal):
        search.hit("softmax_diagonal_only", "ratio", search.whole)


def _integrated(search: Search) -> None:
    """A side whose own derivative is the function that was to be differentiated."""
    left = search.wrong.left
    if left is None or search.truth.shape or search.problem.own or not _is_scalar(search, left):
        return
    if any(isinstance(term, Derivative) for term in search.worked.terms):
        return
    for point in search.points[:_ENOUGH]:
        slope = _slope_of_side(search, point, left.by)
        value = float(point.values[left.of])
        if slope is None or not abs(slope - value) <= _NEAR * (abs(value) + 1e-3):
            return
    search.hit("integrated_instead", "ratio", search.whole)


def _is_scalar(search: Search, left: Derivative) -> bool:
    """Whether both quantities of a derivative are numbers."""
    values = search.known.point.values
    return not values[left.of].shape and not values[left.by].shape


def _slope_of_side(search: Search, point: Point, by: str) -> float | None:
    """The derivative of the side by a number, from a central difference."""
    ends = []
    for nudge in (_NUDGE, -_NUDGE):
        try:
            moved = point.moved(search.problem.graph, by, nudge)
        except UNFIT:
            return None
        value = search.value_at(search.wrong.tree, moved)
        if value is None or value.shape:
            return None
        ends.append(float(value))
    return (ends[0] - ends[1]) / (2 * _NUDGE)


def _formulas(search: Search) -> None:
    """The local derivative of another function, written with the quantity's own value."""
    left = search.wrong.left
    if left is None or left.of not in search.known.point.values:
        return
    mine = Wanted(search.answers[0])
    for formula in FORMULAS:
        value = formula(search.known.point.values[left.of])
        if mine.same(value) and search.predicts(lambda p, f=formula: f(p.values[left.of])):  # type: ignore[misc]
            search.hit("wrong_local_derivative", "ratio", search.whole)


def _other_targets(search: Search) -> None:
    """The gradient of another quantity, or no gradient at all."""
    left = search.wrong.left
    if left is None:
        return
    mine = Wanted(search.answers[0])
    places = search.problem.graph.places
    itself = search.known.point.values.get(left.of)
    differs = itself is not None and left.of not in search.known.own_slopes
    if differs and mine.same(itself) and search.predicts(lambda p: p.values[left.of]):
        search.hit("not_differentiated", "ratio", search.whole, fact=left.of)
    for name in search.known.names:
        if name not in places:
            continue
        for of, by in ((left.of, name), (name, left.by)):
            if (of, by) == (left.of, left.by) or not search.known.depends(of, by):
                continue
            _other_derivative(search, of, by, mine)


def _other_derivative(search: Search, of: str, by: str, mine: Wanted) -> None:
    """Whether the side is another derivative than the one that it should be."""
    left = search.wrong.left
    search.steps.take(2)
    try:
        value = search.known.point.derivative(of, by)
    except UNFIT:
        return
    if left is None or not mine.same(value):
        return
    if not search.predicts(lambda p: p.derivative(of, by)):
        return
    if of != left.of:
        search.hit("missing_chain_factor", "rule", search.whole, -0.1)
    elif search.known.depends(by, left.by):
        search.hit("missing_chain_factor", "rule", search.whole, 0.02)
    else:
        search.hit("wrong_target", "ratio", search.whole, fact=by)


def _is_root_of_square(term: Expression) -> bool:
    if not isinstance(term, Call) or term.function != "sqrt":
        return False
    inner = term.operands[0]
    return isinstance(inner, Binary) and (
        (inner.sign == "**" and inner.right == Number(2.0))
        or (inner.sign == "*" and inner.left == inner.right)
    )
