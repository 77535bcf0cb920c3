"""One cell of a value: which input cells it touches, its slope by each, the products that made it.

Everything is read off the op's own gradient rule, so it holds for every op that has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.columns import Value
from engine.trace import Trace
from tutor.debugger.cells.call import Array, call_of
from tutor.debugger.cells.cell import Index, OutputCell, Product, Term, entry
from tutor.debugger.cells.local import Local, local_of
from tutor.debugger.cells.places import checked
from tutor.debugger.cells.products import Products, products_of

MOST = 64
"""How many terms and products are listed."""

_TOLERANCES = {8: 1e-9, 4: 1e-4, 2: 2e-2}


def output_cell(
    trace: Trace, node: int, index: Index, *, most: int = MOST, largest: bool = False
) -> OutputCell:
    """One cell of the value of a node that an op made.

    index: one number an axis, from 0. most: how many terms and how many products are listed.
    largest: list the largest products first, by size, not in reading order. Raises CellError for a
    cell that is not there, for a node that no op made, and where the gradient rule fails.
    """
    return output_with_masks(trace, node, index, most=most, largest=largest)[0]


def output_with_masks(
    trace: Trace, node: int, index: Index, *, most: int = MOST, largest: bool = False
) -> tuple[OutputCell, list[tuple[int, Array]]]:
    """An output cell, and what it touches: of each operand, in order, its node and a mask in its
    shape. Arguments and errors as of `output_cell`."""
    index = checked(trace, node, index)
    at = trace.pass_of(node)
    start = trace.node_range(at).start
    p = trace.passes[at]
    local = local_of(call_of(p, node - start), index)
    terms = _Terms(local, [start + k for k in p.operands[node - start]])
    cell = OutputCell(
        node=node,
        index=index,
        value=entry(trace.value(node), index),
        terms=tuple(terms.listed(most)),
        touched=len(terms),
    )
    products = None if local.probes is None else products_of(local.probes, local.index)
    if products is not None:
        cell = _summed(cell, products, terms, most, largest)
    shapes = [np.shape(p.values[k]) for k in p.operands[node - start]]
    return cell, list(zip(terms.operands, _masks(local, shapes), strict=True))


def _masks(local: Local, shapes: Sequence[Index]) -> list[Array]:
    masks = []
    for shape, places, origin in zip(shapes, local.places, local.origins, strict=True):
        mask = np.zeros(shape, dtype=bool)
        if origin is None:
            mask.reshape(-1)[places] = True
        else:
            mask[origin] = True
        masks.append(mask)
    return masks


@dataclass(frozen=True, slots=True)
class _Terms:
    """The touched cells of all operands, one after the other; made when they are read."""

    local: Local
    operands: Sequence[int]

    def __len__(self) -> int:
        return sum(map(len, self.local.places))

    def listed(self, most: int) -> list[Term]:
        found: list[Term] = []
        for operand, places in enumerate(self.local.places):
            found += [self.at(operand, int(k)) for k in places[: most - len(found)]]
        return found

    def at(self, operand: int, place: int) -> Term:
        """The term of one cell of an operand, counted flat."""
        value, origin = self.local.call.values[operand], self.local.origins[operand]
        index = np.unravel_index(place, np.shape(value)) if origin is None else origin
        return Term(
            operand=operand,
            node=self.operands[operand],
            index=tuple([int(i) for i in index]),
            value=float(np.asarray(value).reshape(-1)[place]),
            slope=float(self.local.slopes[operand].reshape(-1)[place]),
        )


def _summed(
    cell: OutputCell, products: Products, terms: _Terms, most: int, largest: bool
) -> OutputCell:
    """The cell with its products."""
    local = terms.local
    amounts = products.coefficients.copy()
    with np.errstate(all="ignore"):
        for operand, value in enumerate(local.call.values):
            flat = np.asarray(value, dtype=np.float64).reshape(-1)
            for at in range(products.operands.shape[1]):
                here = products.operands[:, at] == operand
                amounts[here] *= flat[products.cells[here, at]]
        total = float(amounts.sum())
        order = np.argsort(-np.abs(amounts), kind="stable") if largest else np.arange(len(amounts))
        shown = order[:most]
        rest = float(amounts[order[most:]].sum())
        size = float(np.abs(amounts).sum())
    listed = [
        Product(
            coefficient=float(products.coefficients[k]),
            factors=tuple(
                [
                    terms.at(int(operand), int(place))
                    for operand, place in zip(products.operands[k], products.cells[k], strict=True)
                    if operand >= 0
                ]
            ),
            amount=float(amounts[k]),
        )
        for k in shown
    ]
    return replace(
        cell,
        products=tuple(listed),
        summands=len(amounts),
        rest=rest,
        total=total,
        agrees=agree(total, cell.value, size, local.call.out),
    )


def agree(a: float, b: float, size: float, like: Value) -> bool:
    """Whether two sums are equal within the rounding of the dtype of `like`.

    size: the sum of the sizes of what was added up.
    """
    if a == b or (a != a and b != b):
        return True
    width = 8 if type(like) is float or like.dtype.kind != "f" else like.dtype.itemsize
    return bool(abs(a - b) <= _TOLERANCES.get(width, 1e-9) * max(size, abs(b)))
