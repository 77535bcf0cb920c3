"""One op with the numbers that it met: what its gradient rule is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import backward
from engine.apply import forward
from engine.columns import Value
from engine.errors import EngineError
from engine.ops.declare import Op
from engine.passes import Pass
from tutor.debugger.cells.cell import CellError, Index
from tutor.render.sanitise import sanitise

Array = np.ndarray[Any, Any]
FAILURES = (
    ArithmeticError, AttributeError, EngineError, LookupError, NotImplementedError, TypeError,
    ValueError,
)  # fmt: skip
"""What an op raises on numbers that it was not made for."""


@dataclass(frozen=True, slots=True)
class Call:
    """An op, the values of its operands and the value that it made of them."""

    op: Op
    params: Mapping[str, Any]
    values: tuple[Value, ...]
    out: Value

    @property
    def shape(self) -> Index:
        """The shape of the value."""
        return tuple(np.shape(self.out))

    def on(self, values: Sequence[Value]) -> Call:
        """The same op on other values. Raises what the op raises."""
        held = [float(v) if np.ndim(v) == 0 and v.dtype == np.float64 else v for v in values]
        return Call(
            self.op, self.params, tuple(held), forward(self.op, list(held), dict(self.params))
        )


def call_of(p: Pass, node: int) -> Call:
    """The op that made a node of a pass (by local id), with its numbers.

    Raises CellError for a leaf.
    """
    op = p.ops[node]
    if op is None:
        kind = "an input" if p.wanted[node] else "a constant"
        raise CellError(f"{sanitise(p.names[node])} is {kind}: no op made it from other cells")
    values = tuple([p.values[i] for i in p.operands[node]])
    return Call(op, p.params.get(node, {}), values, p.values[node])


def row(call: Call, index: Index) -> list[Array | None]:
    """The local derivatives of one output cell by every cell of each operand, in its shape: the
    op's own gradient rule on a one-hot seed. None for an operand to which nothing passes.

    Raises CellError when the rule fails.
    """
    seed = one_hot(call.out, index)
    wants = [True] * len(call.values)
    try:
        found = backward.vjp(call.op, seed, call.out, call.values, call.params, wants)
    except FAILURES as error:
        raise rule_failed(call, error) from error
    return [None if slopes is None else np.asarray(slopes) for slopes in found]


def one_hot(value: Value, index: Index) -> Value:
    """A seed for `value`: 1 at one cell, 0 elsewhere."""
    if type(value) is float:
        return 1.0
    seed = np.zeros(value.shape, dtype=value.dtype if value.dtype.kind == "f" else np.float64)
    seed[index] = 1.0
    return seed


def rule_failed(call: Call, error: Exception) -> CellError:
    """The one line that is said when a gradient rule fails on a one-hot seed."""
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    return CellError(
        f"the gradient rule of {call.op.name} cannot be asked about one cell: {sanitise(why)}"
    )
