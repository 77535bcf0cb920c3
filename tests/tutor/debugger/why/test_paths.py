from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.errors import EngineError
from engine.trace import Trace
from tutor.debugger.why import why
from tutor.debugger.why.flow import UNCOUNTED
from tutor.language import parse


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def test_one_way_with_its_factors() -> None:
    trace = make("(x + y)*z", x=-2, y=5, z=-4)
    found = why(trace, 0).paths
    assert found is not None
    assert found.count == 1
    (path,) = found.listed
    assert [trace.nodes[i].name for i in path.nodes] == ["f", "q", "x"]
    assert (path.factors, path.amount, path.share) == ((1.0, -4.0, 1.0), -4.0, 1.0)


def test_the_seed_is_the_first_factor() -> None:
    trace = engine.record_with(parse("x*y").function(), {"x": 3, "y": 4}, upstream=10.0)
    found = why(trace, 0).paths
    assert found is not None
    assert found.listed[0].factors == (10.0, 4.0)
    assert found.listed[0].amount == 40.0


def test_a_node_used_twice_by_one_op_has_two_ways() -> None:
    found = why(make("x*x", x=3), 0).paths
    assert found is not None
    assert [path.slots for path in found.listed] == [(0,), (1,)]
    assert [path.amount for path in found.listed] == [3.0, 3.0]


LAYERS = st.lists(
    st.lists(st.floats(-2, 2).map(lambda x: round(x, 2)), min_size=2, max_size=2),
    min_size=2,
    max_size=5,
)


@given(LAYERS)
def test_the_largest_come_first_and_all_sum_to_the_gradient(layers: list[list[float]]) -> None:
    """x flows through layers of two parallel weights: 2^n paths with known products."""

    def build(x: Tensor) -> Tensor:
        for first, second in layers:
            x = x * first + x * second
        return x

    trace = engine.record_with(build, {"x": 1.0})
    found = why(trace, 0).paths
    assert found is not None
    assert found.whole
    expected = sorted((abs(math.prod(ways)) for ways in product(*layers)), reverse=True)
    amounts = [path.amount for path in found.listed]
    assert [abs(x) for x in amounts] == pytest.approx(expected, abs=1e-12)
    assert sum(amounts) == pytest.approx(trace.grad(0), abs=1e-9)
    assert found.size == pytest.approx(sum(expected), abs=1e-9)
    for path in found.listed:
        assert path.factors is not None
        assert math.prod(path.factors) == pytest.approx(path.amount, abs=1e-12)


def test_of_very_many_the_largest_are_found_without_trying_all() -> None:
    def build(x: Tensor) -> Tensor:
        for _ in range(60):
            x = x * 0.9 + x * 0.2
        return x

    found = why(engine.record_with(build, {"x": 1.0}), 0, most=70).paths
    assert found is not None
    assert found.count == 2**60
    assert found.listed[0].amount == pytest.approx(0.9**60)
    assert [path.amount for path in found.listed[1:61]] == pytest.approx([0.9**59 * 0.2] * 60)
    assert len(found.listed) == 70
    assert found.size == pytest.approx(1.1**60)
    assert not found.whole


def test_counting_stops_where_it_says_nothing_more() -> None:
    def build(x: Tensor) -> Tensor:
        for _ in range(500):
            x = x * 0.5 + x * 0.5
        return x

    found = why(engine.record_with(build, {"x": 1.0}), 0).paths
    assert found is not None
    assert found.count == UNCOUNTED


def test_along_arrays_each_path_brings_its_part() -> None:
    rng = np.random.default_rng(0)
    trace = make(
        "h = tanh(x@W); sum(h@U) + mean(h*h)",
        x=rng.normal(size=(2, 3)), W=rng.normal(size=(3, 4)), U=rng.normal(size=(4, 2)),
    )  # fmt: skip
    for index in np.ndindex(3, 4):
        found = why(trace, 1, index)
        assert found.paths is not None
        assert found.paths.count == 3
        total = sum(path.amount for path in found.paths.listed)
        assert total == pytest.approx(trace.grad(1)[index])  # type: ignore[index]
        assert all(path.factors is None for path in found.paths.listed)
    along = why(trace, 1, whole=True)
    assert along.paths is not None
    assert along.gradient == pytest.approx(float(np.linalg.norm(trace.grad(1))))  # type: ignore[arg-type]
    assert sum(path.amount for path in along.paths.listed) == pytest.approx(along.gradient)


def test_the_entry_of_the_largest_gradient_is_taken_and_said() -> None:
    trace = make("sum(x*w)", x=[1.0, -7.0, 2.0], w=[1.0, 1.0, 1.0])
    found = why(trace, 1)
    assert (found.index, found.picked, found.gradient) == ((1,), True, -7.0)
    asked = why(trace, 1, (-1,))
    assert (asked.index, asked.picked, asked.gradient) == ((2,), False, 2.0)


@pytest.mark.parametrize(
    ("node", "index", "message"),
    [
        (1, (1,), "W has shape (4, 8): an entry of it takes 2 whole numbers"),
        (1, (1, 2, 3), "W has shape (4, 8): an entry of it takes 2 whole numbers"),
        (1, (4, 0), "W has shape (4, 8); there is no entry (4, 0)"),
        (3, (0,), "f has shape (): an entry of it takes 0 whole numbers"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    node: int, index: tuple[int, ...], message: str
) -> None:
    trace = make("sum(x@W)", x=[1.0] * 4, W=np.ones((4, 8)).tolist())
    with pytest.raises(EngineError) as caught:
        why(trace, node, index)
    assert str(caught.value) == message


def test_an_array_without_entries_is_refused() -> None:
    trace = engine.record_with(lambda x: (x * 2).sum(), {"x": np.zeros((0, 3))})
    with pytest.raises(EngineError, match="no gradient to follow"):
        why(trace, 0)
