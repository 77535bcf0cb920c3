"""Identities, equalities up to a constant or a factor, and bounds: chains of terms, in which each
is judged against the one above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.arrays.bounded import Bounded
from tutor.judge import messages
from tutor.judge.bounding import check_bound
from tutor.judge.checking import Checker, Finding, Truth
from tutor.judge.form import expanded, same_form
from tutor.judge.given import Exercise
from tutor.judge.gradients import Subject
from tutor.judge.ground import Ground
from tutor.judge.links import Linked
from tutor.judge.marks import Ruling, first_wrong
from tutor.judge.setting import Setting
from tutor.judge.upto import check_up_to, constants_of
from tutor.judge.verdict import Judged, Verdict
from tutor.language.lines import Line, LineRelation, Side
from tutor.language.tree import Expression, Name
from tutor.language.unparse import unparse

_UP = frozenset({"<=", "<"})
_DOWN = frozenset({">=", ">"})


def judged(setting: Setting, lines: Sequence[Line], seed: int) -> Verdict:
    """The verdict on a chain from the exercise's start to its goal."""
    exercise = setting.exercise
    if exercise.start is None or exercise.goal is None:
        raise ValueError("a statement has a start and a goal")
    chain = _Chain(setting, exercise.start, exercise.goal, seed)
    for place, line in enumerate(lines):
        chain.rule(line, any(not later.continues for later in lines[place + 1 :]))
    wrong = next((one for one in chain.rulings if one.finding is not None), None)
    if wrong is not None:
        found = first_wrong(chain.checker, chain.followed(wrong), wrong, None, seed)
        # Two numbers show nothing where a constant or a factor may lie between them.
        return replace(found, counter_example=None) if exercise.up_to else found
    marks = tuple([Judged(one.line.number, "≈") for one in chain.rulings])
    if chain.reached:
        return Verdict("correct", None, None, None, None, (), "", marks, seed)
    message = messages.of_way(unparse(exercise.goal))
    return Verdict("incomplete", None, "unresolved", None, None, (), message, marks, seed)


class _Chain:
    """How far a chain has come: its last term, and the relations on the way there."""

    def __init__(self, setting: Setting, start: Expression, goal: Expression, seed: int) -> None:
        self.checker = Checker(setting, seed)
        constants = constants_of(self.checker, setting.exercise)
        self.exercise: Exercise = replace(setting.exercise, constants=constants)
        self.goal = goal
        self.last = start
        self.steps: list[tuple[Expression, frozenset[str]]] = [(start, frozenset())]
        self.relations: frozenset[str] = frozenset()
        self.reached = False
        self.rulings: list[Ruling] = []

    def rule(self, line: Line, more: bool) -> None:
        """Judge one line. more: another line begins anew below it."""
        sides = list(line.sides)
        if line.defines and isinstance(line.left, Name):
            self.define(line, line.left.name)
            return
        if line.left is not None:
            whole = Side("=", line.left, line.left.start, line.left.end)
            sides = [whole, *sides]
        remark = False
        if not line.continues:
            first = sides[0]
            if self.joins(first.expression):
                sides = sides[1:]
            elif len(sides) > 1 and (more or isinstance(first.expression, Name)):
                remark = self.is_true(sides)
        if remark:
            self.rulings.append(Ruling(line, self.subject(sides[0].expression)))
            return
        for side in sides:
            finding = self.check(self.last, side.relation, side.expression)
            if not finding.holds:
                subject = self.subject(self.last)
                self.rulings.append(Ruling(line, subject, side, finding, (self.last,)))
                self.go_on(side)
                return
            self.go_on(side)
        self.rulings.append(Ruling(line, self.subject(self.last)))
        if self.arrived():
            self.reached = True

    def define(self, line: Line, name: str) -> None:
        side = line.sides[0]
        finding = self.checker.worked_out(side.expression)
        self.checker.define(name, side.expression)
        subject = replace(self.subject(side.expression), kind="own", name=name)
        if not finding.holds:
            self.rulings.append(Ruling(line, subject, side, finding))
            return
        for further in line.sides[1:]:
            finding = self.check(side.expression, further.relation, further.expression)
            if not finding.holds:
                self.rulings.append(Ruling(line, subject, further, finding, (side.expression,)))
                return
        self.rulings.append(Ruling(line, subject))

    def joins(self, tree: Expression) -> bool:
        """Whether a line begins by saying again what stands above; the chain goes on from there."""
        for known, relations in reversed(self.steps):
            if same_form(self.spelled(tree), self.spelled(known)):
                self.last, self.relations = tree, relations
                return True
        return False

    def is_true(self, sides: Sequence[Side]) -> bool:
        """Whether some sides are true of each other, but not of what stands above."""
        if self.check(self.last, "=", sides[0].expression).holds:
            return False
        last = sides[0].expression
        for side in sides[1:]:
            if not self.check(last, side.relation, side.expression).holds:
                return False
            last = side.expression
        return True

    def check(self, last: Expression, relation: LineRelation, tree: Expression) -> Finding:
        """Whether two terms stand in a relation."""
        truth = self.subject(last).truth
        if relation != "=":
            return check_bound(self.checker, last, relation, tree)
        if self.exercise.up_to and not same_form(last, tree):
            return check_up_to(self.checker, self.exercise, tree, truth)
        return self.checker.check(tree, truth, last)

    def go_on(self, side: Side) -> None:
        self.last = side.expression
        if side.relation != "=":
            self.relations |= {side.relation}
        self.steps.append((self.last, self.relations))

    def arrived(self) -> bool:
        """Whether the last term is the goal, and all relations led one way."""
        one_way = not (self.relations & _UP and self.relations & _DOWN)
        return one_way and same_form(self.spelled(self.last), self.goal)

    def spelled(self, tree: Expression) -> Expression:
        return expanded(tree, self.checker.own)

    def subject(self, tree: Expression) -> Subject:
        def truth(ground: Ground) -> Bounded | Linked:
            return ground.value(tree)

        wanted: Truth = truth
        return Subject("remark", wanted)

    def followed(self, wrong: Ruling) -> list[Ruling]:
        """The rulings, with what goes on from the wrong line marked as following from it."""
        beyond = False
        done: list[Ruling] = []
        for ruling in self.rulings:
            if beyond and ruling.finding is None and ruling.subject.kind != "own":
                ruling = replace(ruling, follows=wrong.line.number)
            beyond = beyond or ruling is wrong
            done.append(ruling)
        return done
