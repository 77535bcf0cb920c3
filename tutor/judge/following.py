"""Which false lines only follow from a wrong one above them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.arrays.bounded import NAMESPACE, Bounded
from tutor.judge import links
from tutor.judge.checking import Checker, ShapesDifferError, aligned
from tutor.judge.equal import compare
from tutor.judge.evaluate import Evaluation, MisfitError
from tutor.judge.form import names_in
from tutor.judge.ground import forced_sweep
from tutor.judge.links import Linked
from tutor.judge.marks import Ruling, follows
from tutor.language.tree import Expression

_MOST_WRONG = 8
"""So many false lines are looked at; an answer with more is not one slip and what follows."""


def marked(checker: Checker, loss: str | None, rulings: Sequence[Ruling]) -> list[Ruling]:
    """The rulings, with `follows` where a false line says what would be true if one above were."""
    done: list[Ruling] = []
    wrong: list[Ruling] = []
    for ruling in rulings:
        if ruling.finding is not None and len(wrong) < _MOST_WRONG:
            cause = _cause(checker, loss, wrong, ruling)
            if cause is not None:
                ruling = follows(ruling, cause)
            wrong.append(ruling)
        done.append(ruling)
    return done


def _cause(
    checker: Checker, loss: str | None, wrong: Sequence[Ruling], ruling: Ruling
) -> int | None:
    """The number of the line that a false one follows from."""
    if not wrong or ruling.side is None:
        return None
    tree = ruling.side.expression
    for one in reversed(wrong):
        about = (one.subject.left, one.subject.name) == (ruling.subject.left, ruling.subject.name)
        if about and one.side is not None and _same(checker, tree, one.side.expression):
            return one.line.number
    used = names_in([tree]) & checker.own.keys()
    for one in wrong:
        mine = {one.subject.name} if one.subject.kind == "own" else set()
        if one.side is not None:
            mine |= names_in([one.side.expression]) & checker.own.keys()
        if used & mine:
            return one.line.number
    return _claimed(checker, loss, wrong, ruling, tree)


def _same(checker: Checker, tree: Expression, other: Expression) -> bool:
    ground = checker.first
    try:
        yours, theirs = aligned(ground.value(tree), ground.value(other))
    except (MisfitError, ShapesDifferError):
        return False
    return not compare(yours, theirs, ground.count).false


def _claimed(
    checker: Checker,
    loss: str | None,
    wrong: Sequence[Ruling],
    ruling: Ruling,
    tree: Expression,
) -> int | None:
    """Whether a line is true in a backward pass that goes on with the gradients claimed above."""
    left = ruling.subject.left
    if loss is None or left is None or left.of != loss:
        return None
    ground = checker.first
    claims: dict[str, Bounded] = {}
    for one in wrong:
        said = one.subject.left
        if said is None or said.of != loss or one.side is None:
            continue
        try:
            value = ground.plain(one.side.expression)
        except MisfitError:
            continue
        if value.shape == ground.shape(said.by):
            claims[said.by] = value
    if not claims:
        return None
    swept = forced_sweep(ground, loss, claims)
    places = checker.setting.graph.places

    def derivative(of: str, by: str) -> Bounded | Linked:
        found = swept.at(places[by]) if of == loss else None
        return found if found is not None else ground.derivative(of, by)

    expected = swept.at(places[left.by])
    if expected is None:
        return None
    try:
        value = Evaluation(ground.values, derivative, NAMESPACE).value(tree)
        if isinstance(value, Linked):
            value = links.ordinary(NAMESPACE, value)
        yours, theirs = aligned(value, expected)
    except (MisfitError, ShapesDifferError):
        return None
    if compare(yours, theirs, ground.count).false:
        return None
    return wrong[0].line.number
