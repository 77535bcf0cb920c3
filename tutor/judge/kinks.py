"""Kinks and jumps: where they are, and points close by on both sides of them.

Two piecewise formulas may agree on all of some hundred points and differ between two thresholds.
So the places where a formula changes are looked for: a switch is a value whose sign decides what
is taken (z for relu(z), a − b for max(a, b) and for a > b), and along lines between points its
zeros are closed in on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.arrays.bounded import NAMESPACE
from tutor.judge import samples
from tutor.judge.chance import Chance
from tutor.judge.evaluate import MisfitError
from tutor.judge.ground import Ground
from tutor.judge.samples import Leaves
from tutor.judge.setting import Setting
from tutor.judge.switches import is_kinked, of_step
from tutor.language.tree import Expression

Array = np.ndarray

MORE_SCALES = (
    0.3,
    0.5,
    0.8,
    1.0,
    1.0,
    1.4,
    2.0,
    3.0,
    4.5,
    6.0,
    8.0,
    8.0,
    20.0,
    60.0,
    300.0,
) * 39 + (1e4, 1e5, 1e7) * 5
"""Scales of the further points for what has kinks."""

_ROUNDS = 8
_OURS = 8
_THEIRS = 6
_BESIDE = (1e-2, 1e-4, 1e-6, 1e-9)


def points_beside(switches: Switches, leaves: Leaves, rng: Chance) -> Leaves | None:
    """Points on both sides of the zeros of switches, None where no sign turns.

    leaves: points between which to look.
    """
    if not leaves:
        return None
    pairs = _pairs(switches.at(leaves), rng, *((_OURS, 1) if switches.forward else (_THEIRS, 4)))
    if not pairs:
        return None
    column, start, end = (np.array(part) for part in zip(*pairs, strict=True))
    return _closed_in(switches, leaves, column, start, end)


class Switches:
    """The switches of the forward lines, or of some terms.

    own: the learner's own symbols that may stand in the terms.
    """

    def __init__(
        self,
        setting: Setting,
        terms: Sequence[Expression] = (),
        own: Mapping[str, Expression] | None = None,
    ) -> None:
        self.setting = setting
        self.terms = terms
        self.own = own
        self.forward = not terms
        steps = setting.graph.steps[: setting.graph.count]
        last = max([i for i, step in enumerate(steps) if is_kinked(step)], default=-1)
        self.kinked = replace(setting.graph, steps=steps[: last + 1])

    def at(self, points: Leaves) -> Array:
        """Their values, a column each: (S, n)."""
        count = samples.count_of(points)
        columns: list[Array] = []
        if self.forward:
            given = samples.as_values(points, self.setting.sizes[0], bounds=False)
            nodes = self.kinked.forward(given, NAMESPACE)
            for step in self.kinked.steps:
                for value, _ in of_step(step, nodes):
                    columns.append(np.broadcast_to(value, (count, value.shape[1])))
            return _joined(columns, count)
        ground = Ground(self.setting, 0, points, count, bounds=False, own=self.own)
        for term in self.terms:
            try:
                value = ground.plain(term).value
            except MisfitError:
                continue
            flat = np.asarray(value, dtype=float).reshape(len(value), -1)
            columns.append(np.broadcast_to(flat, (count, flat.shape[1])))
        return _joined(columns, count)


def _joined(columns: Sequence[Array], count: int) -> Array:
    return np.concatenate(columns, axis=1) if columns else np.zeros((count, 0))


def _closed_in(
    switches: Switches,
    leaves: Leaves,
    column: Array,
    start: Array,
    end: Array,
) -> Leaves | None:
    """Points on both sides of the zeros of switches between pairs of points."""
    variables = switches.setting.exercise.variables
    first = samples.picked(leaves, start)
    # What has two values keeps that of the start, so the switch at the end may not turn.
    last = samples.between(first, samples.picked(leaves, end), np.ones(len(end)), variables)
    rows = np.arange(len(column))
    low, high = switches.at(first)[rows, column], switches.at(last)[rows, column]
    turns = np.flatnonzero(low * high < 0)
    if not len(turns):
        return None
    first, last = samples.picked(first, turns), samples.picked(last, turns)
    low, high, column = low[turns], high[turns], column[turns]
    rows = np.arange(len(column))
    near, far = np.zeros(len(column)), np.ones(len(column))
    root, least = np.full(len(column), 0.5), np.full(len(column), np.inf)
    was_before = np.zeros(len(column), dtype=bool)
    for turn in range(_ROUNDS):
        # Where a straight line has its zero (the Illinois method); a jump has none: the middle.
        share = np.full(len(column), 0.5) if turn == 4 else low / (low - high)
        share = np.where((share > 0) & (share < 1), share, 0.5)
        middle = near + (far - near) * share
        value = switches.at(samples.between(first, last, middle, variables))[rows, column]
        closer = np.abs(value) < least
        root, least = np.where(closer, middle, root), np.where(closer, np.abs(value), least)
        before = np.sign(value) == np.sign(low)
        near, far = np.where(before, middle, near), np.where(before, far, middle)
        # An end that stays for the second time counts for half, so that it moves the next time.
        again = (before == was_before) & (turn > 0)
        low, high = (
            np.where(before, value, np.where(again, low / 2, low)),
            np.where(before, np.where(again, high / 2, high), value),
        )
        was_before = before
    # Never the root itself, where it is a convention what is taken.
    places = []
    for width in _BESIDE:
        places += [np.clip(root - width, 0.0, 1.0), np.clip(root + width, 0.0, 1.0)]
    return samples.joined([samples.between(first, last, place, variables) for place in places])


def _pairs(values: Array, rng: Chance, most: int, times: int) -> list[tuple[int, int, int]]:
    """Pairs of points between which a switch turns: (its column, the point below, that above).

    most: of how many switches. times: how many pairs of each lie anywhere; one more is close.
    """
    below, above = values < 0, values > 0
    turning = np.flatnonzero(below.any(axis=0) & above.any(axis=0))
    pairs: list[tuple[int, int, int]] = []
    for column in turning[np.argsort(rng.random(len(turning)))[:most]]:
        lower, upper = np.flatnonzero(below[:, column]), np.flatnonzero(above[:, column])
        low = [
            lower[np.argmax(values[lower, column])],
            *lower[rng.integers(0, len(lower), times)],
        ]
        high = [
            upper[np.argmin(values[upper, column])],
            *upper[rng.integers(0, len(upper), times)],
        ]
        pairs += [(int(column), int(a), int(b)) for a, b in zip(low, high, strict=True)]
    return pairs
