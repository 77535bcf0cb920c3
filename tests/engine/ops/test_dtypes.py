"""What goes in as float32 or float16 comes out as it, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.ops import REGISTRY, Op
from engine.ops.declare import Sample

CASES = [
    pytest.param(op, sample, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, sample in enumerate(op.samples)
]


def operands(op: Op, sample: Sample, dtype: str) -> list[Tensor]:
    result = []
    for i, shape in enumerate(sample.shapes):
        fixed = sample.values[i] if sample.values is not None else None
        domain = op.domain[0 if op.variadic else i]
        middle = np.linspace(domain.low, domain.high, int(np.prod(shape)) + 2)[1:-1]
        value = middle.reshape(shape) if fixed is None else np.asarray(fixed)
        result.append(Tensor(value, requires_grad=True, dtype=dtype))
    return result


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(("op", "sample"), CASES)
def test_dtype_is_kept(op: Op, sample: Sample, dtype: str) -> None:
    given = operands(op, sample, dtype)
    out = op(*given, **sample.params)
    if out.dtype.kind == "b":
        assert op.symbol in "> ≥ < ≤ = ≠"
        return
    assert out.dtype == dtype
    out.backward(np.ones(out.shape, dtype=dtype))
    gradients = [t.grad for t in given if t.grad is not None]
    assert gradients
    assert [g.dtype for g in gradients] == [np.dtype(dtype)] * len(gradients)


def test_python_numbers_do_not_widen() -> None:
    x = Tensor(np.float32([1.0, -2.0]), requires_grad=True)
    for out in (
        engine.leaky_relu(x, slope=0.2),
        engine.clip(x, -1.0, 1.0),
        engine.maximum(x, 0.5),
        engine.where(x > 0, x, 0.0),
        engine.sine(x, omega=30.0),
        engine.elu(x, alpha=0.5),
        engine.pad(x, width=1, value=0.25),
        engine.hinge(x, Tensor(np.float32([1.0, -1.0])), margin=0.5),
        engine.mean(x) * 2.0,
    ):
        assert out.dtype == np.float32


def test_half_precision_does_not_overflow_where_the_result_fits() -> None:
    x = np.float16([-12.0, 12.0, 300.0, -300.0])
    assert engine.sigmoid(x).tolist() == pytest.approx([0, 1, 1, 0], abs=1e-4)
    assert engine.softplus(x).tolist() == [0, 12, 300, 0] or engine.softplus(x).dtype == "float16"
    assert engine.softmax(x).tolist() == [0, 0, 1, 0]
    assert engine.logsumexp(x).item() == 300
