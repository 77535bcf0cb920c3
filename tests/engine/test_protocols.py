"""Plain NumPy code on Tensors: same values, right gradients, and clear refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.errors import LeavesGraphError

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
V = np.array([0.5, -0.25, 2.0])

FUNCTIONS = {
    "exp": np.exp,
    "chain": lambda x: np.exp(x) @ V,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "power": lambda x: np.power(np.abs(x), 1.5),
    "tan": np.tan,
    "log2": lambda x: np.log2(np.exp2(x) + 1),
    "log10": lambda x: np.log10(x * x + 1),
    "reciprocal": lambda x: np.reciprocal(x + 5),
    "hypot": lambda x: np.hypot(x, 2.0),
    "heaviside": lambda x: np.heaviside(x, 0.5) * x,
    "sum": lambda x: np.sum(x * x, axis=0),
    "mean": lambda x: np.mean(x * x, axis=1, keepdims=True),
    "method sum": lambda x: (x * x).sum(axis=0),
    "max": lambda x: np.max(x, axis=1) * 2,
    "amin": lambda x: np.amin(x * x),
    "prod": lambda x: np.prod(x, axis=1),
    "var": lambda x: np.var(x, axis=0),
    "std": lambda x: np.std(x, axis=1, ddof=1),
    "average": lambda x: np.average(x, axis=1, weights=np.array([1.0, 2.0, 5.0])),
    "norm": np.linalg.norm,
    "norm rows": lambda x: np.linalg.norm(x, axis=1),
    "cumsum": lambda x: np.cumsum(x * x, axis=1),
    "transpose": lambda x: np.transpose(x) * np.arange(6.0).reshape(3, 2),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1) * np.arange(6.0).reshape(3, 2),
    "moveaxis": lambda x: np.moveaxis(x[None] * x, 0, -1),
    "reshape": lambda x: np.reshape(x, (3, 2)) ** 2,
    "ravel": lambda x: np.ravel(x) * np.arange(6.0),
    "expand": lambda x: np.expand_dims(x, 1) * x,
    "squeeze": lambda x: np.squeeze(x[:1]) ** 2,
    "broadcast_to": lambda x: np.broadcast_to(x, (4, 2, 3)) ** 2,
    "flip": lambda x: np.flip(x, 1) * x,
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2))) ** 2,
    "concatenate": lambda x: np.concatenate([x, x * x], axis=1),
    "stack": lambda x: np.stack([x, x * x]),
    "vstack": lambda x: np.vstack([x[0], x[1] * 3]),
    "hstack": lambda x: np.hstack([x, x * x]),
    "split": lambda x: np.split(x * x, [1], axis=1)[1],
    "where": lambda x: np.where(x > 0, x * x, -x),
    "clip": lambda x: np.clip(x, -0.5, 0.5) * x,
    "take": lambda x: np.take(x, [0, 2, 0], axis=1) ** 2,
    "repeat": lambda x: np.repeat(x, 2, axis=0) ** 2,
    "diag": lambda x: np.diag(x[0]) @ x[1],
    "trace": lambda x: np.trace(x @ x.T),
    "dot": lambda x: np.dot(x, V) ** 2,
    "inner": lambda x: np.inner(x[0], x[1]),
    "outer": lambda x: np.outer(x[0], x[1]) ** 2,
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "convolve": lambda x: np.convolve(x[0], x[1]),
    "correlate": lambda x: np.correlate(x[0], x[1][:2]),
    "add.reduce": lambda x: np.add.reduce(x * x, axis=1),
    "maximum": lambda x: np.maximum(x, 0.1) * np.minimum(x, 0.2),
    "fabs": np.fabs,
    "array on the left": lambda x: V * x + np.float64(2) * x,
    "logaddexp": lambda x: np.logaddexp(x, 0.3),
    "copy": lambda x: np.copy(x) * 2,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_gradient_of_numpy_code(name: str) -> None:
    function = FUNCTIONS[name]
    x = Tensor(X, requires_grad=True)
    result = function(x)
    assert type(result) is Tensor
    np.testing.assert_allclose(result.data, function(X), rtol=1e-13, atol=1e-15)
    result.backward(np.ones(result.shape))
    assert x.grad is not None
    step = 1e-6
    for place in np.ndindex(X.shape):
        up, down = X.copy(), X.copy()
        up[place] += step
        down[place] -= step
        slope = np.sum(function(up) - function(down)) / (2 * step)
        assert x.grad.data[place] == pytest.approx(slope, rel=1e-6, abs=1e-7)


def test_flat_questions_are_answered_without_a_graph() -> None:
    x = Tensor([1.0, np.nan, 3.0], requires_grad=True)
    assert np.isnan(x).tolist() == [False, True, False]
    assert np.shape(x) == (3,)
    assert int(np.argmax(Tensor([1.0, 5.0, 2.0], requires_grad=True))) == 1
    assert np.zeros_like(x).tolist() == [0, 0, 0]


def test_what_has_no_rule_is_refused_with_the_line() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(LeavesGraphError, match=r"np\.arctan on a tensor \(test_protocols.py:\d+\)"):
        np.arctan(x)
    with pytest.raises(LeavesGraphError, match=r"linalg\.inv"):
        np.linalg.inv(Tensor(np.eye(2), requires_grad=True))
    with pytest.raises(LeavesGraphError, match=r"np\.add\(out=...\)"):
        np.add(x, 1.0, out=np.zeros(2))
    with pytest.raises(LeavesGraphError, match=r"np\.subtract\.accumulate"):
        np.subtract.accumulate(x)
    with pytest.raises(LeavesGraphError, match="mode 'edge'"):
        np.pad(x, 1, mode="edge")


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        (float, r"float\(\) on x"),
        (math.exp, r"float\(\) on x"),
        (np.asarray, r"np\.asarray\(\) on x"),
        (lambda x: np.zeros(3).__setitem__(0, x), r"float\(\) on x|asarray\(\) on x"),
    ],
)
def test_leaving_the_graph_while_recording_names_the_line(leave, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LeavesGraphError, match=said + r" \(test_protocols.py:\d+\)"):
        engine.record(lambda x: x * leave(x), x=2.0)


def test_a_whole_number_may_be_taken_for_no_gradient_is_lost() -> None:
    trace = engine.record(lambda x: x * int(x), x=2.75)
    assert trace.value(trace.output) == 5.5
    assert trace.grad("x") == 2.0


def test_leaving_on_purpose_is_allowed() -> None:
    trace = engine.record(lambda x: x * x.item() + x.detach(), x=3.0)
    assert trace.grad("x") == 3.0
    assert float(Tensor(3.0, requires_grad=True)) == 3.0
