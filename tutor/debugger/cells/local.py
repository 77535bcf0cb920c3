"""What one output cell depends on: the touched cells of each operand, and its slopes by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.columns import Value
from tutor.debugger.cells.call import FAILURES, Array, Call, row
from tutor.debugger.cells.cell import CellError, Index, entry
from tutor.debugger.cells.probes import Probes, probe


@dataclass(frozen=True, slots=True)
class Local:
    """An output cell and what it touches.

    call: the op on whole values, or for an elementwise op on the touched cells alone; `origins`
    then tells where these stand. index: the output cell within the call. places: the touched cells
    of each operand, counted flat. slopes: by all cells of each operand, in its shape. probes: what
    is known around the point; None where the rule cannot be asked there.
    """

    call: Call
    index: Index
    origins: tuple[Index | None, ...]
    places: tuple[Array, ...]
    slopes: tuple[Array, ...]
    probes: Probes | None


def local_of(call: Call, index: Index) -> Local:
    """What the output cell at `index` of a call depends on. Raises CellError where the gradient
    rule fails."""
    origins: tuple[Index | None, ...] = (None,) * len(call.values)
    narrow = _narrowed(call, index)
    if narrow is not None:
        call, origins = narrow
        index = ()
    slopes = row(call, index)
    probes = probe(call, index, slopes)
    masks = [_touched(call, slopes, probes, k) for k in range(len(slopes))]
    odd = any(s is not None and not np.isfinite(s).all() for s in slopes)
    if odd and call.shape and probes is not None:
        slopes = _isolated(call, index, masks, probes, slopes)
    filled = [
        np.zeros(np.shape(v)) if s is None else s for s, v in zip(slopes, call.values, strict=True)
    ]
    places = tuple([np.flatnonzero(mask) for mask in masks])
    return Local(call, index, origins, places, tuple(filled), probes)


def _narrowed(call: Call, index: Index) -> tuple[Call, tuple[Index | None, ...]] | None:
    """An elementwise op on the cells alone that one output cell is made of; None for other ops,
    and where the op is not what it says."""
    if not call.op.elementwise or not call.shape:
        return None
    origins = [projected(index, tuple(np.shape(v))) for v in call.values]
    cells = [_cell(v, origin) for v, origin in zip(call.values, origins, strict=True)]
    try:
        narrow = call.on([np.asarray(cell) for cell in cells])
    except FAILURES:
        return None
    there, here = entry(call.out, index), float(narrow.out)
    if np.shape(narrow.out) != () or not (there == here or (there != there and here != here)):
        return None
    return narrow, tuple(origins)


def projected(index: Index, shape: Index) -> Index:
    """The cell of an operand that broadcasting lays at a cell of the result."""
    own = index[len(index) - len(shape) :]
    return tuple([0 if size == 1 else i for i, size in zip(own, shape, strict=True)])


def _cell(value: Value, index: Index) -> Value:
    if type(value) is float:
        return value
    cell = np.asarray(value[index])
    return float(cell) if cell.dtype == np.float64 else cell


def _touched(
    call: Call,
    slopes: Sequence[Array | None],
    probes: Probes | None,
    operand: int,
) -> Array:
    """Which cells of an operand the output cell touches, as a mask."""
    own = slopes[operand]
    shape = np.shape(call.values[operand])
    if call.op.elementwise and not call.shape:
        return np.ones(shape, dtype=bool)
    if own is None:
        return np.zeros(shape, dtype=bool)
    support = None if probes is None else probes.support(operand)
    if support is None:
        return np.asarray(own != 0)
    return np.asarray(support | (np.isfinite(own) & (own != 0)))


def _isolated(
    call: Call,
    index: Index,
    masks: Sequence[Array],
    probes: Probes,
    slopes: list[Array | None],
) -> list[Array | None]:
    """The slopes with usual numbers in all cells that the output cell does not touch: an infinity
    elsewhere in the operands makes 0 · ∞ = NaN within the rule, not here."""
    values = [
        np.where(mask, v, at).astype(np.asarray(v).dtype) if s is not None else np.asarray(v)
        for mask, v, at, s in zip(masks, call.values, probes.base.call.values, slopes, strict=True)
    ]
    try:
        with np.errstate(all="ignore"):
            return row(call.on(values), index)
    except (*FAILURES, CellError):
        return slopes
