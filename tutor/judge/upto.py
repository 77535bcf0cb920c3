"""Equality up to an additive constant or a positive factor.

What counts as constant is kept within a group of points while everything else changes: then two
terms that differ by a constant have the same difference all over the group.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from engine.arrays.bounded import Bounded
from tutor.judge import samples
from tutor.judge.checking import Checker, Finding, ShapesDifferError, Truth, aligned
from tutor.judge.equal import FACTOR, compare
from tutor.judge.evaluate import MisfitError
from tutor.judge.form import names_in
from tutor.judge.given import Exercise
from tutor.judge.ground import Ground
from tutor.language.tree import Expression

_GROUPS = 12
_EACH = 4
_SCALES = tuple(np.repeat([0.3, 0.5, 0.7, 1.0, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 4.0, 6.0], _EACH))


def constants_of(checker: Checker, exercise: Exercise) -> frozenset[str]:
    """The names that count as constant, where the exercise does not say: those which the goal no
    longer has; if the goal does not follow with these, the positive scalars too."""
    start, goal = exercise.start, exercise.goal
    if exercise.constants or not exercise.up_to or start is None or goal is None:
        return exercise.constants
    gone = names_in([start]) - names_in([goal])
    scales = [one.name for one in exercise.variables if one.domain == "positive" and not one.shape]
    for constants in (gone, gone | set(scales)):
        tried = replace(exercise, constants=constants)
        if check_up_to(checker, tried, goal, lambda ground: ground.value(start)).holds:
            return constants
    return gone


def check_up_to(checker: Checker, exercise: Exercise, tree: Expression, truth: Truth) -> Finding:
    """Whether a term is equal to another but for what the exercise lets pass."""
    for which in (0, 1):
        make = partial(_grouped, checker, exercise, which)
        ground = checker.kept(f"grouped {which} by {sorted(exercise.constants)}", make)
        finding = _at(checker, ground, exercise, tree, truth)
        if not finding.holds:
            return finding
    return Finding("true")


def _grouped(checker: Checker, exercise: Exercise, which: int) -> Ground:
    setting = checker.setting
    shapes = setting.of_variables(which)
    leaves = samples.draw(exercise.variables, shapes, checker.rng, _SCALES)
    for name in exercise.constants & leaves.keys():
        leaves[name] = np.repeat(leaves[name][::_EACH], _EACH, axis=0)
    return Ground(setting, which, leaves, len(_SCALES), scales=_SCALES)


def _at(
    checker: Checker, ground: Ground, exercise: Exercise, tree: Expression, truth: Truth
) -> Finding:
    try:
        yours, true = aligned(ground.value(tree), truth(ground))
    except MisfitError as error:
        return Finding("misfit", term=error.term, message=error.message)
    except ShapesDifferError as error:
        return Finding("shape", message=str(error))
    first = np.arange(_GROUPS) * _EACH
    a, b = _wide(yours, ground.count), _wide(true, ground.count)
    known = np.isfinite(b.value.reshape(ground.count, -1)).all(axis=1)
    lost = known & ~np.isfinite(a.value.reshape(ground.count, -1)).all(axis=1)
    if lost.sum() > 0.5 * known.sum():
        return Finding("nowhere", ground)
    compared = hidden = 0
    for second in range(1, _EACH):
        third = first + (second % (_EACH - 1)) + 1
        left, right = _related(exercise, a, b, first, first + second, third)
        found = compare(left, right, _GROUPS)
        compared += int(found.sharp.all(axis=1).sum())
        hidden += int(found.hazy.sum())
        wrong = found.differs.any(axis=1) | _turned(exercise, a, b, first, first + second)
        if wrong.any():
            return Finding("false", ground, int(first[np.flatnonzero(wrong)[0]]))
    told = compared >= _GROUPS // 3 and hidden <= _GROUPS // 2
    return Finding("true" if told else "vague", ground)


def _related(
    exercise: Exercise, a: Bounded, b: Bounded, i: np.ndarray, j: np.ndarray, k: np.ndarray
) -> tuple[Bounded, Bounded]:
    """Two values that are equal where a = factor·b + constant over the points i, j and k."""
    if exercise.up_to == {"constant"}:
        return a.pick(i) - a.pick(j), b.pick(i) - b.pick(j)
    if exercise.up_to == {"positive_factor"}:
        return a.pick(i) * b.pick(j), a.pick(j) * b.pick(i)
    return (
        (a.pick(i) - a.pick(j)) * (b.pick(i) - b.pick(k)),
        (a.pick(i) - a.pick(k)) * (b.pick(i) - b.pick(j)),
    )


def _turned(exercise: Exercise, a: Bounded, b: Bounded, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Where the factor is certainly not positive."""
    if "positive_factor" not in exercise.up_to:
        return np.zeros(len(i), dtype=bool)
    left, right = a.pick(i), b.pick(i)
    if "constant" in exercise.up_to:
        left, right = left - a.pick(j), right - b.pick(j)
    product = left * right
    error = product.error if product.error is not None else np.zeros(product.value.shape)
    with np.errstate(all="ignore"):
        turned = product.value < -FACTOR * error
        # 0 times a term is no positive multiple of it.
        gone = (left.value == 0) & (np.abs(right.value) > FACTOR * _error(right))
        gone |= (right.value == 0) & (np.abs(left.value) > FACTOR * _error(left))
    return np.asarray((turned | gone).reshape(len(i), -1).any(axis=1))


def _error(x: Bounded) -> np.ndarray:
    return np.zeros(x.value.shape) if x.error is None else x.error


def _wide(x: Bounded, count: int) -> Bounded:
    """A constant as so many samples."""
    if len(x.value) == count:
        return x
    shape = (count, *x.shape)
    return Bounded(np.broadcast_to(x.value, shape), np.broadcast_to(_error(x), shape))
