"""The lines of a gradient: each judged against the true value of its own left side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.arrays.bounded import Bounded, constant
from tutor.judge import following
from tutor.judge.checking import Checker, Finding, Truth
from tutor.judge.form import Forms
from tutor.judge.ground import Ground
from tutor.judge.links import Linked
from tutor.judge.marks import Ruling, verdict
from tutor.judge.setting import Setting
from tutor.judge.verdict import Verdict
from tutor.language.lines import Line, Side
from tutor.language.tree import Derivative, Expression, Name

Kind = Literal["target", "derivative", "own", "given", "remark"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the sides of a line should equal."""

    kind: Kind
    truth: Truth
    left: Derivative | None = None
    name: str = ""


def judged(setting: Setting, target: Derivative, lines: Sequence[Line], seed: int) -> Verdict:
    """The verdict on lines that work out a derivative."""
    judging = _Judging(setting, target, lines, seed)
    for line in lines:
        judging.rule(line)
    rulings = following.marked(judging.checker, setting.exercise.loss, judging.rulings)
    return verdict(judging.checker, rulings, judging.forms, target, seed)


class _Judging:
    """How far the judging of an answer has come."""

    def __init__(
        self, setting: Setting, target: Derivative, lines: Sequence[Line], seed: int
    ) -> None:
        self.setting = setting
        self.checker = Checker(setting, seed)
        self.target = target
        self.lines = lines
        backprop = setting.exercise.final_form == "backprop"
        self.forms = Forms(setting.graph, target, backprop)
        self.subject = self.of_derivative(target)
        self.before: list[Expression] = []
        self.rulings: list[Ruling] = []

    def of_derivative(self, left: Derivative) -> Subject:
        left = Derivative(left.of, left.by)

        def truth(ground: Ground) -> Bounded | Linked:
            return ground.derivative(left.of, left.by)

        return Subject("target" if left == self.target else "derivative", truth, left)

    def of_name(self, name: str) -> Subject:
        def truth(ground: Ground) -> Bounded | Linked:
            value = ground.values[name]
            return value if isinstance(value, Bounded) else constant(value)

        return Subject("own" if name in self.checker.own else "given", truth, None, name)

    def rule(self, line: Line) -> None:
        """Judge one line, and keep what follows from it for the next ones."""
        sides = list(line.sides)
        if not line.continues:
            self.before = []
            if line.defines and isinstance(line.left, Name):
                if not self.define(line, line.left.name, sides[0]):
                    return
                self.subject = self.of_name(line.left.name)
                sides = sides[1:]
            elif isinstance(line.left, Derivative):
                self.subject = self.of_derivative(line.left)
            elif isinstance(line.left, Name):
                self.subject = self.of_name(line.left.name)
            elif self.is_remark(line):
                self.subject = self.of_term(sides[0].expression)
            else:
                self.subject = self.of_derivative(self.target)
        subject = self.subject
        for side in sides:
            tree = side.expression
            finding = self.checked(subject, tree)
            if not finding.holds:
                self.rulings.append(Ruling(line, subject, side, finding, tuple(self.before)))
                return
            self.before.append(tree)
            if subject.left is not None:
                self.forms.derived(subject.left, tree)
            elif subject.kind == "own":
                self.forms.define(subject.name, tree)
        self.rulings.append(Ruling(line, subject))

    def checked(self, subject: Subject, tree: Expression) -> Finding:
        """Whether a side is true."""
        if isinstance(tree, Derivative) and tree == subject.left:
            return Finding("true")
        if subject.kind == "own" and subject.name not in self.checker.first.values:
            return Finding("misfit", message=f"{subject.name} has no value")
        return self.checker.check(tree, subject.truth)

    def of_term(self, tree: Expression) -> Subject:
        def truth(ground: Ground) -> Bounded | Linked:
            return ground.value(tree)

        return Subject("remark", truth)

    def is_remark(self, line: Line) -> bool:
        """Whether a line of equal terms is true of something else than the target, while other
        lines speak of the target."""
        first, *others = line.sides
        if not others or not any(self.is_about_target(one) for one in self.lines if one != line):
            return False
        if self.checked(self.of_derivative(self.target), first.expression).holds:
            return False
        subject = self.of_term(first.expression)
        return all(self.checked(subject, side.expression).holds for side in others)

    def is_about_target(self, line: Line) -> bool:
        if isinstance(line.left, Derivative):
            return line.left == self.target
        return line.left is None and not line.continues and len(line.sides) == 1

    def define(self, line: Line, name: str, side: Side) -> bool:
        """Take up a symbol of the learner's own; a ruling where its term has no value."""
        tree = side.expression
        finding = self.checker.worked_out(tree)
        self.checker.define(name, tree)
        if not finding.holds:
            subject = Subject("own", self.of_term(tree).truth, None, name)
            self.rulings.append(Ruling(line, subject, side, finding))
            return False
        self.forms.define(name, tree)
        return True
