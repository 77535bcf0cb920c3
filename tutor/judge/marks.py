"""From what was found about each line to the verdict: its label, its marks, its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.arrays.bounded import NAMESPACE
from tutor.judge import counter, links, messages
from tutor.judge.checking import Checker, Finding
from tutor.judge.form import Forms, constant_of, names_in
from tutor.judge.ground import Ground
from tutor.judge.links import Linked
from tutor.judge.slips import Problem, WrongLine, diagnose
from tutor.judge.verdict import Candidate, CounterExample, Judged, Mark, Verdict
from tutor.language.errors import shortened
from tutor.language.lines import Line, Side
from tutor.language.tree import Call, Derivative, Expression
from tutor.language.unparse import unparse

if TYPE_CHECKING:
    from tutor.judge.gradients import Subject

DIAGNOSIS_FAILED = "diagnosis failed"
"""How a note on a fault in the search for slips begins."""

_SCREENING = 6
_WIDEST = 3.0
_MOST = 3
_AXES = (None, 0, 1, -1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was found about one line. side, finding: of its first false side, None where the line
    is true. before: true sides of the same subject before that. follows: the line above whose
    mistake this one repeats."""

    line: Line
    subject: Subject
    side: Side | None = None
    finding: Finding | None = None
    before: tuple[Expression, ...] = ()
    follows: int | None = None


def verdict(
    checker: Checker,
    rulings: Sequence[Ruling],
    forms: Forms,
    target: Derivative,
    seed: int,
) -> Verdict:
    """The verdict on lines that work out a derivative."""
    wrong = next((ruling for ruling in rulings if ruling.finding is not None), None)
    if wrong is not None:
        return first_wrong(checker, rulings, wrong, target, seed)
    lines = tuple([Judged(ruling.line.number, "≈") for ruling in rulings])
    label = forms.missing
    if label is None:
        return Verdict("correct", None, None, None, None, (), "", lines, seed)
    message = messages.of_incomplete(label, unparse(target))
    return Verdict("incomplete", None, label, None, None, (), message, lines, seed)


def first_wrong(
    checker: Checker,
    rulings: Sequence[Ruling],
    wrong: Ruling,
    target: Derivative | None,
    seed: int,
) -> Verdict:
    """The verdict on an answer whose first false line is this one."""
    side, finding = wrong.side, wrong.finding
    if side is None or finding is None:
        raise ValueError("a line without a false side is not wrong")
    number, span = wrong.line.number, (side.start, side.end)
    reason = _reason(finding)
    if reason is not None:
        message = _refusal(reason, number)
        lines = _marked(rulings, wrong, reason, span, message, "?")
        return Verdict("reject", number, reason, span, None, (), message, lines, seed)
    candidates, notes = _candidates(checker, wrong, side, finding, target)
    best = candidates[0]
    message = messages.of_slip(best.label, number + 1, _piece(wrong.line.text, best.span))
    if best.label == "shape_mismatch" and (best.fact or finding.message):
        message = f"{message.removesuffix('.')}: {best.fact or finding.message}."
    elif side.relation != "=":
        message = f"Line {number + 1}: this bound does not hold everywhere ({best.label})."
    shown = _example(checker, wrong, side, finding)
    if shown is not None and target is None:
        shown = replace(shown, against="before")
    lines = _marked(rulings, wrong, best.label, best.span, message, "✗")
    return Verdict(
        "wrong", number, best.label, best.span, shown, candidates, message, lines, seed, notes
    )


def _reason(finding: Finding) -> str | None:
    """Why a side is refused instead of being wrong, None where it is wrong."""
    match finding:
        case Finding(outcome="nowhere"):
            return "not_finite"
        case Finding(outcome="vague"):
            return "number_too_large"
        case Finding(outcome="misfit", term=Call(keywords=keywords)):
            axes = [one.value for one in keywords if one.name == "axis"]
            return "bad_arguments" if any(axis not in _AXES for axis in axes) else None
    return None


def _refusal(reason: str, number: int) -> str:
    if reason == "bad_arguments":
        return f"Line {number + 1}: an axis is 0, 1 or -1."
    if reason == "not_finite":
        return f"Line {number + 1}: it has no finite value nearly everywhere."
    return f"Line {number + 1}: its numbers are so large that nothing is left of the rest."


def _marked(
    rulings: Sequence[Ruling],
    wrong: Ruling,
    label: str,
    span: tuple[int, int],
    message: str,
    mark: Mark,
) -> tuple[Judged, ...]:
    marked: list[Judged] = []
    for ruling in rulings:
        number = ruling.line.number
        if ruling is wrong:
            marked.append(Judged(number, mark, label, span, message))
        elif ruling.follows is not None:
            marked.append(Judged(number, "~", follows=ruling.follows))
        elif ruling.finding is None:
            marked.append(Judged(number, "≈"))
        else:
            side = ruling.side
            place = None if side is None else (side.start, side.end)
            marked.append(Judged(number, "✗", None, place))
    return tuple(marked)


