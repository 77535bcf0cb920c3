"""Counter-examples: short numbers at which a side and the truth differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.arrays.bounded import Bounded
from tutor.judge import samples
from tutor.judge.checking import Checker, Finding, ShapesDifferError, Truth, aligned
from tutor.judge.evaluate import MisfitError
from tutor.judge.ground import Ground
from tutor.judge.switches import of_step, of_term
from tutor.judge.verdict import CounterExample
from tutor.language.tree import Expression

_POINTS = 16
_APART = 1e-10


def example(
    checker: Checker, tree: Expression, truth: Truth, finding: Finding, names: Iterable[str]
) -> CounterExample | None:
    """Values at which a false side differs from the truth: short ones where such can be found,
    else those at which it was found to differ. None where the shapes do not allow to compare.

    names: of the variables to show.
    """
    setting = checker.setting
    shapes = setting.of_variables(0)
    leaves = samples.rounded(setting.exercise.variables, shapes, checker.rng, _POINTS)
    short = Ground(setting, 0, leaves, _POINTS, bounds=False, own=checker.own)
    found = _at(short, tree, truth, names, _APART)
    if found is not None or finding.ground is None:
        return found
    one = finding.ground.part(np.array([finding.sample]))
    return _at(one, tree, truth, names, 0.0)


def _at(
    ground: Ground, tree: Expression, truth: Truth, names: Iterable[str], apart: float
) -> CounterExample | None:
    """apart: the share by which the two are to differ."""
    try:
        yours, true = aligned(ground.value(tree), truth(ground))
    except (MisfitError, ShapesDifferError):
        return None
    a, b = _flat(yours, ground.count), _flat(true, ground.count)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= apart * (np.abs(a) + np.abs(b))
    wrong = np.isfinite(b) & ~near & ground.usable[:, None]
    if not wrong.any():
        return None
    on_kink = _at_zero(ground, tree)
    if (wrong & ~on_kink[:, None]).any():
        wrong &= ~on_kink[:, None]
    sample, entry = _plainest(wrong, a, b)
    place = tuple([int(i) for i in np.unravel_index(entry, yours.shape)]) if yours.shape else None
    values = {name: _data(ground.leaves[name][sample]) for name in names if name in ground.leaves}
    return CounterExample(values, _number(a[sample, entry]), _number(b[sample, entry]), place)


def _at_zero(ground: Ground, tree: Expression) -> np.ndarray:
    """The samples at which a switch of the forward lines or of a term is 0, (S,)."""
    found = np.zeros(ground.count, dtype=bool)
    for step in ground.setting.graph.steps:
        for value, _ in of_step(step, ground.nodes):
            found |= (value == 0).any(axis=1)
    for term in of_term(tree):
        found |= (_flat(ground.plain(term), ground.count) == 0).any(axis=1)
    return found


def _plainest(wrong: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """Where the two differ clearly, by numbers of ordinary size."""
    with np.errstate(all="ignore"):
        size = np.abs(np.log10(np.abs(b) + 1e-9)) + np.abs(np.log10(np.abs(a) + 1e-9))
        gap = np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-300)
        cost = np.nan_to_num(size + np.where(gap < 0.05, 10.0, 0.0), nan=20.0, posinf=20.0)
    cost = np.where(wrong, cost, np.inf)
    sample, entry = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return int(sample), int(entry)


def _flat(x: Bounded, count: int) -> np.ndarray:
    value = np.asarray(x.value, dtype=float).reshape(len(x.value), -1)
    return np.broadcast_to(value, (count, value.shape[1]))


def _data(values: np.ndarray) -> Any:
    return values.item() if values.ndim == 0 else values.tolist()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
