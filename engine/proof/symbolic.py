"""Proofs: the engine's own backward pass, run on symbols, equals the derivative that SymPy finds.

A function is run forward on symbols, its output weighted by symbols, and differentiated twice: by
the engine's `backward`, the very code that runs on numbers, and by `sympy.diff` of the forward
expression. Entry by entry, the difference has to be reduced to exactly 0
(engine.proof.symbolic_zero); numbers only ever disprove.

Where ops have branches, a proof holds for one region: the points at which all comparisons come
out as at the point it was made at. Several points meet several regions; each is proved by itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import sympy

from engine.apply import apply
from engine.arrays.symbol_values import Region, exact, number_of, region
from engine.arrays.symbols import SymbolArray, as_symbols, symbols_like
from engine.errors import EngineError
from engine.ops import REGISTRY
from engine.ops.declare import REAL, Domain, Op, Sample
from engine.proof import points
from engine.proof.symbolic_quotients import Budget, OutOfBudgetError
from engine.proof.symbolic_zero import ZeroTest
from engine.recording import record_pass
from engine.replay import Replay, ancestors, rebuild
from engine.tensor import Tensor
from engine.trace import Pass, Trace

_POINTS = 12
_MOST_NUMBERS = 1000
_MOST_NUMBERS_OF_AN_OP = 256
_MOST_OPS = 300
_LARGEST_EXPRESSION = 20_000
_MASKS = tuple(REGISTRY[name] for name in ("gt", "ge", "lt", "le", "eq", "ne"))
_WRONG = 1e-6
_DECIDED = ("proved", "differs")


@dataclass(frozen=True, slots=True)
class Proof:
    """What SymPy says of a gradient.

    proved: the engine's backward pass, run on symbols, equals the derivative of the forward
    expression: each difference was reduced to exactly 0. numeric: the two agree at the point, but
    that was not possible. differs: it is wrong, `why` names the entry. skipped: nothing was
    compared, `why` tells the reason. regions: the branches for which
    that holds, each in words; `entries`: how many derivatives were compared. how: "whole" when the
    output was one expression; "op by op" when each op was proved by itself.
    """

    status: Literal["proved", "numeric", "differs", "skipped"]
    why: str | None = None
    regions: tuple[str, ...] = ()
    entries: int = 0
    how: Literal["whole", "op by op"] = "whole"


def prove_op(op: Op, sample: Sample, *, seconds: float | None = None) -> Proof:
    """Prove the gradient rule of an op for one sample: each operand, each entry, each region met.

    seconds: what it may take, give or take the time for one expression; None sets no limit.
    """
    if op.numeric_only is not None:
        return Proof("numeric", op.numeric_only)
    wanted = points.drawn(sample)
    domains = points.domains_of(op, sample)

    def build(tensors: Sequence[Tensor]) -> Tensor:
        return op(*tensors, **sample.params)

    def attempt(number: int, proving: _Proving) -> None:
        values = points.operands(op, sample, number)
        names = "abcdefgh" if len(values) <= 8 else [f"a{i}_" for i in range(len(values))]
        proving.add(
            op,
            [
                _symbols(name, value, domain.low > 0) if free else _fixed(value)
                for name, value, free, domain in zip(names, values, wanted, domains, strict=False)
            ],
            build,
        )

    return _proof(attempt, _POINTS, seconds)


def prove(
    fn: Callable[..., Any],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    domain: Domain = REAL,
    seconds: float | None = None,
) -> Proof:
    """Prove the gradients of any function of Tensors, called as `fn(**inputs)`.

    shapes: input name -> shape. domain: where the inputs lie; several points of it are tried, each
    proving the branch of the function that is taken there.
    """

    def attempt(number: int, proving: _Proving) -> None:
        values = points.draw("", number, list(shapes.values()), [domain] * len(shapes))
        p = record_pass(fn, dict(zip(shapes, values, strict=True)))
        _add_pass(p, list(p.inputs.values()), domain.low > 0, proving)

    return _proof(attempt, _POINTS, seconds)


def prove_trace(
    trace: Trace, wrt: Sequence[int | str] | None = None, *, seconds: float | None = 5.0
) -> Proof:
    """Prove the gradients of the trace's last pass, for the region in which its point lies.

    wrt: the nodes to prove, by id or name, all of one pass; the inputs of the last pass when there
    are none. An intermediate node is varied by itself. seconds: as in `prove_op`.

    Where the expression of the whole output is too large, every op on the way is proved by itself,
    on symbols for its operands and for the gradient that reaches it; the chain rule does the rest
    (`how` is "op by op" then).
    """
    p, nodes = _chosen(trace, wrt)
    shown = [p.values[p.output], *(p.gradients[node] for node in nodes)]
    if not all(np.all(np.isfinite(x)) for x in shown if x is not None):
        return Proof("skipped", "the function or its gradient is not finite at this point")
    started = time.monotonic()
    found = _proved_whole(p, nodes, None if seconds is None else seconds / 2)
    if found.status in _DECIDED:
        return found
    left = None if seconds is None else started + seconds - time.monotonic()
    by_op = _proof(lambda _, proving: _add_ops(p, nodes, proving), 1, left)
    if by_op.status not in _DECIDED:
        return found
    return replace(by_op, how="op by op", regions=())


def _proved_whole(p: Pass, nodes: Sequence[int], seconds: float | None) -> Proof:
    made = ancestors(p, nodes)
    size = sum(int(np.size(p.values[i])) for i in (*nodes, *made))
    if size > _MOST_NUMBERS:
        return Proof(
            "skipped", f"too large for symbols: {size:,} numbers, at most {_MOST_NUMBERS:,}"
        )
    if len(made) > _MOST_OPS:
        return Proof("skipped", f"too large for one expression: {len(made):,} nodes")
    budget = Budget(seconds=seconds)
    # Real symbols first: what holds for them holds in more places. Logarithms may need the sign.
    found = _proof(lambda _, proving: _add_pass(p, nodes, False, proving), 1, budget=budget)
    if found.status in _DECIDED or not budget.left:
        return found
    return _proof(lambda _, proving: _add_pass(p, nodes, True, proving), 1, budget=budget)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Symbols for one input, and their numbers at the point; none for a constant."""

    symbols: SymbolArray
    numbers: Mapping[Any, float]


