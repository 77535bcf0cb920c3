from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.ops import REGISTRY
from engine.passes import Decision
from engine.source import Location
from engine.trace import Trace
from tutor.debugger.compare import Comparison, Pair, Side, compare, report
from tutor.debugger.compare.alignment import common_subsequence
from tutor.debugger.frame import Frame
from tutor.debugger.state import changed_nodes, state
from tutor.language import parse


def make(text: str, **inputs: Any) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def by_name(comparison: Comparison) -> dict[str, Pair]:
    return {pair.name: pair for pair in comparison.pairs()}


BEFORE = make("(x + y)*z", x=-2, y=5, z=-4)
AFTER = make("(x + y)*z", x=-2, y=5, z=3)


def test_an_edit_is_seen_through_the_whole_pass_gradients_included() -> None:
    found = by_name(compare(Side(BEFORE), Side(AFTER)))
    assert {name: pair.status for name, pair in found.items()} == dict.fromkeys("xyzqf", "differs")
    assert (found["z"].value.a, found["z"].value.b, found["z"].value.absolute) == (-4.0, 3.0, 7.0)
    assert not found["z"].gradient.differs
    assert (found["x"].gradient.a, found["x"].gradient.b) == (-4.0, 3.0)
    assert found["x"].gradient.relative == 7 / 4
    assert not found["x"].value.differs


def test_a_run_compared_with_itself_is_all_the_same() -> None:
    made = compare(Side(BEFORE), Side(BEFORE))
    assert made.count("same") == len(made) == 5
    assert made.parting is made.branch is None
    assert report(made).aside == "all the same"
    assert report(made).sentences == ("5 nodes: all the same.",)


@given(
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
)
def test_it_agrees_with_what_the_session_marks_as_changed(a: list[float], b: list[float]) -> None:
    text = "tanh(x*y) + y/(z*z + 1) - exp(x)"
    one, other = (make(text, **dict(zip("xyz", v, strict=True))) for v in (a, b))
    made = compare(Side(one), Side(other))
    assert {p.b for p in made.pairs() if p.status == "differs"} == changed_nodes(one, other)
    turned = compare(Side(other), Side(one))
    assert np.array_equal(made.values.absolute, turned.values.absolute)
    assert np.array_equal(made.gradients.relative, turned.gradients.relative)


@given(st.integers(0, 10), st.integers(0, 10))
def test_every_moment_has_what_the_stepper_shows_then(a: int, b: int) -> None:
    made = compare(Side(BEFORE, cursor=a), Side(AFTER, cursor=b))
    for pair in made.pairs():
        assert pair.a is not None
        assert pair.b is not None
        for trace, cursor, node, value, gradient in (
            (BEFORE, a, pair.a, pair.value.a, pair.gradient.a),
            (AFTER, b, pair.b, pair.value.b, pair.gradient.b),
        ):
            now = state(Frame(trace, cursor), node)
            assert (now.value, now.gradient) == (value, gradient)


def test_a_moment_of_a_graph_of_arrays() -> None:
    trace = make("sum(W @ x) + sum(x)", W=[[1, 2], [3, 4]], x=[1, 2])
    for cursor in range(len(trace.events) + 1):
        made = compare(Side(trace, cursor=cursor), Side(trace))
        for pair in made.pairs():
            now = state(Frame(trace, cursor), pair.a or 0)
            assert np.array_equal(
                np.asarray(now.gradient, dtype=object),
                np.asarray(pair.gradient.a, dtype=object),
            )
            assert (pair.status == "not computed yet") == (not now.known)


def test_nan_is_the_same_as_nan_and_infinity_as_infinity() -> None:
    trace = engine.record(engine.log, x=np.array([-1.0, 0.0, 1.0]))
    again = engine.record(engine.log, x=np.array([-1.0, 0.0, 2.0]))
    assert compare(Side(trace), Side(trace)).count("same") == 2
    found = by_name(compare(Side(trace), Side(again)))["f"]
    assert (found.value.absolute, found.value.cell) == (math.log(2), (2,))
    one, other = make("ln(x)", x=-1), make("ln(x)", x=1)
    assert by_name(compare(Side(one), Side(other)))["f"].value.relative == math.inf


