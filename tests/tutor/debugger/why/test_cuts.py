from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.backward import vjp
from engine.ops import REGISTRY
from engine.ops.declare import Sample, op
from engine.proof import points
from engine.trace import Trace
from tutor.debugger.why import depths, why
from tutor.debugger.why.flow import flow
from tutor.debugger.why.tangents import pushed
from tutor.language import parse

CASES = [(name, i) for name, known in REGISTRY.items() for i in range(len(known.samples))]


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def scalar_graph(choices: list[int], values: list[float]) -> Trace:
    """A random graph of scalars: each choice picks an op and two of the nodes so far."""

    def build(**given: Tensor) -> Tensor:
        nodes: list[Any] = list(given.values())
        for choice in choices:
            kind, rest = choice % 7, choice // 7
            a, b = nodes[rest % len(nodes)], nodes[rest // len(nodes) % len(nodes)]
            made = (
                lambda a, b: a + b,
                lambda a, b: a - b,
                lambda a, b: a * b,
                lambda a, b: engine.tanh(a),
                lambda a, b: engine.relu(a),
                lambda a, b: engine.sin(a) * b,
                lambda a, b: engine.maximum(b, a),
            )[kind](a, b)
            nodes.append(made)
        return sum(nodes[-3:], nodes[0] * 0.5)

    return engine.record_with(build, {f"x{i}": value for i, value in enumerate(values)})


def array_graph(choices: list[int], seed: int) -> Trace:
    """A random graph of (3, 3) arrays and scalars, joined by sums, products and shapes."""
    rng = np.random.default_rng(seed)

    def build(**given: Tensor) -> Tensor:
        nodes: list[Any] = list(given.values())
        for choice in choices:
            kind, rest = choice % 9, choice // 9
            a, b = nodes[rest % len(nodes)], nodes[rest // len(nodes) % len(nodes)]
            made = (
                lambda a, b: a + b,
                lambda a, b: a @ b,
                lambda a, b: a * b,
                lambda a, b: engine.tanh(a) @ b.T,
                lambda a, b: engine.relu(a) - b[1],
                lambda a, b: engine.softmax(a, axis=-1) * a.sum(),
                lambda a, b: engine.concatenate([a[:1], b[1:]], axis=0),
                lambda a, b: a.mean() * b,
                lambda a, b: engine.maximum(a, b) + a.max(axis=0),
            )[kind](a, b)
            nodes.append(engine.tanh(made))
        return sum(nodes[-2:], nodes[0]).sum() * nodes[-1].mean()

    return engine.record_with(build, {name: rng.normal(size=(3, 3)) for name in "uvw"})


def check_every_cut(trace: Trace, nodes: range, **how: Any) -> int:
    """Every cut of every node sums to its gradient; how many cuts there were."""
    count = 0
    for node in nodes:
        for depth in depths(trace, node):
            found = why(trace, node, depth=depth, **how)
            assert found.cut is not None
            assert found.gradient is not None
            assert found.cut.depth == depth
            least = 1e-9 * max(found.cut.size, abs(found.gradient))
            assert abs(found.cut.total - found.gradient) <= least
            told = sum(member.amount for member in found.cut.members)
            assert abs(told - found.cut.total) <= least
            count += 1
    return count


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=14),
    st.lists(st.floats(-2, 2).map(lambda x: round(x, 3)), min_size=1, max_size=3),
)
def test_every_cut_of_a_scalar_graph_sums_to_the_gradient(
    choices: list[int], values: list[float]
) -> None:
    trace = scalar_graph(choices, values)
    assert check_every_cut(trace, range(len(trace.nodes))) > 1


ARRAYS = (st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.integers(0, 99))


@settings(max_examples=8)
@given(*ARRAYS)
def test_every_cut_of_an_array_graph_sums_to_the_gradient(choices: list[int], seed: int) -> None:
    trace = array_graph(choices, seed)
    assert check_every_cut(trace, range(3)) > 3


@pytest.mark.long
@settings(max_examples=60)
@given(*ARRAYS)
def test_so_does_every_cut_of_whole_and_of_opened_arrays(choices: list[int], seed: int) -> None:
    trace = array_graph(choices, seed)
    everything = range(len(trace.nodes))
    assert check_every_cut(trace, range(3), whole=True, units=False) > 3
    assert check_every_cut(trace, everything, opened=everything) > 3


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_tangent_is_pushed_by_the_gradient_rule_itself(name: str, number: int) -> None:
    """⟨g, J·t⟩ = ⟨Jᵀ·g, t⟩ for every op, whatever its rule is."""
    known = REGISTRY[name]
    check_pushed(known, known.samples[number])


def check_pushed(known: Any, sample: Sample) -> None:
    values = points.operands(known, sample)
    inputs = {f"v{i}": value for i, value in enumerate(values)}
    trace = engine.record_with(lambda **given: known(*given.values(), **sample.params), inputs)
    p = trace.passes[0]
    if p.seed is None:
        return
    rng = np.random.default_rng(3)
    out = p.values[p.output]
    upstream: Any = 0.7 if type(out) is float else rng.normal(size=out.shape)
    operands = p.operands[p.output]
    arrays = [p.values[i] for i in operands]
    passed = vjp(known, upstream, out, arrays, sample.params, [True] * len(arrays))
    tangents = {
        slot: 0.3 if type(array) is float else rng.normal(size=array.shape)
        for slot, array in enumerate(arrays)
        if passed[slot] is not None
    }
    if not tangents:
        return
    found = pushed(p, p.output, tangents)
    assert np.shape(found) == np.shape(out)
    back = sum(float(np.sum(passed[slot] * tangent)) for slot, tangent in tangents.items())
    assert float(np.sum(upstream * found)) == pytest.approx(back, rel=1e-9, abs=1e-12)


