"""An op that is opened into smaller ones gives the same value and the same gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.errors import EngineError
from engine.gates import GATES, can_open, opened
from engine.ops import REGISTRY, Op
from engine.ops.declare import Sample
from engine.proof import gradcheck, points
from engine.transforms import gradients

SAMPLES = [
    pytest.param(REGISTRY[name], sample, id=f"{name}-{i}")
    for name in GATES
    for i, sample in enumerate(REGISTRY[name].samples)
]


def leaves(op: Op, sample: Sample) -> list[Tensor]:
    """The operands of a sample; those that are drawn want a gradient."""
    pairs = zip(points.operands(op, sample), points.drawn(sample), strict=True)
    return [Tensor(value, requires_grad=drawn) for value, drawn in pairs]


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_the_gates_give_what_the_op_gives(op: Op, sample: Sample) -> None:
    found: list[list[Any]] = []
    for run in (lambda *xs: op(*xs, **sample.params), lambda *xs: opened(op, xs, sample.params)):
        operands = leaves(op, sample)
        out = run(*operands)
        wanted = [x for x in operands if x.requires_grad]
        seed = np.random.default_rng(3).uniform(0.5, 1.5, out.shape)
        found.append([out, *gradients(out, wanted, seed)])
    for one, other in zip(*found, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(other.data, one.data, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_the_gates_agree_with_differences(op: Op, sample: Sample) -> None:
    operands = leaves(op, sample)
    free = [x.data for x in operands if x.requires_grad]

    def fn(*given: Tensor) -> Tensor:
        rest = iter(given)
        return opened(
            op, tuple(next(rest) if x.requires_grad else x for x in operands), sample.params
        )

    check = gradcheck(fn, *free)
    assert check.status == "agrees", check


@pytest.mark.parametrize("name", GATES)
def test_an_op_is_made_of_others(name: str) -> None:
    op = REGISTRY[name]
    sample = op.samples[0]
    trace = engine.record(
        lambda: opened(op, tuple(leaves(op, sample)), sample.params).sum(),
    )
    assert name not in [node.op for node in trace.nodes]
    assert GATES[name].__doc__


def test_the_four_gates_of_the_sigmoid() -> None:
    sigmoid = REGISTRY["sigmoid"]
    trace = engine.record(lambda x: opened(sigmoid, (x,), {}), x=1.0)
    assert [n.op for n in trace.nodes if n.op not in ("input", "constant")] == [
        "neg",
        "exp",
        "add",
        "div",
    ]
    # Worked example of the lectures: 0.73 · (1 − 0.73) = 0.2, through −0.53 and −0.2.
    amounts = [e.amount for e in trace.events if e.kind == "contribution"]
    np.testing.assert_allclose(amounts, [-0.534446645, -0.534446645, -0.196611933, 0.196611933])


def test_a_probability_of_0_that_nothing_weighs_costs_nothing() -> None:
    op = REGISTRY["binary_cross_entropy"]
    for run in (op, lambda *xs: opened(op, xs, {})):
        p = Tensor([0.0, 1.0, 0.25], requires_grad=True)
        loss = run(p, Tensor([0.0, 1.0, 1.0]))
        loss.backward()
        assert loss.item() == pytest.approx(np.log(4) / 3)
        assert p.grad is not None
        np.testing.assert_allclose(p.grad.data, [1 / 3, -1 / 3, -4 / 3])


def test_what_is_made_of_nothing_smaller_is_refused() -> None:
    assert not can_open(REGISTRY["exp"])
    with pytest.raises(EngineError, match=r"exp is not made of smaller ops here; those that are"):
        opened(REGISTRY["exp"], (Tensor(1.0),), {})
    with pytest.raises(EngineError, match="only where its base is positive"):
        opened(REGISTRY["pow"], (Tensor(-1.0), Tensor(2.0)), {})
    wide = Tensor(np.ones((200, 200)))
    with pytest.raises(EngineError, match="8000000 products; at most 1000000"):
        opened(REGISTRY["matmul"], (wide, wide), {})
