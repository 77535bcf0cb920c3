"""How ops are called, and what is said when a call cannot be right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.errors import ShapeError
from engine.ops import REGISTRY, functional

M = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def test_every_op_is_a_function() -> None:
    for name, op in REGISTRY.items():
        if name in ("getitem", "einsum"):
            continue
        assert getattr(functional, name) is op
        assert getattr(engine, "heaviside" if name == "step" else name) is op


def test_every_op_says_what_it_does_in_one_line() -> None:
    for op in REGISTRY.values():
        assert op.doc
        assert op.symbol
        assert "\n" not in op.rule
        assert op.rule.strip(".") == op.rule
        assert op.samples


def test_synonyms_name_one_op_each() -> None:
    known = [*REGISTRY, *[synonym for op in REGISTRY.values() for synonym in op.synonyms]]
    assert len(known) == len(set(known))


def test_parameters_may_stand_behind_the_operands() -> None:
    assert engine.sum(M, 0).tolist() == [5, 7, 9]
    assert engine.sum(M, 0, True).shape == (1, 3)
    assert engine.clip(M, 2, 5).tolist() == [[2, 2, 3], [4, 5, 5]]
    assert engine.reshape(M, (3, 2)).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_operands_as_a_list() -> None:
    assert engine.stack([1.0, 2.0]).tolist() == [1, 2]
    assert engine.concatenate([M, M], axis=1).shape == (2, 6)
    assert engine.stack(1.0, 2.0, 3.0).tolist() == [1, 2, 3]


def test_einsum_takes_its_pattern_first() -> None:
    a, b = Tensor(M, requires_grad=True), np.arange(6.0).reshape(3, 2)
    assert engine.einsum("ij,jk->ik", a, b).tolist() == (np.array(M) @ b).tolist()
    assert engine.einsum("ij", a).tolist() == M
    assert engine.einsum("ba", a).tolist() == np.array(M).T.tolist()
    assert engine.einsum("ij,jk", a, b).tolist() == (np.array(M) @ b).tolist()
    assert engine.einsum("i...->...", a).tolist() == [5, 7, 9]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda t: t.sum(), 21),
        (lambda t: t.mean(axis=0), [2.5, 3.5, 4.5]),
        (lambda t: t.max(1), [3, 6]),
        (lambda t: t.min(), 1),
        (lambda t: t.prod(axis=1), [6, 120]),
        (lambda t: t.reshape(3, 2).shape, (3, 2)),
        (lambda t: t.reshape((-1,)).shape, (6,)),
        (lambda t: t.transpose().shape, (3, 2)),
        (lambda t: t.transpose(0, 1).shape, (3, 2)),
        (lambda t: t.transpose((0, 1)).shape, (2, 3)),
        (lambda t: t.permute(1, 0).shape, (3, 2)),
        (lambda t: t.T.shape, (3, 2)),
        (lambda t: t.unsqueeze(0).shape, (1, 2, 3)),
        (lambda t: t.unsqueeze(0).squeeze().shape, (2, 3)),
        (lambda t: t.expand(4, 2, 3).shape, (4, 2, 3)),
        (lambda t: t.flip(0), [[4, 5, 6], [1, 2, 3]]),
        (lambda t: t.flip(0, 1), [[6, 5, 4], [3, 2, 1]]),
        (lambda t: t.clip(2, 5), [[2, 2, 3], [4, 5, 5]]),
        (lambda t: t.clamp(hi=2.0), [[1, 2, 2], [2, 2, 2]]),
        (lambda t: t.maximum(4.0), [[4, 4, 4], [4, 5, 6]]),
        (lambda t: t[0].dot(t[1]), 32),
        (lambda t: t[0].outer(t[1]).shape, (3, 3)),
        (lambda t: t.diag(), [1, 5]),
        (lambda t: t.take((0, 5)), [1, 6]),
        (lambda t: t.cumsum(), [[1, 3, 6], [4, 9, 15]]),
        (lambda t: t.square().sqrt(), M),
        (lambda t: abs(-t), M),
        (lambda t: t.relu(), M),
    ],
)
def test_methods(call: Callable[[Tensor], Tensor], wanted: object) -> None:
    got = call(Tensor(M))
    assert (got.tolist() if isinstance(got, Tensor) else got) == wanted


def test_methods_are_documented() -> None:
    assert Tensor.sum.__doc__ == REGISTRY["sum"].doc  # type: ignore[attr-defined]
    assert Tensor.exp.__name__ == "exp"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a, b: a @ b, "matmul: (3, 4) @ (3, 2): inner sizes 4 and 3 differ (h @ W2)"),
        (
            lambda a, b: a + b,
            "add: (3, 4) + (3, 2): sizes 2 and 4 of axis -1 do not broadcast (h + W2)",
        ),
        (
            lambda a, b: a.sum(axis=2),
            "sum: (3, 4), axis=2: there is no axis 2: the axes are 0 to 1 (h)",
        ),
        (
            lambda a, b: engine.concatenate([a, b], axis=0),
            "concatenate: (3, 4), (3, 2), axis=0: (3, 4) and (3, 2) differ on axis 1, "
            "beside axis 0 (h, W2)",
        ),
        (
            lambda a, b: a.reshape(5, 2),
            "reshape: (3, 4), shape=(5, 2): 12 entries do not fit the shape (5, 2) (h)",
        ),
        (
            engine.mse,
            "mse: (3, 4), (3, 2): prediction (3, 4) and target (3, 2) must have one shape (h, W2)",
        ),
        (
            lambda a, b: engine.cross_entropy(a, [0.0, 4.0, 1.0]),
            "cross_entropy: (3, 4), (3,): class 4 is none of the 4 classes 0 to 3 (h, ?)",
        ),
        (
            lambda a, b: engine.cross_entropy(a, [0.0, 0.5, 1.0]),
            "cross_entropy: (3, 4), (3,): class 0.5 is none of the 4 classes 0 to 3 (h, ?)",
        ),
        (lambda a, b: engine.matmul(a), "matmul: takes 2 operands, 1 given"),
        (engine.exp, "exp: takes 1 operand, 2 given"),
        (lambda a, b: engine.stack([]), "stack: no operand given"),
    ],
)
def test_a_refusal_names_op_shapes_and_nodes(
    call: Callable[[Tensor, Tensor], Tensor], message: str
) -> None:
    h, w = Tensor(np.ones((3, 4)), name="h"), Tensor(np.ones((3, 2)), name="W2")
    with pytest.raises(ShapeError) as refusal:
        call(h, w)
    assert str(refusal.value) == message


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"sum: .*unexpected keyword argument 'dim'"):
        engine.sum(M, dim=0)


@pytest.mark.long
def test_a_chain_of_a_hundred_thousand_nodes() -> None:
    x = Tensor(0.5, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = engine.tanh(y) + x
    y.backward()
    assert x.grad is not None
    assert np.isfinite(x.grad.item())

    v = Tensor([0.5, 1.0], requires_grad=True)
    w = v
    for _ in range(50_000):
        w = -w
    w.sum().backward()
    assert v.grad is not None
    assert v.grad.tolist() == [1, 1]


def test_operands_may_be_given_by_name() -> None:
    assert engine.div(a=6.0, b=3.0).item() == 2.0
    assert engine.div(6.0, b=3.0).item() == 2.0
    assert engine.sum(x=[[1.0, 2.0], [3.0, 4.0]], axis=0).tolist() == [4.0, 6.0]
    assert engine.record(engine.log, x=1.0).grad("x") == 1.0
