"""Every kind of array offers the same functions, with the same meanings; symbols are exact."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import sympy

import engine
from engine import Tensor, arrays
from engine.arrays import floats, namespace_for, namespace_of, numpy_, tensors
from engine.arrays.symbol_values import exact, number_of, region, value_at
from engine.arrays.symbols import NAMESPACE as SYMBOLS
from engine.arrays.symbols import SymbolArray, as_symbols, symbols_like
from engine.errors import DeviceError, EngineError

NAMES = re.search(r"\n\n    (exp log.*?)\n\n", arrays.__doc__ or "", re.DOTALL)
assert NAMES is not None
EVERY_NAME = NAMES.group(1).split()
X = symbols_like((2, 3), "x")
POINT = {X.view(np.ndarray)[at]: float(v) for at, v in np.ndenumerate([[3, 1, 2], [0.5, 4, -1]])}
NUMBERS = np.array([[3, 1, 2], [0.5, 4, -1]])


@pytest.mark.parametrize("name", EVERY_NAME)
def test_every_namespace_has_every_name(name: str) -> None:
    assert hasattr(numpy_.NAMESPACE, name)
    assert hasattr(SYMBOLS, name)
    if name not in ("greater", "less", "equal"):
        assert hasattr(tensors.NAMESPACE, name)


def at_point(x: Any) -> Any:
    """The numbers of an array of symbols at the point."""
    entries = as_symbols(x).view(np.ndarray)
    known: dict[Any, float] = {}
    flat = [value_at(number_of(e), POINT, known) for e in entries.ravel()]
    return np.array(flat).reshape(entries.shape)


CALLS: list[tuple[str, Any]] = [
    ("exp", lambda xp, x: xp.exp(x)),
    ("log", lambda xp, x: xp.log(x * x)),
    ("log1p", lambda xp, x: xp.log1p(x * x)),
    ("expm1", lambda xp, x: xp.expm1(x)),
    ("sqrt", lambda xp, x: xp.sqrt(x * x + 1)),
    ("trigonometry", lambda xp, x: xp.sin(x) * xp.cos(x)),
    ("hyperbolics", lambda xp, x: xp.sinh(x) + xp.cosh(x) * xp.tanh(x)),
    ("erf", lambda xp, x: xp.erf(x)),
    ("logaddexp", lambda xp, x: xp.logaddexp(x, 0.5)),
    ("abs", lambda xp, x: xp.abs(x)),
    ("sign", lambda xp, x: xp.sign(x)),
    ("power", lambda xp, x: xp.power(x, 3)),
    ("maximum", lambda xp, x: xp.maximum(x, 1.5) - xp.minimum(x, 2.5)),
    ("where", lambda xp, x: xp.where(x > 1.5, x, 0.0)),
    ("where less", lambda xp, x: xp.where(xp.less(x, 1.5), 1, x)),
    ("greater", lambda xp, x: xp.where(xp.greater(x, 0), x, -x)),
    ("equal", lambda xp, x: xp.where(xp.equal(x, x), x, 0.0)),
    ("masks", lambda xp, x: xp.where((x > 0) & ~(x > 2.5) | (x < -5), x, 7)),
    ("floor", lambda xp, x: xp.floor(x + 0.25)),
    ("sum", lambda xp, x: xp.sum(x)),
    ("sum keepdims", lambda xp, x: xp.sum(x, axis=(0, 1), keepdims=True)),
    ("mean", lambda xp, x: xp.mean(x, 1)),
    ("max", lambda xp, x: xp.max(x, axis=0)),
    ("min", lambda xp, x: xp.min(x, axis=-1, keepdims=True)),
    ("prod", lambda xp, x: xp.prod(x, axis=0)),
    ("argmax", lambda xp, x: xp.argmax(x, axis=1)),
    ("cumsum", lambda xp, x: xp.cumsum(x, axis=1)),
    ("matmul", lambda xp, x: xp.matmul(x, xp.transpose(x))),
    ("operator @", lambda xp, x: x @ x.T),
    ("einsum", lambda xp, x: xp.einsum("ij,kj->ik", x, x)),
    ("reshape", lambda xp, x: xp.reshape(x, (3, -1))),
    ("transpose", lambda xp, x: xp.transpose(x, (1, 0))),
    ("broadcast_to", lambda xp, x: xp.broadcast_to(x, (2, 2, 3))),
    ("expand_dims", lambda xp, x: xp.expand_dims(x, 1)),
    ("squeeze", lambda xp, x: xp.squeeze(xp.expand_dims(x, 0), axis=0)),
    ("flip", lambda xp, x: xp.flip(x, (0, 1))),
    ("pad", lambda xp, x: xp.pad(x, ((1, 0), (0, 2)), constant_values=5)),
    ("concatenate", lambda xp, x: xp.concatenate([x, -x], axis=1)),
    ("stack", lambda xp, x: xp.stack([x, 2 * x], axis=-1)),
    ("take", lambda xp, x: xp.take(x, [0, 0, 2], axis=1)),
    ("zeros", lambda xp, x: xp.zeros((2, 2), dtype=x.dtype)),
    ("like", lambda xp, x: xp.zeros_like(x) + xp.ones_like(x)),
    ("scatter", lambda xp, x: xp.scatter((3,), [0, 0, 2], x[0])),
    ("scatter once", lambda xp, x: xp.scatter((2, 4), (slice(None), slice(0, 3)), x)),
    ("windows", lambda xp, x: xp.windows(x, (2, 2), (1, 1))),
    ("winners", lambda xp, x: xp.winners(x, 1)),
    ("winners of all", lambda xp, x: xp.winners(xp.concatenate([x, x], axis=0), None)),
    ("one_hot", lambda xp, x: xp.one_hot(xp.asarray([2.0, 0.0]), 3, x) * x),
    ("index", lambda xp, x: x[..., 1:] * x[0, 2]),
    ("index by mask", lambda xp, x: x[x > 1.5]),
    ("asarray", lambda xp, x: xp.asarray([[1, 2, 3]]) * x),
    ("arithmetic", lambda xp, x: (2 - x) / 4 + x * 0.5 - x**2 + (-x) ** 3),
]


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[name for name, _ in CALLS])
def test_symbols_mean_what_numpy_means(name: str, call: Any) -> None:
    with region(POINT):
        made = call(SYMBOLS, X)
    expected = np.asarray(call(numpy_.NAMESPACE, NUMBERS), dtype=np.float64)
    assert isinstance(made, (SymbolArray, np.ndarray))
    assert made.shape == expected.shape
    np.testing.assert_allclose(at_point(made), expected, rtol=1e-12, atol=1e-12)


def test_a_result_of_symbols_is_always_an_array_of_symbols() -> None:
    for made in (X[0, 0], X * 2, X.sum(), 1.5 + X[0], X > 0, -X):
        assert type(made) is SymbolArray
    assert X[0, 0].shape == ()


def test_numbers_beside_symbols_become_exact() -> None:
    (entry,) = (symbols_like((1,), "y") * 0.1 + 1e-5).tolist()
    y = sympy.Symbol("y[0]", real=True)
    assert entry == y / 10 + sympy.Rational(1, 100000)
    assert exact(math.sqrt(2)) == sympy.sqrt(2)
    assert exact(-1 / math.sqrt(2 * math.pi)) == -1 / sympy.sqrt(2 * sympy.pi)
    assert exact(2 / math.sqrt(math.pi)) == 2 / sympy.sqrt(sympy.pi)
    assert (exact(2.0), exact(math.inf), exact(np.float32(0.5))) == (
        2,
        sympy.oo,
        sympy.Rational(1, 2),
    )
    assert exact(math.nan) is sympy.nan
    assert exact(np.True_) is sympy.true


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(EngineError, match="symbols cannot be computed with a str"):
        as_symbols("x")
    with pytest.raises(EngineError, match="cannot be written into"):
        np.add(X, 1, out=X)
    with pytest.raises(TypeError):
        np.arctan(X)


def test_without_a_region_a_comparison_stays_open() -> None:
    x = symbols_like((), "x").item()
    made = SYMBOLS.where(symbols_like((), "x") > 1, symbols_like((), "x"), 0.0).item()
    assert made == sympy.Piecewise((x, x > 1), (0, True))
    assert SYMBOLS.abs(symbols_like((), "p", positive=True)).item().is_Symbol
    with pytest.raises(EngineError, match="argmax of symbols needs a region"):
        SYMBOLS.argmax(X)


def test_a_region_writes_down_what_was_decided() -> None:
    x, y = symbols_like((2,), "v").tolist()
    with region({x: 1.0, y: 2.0}) as here:
        largest = SYMBOLS.max(symbols_like((2,), "v"))
    assert largest.item() == y
    assert here.words == "v[0] < v[1]"


def test_a_point_on_a_border_is_no_region() -> None:
    x, y = symbols_like((2,), "v").tolist()
    with (
        region({x: 1.0, y: 1.0}),
        pytest.raises(EngineError, match=r"on the border of v\[0\] >= v\[1\], where"),
    ):
        SYMBOLS.maximum(symbols_like((2,), "v")[0], symbols_like((2,), "v")[1])


def test_equal_entries_tie_in_every_region() -> None:
    twice = SYMBOLS.stack([symbols_like((), "x"), symbols_like((), "x")])
    with region({symbols_like((), "x").item(): 1.0}) as here:
        assert SYMBOLS.winners(twice, None).tolist() == [sympy.Rational(1, 2)] * 2
        assert SYMBOLS.winners(twice, 0).tolist() == [1, 0]
    assert here.words == "everywhere"


def test_a_tensor_of_symbols_is_differentiated() -> None:
    x, w = (Tensor(symbols_like((2,), name), requires_grad=True) for name in "xw")
    engine.sum(x * w).backward()
    assert x.grad is not None
    assert x.grad.data.tolist() == w.data.tolist()
    assert x.device == "symbols"


def test_floats_give_what_numpy_gives() -> None:
    for name in "exp log log1p expm1 sqrt sin cos sinh cosh tanh erf abs sign".split():
        x = 0.7
        assert getattr(floats.NAMESPACE, name)(x) == pytest.approx(
            float(getattr(numpy_.NAMESPACE, name)(np.array(x))), rel=1e-15
        )


def test_the_namespace_is_found_from_the_data() -> None:
    assert namespace_of([1.0, 2.0]) is floats.NAMESPACE
    assert namespace_of([1.0, np.ones(2)]) is numpy_.NAMESPACE
    assert namespace_of([X, 1.0]) is SYMBOLS
    assert namespace_for("symbols") is SYMBOLS
    assert namespace_for("cpu") is numpy_.NAMESPACE
    with pytest.raises(DeviceError, match="arrays of two kinds meet: symbols and numpy"):
        namespace_of([X, np.ones(2)])
    with pytest.raises(DeviceError, match="there is no device 'tpu'"):
        namespace_for("tpu")
    with pytest.raises(DeviceError, match="no arithmetic for values of type object"):
        namespace_of([object()])


def test_nobody_imports_sympy_at_start_up() -> None:
    script = "import sys, engine, engine.proof; print('sympy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