def _symbols(name: str, value: Any, positive: bool) -> _Leaf:
    """Symbols of the value's shape. With `positive`, those whose number is above 0 are so too."""
    array = np.asarray(value, dtype=np.float64)
    real = symbols_like(array.shape, name)
    if positive:
        above = symbols_like(array.shape, name, positive=True)
        mixed = np.where(array > 0, above.view(np.ndarray), real.view(np.ndarray))
        real = as_symbols(np.asarray(mixed, dtype=object))
    entries = real.view(np.ndarray)
    return _Leaf(real, {entries[at]: float(array[at]) for at in np.ndindex(array.shape)})


def _fixed(value: Any) -> _Leaf:
    return _Leaf(as_symbols(value), {})


class _WrongError(Exception):
    """A derivative of the engine's that is not the derivative."""


class _UndecidedError(Exception):
    """A difference that is 0 at the point, but could not be reduced to 0."""


@dataclass(slots=True)
class _Proving:
    """What has been proved so far: the regions, and how many derivatives."""

    budget: Budget
    regions: dict[Any, str] = field(default_factory=dict)
    smooth: set[Any] = field(default_factory=set)
    entries: int = 0

    def add(
        self, function: Any, leaves: Sequence[_Leaf], build: Callable[[list[Tensor]], Tensor]
    ) -> None:
        """Prove one function at one point, unless its region has been proved before.

        function: what tells this function from others. Raises _WrongError or _UndecidedError for
        the first derivative that is not proved.
        """
        if function in self.smooth:
            return
        point = {symbol: x for leaf in leaves for symbol, x in leaf.numbers.items()}
        with region(point) as here:
            tensors = [Tensor(leaf.symbols, requires_grad=bool(leaf.numbers)) for leaf in leaves]
            out = build(tensors)
            seed = symbols_like(out.shape, "∂L/∂out")
            if out.requires_grad:
                out.backward(seed)
        case = (function, here.signature)
        if case in self.regions:
            return
        self.budget.spend()
        weights = seed.view(np.ndarray).ravel().tolist()
        parts = out.data.view(np.ndarray).ravel().tolist()
        whole = sympy.Add(*[w * number_of(x) for w, x in zip(weights, parts, strict=True)])
        if _extent(whole) > _LARGEST_EXPRESSION:
            raise OutOfBudgetError("the expressions are too large")
        beside = Region({**point, **_weights_at(weights)})
        zero = ZeroTest(self.budget)
        for leaf, tensor in zip(leaves, tensors, strict=True):
            if leaf.numbers:
                self._compare(whole, leaf.symbols, tensor.grad, zero, beside)
        self.regions[case] = here.words
        if not here.truths:
            self.smooth.add(function)

    def _compare(
        self,
        whole: Any,
        symbols: SymbolArray,
        gradient: Tensor | None,
        zero: ZeroTest,
        at_point: Region,
    ) -> None:
        entries = symbols.view(np.ndarray)
        tape = None if gradient is None else gradient.data.view(np.ndarray)
        if tape is not None and tape.shape != entries.shape:
            raise _WrongError(f"gradient of shape {tape.shape} for an input of {entries.shape}")
        for at in np.ndindex(entries.shape):
            self.budget.spend()
            said = sympy.Integer(0) if tape is None else tape[at]
            right = sympy.diff(whole, entries[at])
            if zero.vanishes(said - right):
                self.entries += 1
                continue
            if _is_other(said, right, at_point):
                raise _WrongError(
                    f"by {entries[at]} the tape has {at_point.value(said):.6g}, the derivative is "
                    f"{at_point.value(right):.6g}"
                )
            raise _UndecidedError(
                f"the derivative by {entries[at]} agrees, but could not be reduced to 0"
            )


