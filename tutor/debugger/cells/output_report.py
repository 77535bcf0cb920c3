"""What is told of an output cell: the products that it is the sum of, and its slopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ops import REGISTRY
from engine.trace import Trace
from tutor.debugger.cells.call import Array
from tutor.debugger.cells.cell import Index, OutputCell, Product, Term
from tutor.debugger.cells.grid import Grid, grid
from tutor.debugger.cells.output import output_with_masks
from tutor.debugger.cells.places import cell_name
from tutor.render.expressions import expression, filled, name_of, pieces
from tutor.render.json_ import plain
from tutor.render.numbers import bracketed, number
from tutor.render.plain import Line
from tutor.render.report import Report, Row
from tutor.render.slopes import slope_of

_FORMULA = 40
_NUMBERS = 22
_SPOKEN = 4
GRID_ROWS = 5
GRID_WIDTH = 75


def output_report(
    trace: Trace, node: int, index: Index, cursor: int, *, most: int, largest: bool
) -> Report:
    """The report of one cell of a value that an op made. Raises CellError as `output_cell` does."""
    cell, masks = output_with_masks(trace, node, index, most=most, largest=largest)
    name = cell_name(trace, node, index)
    rows = _product_rows(trace, cell) if cell.summands else _made_rows(trace, cell)
    rows += _slope_rows(trace, cell, most)
    rows += grid_rows(_grids(trace, cell, masks, cursor))
    return Report(
        "cells",
        f"{name} of {name_of(trace, node)} = {_made(trace, node)}"
        if index
        else f"{name} = {_made(trace, node)}",
        tuple(rows),
        tuple(_sentences(trace, cell)),
        _data(trace, cell),
        aside=number(cell.value),
    )


def grid_rows(grids: Sequence[Grid]) -> list[Row]:
    """The windows below each other, each after an empty row."""
    rows = []
    for window in grids:
        rows.append(Row((("", "text"),)))
        rows += [Row((("  ", "text"), *line), window.node) for line in window.lines]
    return rows


def _made(trace: Trace, node: int) -> str:
    entry = trace.nodes[node]
    if entry.op in REGISTRY:
        return expression(trace, node)
    return f"{entry.op}({', '.join(name_of(trace, k) for k in entry.inputs)})"


def _cells_made(trace: Trace, cell: OutputCell) -> tuple[str, str]:
    """What made the cell, from names and from numbers: `σ(z[1])` and `σ(−2)`; of an op that is not
    elementwise `softmax(z)` and nothing."""
    entry = trace.nodes[cell.node]
    op = REGISTRY.get(entry.op)
    if op is None or not op.elementwise or len(cell.terms) != len(entry.inputs):
        return _made(trace, cell.node), ""
    parts = pieces(trace, entry)
    names = [cell_name(trace, term.node, term.index) for term in cell.terms]
    return filled(parts, names), filled(parts, [number(term.value) for term in cell.terms])


def _made_rows(trace: Trace, cell: OutputCell) -> list[Row]:
    formula, numbers = _cells_made(trace, cell)
    return [Row(columns(formula, numbers, number(cell.value)), cell.node)]


def _grids(
    trace: Trace, cell: OutputCell, masks: Sequence[tuple[int, Array]], cursor: int
) -> list[Grid]:
    """The operands with the touched cells marked, then the value with the cell marked; none of
    what is a single number."""
    shown = {f.operand: f.index for product in cell.products[:1] for f in product.factors}
    grids = []
    for operand, (node, mask) in enumerate(masks):
        if mask.shape:
            around = shown.get(operand)
            window = grid(
                trace, node, cursor, rows=GRID_ROWS, width=GRID_WIDTH, around=around, touched=mask
            )
            grids.append(window)
    if cell.index:
        grids.append(
            grid(trace, cell.node, cursor, rows=GRID_ROWS, width=GRID_WIDTH, chosen=cell.index)
        )
    return grids


def _product_rows(trace: Trace, cell: OutputCell) -> list[Row]:
    """One row a product, then their sum."""
    lines = [_product_line(trace, product) for product in cell.products]
    rows = [
        Row(line, product.factors[0].node)
        for product, line in zip(cell.products, lines, strict=True)
    ]
    left = cell.summands - len(cell.products)
    if left:
        rows.append(Row(columns(f"{left:,} more", "", number(cell.rest), faint=True)))
    if cell.summands > 1 or not cell.agrees:
        mark = (
            ("  ✓", "right") if cell.agrees else (f"  ✗ the value is {number(cell.value)}", "wrong")
        )
        rows.append(Row((*columns("sum", "", number(cell.total), strong=True), mark), cell.node))
    return rows


def columns(
    formula: str, numbers: str, amount: str, *, faint: bool = False, strong: bool = False
) -> Line:
    """A row of a sum: what it is, with numbers, and what it comes to."""
    role = "faint" if faint else "strong" if strong else "text"
    shown = f"{numbers[: _NUMBERS - 1]}…" if len(numbers) > _NUMBERS else numbers
    return (
        (f"  {clipped(formula, _FORMULA).ljust(_FORMULA)}", role),
        (shown.rjust(_NUMBERS), "value"),
        (amount.rjust(11), "faint" if faint else "result"),
    )


def clipped(text: str, width: int) -> str:
    """The text, cut with `…` where it is wider."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _product_line(trace: Trace, product: Product) -> Line:
    return columns(_formula(trace, product), _with_numbers(product), number(product.amount))


