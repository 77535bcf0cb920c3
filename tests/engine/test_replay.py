"""A recorded pass runs again: on other values, in another precision, as other Tensors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.arrays.symbols import symbols_like
from engine.replay import Replay, ancestors, in_double, rebuild


def fn(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return (x + y) * z + engine.sin(z)


@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9))
def test_other_inputs_give_what_the_function_gives(x: float, y: float, z: float) -> None:
    (p,) = engine.record(fn, x=-2, y=5, z=-4).passes
    replay = Replay(p, p.inputs.values())
    again = replay.output(dict(zip(p.inputs.values(), (x, y, z), strict=True)))
    assert again == engine.record(fn, x=x, y=y, z=z).value("f")


def test_only_what_depends_on_the_given_nodes_is_run() -> None:
    trace = engine.record(fn, x=-2, y=5, z=-4)
    (p,) = trace.passes
    assert [len(Replay(p, [trace.id(name)])) for name in ("x", "z", "f")] == [3, 3, 0]
    assert Replay(p, [trace.output]).output({trace.output: 7.0}) == 7.0
    assert Replay(p, []).output({}) == trace.value("f")


def test_an_intermediate_node_is_varied_by_itself() -> None:
    trace = engine.record(lambda x: engine.exp(x) * x, x=2.0)
    (p,) = trace.passes
    assert Replay(p, [trace.id("q")]).output({trace.id("q"): 10.0}) == 20.0


def test_what_does_not_reach_the_output_is_not_run() -> None:
    def wasteful(x: Tensor) -> Tensor:
        engine.sum(engine.exp(x * 100))
        return x * 2

    (p,) = engine.record(wasteful, x=1.0).passes
    assert len(Replay(p, [0])) == 1
    assert len(ancestors(p)) == 3


def test_a_narrow_pass_is_computed_again_in_double() -> None:
    inputs = {"x": 0.1, "y": [0.2, 0.3], "z": 0.7}
    (narrow,) = engine.record_with(fn, inputs, dtype="float16").passes
    values = in_double(narrow)
    rounded = {name: np.float64(np.asarray(narrow.values[i])) for name, i in narrow.inputs.items()}
    wide = engine.record(fn, **rounded)
    np.testing.assert_array_equal(values[narrow.output], wide.value("f"))
    assert narrow.values[narrow.output].dtype == np.float16


def test_a_pass_is_rebuilt_from_other_tensors() -> None:
    (p,) = engine.record(fn, x=-2, y=5, z=-4).passes
    symbols = {i: Tensor(symbols_like((), name)) for name, i in p.inputs.items()}
    assert str(rebuild(p, symbols).data.item()) == "z*(x + y) + sin(z)"
    leaf = Tensor(3.0, requires_grad=True)
    out = rebuild(p, {p.inputs["z"]: leaf})
    out.backward()
    assert out.item() == pytest.approx(9 + np.sin(3))
    assert leaf.grad is not None
    assert leaf.grad.item() == pytest.approx(3 + np.cos(3))
