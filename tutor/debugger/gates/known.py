"""Which op of the registry a gate is: the one with the same values at many points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from engine.apply import forward
from engine.columns import Value
from engine.ops import REGISTRY
from engine.ops.declare import POSITIVE, REAL, UNIT, Op
from engine.passes import Pass
from engine.proof import points
from engine.replay import Replay
from engine.trace import Trace
from tutor.debugger.cells.call import FAILURES

_DOMAINS = (REAL, REAL, REAL, REAL, POSITIVE, POSITIVE, POSITIVE, UNIT, UNIT, UNIT)
_ALIKE = 1e-9
_MOST_NUMBERS = 4096
_FEWEST = 4
_MOST_OPERANDS = 2


@dataclass(frozen=True, slots=True)
class Known:
    """The op that a gate is.

    params: how the op is called. order: which input of the gate is each operand. points: at how
    many points the two were compared.
    """

    op: str
    params: Mapping[str, Any]
    order: tuple[int, ...]
    points: int


def known(trace: Trace) -> Known | None:
    """The op of the registry that a gate alone (`alone`) is, or None.

    Values are compared at its own point and at others of several domains. A single op is not told:
    it is what it is.
    """
    p = trace.passes[0]
    inputs = list(p.inputs.values())
    made = sum(op is not None for op in p.ops)
    size = sum(int(np.size(p.values[i])) for i in (*inputs, p.output))
    if made < 2 or not 1 <= len(inputs) <= _MOST_OPERANDS or size > _MOST_NUMBERS:
        return None
    at = _points(p, inputs)
    values = _values(p, inputs, at)
    if len(at) < _FEWEST or all(_same(v, values[0]) for v in values):
        return None
    if len(inputs) == 1 and all(_same(v, x[0]) for v, x in zip(values, at, strict=True)):
        return None
    for op, params in _candidates(p, inputs):
        for order in permutations(range(len(inputs))):
            if all(
                _same(_value(op, [x[k] for k in order], params), v)
                for x, v in zip(at, values, strict=True)
            ):
                return Known(op.name, params, order, len(at))
    return None


def _points(p: Pass, inputs: list[int]) -> list[list[Value]]:
    """Values for the inputs: their own, then others; only where the gate is finite."""
    shapes = [np.shape(p.values[i]) for i in inputs]
    drawn = [
        points.draw("gate", number, shapes, [domain] * len(shapes))
        for number, domain in enumerate(_DOMAINS)
    ]
    held = [[float(x) if x.ndim == 0 else x for x in point] for point in drawn]
    own = [np.asarray(p.values[i], dtype=np.float64) for i in inputs]
    all_points = [[float(x) if x.ndim == 0 else x for x in own], *held]
    outs = _values(p, inputs, all_points)
    return [x for x, out in zip(all_points, outs, strict=True) if np.isfinite(out).all()]


def _values(p: Pass, inputs: list[int], at: list[list[Value]]) -> list[Value]:
    replay = Replay(p, inputs)
    found: list[Value] = []
    for point in at:
        try:
            out = np.asarray(replay.output(dict(zip(inputs, point, strict=True))))
        except FAILURES:
            out = np.asarray(np.nan)
        found.append(out)
    return found


def _candidates(p: Pass, inputs: list[int]) -> Iterator[tuple[Op, Mapping[str, Any]]]:
    """The ops of as many operands, those without parameters first, and how to call them."""
    scalar = all(np.ndim(p.values[i]) == 0 for i in inputs)
    fitting = [op for op in REGISTRY.values() if op.arity == len(inputs) and not op.variadic]
    for op in sorted(fitting, key=lambda op: len(op.parameters)):
        # On a single number, the ops that are not elementwise do nothing, or what others do.
        if scalar and not op.elementwise:
            continue
        yield op, {}
        if "axis" in op.parameters:
            for axis in range(-1, -1 - np.ndim(p.values[inputs[0]]), -1):
                yield op, {"axis": axis}
                if "keepdims" in op.parameters:
                    yield op, {"axis": axis, "keepdims": True}


def _value(op: Op, operands: list[Value], params: Mapping[str, Any]) -> Value | None:
    try:
        with np.errstate(all="ignore"):
            return np.asarray(forward(op, list(operands), params))
    except FAILURES:
        return None


def _same(a: Value | None, b: Value | None) -> bool:
    if a is None or b is None or np.shape(a) != np.shape(b):
        return False
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=_ALIKE, atol=_ALIKE))