def _formula(trace: Trace, product: Product) -> str:
    """`W[0, 1]·x[1]`, with a constant in front where it is not 1."""
    names = "·".join([cell_name(trace, f.node, f.index) for f in product.factors])
    return f"{_constant(product)}{names}"


def _with_numbers(product: Product) -> str:
    values = [number(factor.value) for factor in product.factors]
    constant = _constant(product)
    if len(values) == 1 and not constant:
        return ""
    texts = [values[0] if not constant else bracketed(values[0]), *map(bracketed, values[1:])]
    return constant + "·".join(texts)


def _constant(product: Product) -> str:
    if product.coefficient == 1:
        return ""
    return "−" if product.coefficient == -1 else f"{number(product.coefficient)}·"


def _slope_rows(trace: Trace, cell: OutputCell, most: int) -> list[Row]:
    """The local derivative by each touched cell: its formula where there is one, its number."""
    if not cell.touched:
        said = "It touches no cell: no gradient passes here."
        return [Row(((f"  {said}", "quiet"),))]
    terms = _shown_terms(trace, cell)
    if not terms:
        return []
    name = cell_name(trace, cell.node, cell.index)
    rows = [Row((("", "text"),)), Row((("  local derivatives", "label"),))]
    for term in terms[:most]:
        left = f"∂{name}/∂{cell_name(trace, term.node, term.index)}"
        formula = _slope_formula(trace, cell, term)
        rows.append(
            Row(
                (
                    (f"  {clipped(left, 36).ljust(36)}", "text"),
                    (clipped(f"= {formula}" if formula else "", 26).ljust(26), "local"),
                    (number(term.slope).rjust(11), "local"),
                ),
                term.node,
            )
        )
    left_out = cell.touched - len(terms[:most])
    if left_out and len(cell.terms) + cell.summands > most:
        rows.append(Row(((f"  {left_out:,} more touched cells", "faint"),)))
    return rows


def _shown_terms(trace: Trace, cell: OutputCell) -> list[Term]:
    """The touched cells to tell of, operand by operand: those of the listed products, where there
    are some. A constant number is not worth a word."""
    terms: Sequence[Term] = cell.terms
    if cell.touched > len(cell.terms) and cell.products:
        listed = {(f.operand, f.index): f for p in cell.products for f in p.factors}
        terms = sorted(listed.values(), key=lambda term: term.operand)
    return [t for t in terms if t.index or trace.nodes[t.node].op != "constant"]


