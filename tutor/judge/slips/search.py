"""What is known of a false side while it is searched for explanations, and those found so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tutor.judge.slips import costs
from tutor.judge.slips.points import Point
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import (
    UNFIT,
    Steps,
    StepsSpentError,
    Wanted,
    Worked,
    in_order,
    value_at,
)
from tutor.judge.slips.wrong import Problem, WrongLine
from tutor.judge.verdict import Candidate
from tutor.language.tree import Derivative, Expression

Array = Any
Span = tuple[int, int]

SIMPLE = (-1.0, 2.0, 0.5, -2.0, -0.5)
"""Factors that may be wrong beside another slip."""

_POINTS = 8
_EXACT = 1e-13
_ALIKE = 1e-3
_MOST = 3
_IN_ALL = 5700
_TO_BEGIN = 100_000
"""Steps to work the side out at all points, which the limits on lines bound already."""

_PLAIN = frozenset("neg add sub mul gt lt ge le eq ne where step sign floor".split())


@dataclass(frozen=True, slots=True)
class Hit:
    """An explanation that holds at all points."""

    cost: float
    label: str
    span: Span
    fact: str = ""


class Search:
    """The points, the learner's side worked out, and the explanations found so far.

    answers: what the side says at each point. in_proportion: it is a constant number times the
    truth; by_constant: it differs from it by a constant number. rewrites: it only writes a true
    side otherwise. direction: along which errors of sweeps are compared first.
    """

    def __init__(self, problem: Problem, wrong: WrongLine) -> None:
        self.problem = problem
        self.wrong = wrong
        self.steps = Steps(_TO_BEGIN)
        self.points, self.worked = _differing(_points(problem, wrong), wrong.tree, self.steps)
        self.hits: list[Hit] = []
        point = self.points[0]
        factors = _factors(problem)
        left = wrong.left
        asked = None if left is None else (left.of, left.by)
        self.known = Quantities(problem.graph, point, tuple(problem.own), factors, asked)
        self.truth = Wanted(point.truth)
        self.answers = [self.worked.value]
        if self.worked.value is not None:
            self.answers += [self.value_at(wrong.tree, p) for p in self.points[1:]]
        self.whole = (wrong.start, wrong.end)
        self.spare = _IN_ALL
        self.in_proportion = False
        self.by_constant = False
        self.rewrites = _rewrites(wrong)
        self.direction = np.cos(np.arange(1.0, self.truth.value.size + 1) * 2.3).reshape(
            self.truth.shape
        )

    def within(self, steps: int, search: Callable[[], None]) -> None:
        """Run one part of the search with a budget of its own."""
        given = min(steps, self.spare)
        self.steps.left = given
        try:
            search()
        except StepsSpentError:
            pass
        self.spare -= given - max(0, self.steps.left)

    @property
    def best(self) -> float:
        """The cost of the best explanation so far."""
        return min([hit.cost for hit in self.hits], default=np.inf)

    @property
    def fits(self) -> bool:
        """Whether the side has the shape of the truth."""
        value = self.worked.value
        return value is not None and value.shape == self.truth.shape

    def hit(self, label: str, way: str, span: Span, extra: float = 0.0, fact: str = "") -> None:
        """Note an explanation."""
        if way == "rule" and self.rewrites:
            extra += costs.REWRITTEN
        self.hits.append(Hit(costs.cost(label, way) + extra, label, span, fact))

    def nearly_right(self) -> None:
        """A side that is wrong by less than screening can see, or nowhere at these points."""
        gaps = [
            float(np.max(np.abs(answer - point.truth)) / (np.max(np.abs(point.truth)) or 1.0))
            for answer, point in zip(self.answers, self.points, strict=True)
        ]
        label = "rounded_constant" if max(gaps) > _EXACT else "domain_mismatch"
        gap = np.concatenate(
            [np.ravel(a - p.truth) for a, p in zip(self.answers, self.points, strict=True)]
        )
        if len(gap) > 2 and np.all(np.abs(gap - gap[0]) <= _ALIKE * abs(gap[0])) and gap[0]:
            label = "additive_constant"
        self.hit(label, "ratio", self.whole)

    def predicts(self, value: Callable[[Point], Array]) -> bool:
        """Whether a formula gives the learner's side at the other points."""
        for point, answer in zip(self.points[1:], self.answers[1:], strict=True):
            try:
                if answer is None or not Wanted(answer).same(np.asarray(value(point))[()]):
                    return False
            except UNFIT:
                return False
        return True

    def value_at(self, tree: Expression, point: Point) -> Array:
        """The value of a tree at a point, None where it does not fit."""
        return value_at(tree, point, self.steps)

    def candidates(self) -> tuple[Candidate, ...]:
        """The explanations found, the best first, one for each label."""
        best: dict[str, Hit] = {}
        for hit in sorted(self.hits, key=lambda h: (h.cost, size(h.span))):
            known = best.get(hit.label)
            if known is None:
                best[hit.label] = hit
            elif hit.cost < known.cost + 1 and _inside(hit.span, known.span):
                best[hit.label] = replace(known, span=hit.span, fact=hit.fact or known.fact)
        if not best:
            return (self.last_resort(),)
        _prefer(best)
        if self.wrong.before and "algebra_slip" not in best:
            price = costs.cost("algebra_slip", "edit" if self.rewrites else "ratio")
            best["algebra_slip"] = Hit(price, "algebra_slip", self.whole)
        order = sorted(best.values(), key=lambda h: h.cost)[:_MOST]
        return tuple([Candidate(h.label, h.span, h.label != "algebra_slip", h.fact) for h in order])

    def last_resort(self) -> Candidate:
        """What to say of a side that nothing explains."""
        if not self.fits:
            unfit = next((t for t in self.worked.terms if self.worked.at(t) is None), None)
            span = self.whole if unfit is None else (unfit.start, unfit.end)
            return Candidate("shape_mismatch", span, True)
        if self.wrong.before:
            return Candidate("algebra_slip", self.whole, False)
        return Candidate("unknown", self.whole, False)


