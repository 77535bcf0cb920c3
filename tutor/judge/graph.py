"""The forward lines of an exercise as a list of the engine's ops, run forward and backward.

Every op is computed by the engine's own declaration, over whatever kind of array its namespace
offers: samples with error bounds, plain NumPy, symbols. One step may be given another gradient
rule, which makes the passes that learners make by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import Any

from engine.errors import EngineError, ShapeError
from engine.ops import REGISTRY
from engine.ops.declare import Op
from tutor.language.tree import (
    Array as ArrayTerm,
)
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Index,
    Listed,
    Name,
    Number,
    Slice,
    Transpose,
    Unary,
    Value,
    children,
)

Array = Any
Shape = tuple[int, ...]
Rule = Callable[..., Sequence[Array | None]]
"""A gradient rule as an op declares it: `rule(xp, g, out, *inputs, **params)`, one gradient an
operand, before broadcasting is undone. It may have the keyword `wants`."""

NOTHING: Mapping[Any, Any] = MappingProxyType({})
_BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul", "**": "pow"}
_RELATIONS = {">": "gt", "<": "lt", ">=": "ge", "<=": "le", "==": "eq", "!=": "ne"}


class GraphError(ValueError):
    """Forward lines that cannot be run. line: the index of the statement at fault."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Step:
    """One value of the graph, with the steps before it that it is made from.

    op: None for a leaf (a variable, a size or a constant) and for a quantity that only gives
    another one a new name, which then is its one operand. names: the quantities that it is.
    term: what it was read from. constant: the number that a leaf without a name is. line: the
    forward statement that it belongs to, -1 for variables and sizes.
    """

    op: Op | None
    operands: tuple[int, ...] = ()
    params: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    name: str | None = None
    term: Expression | None = None
    constant: float | None = None
    line: int = -1