def _slope_formula(trace: Trace, cell: OutputCell, term: Term) -> str:
    """The slope from names: the other factor of the one product that the cell stands in, or the
    op's own formula; empty where there is none to show."""
    mine = [
        product
        for product in cell.products
        if any((f.operand, f.index) == (term.operand, term.index) for f in product.factors)
    ]
    if len(mine) == 1:
        others = [f for f in mine[0].factors if (f.operand, f.index) != (term.operand, term.index)]
        names = "·".join([cell_name(trace, f.node, f.index) for f in others])
        return f"{_constant(mine[0])}{names}" if names else ""
    entry = trace.nodes[cell.node]
    template = slope_of(trace, entry, term.operand) if entry.op in REGISTRY else None
    if cell.summands or not template or len(cell.terms) != len(entry.inputs):
        return ""
    names_of = {
        letter: cell_name(trace, t.node, t.index)
        for letter, t in zip("ab", cell.terms, strict=False)
    }
    return template.format(out=cell_name(trace, cell.node, cell.index), **names_of)


def _sentences(trace: Trace, cell: OutputCell) -> list[str]:
    name = cell_name(trace, cell.node, cell.index)
    value = number(cell.value)
    told = []
    if cell.summands:
        parts = [_spoken(trace, product) for product in cell.products[:_SPOKEN]]
        left = cell.summands - len(parts)
        if left:
            rest = cell.rest + sum(product.amount for product in cell.products[_SPOKEN:])
            parts.append(f"{left:,} more that add up to {number(rest)}")
        told.append(f"{name} is {value}: {', plus '.join(parts)}.")
        if not cell.agrees:
            told.append(f"The parts add up to {number(cell.total)}, which is not its value.")
    else:
        formula, numbers = _cells_made(trace, cell)
        told.append(f"{name} is {value}: {formula}{f', {numbers}' if numbers else ''}.")
    if not cell.touched:
        told.append(f"{name} touches no cell from which a gradient could come back.")
        return told
    terms = _shown_terms(trace, cell)
    few = terms[:_SPOKEN]
    slopes = [f"{number(t.slope)} by {cell_name(trace, t.node, t.index)}" for t in few]
    count = len(terms) if cell.touched == len(cell.terms) else cell.touched
    more = f", and {count - len(few):,} more" if count > len(few) else ""
    if count == 1:
        told.append(f"It touches one cell; its local derivative is {slopes[0]}.")
    elif few:
        listed = ", ".join(slopes)
        told.append(f"It touches {count:,} cells; its local derivatives are {listed}{more}.")
    return told


def _spoken(trace: Trace, product: Product) -> str:
    """`W[0, 1] times x[1], 2 times 3`; of a single cell `b[0], which is 2`."""
    names = [cell_name(trace, f.node, f.index) for f in product.factors]
    values = [number(f.value) for f in product.factors]
    if product.coefficient == -1:
        names[0], values[0] = f"minus {names[0]}", number(-product.factors[0].value)
    elif product.coefficient != 1:
        names.insert(0, number(product.coefficient))
        values.insert(0, number(product.coefficient))
    if len(names) == 1:
        return f"{names[0]}, which is {values[0]}"
    return f"{' times '.join(names)}, {' times '.join(values)}"


def _data(trace: Trace, cell: OutputCell) -> dict[str, Any]:
    return {
        "node": cell.node,
        "name": trace.nodes[cell.node].name,
        "cell": list(cell.index),
        "side": "output",
        "value": plain(cell.value),
        "touched": cell.touched,
        "terms": [{**_place(trace, t), "slope": plain(t.slope)} for t in cell.terms],
        "summands": cell.summands,
        "products": [
            {
                "coefficient": plain(product.coefficient),
                "factors": [_place(trace, factor) for factor in product.factors],
                "amount": plain(product.amount),
            }
            for product in cell.products
        ],
        "rest": plain(cell.rest) if cell.summands else None,
        "total": plain(cell.total) if cell.summands else None,
        "agrees": cell.agrees,
    }


def _place(trace: Trace, term: Term) -> dict[str, Any]:
    return {
        "node": term.node,
        "name": trace.nodes[term.node].name,
        "operand": term.operand,
        "cell": list(term.index),
        "value": plain(term.value),
    }
