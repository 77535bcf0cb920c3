"""Explanations by a reverse sweep in which one rule, or one path, is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.judge.graph import Graph
from tutor.judge.slips import costs
from tutor.judge.slips.paths import cuts, of_cut
from tutor.judge.slips.points import Point
from tutor.judge.slips.rules import mistakes
from tutor.judge.slips.search import SIMPLE, Search, Span
from tutor.judge.slips.slopes import Mistake
from tutor.judge.slips.sweep import Sweep
from tutor.judge.slips.terms import UNFIT, Steps, Wanted
from tutor.language.tree import Derivative, Name, children

Array = Any

_NEAR = 1e-5
_MOST_ENTRIES = 24
_MOST_WHOLE = 10
"""How many cuts are tried whose effect takes a sweep of its own to know."""


def wrong_rules(search: Search) -> None:
    """Reverse sweeps with one wrong rule."""
    left = search.wrong.left
    if left is None or not search.known.depends(left.of, left.by) or not search.fits:
        return
    sweeps = Sweeps(search.problem.graph, search.points, left, search.steps)
    if not search.truth.same(sweeps[0].truth):
        return
    _lost_paths(search, sweeps)
    _one_mistake(search, sweeps)
    _entries_alone(search, sweeps)
    _shared(search, sweeps)
    _broken_off(search, sweeps)
    _slopes_alone(search, sweeps)


def _one_mistake(search: Search, sweeps: Sweeps) -> None:
    """One step that passes on the wrong thing."""
    first = sweeps[0]
    moving = frozenset(first.between)
    wanted = [(1.0, _needed(search, 1.0))]
    if not search.in_proportion:
        wanted += [(number, _needed(search, number)) for number in SIMPLE]
    for place in reversed(first.between[1:]):
        for mistake in mistakes(search.problem.graph, place, moving, first.nodes):
            errors = first.errors(place, mistake.rule)
            if not errors:
                continue
            found = first.along(errors, search.direction)
            for number, need in wanted:
                if abs(found - need) > _NEAR * abs(need):
                    continue
                if not _explained(search, sweeps, {place: mistake}, number):
                    continue
                if number == 1.0:
                    span = _spot(search, first, place, mistake)
                    search.hit(mistake.label, "rule", span, mistake.extra)
                else:
                    search.hit(mistake.label, "rule", search.whole, costs.DOUBLE, "and a factor")
                break


def _needed(search: Search, number: float) -> float:
    """What an error has to be along the direction, if the side is too large by a factor."""
    error = search.answers[0] / number - search.truth.value
    return float(np.vdot(search.direction, error))


def _lost_paths(search: Search, sweeps: Sweeps) -> None:
    """Paths of the chain rule that are not counted."""
    first = sweeps[0]
    need = _needed(search, 1.0)
    whole = 0
    for cut in cuts(search.problem.graph, first.between):
        errors = first.cut_errors(cut)
        if errors is None:
            whole += 1
            if whole > _MOST_WHOLE:
                continue
        else:
            search.steps.take()
            if abs(first.along(errors, search.direction) - need) > _NEAR * abs(need):
                continue
        if all(
            Wanted(answer).same(sweeps[i].with_cut(cut)) for i, answer in enumerate(search.answers)
        ):
            for label in of_cut(search.problem.graph, first.between, cut):
                # A path whose share is a constant is lost more often than a constant is.
                extra = -0.3 if search.by_constant else 0.05 * (len(cut) - 1)
                search.hit(label, "rule", search.whole, extra)


def _shared(search: Search, sweeps: Sweeps) -> None:
    """The same wrong rule at every step of one op."""
    first = sweeps[0]
    graph = search.problem.graph
    moving = frozenset(first.between)
    for places in _alike(graph, first.between[1:]):
        if len(places) < 2:
            continue
        made = [
            [m for m in mistakes(graph, place, moving, first.nodes) if m.shared] for place in places
        ]
        for together in zip(*made, strict=False):
            if _explained(search, sweeps, dict(zip(places, together, strict=True)), 1.0):
                search.hit(together[0].label, "rule", search.whole, 0.2)


def _explained(search: Search, sweeps: Sweeps, wrong: dict[int, Mistake], number: float) -> bool:
    """Whether sweeps with wrong rules give the learner's side, at all points."""
    rules = {place: mistake.rule for place, mistake in wrong.items()}
    for i, answer in enumerate(search.answers):
        value = sweeps[i].with_rules(rules)
        if value is None or not Wanted(answer).same(np.asarray(value * number)[()]):
            return False
    return True


