"""What went wrong in one array: relations between it and what is true, the cheapest first.

Every candidate is an array that a known slip would give. It explains the learner's array where it
is the same at every point of both sets of sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from tutor.judge.code.cases import Case, Finding, all_same, axes_text, spread, subsets, turned
from tutor.judge.code.evidence import ALIKE, Evidence, same
from tutor.judge.code.misshapen import misshapen
from tutor.judge.code.passes import mistaken
from tutor.judge.code.task import Task
from tutor.judge.code.uses import Uses
from tutor.judge.messages import SLIP_WORDS

Array = np.ndarray[Any, Any]


def explained(
    task: Task, uses: Uses, name: str, evidence: Sequence[Evidence], wanted: Sequence[Array]
) -> Finding:
    """What went wrong in the learner's array of a quantity, by everything that is known.

    evidence: at both sets of sizes; wanted: for each what the array should be, given the arrays
    that it is made from.
    """
    cases = [
        Case(one, np.stack([x.astype(np.float64) for x in one.given[name]]), right)
        for one, right in zip(evidence, wanted, strict=True)
    ]
    if any(case.own.shape != case.wanted.shape for case in cases):
        return misshapen(task, name, cases)
    searches: tuple[Callable[[Task, Uses, str, Sequence[Case]], Finding | None], ...] = (
        _not_numbers,
        _nearly,
        _simple,
        _of_consumers,
        _ratios,
        _wrong_rules,
        _of_others,
        _in_part,
    )
    for search in searches:
        found = search(task, uses, name, cases)
        if found is not None:
            return found
    return Finding("unknown", "is not right; no single slip that is known explains it")


def _not_numbers(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    own = np.concatenate([case.own.ravel() for case in cases])
    if np.isfinite(own).all():
        if own.any():
            return None
        return Finding("missing_chain_factor", "is 0 everywhere")
    what = "nan" if np.isnan(own).any() else "inf"
    every = " everywhere" if not np.isfinite(own).any() else ""
    return Finding("domain_mismatch", f"is {what}{every}, where the gradient is a number")


def _simple(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """What the right array becomes by one thing done to it."""
    axes = cases[0].axes
    if all_same(cases, lambda case: -case.wanted):
        return Finding("sign_error", "has the opposite sign")
    if axes >= 2 and all_same(cases, lambda case: turned(case.wanted)):
        return Finding("transpose_error", "is right, but transposed")
    if _slides(task, uses, name):
        for count in range(1, min(axes, 2) + 1):
            if all_same(cases, partial(_flipped, tuple(range(-count, 0)))):
                return Finding("kernel_flip", "is right, but turned round")
    for chosen in subsets(axes):
        for verb, reduce in (("summed", np.sum), ("averaged", np.mean)):
            if all_same(cases, partial(spread, reduce, chosen)):
                told = f"is {verb} over {axes_text(chosen, axes)}, which has to stay"
                return Finding("wrong_axis", told)
    return None


def _slides(task: Task, uses: Uses, name: str) -> bool:
    """Whether a kernel slides between a quantity and those made of it."""
    ops = [task.graph.steps[place].op for place in uses.inside[name]]
    return any(op is not None and op.name in _SLIDING for op in ops)


_SLIDING = frozenset({"corr", "conv", "corr_full", "conv_full"})


def _of_consumers(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """A path that is lost or counted twice, or a gradient handed on unchanged."""
    consumers = uses.consumers[name]
    for consumer in consumers:
        if consumer != task.loss and all_same(cases, partial(_gradient, consumer)):
            told = (
                f"is {task.gradients[consumer]} handed on unchanged: a local derivative is missing"
            )
            return Finding("missing_chain_factor", told)
    if len(consumers) < 2:
        return None
    for truly in (False, True):
        parts = [
            dict(zip(consumers, case.evidence.contributions(name, consumers, truly), strict=True))
            for case in cases
        ]
        for lost in _lost(consumers):
            left = [
                np.sum([part for consumer, part in each.items() if consumer not in lost], axis=0)
                for each in parts
            ]
            if all(same(x, case.own) for x, case in zip(left, cases, strict=True)):
                through = " and ".join(task.spelled[consumer] for consumer in lost)
                return Finding("missing_branch", f"lacks what comes back through {through}")
        for twice in consumers:
            doubled = [np.sum([*each.values(), each[twice]], axis=0) for each in parts]
            if all(same(x, case.own) for x, case in zip(doubled, cases, strict=True)):
                told = f"counts what comes back through {task.spelled[twice]} twice"
                return Finding("extra_term", told)
            turned = [np.sum([*each.values(), -2 * each[twice]], axis=0) for each in parts]
            if all(same(x, case.own) for x, case in zip(turned, cases, strict=True)):
                told = f"takes what comes back through {task.spelled[twice]} with the wrong sign"
                return Finding("sign_error", told)
    return None


def _lost(consumers: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Which paths may be lost: one, or up to all but one where there are few."""
    most = len(consumers) - 1 if len(consumers) <= 4 else 1
    for count in range(1, most + 1):
        yield from combinations(consumers, count)


