"""Points to compare at: values of the variables, of mixed scale, each in its domain."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engine.arrays.bounded import Bounded, bounded
from tutor.judge.chance import Chance
from tutor.judge.given import Variable
from tutor.judge.graph import Shape

Array = np.ndarray
Leaves = dict[str, Array]
"""Of every variable its samples, (S, *shape)."""

SCALES = (0.3, 0.5, 0.7, 0.9, 1.0, 1.0, 1.3, 1.6, 2.0, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)
"""How large the variables are at the points of a set; the beyond ones come behind."""

BEYOND = (80.0, 100.0, 120.0, 160.0)
"""Scales of points that lie far out; at every other of them one variable alone does."""

COUNT = len(SCALES) + len(BEYOND)
MODERATE = 2.0
"""The largest scale at which whatever is not defined counts against an answer."""

_MAX_SEED = 2**48


def fresh_seed() -> int:
    """A seed that nobody can know beforehand. Opens no file."""
    return int.from_bytes(os.urandom(8), "big") % _MAX_SEED


def draw(
    variables: Sequence[Variable],
    shapes: Mapping[str, Shape],
    rng: Chance,
    scales: Sequence[float] = SCALES + BEYOND,
) -> Leaves:
    """One sample of every variable for each scale."""
    count = len(scales)
    base = np.asarray(scales, dtype=float)
    far = base > SCALES[-1]
    alone = far & (np.arange(count) % 2 == 1)
    chosen = rng.integers(0, max(len(variables), 1), size=count)
    leaves: Leaves = {}
    for place, variable in enumerate(variables):
        own = base * 2.0 ** rng.uniform(-0.5, 0.5, size=count)
        own = np.where(alone & (chosen != place), rng.uniform(0.5, 2.0, size=count), own)
        shape = shapes[variable.name]
        wide = own.reshape(count, *(1,) * len(shape))
        leaves[variable.name] = _DRAWN[variable.domain](rng, (count, *shape), wide)
    return leaves


def rounded(
    variables: Sequence[Variable], shapes: Mapping[str, Shape], rng: Chance, count: int
) -> Leaves:
    """Points of short numbers, which a person can work with by hand."""
    leaves: Leaves = {}
    for variable in variables:
        shape = (count, *shapes[variable.name])
        match variable.domain:
            case "real":
                drawn = rng.integers(1, 25, size=shape) / 10 * rng.signs(shape)
            case "positive":
                drawn = rng.integers(2, 30, size=shape) / 10
            case "prob":
                drawn = rng.integers(1, 10, size=shape) / 10
            case "binary":
                drawn = rng.integers(0, 2, size=shape).astype(float)
            case "simplex":
                drawn = _short_shares(rng, shape)
        leaves[variable.name] = drawn
    return leaves


def as_values(
    leaves: Leaves, sizes: Mapping[str, int], bounds: bool = True
) -> dict[str, Bounded | float]:
    """Leaves as exact samples (without bounds, as values alone), and the sizes as numbers."""
    error = 0.0 if bounds else None
    values: dict[str, Bounded | float] = {
        name: bounded(drawn, error) for name, drawn in leaves.items()
    }
    values.update({name: float(size) for name, size in sizes.items()})
    return values


def picked(leaves: Leaves, which: Array) -> Leaves:
    """Some of the samples."""
    return {name: drawn[which] for name, drawn in leaves.items()}


def joined(several: Sequence[Leaves]) -> Leaves:
    """The samples of one set after those of another."""
    return {name: np.concatenate([leaves[name] for leaves in several]) for name in several[0]}


def count_of(leaves: Leaves) -> int:
    """How many samples there are; 1 without variables."""
    return len(next(iter(leaves.values()))) if leaves else 1


def between(start: Leaves, end: Leaves, share: Array, variables: Sequence[Variable]) -> Leaves:
    """Points on the way from `start` to `end`, each at its own share of it; (S,) shares.

    What has only two values stays as it is at the start.
    """
    moved: Leaves = {}
    for variable in variables:
        name = variable.name
        a, b = start[name], end[name]
        if variable.domain == "binary":
            moved[name] = a
            continue
        t = share.reshape(len(share), *(1,) * (a.ndim - 1))
        moved[name] = (1 - t) * a + t * b
    return moved


def _real(rng: Chance, shape: Shape, scale: Array) -> Array:
    return np.asarray(rng.uniform(-1, 1, size=shape) * scale)


def _positive(rng: Chance, shape: Shape, scale: Array) -> Array:
    return np.asarray(rng.uniform(0.05, 1, size=shape) * scale)


def _prob(rng: Chance, shape: Shape, scale: Array) -> Array:
    near = rng.uniform(0.02, 0.98, size=shape)
    edge = 10.0 ** -rng.uniform(2, 4, size=shape)
    edge = np.where(rng.random(shape) < 0.5, edge, 1 - edge)
    return np.where(scale > 6.0, edge, near)


def _simplex(rng: Chance, shape: Shape, scale: Array) -> Array:
    """Shares that sum to 1 without rounding: whole multiples of 2⁻³⁰."""
    weights = rng.uniform(0.05, 1, size=shape)
    weights = weights ** np.where(scale > 6.0, 3.0, 1.0)
    shares = weights / weights.sum(axis=-1, keepdims=True)
    shares = np.floor(shares * 2.0**30) / 2.0**30
    shares[..., -1] += 1.0 - shares.sum(axis=-1)
    return np.asarray(shares)


def _binary(rng: Chance, shape: Shape, scale: Array) -> Array:
    drawn = rng.integers(0, 2, size=shape).astype(float)
    # Each entry takes both values over the samples, however few there are.
    drawn[: shape[0] // 2 * 2 : 2] = 1 - drawn[1 : shape[0] // 2 * 2 : 2]
    return drawn


def _short_shares(rng: Chance, shape: Shape) -> Array:
    """Shares in twentieths where the axis is short enough, in hundredths else."""
    parts = 20 if shape[-1] <= 5 else 100
    weights = rng.uniform(0.2, 1, size=shape)
    shares = np.maximum(np.floor(weights / weights.sum(-1, keepdims=True) * parts), 1)
    shares[..., -1] = parts - shares[..., :-1].sum(-1)
    return np.asarray(shares / parts)


_DRAWN: dict[str, Callable[[Chance, Shape, Array], Array]] = {
    "real": _real,
    "positive": _positive,
    "prob": _prob,
    "simplex": _simplex,
    "binary": _binary,
}
