"""Differences: they agree with a right tape, disagree with a wrong one, and know a kink."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.proof import check_gradients, check_node, differences, gradcheck

RNG = np.random.default_rng(7)


def product_of_sum(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return (x + y) * z


def layers(x: Tensor, w: Tensor, v: Tensor) -> Tensor:
    return engine.sigmoid(v @ engine.tanh(w @ x))


def relu(x: Tensor) -> Tensor:
    return engine.relu(x)


def by_name(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, called with names, as `record` does."""
    return lambda **inputs: fn(*inputs.values())


def test_differences_give_the_gradient_of_any_node() -> None:
    trace = engine.record(product_of_sum, x=-2, y=5, z=-4)
    found = {name: differences(trace, name).item() for name in "xyzqf"}
    assert found == pytest.approx({"x": -4, "y": -4, "z": 3, "q": -4, "f": 1}, abs=1e-9)


def test_the_output_is_weighted_by_the_seed() -> None:
    trace = engine.record_with(lambda x: x * x, {"x": [1.0, 2.0]}, upstream=[10.0, 0.0])
    assert differences(trace, "x") == pytest.approx(np.array([20.0, 0.0]), abs=1e-8)


def test_every_node_of_a_network_agrees() -> None:
    trace = engine.record(
        layers, x=RNG.normal(size=3), w=RNG.normal(size=(4, 3)), v=RNG.normal(size=(2, 4))
    )
    for node in trace.nodes:
        check = check_node(trace, node.id)
        assert (check.status, check.compared) == ("agrees", check.entries)
        assert check.max_error < 1e-9
    check = check_gradients(trace)
    assert (check.status, check.compared, check.entries) == ("agrees", 23, 23)
    assert check.note == "23 of 23 entries"


def detached(x: Tensor) -> Tensor:
    return x * x.detach()


def test_a_wrong_gradient_differs_and_is_named() -> None:
    trace = engine.record(detached, x=[1.0, 3.0])
    # The copy that left the graph is a constant of the trace, so the trace agrees with itself …
    assert check_gradients(trace).agrees
    # … but the function does not.
    check = gradcheck(detached, [1.0, 3.0])
    assert check.status == "differs"
    assert not check.agrees
    assert check.where == "input 0[0]"
    assert check.max_error == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("fn", "inputs"),
    [
        (engine.relu, (0.0,)),
        (engine.abs, (0.0,)),
        (engine.heaviside, (0.0,)),
        (lambda x: engine.clip(x, lo=-1.0, hi=1.0), (1.0,)),
        (engine.maximum, (2.0, 2.0)),
        # Here the function has a slope, 1, but the two conventions at 0 do not add up to it.
        (lambda x: engine.relu(x) - engine.relu(-x), (0.0,)),
    ],
)
def test_a_kink_is_no_disagreement(fn: Callable[..., Any], inputs: tuple[float, ...]) -> None:
    check = gradcheck(fn, *inputs)
    assert check.status == "kink"
    assert check.agrees
    assert check.compared == 0
    assert len(check.kinks) == len(inputs)
    names = dict(zip("xy", inputs, strict=False))
    assert check_gradients(engine.record(by_name(fn), **names)).status == "kink"


@pytest.mark.parametrize("x", [1e-6, -1e-6, 1e-4, -1e-3, 0.5])
def test_beside_a_kink_the_gradient_is_compared(x: float) -> None:
    check = gradcheck(lambda x: engine.relu(x) * 3, x)
    assert (check.status, check.compared) == ("agrees", 1)


def test_entries_beside_one_at_a_kink_are_compared() -> None:
    check = gradcheck(engine.relu, [0.0, 1.0, -1.0])
    assert (check.status, check.compared, check.kinks) == ("kink", 2, ("input 0[0]",))
    trace = engine.record(relu, x=[0.0, 1.0, -1.0])
    found = differences(trace, "x")
    assert math.isnan(found[0])
    assert found[1:] == pytest.approx([1.0, 0.0], abs=1e-9)


def test_a_large_tensor_is_compared_along_directions() -> None:
    trace = engine.record(lambda x: engine.sum(engine.exp(x) * x), x=RNG.normal(size=(20, 20)))
    check = check_gradients(trace)
    assert check.status == "agrees"
    assert check.by_direction
    assert check.note == "16 slopes for 400 entries, along random directions"
    assert check == check_gradients(trace)


def test_directions_see_one_wrong_entry() -> None:
    def fn(x: Tensor) -> Tensor:
        rest = engine.sum(engine.sin(x[1:]))
        return rest + x[0] * x[0].detach()

    check = gradcheck(fn, RNG.normal(size=100) + 3)
    assert (check.status, check.by_direction) == ("differs", True)


