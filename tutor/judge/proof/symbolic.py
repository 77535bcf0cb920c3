"""A line of a derivation on symbols: both sides become arrays of SymPy expressions, and their
difference has to be reduced to exactly 0, entry by entry.

What a derivative is, SymPy says: the forward lines are run on symbols, with the quantity that is
differentiated by as symbols of its own, and differentiated. Scalars stand as they are; arrays are
proved for two small sets of sizes. Imported by the child process alone: it imports SymPy.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from engine.arrays.symbol_values import Region, region
from engine.arrays.symbols import NAMESPACE, SymbolArray, as_symbols, symbols_like
from engine.errors import EngineError
from engine.proof.symbolic_quotients import Budget, OutOfBudgetError
from engine.proof.symbolic_zero import ZeroTest
from tutor.judge import links, samples
from tutor.judge.chance import Chance
from tutor.judge.evaluate import MisfitError, value_of
from tutor.judge.exercise import Exercise
from tutor.judge.graph import Graph, GraphError, compiled
from tutor.judge.links import Linked
from tutor.judge.proof.lines import Claim, LineClaims
from tutor.judge.proof.symbolic_bounds import at_least
from tutor.judge.proof.symbolic_domains import on_domain
from tutor.judge.sizes import Sizes, choose, shapes_of, sized
from tutor.language.tree import Derivative, Expression, walk

_ENOUGH = 3
"""After how many points it is asked whether a condition can be met on one side alone."""

_SCALES = (1.0,) * 6 + (3.0, 8.0) * 3 + (1.0,) * 12
"""How large the inputs are at the points that are tried until each condition was met on both sides:
first where nothing saturates, then beyond far kinks."""

_MOST_SYMBOLS = 120
_FAILURES = (EngineError, GraphError, MisfitError, ValueError, TypeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Found:
    """why: empty where the line is proved. route: how, one sentence a step."""

    why: str = ""
    route: tuple[str, ...] = ()


class _OpenError(Exception):
    """A difference that could not be reduced to 0."""


@dataclass(slots=True)
class _Steps:
    """What a proof has gone through so far."""

    regions: dict[str, None] = field(default_factory=dict)
    derivatives: dict[str, None] = field(default_factory=dict)
    ops: dict[str, None] = field(default_factory=dict)
    entries: int = 0
    on_domain: bool = False


class Prover:
    """Proves the lines of one derivation.

    definitions: the symbols of the learner's own, in order. seconds: for all lines together.
    """

    def __init__(
        self, exercise: Exercise, definitions: Sequence[tuple[str, Expression]], seconds: float
    ) -> None:
        self.exercise = exercise
        self.definitions = tuple(definitions)
        self.ends = time.monotonic() + seconds
        self.graph = compiled(
            [one.name for one in exercise.variables], exercise.dims, exercise.forward
        )
        self.sizes = _small_sizes(exercise, self.graph)
        self._places: dict[tuple[int, int], _Place] = {}

    def prove(self, line: LineClaims) -> Found:
        """Prove all that a line claims, within what is left of the time."""
        steps = _Steps()
        try:
            for which in range(len(self.sizes)):
                self._prove_at(which, line, steps)
        except _OpenError as error:
            return Found(str(error))
        except OutOfBudgetError as error:
            return Found(str(error))
        except RecursionError:
            return Found("the expressions are nested too deeply for SymPy")
        except MemoryError:
            return Found("the expressions are too large")
        except _FAILURES as error:
            return Found(f"SymPy could not take it: {str(error).splitlines()[0]}")
        return Found("", self._route(line, steps))

    def _prove_at(self, which: int, line: LineClaims, steps: _Steps) -> None:
        """Prove a line for one set of sizes, on both sides of every condition that is met."""
        met: dict[Any, set[bool]] = {}
        certain: set[Any] = set()
        for number in range(len(_SCALES)):
            place = self._place(which, number)
            place.truths = dict(place.given)
            for claim in line.claims:
                place.prove(claim, self.exercise, steps)
            for condition, truth in place.truths.items():
                met.setdefault(condition, set()).add(truth)
            if all(len(truths) == 2 or one in certain for one, truths in met.items()):
                return
            if number == _ENOUGH:
                certain = {one for one, truths in met.items() if _is_certain(one, truths)}
        raise _OpenError("it was proved on the branches that were tried, which are not all")

    def _place(self, which: int, number: int) -> _Place:
        left = self.ends - time.monotonic()
        budget = Budget(seconds=left)
        budget.spend()
        place = self._places.get((which, number))
        if place is None:
            place = _Place(self.exercise, self.graph, self.sizes[which], number, budget)
            for name, body in self.definitions:
                place.define(name, body)
            place.given = dict(place.truths)
            self._places[which, number] = place
        place.budget = budget
        return place

    def _route(self, line: LineClaims, steps: _Steps) -> tuple[str, ...]:
        if not line.claims:
            return ("This line gives a name; there is nothing to prove.",)
        named = [_told(sizes) for sizes in self.sizes if sizes]
        where = f", for {' and for '.join(named)}" if named else ""
        route = [f"The forward lines are run on symbols{where}."]
        if steps.derivatives:
            route.append(f"SymPy differentiates them: {', '.join(steps.derivatives)}.")
        if steps.ops:
            route += [f"On the way: {rule}." for rule in steps.ops]
        if steps.on_domain:
            route.append("What is known of the domain is put in: shares sum to 1, y is 0 or 1.")
        count = f"all {steps.entries} entries" if steps.entries > 1 else "its one entry"
        relation = line.claims[-1].relation
        if relation == "=":
            route.append(f"The difference of both sides is reduced to exactly 0 in {count}.")
        else:
            route.append(f"The larger side less the smaller is nowhere negative, in {count}.")
        if any(steps.regions):
            held = "; ".join(words for words in steps.regions if words)
            route.append(f"That holds on the branches {held}.")
        return tuple(route)


class _Place:
    """The exercise on symbols at one set of sizes, on the branch that a point lies on."""

    def __init__(
        self, exercise: Exercise, graph: Graph, sizes: Sizes, number: int, budget: Budget
    ) -> None:
        self.exercise = exercise
        self.graph = graph
        self.budget = budget
        shapes = {one.name: sized(one.shape, sizes) for one in exercise.variables}
        scale = _SCALES[number]
        drawn = samples.draw(exercise.variables, shapes, Chance(number + 1), (scale,) * 2)
        self.point: dict[Any, float] = {}
        self.values: dict[str, Any] = {name: float(size) for name, size in sizes.items()}
        for one in exercise.variables:
            symbols = symbols_like(shapes[one.name], one.name, **_assumed(one.domain))
            self.values[one.name] = symbols
            self._put(symbols, drawn[one.name][0])
        if len(self.point) > _MOST_SYMBOLS:
            raise OutOfBudgetError(f"{len(self.point)} symbols are too many")
        self._derivatives: dict[tuple[str, str], Any] = {}
        # The conditions that were decided, by the forward lines and the definitions, and by all.
        self.given: dict[Any, bool] = {}
        self.truths: dict[Any, bool] = {}
        with self._on_branch():
            self.steps = graph.forward(self.values, NAMESPACE)
        for name, place in graph.places.items():
            self.values.setdefault(name, self.steps[place])
        self.shapes = tuple([tuple(np.shape(step)) for step in self.steps])

    def define(self, name: str, body: Expression) -> None:
        """Give a symbol of the learner's own its value."""
        with self._on_branch():
            value = value_of(body, self.values, self.derivative, NAMESPACE)
        self.values[name] = _array(value)

    def prove(self, claim: Claim, exercise: Exercise, steps: _Steps) -> None:
        """Prove one claim here. Raises _OpenError where it cannot be done."""
        with self._on_branch():
            left = value_of(claim.left, self.values, self.derivative, NAMESPACE)
            right = value_of(claim.right, self.values, self.derivative, NAMESPACE)
        pairs = _pairs(left, right)
        steps.entries += len(pairs)
        steps.regions.setdefault(_words(self.truths))
        for side in (claim.left, claim.right):
            for term in walk(side):
                if isinstance(term, Derivative):
                    self._note(term, steps)
        test = ZeroTest(self.budget)
        if exercise.up_to and claim.relation == "=":
            constants = {
                symbol for name in exercise.constants for symbol in _entries(self.values[name])
            }
            varying = [symbol for symbol in self.point if symbol not in constants]
            for a, b in pairs:
                if not _alike(a, b, varying, exercise.up_to, test):
                    raise _OpenError("the two sides could not be brought to the same form")
            return
        for a, b in pairs:
            self.budget.spend()
            if claim.relation == "=":
                if test.vanishes(a - b):
                    continue
                if not on_domain(a - b, exercise.variables, self.values, test):
                    raise _OpenError("the difference agrees, but could not be reduced to 0")
                steps.on_domain = True
            else:
                small, large = (a, b) if claim.relation[0] == "<" else (b, a)
                strict = len(claim.relation) == 1
                if not at_least(large - small, strict=strict):
                    raise _OpenError("the bound holds at all points, but could not be proved")

    def derivative(self, of: str, by: str) -> Any:
        """d(of)/d(by) by SymPy, with `by` independent."""
        found = self._derivatives.get((of, by))
        if found is None:
            found = self._derivatives[of, by] = self._differentiated(of, by)
        return found

    def _differentiated(self, of: str, by: str) -> Any:
        inner = self.values[by]
        if by in self.graph.places:
            outer, free = self._cut(of, by)
        else:
            raise EngineError(f"{by} is no quantity of the forward lines")
        shape, axes = np.shape(outer), np.shape(free)
        made = np.empty((*shape, *axes), dtype=object)
        back = dict(zip(_entries(free), _entries(inner), strict=True))
        for place in np.ndindex(shape):
            for at in np.ndindex(axes):
                self.budget.spend()
                symbol = free.view(np.ndarray)[at]
                slope = sympy.diff(outer.view(np.ndarray)[place], symbol)
                made[(*place, *at)] = slope if free is inner else slope.xreplace(back)
        array = as_symbols(made)
        if not shape:
            return array
        diagonal = None
        if self.graph.elementwise(of, by, self.shapes):
            kept = np.empty(shape, dtype=object)
            for place in np.ndindex(shape):
                kept[place] = made[(*place, *place)]
            diagonal = as_symbols(kept)
        return Linked(of, by, len(shape), array, diagonal)

    def _cut(self, of: str, by: str) -> tuple[SymbolArray, SymbolArray]:
        """`of` as a function of symbols for `by`, which no longer depends on anything."""
        place = self.graph.places[by]
        if self.graph.steps[place].op is None and not self.graph.steps[place].operands:
            return _array(self.values[of]), self.values[by]
        free = symbols_like(np.shape(self.steps[place]), f"{by}_")
        here = Region(dict(self.point))
        numbers = np.empty(np.shape(free))
        for at in np.ndindex(np.shape(free)):
            numbers[at] = here.value(_array(self.steps[place]).view(np.ndarray)[at])
        self._put(free, numbers)
        done = list(self.steps)
        done[place] = free
        with self._on_branch():
            for i in (
                self.graph.between(place, self.graph.places[of])
                if self.graph.depends(of, by)
                else ()
            ):
                if i != place:
                    done[i] = self._step(i, done)
        for symbol in _entries(free):
            self.point.pop(symbol)
        return _array(done[self.graph.places[of]]), free

    def _step(self, place: int, done: Sequence[Any]) -> Any:
        step = self.graph.steps[place]
        operands = [done[i] for i in step.operands]
        if step.op is None:
            return operands[0]
        return step.op.forward(NAMESPACE, *operands, **step.params)

    def _note(self, term: Derivative, steps: _Steps) -> None:
        """Note a derivative, and the rules of the ops on its way."""
        steps.derivatives.setdefault(f"d{term.of}/d{term.by}")
        if term.of in self.graph.places and self.graph.depends(term.of, term.by):
            by, of = self.graph.places[term.by], self.graph.places[term.of]
            for place in self.graph.between(by, of)[1:]:
                op = self.graph.steps[place].op
                if op is not None:
                    steps.ops.setdefault(op.rule)

    def _put(self, symbols: SymbolArray, numbers: Any) -> None:
        array = np.asarray(numbers, dtype=float)
        entries = symbols.view(np.ndarray)
        self.point |= {entries[at]: float(array[at]) for at in np.ndindex(array.shape)}

    def _on_branch(self) -> Any:
        return _Branch(self)


