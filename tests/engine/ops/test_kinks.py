"""What happens at ties and kinks: the conventions that the rules state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor


def gradient(f: Callable[..., Tensor], x: Any, upstream: Any = None) -> list[Any]:
    t = Tensor(x, requires_grad=True)
    out = f(t)
    out.backward(np.ones(out.shape) if upstream is None else upstream)
    assert t.grad is not None
    return t.grad.tolist()


@pytest.mark.parametrize(
    ("implementation", "wanted"),
    [
        (engine.relu, [0, 0, 1]),
        (lambda z: engine.clip(z, lo=0.0), [0, 1, 1]),
        (lambda z: engine.maximum(z, 0.0), [0, 0.5, 1]),
        (lambda z: z * (z > 0), [0, 0, 1]),
        (lambda z: engine.where(z >= 0, z, 0.0), [0, 1, 1]),
        (engine.leaky_relu, [0.01, 0.01, 1]),
        (engine.elu, [np.exp(-1), 1, 1]),
        (engine.abs, [-1, 0, 1]),
        (engine.sign, [0, 0, 0]),
        (engine.heaviside, [0, 0, 0]),
        (engine.floor, [0, 0, 0]),
    ],
)
def test_slopes_at_minus_one_zero_and_two(
    implementation: Callable[..., Tensor], wanted: list[float]
) -> None:
    assert gradient(implementation, [-1.0, 0.0, 2.0]) == pytest.approx(wanted)


def test_the_same_kinks_on_scalars() -> None:
    assert gradient(engine.relu, 0.0) == 0
    assert gradient(lambda z: engine.maximum(z, 0.0), 0.0) == 0.5
    assert gradient(lambda z: engine.clip(z, lo=0.0), 0.0) == 1
    assert gradient(engine.abs, 0.0) == 0


def test_step_is_zero_at_zero() -> None:
    assert engine.heaviside([-0.0, 0.0, 1e-300]).tolist() == [0, 0, 1]


def test_max_along_one_axis_gives_all_to_the_first_of_a_tie() -> None:
    tied = [[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]]
    assert gradient(lambda x: x.max(axis=1), tied) == [[0, 1, 0], [1, 0, 0]]
    assert gradient(lambda x: x.min(axis=0), [[1.0, 0.0], [1.0, 0.0]]) == [[1, 1], [0, 0]]


def test_max_over_all_shares_a_tie() -> None:
    assert gradient(lambda x: x.max(), [1.0, 3.0, 3.0]) == [0, 0.5, 0.5]
    assert gradient(lambda x: x.min(), [[1.0, 1.0], [1.0, 4.0]]) == [[1 / 3, 1 / 3], [1 / 3, 0]]
    assert gradient(lambda x: x.max(axis=(0,)), [2.0, 2.0]) == [0.5, 0.5]


def test_maxout_chooses_the_first_of_a_tie() -> None:
    assert gradient(engine.maxout, [[1.0, 1.0], [0.0, 2.0]]) == [[1, 0], [0, 1]]


def test_pow_at_zero() -> None:
    base, exponent = Tensor([0.0, 0.0], True), Tensor([2.0, 0.0], True)
    (base**exponent).sum().backward()
    assert base.grad is not None
    assert exponent.grad is not None
    assert base.grad.tolist() == [0, 0]
    assert exponent.grad.tolist() == [0, 0]


def test_prod_is_right_beside_zeros_to_the_second_derivative() -> None:
    assert gradient(lambda x: x.prod(), [2.0, 0.0, 3.0]) == [0, 6, 0]
    assert gradient(lambda x: x.prod(), [0.0, 0.0, 3.0]) == [0, 0, 0]
    x = Tensor([0.0, 0.0, 3.0], requires_grad=True)
    x.prod().backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    assert first is not None
    first[0].backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0, 3, 0]


def test_margins_pass_the_gradient_exactly_at_the_margin() -> None:
    one = Tensor(1.0)
    assert gradient(lambda s: engine.hinge(s, one), 1.0) == -1
    assert gradient(lambda s: engine.hinge(s, one), 1.0 + 1e-9) == 0
    assert gradient(lambda a: engine.margin_ranking(a, 0.0, 1.0, margin=1.0), 1.0) == -1


def test_the_condition_of_where_gets_no_gradient() -> None:
    condition, a = Tensor([1.0, 0.0], requires_grad=True), Tensor([2.0, 2.0], requires_grad=True)
    engine.where(condition, a, -a).sum().backward()
    assert condition.grad is None
    assert a.grad is not None
    assert a.grad.tolist() == [1, -1]


def test_class_numbers_get_no_gradient() -> None:
    logits, classes = Tensor([[1.0, 2.0]], True), Tensor([1.0], True)
    engine.cross_entropy(logits, classes).backward()
    assert classes.grad is None
    assert logits.grad is not None
