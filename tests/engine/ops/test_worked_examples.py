"""Ops against the worked examples of the lectures that the course follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor

SIX_DIGITS: dict[str, Any] = {"rtol": 4e-6, "atol": 1e-12}


def variables(*values: Any) -> list[Tensor]:
    return [Tensor(value, requires_grad=True) for value in values]


def grad(t: Tensor) -> Any:
    assert t.grad is not None
    return t.grad.data


def near(got: Any, wanted: Any) -> None:
    np.testing.assert_allclose(got, wanted, **SIX_DIGITS)


def test_cross_entropy_with_three_classes() -> None:
    """WE-06."""
    (p,) = variables([0.25, 0.25, 0.5])
    loss = engine.cross_entropy_from_probabilities(p, [0.0, 1.0, 0.0])
    loss.backward()
    near(loss.item(), 1.38629)
    assert grad(p).tolist() == [0, -4, 0]

    (z,) = variables(np.log([0.25, 0.25, 0.5]))
    for target in ([0.0, 1.0, 0.0], 1.0):
        z.zero_grad()
        engine.cross_entropy(z, target).backward()
        near(grad(z), [0.25, -0.75, 0.5])
    near(engine.cross_entropy(z, 2.0).item(), 0.693147)


def test_softmax_jacobian() -> None:
    """WE-06: diag(p) - p pᵀ."""
    rows = []
    for i in range(3):
        (z,) = variables(np.log([0.25, 0.25, 0.5]))
        engine.softmax(z)[i].backward()
        rows.append(grad(z))
    near(rows, [[0.1875, -0.0625, -0.125], [-0.0625, 0.1875, -0.125], [-0.125, -0.125, 0.25]])


IMAGE = [[1, 2, 0, 3, 1], [1, 0, 0, 2, 2], [2, 1, 2, 1, 1], [0, 0, 1, 0, 0], [1, 2, 1, 1, 1]]
KERNEL = [[-1, 1, 2], [1, 1, 0], [-1, -2, 0]]


def test_image_and_kernel_without_padding() -> None:
    """WE-11, pad 0, stride 1."""
    x, k = variables(IMAGE, KERNEL)
    out = engine.corr(x, k)
    assert out.tolist() == [[-2, -1, 3], [2, 5, 8], [-2, 0, -1]]
    out.sum().backward()
    assert grad(k).tolist() == [[9, 11, 12], [7, 7, 9], [10, 9, 8]]
    assert grad(x).tolist() == [
        [-1, 0, 2, 3, 2],
        [0, 2, 4, 4, 2],
        [-1, -1, 1, 2, 2],
        [0, -1, -1, -1, 0],
        [-1, -3, -3, -2, 0],
    ]


def test_image_and_kernel_with_padding() -> None:
    """WE-11, pad 1, stride 1: pad, then corr."""
    x, k = variables(IMAGE, KERNEL)
    out = engine.corr(engine.pad(x, width=1), k)
    assert out.tolist()[0] == [-1, 2, 2, -1, -2]
    out.sum().backward()
    assert grad(k).tolist() == [[16, 20, 16], [21, 26, 21], [15, 19, 15]]
    assert grad(x).tolist()[0] == [2, 4, 4, 4, 4]


def test_image_and_kernel_with_stride() -> None:
    """WE-11, pad 1, stride 2: every second output."""
    x, k = variables(IMAGE, KERNEL)
    out = engine.corr(engine.pad(x, width=1), k)[::2, ::2]
    assert out.tolist() == [[-1, 2, -2], [3, 5, 2], [1, 4, 2]]
    out.sum().backward()
    assert grad(k).tolist() == [[2, 4, 2], [10, 10, 10], [2, 4, 2]]
    assert grad(x).tolist()[1] == [-1, 0, -1, 0, -1]


def test_true_convolution_turns_the_kernel() -> None:
    """WE-11."""
    assert engine.conv(IMAGE, KERNEL).tolist() == [[-1, 2, 1], [2, 2, -2], [0, 0, -1]]


@pytest.mark.parametrize(
    ("function", "z", "value", "slope"),
    [
        ("sigmoid", -4, 0.0179862, 0.0176627),
        ("sigmoid", -3, 0.0474259, 0.0451767),
        ("sigmoid", -2, 0.119203, 0.104994),
        ("sigmoid", 0, 0.5, 0.25),
        ("sigmoid", 1, 0.731059, 0.196612),
        ("sigmoid", 4, 0.982014, 0.0176627),
        ("tanh", -4, -0.999329, 0.00134095),
        ("tanh", -3, -0.995055, 0.00986604),
        ("tanh", -1, -0.761594, 0.419974),
        ("tanh", 0, 0, 1),
        ("tanh", 2, 0.964028, 0.0706508),
        ("softplus", -2, 0.126928, 0.119203),
        ("softplus", -1, 0.313262, 0.268941),
        ("softplus", 0, 0.693147, 0.5),
        ("softplus", 1, 1.31326, 0.731059),
        ("softplus", 2, 2.12693, 0.880797),
        ("relu", -2, 0, 0),
        ("relu", 2, 2, 1),
        ("leaky_relu", -2, -0.02, 0.01),
        ("leaky_relu", 1, 1, 1),
        ("sine", 1, 0.841471, 0.540302),
    ],
)
def test_activation_table(function: str, z: float, value: float, slope: float) -> None:
    """WE-15, CO-21; as a scalar and as an array."""
    for shape in ((), (2,)):
        (t,) = variables(np.full(shape, float(z)))
        out = getattr(engine, function)(t)
        out.backward(np.ones(shape))
        near(out.data, np.full(shape, value))
        near(grad(t), np.full(shape, slope))


def test_softmax_against_sigmoids() -> None:
    """CO-06."""
    (z,) = variables([3.0, 1.0, -3.0])
    near(engine.softmax(z).data, [0.878878, 0.118943, 0.00217852])
    near(engine.sigmoid(z).sum().item(), 1.73106)

    loss = engine.cross_entropy(z, 1.0)
    loss.backward()
    near(loss.item(), 2.12911)
    near(grad(z), [0.878878, -0.881057, 0.00217852])

    z.zero_grad()
    loss = engine.multilabel_cross_entropy(z, [1.0, 1.0, 0.0])
    loss.backward()
    near(loss.item(), 0.410436)
    near(grad(z), [-0.0474259, -0.268941, 0.0474259])


def test_gate_patterns() -> None:
    """CO-10: what add, mul, max and σ do to an upstream gradient of 2."""
    for gate, a, b, value, to_a, to_b in (
        (engine.add, 3.0, 4.0, 7, 2, 2),
        (engine.mul, 3.0, -4.0, -12, -8, 6),
        (engine.maximum, 3.0, 4.0, 4, 0, 2),
    ):
        x, y = variables(a, b)
        out = gate(x, y)
        out.backward(2.0)
        assert (out.item(), grad(x), grad(y)) == (value, to_a, to_b)
    (z,) = variables(1.0)
    engine.sigmoid(z).backward(2.0)
    near(grad(z), 0.393224)

    (x,) = variables(2.0)
    f = x**2 + 3 * x
    f.backward()
    assert (f.item(), grad(x)) == (10, 7)


def test_numerical_traps() -> None:
    """CO-16."""
    assert engine.sigmoid([-1000.0, 1000.0]).tolist() == [0, 1]
    assert engine.sigmoid(-1000.0).item() == 0
    assert engine.softplus([800.0, -800.0]).tolist() == [800, 0]
    assert engine.softplus(800.0).item() == 800
    assert engine.relu([-np.inf, -1.0]).tolist() == [0, 0]
    assert not np.signbit(engine.relu([-1.0]).data).any()

    logit = Tensor(np.float32([-200.0, -40.0]), requires_grad=True)
    loss = engine.binary_cross_entropy_with_logits(logit, np.float32([1.0, 1.0]), reduction="none")
    assert loss.dtype == np.float32
    assert loss.tolist() == [200, 40]
    loss.sum().backward()
    assert grad(logit).tolist() == [-1, -1]
    confident = engine.binary_cross_entropy_with_logits([40.0, -40.0], [1.0, 0.0], reduction="none")
    near(confident.data, [4.24835e-18, 4.24835e-18])

    logs = engine.log_softmax([1000.0, 0.0, -1000.0])
    assert logs.tolist() == [0, -1000, -2000]
    assert engine.logsumexp([1000.0, 1000.0]).item() == pytest.approx(1000 + np.log(2), rel=1e-15)
    assert engine.cross_entropy([[-1e4, 1e4]], [0.0]).item() == 2e4

    assert engine.binary_cross_entropy([0.0, 1.0], [0.0, 1.0]).item() == 0
    assert engine.cross_entropy_from_probabilities([0.0, 1.0], [0.0, 1.0]).item() == 0
    assert engine.binary_cross_entropy([0.0], [1.0]).item() == np.inf


def test_units_that_the_lectures_only_name() -> None:
    """CO-21."""
    z, a = variables(-2.0, 0.25)
    out = engine.prelu(z, a)
    out.backward()
    assert (out.item(), grad(z), grad(a)) == (-0.5, 0.25, -2)

    (pieces,) = variables([1.5, -0.5])
    out = engine.maxout(pieces)
    out.backward(2.0)
    assert (out.item(), grad(pieces).tolist()) == (1.5, [2, 0])

    x, w1, w2 = variables(2.0, 0.5, -0.4)
    y = x + w2 * engine.relu(w1 * x)
    y.backward()
    near([y.item(), grad(x), grad(w1), grad(w2)], [1.6, 0.8, -0.8, 1])


def test_ten_residual_blocks() -> None:
    """CO-21: the slope through ten blocks, with skips and without."""
    for skip, wanted in ((True, 0.107374), (False, 1.024e-07)):
        (x,) = variables(2.0)
        y = x
        for _ in range(10):
            branch = -0.4 * engine.relu(0.5 * y) if skip else 0.4 * engine.relu(0.5 * y)
            y = y + branch if skip else branch
        y.backward()
        near(grad(x), wanted)
