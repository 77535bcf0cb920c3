"""Comparisons: masks of 0 and 1. They are flat, so nothing passes backward."""

from __future__ import annotations

from typing import Any

from engine.ops.declare import DISTINCT, op

_FLAT = "a comparison is flat: no gradient passes"
_PAIR = (DISTINCT, DISTINCT)


@op(">", rule=_FLAT, domain=_PAIR, elementwise=True)
def gt(xp: Any, a: Any, b: Any) -> Any:
    """1 where a > b, else 0."""
    return a > b


@op("≥", rule=_FLAT, domain=_PAIR, elementwise=True)
def ge(xp: Any, a: Any, b: Any) -> Any:
    """1 where a >= b, else 0."""
    return a >= b


@op("<", rule=_FLAT, domain=_PAIR, elementwise=True)
def lt(xp: Any, a: Any, b: Any) -> Any:
    """1 where a < b, else 0."""
    return a < b


@op("≤", rule=_FLAT, domain=_PAIR, elementwise=True)
def le(xp: Any, a: Any, b: Any) -> Any:
    """1 where a <= b, else 0."""
    return a <= b


@op("=", rule=_FLAT, domain=_PAIR, elementwise=True)
def eq(xp: Any, a: Any, b: Any) -> Any:
    """1 where a == b, else 0."""
    return a == b


@op("≠", rule=_FLAT, domain=_PAIR, elementwise=True)
def ne(xp: Any, a: Any, b: Any) -> Any:
    """1 where a != b, else 0."""
    return a != b


def _nothing(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return None, None


for _op in (gt, ge, lt, le, eq, ne):
    _op.gradient(_nothing)
