"""What an op is like, found by trying it: where its slope is flat, whether it is a product.

The audit asks these questions of the numbers and not of the names, so that it judges an op that
comes later as it judges the ones of today.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from engine.arrays import numpy_
from engine.errors import EngineError
from engine.ops.declare import Op

FLAT = 0.025
"""A slope below this share of the op's steepest counts as flat. It is tanh's share at |z| = 2.5,
from where on 40 steps do what one did at 0; for the sigmoid it is |z| = 5.1, a slope of 0.006."""

_NEAR = np.linspace(-12.0, 12.0, 481)
_FAR = 1000.0
_GROWS = 4.0
_TRIED = np.linspace(-2.0, 1.9, 12)

Kind = Literal["flat", "one-sided", "two-sided", "bent", "other"]


@dataclass(frozen=True, slots=True)
class Profile:
    """The slope of an op of one operand, over all its operand's values.

    kind: "flat" (0 everywhere: step, sign), "one-sided" (flat at one end: relu, gelu, softplus),
    "two-sided" (flat at both: sigmoid, tanh, clip), "bent" (bounded, not the same everywhere:
    leaky_relu, sine) or "other" (a straight line, or without bounds: neg, exp, log).
    steepest: the largest slope by size. limit: beyond this |z| a two-sided op is flat.
    """

    kind: Kind
    steepest: float = math.nan
    limit: float = math.nan

    @property
    def flattens(self) -> bool:
        """Whether it is flat at one end or both, and not everywhere."""
        return self.kind in ("one-sided", "two-sided")

    @property
    def activates(self) -> bool:
        """Whether it is what a unit does with its sum."""
        return self.kind in ("one-sided", "two-sided", "bent")


_OTHER = Profile("other")


def profile(op: Op, params: Mapping[str, Any]) -> Profile:
    """The profile of an elementwise op of one operand; "other" for every other op."""
    if op.arity != 1 or op.variadic or not op.elementwise:
        return _OTHER
    try:
        return _profile(op, tuple(sorted(params.items())))
    except (EngineError, ValueError, TypeError):  # it asks for more, or cannot be remembered
        return _OTHER


@lru_cache(maxsize=256)
def _profile(op: Op, params: tuple[tuple[str, Any], ...]) -> Profile:
    z = np.concatenate([[-_FAR], _NEAR, [_FAR]])
    with np.errstate(all="ignore"):
        out = op.forward(numpy_.NAMESPACE, z, **dict(params))
        slope = op.vjp(numpy_.NAMESPACE, np.ones_like(z), out, z, **dict(params))[0]
    if slope is None:
        return Profile("flat", 0.0)
    slopes = np.abs(np.broadcast_to(slope, z.shape))
    steepest = float(slopes.max())
    if not math.isfinite(steepest) or slopes[[0, -1]].max() > _GROWS:
        return _OTHER
    if steepest == 0.0:
        return Profile("flat", 0.0)
    flat = slopes <= 1e-5 * steepest
    if flat[0] and flat[-1]:
        return Profile("two-sided", steepest, _limit(z, slopes < FLAT * steepest))
    if flat[0] or flat[-1]:
        return Profile("one-sided", steepest)
    straight = np.ptp(slopes) <= 1e-9 * steepest
    return _OTHER if straight else Profile("bent", steepest)


def _limit(z: np.ndarray[Any, Any], flat: np.ndarray[Any, Any]) -> float:
    steep = np.abs(z[~flat])
    return float(np.round(steep.max(), 1)) if len(steep) else math.nan


@lru_cache(maxsize=256)
def selects(op: Op) -> bool:
    """Whether an op passes on one of its operands and nothing to the others: maximum, where."""
    if not op.elementwise or op.arity < 2:
        return False
    told = [s for s in _slopes(op) or () if s is not None]
    if not told:
        return False
    entries = np.concatenate([np.ravel(s) for s in told])
    return bool(np.isin(entries, (0.0, 0.5, 1.0)).all() and 0.0 in entries and 1.0 in entries)


@lru_cache(maxsize=256)
def compares(op: Op) -> bool:
    """Whether an op of several operands is flat by all of them: >, ==."""
    if not op.elementwise or op.arity < 2:
        return False
    slopes = _slopes(op)
    return slopes is not None and all(s is None for s in slopes)


def _slopes(op: Op) -> list[Any] | None:
    """The slopes by all operands at some points; None for an op that cannot be tried so."""
    operands = [np.roll(_TRIED, 5 * i) for i in range(op.arity)]
    operands[0] = np.where(_TRIED > 0, _TRIED, 0.0) if op.arity > 2 else operands[0]
    try:
        with np.errstate(all="ignore"):
            out = op.forward(numpy_.NAMESPACE, *operands)
            extra = {"wants": (True,) * op.arity} if op.prunes else {}
            return list(op.vjp(numpy_.NAMESPACE, np.ones_like(_TRIED), out, *operands, **extra))
    except (EngineError, ValueError, TypeError, IndexError):
        return None


@lru_cache(maxsize=256)
def multiplies(op: Op) -> bool:
    """Whether an op sums products of its operands' entries, linear in each of them: matmul, einsum,
    corr. Not so the ops of single entries."""
    if op.elementwise or not op.samples:
        return False
    sample = op.samples[0]
    if len(sample.shapes) < 2 or sample.values is not None:
        return False
    rng = np.random.default_rng(0)
    operands = [rng.uniform(0.5, 1.5, shape) for shape in sample.shapes]
    try:
        with np.errstate(all="ignore"):
            base = op.forward(numpy_.NAMESPACE, *operands, **sample.params)
            return all(
                np.allclose(
                    op.forward(
                        numpy_.NAMESPACE,
                        *[3.0 * x if i == k else x for k, x in enumerate(operands)],
                        **sample.params,
                    ),
                    3.0 * base,
                )
                for i in range(len(operands))
            )
    except (EngineError, ValueError, TypeError, IndexError):
        return False
