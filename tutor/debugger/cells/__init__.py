"""One cell of an array: what made it, and what came back into it.

    output_cell(trace, node, (0, 1))    # what it touches, its slopes, the products in it
    input_cell(trace, node, (0, 1))     # what came back into it, through which slopes
    report(trace, node, (0, 1))         # either of them as rows, sentences and data

Everything is read off the op's own gradient rule on a one-hot seed, so it holds for every op.
"""

from __future__ import annotations

from tutor.debugger.cells.cell import Arrival as Arrival
from tutor.debugger.cells.cell import CellError as CellError
from tutor.debugger.cells.cell import Index as Index
from tutor.debugger.cells.cell import InputCell as InputCell
from tutor.debugger.cells.cell import OutputCell as OutputCell
from tutor.debugger.cells.cell import Product as Product
from tutor.debugger.cells.cell import Share as Share
from tutor.debugger.cells.cell import Term as Term
from tutor.debugger.cells.grid import Grid as Grid
from tutor.debugger.cells.grid import grid as grid
from tutor.debugger.cells.input import input_cell as input_cell
from tutor.debugger.cells.input import input_with_masks as input_with_masks
from tutor.debugger.cells.input import touching as touching
from tutor.debugger.cells.output import output_cell as output_cell
from tutor.debugger.cells.output import output_with_masks as output_with_masks
from tutor.debugger.cells.places import cell_name as cell_name
from tutor.debugger.cells.places import first as first
from tutor.debugger.cells.places import moved as moved
from tutor.debugger.cells.places import read_index as read_index
from tutor.debugger.cells.report import report as report