def test_an_op_that_is_defined_here_is_pushed_too() -> None:
    @op("twist", rule="twist", domain=(engine.ops.declare.REAL,), samples=(Sample(((2, 3),)),),
        name="twist_for_this_test")  # fmt: skip
    def twist(xp: Any, x: Any) -> Any:
        """x ∙ xᵀ."""
        return xp.matmul(x, xp.transpose(x, (1, 0)))

    @twist.gradient
    def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
        return (xp.matmul(g + xp.transpose(g, (1, 0)), x),)

    try:
        check_pushed(twist, twist.samples[0])
    finally:
        del REGISTRY["twist_for_this_test"]


def test_a_cut_names_the_nodes_that_every_path_crosses_once() -> None:
    trace = make("a = x*2; b = x*3; f = a*b + x", x=1.5)
    named = {
        depth: {trace.nodes[m.node].name: m.amount for m in why(trace, 0, depth=depth).cut.members}  # type: ignore[union-attr]
        for depth in depths(trace, 0)
    }
    assert named == {
        0: {"f": 19.0},
        1: {"q": 18.0, "f": 1.0},
        2: {"a": 9.0, "b": 9.0, "f": 1.0},
        3: {"x": 19.0},
    }
    early = why(trace, 0, depth=1).cut
    assert early is not None
    assert {m.through for m in early.members} == {(), (0,)}


def test_what_cancels_is_measured() -> None:
    found = why(make("f = 3*x - 2*x", x=1.0), 0, depth=1)
    assert found.cut is not None
    assert [m.amount for m in found.cut.members] == [3.0, -2.0]
    assert [m.share for m in found.cut.members] == [0.6, 0.4]
    assert found.cancels == pytest.approx(0.8)


def test_arrays_are_shown_by_units_and_opened_by_entries() -> None:
    rng = np.random.default_rng(0)
    trace = make(
        "h = tanh(x@W); mean((h@V)^2)",
        x=rng.normal(size=(5, 3)), W=rng.normal(size=(3, 4)), V=rng.normal(size=(4, 2)),
    )  # fmt: skip
    hidden = trace.passes[0].by_name["h"]
    depth = next(d for d in depths(trace, 0) if d == len(depths(trace, 0)) - 3)
    units = why(trace, 0, (1, 2), depth=depth).cut
    assert units is not None
    assert {m.node for m in units.members} == {hidden}
    assert sorted(m.part for m in units.members) == [(None, i) for i in range(4)]  # type: ignore[type-var]
    plain = why(trace, 0, (1, 2), depth=depth, units=False).cut
    assert plain is not None
    assert [m.part for m in plain.members] == [None]
    entries = why(trace, 0, (1, 2), depth=depth, opened=[hidden]).cut
    assert entries is not None
    assert entries.count == 20
    assert plain.total == pytest.approx(units.total) == pytest.approx(entries.total)


def test_images_are_cut_by_channel() -> None:
    rng = np.random.default_rng(1)
    trace = engine.record_with(
        lambda x, k: (engine.tanh(x * k) ** 2).sum(),
        {"x": rng.normal(size=(2, 4, 3, 3)), "k": rng.normal(size=(4, 1, 1))},
    )
    found = why(trace, 1, whole=True, depth=2).cut
    assert found is not None
    assert {m.part for m in found.members} == {(None, i, None, None) for i in range(4)}


def test_a_slope_is_asked_for_where_the_gradient_above_it_cancelled() -> None:
    """q gets +1 and −1: its gradient is 0, but a path through each of the two is not."""
    trace = make("q = x*3; f = q*2 - q*2 + x", x=1.0)
    found = why(trace, 0, depth=2)
    assert found.gradient == 1.0
    assert found.cut is not None
    assert sorted(m.amount for m in found.cut.members) == [-6.0, 1.0, 6.0]


def test_single_precision_agrees_to_its_own_rounding() -> None:
    rng = np.random.default_rng(2)
    trace = engine.record_with(
        lambda x, w: (engine.tanh(x @ w) ** 2).mean(),
        {"x": rng.normal(size=(4, 3)), "w": rng.normal(size=(3, 5))},
        dtype="float32",
    )
    for depth in depths(trace, 1):
        found = why(trace, 1, depth=depth)
        assert found.cut is not None
        assert found.cut.total == pytest.approx(found.gradient, rel=1e-4)


def test_what_was_asked_once_is_known() -> None:
    trace = make("(x + y)*z", x=1, y=2, z=3)
    p = trace.passes[0]
    assert flow(p, 0, ()) is flow(p, 0, ())
    again = make("(x + y)*z", x=1, y=2, z=3)
    assert flow(p, 0, ()) is not flow(again.passes[0], 0, ())


def test_later_passes_are_told_by_their_own_numbers() -> None:
    function = parse("(x + y)*z").function()
    trace = engine.step(engine.record(function, x=1, y=2, z=3), function, 0.1)
    node = trace.node_range(1).start + trace.id("x")
    found = why(trace, node, depth=1)
    assert found.cut is not None
    assert found.paths is not None
    assert found.gradient == trace.grad(node)
    assert found.cut.members[0].node == trace.node_range(1).start + 3
    assert found.paths.listed[0].nodes[-1] == node


def test_what_is_no_number_comes_first_and_no_share_is_beyond_the_whole() -> None:
    text = "a = 42*x; b = 5*x; c = 7*x; d = 9*x; e = sqrt(x)*0; a + b + c + d + e"
    with np.errstate(all="ignore"):
        trace = make(text, x=0.0)
        found = why(trace, trace.id("x"))
    assert found.cut is not None
    assert np.isnan(found.cut.members[0].amount)
    assert not any(member.share > 1 for member in found.cut.members)
