"""The worked solution: from the loss back to the target, one line for each quantity on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tutor.judge.exercise import Exercise, derivative_named
from tutor.judge.form import names_in
from tutor.judge.worked import algebra
from tutor.judge.worked.closing import closed
from tutor.judge.worked.guided import WorkedStep, steps_of
from tutor.judge.worked.rules import reason, rule_name
from tutor.judge.worked.sizes import Shape, Size, UnwritableError, shape_of
from tutor.judge.worked.sweep import Arrival, arrival
from tutor.judge.worked.terms import Term, filled
from tutor.language.errors import LanguageError
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Name,
    Number,
    Transpose,
    Unary,
    walk,
)
from tutor.language.unparse import unparse

LONGEST_CLOSED = 64
"""Characters of an answer that is still written out in one line."""

_MORE_THAN_ONE = 1009


@dataclass(frozen=True, slots=True)
class Step:
    """A step before it is written: the gradient of one quantity, and what it is made of."""

    of: Derivative
    expression: Expression
    rule: str
    why: str
    sources: tuple[str, ...]


def worked(exercise: Exercise, target: str) -> tuple[WorkedStep, ...] | None:
    """The derivation of a target such as `dL/dw`, as lines of the language.

    Every line says what it works out, `dL/dz = …`, in terms of the forward quantities and of
    gradients that an earlier line worked out. Of an identity or a bound they are the lines that its
    author gave. None where there are none, for a target that is no gradient of a number, and where
    the language has no words for a rule.
    """
    if exercise.find != "gradient":
        return steps_of(exercise) or None
    steps = derived(exercise, target)
    if not steps:
        return None
    lines = [WorkedStep(written(step.of, step.expression), step.rule, step.why) for step in steps]
    if exercise.final_form == "closed":
        last = closing(exercise, steps)
        single = len(lines) == 1
        if last is not None and last.line != lines[-1].line:
            if not single:
                lines.append(last)
            elif len(last.line) < len(lines[0].line):
                lines.append(replace(last, rule="simplify", why="the same in fewer signs"))
    return tuple(lines)


def derived(exercise: Exercise, target: str) -> tuple[Step, ...]:
    """The steps of a derivation, as trees; empty where there is none to be had."""
    try:
        wanted = derivative_named(target, exercise.vocabulary)
    except LanguageError:
        return ()
    if wanted is None or exercise.find != "gradient":
        return ()
    for spare in (True, False):
        try:
            return _Derivation(exercise, wanted).steps(spare=spare)
        except (UnwritableError, RecursionError):
            continue
    return ()


def closing(exercise: Exercise, steps: tuple[Step, ...]) -> WorkedStep | None:
    """The answer with everything put together, where it is short enough to be read."""
    try:
        full = _Derivation(exercise, steps[-1].of).closed()
    except (UnwritableError, RecursionError):
        return None
    line = written(steps[-1].of, full)
    if len(line) > LONGEST_CLOSED:
        return None
    return WorkedStep(line, "put together", "every gradient is replaced by what it was found to be")


def written(of: Derivative, expression: Expression) -> str:
    """A line of text."""
    text = unparse(_plain_derivatives(expression))
    mask = isinstance(expression, Compare)
    return f"{unparse(of)} = {f'({text})' if mask else text}"


def _plain_derivatives(term: Expression) -> Expression:
    """A term in which `dL/dz` is one word, which needs no parentheses around it in a product."""
    match term:
        case Derivative():
            return Name(unparse(term))
        case Binary(sign="/" | "**", right=Derivative()) | Transpose(operand=Derivative()):
            return term
        case Binary() | Compare():
            left, right = _plain_derivatives(term.left), _plain_derivatives(term.right)
            return replace(term, left=left, right=right)
        case Unary() | Transpose():
            return replace(term, operand=_plain_derivatives(term.operand))
        case Call():
            return replace(term, operands=tuple(map(_plain_derivatives, term.operands)))
    return term


def known_shapes(exercise: Exercise) -> dict[str, Shape]:
    """The shape of every quantity and size of an exercise, in names."""
    # A dimension counts as larger than 1 whatever its example, so that no axis is lost.
    sizes = {
        name: Size(size if size > 1 else _MORE_THAN_ONE + place, Name(name))
        for place, (name, size) in enumerate(exercise.dims.items())
    }
    known: dict[str, Shape] = dict.fromkeys(sizes, ())
    for variable in exercise.variables:
        shape = [sizes[one] if isinstance(one, str) else one for one in variable.shape]
        known[variable.name] = tuple(shape)
    for name, expression in exercise.forward:
        known[name] = shape_of(expression, known)
    return known


class _Derivation:
    """The gradients of one quantity, worked out from the last forward line to the first."""

    def __init__(self, exercise: Exercise, wanted: Derivative) -> None:
        self.lines = exercise.forward
        self.known = known_shapes(exercise)
        self.simplexes = frozenset(
            one.name for one in exercise.variables if one.domain == "simplex"
        )
        self.of, self.by = wanted.of, wanted.by
        self.constants: dict[str, Term] = {}
        if self.known[self.of] or self.by not in self.known or self.by in exercise.dims:
            raise UnwritableError("not the gradient of a number by a quantity")

    def steps(self, *, spare: bool) -> tuple[Step, ...]:
        """The steps. spare: a gradient that is one number for all entries has no line of its own,
        and the number stands for it."""
        names = self.on_the_way()
        steps: list[Step] = []
        for name in names:
            arrivals = self.arrivals(name, {})
            if not arrivals:
                continue
            total = added(arrivals)
            tree = algebra.factored(total.tree)
            gradient = Term(tree, self.known, self.known[name], total.places)
            if spare and gradient.number is not None and name != self.by:
                self.constants[name] = gradient
                continue
            expression = self.named(filled(gradient, Name(name)))
            sources = tuple(
                dict.fromkeys(term.by for term in walk(expression) if isinstance(term, Derivative))
            )
            rule = rule_name(arrivals, self.known, chained=bool(sources))
            of = Derivative(self.of, name)
            steps.append(Step(of, expression, rule, reason(arrivals), sources))
        if not steps or steps[-1].of.by != self.by:
            return ()
        return tuple(steps)

    def closed(self) -> Expression:
        """The last gradient, with nothing but forward quantities in it."""
        found: dict[str, Term] = {}
        for name in self.on_the_way():
            arrivals = self.arrivals(name, found)
            if arrivals:
                found[name] = closed(added(arrivals).as_shape(self.known[name]), self.simplexes)
        return self.named(filled(found[self.by], Name(self.by)))

    def named(self, term: Expression) -> Expression:
        """A term in which whatever a forward line computes has its name."""
        for name, expression in self.lines:
            if name != self.of and term == expression and not isinstance(term, Name | Number):
                return Name(name)
        match term:
            case Binary() | Compare():
                return replace(term, left=self.named(term.left), right=self.named(term.right))
            case Unary() | Transpose():
                return replace(term, operand=self.named(term.operand))
            case Call():
                return replace(term, operands=tuple(map(self.named, term.operands)))
        return term

    def on_the_way(self) -> list[str]:
        """The quantities between the loss and the target, the last one first, the target too."""
        uses = {name: names_in([expression]) for name, expression in self.lines}
        reached = {self.by}
        for name, used in uses.items():
            if used & reached and name != self.by:
                reached.add(name)
        needed = {self.of}
        for name, used in reversed(uses.items()):
            if name in needed:
                needed |= used
        if self.by not in needed:
            return []
        order = [name for name in reversed(uses) if name in reached & needed and name != self.of]
        return [*[name for name in order if name != self.by], self.by]

    def arrivals(self, name: str, found: Mapping[str, Term]) -> list[Arrival]:
        """What arrives at a quantity, from the last forward line to the first."""
        arrivals: list[Arrival] = []
        for line, expression in reversed(self.lines):
            if name == line or not self.leads_on(line):
                continue
            upstream = self.upstream(line, found)
            one = arrival(expression, Name(line), name, upstream, self.known)
            if one is not None:
                arrivals.append(one)
        return arrivals

    def upstream(self, line: str, found: Mapping[str, Term]) -> Term:
        if line == self.of:
            return Term(algebra.ONE, self.known)
        if line in found:
            return found[line]
        if line in self.constants:
            return self.constants[line]
        return Term(Derivative(self.of, line), self.known)

    def leads_on(self, line: str) -> bool:
        """Whether the loss depends on a quantity."""
        needed = {self.of}
        for name, expression in reversed(self.lines):
            if name in needed:
                needed |= names_in([expression])
        return line in needed


def added(arrivals: list[Arrival]) -> Term:
    """The sum over all paths."""
    total = arrivals[0].gradient
    for one in arrivals[1:]:
        total = total + one.gradient
    return total
