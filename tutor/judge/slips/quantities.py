"""What a learner may have mistaken one thing for: the named quantities and their relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tutor.judge.graph import Graph
from tutor.judge.slips.points import Point
from tutor.judge.slips.slopes import ACTIVATIONS
from tutor.language.tree import Call, Expression, Name, Sign

Array = Any


@dataclass(frozen=True)
class Quantities:
    """The quantities of a problem at its first point.

    names: variables, results and the learner's own symbols. factors: names of what may stand as a
    factor, local derivatives among them (their names begin with `#`, which nobody can type).
    asked: the derivative that the side should equal, of and by.
    """

    graph: Graph
    point: Point
    own: Sequence[str]
    factors: Sequence[str]
    asked: tuple[str, str] | None = None

    activations = ACTIVATIONS

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """The names of sizes."""
        return tuple(sorted(self.graph.sizes))

    @cached_property
    def constants(self) -> tuple[tuple[float, str], ...]:
        """Values of steps that depend on no quantity, each with what losing one is called."""
        found: list[tuple[float, str]] = []
        sized: set[int] = {self.graph.places[name] for name in self.graph.sizes}
        for i, step in enumerate(self.graph.steps):
            value = self.point.nodes[i]
            if step.op is None or self.graph.live[i] or value.shape:
                continue
            if not any(k in sized for k in step.operands):
                continue
            sized.add(i)
            rooted = step.op.name in ("sqrt", "pow")
            found.append((float(value), "missing_chain_factor" if rooted else "batch_mean"))
        return tuple(found)

    @cached_property
    def own_slopes(self) -> frozenset[str]:
        """Quantities that an op makes which is its own derivative."""
        return frozenset([name for name, (op, _) in self.made_by.items() if op == "exp"])

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """The numbers that stand in the forward lines."""
        return tuple([s.constant for s in self.graph.steps if s.constant is not None])

    @cached_property
    def counted(self) -> bool:
        """Whether the computation takes a mean or has a size as a factor."""
        return any(
            step.op is not None
            and (
                step.op.name == "mean"
                or any(self.graph.steps[i].name in self.graph.sizes for i in step.operands)
            )
            for step in self.graph.steps
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names of arrays and numbers but sizes."""
        given = [name for name in self.graph.places if name not in self.graph.sizes]
        return (*given, *[name for name in self.own if name not in self.graph.places])

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a quantity."""
        return tuple(self.point.values[name].shape)

    def like(self, value: Array) -> tuple[str, ...]:
        """The names of quantities of the shape of a value."""
        if value is None:
            return ()
        return tuple([name for name in self.names if self.shape(name) == value.shape])

    def broadcasts(self, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a quantity can be a factor of a value without changing its shape."""
        given = self.shape(name)
        return len(given) <= len(shape) and all(
            a in (1, b) for a, b in zip(reversed(given), reversed(shape), strict=False)
        )

    @cached_property
    def made_by(self) -> Mapping[str, tuple[str, Expression]]:
        """Quantities that are an elementwise function of one other: its name, and of what."""
        found: dict[str, tuple[str, Expression]] = {}
        for name, place in self.graph.places.items():
            step = self.graph.steps[place]
            if step.op is None or not step.op.elementwise or len(step.operands) != 1:
                continue
            source = step.term
            if isinstance(source, Call):
                found[name] = (step.op.name, source.operands[0])
        return found

    @cached_property
    def applied(self) -> Mapping[str, tuple[str, ...]]:
        """For each quantity, the elementwise functions that the forward lines take of it."""
        found: dict[str, list[str]] = {}
        for step in self.graph.steps:
            if step.op is None or not step.op.elementwise or len(step.operands) != 1:
                continue
            name = self.graph.steps[step.operands[0]].name
            if name is not None and step.op.name != "neg":
                found.setdefault(name, []).append(step.op.name)
        return {name: tuple(dict.fromkeys(ops)) for name, ops in found.items()}

    @cached_property
    def beside(self) -> Mapping[str, tuple[tuple[Sign, str], ...]]:
        """For each quantity, those that are added to it or taken from it: in the forward lines, or,
        of a result, any given one of its shape."""
        found: dict[str, list[tuple[Sign, str]]] = {}
        steps = self.graph.steps
        for step in steps:
            if step.op is None or step.op.name not in ("add", "sub"):
                continue
            one, other = [steps[k].name for k in step.operands]
            if one and other and one != other:
                sign: Sign = "+" if step.op.name == "add" else "-"
                found.setdefault(one, []).append((sign, other))
        for name, place in self.graph.places.items():
            if steps[place].op is None:
                continue
            for other, given in self.graph.places.items():
                given_one = steps[given].op is None and other not in self.graph.sizes
                if given_one and self.shape(other) == self.shape(name):
                    found.setdefault(name, []).append(("-", other))
        return {name: tuple(dict.fromkeys(pairs)) for name, pairs in found.items()}

    def point_of(self, name: str) -> Expression | None:
        """Where the function that makes a quantity is taken; None for what no function makes."""
        made = self.made_by.get(name)
        return None if made is None or made[0] not in ACTIVATIONS else made[1]

    def one_makes_other(self, one: str, other: str) -> bool:
        """Whether one of two quantities is an elementwise function of the other."""
        return any(
            a in self.made_by and self.made_by[a][1] == Name(b)
            for a, b in ((one, other), (other, one))
        )

    def siblings(self, one: str, other: str) -> bool:
        """Whether two names differ only in their numbers (x1 and x2), or the same activation makes
        both: the gates of a cell."""
        digits = "0123456789"
        a, b = one.rstrip(digits), other.rstrip(digits)
        if a == b and a and one != other:
            return True
        made, like = self.made_by.get(one), self.made_by.get(other)
        return made is not None and like is not None and made[0] == like[0]

    def depends(self, of: str, by: str) -> bool:
        """Whether a quantity depends on another."""
        places = self.graph.places
        return of in places and by in places and of != by and self.graph.depends(of, by)

    @cached_property
    def derivatives(self) -> tuple[tuple[str, str], ...]:
        """Pairs of quantities of which the first depends on the second."""
        names = [name for name in self.graph.places if name not in self.graph.sizes]
        return tuple([(a, b) for a in names for b in names if self.depends(a, b)])
