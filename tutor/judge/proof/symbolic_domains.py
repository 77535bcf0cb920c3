"""Differences that are 0 on the domain alone: shares that sum to 1, and numbers that are 0 or 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from engine.proof.symbolic_zero import ZeroTest
from tutor.judge.exercise import Variable

_MOST_CASES = 64


def on_domain(
    difference: Any, variables: Sequence[Variable], values: Mapping[str, Any], test: ZeroTest
) -> bool:
    """Whether an expression is 0 once what is known of its symbols is put in."""
    free = difference.free_symbols
    shares: dict[Any, Any] = {}
    binary: list[Any] = []
    for one in variables:
        entries = np.asarray(values[one.name].view(np.ndarray), dtype=object)
        if one.domain == "simplex":
            rows = entries.reshape(-1, entries.shape[-1])
            shares |= {row[-1]: 1 - sum(row[:-1]) for row in rows if free & set(row)}
        elif one.domain == "binary":
            binary += [symbol for symbol in entries.ravel() if symbol in free]
    if not shares and not binary:
        return False
    reduced = difference.xreplace(shares)
    if 2 ** len(binary) > _MOST_CASES:
        return False
    return all(
        test.vanishes(reduced.xreplace(dict(zip(binary, case, strict=True))))
        for case in product((0, 1), repeat=len(binary))
    )
