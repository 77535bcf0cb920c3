"""Check 4: a gradient that is the small difference of large contributions.

At an optimum the examples of a batch pull in both directions and every gradient cancels: that is
no fault. So contributions are first added up by the line of the program that they come from: the
examples of a loop come from one line, two terms of a loss from two. A parameter whose lines cancel
to a thousandth is a finding in two cases.

- Others do not cancel. Then this is no optimum but two terms that pull against each other. Whether
  others cancel is measured over all products that were added up for them, those in a matrix
  product included: q = Σ|g| / Σ√(Σ t²), which is about 1 for terms of random sign. One other
  parameter with q of a tenth or more is enough.
- What cancels is huge: 1000 times the larger of the result and 1. The rounding error of the large
  contributions then stands in the first digits of what is left.

The second case is judged at every node, the first at parameters only: inside a softmax or a
normalisation written out by hand the contributions cancel by design.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import numpy_
from engine.backward import unbroadcast, vjp
from engine.ops.declare import Op
from engine.passes import Pass
from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.finding import Finding, nothing, unjudged
from tutor.debugger.audit.naming import counted, listed, told
from tutor.render.expressions import gradient_name, name_of
from tutor.render.numbers import number
from tutor.render.report import Row
from tutor.render.values import inline, is_scalar

CHECK = "cancellation"
_LEFT = 1e-3
_HUGE = 1000.0
_STEADY = 0.1
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Pull:
    """What one line passes on to a node in all, and the last of its contributions."""

    amount: Any
    contribution: int


@dataclass(frozen=True, slots=True)
class _Cancelled:
    node: int
    pulls: tuple[_Pull, ...]
    left: float


def cancelling(audited: Audited) -> list[Finding]:
    """Gradients of which a thousandth is left when the lines they come from are added up."""
    candidates = list(_candidates(audited))
    if not candidates:
        if not np.isfinite(audited.amount_squares).any() and len(audited.p.amounts):
            return unjudged(CHECK, "no contribution is finite")
        return nothing(CHECK, "no gradient is the small difference of large contributions")
    parameters = set(audited.parameters)
    steady = _somebody_is_steady(audited, {found.node for found in candidates})
    findings = [
        found
        for found in candidates
        if (found.node in parameters and steady) or _is_huge(audited, found)
    ]
    if not findings:
        return nothing(
            CHECK, f"{counted(len(candidates), 'gradient')} cancel as all do near an optimum"
        )
    findings.sort(key=lambda found: (found.node not in parameters, found.left))
    return [_finding(audited, found) for found in findings[:_MOST]]


def _candidates(audited: Audited) -> Iterator[_Cancelled]:
    p = audited.p
    count = np.bincount(p.targets, minlength=len(p.ops))
    with np.errstate(all="ignore"):
        sizes = np.sqrt(audited.amount_squares)
        together = np.bincount(p.targets, weights=sizes, minlength=len(p.ops))
        left = np.sqrt(audited.gradient_squares) / together
    for node in np.flatnonzero((count > 1) & (left <= _LEFT)).tolist():
        pulls = _pulls(audited, node)
        if len(pulls) < 2:
            continue
        whole = sum(float(np.abs(pull.amount).sum()) for pull in pulls)
        remains = float(np.abs(p.gradients[node]).sum())
        if np.isfinite(whole) and whole > 0 and remains <= _LEFT * whole:
            yield _Cancelled(node, pulls, remains / whole)


def _pulls(audited: Audited, node: int) -> tuple[_Pull, ...]:
    """What arrives at a node, by the line that it comes from, the largest first."""
    p = audited.p
    by_line: dict[Any, list[int]] = defaultdict(list)
    for event in p.arrivals(node):
        k = event - p.backward_start - 1
        if k >= 0:
            source = int(p.sources[k])
            by_line[p.locations[source] or p.ops[source]].append(k)
    pulls = [_Pull(sum(np.asarray(p.amounts[k]) for k in ks), ks[-1]) for ks in by_line.values()]
    return tuple(sorted(pulls, key=lambda pull: -float(np.abs(pull.amount).sum())))


def _is_huge(audited: Audited, found: _Cancelled) -> bool:
    p = audited.p
    result = float(np.abs(p.values[p.output]).max(initial=0.0))
    largest = float(np.abs(found.pulls[0].amount).max(initial=0.0))
    return largest >= _HUGE * max(1.0, result)


def _somebody_is_steady(audited: Audited, but: set[int]) -> bool:
    """Whether there is a parameter of which a tenth of what random signs leave is left. Data and
    targets tell nothing: their gradients are not added up over the examples."""
    p = audited.p
    return any(
        remaining(audited, node) >= _STEADY
        for node in audited.parameters
        if node not in but
        and audited.reached[node]
        and not _is_data(audited, node)
        and np.isfinite(p.gradients[node]).all()
    )


def _is_data(audited: Audited, node: int) -> bool:
    """Whether a leaf stands where data and targets do: beside a weight, below a difference, in a
    loss."""
    users = set(audited.p.consumers[node])
    return all(
        audited.weight_of(user) != node
        if audited.products[user]
        else _measures(audited.p.ops[user])
        for user in users
    )


def _measures(op: Op | None) -> bool:
    return op is not None and (op.name == "sub" or (not op.elementwise and op.arity > 1))


def remaining(audited: Audited, node: int) -> float:
    """q of the module's docstring: the gradient beside what terms of random sign would leave."""
    p = audited.p
    squares = np.zeros(np.shape(p.values[node]))
    for event in p.arrivals(node):
        k = event - p.backward_start - 1
        squares = squares + (_squared_terms(audited, k) if k >= 0 else np.square(p.seed))
    random = float(np.sqrt(squares).sum())
    return float(np.abs(p.gradients[node]).sum()) / random if random > 0 else 0.0