def test_of_an_array_the_cell_that_differs_most_is_named() -> None:
    W = np.arange(12.0).reshape(3, 4)
    other = W.copy()
    other[1, 2] += 0.5
    other[2, 3] += 0.25
    made = compare(Side(make("sum(W*W)", W=W)), Side(make("sum(W*W)", W=other)))
    found = by_name(made)["W"]
    assert (found.value.absolute, found.value.cell) == (0.5, (1, 2))
    assert found.value.relative == 0.5 / 11.25
    row = next(row.text for row in report(made).rows if "W[1,2]" in row.text)
    assert row.split()[:5] == ["*", "W[1,2]", "6", "6.5", "0.5"]


def test_another_shape_is_infinitely_far() -> None:
    one, other = make("sum(x)", x=[1, 2]), make("sum(x)", x=[1, 2, 3])
    found = by_name(compare(Side(one), Side(other)))["x"]
    assert found.value.relative == math.inf
    rows = [row.text for row in report(compare(Side(one), Side(other))).rows]
    assert "    shape (2,) → (3,)" in rows


def test_another_op_in_the_same_place() -> None:
    one, other = (make(f"{op}(w*x + b)", w=2, x=3, b=-1) for op in ("relu", "tanh"))
    found = by_name(compare(Side(one), Side(other)))["f"]
    assert (found.op_a, found.op_b, found.status) == ("relu", "tanh", "differs")
    made = compare(Side(one, label="relu"), Side(other, label="tanh"))
    assert made.parting is not None
    assert made.parting.kind == "graph"
    assert "    relu → tanh" in [row.text for row in report(made).rows]


def test_an_op_that_differs_where_the_numbers_do_not_is_told() -> None:
    one, other = make("abs(x)", x=2), make("relu(x)", x=2)
    assert by_name(compare(Side(one), Side(other)))["f"].status == "differs"


def test_inserted_nodes_are_in_one_run_only() -> None:
    one = make("tanh(w*x)", w=2, x=3)
    other = make("tanh(w*x + b) + b*b", w=2, x=3, b=0)
    made = compare(Side(one, label="old"), Side(other, label="new"))
    only = [(p.name, p.op_b) for p in made.pairs() if p.status == "only in b"]
    assert [op for _, op in only] == ["input", "add", "mul", "add"]
    assert made.count("only in a") == 0
    turned = compare(Side(other), Side(one))
    assert turned.count("only in a") == 4
    assert report(made).sentences[0] == "8 nodes: 4 only in new."


def test_a_constant_that_was_inserted_does_not_shift_the_others() -> None:
    def loss(x: Any, factor: float) -> Any:
        for k in range(1, 9):
            x = engine.tanh(x * (0.1 * k))
            if k == 4 and factor != 1.0:
                x = x * factor
        return x

    one, other = (engine.record(lambda x, f=f: loss(x, f), x=1.0) for f in (1.0, 1.5))
    made = compare(Side(one), Side(other))
    assert [p.op_b for p in made.pairs() if p.status == "only in b"] == ["constant", "mul"]
    constants = [p for p in made.pairs() if p.op_a == p.op_b == "constant"]
    assert {p.value.absolute for p in constants} == {0.0}


def test_data_that_were_all_exchanged_correspond_in_order() -> None:
    def loss(w: Any, data: list[float], more: bool) -> Any:
        total: Any = 0.0
        for x in data:
            total = total + (w * x) ** 2
        return total * 2.0 if more else total

    data = np.random.default_rng(0).normal(size=(2, 300)).tolist()
    one = engine.record(lambda w: loss(w, data[0], False), w=1.0)
    other = engine.record(lambda w: loss(w, data[1], True), w=1.0)
    made = compare(Side(one), Side(other))
    assert made.count("only in a") == 0
    assert made.count("only in b") == 2