@dataclass(frozen=True)
class Graph:
    """steps: in order of evaluation. places: the step of every variable, size and quantity.
    given: how many of the steps are those of the exercise, None for all; behind them come the
    learner's own."""

    steps: tuple[Step, ...]
    places: Mapping[str, int]
    sizes: frozenset[str] = field(default=frozenset())
    given: int | None = None

    @property
    def count(self) -> int:
        """How many of the steps are those of the exercise."""
        return len(self.steps) if self.given is None else self.given

    def forward(self, values: Mapping[str, Array], xp: Any) -> tuple[Array, ...]:
        """The value of every step.

        values: of every variable, and of every size as a number.
        Raises GraphError where shapes do not fit.
        """
        done: list[Array] = []
        for step in self.steps:
            try:
                done.append(self._value(step, done, values, xp))
            except (EngineError, ValueError, TypeError, IndexError) as error:
                why = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise GraphError(why, step.line) from error
        return tuple(done)

    def _value(self, step: Step, done: list[Array], values: Mapping[str, Array], xp: Any) -> Array:
        if step.op is None:
            if step.operands:
                return done[step.operands[0]]
            value = step.constant if step.constant is not None else values[step.name or ""]
            return xp.asarray(value) if isinstance(value, (int, float)) else value
        return step.op.forward(xp, *[done[i] for i in step.operands], **step.params)

    def backward(
        self,
        values: Sequence[Array],
        of: int,
        seed: Array,
        xp: Any,
        changed: Mapping[int, Rule] = NOTHING,
        forced: Mapping[int, Array] = NOTHING,
    ) -> list[Array | None]:
        """What arrives at every step in one reverse sweep from the step `of`, None where nothing
        does: see `Sweep`."""
        sweep = Sweep(self, values, of, seed, xp, changed, forced)
        return [sweep.at(i) for i in range(len(self.steps))]

    def gradients(
        self,
        values: Sequence[Array],
        of: str,
        seed: Array,
        xp: Any,
        changed: Mapping[int, Rule] = NOTHING,
        forced: Mapping[int, Array] = NOTHING,
    ) -> dict[str, Array | None]:
        """What arrives at every variable and quantity in one sweep from a named one."""
        arrived = self.backward(values, self.places[of], seed, xp, changed, forced)
        return {name: arrived[place] for name, place in self.places.items()}

    @cached_property
    def live(self) -> tuple[bool, ...]:
        """Which steps depend on a variable or are named: those that a gradient may reach."""
        found: list[bool] = []
        for step in self.steps:
            named = step.name is not None and step.name not in self.sizes
            found.append(named or any(found[i] for i in step.operands))
        return tuple(found)

    @cached_property
    def ancestors(self) -> tuple[int, ...]:
        """For every step, the steps that it depends on and itself, as bits of a number."""
        found: list[int] = []
        for i, step in enumerate(self.steps):
            bits = 1 << i
            for operand in step.operands:
                bits |= found[operand]
            found.append(bits)
        return tuple(found)

    def depends(self, of: str, by: str) -> bool:
        """Whether a quantity depends on another, or is it."""
        return bool(self.ancestors[self.places[of]] >> self.places[by] & 1)

    @cached_property
    def users(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For every step, the steps that it is an operand of, each with its place there; the last
        first, which is the order in which a reverse sweep meets them."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.steps]
        for i in range(len(self.steps) - 1, -1, -1):
            for place, operand in enumerate(self.steps[i].operands):
                found[operand].append((i, place))
        return tuple([tuple(users) for users in found])

    def elementwise(self, of: str, by: str, shapes: Sequence[Shape]) -> bool:
        """Whether each entry of one array depends on the same entry of another alone.

        shapes: of every step.
        """
        end, begin = self.places[of], self.places[by]
        if shapes[end] != shapes[begin]:
            return False
        between = self.between(begin, end)
        return all(
            shapes[i] == shapes[begin]
            and (i == begin or (op := self.steps[i].op) is None or op.elementwise)
            for i in between
        )

    def between(self, begin: int, end: int) -> tuple[int, ...]:
        """The steps on the paths from one to another that depends on it, both included."""
        needed = self.ancestors[end]
        return tuple(
            [i for i in range(begin, end + 1) if needed >> i & 1 and self.ancestors[i] >> begin & 1]
        )


class Sweep:
    """A reverse sweep from one step, as far as somebody asks.

    values: of every step, from `forward`. seed: the gradient that starts it, in the shape of `of`.
    changed: steps that pass on what another rule says. forced: steps at which a given gradient
    stands in place of what arrives. What arrives at a step is the total derivative by it with
    the step independent.
    """

    def __init__(
        self,
        graph: Graph,
        values: Sequence[Array],
        of: int,
        seed: Array,
        xp: Any,
        changed: Mapping[int, Rule] = NOTHING,
        forced: Mapping[int, Array] = NOTHING,
    ) -> None:
        self.graph = graph
        self.values = values
        self.of = of
        self.xp = xp
        self.changed = changed
        self._arrived: dict[int, Array | None] = {**forced}
        self._arrived.setdefault(of, seed)
        self._passed: dict[int, Sequence[Array | None]] = {}

    def at(self, place: int) -> Array | None:
        """What arrives at a step; None where nothing does."""
        if place in self._arrived:
            return self._arrived[place]
        graph = self.graph
        if not graph.live[place] or not graph.ancestors[self.of] >> place & 1:
            return None
        for i in reversed(graph.between(place, self.of)):
            if i not in self._arrived:
                self._arrived[i] = self._gathered(i)
        return self._arrived[place]

    def _gathered(self, place: int) -> Array | None:
        """The sum of what the users of a step pass on to it; they were visited before."""
        total: Array | None = None
        for user, slot in self.graph.users[place]:
            upstream = self._arrived.get(user)
            if upstream is None:
                continue
            if user not in self._passed:
                self._passed[user] = self._contributions(user, upstream)
            amount = self._passed[user][slot]
            if amount is not None:
                total = amount if total is None else total + amount
        return total

    def _contributions(self, place: int, upstream: Array) -> Sequence[Array | None]:
        step = self.graph.steps[place]
        rule = self.changed.get(place)
        if rule is None:
            if step.op is None:
                return (upstream,)
            rule = step.op.vjp
        inputs = [self.values[i] for i in step.operands]
        extra: dict[str, Any] = {}
        if _takes_wants(rule):
            extra["wants"] = tuple([self.graph.live[i] for i in step.operands])
        gradients = rule(self.xp, upstream, self.values[place], *inputs, **step.params, **extra)
        return [
            None if gradient is None else unbroadcast(self.xp, gradient, tuple(value.shape))
            for gradient, value in zip(gradients, inputs, strict=True)
        ]


def compiled(
    variables: Iterable[str], sizes: Iterable[str], lines: Sequence[tuple[str, Expression]]
) -> Graph:
    """The graph of some forward lines. Raises GraphError for a term that no op computes."""
    builder = _Builder()
    for name in variables:
        builder.leaf(name)
    for name in sizes:
        builder.leaf(name)
    for line, (name, expression) in enumerate(lines):
        builder.define(line, name, expression)
    return Graph(tuple(builder.steps), dict(builder.places), frozenset(sizes))


def unbroadcast(xp: Any, gradient: Array, shape: Shape) -> Array:
    """Sum a gradient over the axes along which its operand was repeated by broadcasting.

    Raises ShapeError for a gradient that no operand of that shape can have.
    """
    have = tuple(gradient.shape)
    if have == shape:
        return gradient
    if len(have) < len(shape):
        return xp.broadcast_to(gradient, shape)
    lead = len(have) - len(shape)
    for h, s in zip(have[lead:], shape, strict=True):
        if h != s and 1 not in (h, s):
            raise ShapeError(f"a gradient of shape {have} for an operand of shape {shape}")
    axes = tuple(range(lead)) + tuple(
        [lead + i for i, size in enumerate(shape) if size == 1 and have[lead + i] != 1]
    )
    summed = xp.sum(gradient, axis=axes, keepdims=True) if axes else gradient
    smaller = xp.reshape(summed, tuple(summed.shape[lead:])) if lead else summed
    return smaller if tuple(smaller.shape) == shape else xp.broadcast_to(smaller, shape)


def entries(shape: Shape) -> int:
    """How many entries an array of that shape has."""
    return prod(shape)


class _Builder:
    """The steps so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.places: dict[str, int] = {}
        self.constants: dict[float, int] = {}
        self.line = -1

    def add(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def leaf(self, name: str) -> None:
        self.places[name] = self.add(Step(None, name=name))

    def define(self, line: int, name: str, expression: Expression) -> None:
        self.line = line
        before = len(self.steps)
        place = self.of(expression)
        made = self.steps[place]
        if place < before or made.constant is not None:
            place = self.add(Step(None, (place,), name=name, term=expression, line=line))
        else:
            self.steps[place] = Step(
                made.op, made.operands, made.params, name, expression, line=line
            )
        self.places[name] = place

    def of(self, term: Expression) -> int:
        """The step that computes a term; those of its operands come before it."""
        done: list[int] = []
        for inner in _in_order(term):
            count = len(children(inner))
            operands = tuple(done[len(done) - count :])
            del done[len(done) - count :]
            done.append(self.step(inner, operands))
        return done[0]

    def step(self, term: Expression, operands: tuple[int, ...]) -> int:
        match term:
            case Number():
                return self.constant(term.value)
            case Name():
                if term.name not in self.places:
                    raise GraphError(f"{term.name} is not defined", self.line)
                return self.places[term.name]
            case Unary(sign="+"):
                return operands[0]
            case Unary():
                value = self.steps[operands[0]].constant
                if value is not None:
                    return self.constant(-value)
                return self.op("neg", operands, term)
            case Binary():
                return self.op(_BINARY[term.sign], operands, term)
            case Compare():
                mask = self.op(_RELATIONS[term.relation], operands, term)
                one_and_zero = (mask, self.constant(1.0), self.constant(0.0))
                return self.op("where", one_and_zero, term)
            case Call():
                return self.call(term, operands)
            case Transpose():
                return self.op("transpose", operands, term)
            case Index():
                items = tuple([_index_item(item) for item in term.items])
                index = items[0] if len(items) == 1 else items
                return self.op("getitem", operands, term, {"index": index})
            case ArrayTerm():
                return self.op("stack", operands, term)
            case Derivative():
                raise GraphError("a derivative in a forward line", self.line)

    def call(self, term: Call, operands: tuple[int, ...]) -> int:
        if term.function not in REGISTRY:
            raise GraphError(f"{term.function} cannot stand in a forward line", self.line)
        params = {keyword.name: _setting(keyword.value) for keyword in term.keywords}
        if term.function == "where":
            operands = (self.condition(term.operands[0], operands[0]), *operands[1:])
        return self.op(term.function, operands, term, params)

    def condition(self, term: Expression, place: int) -> int:
        """The mask behind a comparison's 1 and 0; of any other term, whether it is not 0."""
        if isinstance(term, Compare):
            return self.steps[place].operands[0]
        return self.op("ne", (place, self.constant(0.0)), term)

    def op(
        self,
        name: str,
        operands: tuple[int, ...],
        term: Expression,
        params: Mapping[str, Any] = NOTHING,
    ) -> int:
        return self.add(Step(REGISTRY[name], operands, params, term=term, line=self.line))

    def constant(self, value: float) -> int:
        if value not in self.constants:
            self.constants[value] = self.add(Step(None, constant=value, line=self.line))
        return self.constants[value]


def _in_order(term: Expression) -> Iterator[Expression]:
    """Every term after its operands, from left to right."""
    waiting: list[tuple[Expression, bool]] = [(term, False)]
    while waiting:
        inner, ready = waiting.pop()
        if ready:
            yield inner
            continue
        waiting.append((inner, True))
        waiting.extend((child, False) for child in reversed(children(inner)))


def _takes_wants(rule: Rule) -> bool:
    code = getattr(rule, "__code__", None)
    if code is None:
        return False
    return "wants" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _index_item(item: int | Slice) -> int | slice:
    return slice(item.first, item.beyond, item.step) if isinstance(item, Slice) else item


def _setting(value: Value) -> Any:
    return [_setting(item) for item in value] if isinstance(value, Listed) else value
