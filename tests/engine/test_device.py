"""Nothing in an op, forward or backward, takes an array off its device behind one's back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.errors import DeviceError, ShapeError
from engine.ops import REGISTRY, Op
from engine.ops.declare import Refusal, Sample
from engine.proof import points
from tests.engine.device import DeviceArray, Transfers, installed

CASES = [
    pytest.param(op, sample, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, sample in enumerate(op.samples)
]


@pytest.fixture
def transfers() -> Iterator[Transfers]:
    with installed() as count:
        yield count


def on(device: str | None, op: Op, sample: Sample) -> list[Tensor]:
    values = points.operands(op, sample)
    return [
        Tensor(value, device=device, requires_grad=free)
        for value, free in zip(values, points.drawn(sample), strict=True)
    ]


def seed_like(out: Tensor) -> Any:
    return np.random.default_rng(1).normal(size=out.shape).astype(np.float64)


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_every_op_stays_on_the_device(op: Op, sample: Sample, transfers: Transfers) -> None:
    here = on(None, op, sample)
    there = on("cuda", op, sample)
    out = op(*here, **sample.params)
    seed = Tensor(seed_like(out), device="cuda")
    transfers.clear()
    far = op(*there, **sample.params)
    assert type(far.data) is DeviceArray
    if out.requires_grad:
        far.backward(seed)
        gradients = [t.grad for t in there]
        assert all(type(g.data) is DeviceArray for g in gradients if g is not None)
    assert (transfers.to_device, transfers.to_host) == (0, 0)

    np.testing.assert_allclose(far.data.get(), out.data, rtol=1e-14, atol=1e-300)
    if out.requires_grad:
        out.backward(seed_like(out))
        for near, other in zip(here, there, strict=True):
            assert (near.grad is None) == (other.grad is None)
            if near.grad is not None and other.grad is not None:
                np.testing.assert_allclose(
                    other.grad.data.get(), near.grad.data, rtol=1e-13, atol=1e-300
                )


REFUSALS = [
    pytest.param(op, refusal, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, refusal in enumerate(op.refuses)
]


@pytest.mark.parametrize(("op", "refusal"), REFUSALS)
def test_a_wrong_call_is_refused_on_the_device_too(
    op: Op, refusal: Refusal, transfers: Transfers
) -> None:
    operands = [Tensor(np.ones(shape), device="cuda") for shape in refusal.shapes]
    with pytest.raises(ShapeError, match=f"^{op.name}: "):
        op(*operands, **refusal.params)


def test_a_recording_fetches_each_value_once(transfers: Transfers) -> None:
    def fn(x: Tensor, w: Tensor) -> Tensor:
        return engine.sum(engine.tanh(x @ w))

    x, w = np.arange(6.0).reshape(2, 3), np.ones((3, 2)) / 7
    near = engine.record(fn, x=x, w=w)
    far_x, far_w = Tensor(x, device="cuda"), Tensor(w, device="cuda")
    transfers.clear()
    far = engine.record(fn, x=far_x.data, w=far_w.data)
    # Five values; five gradients, of which four are contributions too, held once each.
    assert transfers.to_host == 5 + 5
    assert transfers.to_device == 0
    assert [n.name for n in far.nodes] == [n.name for n in near.nodes]
    for node in range(len(near.nodes)):
        assert type(far.value(node)) is type(far.grad(node)) is np.ndarray
        assert not far.value(node).flags.writeable
        np.testing.assert_allclose(far.value(node), near.value(node), rtol=1e-14)
        np.testing.assert_allclose(far.grad(node), near.grad(node), rtol=1e-14)
    assert len(far.events) == len(near.events)


def test_an_array_of_the_host_beside_one_of_the_device_is_refused(transfers: Transfers) -> None:
    far = Tensor([1.0, 2.0], device="cuda")
    with pytest.raises(DeviceError, match="arrays of two kinds meet: cupy and numpy"):
        far * np.array([1.0, 2.0])


def test_numbers_of_the_program_may_stand_beside_device_arrays(transfers: Transfers) -> None:
    far = Tensor([1.0, 2.0], device="cuda", requires_grad=True)
    transfers.clear()
    out = engine.sum((2 * far + 1) ** 2)
    out.backward()
    assert (transfers.to_device, transfers.to_host) == (0, 0)
    assert far.grad is not None
    assert far.grad.data.get().tolist() == [12.0, 20.0]
    assert out.item() == 34.0
    assert far.device == "cuda"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_dtype_is_kept_on_the_device(dtype: str, transfers: Transfers) -> None:
    far = Tensor([[1.0, 2.0]], device="cuda", dtype=dtype, requires_grad=True)
    out = engine.mean(engine.softmax(far * 0.5) ** 2)
    out.backward()
    assert far.grad is not None
    assert (out.dtype, far.grad.dtype) == (np.dtype(dtype), np.dtype(dtype))


def test_the_stand_in_is_as_strict_as_it_says() -> None:
    x = DeviceArray(np.arange(3.0))
    for refused in (
        lambda: float(x[0]),
        lambda: bool(x[0]),
        lambda: np.asarray(x),
        lambda: np.exp(x),
        lambda: x + np.arange(3.0),
        lambda: np.arange(3.0) + x,
        lambda: x @ np.arange(3.0),
    ):
        with pytest.raises(TypeError):
            refused()
    assert type(x[0]) is DeviceArray
    assert x[0].shape == ()


def test_without_cupy_the_device_says_what_to_install() -> None:
    with pytest.raises(DeviceError, match=r"device 'cuda'.*"):
        Tensor([1.0], device="cuda")
