"""Every op of the registry, cell by cell, against whole Jacobians."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.ops import REGISTRY
from engine.ops.declare import Op, Sample
from engine.proof import points
from engine.trace import Trace
from tutor.debugger.cells import input_cell, output_cell, output_with_masks

Array = np.ndarray[Any, Any]
CALLS = [
    pytest.param(op, sample, id=f"{op.name}-{at}", marks=[] if sample.small else [pytest.mark.long])
    for op in REGISTRY.values()
    for at, sample in enumerate(op.samples)
]


def called(op: Op, sample: Sample, zeros: int = 0) -> tuple[Trace, list[Array | None]]:
    """The op recorded on a point of its own, seeded with different numbers; its Jacobian by each
    operand that is drawn, else None. zeros: how many entries of each drawn operand are 0."""
    values = points.operands(op, sample, zeros)
    drawn = points.drawn(sample)
    for value, free in zip(values, drawn, strict=True):
        if free:
            value.reshape(-1)[:zeros] = 0.0
    names = [f"x{k}" for k, free in enumerate(drawn) if free]
    fixed = {
        f"x{k}": Tensor(v)
        for k, (v, free) in enumerate(zip(values, drawn, strict=True))
        if not free
    }

    def function(**given: Any) -> Tensor:
        operands = {**fixed, **given}
        return op(*[operands[f"x{k}"] for k in range(len(values))], **sample.params)

    inputs = {name: values[int(name[1:])] for name in names}
    out = function(**{name: Tensor(v) for name, v in inputs.items()})
    seed = np.random.default_rng(1).uniform(0.5, 1.5, out.shape)
    flat = op.name in ("gt", "ge", "lt", "le", "eq", "ne")
    trace = engine.record_with(function, inputs, upstream=None if flat else seed)
    jacobians: list[Array | None] = []
    for k, free in enumerate(drawn):
        if not free:
            jacobians.append(None)
            continue

        def of(x: Tensor, k: int = k) -> Tensor:
            return op(*[x if i == k else Tensor(v) for i, v in enumerate(values)], **sample.params)

        jacobians.append(
            np.zeros((*out.shape, *values[k].shape))
            if flat
            else np.asarray(engine.jacobian(of)(values[k]).data)
        )
    return trace, jacobians


@pytest.mark.parametrize(("op", "sample"), CALLS)
def test_the_slopes_of_an_output_cell_are_a_row_of_the_jacobian(op: Op, sample: Sample) -> None:
    trace, jacobians = called(op, sample)
    node = trace.output
    shape = trace.nodes[node].shape
    for index in np.ndindex(shape):
        cell, masks = output_with_masks(trace, node, index, most=1000)
        assert cell.value == np.asarray(trace.value(node))[index]
        assert len(cell.terms) == cell.touched
        for k, jacobian in enumerate(jacobians):
            if jacobian is None:
                continue
            slopes = np.zeros(jacobian.shape[len(shape) :])
            for term in cell.terms:
                if term.operand == k:
                    slopes[term.index] = term.slope
            np.testing.assert_allclose(slopes, jacobian[index], rtol=1e-9, atol=1e-12)
        if cell.summands:
            assert cell.agrees
            assert len(cell.products) == cell.summands
            assert sum(p.amount for p in cell.products) == pytest.approx(cell.value, abs=1e-9)
        assert sum(int(mask.sum()) for _, mask in masks) == cell.touched


@pytest.mark.parametrize(("op", "sample"), CALLS)
def test_the_shares_of_an_input_cell_are_a_column_of_the_jacobian(op: Op, sample: Sample) -> None:
    trace, jacobians = called(op, sample)
    node = trace.output
    for k, jacobian in enumerate(jacobians):
        if jacobian is None:
            continue
        operand = trace.nodes[node].inputs[k]
        gradient = trace.grad(operand)
        for index in np.ndindex(trace.nodes[operand].shape):
            cell = input_cell(trace, operand, index, most=1000)
            assert cell.complete
            if gradient is None:
                assert cell.gradient is None
                continue
            assert cell.gradient == np.asarray(gradient)[index]
            assert len(cell.arrivals) == 1
            arrival = cell.arrivals[0]
            assert arrival.why == ""
            assert arrival.agrees
            assert len(arrival.shares) == arrival.touched
            column = np.zeros(trace.nodes[node].shape)
            for share in arrival.shares:
                column[share.index] = share.slope
                assert share.amount == share.upstream * share.slope
            np.testing.assert_allclose(column, jacobian[(..., *index)], rtol=1e-9, atol=1e-12)
            assert arrival.total == pytest.approx(arrival.amount, rel=1e-9, abs=1e-12)


SUMS = {
    "add", "sub", "mul", "neg", "matmul", "dot", "outer", "einsum", "sum", "mean", "conv", "corr",
    "conv_full", "corr_full", "windows", "getitem", "take", "scatter", "diag", "reshape",
    "transpose", "expand", "broadcast_to", "expand_dims", "squeeze", "flip", "concatenate",
    "stack", "cumsum",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SUMS))
def test_sums_of_products_are_found_by_their_numbers(name: str) -> None:
    op = REGISTRY[name]
    for sample, zeros in product(op.samples, range(3)):
        trace, _ = called(op, sample, zeros)
        shape = trace.nodes[trace.output].shape
        for index in np.ndindex(shape):
            cell = output_cell(trace, trace.output, index)
            assert cell.summands or not cell.touched
            assert cell.agrees


@pytest.mark.parametrize(
    "name", ["exp", "softmax", "mse", "sigmoid", "logsumexp", "square", "relu", "max", "abs"]
)
def test_nothing_else_is_told_as_a_sum(name: str) -> None:
    op = REGISTRY[name]
    trace, _ = called(op, op.samples[0])
    index = (0,) * len(trace.nodes[trace.output].shape)
    assert output_cell(trace, trace.output, index).summands == 0
