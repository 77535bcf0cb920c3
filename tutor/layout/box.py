"""Boxes: what the caller gives, and the ports at which edges enter and leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Region(NamedTuple):
    """A rectangle of cells: left column, top row, columns, rows."""

    x: int
    y: int
    width: int
    height: int


class Edge(NamedTuple):
    """One use of a node's value: ``source`` is operand number ``operand`` of ``consumer``."""

    source: int
    consumer: int
    operand: int


@dataclass(frozen=True, slots=True)
class Box:
    """One node to place: its size in cells, border included, and the ids of its operands in order.

    The same node may be an operand twice. Raises ValueError when there is no room for a border and
    a row of text.
    """

    id: int
    width: int
    height: int
    inputs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.width < 3 or self.height < 3:
            raise ValueError(
                f"layout: box {self.id} is {self.width} x {self.height} cells; "
                "a border around one cell needs at least 3 x 3"
            )

    @property
    def rows(self) -> int:
        """The height it is drawn with: more than asked for where the operands need the rows."""
        n = len(self.inputs)
        if n <= self.height - 2 or (self.height == 3 and n <= 3):
            return self.height
        return n + 2

    @property
    def left_rows(self) -> tuple[int, ...]:
        """The row of each operand's port, from the top of the box, in operand order.

        A box with a single row of text takes two or three operands on its border rows.
        """
        n = len(self.inputs)
        if n < 2:
            return (1,) * n
        top, span = (0, 2) if self.rows == 3 else (1, self.rows - 3)
        return tuple(top + i * span // (n - 1) for i in range(n))

    @property
    def right_row(self) -> int:
        """The row at which the value leaves: the first row of text."""
        return 1