def test_named_nodes_correspond_in_whatever_order_they_were_made() -> None:
    def first(x: Any) -> Any:
        a = engine.exp(x)
        a.name = "a"
        b = engine.sin(x)
        b.name = "b"
        return a + b

    def second(x: Any) -> Any:
        b = engine.sin(x)
        b.name = "b"
        a = engine.exp(x)
        a.name = "a"
        return (a + b) * 1.0

    made = compare(Side(engine.record(first, x=1.0)), Side(engine.record(second, x=1.0)))
    found = by_name(made)
    assert (found["a"].status, found["b"].status) == ("same", "same")
    assert len(made) == 6


SEQUENCES = st.lists(st.sampled_from("abc"), max_size=9)


def _brute(a: list[str], b: list[str]) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = (
                table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
            )
    return table[-1][-1]


@given(SEQUENCES, SEQUENCES)
def test_the_longest_common_subsequence(a: list[str], b: list[str]) -> None:
    pairs = common_subsequence(a, b)
    assert pairs is not None
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    assert len(pairs) == _brute(a, b)


def test_sequences_that_share_nothing_in_thousands_are_given_up_in_time() -> None:
    a, b = ["a"] * 3000, ["b"] * 2999 + ["a"]
    assert common_subsequence(a, b) is None
    assert common_subsequence(["c", *a], ["c", *a[1:]]) is not None


def test_where_runs_part_forward_backward_and_at_an_update() -> None:
    made = compare(Side(BEFORE), Side(AFTER))
    assert made.parting is not None
    assert (made.parting.kind, made.parting.a, made.parting.node_b) == ("value", 2, 2)

    function = parse("x*y").function()
    one, other = (
        engine.record_with(function, {"x": 2.0, "y": 3.0}, upstream=seed) for seed in (1.0, 2.0)
    )
    seeded = compare(Side(one), Side(other)).parting
    assert seeded is not None
    assert (seeded.kind, seeded.a) == ("seed", 3)
    steps = [engine.step(one, function, rate) for rate in (0.1, 0.2)]
    stepped = compare(Side(steps[0], at=0), Side(steps[1], at=0)).parting
    assert stepped is not None
    assert (stepped.kind, stepped.a) == ("update", 6)


def test_a_contribution_that_differs_parts_runs_of_the_same_values() -> None:
    def loss(x: Any, slope: float) -> Any:
        return engine.leaky_relu(x, slope=slope) * 1.0

    one, other = (engine.record(lambda x, s=s: loss(x, s), x=0.0) for s in (0.1, 0.2))
    parted = compare(Side(one), Side(other)).parting
    assert parted is not None
    assert parted.kind == "gradient"
    event = one.events[parted.a or 0]
    assert (event.kind, event.node) == ("contribution", one.id("x"))
    sentences = report(compare(Side(one), Side(other))).sentences
    assert f"The runs agree until event {event.i + 1}: x gets another contribution." in sentences


def test_two_moments_of_one_run_agree_as_far_as_both_have_come() -> None:
    made = compare(Side(BEFORE, cursor=4), Side(BEFORE, cursor=8))
    assert made.parting is None
    assert "As far as both have come, the runs agree." in report(made).sentences
    assert by_name(made)["f"].status == "not computed yet"


def test_two_passes_of_one_trace() -> None:
    function = parse("(x - 3)^2").function()
    trace = engine.step(engine.record(function, x=1.0), function, 0.1)
    made = compare(Side(trace, at=0, label="before"), Side(trace, label="after"))
    found = by_name(made)["x"]
    assert (found.value.a, found.value.b, found.b) == (1.0, 1.4, trace.node_range(1).start)
    assert made.b.at == 1
    first = trace.forward_range(1).start
    assert f"event 1 (in after, {first + 1})" in report(made).sentences[2]


