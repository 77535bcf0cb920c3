"""Kinks and jumps: where they are, and points close by on both sides of them.

Two piecewise formulas may agree on all of some hundred points and differ between two thresholds.
So the places where a formula changes are looked for: a switch is a value whose sign decides what
is taken (z for relu(z), a − b for max(a, b) and for a > b), and along lines between points its
zeros are closed in on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tutor.judge import samples
from tutor.judge.evaluate import MisfitError
from tutor.judge.ground import Ground, Setting
from tutor.judge.samples import Leaves
from tutor.judge.switches import of_step, of_term
from tutor.language.tree import Expression

Array = np.ndarray

MORE_SCALES = tuple(
    np.tile([0.3, 0.5, 0.8, 1.0, 1.0, 1.4, 2.0, 3.0, 4.5, 6.0, 8.0, 8.0, 20.0, 60.0, 300.0], 40)
)
"""Scales of the further points for what has kinks."""

_ROUNDS = 14
_MOST_COLUMNS = 24
_COLUMNS_EACH = 3
_PAIRS_EACH = 2
_BESIDE = (1e-2, 1e-4, 1e-7)


def points_beside(
    setting: Setting,
    trees: Sequence[Expression],
    own: Mapping[str, Expression],
    leaves: Leaves,
    rng: np.random.Generator,
) -> Leaves | None:
    """Points on both sides of the kinks of the forward lines and of some terms, None without any.

    leaves: points between which to look.
    """
    terms = [switch for tree in trees for switch in of_term(tree)]

    def switches(points: Leaves) -> Array:
        count = len(next(iter(points.values())))
        ground = Ground(setting, 0, points, count, bounds=False, own=own)
        columns = [
            np.broadcast_to(value, (count, value.shape[1]))
            for step in setting.graph.steps
            for value, _ in of_step(step, ground.nodes)
        ]
        for term in terms:
            try:
                value = ground.plain(term).value
            except MisfitError:
                continue
            flat = np.asarray(value, dtype=float).reshape(len(value), -1)
            columns.append(np.broadcast_to(flat, (count, flat.shape[1])))
        return np.concatenate(columns, axis=1) if columns else np.zeros((count, 0))

    if not leaves:
        return None
    values = switches(leaves)
    pairs = _pairs(values, rng)
    if not pairs:
        return None
    column, start, end = (np.array(part) for part in zip(*pairs, strict=True))
    return _closed_in(setting, switches, leaves, column, start, end)


def _closed_in(
    setting: Setting,
    switches: Callable[[Leaves], Array],
    leaves: Leaves,
    column: Array,
    start: Array,
    end: Array,
) -> Leaves | None:
    """Points on both sides of the zeros of switches between pairs of points."""
    variables = setting.exercise.variables
    first = samples.picked(leaves, start)
    # What has two values keeps that of the start, so the switch at the end may not turn.
    last = samples.between(first, samples.picked(leaves, end), np.ones(len(end)), variables)
    rows = np.arange(len(column))
    low, high = switches(first)[rows, column], switches(last)[rows, column]
    turns = np.flatnonzero(low * high < 0)
    if not len(turns):
        return None
    first, last = samples.picked(first, turns), samples.picked(last, turns)
    low, high, column = low[turns], high[turns], column[turns]
    rows = np.arange(len(column))
    near, far = np.zeros(len(column)), np.ones(len(column))
    for turn in range(_ROUNDS):
        # By turns where a straight line has its zero, and the middle: a jump has no such zero.
        share = low / (low - high) if turn % 3 else np.full(len(column), 0.5)
        share = np.clip(np.nan_to_num(share, nan=0.5), 0.02, 0.98) if turn < 4 else share
        share = np.where((share > 0) & (share < 1), share, 0.5)
        middle = near + (far - near) * share
        value = switches(samples.between(first, last, middle, variables))[rows, column]
        before = np.sign(value) == np.sign(low)
        near, low = np.where(before, middle, near), np.where(before, value, low)
        far, high = np.where(before, far, middle), np.where(before, high, value)
    found = []
    for width in _BESIDE:
        for place in (near - width, far + width):
            found.append(samples.between(first, last, np.clip(place, 0.0, 1.0), variables))
    return samples.joined(found)


def _pairs(values: Array, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Some columns whose sign changes among the points: (column, a point below, one above)."""
    below, above = values < 0, values > 0
    turning = np.flatnonzero(below.any(axis=0) & above.any(axis=0))
    if len(turning) > _MOST_COLUMNS:
        turning = np.sort(rng.choice(turning, _MOST_COLUMNS, replace=False))
    pairs: list[tuple[int, int, int]] = []
    for column in turning:
        lower, upper = np.flatnonzero(below[:, column]), np.flatnonzero(above[:, column])
        for _ in range(_PAIRS_EACH):
            pairs.append((int(column), int(rng.choice(lower)), int(rng.choice(upper))))
    return pairs