def _prefer(best: dict[str, Hit]) -> None:
    """Put the narrower of two explanations first that say the same.

    One factor named for another often makes the gradient of another quantity: the factor is what
    a learner can find in the line. The same goes for a factor that stands there to be taken out.
    """
    for broad, narrow, most in _NARROWER:
        one, other = best.get(broad), best.get(narrow)
        if one is None or other is None or size(other.span) >= size(one.span):
            continue
        if one.cost < other.cost <= one.cost + most:
            best[narrow] = replace(other, cost=one.cost - 0.01)


_NARROWER = (
    ("wrong_target", "wrong_node", 0.3),
    ("power_rule", "extra_chain_factor", 0.3),
)
"""Pairs of slips: the broad one, the narrow one, and how much dearer this may be."""


def _rewrites(wrong: WrongLine) -> bool:
    """Whether the side only writes a true one otherwise: no derivative is worked out in it."""
    if not wrong.before:
        return False
    mine = {t for t in in_order(wrong.tree) if isinstance(t, Derivative)}
    return all(not isinstance(t, Derivative) or t in mine for t in in_order(wrong.before[-1]))


def size(span: Span) -> int:
    return span[1] - span[0]


def _inside(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] <= inner[1] <= outer[1] and inner != outer


def _points(problem: Problem, wrong: WrongLine) -> list[Point]:
    """The points, the first one where no entry of the truth is 0 if there is such a one."""
    count = max(
        [len(v.value) for v in (*problem.values.values(), wrong.truth) if hasattr(v, "value")],
        default=1,
    )
    made = [
        Point(i, problem.graph, problem.values, problem.nodes, wrong.truth, problem.derivative)
        for i in range(min(count, _POINTS))
    ]
    good = [p for p in made if np.all(np.isfinite(p.truth))]
    return sorted(good, key=lambda p: -_nonzero(p.truth)) or made


def _differing(points: list[Point], tree: Expression, steps: Steps) -> tuple[list[Point], Worked]:
    """The points, one of those first where the side is not true by chance, and the side there."""
    worked = Worked(tree, points[0], steps)
    if worked.value is None or not Wanted(points[0].truth).same(worked.value):
        return points, worked
    for place, point in enumerate(points[1:], 1):
        if not Wanted(point.truth).same(value_at(tree, point, steps)):
            return [point, *points[:place], *points[place + 1 :]], Worked(tree, point, steps)
    return points, worked


def _nonzero(value: Array) -> float:
    return float(np.count_nonzero(value))


def _factors(problem: Problem) -> tuple[str, ...]:
    """Names of possible factors: quantities, local derivatives (`#3`), parts of them (`#-3`,
    `#+3`) and values of steps without a name (`#=3`)."""
    graph = problem.graph
    names = [name for name in graph.places if name not in graph.sizes]
    names += [name for name in problem.own if name not in graph.places]
    for i, step in enumerate(graph.steps):
        if step.op is None or not step.op.elementwise or step.op.name in _PLAIN:
            continue
        if len(step.operands) == 1 or (step.op.name == "pow" and not graph.live[step.operands[1]]):
            names.append(f"#{i}")
        if step.op.name in ("sigmoid", "tanh"):
            names += [f"#-{i}", f"#+{i}"]
    for i, step in enumerate(graph.steps):
        if step.op is None or step.name is not None or step.op.name in _PLAIN:
            continue
        if graph.live[i]:
            names.append(f"#={i}")
    return tuple(names)
