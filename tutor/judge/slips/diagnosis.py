"""The search for the best explanation of a wrong line, within a budget of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tutor.judge.graph import Graph
from tutor.judge.slips import costs, ratios
from tutor.judge.slips.edits import Edit, edits, mentions
from tutor.judge.slips.paths import cuts, of_cut
from tutor.judge.slips.points import Point
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.regroup import regrouped
from tutor.judge.slips.rules import FORMULAS, Mistake, mistakes
from tutor.judge.slips.sweep import Sweep
from tutor.judge.slips.terms import (
    UNFIT,
    Steps,
    StepsSpentError,
    Wanted,
    Worked,
    in_order,
)
from tutor.judge.slips.together import (
    pairs,
    products_together,
    reductions_together,
    renamed_together,
    replaced,
    slopes_together,
)
from tutor.judge.slips.wrong import Problem, WrongLine
from tutor.judge.verdict import Candidate
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Name,
    Number,
    children,
)

Array = Any
Span = tuple[int, int]

_POINTS = 8
_MOST = 3
_MOST_HITS = 40
_MOST_ENTRIES = 24
_MOST_WHOLE = 10
"""How many cuts are tried whose effect takes a sweep of its own to know."""
_NEAR = 1e-5
_NUDGE = 1e-4
_ENOUGH = 4
_LEAST_SHARE = 0.2
_SURE = 1.4
_CLEAR = 1.5
_GOOD = 1.9
_FAIR = 2.3
_SHORT = 800
_LONG = 2200
"""Budgets of steps for the parts of a diagnosis; a step is one term of a tree at one point."""

_REVERSED = {
    "extra_term": "missing_branch",
    "extra_chain_factor": "missing_chain_factor",
    "sign_error": "sign_error",
    "constant_factor": "constant_factor",
    "additive_constant": "additive_constant",
    "power_rule": "power_rule",
    "batch_mean": "batch_mean",
    "missing_sum": "missing_sum",
    "inverted_ratio": "inverted_ratio",
    "wrong_node": "wrong_node",
}
"""What an edit of the true side above is called when it gives the false one below."""

_SIMPLE = (-1.0, 2.0, 0.5, -2.0, -0.5)


@dataclass(frozen=True, slots=True)
class _Hit:
    """An explanation that holds at all points."""

    cost: float
    label: str
    span: Span
    fact: str = ""


def diagnose(problem: Problem, wrong: WrongLine) -> tuple[Candidate, ...]:
    """Up to three slips that explain a false side, the best first; never none.

    Every candidate but the last resorts (`shape_mismatch`, `algebra_slip`, `unknown`) was
    confirmed at points other than the one at which it was found.
    """
    with np.errstate(all="ignore"):
        search = _Search(problem, wrong)
        search.run()
        return search.candidates()


class _Search:
    """The points, the learner's side worked out, and the explanations found so far."""

    def __init__(self, problem: Problem, wrong: WrongLine) -> None:
        self.problem = problem
        self.wrong = wrong
        self.steps = Steps(_LONG)
        self.points = _differing(_points(problem, wrong), wrong.tree, self.steps)
        self.hits: list[_Hit] = []
        point = self.points[0]
        factors = _factors(problem)
        left = wrong.left
        asked = None if left is None else (left.of, left.by)
        self.known = Quantities(problem.graph, point, tuple(problem.own), factors, asked)
        self.truth = Wanted(point.truth)
        self.worked = Worked(wrong.tree, point, self.steps)
        self.answers = [self.worked.value]
        if self.worked.value is not None:
            self.answers += [self.value_at(wrong.tree, p) for p in self.points[1:]]
        self.whole = (wrong.start, wrong.end)
        self.in_proportion = False
        self.rewrites = _rewrites(wrong)
        self.direction = np.cos(np.arange(1.0, self.truth.value.size + 1) * 2.3).reshape(
            self.truth.shape
        )

    def run(self) -> None:
        """Look for explanations, the cheapest kinds first, until none can be better."""
        if self.worked.value is not None and self.truth.same(self.worked.value):
            self.nearly_right()
            return
        self.within(_SHORT, self.compare)
        if self.best <= _SURE:
            few = edits(self.worked, self.known, few=True)
            self.within(_SHORT, lambda: self.tree(self.worked, few))
            return
        tried: list[Edit] = []
        every = edits(self.worked, self.known)
        self.within(_SHORT, lambda: self.tree(self.worked, regrouped(self.worked)))
        self.within(_LONG, lambda: self.tree(self.worked, every, tried))
        if self.best > _CLEAR:
            self.within(_LONG, self.sweeps)
        if self.best > _GOOD:
            self.within(_SHORT, self.together)
            self.within(_SHORT, self.definitions)
            self.within(_SHORT, self.from_above)
        if self.best > _FAIR:
            self.within(_SHORT, lambda: self.tree(self.worked, pairs(self.worked, tried)))

    def within(self, steps: int, search: Callable[[], None]) -> None:
        """Run one part of the search with a budget of its own."""
        self.steps.left = steps
        try:
            search()
        except StepsSpentError:
            pass

    def together(self) -> None:
        """The same slip at several places."""
        for several in (
            renamed_together,
            slopes_together,
            products_together,
            reductions_together,
        ):
            self.tree(self.worked, several(self.worked, self.known))

    def from_above(self) -> None:
        """Single edits that make the side out of the true one that it rewrites."""
        if not self.wrong.before or self.answers[0] is None:
            return
        above = Worked(self.wrong.before[-1], self.known.point, self.steps)
        mine = Wanted(self.answers[0])
        for edit in edits(above, self.known):
            if edit.label not in _REVERSED or not mine.same(
                above.edited(edit.site, above.at(edit.new))
            ):
                continue
            tree = replaced(above.tree, {id(edit.site): edit.new})
            if all(
                Wanted(answer).same(self.value_at(tree, point))
                for point, answer in zip(self.points[1:], self.answers[1:], strict=True)
                if answer is not None
            ):
                label = _REVERSED[edit.label]
                self.hit(label, "edit", self.whole, edit.extra - 0.25)

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
        self.hits.append(_Hit(costs.cost(label, way) + extra, label, span, fact))

    def nearly_right(self) -> None:
        """A side that is wrong by less than screening can see."""
        self.hit("rounded_constant", "ratio", self.whole)

    def compare(self) -> None:
        """Ratios and differences of the whole side."""
        if any(answer is None for answer in self.answers):
            return
        if not self.fits:
            self.diagonal_only()
            self.other_targets()
            return
        ratio = ratios.constant_ratio(self.answers, self.points)
        if ratio is not None:
            self.in_proportion = True
            for found in ratios.of_ratio(ratio, self.known):
                self.hit(found.label, "ratio", self.whole, found.extra, found.fact)
        if ratios.constant_difference(self.answers, self.points):
            self.hit("additive_constant", "ratio", self.whole)
        change = ratios.constant_change(self.answers, self.points)
        if change is not None and ratio is None and change in (-1.0, 2.0, 0.5):
            self.hit("sign_error" if change < 0 else "constant_factor", "ratio", self.whole, 1.3)
        some, share = ratios.agreement(self.answers, self.points)
        if some and self.is_kinked():
            self.hit("domain_mismatch", "ratio", self.whole)
        elif some:
            self.hit("domain_mismatch", "edit", self.whole, -0.1)
        elif _LEAST_SHARE < share < 1 - _LEAST_SHARE / 4:
            self.hit("domain_mismatch", "edit", self.whole)
        self.diagonal_only()
        self.integrated()
        self.formulas()
        for found, value in ratios.comparisons(self.answers[0], self.known):
            if self.predicts(value):
                label = found.label
                if label == "extra_chain_factor" and not mentions(
                    self.worked, self.known, found.fact
                ):
                    label = "missing_chain_factor"
                self.hit(label, "ratio", self.whole, found.extra, found.fact)
        self.other_targets()

    def is_kinked(self) -> bool:
        """Whether the side has more kinks and jumps than the computation: `abs`, `sqrt(x**2)`."""
        mine = sum(
            isinstance(term, Compare)
            or (isinstance(term, Call) and term.function.rstrip("'") in _KINKED)
            or _is_root_of_square(term)
            for term in self.worked.terms
        )
        theirs = sum(
            step.op is not None and step.op.name in _KINKED for step in self.problem.graph.steps
        )
        return mine > theirs

    def diagonal_only(self) -> None:
        """The diagonal of a Jacobian in the place of the whole."""
        truth = self.known.point.truth
        left = self.wrong.left
        if left is None or truth.ndim != 2 or truth.shape[0] != truth.shape[1]:
            return
        if not self.known.point.values[left.of].shape:
            return
        mine = Wanted(self.answers[0])
        diagonal = np.diag(np.diag(truth))
        if mine.same(diagonal) or mine.same(np.diag(truth)):
            if np.any(truth != diagonal):
                self.hit("softmax_diagonal_only", "ratio", self.whole)

    def integrated(self) -> None:
        """A side whose own derivative is the function that was to be differentiated."""
        left = self.wrong.left
        if left is None or self.truth.shape or self.problem.own or not self.is_scalar(left):
            return
        if any(isinstance(term, Derivative) for term in self.worked.terms):
            return
        for point in self.points[:_ENOUGH]:
            slope = self.slope_of_side(point, left.by)
            value = float(point.values[left.of])
            if slope is None or not abs(slope - value) <= _NEAR * (abs(value) + 1e-3):
                return
        self.hit("integrated_instead", "ratio", self.whole)

    def is_scalar(self, left: Derivative) -> bool:
        """Whether both quantities of a derivative are numbers."""
        values = self.known.point.values
        return not values[left.of].shape and not values[left.by].shape

    def slope_of_side(self, point: Point, by: str) -> float | None:
        """The derivative of the side by a number, from a central difference."""
        ends = []
        for nudge in (_NUDGE, -_NUDGE):
            try:
                moved = point.moved(self.problem.graph, by, nudge)
            except UNFIT:
                return None
            value = self.value_at(self.wrong.tree, moved)
            if value is None or value.shape:
                return None
            ends.append(float(value))
        return (ends[0] - ends[1]) / (2 * _NUDGE)

    def formulas(self) -> None:
        """The local derivative of another function, written with the quantity's own value."""
        left = self.wrong.left
        if left is None or left.of not in self.known.point.values:
            return
        mine = Wanted(self.answers[0])
        for formula in FORMULAS:
            value = formula(self.known.point.values[left.of])
            if mine.same(value) and self.predicts(lambda p, f=formula: f(p.values[left.of])):  # type: ignore[misc]
                self.hit("wrong_local_derivative", "ratio", self.whole)

    def other_targets(self) -> None:
        """The gradient of another quantity, or no gradient at all."""
        left = self.wrong.left
        if left is None:
            return
        mine = Wanted(self.answers[0])
        places = self.problem.graph.places
        for name in self.known.names:
            if name not in places:
                continue
            value = self.known.point.values[name]
            if mine.same(value) and self.predicts(lambda p, n=name: p.values[n]):  # type: ignore[misc]
                if name == left.of and name not in self.known.own_slopes:
                    self.hit("not_differentiated", "ratio", self.whole, fact=name)
            for of, by in ((left.of, name), (name, left.by)):
                if (of, by) == (left.of, left.by) or not self.known.depends(of, by):
                    continue
                self.other_derivative(of, by, mine)

    def other_derivative(self, of: str, by: str, mine: Wanted) -> None:
        """Whether the side is another derivative than the one that it should be."""
        left = self.wrong.left
        self.steps.take(2)
        try:
            value = self.known.point.derivative(of, by)
        except UNFIT:
            return
        if left is None or not mine.same(value):
            return
        if not self.predicts(lambda p: p.derivative(of, by)):
            return
        if of != left.of:
            self.hit("missing_chain_factor", "rule", self.whole, -0.1)
        elif self.known.depends(by, left.by):
            self.hit("missing_chain_factor", "rule", self.whole, 0.02)
        else:
            self.hit("wrong_target", "ratio", self.whole, fact=by)

    def sweeps(self) -> None:
        """Reverse sweeps with one wrong rule."""
        left = self.wrong.left
        if left is None or not self.known.depends(left.of, left.by) or not self.fits:
            return
        sweeps = _Sweeps(self.problem.graph, self.points, left, self.steps)
        if not self.truth.same(sweeps[0].truth):
            return
        self.lost_paths(sweeps)
        self.mistakes(sweeps)
        self.entries_alone(sweeps)
        self.shared(sweeps)
        self.broken_off(sweeps)
        self.slopes_alone(sweeps)

    def mistakes(self, sweeps: _Sweeps) -> None:
        """One step that passes on the wrong thing."""
        first = sweeps[0]
        moving = frozenset(first.between)
        wanted = [(1.0, self.needed(1.0))]
        if not self.in_proportion:
            wanted += [(number, self.needed(number)) for number in _SIMPLE]
        for place in reversed(first.between[1:]):
            for mistake in mistakes(self.problem.graph, place, moving, first.nodes):
                errors = first.errors(place, mistake.rule)
                if not errors:
                    continue
                found = first.along(errors, self.direction)
                for number, need in wanted:
                    if abs(found - need) > _NEAR * abs(need):
                        continue
                    if not self.explained(sweeps, {place: mistake}, number):
                        continue
                    if number == 1.0:
                        span = self.spot(first, place, mistake)
                        self.hit(mistake.label, "rule", span, mistake.extra)
                    else:
                        self.hit(mistake.label, "rule", self.whole, costs.DOUBLE, "and a factor")
                    break

    def needed(self, number: float) -> float:
        """What an error has to be along the direction, if the side is too large by a factor."""
        error = self.answers[0] / number - self.truth.value
        return float(np.vdot(self.direction, error))

    def lost_paths(self, sweeps: _Sweeps) -> None:
        """Paths of the chain rule that are not counted."""
        first = sweeps[0]
        need = self.needed(1.0)
        whole = 0
        for cut in cuts(self.problem.graph, first.between):
            errors = first.cut_errors(cut)
            if errors is None:
                whole += 1
                if whole > _MOST_WHOLE:
                    continue
            else:
                self.steps.take()
                if abs(first.along(errors, self.direction) - need) > _NEAR * abs(need):
                    continue
            if all(
                Wanted(answer).same(sweeps[i].with_cut(cut))
                for i, answer in enumerate(self.answers)
            ):
                for label in of_cut(self.problem.graph, first.between, cut):
                    self.hit(label, "rule", self.whole, 0.05 * (len(cut) - 1))

    def shared(self, sweeps: _Sweeps) -> None:
        """The same wrong rule at every step of one op."""
        first = sweeps[0]
        graph = self.problem.graph
        moving = frozenset(first.between)
        for places in _alike(graph, first.between[1:]):
            if len(places) < 2:
                continue
            made = [
                [m for m in mistakes(graph, place, moving, first.nodes) if m.shared]
                for place in places
            ]
            for together in zip(*made, strict=False):
                if self.explained(sweeps, dict(zip(places, together, strict=True)), 1.0):
                    self.hit(together[0].label, "rule", self.whole, 0.2)

    def explained(self, sweeps: _Sweeps, wrong: dict[int, Mistake], number: float) -> bool:
        """Whether sweeps with wrong rules give the learner's side, at all points."""
        rules = {place: mistake.rule for place, mistake in wrong.items()}
        for i, answer in enumerate(self.answers):
            value = sweeps[i].with_rules(rules)
            if value is None or not Wanted(answer).same(np.asarray(value * number)[()]):
                return False
        return True

    def entries_alone(self, sweeps: _Sweeps) -> None:
        """Each entry of an array taken to depend on the same entry of another alone."""
        left = self.wrong.left
        if left is None or not 0 < self.truth.value.size <= _MOST_ENTRIES or not self.truth.shape:
            return
        mine = Wanted(self.answers[0])
        for name in self.known.like(self.truth.value):
            if name == left.by or not self.known.depends(name, left.by):
                continue
            place = self.problem.graph.places[name]
            if place not in sweeps[0].arrived or self.problem.graph.steps[place].op is None:
                continue
            if not mine.same(sweeps[0].alone(place)):
                continue
            if all(
                Wanted(answer).same(sweeps[i].alone(place)) for i, answer in enumerate(self.answers)
            ):
                ops = {self.problem.graph.steps[i].op for i in sweeps[0].between}
                shares = any(op is not None and op.name in ("softmax", "exp") for op in ops)
                self.hit("softmax_diagonal_only" if shares else "missing_branch", "rule", self.whole)

    def broken_off(self, sweeps: _Sweeps) -> None:
        """A chain that ends too early: what arrives at a step on the way."""
        mine = Wanted(self.answers[0])
        for place in sweeps[0].between[1:-1]:
            if self.problem.graph.steps[place].name is not None:
                continue
            value = sweeps[0].arrived.get(place)
            if value is None or not (mine.same(value) or mine.same(-value)):
                continue
            sign = 1.0 if mine.same(value) else -1.0
            if all(
                Wanted(answer).same(np.asarray(sign * sweeps[i].arrived[place])[()])
                for i, answer in enumerate(self.answers)
            ):
                self.hit("missing_chain_factor", "rule", self.whole, 0.2 if sign > 0 else 0.6)

    def slopes_alone(self, sweeps: _Sweeps) -> None:
        """(uv)' = u'v' and (u/v)' = u'/v'."""
        first = sweeps[0]
        for place in first.between[1:]:
            step = self.problem.graph.steps[place]
            if step.op is None or step.op.name not in ("mul", "div"):
                continue
            one, other = step.operands
            if one == other or not {one, other} <= set(first.between):
                continue
            if all(
                Wanted(answer).same(_of_slopes(sweeps[i], place, one, other, step.op.name))
                for i, answer in enumerate(self.answers)
            ):
                self.hit("product_quotient_rule", "rule", self.whole)

    def spot(self, sweep: Sweep, place: int, mistake: Mistake) -> Span:
        """Where in the side a wrong rule shows: the term that has the value of its factor."""
        if mistake.wrong is not None:
            try:
                value = np.asarray(mistake.wrong(sweep.spot(place)))[()]
            except UNFIT:
                return self.whole
            wanted = Wanted(value)
            for term in self.worked.terms:
                if children(term) or isinstance(term, Name):
                    if wanted.same(self.worked.at(term)):
                        return (term.start, term.end)
        return self.whole

    def tree(
        self, worked: Worked, tried: Iterator[Edit], kept: list[Edit] | None = None
    ) -> None:
        """Edits of the learner's tree. kept: takes those that were tried."""
        for edit in tried:
            if kept is not None:
                kept.append(edit)
            if edit.site is worked.tree:
                self.steps.take(1 + len(worked.terms) // 2)
            value = worked.edited(edit.site, worked.at(edit.new))
            if value is None or value.shape != self.truth.shape:
                continue
            if self.truth.same(value):
                if self.is_known(edit):
                    continue
                if self.repaired(edit, 1.0):
                    self.hit(edit.label, "edit", edit.span, edit.extra, edit.fact)
                    if len(self.hits) > _MOST_HITS:
                        return
                continue
            number = None if self.in_proportion else self.truth.ratio(value)
            if number in _SIMPLE and edit.label not in _CHANCY and self.repaired(edit, number):
                self.hit(edit.label, "edit", edit.span, edit.extra + costs.DOUBLE, "and a factor")

    def is_known(self, edit: Edit) -> bool:
        """Whether an explanation as good and as narrow is there already."""
        price = costs.cost(edit.label, "edit") + edit.extra
        return any(
            hit.label == edit.label and hit.cost <= price and _size(hit.span) <= _size(edit.span)
            for hit in self.hits
        )

    def repaired(self, edit: Edit, number: float) -> bool:
        """Whether an edit makes the side true at the other points too, but for a factor."""
        tree = replaced(self.worked.tree, {id(edit.site): edit.new})
        for point in self.points[1:]:
            value = self.value_at(tree, point)
            if value is None or not Wanted(point.truth).same(np.asarray(value / number)[()]):
                return False
        return True

    def definitions(self) -> None:
        """Edits in the definitions of the learner's own symbols that the side names."""
        used = self.used()
        for name in used:
            tree = self.problem.own[name]
            inner = Worked(tree, self.known.point, self.steps)
            if inner.value is None:
                continue
            sites = [t for t in self.worked.terms if isinstance(t, Name) and t.name == name]
            span = (sites[0].start, sites[0].end)
            for edit in edits(inner, self.known):
                value = inner.edited(edit.site, inner.at(edit.new))
                if value is None:
                    continue
                if len(sites) == 1:
                    value = self.worked.edited(sites[0], value)
                else:
                    self.steps.take(len(self.worked.terms))
                    value = self.with_own(name, value, 0)
                if not self.truth.same(value):
                    continue
                new = replaced(tree, {id(edit.site): edit.new})
                if self.holds_with(name, new):
                    self.hit(edit.label, "edit", span, edit.extra + 0.1, edit.fact)

    def used(self) -> list[str]:
        """The learner's own symbols that the side names."""
        own = self.problem.own
        names = [term.name for term in self.worked.terms if isinstance(term, Name)]
        return list(dict.fromkeys(name for name in names if name in own))

    def with_own(self, name: str, value: Array, place: int) -> Array:
        """The side if one of the learner's own symbols had another value."""
        point = self.points[place]
        before = point.values[name]
        point.values[name] = value
        try:
            return Worked(self.wrong.tree, point, self.steps).value
        finally:
            point.values[name] = before

    def holds_with(self, name: str, new: Expression) -> bool:
        """Whether the side is true at the other points with another definition of a symbol."""
        for place in range(1, len(self.points)):
            point = self.points[place]
            value = self.value_at(new, point)
            if value is None:
                return False
            if not Wanted(point.truth).same(self.with_own(name, value, place)):
                return False
        return True

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
        return Worked(tree, point, self.steps).value

    def candidates(self) -> tuple[Candidate, ...]:
        """The explanations found, the best first, one for each label."""
        best: dict[str, _Hit] = {}
        for hit in sorted(self.hits, key=lambda h: (h.cost, _size(h.span))):
            known = best.get(hit.label)
            if known is None:
                best[hit.label] = hit
            elif hit.cost < known.cost + 1 and _inside(hit.span, known.span):
                best[hit.label] = replace(known, span=hit.span, fact=hit.fact or known.fact)
        if not best:
            return (self.last_resort(),)
        if self.wrong.before and "algebra_slip" not in best:
            price = costs.cost("algebra_slip", "edit" if self.rewrites else "ratio")
            best["algebra_slip"] = _Hit(price, "algebra_slip", self.whole)
        order = sorted(best.values(), key=lambda h: h.cost)[:_MOST]
        return tuple(
            [Candidate(h.label, h.span, h.label != "algebra_slip", h.fact) for h in order]
        )

    def last_resort(self) -> Candidate:
        """What to say of a side that nothing explains."""
        if not self.fits:
            unfit = next((t for t in self.worked.terms if self.worked.at(t) is None), None)
            span = self.whole if unfit is None else (unfit.start, unfit.end)
            return Candidate("shape_mismatch", span, True)
        if self.wrong.before:
            return Candidate("algebra_slip", self.whole, False)
        return Candidate("unknown", self.whole, False)


_CHANCY = frozenset({"constant_factor", "sign_error", "batch_mean", "additive_constant"})
"""Slips that a factor beside them says nothing new of."""


def _rewrites(wrong: WrongLine) -> bool:
    """Whether the side only writes a true one otherwise: no derivative is worked out in it."""
    if not wrong.before:
        return False
    mine = {t for t in in_order(wrong.tree) if isinstance(t, Derivative)}
    return all(
        not isinstance(t, Derivative) or t in mine for t in in_order(wrong.before[-1])
    )


def _alike(graph: Graph, places: Sequence[int]) -> list[list[int]]:
    """Steps of one op, and of these the ones with operands of like names."""
    by_op: dict[tuple[str, ...], list[int]] = {}
    for place in places:
        step = graph.steps[place]
        if step.op is None:
            continue
        names = [(graph.steps[k].name or "").rstrip("0123456789") for k in step.operands]
        by_op.setdefault((step.op.name,), []).append(place)
        if len(step.operands) > 1:
            by_op.setdefault((step.op.name, *names), []).append(place)
    found: list[list[int]] = []
    for group in by_op.values():
        if group not in found:
            found.append(group)
    return found


def _is_root_of_square(term: Expression) -> bool:
    if not isinstance(term, Call) or term.function != "sqrt":
        return False
    inner = term.operands[0]
    return isinstance(inner, Binary) and (
        (inner.sign == "**" and inner.right == Number(2.0))
        or (inner.sign == "*" and inner.left == inner.right)
    )


class _Sweeps:
    """The true sweeps at all points, each made when it is asked for."""

    def __init__(
        self, graph: Graph, points: list[Point], left: Derivative, steps: Steps
    ) -> None:
        self.graph = graph
        self.points = points
        self.left = left
        self.steps = steps
        self.made: dict[int, Sweep] = {}

    def __getitem__(self, place: int) -> Sweep:
        if place not in self.made:
            nodes = self.points[place].nodes
            left = self.left
            self.made[place] = Sweep(self.graph, nodes, left.of, left.by, self.steps)
        return self.made[place]


def _of_slopes(sweep: Sweep, place: int, one: int, other: int, op: str) -> Array:
    upstream, a, b = sweep.arrived[place], sweep.slope(one), sweep.slope(other)
    if upstream is None or upstream.shape != a.shape:
        return None
    return np.asarray(upstream * (a * b if op == "mul" else a / b))[()]


def _size(span: Span) -> int:
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
        Point(
            i, problem.graph, problem.values, problem.nodes, wrong.truth, problem.derivative
        )
        for i in range(min(count, _POINTS))
    ]
    good = [p for p in made if np.all(np.isfinite(p.truth))]
    return sorted(good, key=lambda p: -_nonzero(p.truth)) or made


