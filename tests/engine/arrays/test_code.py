"""Ops and functions on pieces of NumPy source text: what is written, and what it is worth."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from engine.arrays import namespace_of, numpy_
from engine.arrays.code import Code, as_code, literal, text, variable
from engine.arrays.code_functions import NAMESPACE as xp
from engine.errors import EngineError
from engine.ops import REGISTRY
from engine.proof import points

A = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])


def v(name: str, value: Any) -> Code:
    return variable(name, np.asarray(value, dtype=float)[()])


x, y, s = v("x", A), v("y", A + 1), v("s", 2.0)
u, w = v("u", [1.0, 2.0, 3.0]), v("w", [4.0, 5.0])


@pytest.mark.parametrize(
    ("code", "written"),
    [
        (x + y - x, "x + y - x"),
        (x - (y - x), "x - (y - x)"),
        (x * (y + x) / 2, "x * (y + x) / 2"),
        (-(x + y), "-(x + y)"),
        (xp.abs(-x), "np.abs(-x)"),
        ((-x) ** 2.0, "(-x) ** 2"),
        (-(x**2), "-x**2"),
        (x ** (y - 1), "x ** (y - 1)"),
        (x**-1.0, "x**-1"),
        (2.5 * x, "2.5 * x"),
        (np.float64(2.5) * x, "2.5 * x"),
        (1 / (1 + xp.exp(-x)), "1 / (1 + np.exp(-x))"),
        (xp.where(x > 0, x, 0.0), "np.where(x > 0, x, 0.0)"),
        (xp.where((x > 0) & (y > 0), x, y), "np.where((x > 0) & (y > 0), x, y)"),
        (xp.where(literal(2.0) == 0, 0.0, x), "x"),
        (literal(2.0) - 1, "1.0"),
        (x * 1, "x"),
        (x / 1, "x"),
        (xp.power(x, 1.0), "x"),
        (x / np.sqrt(2.0), "x / np.sqrt(2)"),
        (x * (2 / np.sqrt(np.pi)), "x * (2 / np.sqrt(np.pi))"),
        (x * np.inf, "x * np.inf"),
        (x * -3.0, "x * -3.0"),
        (abs(x), "np.abs(x)"),
        (xp.sum(x), "x.sum()"),
        (xp.sum(x, axis=(1,), keepdims=True), "x.sum(axis=1, keepdims=True)"),
        (xp.sum(x + y, axis=0), "np.sum(x + y, axis=0)"),
        (xp.sum(s), "np.sum(s)"),
        (xp.matmul(x, xp.transpose(y)), "x @ y.T"),
        (xp.transpose(xp.transpose(x)), "x"),
        (xp.transpose(u), "u"),
        (xp.matmul(x, u), "x @ u"),
        (xp.matmul(xp.expand_dims(w, 1), xp.expand_dims(u, 0)), "np.outer(w, u)"),
        (xp.squeeze(xp.matmul(x, xp.expand_dims(u, 1)), axis=-1), "x @ u"),
        (xp.squeeze(xp.matmul(xp.expand_dims(w, 0), x), axis=0), "w @ x"),
        (xp.expand_dims(u, -1), "u[:, None]"),
        (xp.reshape(u, (1, 3)), "u[None, :]"),
        (xp.reshape(xp.reshape(x, (6,)), (2, 3)), "x"),
        (xp.reshape(x, (3, 2)), "x.reshape(3, 2)"),
        (xp.squeeze(x[:1]), "x[:1][0]"),
        (xp.reshape(s, (1, 1)) * x, "s * x"),
        (xp.broadcast_to(xp.reshape(s, (1, 1)), (2, 3)), "np.broadcast_to(s, (2, 3))"),
        (xp.broadcast_to(literal(0.0), (2, 3)), "np.zeros((2, 3))"),
        (xp.broadcast_to(literal(2.5), (3,)), "np.full(3, 2.5)"),
        (x[..., None, :-1], "x[..., None, :-1]"),
        (x[:, [0, 2]], "x[:, [0, 2]]"),
        (x[1, ::2], "x[1, ::2]"),
        (xp.scatter((3,), 1, s), "scatter((3,), 1, s)"),
        (xp.scatter((2, 5), (slice(None), slice(0, 3)), x), "scatter((2, 5), np.s_[:, 0:3], x)"),
        (xp.concatenate([x, y], axis=-1), "np.concatenate([x, y], axis=-1)"),
        (xp.einsum("ij,ij->i", x, y), 'np.einsum("ij,ij->i", x, y)'),
        (xp.one_hot(u - 1, 3, x), "np.eye(3)[(u - 1).astype(int)]"),
        (xp.one_hot(s, 3, x), "np.eye(3)[int(s)]"),
        (xp.shift(x, -1), "np.max(x, axis=-1, keepdims=True)"),
        (xp.flip(x, 0), "np.flip(x, 0)"),
        (xp.pad(x, ((1, 1), (0, 0))), "np.pad(x, ((1, 1), (0, 0)))"),
    ],
)
def test_what_is_written(code: Code, written: str) -> None:
    assert text(code) == written


def test_a_value_is_numpys() -> None:
    code = xp.sum(x * y, axis=0) / 2 - u
    np.testing.assert_allclose(code.value, (A * (A + 1)).sum(axis=0) / 2 - u.value)
    assert (code.shape, code.ndim, code.size) == ((3,), 1, 3)
    assert code.dtype == np.float64
    assert repr(code) == "<code np.sum(x * y, axis=0) / 2 - u>"


def test_it_has_all_functions_of_the_namespace_of_ops() -> None:
    assert set(vars(numpy_.NAMESPACE)) <= set(vars(xp))
    assert namespace_of([x]) is xp


@pytest.mark.parametrize("name", list(REGISTRY))
def test_every_op_writes_what_it_computes(name: str) -> None:
    """Forward alone, sample by sample; the whole programs are run in tests/tutor/render."""
    op = REGISTRY[name]
    for sample in op.samples:
        values = points.operands(op, sample)
        codes = [variable(f"x{i}", value[()]) for i, value in enumerate(values)]
        made = as_code(op.forward(xp, *codes, **sample.params))
        plain = op.forward(numpy_.NAMESPACE, *values, **sample.params)
        np.testing.assert_allclose(made.value, plain, rtol=1e-13, atol=1e-13)


def test_own_tells_what_may_be_written_into() -> None:
    assert (x + y).own
    assert not x.own
    assert not xp.transpose(x).own
    assert not x[:1].own
    assert not xp.broadcast_to(u, (2, 3)).own
    assert (s + 1).own


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(EngineError, match="looks at a number"):
        bool(x > 0)
    with pytest.raises(EngineError, match=re.escape("asks an array for .round")):
        _ = x.round
    with pytest.raises(EngineError, match="a value of type set"):
        as_code({1})
    with pytest.raises(EngineError, match="an index of type str"):
        _ = x["a"]
    with pytest.raises(TypeError):
        np.exp(x)


def test_numbers_are_worked_out_unless_they_overflow() -> None:
    with np.errstate(all="ignore"):
        assert text(literal(1.0) / literal(0.0)) == "1.0 / 0.0"
    minus = -x
    assert text(-minus) == "x"
