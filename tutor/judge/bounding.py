"""Bounds: `a <= b` is refuted by a point where a is larger, which is looked for uphill too."""

from __future__ import annotations

import numpy as np

from engine.arrays.bounded import NAMESPACE, Bounded
from tutor.judge import links, samples
from tutor.judge.chance import Chance
from tutor.judge.checking import Checker, Finding, ShapesDifferError
from tutor.judge.equal import FACTOR, HAZY, SMALL
from tutor.judge.evaluate import MisfitError
from tutor.judge.given import Variable
from tutor.judge.ground import Ground
from tutor.judge.links import Linked
from tutor.language.lines import LineRelation
from tutor.language.tree import Expression

_CLIMBERS = 8
_TRIES = 12
_ROUNDS = 14
_ALWAYS = 0.3
_OFTEN = 0.25


def check_bound(
    checker: Checker, last: Expression, relation: LineRelation, tree: Expression
) -> Finding:
    """Whether one term is at most (at least, below, above) the next, as far as points can tell."""
    small, large = (last, tree) if relation in ("<=", "<") else (tree, last)
    for ground in (*checker.grounds, checker.many):
        found = _at(ground, small, large)
        if not found.holds:
            return found
    if _hidden(checker.first, small, large):
        return Finding("vague", checker.first)
    if relation in ("<", ">"):
        found = _strictly(checker.first, small, large)
        if not found.holds:
            return found
    return _uphill(checker, checker.many, small, large)


def _at(ground: Ground, small: Expression, large: Expression) -> Finding:
    try:
        gap, slack = _gap(ground, small, large)
    except MisfitError as error:
        return Finding("misfit", term=error.term, message=error.message)
    except ShapesDifferError as error:
        return Finding("shape", message=str(error))
    return _told(ground, gap, slack)


def _told(ground: Ground, gap: np.ndarray, slack: np.ndarray) -> Finding:
    wrong = (gap > slack).any(axis=1) & ground.usable
    if wrong.any():
        points = np.flatnonzero(wrong)
        sample = int(points[np.argmin(ground.scales[points])])
        return Finding("false", ground, sample, agrees=False)
    if np.isnan(gap).any(axis=1).mean() >= 0.9:
        return Finding("nowhere", ground)
    return Finding("true")


def _hidden(ground: Ground, small: Expression, large: Expression) -> bool:
    """Whether rounding would hide that the bound is broken at many moderate points."""
    _, slack = _gap(ground, small, large)
    sizes = [np.abs(_plain(ground.value(term)).value) for term in (small, large)]
    least = np.minimum(*[_largest(size, ground.count) for size in sizes])
    moderate = (ground.scales <= samples.MODERATE) & np.isfinite(least)
    hazy = ~(slack <= HAZY * np.maximum(least, SMALL)[:, None]).all(axis=1)
    return int((hazy & moderate).sum()) > max(1.0, _OFTEN * int(moderate.sum()))


def _largest(size: np.ndarray, count: int) -> np.ndarray:
    """The largest entry of each sample."""
    return np.broadcast_to(size.reshape(len(size), -1).max(axis=1, initial=0.0), count)


def _gap(ground: Ground, small: Expression, large: Expression) -> tuple[np.ndarray, np.ndarray]:
    """By how much `small` is above `large`, and how much of it may be rounding: (S, n) each."""
    a, b = (_plain(ground.value(term)) for term in (small, large))
    if a.shape != b.shape and a.shape and b.shape:
        raise ShapesDifferError(a.shape, b.shape)
    difference = a - b
    shape = (ground.count, difference.size)
    value = difference.value.reshape(len(difference.value), -1)
    error = difference.error
    slack = np.zeros(value.shape) if error is None else FACTOR * error.reshape(value.shape)
    return np.broadcast_to(value, shape), np.broadcast_to(slack, shape)


def _plain(value: Bounded | Linked) -> Bounded:
    if isinstance(value, Linked):
        made: Bounded = links.ordinary(NAMESPACE, value)
        return made
    return value


def _strictly(ground: Ground, small: Expression, large: Expression) -> Finding:
    """False where the two are equal at a good part of moderate points."""
    gap, slack = _gap(ground, small, large)
    moderate = ground.scales <= samples.MODERATE
    equal = (np.abs(gap) <= slack).any(axis=1) & moderate
    if equal.sum() >= _ALWAYS * moderate.sum():
        return Finding("false", ground, int(np.flatnonzero(equal)[0]))
    return Finding("true")


def _uphill(checker: Checker, ground: Ground, small: Expression, large: Expression) -> Finding:
    """Climb from the points where the bound is tightest."""
    setting, rng = checker.setting, checker.rng
    gap, _ = _gap(ground, small, large)
    height = np.nan_to_num(gap.max(axis=1), nan=-np.inf)
    best = np.argsort(-height, kind="stable")[:_CLIMBERS]
    leaves = samples.picked(ground.leaves, best)
    count = _CLIMBERS * _TRIES
    if not leaves or len(best) < _CLIMBERS:
        return Finding("true")
    for turn in range(_ROUNDS):
        tried = {name: np.repeat(values, _TRIES, axis=0) for name, values in leaves.items()}
        for variable in setting.exercise.variables:
            tried[variable.name] = _moved(variable, tried[variable.name], rng, 0.6**turn)
        kept = samples.joined([leaves, tried])
        all_of = Ground(setting, ground.which, kept, count + _CLIMBERS, own=checker.own)
        gap, slack = _gap(all_of, small, large)
        found = _told(all_of, gap, slack)
        if not found.holds:
            return found
        height = np.nan_to_num(gap.max(axis=1), nan=-np.inf)
        leaves = samples.picked(kept, np.argsort(-height, kind="stable")[:_CLIMBERS])
    return Finding("true")


def _moved(variable: Variable, values: np.ndarray, rng: Chance, width: float) -> np.ndarray:
    """A random step within the domain of a variable."""
    step = rng.normal(size=values.shape) * width
    match variable.domain:
        case "real":
            return np.asarray(values + step * (np.abs(values) + 0.2))
        case "positive":
            return np.asarray(values * np.exp(step))
        case "prob":
            odds = np.log(values) - np.log1p(-values) + step
            return np.asarray(np.clip(1 / (1 + np.exp(-odds)), 1e-6, 1 - 1e-6))
        case _:
            return values