def _candidates(
    checker: Checker, wrong: Ruling, side: Side, finding: Finding, target: Derivative | None
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """What explains a false side, the best first; never empty. And what the search met."""
    whole = (side.start, side.end)
    if wrong.subject.kind == "given":
        return (Candidate("contradicts_given", whole),), ()
    if finding.outcome == "partly":
        return (Candidate("domain_mismatch", whole),), ()
    if side.relation != "=" and finding.outcome == "false":
        number = constant_of(side.expression) is not None
        return (Candidate("constant_factor" if number else "algebra_slip", whole),), ()
    found, notes = _diagnosed(checker, wrong, side, finding, target)
    if not found:
        found = (_otherwise(side, finding),)
    return found[:_MOST], notes


def _diagnosed(
    checker: Checker, wrong: Ruling, side: Side, finding: Finding, target: Derivative | None
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """What the search for slips finds. That the line is false stands, whatever the search for
    the cause meets; a fault in it is kept as a note."""
    try:
        found = diagnose(*posed(checker, wrong, side, finding, target))
    except Exception as error:
        return (), (f"{DIAGNOSIS_FAILED}: {type(error).__name__}",)
    return tuple([one for one in found if one.label != "unknown"]), ()


def _otherwise(side: Side, finding: Finding) -> Candidate:
    """The label of a false side that nothing explains."""
    whole = (side.start, side.end)
    if finding.outcome in ("misfit", "shape"):
        term = finding.term
        span = whole if term is None else (term.start, term.end)
        return Candidate("shape_mismatch", span, fact=finding.message)
    if finding.agrees:
        return Candidate("domain_mismatch", whole)
    return Candidate("unknown", whole, confirmed=False)


def posed(
    checker: Checker, wrong: Ruling, side: Side, finding: Finding, target: Derivative | None
) -> tuple[Problem, WrongLine]:
    """A false side as a question to `diagnose`: a few moderate points, and what is true there."""
    ground = _screening(checker, wrong, side, finding)
    truth = wrong.subject.truth(ground)
    if isinstance(truth, Linked):
        truth = links.ordinary(NAMESPACE, truth)
    problem = Problem(
        ground.setting.graph,
        ground.nodes,
        ground.values,
        ground.derivative,
        dict(checker.own),
        target,
    )
    line = WrongLine(side.expression, side.start, side.end, truth, wrong.subject.left, wrong.before)
    return problem, line


def _screening(checker: Checker, wrong: Ruling, side: Side, finding: Finding) -> Ground:
    """The points to look for slips at: moderate ones where the truth is not 0; half of them where
    the side is false, if it is true at others."""
    ground = finding.ground if finding.ground is not None else checker.first
    truth = wrong.subject.truth(ground)
    array = links.ordinary(NAMESPACE, truth) if isinstance(truth, Linked) else truth
    value = np.broadcast_to(array.value.reshape(len(array.value), -1), (ground.count, array.size))
    good = ground.usable & ground.defined & np.isfinite(value).all(axis=1)
    filled = (value != 0).mean(axis=1) if array.size else np.ones(ground.count)
    cost = np.where(good, 0.0, 100.0) - 10 * filled + np.abs(np.log(ground.scales))
    cost = cost + np.where(ground.scales > _WIDEST, 20.0, 0.0)
    if finding.agrees and finding.outcome == "false":
        compared, _, _ = checker.compared(ground, side.expression, wrong.subject.truth)
        differs = np.flatnonzero(compared.differs.any(axis=1))
        cost[differs[np.argsort(cost[differs], kind="stable")[: _SCREENING // 2]]] -= 1000.0
    chosen = np.argsort(cost, kind="stable")[:_SCREENING]
    return ground.part(chosen)


def _example(
    checker: Checker, wrong: Ruling, side: Side, finding: Finding
) -> CounterExample | None:
    if finding.outcome in ("misfit", "shape"):
        return None
    graph = checker.setting.graph
    trees = [side.expression, *checker.own.values(), *wrong.before]
    named = set(names_in(trees))
    if wrong.subject.left is not None:
        named.update((wrong.subject.left.of, wrong.subject.left.by))
    if wrong.subject.name:
        named.add(wrong.subject.name)
    places = [graph.places[name] for name in named if name in graph.places]
    shown = [
        variable.name
        for variable in checker.setting.exercise.variables
        if any(graph.ancestors[place] >> graph.places[variable.name] & 1 for place in places)
    ]
    return counter.example(checker, side.expression, wrong.subject.truth, finding, shown)


def _piece(text: str, span: tuple[int, int]) -> str:
    """The part of a line that is meant, empty where it is nearly all of it."""
    part = text[slice(*span)].strip()
    whole = text.rpartition("=")[2].strip()
    return "" if part in ("", text.strip(), whole) else f"{shortened(part, 60)}."


def follows(ruling: Ruling, line: int) -> Ruling:
    """The ruling on a line that repeats the mistake of one above it."""
    return replace(ruling, follows=line)