def _is_other(said: Any, right: Any, at: Region) -> bool:
    """Whether two expressions have different numbers at the point, beyond any rounding."""
    numbers = at.value(said), at.value(right)
    if not all(map(math.isfinite, numbers)):
        return False
    if abs(numbers[0] - numbers[1]) <= _WRONG * max(1.0, abs(numbers[1])):
        return False
    point = {symbol: exact(x) for symbol, x in at.point.items()}
    difference = sympy.N(said - right, 30, subs=point)
    return bool(difference.is_Float) and abs(difference) > _WRONG


def _proof(
    attempt: Callable[[int, _Proving], None],
    count: int,
    seconds: float | None = None,
    budget: Budget | None = None,
) -> Proof:
    proving = _Proving(budget or Budget(seconds=seconds))
    why = None
    status: Literal["numeric", "skipped"] = "skipped"
    try:
        for number in range(count):
            attempt(number, proving)
    except _WrongError as error:
        return Proof("differs", str(error))
    except _UndecidedError as error:
        status, why = "numeric", str(error)
    except (OutOfBudgetError, EngineError) as error:
        why = str(error)
    except RecursionError:
        why = "the expressions are nested too deeply for SymPy"
    except (TypeError, ValueError, ArithmeticError, NotImplementedError) as error:
        why = f"SymPy could not take it: {error}"
    regions = tuple(proving.regions.values())
    if why is not None:
        return Proof(status, why, regions, proving.entries)
    return Proof("proved", None, regions, proving.entries)


def _add_pass(p: Pass, nodes: Sequence[int], positive: bool, proving: _Proving) -> None:
    """Prove a recorded pass by `nodes`; whatever else it starts from becomes symbols too."""
    below = [i for i in ancestors(p, nodes) if p.ops[i] is None and i not in nodes]
    leaves = {i: _symbols(p.names[i], p.values[i], positive) for i in nodes}
    for i in below:
        leaves[i] = (
            _symbols(p.names[i], p.values[i], positive) if p.wanted[i] else _fixed(p.values[i])
        )

    def build(tensors: list[Tensor]) -> Tensor:
        return rebuild(p, dict(zip(leaves, tensors, strict=True)))

    constants = b"".join([np.asarray(p.values[i]).tobytes() for i in below if not p.wanted[i]])
    graph = p.operands.flat.tobytes(), p.operands.starts.tobytes()
    proving.add((p.ops, *graph, str(p.params), constants), list(leaves.values()), build)


def _add_ops(p: Pass, nodes: Sequence[int], proving: _Proving) -> None:
    """Prove each op between `nodes` and the output on symbols of its own."""
    replay = Replay(p, nodes)
    varied = {*nodes, *(node for node, *_ in replay.steps)}
    for _, op, operands, params in replay.steps:
        values = [p.values[i] for i in operands]
        size = sum(int(np.size(value)) for value in values)
        if size > _MOST_NUMBERS_OF_AN_OP:
            raise EngineError(f"too large for symbols: {op.name} of {size:,} numbers")
        # A mask is flat, which its own op proves; where it is used it is a constant.
        wanted = [i in varied and p.ops[i] not in _MASKS for i in operands]
        shapes = [
            np.shape(v) if free else np.asarray(v).tobytes()
            for v, free in zip(values, wanted, strict=True)
        ]
        case = (op, str(params), *shapes)
        proving.budget.spend()
        if case not in proving.smooth:
            leaves = [
                _symbols(f"operand {slot + 1}", value, True) if free else _fixed(value)
                for slot, (value, free) in enumerate(zip(values, wanted, strict=True))
            ]
            proving.add(case, leaves, partial(_applied, op, params))


def _applied(op: Op, params: Mapping[str, Any], tensors: Sequence[Tensor]) -> Tensor:
    return apply(op, tuple(tensors), params)


def _extent(expression: Any) -> int:
    """How many nodes the expression has when it is written out: what differentiating it costs."""
    known: dict[Any, int] = {}
    stack = [expression]
    while stack:
        e = stack[-1]
        open_parts = [part for part in e.args if part not in known]
        if open_parts:
            stack += open_parts
            continue
        known[stack.pop()] = 1 + sum(known[part] for part in e.args)
    return known[expression]


def _chosen(trace: Trace, wrt: Sequence[int | str] | None) -> tuple[Pass, list[int]]:
    if not wrt:
        last = trace.passes[-1]
        return last, list(last.inputs.values())
    ids = [trace.id(node) for node in wrt]
    at = trace.pass_of(ids[0])
    start = trace.node_range(at).start
    return trace.passes[at], [i - start for i in ids]


def _weights_at(weights: Sequence[Any]) -> dict[Any, float]:
    """Numbers for the weights of the output's entries; a single one weighs 1."""
    spread = 0.5 if len(weights) > 1 else 0.0
    numbers = np.random.default_rng(0).uniform(1 - spread, 1 + spread, len(weights))
    return {weight: float(x) for weight, x in zip(weights, numbers, strict=True)}
