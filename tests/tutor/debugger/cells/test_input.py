"""What came back into one cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from tutor.debugger.cells import CellError, input_cell, touching

IMAGE = [[1, 2, 0, 3, 1], [1, 0, 0, 2, 2], [2, 1, 2, 1, 1], [0, 0, 1, 0, 0], [1, 2, 1, 1, 1]]
KERNEL = [[-1, 1, 2], [1, 1, 0], [-1, -2, 0]]


def layer(W: Any, x: Any, b: Any) -> Any:
    return engine.sum(engine.sigmoid(W @ x + b))


def test_the_layer_of_we_05() -> None:
    trace = engine.record(layer, W=[[1, -2], [-1, 1]], x=[1, -1], b=[1, 0])
    cell = input_cell(trace, trace.id("x"), (0,))
    assert cell.gradient == pytest.approx(-0.0873309, rel=1e-5)
    (arrival,) = cell.arrivals
    assert [(s.index, s.slope) for s in arrival.shares] == [((0,), 1.0), ((1,), -1.0)]
    assert [s.upstream for s in arrival.shares] == pytest.approx([0.0176627, 0.104994], rel=1e-5)
    assert arrival.total == arrival.amount == cell.gradient
    bias = input_cell(trace, trace.id("b"), (1,))
    assert [(s.index, s.slope) for s in bias.arrivals[0].shares] == [((1,), 1.0)]


def test_the_kernel_of_we_11_meets_every_patch() -> None:
    trace = engine.record(lambda x, k: engine.sum(engine.corr(x, k)), x=IMAGE, k=KERNEL)
    cell = input_cell(trace, 1, (0, 1))
    assert cell.gradient == 11
    (arrival,) = cell.arrivals
    assert [s.slope for s in arrival.shares] == [2, 0, 3, 0, 0, 2, 1, 2, 1]
    assert arrival.touched == 9
    pixel = input_cell(trace, 0, (0, 3))
    assert pixel.gradient == 3
    assert [(s.index, s.slope) for s in pixel.arrivals[0].shares] == [((0, 1), 2), ((0, 2), 1)]


def test_every_use_of_a_cell_comes_back() -> None:
    trace = engine.record(lambda x: engine.sum(x * x + engine.exp(x)), x=[1.0, 2.0])
    cell = input_cell(trace, 0, (1,))
    assert cell.expected == 3
    assert sum(a.amount for a in cell.arrivals) == cell.gradient
    assert all(a.agrees and a.touched == 1 for a in cell.arrivals)
    assert [a.operand for a in cell.arrivals] == [0, 0, 1]
    early = input_cell(trace, 0, (1,), cell.arrivals[0].event + 1)
    assert (early.arrived, early.complete) == (1, False)
    assert early.gradient == early.arrivals[0].amount
    assert input_cell(trace, 0, (1,), 0).gradient is None


def test_one_number_laid_over_many_cells() -> None:
    trace = engine.record(lambda x, b: engine.sum(x * b), x=[[1.0, 2.0], [3.0, 4.0]], b=2.0)
    cell = input_cell(trace, 1, ())
    (arrival,) = cell.arrivals
    assert [s.slope for s in arrival.shares] == [1, 2, 3, 4]
    assert arrival.total == 10
    (mask,) = [mask for _, mask in touching(trace, 1, ())]
    assert mask.all()


def test_the_seed() -> None:
    trace = engine.record(engine.exp, x=[1.0, 2.0])
    cell = input_cell(trace, 1, (1,))
    assert [(a.source, a.amount, a.shares) for a in cell.arrivals] == [(None, 1.0, ())]


def test_where_nothing_comes_back() -> None:
    trace = engine.record(lambda x: engine.sum(x[:2]), x=[1.0, 2.0, 3.0])
    cell = input_cell(trace, 0, (2,))
    assert cell.gradient == 0
    assert (cell.arrivals[0].touched, cell.arrivals[0].agrees) == (0, True)
    masked = engine.record(lambda x: engine.sum(x > 1), x=[1.0, 2.0])
    assert (input_cell(masked, 0, (0,)).expected, input_cell(masked, 0, (0,)).complete) == (0, True)


def test_a_nan_that_the_rule_made_elsewhere_is_found_out() -> None:
    W = [[1.0, 2.0], [np.inf, 1.0]]
    trace = engine.record(lambda W, x: engine.sum((W @ x)[:1]), W=W, x=[3.0, 4.0])
    cell = input_cell(trace, 1, (0,))
    (arrival,) = cell.arrivals
    assert np.isnan(arrival.amount)
    assert [(s.upstream, s.slope) for s in arrival.shares] == [(1.0, 1.0), (0.0, np.inf)]
    assert arrival.agrees  # 0 · inf is nan here as well: the zero meets the infinity
    other = input_cell(trace, 1, (1,))
    assert other.arrivals[0].total == other.arrivals[0].amount == 2


def test_few_of_many() -> None:
    x = np.arange(1.0, 101.0)
    trace = engine.record(lambda x, b: engine.sum(x * b), x=x, b=1.0)
    (few,) = input_cell(trace, 1, (), most=2).arrivals
    assert [s.amount for s in few.shares] == [1, 2]
    assert (few.touched, few.rest, few.total) == (100, 5047, 5050)
    (largest,) = input_cell(trace, 1, (), most=2, largest=True).arrivals
    assert [s.amount for s in largest.shares] == [100, 99]

    def often(x: Any) -> Any:
        return engine.sum(engine.stack([x * k for k in range(10)]))

    many = input_cell(engine.record(often, x=2.0), 0, (), most=4, largest=True)
    assert (many.arrived, len(many.arrivals), many.rest) == (10, 4, 15)
    assert [a.amount for a in many.arrivals] == [9, 8, 7, 6]


def test_cells_that_are_not_there() -> None:
    trace = engine.record(engine.exp, x=[1.0, 2.0])
    with pytest.raises(CellError, match="x has no cell 5 along axis 0: they are 0 to 1"):
        input_cell(trace, 0, (5,))
    assert input_cell(trace, 0, (-1,)).index == (1,)