class _Branch:
    """Inside it comparisons are decided at the place's point, and the place notes them."""

    def __init__(self, place: _Place) -> None:
        self._place = place
        self._region = region(place.point)

    def __enter__(self) -> Region:
        self._here = self._region.__enter__()
        return self._here

    def __exit__(self, *error: Any) -> None:
        self._region.__exit__(*error)
        self._place.truths |= self._here.truths


def _small_sizes(exercise: Exercise, graph: Graph) -> tuple[Sizes, ...]:
    """Two sets of small sizes, all of a set different; one without any where there are no names."""
    if not exercise.dims:
        return ({},)
    written = {one.name: one.shape for one in exercise.variables}
    names = sorted(exercise.dims, key=lambda name: exercise.dims[name])
    found: list[Sizes] = []
    for first in (2, 3, 4):
        sizes = {name: first + i for i, name in enumerate(names)}
        try:
            shapes_of(written, sizes, graph)
        except GraphError:
            continue
        found.append(sizes)
        if len(found) == 2:
            return tuple(found)
    return tuple(found) or choose(exercise.dims, written, graph)


def _assumed(domain: str) -> dict[str, bool]:
    return {"real": True} if domain == "real" or domain == "binary" else {"positive": True}


def _array(value: Any) -> SymbolArray:
    if isinstance(value, Linked):
        value = links.ordinary(NAMESPACE, value)
    return value if isinstance(value, SymbolArray) else as_symbols(value)