def test_a_pass_that_is_not_there() -> None:
    with pytest.raises(IndexError, match="there is no pass 3; there are 1"):
        compare(Side(BEFORE, at=3), Side(AFTER))


def _decided(trace: Trace, *outcomes: bool) -> Trace:
    place = Location("/home/me/loss.py", 9)
    decisions = tuple(Decision(0, "truth", outcome, place) for outcome in outcomes)
    return Trace((replace(trace.passes[0], decisions=decisions),))


def test_the_line_at_which_they_took_different_branches() -> None:
    one, other = _decided(BEFORE, True, True), _decided(AFTER, True, False)
    made = compare(Side(one, label="old"), Side(other, label="new"))
    assert made.branch is not None
    assert (made.branch.a, made.branch.b, made.branch.node_a) == (True, False, 0)
    told = "At loss.py:9 they take different branches on x: true in old, false in new."
    assert told in report(made).sentences
    assert compare(Side(one), Side(one)).branch is None


def test_the_largest_relative_difference_comes_first() -> None:
    one = make("x*1000 + y + z", x=1, y=1, z=5)
    other = make("x*1000 + y + z", x=1.001, y=1.5, z=5)
    made = compare(Side(one), Side(other))
    names = [made.pair(int(k)).name for k in made.order("largest")]
    assert names[0] == "y"
    assert names[-1] in ("z", "1000")
    assert [made.pair(int(k)).name for k in made.order("graph")][:3] == ["x", "y", "z"]


@pytest.mark.parametrize("order", ["largest", "graph"])
def test_every_form_of_the_report_is_fit_to_show(order: Any) -> None:
    rng = np.random.default_rng(0)
    text = "sum(tanh(W @ x + b)^2)"
    inputs = {"W": rng.normal(size=(30, 40)), "x": rng.normal(size=40) * 1e-7, "b": np.ones(30)}
    one = make(text, **inputs)
    other = make(text, **{**inputs, "x": inputs["x"] * -1e9})
    made = report(compare(Side(one, label="a_long_label_of_mine.bptrace"), Side(other)), order)
    assert made.kind == "compare"
    assert max(len(row.text) for row in made.rows) <= 78
    assert all(row.node is None or row.node in range(len(other.nodes)) for row in made.rows)
    data = json.loads(json.dumps(made.document(), allow_nan=False))
    assert (
        data["counts"]["differs"]
        == len(data["pairs"]) - (order == "graph") * data["counts"]["same"]
    )
    assert data["parting"]["kind"] == "value"
    assert all(row.text.isascii() and "?" not in row.text for row in made.spelled(True).rows)


def test_what_does_not_fit_is_counted() -> None:
    made = report(compare(Side(BEFORE), Side(AFTER)), most=2)
    assert made.rows[-1].text == "  … 3 more"
    assert len(made.data["pairs"]) == 2


def test_names_of_others_are_made_safe() -> None:
    made = report(compare(Side(BEFORE, label="\x1b[31ma"), Side(AFTER)))
    assert not any("\x1b" in row.text for row in made.rows)
    assert not any("\x1b" in sentence for sentence in made.sentences)
    assert "\x1b" not in made.title


def test_every_op_compares_with_itself_on_other_numbers() -> None:
    rng = np.random.default_rng(0)
    for op in REGISTRY.values():
        sample = op.samples[-1]
        if sample.values is not None:
            continue
        traces = [
            engine.record_with(
                lambda op=op, sample=sample, **named: op(*named.values(), **sample.params),
                {f"x{i}": rng.uniform(0.2, 0.9, s) for i, s in enumerate(sample.shapes)},
            )
            for _ in range(2)
        ]
        made = compare(Side(traces[0]), Side(traces[1]))
        assert {p.status for p in made.pairs()} <= {"same", "differs"}
        json.dumps(report(made).document(), allow_nan=False)