def _squared_terms(audited: Audited, k: int) -> Any:
    """The sum of squares of the terms that a contribution is the sum of: an op that multiplies
    does with squares what it does with numbers."""
    p = audited.p
    source, slot = int(p.sources[k]), int(p.slots[k])
    op: Any = p.ops[source]
    if op.elementwise:
        return _squared_entries(p, source, slot)
    if not audited.products[source]:
        return np.square(np.asarray(p.amounts[k], dtype=np.float64))
    operands = p.operands[source]
    return vjp(
        op,
        np.square(np.asarray(p.gradients[source], dtype=np.float64)),
        p.values[source],
        [np.square(np.asarray(p.values[i], dtype=np.float64)) for i in operands],
        p.params.get(source, {}),
        [i == slot for i in range(len(operands))],
    )[slot]


def _squared_entries(p: Pass, source: int, slot: int) -> Any:
    """The same for an op of single entries, added up where its operand was broadcast."""
    slopes = np.asarray(p.local(source, slot), dtype=np.float64)
    entries = np.square(slopes * np.asarray(p.gradients[source], dtype=np.float64))
    return unbroadcast(numpy_.NAMESPACE, entries, np.asarray(p.values[p.operands[source][slot]]))


def _finding(audited: Audited, found: _Cancelled) -> Finding:
    trace = audited.trace
    node = audited.first + found.node
    gradient = gradient_name(trace, node)
    sources = [audited.first + int(audited.p.sources[pull.contribution]) for pull in found.pulls]
    if is_scalar(audited.p.values[found.node]):
        amounts = listed(
            [
                f"{number(float(pull.amount))} from {told(trace, source)}"
                for pull, source in zip(found.pulls, sources, strict=True)
            ]
        )
    else:
        amounts = f"from {listed([told(trace, source) for source in sources])}"
    text = f"{gradient} cancels to {_portion(found.left)}: {amounts}"
    rows = tuple(
        Row(
            (
                ("    ", "text"),
                (inline(pull.amount, most=4), "gradient"),
                (f"  from {told(trace, source)}", "quiet"),
            ),
            source,
            audited.event_of(pull.contribution),
        )
        for pull, source in zip(found.pulls[:4], sources, strict=False)
        if not is_scalar(pull.amount)
    )
    return Finding(
        CHECK,
        "warning",
        text,
        "see whether one of them has the wrong sign; else write the difference out before it is "
        "multiplied",
        rows,
        node,
        event=trace.arrivals(node)[-1],
        location=trace.nodes[sources[0]].location,
        data={"kind": "cancels", "left": found.left, "name": name_of(trace, node)},
    )


def _portion(left: float) -> str:
    return "0" if left == 0 else f"{number(100 * left, digits=2)} %"
