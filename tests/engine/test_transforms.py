"""Jacobians: the numbers of the worked examples, shapes, nesting, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import Tensor, jacobian
from engine.arrays.symbols import symbols_like
from engine.errors import EngineError
from engine.transforms import gradients

WEIGHTS = [[[1, -2], [-1, 1]], [[2, -1], [-2, -1]], [[3, -1], [-1, 4]]]
BIASES = [[1, 0], [0, 0], [-2, 2]]


def toy_network(x: Tensor) -> Tensor:
    for w, b in zip(WEIGHTS, BIASES, strict=True):
        x = engine.sigmoid(Tensor(w) @ x + Tensor(b))
    return x


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ((1, -1), [[0.0100955, -0.0138664], [0.00154499, 0.00101624]]),
        ((0, 0), [[0.100309, -0.169884], [-0.0237085, 0.0546383]]),
    ],
)
def test_the_toy_network_of_we_05(x: tuple[int, int], expected: list[list[float]]) -> None:
    found = jacobian(toy_network)(x)
    np.testing.assert_allclose(found.data, expected, rtol=5e-6)


def test_the_softmax_of_we_06() -> None:
    p = np.array([0.25, 0.25, 0.5])
    found = jacobian(engine.softmax)(np.log(p))
    np.testing.assert_allclose(found.data, np.diag(p) - np.outer(p, p), atol=1e-15)
    by_loss = jacobian(lambda p: -engine.log(p[1]))(p)
    np.testing.assert_allclose(by_loss.data, [0, -4, 0])


def test_a_jacobian_has_the_shape_of_the_output_and_the_input() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert jacobian(lambda x: engine.sum(x, axis=0))(x).shape == (3, 2, 3)
    assert jacobian(engine.sum)(x).shape == (2, 3)
    assert jacobian(lambda x: x * np.ones(4))(2.0).shape == (4,)
    assert jacobian(lambda x: x[0:0])(x).shape == (0, 3, 2, 3)
    assert jacobian(lambda x: x * x)(3.0).item() == 6.0


def test_several_arguments() -> None:
    a, b = np.arange(4.0).reshape(2, 2), np.array([1.0, 2.0])
    by_a, by_b = jacobian(lambda a, b: a @ b, argnum=(0, 1))(a, b)
    assert (by_a.shape, by_b.shape) == ((2, 2, 2), (2, 2))
    np.testing.assert_array_equal(by_b.data, a)
    np.testing.assert_array_equal(jacobian(lambda a, b: a @ b, argnum=1)(a, b).data, a)
    with pytest.raises(EngineError, match="there is no argument 2; 2 are given"):
        jacobian(lambda a, b: a, argnum=2)(a, b)


def test_an_argument_that_is_not_used_has_a_jacobian_of_0() -> None:
    by_a, by_b = jacobian(lambda a, b: engine.exp(a), argnum=(0, 1))([1.0, 2.0], [3.0])
    assert by_a.shape == (2, 2)
    assert by_b.data.tolist() == [[0.0], [0.0]]
    assert jacobian(lambda x: Tensor([1.0, 2.0]))(5.0).data.tolist() == [0.0, 0.0]


def test_a_jacobian_of_a_jacobian_is_the_hessian() -> None:
    def fn(x: Tensor) -> Tensor:
        return x[0] ** 3 * x[1] + engine.exp(x[1])

    found = jacobian(jacobian(fn))(np.array([2.0, 1.0]))
    np.testing.assert_allclose(found.data, [[12, 12], [12, np.e]], rtol=1e-12)


def test_gradients_held_by_the_arguments_are_left_alone() -> None:
    x = Tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    found = jacobian(lambda t: t * t * t)(x)
    assert found.item() == 27.0
    assert found.requires_grad
    assert x.grad is not None
    assert x.grad.item() == 6.0


def test_gradients_come_out_beside_those_that_are_kept() -> None:
    x, unused = Tensor(2.0, requires_grad=True), Tensor(1.0, requires_grad=True)
    inner = x * x
    out = inner * x
    first, by_inner, none = gradients(out, [x, inner, unused])
    assert (first.item(), by_inner.item(), none) == (12.0, 2.0, None)  # type: ignore[union-attr]
    assert x.grad is inner.grad is out.grad is None
    assert gradients(Tensor(1.0), [x]) == [None]
    (again,) = gradients(out, [x], create_graph=True)
    assert again is not None
    assert gradients(again, [x])[0].item() == 12.0  # type: ignore[union-attr]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_narrow_jacobian_stays_narrow(dtype: str) -> None:
    x = np.array([0.1, 0.2], dtype=dtype)
    assert jacobian(engine.softmax)(x).dtype.name == dtype


def test_a_jacobian_of_symbols() -> None:
    x = Tensor(symbols_like((2,), "x"))
    found = jacobian(lambda x: x * x)(x)
    assert str(found.data.tolist()) == "[[2*x[0], 0], [0, 2*x[1]]]"