def _ratios(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """A number too many or too few: the same at every point, or at every point of one set."""
    ratios = []
    for case in cases:
        each = _ratio(case)
        if each is None:
            return None
        ratios.append(each)
    flat = np.concatenate(ratios)
    if _alike(flat):
        return Finding("constant_factor", "is off by a constant factor")
    if all(_alike(each) for each in ratios):
        for told, factor in _counts(task, cases):
            if all(_alike(np.append(r, f)) for r, f in zip(ratios, factor, strict=True)):
                return Finding("batch_mean", f"is off by {told}")
        return Finding("batch_mean", "is off by a factor that depends on the number of entries")
    return None


def _counts(task: Task, cases: Sequence[Case]) -> Iterator[tuple[str, list[float]]]:
    sizes = [case.evidence.task.sizes[case.evidence.points.which] for case in cases]
    for size in sizes[0]:
        told = task.spelled[size]
        for power in (1, -1, 2, -2):
            words = "a factor" if power > 0 else "a factor 1 over"
            yield (
                f"{words} {told}{'²' if abs(power) == 2 else ''}",
                [float(each[size]) ** power for each in sizes],
            )


def _ratio(case: Case) -> Array | None:
    """By what the array is off at each point, where that is one number; None where it is not."""
    own, wanted = case.own.reshape(len(case.own), -1), case.wanted.reshape(len(case.wanted), -1)
    found = np.full(len(own), np.nan)
    for k, (mine, right) in enumerate(zip(own, wanted, strict=True)):
        place = int(np.argmax(np.abs(right))) if right.size else 0
        if not right.size or right[place] == 0:
            continue
        factor = mine[place] / right[place]
        if not same((factor * right)[None], mine[None]):
            return None
        found[k] = factor
    found = found[np.isfinite(found)]
    return found if found.size else None


def _alike(x: Array) -> bool:
    return bool(np.all(np.abs(x - x[0]) <= ALIKE * np.abs(x[0])))


def _wrong_rules(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """One wrong rule in the step from the consumers to this quantity."""
    own = [case.own for case in cases]
    found = mistaken(uses, name, [case.evidence for case in cases], own)
    if found is None:
        return None
    label, place = found
    step = _step(task, place)
    if label == "missing_chain_factor":
        return Finding(label, f"lacks a local derivative: see {step}")
    if label == "activation_for_derivative":
        return Finding(label, f"has a value where a slope belongs: see {step}")
    if label == "missing_branch":
        spelled = task.spelled[name]
        return Finding(label, f"lacks one of its paths: {spelled} is used more than once")
    return Finding(label, f"is off at {step}: {SLIP_WORDS[label].short}")


_SIGNS = {"mul": "*", "add": "+", "sub": "-", "div": "/", "matmul": "@", "pow": "**", "neg": "-"}


def _step(task: Task, place: int) -> str:
    """`the tanh in the line of h`."""
    step = task.graph.steps[place]
    name = step.op.name if step.op is not None else "="
    line, _ = task.exercise.forward[step.line]
    return f"the {_SIGNS.get(name, name)} in the line of {task.spelled[line]}"


def _of_others(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """The gradient of another quantity, or right but for a value added or multiplied in."""
    for other in task.wanted:
        if other != name and all_same(cases, partial(_truth, other)):
            return Finding("wrong_target", f"is what {task.gradients[other]} should be")
    for value in _named(task):
        for label, told, operation in _BY_VALUE:
            if all_same(cases, partial(_with_value, operation, value)):
                return Finding(label, told)
    return None


def _named(task: Task) -> list[str]:
    return [name for name in task.graph.places if name not in task.graph.sizes]


def _with_value(operation: Callable[[Array, Array], Array], name: str, case: Case) -> Array:
    """What each array should be, with the value of a quantity brought in entry by entry; nothing
    where that does not fit."""
    value = case.evidence.value(name)
    shape = (len(value), *(1,) * (case.wanted.ndim - value.ndim), *value.shape[1:])
    try:
        with np.errstate(all="ignore"):
            found = operation(case.wanted, value.reshape(shape))
    except ValueError:
        return np.zeros(0)
    return found if np.isfinite(found).all() else np.zeros(0)


_BY_VALUE: tuple[tuple[str, str, Callable[[Array, Array], Array]], ...] = (
    ("missing_chain_factor", "lacks a factor", np.divide),
    ("extra_chain_factor", "has a factor too many", np.multiply),
    ("extra_term", "has a summand too many", np.add),
    ("missing_branch", "lacks a summand", np.subtract),
)


def _nearly(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """Right to some digits."""
    if all(same(case.own, case.wanted, 1e-4) for case in cases):
        told = "is nearly right: a number in it is rounded or added, or it is a difference quotient"
        return Finding("rounded_constant", told)
    return None


def _in_part(task: Task, uses: Uses, name: str, cases: Sequence[Case]) -> Finding | None:
    """Right but for a number added, right at some of the points."""
    off = np.concatenate([(case.own - case.wanted).ravel() for case in cases])
    if _alike(off) and off[0] != 0:
        return Finding("additive_constant", "has a constant added to every entry")
    right = [
        same(mine[None], true[None])
        for case in cases
        for mine, true in zip(case.own, case.wanted, strict=True)
    ]
    if 4 * sum(right) >= len(right):
        return Finding("domain_mismatch", "is right for some inputs and wrong for others")
    return None


def _gradient(name: str, case: Case) -> Array:
    """The learner's gradient of another quantity, or the true one where theirs is of no use."""
    own = case.evidence.own.get(name)
    return case.evidence.truth[name].value if own is None else own


def _truth(name: str, case: Case) -> Array:
    return np.asarray(case.evidence.truth[name].value)


def _flipped(axes: tuple[int, ...], case: Case) -> Array:
    return np.flip(case.wanted, axes)
