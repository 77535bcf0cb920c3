"""An array of another shape than its quantity: right before a sum, transposed, summed too far."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from tutor.judge.code.cases import (
    Case,
    Finding,
    all_same,
    axes_text,
    reduced,
    subsets,
    turned,
)
from tutor.judge.code.evidence import same
from tutor.judge.code.task import Task

MOST_AXES = 4
"""Of an array with more axes nothing is tried."""


def misshapen(task: Task, name: str, cases: Sequence[Case]) -> Finding:
    """What went wrong in an array of another shape than its quantity."""
    spelled = task.spelled[name]
    have, want = cases[0].own.shape[1:], cases[0].wanted.shape[1:]
    shapes = f"has shape {_shape(have)}, and {spelled} has shape {_shape(want)}"
    if len(have) > MOST_AXES:
        return Finding("shape_mismatch", shapes)
    if all_same(cases, lambda case: turned(case.wanted)):
        return Finding("transpose_error", "is right, but transposed")
    if all(case.own[0].size == case.wanted[0].size for case in cases) and all_same(
        cases, lambda case: case.wanted.reshape(case.own.shape)
    ):
        return Finding("shape_mismatch", f"has the right numbers; it {shapes}")
    for axes in subsets(len(have)):
        told = axes_text(axes, len(have))
        if _sums_to(cases, axes):
            return Finding("missing_sum", f"is right before summing over {told}; it {shapes}")
    for axes in subsets(len(want)):
        for keepdims in (False, True):
            for verb, reduce in (("summed", np.sum), ("averaged", np.mean)):
                if all_same(cases, partial(reduced, reduce, axes, keepdims)):
                    over = axes_text(axes, len(want))
                    told = f"is {verb} over {over}, which has to stay; it {shapes}"
                    return Finding("wrong_axis", told)
    if all(_broadcasts(case) for case in cases):
        return Finding(
            "shape_mismatch", f"has the right numbers, once for all entries; it {shapes}"
        )
    return Finding("shape_mismatch", shapes)


def _sums_to(cases: Sequence[Case], axes: tuple[int, ...]) -> bool:
    """Whether the arrays summed over some axes, and after that perhaps reshaped, are right."""
    over = tuple([axis + 1 for axis in axes])
    for case in cases:
        if max(over) >= case.own.ndim:
            return False
        summed = case.own.sum(axis=over)
        if summed.size != case.wanted.size or not same(
            summed.reshape(case.wanted.shape), case.wanted
        ):
            return False
    return True


def _broadcasts(case: Case) -> bool:
    try:
        spread = [np.broadcast_to(x, case.wanted.shape[1:]) for x in case.own]
    except ValueError:
        return False
    return same(np.stack(spread), case.wanted)


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(shape))