def _differing(points: list[Point], tree: Expression, steps: Steps) -> list[Point]:
    """The points, one of those first where the side is not true by chance."""
    for place, point in enumerate(points):
        value = Worked(tree, point, steps).value
        if value is None or not Wanted(point.truth).same(value):
            return [point, *points[:place], *points[place + 1 :]]
    return points


def _nonzero(value: Array) -> float:
    return float(np.count_nonzero(value))


def _factors(problem: Problem) -> tuple[str, ...]:
    """Names of possible factors: quantities, local derivatives (`#3`) and values of steps without
    a name (`#=3`)."""
    graph = problem.graph
    names = [name for name in graph.places if name not in graph.sizes]
    names += [name for name in problem.own if name not in graph.places]
    for i, step in enumerate(graph.steps):
        if step.op is None or not step.op.elementwise or step.op.name in _PLAIN:
            continue
        if len(step.operands) == 1 or (step.op.name == "pow" and not graph.live[step.operands[1]]):
            names.append(f"#{i}")
    for i, step in enumerate(graph.steps):
        if step.op is not None and step.name is None and step.op.name not in _PLAIN:
            if graph.live[i]:
                names.append(f"#={i}")
    return tuple(names)


_KINKED = frozenset(
    "abs sign relu leaky_relu step maximum minimum max min where gt lt ge le".split()
)
_PLAIN = frozenset("neg add sub mul gt lt ge le eq ne where step sign floor".split())
