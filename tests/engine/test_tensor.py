"""Tensors: what they hold, how they combine, what they refuse."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.errors import EngineError, GradientError, LeavesGraphError, ShapeError


def test_integers_become_float64_and_floats_keep_their_dtype() -> None:
    assert Tensor(3).dtype == np.float64
    assert Tensor([1, 2]).dtype == np.float64
    assert Tensor(np.arange(3, dtype=np.int32)).dtype == np.float64
    assert Tensor(np.float32(2)).dtype == np.float32
    assert Tensor([1.0, 2.0], dtype="float16").dtype == np.float16
    assert Tensor(np.array([True, False])).dtype == np.bool_


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_floats_stay_narrow_beside_python_numbers_and_wide_scalars(dtype: str) -> None:
    x = Tensor(np.array([1.0, 2.0], dtype=dtype), requires_grad=True)
    scalar = Tensor(np.array(3.0, dtype=dtype), requires_grad=True)
    for result in (x * 2.0 + 1, 1 / x, x**2, -x, x * Tensor(2.0), scalar * 2.5, scalar + scalar):
        assert result.dtype == np.dtype(dtype)
    loss = (x * scalar * 2.0) @ x
    loss.backward()
    assert loss.dtype == x.grad.dtype == scalar.grad.dtype == np.dtype(dtype)  # type: ignore[union-attr]


def test_data_is_the_array_itself() -> None:
    array = np.array([1.0, 2.0])
    x = Tensor(array)
    x.data[0] = 7.0
    assert array[0] == 7.0
    scalar = Tensor(2.0)
    assert isinstance(scalar.data, np.ndarray)
    assert scalar.data.shape == ()
    scalar.data[...] = 5.0
    assert float(scalar * 2.0) == 10.0
    scalar.data -= 1.0
    assert float(scalar) == 4.0


def test_ieee_results_where_python_would_raise() -> None:
    zero, big = Tensor(0.0, requires_grad=True), Tensor(1e308, requires_grad=True)
    assert float(1 / zero) == np.inf
    assert np.isnan((zero / zero).item())
    assert float(big * 10) == np.inf
    assert float(big**2) == np.inf
    assert np.isnan((Tensor(-2.0) ** 0.5).item())
    (1 / zero).backward()
    assert zero.grad.item() == -np.inf  # type: ignore[union-attr]


def test_gradients_of_a_fan_out_add_up() -> None:
    x = Tensor(2.0, requires_grad=True)
    f = x**2 + 3 * x
    f.backward()
    assert f.item() == 10.0
    assert x.grad.item() == 7.0  # type: ignore[union-attr]


def test_every_node_keeps_its_gradient() -> None:
    x, y, z = (Tensor(v, requires_grad=True) for v in (-2.0, 5.0, -4.0))
    q = x + y
    f = q * z
    f.backward()
    assert [t.grad.item() for t in (x, y, z, q, f)] == [-4, -4, 3, -4, 1]  # type: ignore[union-attr]


def test_gradients_accumulate_over_passes_and_are_not_passed_on_twice() -> None:
    x = Tensor(3.0, requires_grad=True)
    q = x * x
    f = q * 2
    f.backward()
    f.backward()
    assert x.grad.item() == 24.0  # type: ignore[union-attr]
    assert q.grad.item() == 4.0  # type: ignore[union-attr]
    x.zero_grad()
    assert x.grad is None
    (x * 5).backward()
    assert x.grad.item() == 5.0  # type: ignore[union-attr]


def test_a_leaf_can_be_asked_for_its_own_gradient() -> None:
    x = Tensor(3.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0  # type: ignore[union-attr]


def test_backward_through_graphs_far_apart_in_time() -> None:
    x = Tensor(3.0, requires_grad=True)
    early = x * 2
    for _ in range(5000):
        x * x
    late = early * x
    late.backward()
    assert x.grad.item() == 12.0  # type: ignore[union-attr]


def test_a_graph_older_than_one_sweep_is_walked_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.backward._SPAN", 50)
    x = Tensor(1.5, requires_grad=True)
    a = x * 2.0
    for _ in range(200):
        x * 1.0
    b = a * x
    for _ in range(77):
        x * 1.0
    (b * a + x).backward()
    assert (x.grad.item(), a.grad.item(), b.grad.item()) == (28.0, 9.0, 3.0)  # type: ignore[union-attr]


def test_an_operand_used_twice_gets_both_shares() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    (x * x).backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]  # type: ignore[union-attr]


def test_a_frozen_parameter_gets_nothing() -> None:
    x = Tensor(3.0, requires_grad=True)
    w = Tensor(2.0, requires_grad=True)
    (x * w).backward()
    w.requires_grad_(False)
    (x * w).backward()
    assert w.grad.item() == 3.0  # type: ignore[union-attr]
    assert x.grad.item() == 4.0  # type: ignore[union-attr]


def test_no_grad_and_detach_leave_no_graph() -> None:
    x = Tensor(3.0, requires_grad=True)
    with engine.no_grad():
        y = x * 2
    assert not y.requires_grad
    assert y.inputs == ()
    assert (x * 2).requires_grad
    (x * x.detach()).backward()
    assert x.grad.item() == 3.0  # type: ignore[union-attr]

    @engine.no_grad()
    def predict(t: Tensor) -> Tensor:
        return t * t

    assert not predict(x).requires_grad


def test_second_derivatives_come_from_the_rules_themselves() -> None:
    x = Tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.backward()  # type: ignore[union-attr]
    assert first.item() == 12.0  # type: ignore[union-attr]
    assert x.grad.item() == 12.0  # type: ignore[union-attr]


@pytest.mark.long
def test_chain_of_a_hundred_thousand_nodes_lives_and_dies() -> None:
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0  # type: ignore[union-attr]
    del y
    gc.collect()


def test_errors_name_op_shapes_and_nodes() -> None:
    h, w = Tensor(np.ones((3, 4)), name="h"), Tensor(np.ones((3, 2)), name="W2")
    with pytest.raises(ShapeError) as caught:
        h @ w
    assert str(caught.value) == "matmul: (3, 4) @ (3, 2): inner sizes 4 and 3 differ (h @ W2)"
    with pytest.raises(ShapeError, match=r"add: \(3, 4\) \+ \(3, 2\): sizes 2 and 4 of axis -1"):
        h + w
    with pytest.raises(ShapeError, match="is not clear"):
        bool(h > 0)


def test_backward_says_what_it_needs() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GradientError, match=r"shape \(2,\); pass a gradient"):
        (x * 2).backward()
    with pytest.raises(GradientError, match=r"gradient of shape \(3,\) for an output of"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(GradientError, match="does not depend"):
        Tensor(1.0).backward()


def test_wrong_contents_are_refused() -> None:
    with pytest.raises(EngineError, match="real numbers"):
        Tensor(["a", "b"])
    with pytest.raises(EngineError, match="from a dict"):
        Tensor({})
    with pytest.raises(EngineError, match="real numbers"):
        Tensor(np.array([1j]))
    with pytest.raises(LeavesGraphError, match="cannot be written into"):
        Tensor([1.0])[0] = 2.0  # type: ignore[index]
    with pytest.raises(EngineError, match="no device 'tpu'"):
        Tensor(1.0, device="tpu")
    with pytest.raises(TypeError):
        Tensor(1.0) + "a"  # type: ignore[operator]


def test_comparisons_are_masks_and_branches_work() -> None:
    x = Tensor([1.0, -1.0], requires_grad=True)
    assert (x > 0).tolist() == [True, False]
    assert x[0] > 0
    assert not x[1] > 0
    assert [t.item() for t in x] == [1.0, -1.0]
    assert len({x, x}) == 1


scalars = st.floats(-3, 3).filter(lambda v: abs(v) > 0.2)


@given(a=scalars, b=scalars, c=scalars)
def test_floats_and_arrays_give_the_same_numbers(a: float, b: float, c: float) -> None:
    def f(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return (x * y - z / y) * (x + 2.0) + (y * y) ** z.detach()

    on_floats = [Tensor(v, requires_grad=True) for v in (a, b, c)]
    on_arrays = [Tensor(np.full((1,), v), requires_grad=True) for v in (a, b, c)]
    f(*on_floats).backward()
    f(*on_arrays).backward(np.ones(1))
    for one, other in zip(on_floats, on_arrays, strict=True):
        np.testing.assert_allclose(one.grad.data, other.grad.data[0], rtol=1e-12)  # type: ignore[union-attr]


@given(
    st.sampled_from([((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((4, 1, 2), (3, 1))]),
    st.integers(0, 2**32 - 1),
)
def test_broadcasting_is_undone_by_summing(shapes: tuple, seed: int) -> None:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    a, b = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes)
    product = a * b
    upstream = rng.normal(size=product.shape)
    product.backward(upstream)
    whole = np.broadcast_arrays(a.data, b.data)
    for mine, other in ((a, whole[1]), (b, whole[0])):
        lead = product.ndim - mine.ndim
        axes = tuple(range(lead)) + tuple(
            lead + i for i, size in enumerate(mine.shape) if size == 1
        )
        expected = (upstream * other).sum(axis=axes, keepdims=True).reshape(mine.shape)
        np.testing.assert_allclose(mine.grad.data, expected, rtol=1e-12)  # type: ignore[union-attr]


def test_the_usual_loops_of_an_optimiser_update_their_parameters() -> None:
    for start in (2.0, np.array([2.0, 4.0])):
        p = Tensor(np.copy(start) if np.ndim(start) else start, requires_grad=True)
        alias = p
        (p * p).sum().backward()
        assert p.grad is not None
        p.data -= 0.1 * p.grad
        np.testing.assert_allclose(p.data, 0.8 * np.asarray(start))
        with engine.no_grad():
            p -= 0.1 * p.grad
            p *= 2.0
        assert p is alias
        assert p.requires_grad
        assert p.is_leaf
        np.testing.assert_allclose(p.data, 1.2 * np.asarray(start))


def test_a_parameter_is_not_changed_in_place_where_a_graph_may_hold_it() -> None:
    p = Tensor(2.0, requires_grad=True, name="w")
    with pytest.raises(
        GradientError, match=r"w -= ...: .* do it inside `with engine.no_grad\(\):`"
    ):
        p -= 1.0
    y = p * 3.0
    y += p
    y.backward()
    assert p.grad is not None
    assert p.grad.item() == 4.0
    trace = engine.record(_counted_down, x=3.0)
    assert trace.grad("x") == 2.0


def _counted_down(x: Tensor) -> Tensor:
    x -= 1.0
    x *= 2.0
    return x


def test_what_cannot_be_a_tensor_is_said_in_one_line() -> None:
    with pytest.raises(EngineError, match="a tensor is rectangular"):
        Tensor([[1.0], [1.0, 2.0]])
    with pytest.raises(ShapeError, match="'a' is none of its names, which are x"):
        engine.record(engine.relu, a=0.0)


def test_numpys_names_are_methods_too() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    assert x.ravel().shape == x.flatten().shape == (4,)
    assert x.swapaxes(0, 1).tolist() == [[1.0, 3.0], [2.0, 5.0]]
    assert x.std(axis=0).tolist() == [1.0, 1.5]
    assert x.argmax() == 3
    x.var().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, (x.data - x.data.mean()) / 2)


@pytest.mark.parametrize(("start", "other"), [(2.0, np.ones(3)), ([1.0, 2.0], np.ones((2, 2)))])
def test_a_parameter_keeps_its_shape_in_place(start: object, other: np.ndarray) -> None:  # type: ignore[type-arg]
    p = Tensor(start, requires_grad=True)
    with engine.no_grad(), pytest.raises(ShapeError, match="does not fit into shape"):
        p -= other
    assert p.tolist() == start