def test_many_inputs_of_a_large_graph_are_varied_together() -> None:
    names = [f"x{i}" for i in range(40)]

    def fn(**x: Tensor) -> Tensor:
        total = Tensor(0.0)
        for value in x.values():
            for _ in range(20):
                value = engine.sin(value) + 0.1
            total = total + value
        return total

    trace = engine.record(fn, **dict.fromkeys(names, 0.7))
    check = check_gradients(trace, budget=5_000)
    assert (check.status, check.by_direction, check.compared, check.entries) == (
        "agrees",
        True,
        1,
        40,
    )
    assert check_gradients(trace).compared == 40


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_narrow_tape_is_held_against_wide_differences(dtype: str) -> None:
    inputs = {"x": RNG.normal(size=3), "w": RNG.normal(size=(4, 3)), "v": RNG.normal(size=(2, 4))}
    trace = engine.record_with(layers, inputs, dtype=dtype)
    check = check_gradients(trace)
    assert check.status == "agrees"
    assert check.max_error > 1e-9
    assert differences(trace, "x").dtype == np.float64


@pytest.mark.parametrize(
    ("fn", "x"),
    [
        (engine.log, 1e-4),
        (lambda x: 1 / x, 1e-3),
        (lambda x: engine.exp(x) * 1e6, 10.0),
        (lambda x: engine.sin(x * 300), 1.0),
        (lambda x: x * 1e-9, 1e9),
    ],
)
def test_steep_and_flat_functions_agree(fn: Callable[..., Any], x: float) -> None:
    assert gradcheck(fn, x).status == "agrees"
    assert check_gradients(engine.record(by_name(fn), x=x)).status == "agrees"


def test_a_result_that_depends_on_nothing_agrees() -> None:
    assert gradcheck(lambda x: Tensor(2.0), 1.0).status == "agrees"
    check = gradcheck(lambda x: x > 1, [0.0, 2.0])
    assert (check.status, check.max_error) == ("agrees", 0.0)


def test_an_unused_input_has_the_gradient_0() -> None:
    trace = engine.record(lambda x, y: x * 2, x=1.0, y=1.0)
    assert trace.grad("y") is None
    assert check_gradients(trace).status == "agrees"


def test_the_last_pass_is_checked() -> None:
    def fn(x: Tensor) -> Tensor:
        return engine.tanh(x) ** 2

    trace = engine.step(engine.record(fn, x=1.0), fn, 0.5)
    assert check_gradients(trace).status == "agrees"
    assert differences(trace, trace.node_range(1)[0]).item() == pytest.approx(
        trace.grad(trace.node_range(1)[0]), abs=1e-9
    )


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-3, 3))
def test_a_smooth_function_agrees_everywhere(a: float, b: float, c: float) -> None:
    check = gradcheck(lambda a, b, c: engine.exp(a * b) / b + engine.sin(c * a) * c, a, b, c)
    assert check.status == "agrees", check


@pytest.mark.parametrize(
    ("fn", "x"),
    [
        (engine.log, -1.0),
        (engine.log, 0.0),
        (engine.sqrt, 0.0),
        (lambda x: 1.0 / x, 0.0),
        (engine.exp, 1000.0),
        (engine.sin, math.nan),
    ],
)
def test_where_a_function_is_not_finite_nothing_is_compared(
    fn: Callable[..., Any], x: float
) -> None:
    check = check_gradients(engine.record(fn, x=x))
    assert (check.status, check.compared, check.undefined) == ("undefined", 0, ("x",))
    assert check.agrees
    assert check.note == "0 of 1 entries, 1 where the function is not finite"


@pytest.mark.parametrize("y", [1e16, 1e200])
def test_a_sum_that_swallows_a_term_is_no_disagreement(y: float) -> None:
    check = check_gradients(engine.record(lambda x, y: (x + y) - y, x=1, y=y))
    assert (check.status, check.unsure) == ("unsure", ("x",))


def test_a_slope_that_rounding_drowns_is_no_disagreement() -> None:
    check = check_gradients(engine.record(lambda x, y: x - y, x=1.0, y=1e200))
    assert check.status == "unsure"
    assert check.unsure == ("x",)
    assert check.agrees


def test_a_wrong_gradient_beside_a_kink_is_still_wrong() -> None:
    trace = engine.record(lambda x: engine.relu(x) - engine.relu(-x), x=0.0)
    p = trace.passes[0]
    wrong = replace(p.gradients, floats=np.where(np.arange(len(p.gradients)) == 0, 7.0, 0.0))
    assert check_gradients(engine.Trace((replace(p, gradients=wrong),))).status == "differs"


@pytest.mark.parametrize(
    ("fn", "x"),
    [
        (lambda x: 1.0 / x, 1e-7),
        (lambda x: engine.sin(x * 1e6), 1.0),
        (engine.log, 1e-9),
        (engine.sqrt, 1e-8),
        (engine.abs, 1e-5),
        (lambda x: engine.exp(-x / 1e-4), 0.0),
    ],
)
def test_steep_functions_and_kinks_beside_the_point_are_no_kinks(
    fn: Callable[..., Any], x: float
) -> None:
    check = check_gradients(engine.record(fn, x=x))
    assert (check.status, check.compared) == ("agrees", 1)
    assert check.max_error < 1e-6