def _entries_alone(search: Search, sweeps: Sweeps) -> None:
    """Each entry of an array taken to depend on the same entry of another alone."""
    left = search.wrong.left
    if left is None or not 0 < search.truth.value.size <= _MOST_ENTRIES or not search.truth.shape:
        return
    mine = Wanted(search.answers[0])
    for name in search.known.like(search.truth.value):
        if name == left.by or not search.known.depends(name, left.by):
            continue
        place = search.problem.graph.places[name]
        if place not in sweeps[0].arrived or search.problem.graph.steps[place].op is None:
            continue
        if not mine.same(sweeps[0].alone(place)):
            continue
        if all(
            Wanted(answer).same(sweeps[i].alone(place)) for i, answer in enumerate(search.answers)
        ):
            ops = {search.problem.graph.steps[i].op for i in sweeps[0].between}
            shares = any(op is not None and op.name in ("softmax", "exp") for op in ops)
            search.hit(
                "softmax_diagonal_only" if shares else "missing_branch", "rule", search.whole
            )


def _broken_off(search: Search, sweeps: Sweeps) -> None:
    """A chain that ends too early: what arrives at a step on the way."""
    mine = Wanted(search.answers[0])
    for place in sweeps[0].between[1:-1]:
        if search.problem.graph.steps[place].name is not None:
            continue
        value = sweeps[0].arrived.get(place)
        if value is None or not (mine.same(value) or mine.same(-value)):
            continue
        sign = 1.0 if mine.same(value) else -1.0
        if all(
            Wanted(answer).same(np.asarray(sign * sweeps[i].arrived[place])[()])
            for i, answer in enumerate(search.answers)
        ):
            search.hit("missing_chain_factor", "rule", search.whole, 0.2 if sign > 0 else 0.6)


def _slopes_alone(search: Search, sweeps: Sweeps) -> None:
    """(uv)' = u'v' and (u/v)' = u'/v'."""
    first = sweeps[0]
    for place in first.between[1:]:
        step = search.problem.graph.steps[place]
        if step.op is None or step.op.name not in ("mul", "div"):
            continue
        one, other = step.operands
        if one == other or not {one, other} <= set(first.between):
            continue
        if all(
            Wanted(answer).same(_of_slopes(sweeps[i], place, one, other, step.op.name))
            for i, answer in enumerate(search.answers)
        ):
            search.hit("product_quotient_rule", "rule", search.whole)


def _spot(search: Search, sweep: Sweep, place: int, mistake: Mistake) -> Span:
    """Where in the side a wrong rule shows: the term that has the value of its factor."""
    if mistake.wrong is not None:
        try:
            value = np.asarray(mistake.wrong(sweep.spot(place)))[()]
        except UNFIT:
            return search.whole
        wanted = Wanted(value)
        for term in search.worked.terms:
            told = bool(children(term)) or isinstance(term, Name)
            if told and wanted.same(search.worked.at(term)):
                return (term.start, term.end)
    return search.whole


class Sweeps:
    """The true sweeps at all points, each made when it is asked for."""

    def __init__(self, graph: Graph, points: list[Point], left: Derivative, steps: Steps) -> None:
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


def _of_slopes(sweep: Sweep, place: int, one: int, other: int, op: str) -> Array:
    upstream, a, b = sweep.arrived[place], sweep.slope(one), sweep.slope(other)
    if upstream is None or upstream.shape != a.shape:
        return None
    return np.asarray(upstream * (a * b if op == "mul" else a / b))[()]
