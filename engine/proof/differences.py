"""Gradients by differences: the function is run beside the point, and the tape has to agree.

A slope is a central difference, extrapolated twice (Richardson): with steps h, h/2, h/4 the error
falls as h⁶. Where the estimate of its error is bad (a kink close by, a steep function) other steps
are tried. All is computed in float64, also for a trace in float16 or float32; what differs then is
rounding of the tape.

Not every entry can be compared, and it is said why. Where the slopes from the left and from the
right differ it lies at a kink: there is no derivative, only a convention. Where the function is not
finite at the point or beside it (log at −1, 1/x at 0, an overflow) it is undefined. Where rounding
drowns the slope (x − y at 1e200) it is unsure.

Richardson's extrapolation: L. F. Richardson, Phil. Trans. R. Soc. A 210 (1911) 307.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from engine.recording import record_pass
from engine.replay import Replay, in_double, rebuild
from engine.tensor import Tensor
from engine.trace import Pass, Trace

Array = Any
Status = Literal["agrees", "differs", "kink", "undefined", "unsure"]

GRAVITY: tuple[Status, ...] = ("agrees", "unsure", "undefined", "kink", "differs")
TOLERANCES = {"float64": 1e-6, "float32": 1e-3, "float16": 5e-2}
_STEPS = (1e-3, 6e-5, 4e-6, 2.5e-7, 1e-2, 1e-8, 1e-10)
_GOOD = 1e-9
_KINK = 1e-5
_EVERY_ENTRY = 64
_DIRECTIONS = 16
_BUDGET = 200_000


@dataclass(frozen=True, slots=True)
class Slope:
    """A derivative along a line: `value` ± `error`, the part of that which is rounding, and the
    slopes from either side."""

    value: float
    error: float
    rounding: float
    left: float
    right: float

    @property
    def undefined(self) -> bool:
        """Whether the function is not finite at the point or on one side of it."""
        return not (math.isfinite(self.left) and math.isfinite(self.right))

    @property
    def is_clear(self) -> bool:
        """Whether rounding is too small to hide or to feign a kink."""
        return self.undefined or self.rounding <= 1e-3 * max(1.0, abs(self.value))

    @property
    def at_kink(self) -> bool:
        """Whether there is no derivative, because the slopes on the two sides differ."""
        if self.undefined:
            return False
        scale = max(1.0, min(abs(self.left), abs(self.right)))
        # What a central difference is off by rounding, two extrapolated sides are eight times.
        return abs(self.left - self.right) > _KINK * scale + 8 * self.rounding


@dataclass(frozen=True, slots=True)
class GradCheck:
    """What comparing a gradient with differences gave.

    max_error: the largest |tape − difference| / max(1, |difference|) of all that was compared.
    where: the entry (or direction) with that error. compared: how many slopes were compared, of
    `entries` entries. kinks, undefined, unsure: the entries that could not be, by the reason.
    status is the gravest of what was found.
    """

    status: Status
    max_error: float
    where: str | None
    compared: int
    entries: int
    kinks: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    by_direction: bool = False

    @property
    def agrees(self) -> bool:
        """Whether nothing speaks against the gradient."""
        return self.status != "differs"

    @property
    def note(self) -> str:
        """What was compared, in words."""
        if self.by_direction:
            slopes = "slope" if self.compared == 1 else "slopes"
            said = f"{self.compared} {slopes} for {self.entries} entries, along random directions"
        else:
            said = f"{self.compared} of {self.entries} entries"
        for found, where in (
            (self.kinks, "at a kink"),
            (self.undefined, "where the function is not finite"),
            (self.unsure, "lost in rounding"),
        ):
            if found:
                said += f", {len(found)} {where}"
        return said


def gradcheck(
    fn: Callable[..., Any], *inputs: Any, tolerance: float = TOLERANCES["float64"]
) -> GradCheck:
    """Compare the gradients of `fn(*inputs)` with differences, in float64.

    fn: a function of Tensors that returns one. inputs: numbers or arrays, each differentiated. An
    output that is not a scalar is weighted by fixed numbers. fn is run anew for each difference,
    branches and all.
    """
    named = {f"input {i}": np.asarray(x, dtype=np.float64) for i, x in enumerate(inputs)}

    def on_tensors(**given: Any) -> Any:
        return fn(*given.values())

    def run(values: Mapping[str, Array]) -> Array:
        given = [Tensor(values[name]) for name in named]
        result = fn(*given)
        return np.asarray(result.data if isinstance(result, Tensor) else result)

    probe = fn(*[Tensor(x, requires_grad=True) for x in named.values()])
    depends = isinstance(probe, Tensor) and probe.requires_grad
    seed = np.random.default_rng(0).uniform(0.5, 1.5, np.shape(run(named)))

    def vary(name: str, x: Array) -> Array:
        return run({**named, name: x})

    def tape(name: str, x: Array) -> Array:
        if not depends:
            return np.zeros_like(x)
        p = record_pass(on_tensors, {**named, name: x}, upstream=seed)
        return _gradient(p, p.inputs[name], p.gradients[p.inputs[name]])

    checks = []
    for name, x in named.items():
        line = _Lines(partial(vary, name), x, seed)
        again = partial(tape, name)
        checks.append(
            _check(name, line, tape(name, x), again, tolerance, _DIRECTIONS, _EVERY_ENTRY)
        )
    return _together(checks)


def differences(trace: Trace, node: int | str) -> np.ndarray[Any, Any]:
    """The gradient of the trace's output by a node, by differences; nan where there is none.

    node: any node, by id or name: an input, or an intermediate result, which is then varied by
    itself. The output is weighted by the trace's seed. Every entry costs about seven runs of what
    lies between the node and the output.
    """
    p, local = _find(trace, node)
    line = _lines_of(p, local, _base(p))
    gradient = np.empty(line.at.shape)
    for place in np.ndindex(line.at.shape):
        slope = line.along(_unit(line.at.shape, place))
        gradient[place] = math.nan if slope.at_kink or slope.undefined else slope.value
    return gradient


def check_node(trace: Trace, node: int | str, *, budget: int = _BUDGET) -> GradCheck:
    """Compare the gradient that the trace holds of one node with differences.

    budget: how many ops may be run for it; a tensor of many entries, or far from the output, is
    compared along fixed random directions instead of entry by entry.
    """
    p, local = _find(trace, node)
    return _check_nodes(p, [local], budget)


def check_gradients(trace: Trace, *, budget: int = _BUDGET) -> GradCheck:
    """Compare the gradients of all inputs of the trace's last pass with differences."""
    p = trace.passes[-1]
    return _check_nodes(p, list(p.inputs.values()), budget)