def _entries(value: Any) -> list[Any]:
    return list(_array(value).view(np.ndarray).ravel())


def _pairs(left: Any, right: Any) -> list[tuple[Any, Any]]:
    """The entries of two sides, one beside the other."""
    if isinstance(left, Linked) and isinstance(right, Linked):
        left, right = links.jacobian(NAMESPACE, left), links.jacobian(NAMESPACE, right)
    a, b = _array(left), _array(right)
    if np.shape(a) != np.shape(b) and isinstance(left, Linked):
        a = as_symbols(links.jacobian(NAMESPACE, left))
    if np.shape(a) != np.shape(b):
        raise _OpenError(f"the sides have shapes {np.shape(a)} and {np.shape(b)}")
    return list(zip(_entries(a), _entries(b), strict=True))


def _alike(a: Any, b: Any, varying: Sequence[Any], up_to: Any, test: ZeroTest) -> bool:
    """Whether a = k·b + c, with c = 0 or k = 1 where that is not allowed."""
    if "positive_factor" not in up_to:
        return all(test.vanishes(sympy.diff(a - b, symbol)) for symbol in varying)
    if "constant" not in up_to:
        ratio = a / b
        return all(test.vanishes(sympy.diff(ratio, symbol)) for symbol in varying)
    slopes = [(sympy.diff(a, symbol), sympy.diff(b, symbol)) for symbol in varying]
    first = next(((p, q) for p, q in slopes if not test.vanishes(q)), None)
    if first is None:
        return all(test.vanishes(p) for p, _ in slopes)
    ratio = first[0] / first[1]
    return all(test.vanishes(p - ratio * q) for p, q in slopes) and all(
        test.vanishes(sympy.diff(ratio, symbol)) for symbol in varying
    )


def _is_certain(condition: Any, truths: set[bool]) -> bool:
    """Whether a condition that was met on one side alone has no other side."""
    if len(truths) == 2:
        return True
    held = condition if True in truths else sympy.Not(condition)
    if not isinstance(held, sympy.Gt | sympy.Ge | sympy.Lt | sympy.Le):
        return False
    return at_least(held.gts - held.lts)


def _words(truths: Mapping[Any, bool]) -> str:
    """The conditions that hold on a branch, but for its borders; empty where there are none."""
    held = [condition if truth else sympy.Not(condition) for condition, truth in truths.items()]
    return " and ".join(dict.fromkeys(str(one).replace("=", "") for one in held))


def _told(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
