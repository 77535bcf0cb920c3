"""What is told of one cell: which cells it touches on the other side of an op, and how much."""

from __future__ import annotations

from dataclasses import dataclass

from engine.columns import Value
from tutor.debugger.errors import DebuggerError

Index = tuple[int, ...]


class CellError(DebuggerError):
    """A cell cannot be shown; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Term:
    """An input cell that an output cell touches.

    operand: the number of the operand that it belongs to, which is `node`. slope: the local
    derivative of the output cell by it, ∂out/∂in.
    """

    operand: int
    node: int
    index: Index
    value: float
    slope: float


@dataclass(frozen=True, slots=True)
class Product:
    """A part of an output cell: `coefficient` times the values of all `factors`."""

    coefficient: float
    factors: tuple[Term, ...]
    amount: float


@dataclass(frozen=True, slots=True)
class OutputCell:
    """One cell of a value that an op made.

    terms: the input cells that it touches, operand by operand, in reading order; `touched` tells
    how many there are in all. products: what it is the sum of, where it is a sum of products of
    input cells; `summands` tells how many there are in all (0: it is no such sum), `rest` is what
    those not listed add up to, `total` what all of them do. agrees: the total is the value.
    """

    node: int
    index: Index
    value: float
    terms: tuple[Term, ...]
    touched: int
    products: tuple[Product, ...] = ()
    summands: int = 0
    rest: float = 0.0
    total: float = 0.0
    agrees: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """What came back to an input cell from one output cell: `amount` is `upstream` · `slope`."""

    index: Index
    upstream: float
    slope: float
    amount: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """One contribution to the gradient of an input cell.

    event: its number. source: the node that passed it on, through its operand number `operand`;
    None for the seed. amount: the entry of the contribution. shares: the output cells of the source
    that touch this cell; `touched` tells how many there are in all, `rest` is what those not listed
    add up to, `total` what all of them do. agrees: the total is the amount. why: why there are no
    shares, where the gradient rule does not let itself be asked.
    """

    event: int
    source: int | None
    operand: int | None
    amount: float
    shares: tuple[Share, ...] = ()
    touched: int = 0
    rest: float = 0.0
    total: float = 0.0
    agrees: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class InputCell:
    """One cell of a node, and what came back into it.

    gradient: what has arrived so far; None for nothing yet. arrivals: the contributions so far;
    `arrived` tells how many there are, `rest` is what those not listed add up to. expected: how
    many will have come in the end.
    """

    node: int
    index: Index
    value: float
    gradient: float | None
    arrivals: tuple[Arrival, ...]
    arrived: int
    rest: float
    expected: int

    @property
    def complete(self) -> bool:
        """Whether all contributions have arrived."""
        return self.arrived == self.expected


def entry(value: Value, index: Index) -> float:
    """One cell of a value, as a Python float."""
    return value if type(value) is float else float(value[index])