def _check_nodes(p: Pass, nodes: list[int], budget: int) -> GradCheck:
    if p.seed is None:
        return GradCheck("agrees", 0.0, None, 0, 0)
    base = _base(p)
    tolerance = _tolerance(p)
    if len(nodes) > 1 and len(nodes) * len(p.ops) > budget:
        return _check_jointly(p, nodes, base, tolerance, budget)
    lines = {node: _lines_of(p, node, base) for node in nodes}
    cost = sum(7 * line.cost * min(line.at.size, _EVERY_ENTRY) for line in lines.values())
    if cost > budget and len(nodes) > 1:
        return _check_jointly(p, nodes, base, tolerance, budget)
    checks = []
    for node, line in lines.items():
        runs = max(1, budget // (7 * max(1, line.cost) * len(nodes)))
        tape = _gradient(p, node, p.gradients[node])
        again = _tape_again(p, node, base)
        name = p.names[node]
        checks.append(
            _check(
                name, line, tape, again, tolerance, min(_DIRECTIONS, runs), min(_EVERY_ENTRY, runs)
            )
        )
    return _together(checks)


def _check_jointly(
    p: Pass, nodes: list[int], base: Any, tolerance: float, budget: int
) -> GradCheck:
    """Many inputs of a large graph at once: all of them vary along a direction together."""
    sizes = [np.size(base[node]) for node in nodes]
    tapes = [np.ravel(_gradient(p, node, p.gradients[node])) for node in nodes]
    replay = Replay(p, nodes, base)
    cuts = np.cumsum(sizes)[:-1]

    def run(flat: Array) -> Array:
        parts = np.split(flat, cuts)
        shaped = [np.reshape(x, np.shape(base[n])) for n, x in zip(nodes, parts, strict=True)]
        return replay.output({n: _held(x) for n, x in zip(nodes, shaped, strict=True)})

    at = np.concatenate([np.ravel(base[node]) for node in nodes])
    line = _Lines(run, at, _seed(p), len(replay), _largest(p, replay, base))
    count = max(1, min(_DIRECTIONS, budget // (7 * max(1, len(replay)))))
    return _check("the inputs", line, np.concatenate(tapes), None, tolerance, count, 0)


class _Lines:
    """A function of one array, read along lines through a point.

    cost: how many ops a run takes. largest: the largest number that is rounded on the way, measured
    by what it moves in the output.
    """

    def __init__(
        self,
        run: Callable[[Array], Any],
        at: Array,
        seed: Array,
        cost: int = 1,
        largest: float = 0.0,
    ) -> None:
        self.run = run
        self.at = np.asarray(at, dtype=np.float64)
        self.seed = np.asarray(seed, dtype=np.float64)
        self.cost = cost
        self.largest = largest
        self.middle = np.asarray(run(self.at), dtype=np.float64)

    def along(self, direction: Array, at: Array | None = None) -> Slope:
        """The slope of the seed-weighted output along a direction."""
        at = self.at if at is None else at
        middle = self.middle if at is self.at else np.asarray(self.run(at), dtype=np.float64)
        size = float(np.max(np.abs(at * (direction != 0)), initial=0.0))
        steps = [step * max(1.0, size) for step in _STEPS]
        if 0 < size < 1:
            steps += [step * size for step in _STEPS]
        found = []
        for step in steps:
            slope = self._slope(at, middle, direction, step)
            smooth = not slope.at_kink and not slope.undefined
            if smooth and slope.error <= _GOOD * max(1.0, abs(slope.value)):
                return slope
            found.append((step, slope))
        # The shortest step that rounding does not drown says whether there is a kink at the point,
        # and not only near it.
        clear = [(step, slope) for step, slope in found if slope.is_clear]
        if clear:
            nearest = min(clear, key=lambda pair: pair[0])[1]
            if nearest.at_kink or nearest.undefined:
                return nearest
        smooth_ones = [s for _, s in found if not s.at_kink and not s.undefined]
        return min(smooth_ones or [s for _, s in found], key=lambda s: s.error)

    def _slope(self, at: Array, middle: Array, direction: Array, h: float) -> Slope:
        with np.errstate(all="ignore"):
            ahead = [self._there(at + h / k * direction) for k in (1, 2, 4)]
            behind = [self._there(at - h / k * direction) for k in (1, 2, 4)]
            central = [
                self._weigh(a - b) * k / (2 * h)
                for a, b, k in zip(ahead, behind, (1, 2, 4), strict=True)
            ]
            right = _extrapolated(
                [self._weigh(a - middle) * k / h for a, k in zip(ahead, (1, 2, 4), strict=True)]
            )
            left = _extrapolated(
                [self._weigh(middle - b) * k / h for b, k in zip(behind, (1, 2, 4), strict=True)]
            )
            size = max(float(np.sum(np.abs(self.seed * middle))), self.largest)
            rounding = size * 2e-16 * 4 / h
        once = [(4 * central[1] - central[0]) / 3, (4 * central[2] - central[1]) / 3]
        value = (16 * once[1] - once[0]) / 15
        error = max(abs(value - once[1]), rounding)
        return Slope(value, error if math.isfinite(error) else math.inf, rounding, left, right)

    def _there(self, x: Array) -> Array:
        return np.asarray(self.run(x), dtype=np.float64)

    def _weigh(self, difference: Array) -> float:
        return float(np.sum(np.where(self.seed == 0, 0.0, self.seed * difference)))


def _extrapolated(slopes: list[float]) -> float:
    """One-sided slopes at h, h/2, h/4 extrapolated to 0: the errors in h and h² cancel."""
    once = [2 * slopes[1] - slopes[0], 2 * slopes[2] - slopes[1]]
    return (4 * once[1] - once[0]) / 3


def _check(
    name: str,
    line: _Lines,
    tape: Array,
    again: Callable[[Array], Array] | None,
    tolerance: float,
    directions: int,
    every: int,
) -> GradCheck:
    shape = line.at.shape
    by_direction = line.at.size > every
    places: Iterable[tuple[str, Array]]
    if by_direction:
        rng = np.random.default_rng(line.at.size)
        places = [
            (f"{name}, direction {i}", rng.choice((-1.0, 1.0), shape)) for i in range(directions)
        ]
    else:
        places = [(_entry(name, place), _unit(shape, place)) for place in np.ndindex(shape)]
    worst, where, compared = 0.0, None, 0
    kinks: list[str] = []
    undefined: list[str] = []
    unsure: list[str] = []
    for label, direction in places:
        slope = line.along(direction)
        said = float(np.sum(np.where(direction == 0, 0.0, tape * direction)))
        if slope.undefined or slope.at_kink:
            (undefined if slope.undefined else kinks).append(label)
            continue
        if not slope.error <= tolerance * max(1.0, abs(slope.value)):
            unsure.append(label)
            continue
        error = abs(said - slope.value) / max(1.0, abs(slope.value))
        error = math.inf if math.isnan(error) else error
        if error > tolerance and again and _tape_jumps(line, direction, said, again, tolerance):
            kinks.append(label)
            continue
        compared += 1
        if where is None or error > worst:
            worst, where = error, label
    status: Status = "agrees"
    if worst > tolerance:
        status = "differs"
    elif kinks or undefined or unsure:
        status = "kink" if kinks else "undefined" if undefined else "unsure"
    return GradCheck(
        status,
        worst,
        where,
        compared,
        int(line.at.size),
        tuple(kinks),
        tuple(undefined),
        tuple(unsure),
        by_direction,
    )


def _tape_jumps(
    line: _Lines,
    direction: Array,
    said: float,
    again: Callable[[Array], Array],
    tolerance: float,
) -> bool:
    """Whether the tape, run again, says the same here and is right on both sides of the point.

    Then it is wrong at a kink only, where kinks cancel in the function but their conventions do
    not (relu(x) − relu(−x) at 0).
    """
    here = float(np.sum(again(line.at) * direction))
    if not abs(here - said) <= tolerance * max(1.0, abs(said)):
        return False
    for side in (-1e-3, 1e-3):
        at = line.at + side * direction
        slope = line.along(direction, at)
        there = float(np.sum(again(at) * direction))
        if not abs(there - slope.value) <= max(tolerance, 1e-6) * max(1.0, abs(slope.value)):
            return False
    return True


def _together(checks: list[GradCheck]) -> GradCheck:
    if not checks:
        return GradCheck("agrees", 0.0, None, 0, 0)
    worst = max(checks, key=lambda c: (c.status == "differs", c.where is not None, c.max_error))
    return GradCheck(
        max((c.status for c in checks), key=GRAVITY.index),
        worst.max_error,
        worst.where,
        sum(c.compared for c in checks),
        sum(c.entries for c in checks),
        tuple(label for c in checks for label in c.kinks),
        tuple(label for c in checks for label in c.undefined),
        tuple(label for c in checks for label in c.unsure),
        any(c.by_direction for c in checks),
    )


def _find(trace: Trace, node: int | str) -> tuple[Pass, int]:
    i = trace.id(node)
    at = trace.pass_of(i)
    return trace.passes[at], i - trace.node_range(at).start


def _lines_of(p: Pass, node: int, base: Any) -> _Lines:
    replay = Replay(p, [node], base)
    return _Lines(
        lambda x: replay.output({node: _held(x)}),
        np.asarray(base[node]),
        _seed(p),
        len(replay),
        _largest(p, replay, base),
    )


def _largest(p: Pass, replay: Replay, base: Any) -> float:
    """The largest |value · gradient| on the way; for (x + y) − y it is |x + y|."""
    largest = 0.0
    with np.errstate(all="ignore"):
        for node, *_ in replay.steps:
            value, gradient = base[node], p.gradients[node]
            if type(value) is float and type(gradient) is float:
                largest = max(largest, abs(value * gradient))
            elif gradient is not None:
                product = np.abs(np.multiply(value, gradient, dtype=np.float64))
                largest = max(largest, float(np.max(product, initial=0.0)))
    return largest


def _tape_again(p: Pass, node: int, base: Any) -> Callable[[Array], Array]:
    """The engine's gradient of the output by one node, at another value of that node."""
    replay = Replay(p, [node], base)
    between = {step[0] for step in replay.steps}

    def again(x: Array) -> Array:
        leaf = Tensor(_held(x), requires_grad=True)
        fixed = {i: Tensor(base[i]) for i in range(len(p.ops)) if i not in between}
        root = rebuild(p, {**fixed, node: leaf})
        if root is leaf:
            return np.asarray(_seed(p))
        root.backward(_held(np.asarray(_seed(p), dtype=np.float64)))
        return np.zeros_like(x) if leaf.grad is None else np.asarray(leaf.grad.data)

    return again


def _base(p: Pass) -> Any:
    if all(a.dtype.name in ("float64", "bool") for a in p.values.arrays.values()):
        return p.values
    return in_double(p)


def _seed(p: Pass) -> Array:
    return np.asarray(0.0 if p.seed is None else p.seed, dtype=np.float64)


def _gradient(p: Pass, node: int, gradient: Any) -> Array:
    if gradient is None:
        return np.zeros(np.shape(p.values[node]))
    return np.asarray(gradient, dtype=np.float64)


def _tolerance(p: Pass) -> float:
    """That of the coarsest type in the pass."""
    names = {"float64"} | {a.dtype.name for a in p.values.arrays.values()}
    return max(TOLERANCES.get(name, 0.0) for name in names)


def _held(x: Array) -> Any:
    return float(x) if np.ndim(x) == 0 else x


def _entry(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, place))}]" if place else name


def _unit(shape: tuple[int, ...], place: tuple[int, ...]) -> Array:
    direction = np.zeros(shape)
    direction[place] = 1.0
    return direction
