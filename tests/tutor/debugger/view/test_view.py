"""What is seen of a graph: what is folded, and that nothing is lost or goes in circles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from benchmarks.scalar_graph import recorded_pass, weights
from engine import Trace, scope
from engine.passes import Pass
from tests.tutor.debugger.view.graphs import chain, layered, perceptron, recurrent, traces
from tutor.debugger.view.tree import LIMIT, MOST, Group, tree
from tutor.debugger.view.view import View, beneath, representative, view
from tutor.debugger.view.zoom import Fold, Zoom
from tutor.session.session import start


def titles(seen: View) -> list[str]:
    return [item.title for item in seen.items]


def ways(seen: View, title: str) -> list[str]:
    """The titles of the inputs of the item called so."""
    item = next(item for item in seen.items if item.title == title)
    return [seen.by_id[k].title for k in item.inputs]


def check(p: Pass, seen: View) -> None:
    """What holds of every view."""
    nodes = sorted(node for item in seen.items for some in item.nodes for node in some)
    assert nodes == list(range(len(p.ops)))
    assert len(seen.items) <= MOST
    placed: set[int] = set()
    for item in seen.items:
        assert set(item.inputs) <= placed
        placed.add(item.id)
        assert {int(seen.item_of[node]) for some in item.nodes for node in some} == {item.id}
        assert seen.by_id[item.id] is item
        assert seen.item_of[item.output] == item.id
        assert representative(seen, item.id) == item.output
        assert item.kind != "node" or item.id == item.output
    assert len(placed) == len(seen.items)
    edges = {(a, user) for user in range(len(p.ops)) for a in p.operands[user]}
    outside = {(a, b) for a, b in edges if seen.item_of[a] != seen.item_of[b]}
    shown = {(k, item.id) for item in seen.items for k in item.inputs}
    assert {(int(seen.item_of[a]), int(seen.item_of[b])) for a, b in outside} == shown
    used = {a for a, _ in outside}
    assert {node for item in seen.items for node in item.outputs} == used


def every_group(p: Pass) -> list[Group]:
    groups, found = tree(p), []
    level = list(groups.roots)
    while level:
        found += [child for child in level if isinstance(child, Group)]
        level = [
            one for child in level if isinstance(child, Group) for one in groups.children(child)
        ]
    return found


@pytest.mark.parametrize(
    ("target", "inputs"),
    [
        ("(x + y)*z", {"x": -2, "y": 5, "z": -4}),
        ("n = w0 + w1*x1; -log(sigmoid(n))", {"w0": -3, "w1": 2, "x1": -1}),
        ("x", {"x": 2}),
    ],
)
def test_a_small_graph_is_seen_node_by_node_in_evaluation_order(target, inputs) -> None:
    p = start(target, inputs).trace.passes[0]
    seen = view(p, Zoom())
    check(p, seen)
    assert [item.id for item in seen.items] == list(range(len(p.ops)))
    assert [item.inputs for item in seen.items] == [p.operands[i] for i in range(len(p.ops))]


def test_time_steps_fold_into_one_box() -> None:
    p = recurrent(8).passes[0]
    seen = view(p, Zoom("folded"))
    check(p, seen)
    step = next(item for item in seen.items if item.kind == "repeat")
    assert (step.title, step.count) == ("t=1..8", 8)
    assert {"wx", "wh", "b", "wy", "h"} < set(ways(seen, "t=1..8"))
    assert "x3" not in titles(seen)
    opened = view(p, Zoom("folded", opened=frozenset({step.id})))
    check(p, opened)
    assert [title for title in titles(opened) if title.startswith("t=")] == [
        f"t={t}" for t in range(1, 9)
    ]
    assert "t=3" in ways(opened, "t=4")
    one = next(item for item in opened.items if item.title == "t=3")
    inside = view(p, Zoom("folded", opened=frozenset({step.id, one.id})))
    check(p, inside)
    assert {"x3", "y3"} <= set(titles(inside))
    assert "t=4" in titles(inside)


def test_a_graph_of_few_nodes_opens_by_itself_and_can_be_folded() -> None:
    p = recurrent(3).passes[0]
    assert len(p.ops) <= LIMIT
    assert {item.kind for item in view(p, Zoom()).items} == {"node"}
    assert "t=1..3" in titles(view(p, Zoom("folded")))


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("extra", [True, False])
def test_layers_fold_into_one_box_with_their_weights(numbered: bool, extra: bool) -> None:
    p = layered(12, numbered=numbered, extra=extra).passes[0]
    seen = view(p, Zoom())
    check(p, seen)
    assert len(p.ops) > LIMIT
    layer = next(item for item in seen.items if item.kind == "repeat")
    assert (layer.title, layer.count) == ("layer ×12", 12)
    assert ways(seen, "layer ×12") == ["x"]
    opened = view(p, Zoom(opened=frozenset({layer.id})))
    check(p, opened)
    third = "layer3" if numbered else "layer #3"
    assert ways(opened, third) == ["layer2" if numbered else "layer #2"]
    nodes = next(item.nodes for item in opened.items if item.title == third)
    assert p.inputs["W3"] in {node for some in nodes for node in some}


def test_many_time_steps_open_into_stretches_of_them() -> None:
    p = recurrent(100).passes[0]
    step = next(item for item in view(p, Zoom()).items if item.kind == "repeat")
    assert step.title == "t=1..100"
    opened = view(p, Zoom(opened=frozenset({step.id})))
    check(p, opened)
    stretches = [title for title in titles(opened) if title.startswith("t=")]
    assert stretches[:2] == ["t=1..10", "t=11..20"]
    stretch = next(item for item in opened.items if item.title == "t=11..20")
    inside = view(p, Zoom(opened=frozenset({step.id, stretch.id})))
    assert [f"t={t}" for t in range(11, 21)] == [
        title for title in titles(inside) if title.startswith("t=") and ".." not in title
    ]


def test_what_several_layers_use_stays_outside() -> None:
    shared = engine.Tensor(np.eye(3), requires_grad=True)

    def fn(x, **k):
        for n in range(8):
            with scope(f"layer{n}"):
                x = engine.tanh(shared @ x) * k[f"a{n}"] + k["c"]
        return x.sum()

    weights = {f"a{n}": 1.0 for n in range(8)}
    p = engine.record(fn, x=np.ones(3), c=0.5, **weights).passes[0]
    seen = view(p, Zoom("folded"))
    check(p, seen)
    outside = set(ways(seen, "layer ×8"))
    assert {"x", "c"} < outside
    assert len(outside) == 3
    assert {item.size for item in seen.items if item.title != "layer ×8"} == {1}


def test_a_scope_around_nothing_but_a_scope_is_opened_with_it() -> None:
    def deep(x, depth):
        with scope("f"):
            return deep(x, depth - 1) if depth else engine.tanh(engine.sigmoid(x) * x)

    p = engine.record(lambda x: deep(x, 80), x=0.5).passes[0]
    folded = view(p, Zoom("folded"))
    assert titles(folded) == ["x", "f"]
    opened = view(p, Zoom("folded", opened=frozenset({folded.items[1].id})))
    assert [item.kind for item in opened.items] == ["node"] * 4
    assert [item.depth for item in opened.items] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "fn", [lambda x: engine.Tensor(2.0), lambda x: (x * x, x)[1], lambda x: (x * x, x * 2.0)[1]]
)
def test_a_result_that_stands_apart_is_seen_as_well(fn) -> None:
    p = engine.record(fn, x=1.0).passes[0]
    for base in ("auto", "open", "folded"):
        check(p, view(p, Zoom(base)))


def test_scopes_that_differ_are_not_folded_together() -> None:
    def fn(x):
        for n in range(6):
            with scope(f"layer{n}"):
                x = engine.tanh(x) * 2.0 if n % 2 else engine.sigmoid(x) + 1.0
        return x

    p = engine.record(fn, x=1.0).passes[0]
    assert titles(view(p, Zoom("folded"))) == ["x", *[f"layer{n}" for n in range(6)]]


def test_without_scopes_lines_that_repeat_are_folded_and_layers_are_found() -> None:
    p = perceptron(8).passes[0]
    seen = view(p, Zoom())
    check(p, seen)
    assert [item.kind for item in seen.items] == ["chunk"] * 4
    assert seen.items[0].title == "inputs"
    assert [title.partition(" #")[2] for title in titles(seen)[1:]] == ["1–8", "9–16", "17"]
    assert [len(item.outputs) for item in seen.items[1:]] == [8, 8, 0]
    unit = view(p, Zoom(opened=frozenset({seen.items[1].id})))
    check(p, unit)
    assert [item.title.partition(" #")[2] for item in unit.items[1:9]] == [
        str(k) for k in range(1, 9)
    ]


def test_a_chain_of_one_op_is_one_box_that_opens_by_and_by() -> None:
    p = chain(5000).passes[0]
    zoom, depth = Zoom(), 0
    while True:
        seen = view(p, zoom)
        check(p, seen)
        item = seen.at(2500)
        if item.kind == "node":
            break
        before, depth = len(seen.items), depth + 1
        zoom = Zoom(opened=zoom.opened | {item.id})
        assert len(view(p, zoom).items) <= before + LIMIT
    assert depth <= 3
    assert titles(view(p, Zoom())) == ["x", "tanh ×5000"]


def test_an_expression_is_open_altogether_unless_it_is_long() -> None:
    text = " + ".join(f"{k}*x" for k in range(1, 41))
    p = start(text, {"x": 1}).trace.passes[0]
    assert {item.kind for item in view(p, Zoom()).items} == {"node"}
    assert [item.kind for item in view(p, Zoom("folded")).items] == ["node", "chunk"]
    longer = start(f"{text} + {text} + y", {"x": 1, "y": 1}).trace.passes[0]
    seen = view(longer, Zoom())
    check(longer, seen)
    assert len(seen.items) <= 3
    opened = view(longer, Zoom(opened=frozenset({seen.items[-1].id})))
    assert titles(opened) == ["x", "y", "1", "n1", "mul add ×79", "f"]


def test_an_expression_without_lines_is_folded_by_names() -> None:
    text = " + ".join(f"{k}*x*y" for k in range(1, 60))
    p = start(text, {"x": 1, "y": 2}).trace.passes[0]
    seen = view(p, Zoom("folded"))
    check(p, seen)
    assert len(seen.items) < 8
    for group in every_group(p):
        assert group.title


def test_a_huge_flat_graph_is_a_few_boxes() -> None:
    p = recorded_pass(weights()).passes[0]
    assert len(p.ops) > 60_000
    seen = view(p, Zoom())
    check(p, seen)
    assert len(seen.items) <= 12
    assert max(item.count for item in seen.items) >= 100
    assert any(item.title.endswith("×100") for item in seen.items)
    everything = view(p, Zoom("open"))
    check(p, everything)
    assert LIMIT < len(everything.items) <= MOST


@given(traces(), st.data())
@settings(max_examples=60)
def test_a_view_holds_every_node_once_and_has_no_circles(trace: Trace, data) -> None:
    p = trace.passes[0]
    groups = every_group(p)
    keys = [group.id for group in groups]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set(range(len(p.ops)))
    base = data.draw(st.sampled_from(["auto", "open", "folded"]))
    hand = st.frozensets(st.sampled_from(keys)) if keys else st.just(frozenset())
    zoom = Zoom(base, opened=data.draw(hand), closed=data.draw(hand))
    seen = view(p, zoom)
    check(p, seen)
    by_id = {group.id: group for group in groups}
    for item in seen.items:
        if item.kind != "node":
            own = sorted(node for some in item.nodes for node in some)
            assert own == tree(p).nodes(by_id[item.id]).tolist()
    for item in seen.items:
        for number, source in enumerate(item.inputs):
            under = beneath(seen, p, source, item.id, number)
            assert under
            for operand, user, slot in under:
                assert p.operands[user][slot] == operand
                edge = seen.edge(operand, user, slot)
                assert edge is not None
                assert edge[:2] == (source, item.id)
    if len(p.ops) <= MOST:
        every = view(p, Zoom(opened=frozenset(keys)))
        assert [item.kind for item in every.items] == ["node"] * len(p.ops)


@given(traces(most=60), st.data())
@settings(max_examples=60)
def test_gates_of_ones_own_never_make_a_circle(trace: Trace, data) -> None:
    p = trace.passes[0]
    folds = []
    for k in range(data.draw(st.integers(1, 3))):
        nodes = data.draw(st.frozensets(st.integers(0, len(p.ops) - 1), min_size=2, max_size=8))
        folds.append(Fold(f"gate{k}", tuple(sorted(nodes))))
    keys = [group.id for group in every_group(p)]
    closed = data.draw(st.frozensets(st.sampled_from(keys))) if keys else frozenset()
    seen = view(p, Zoom("open", closed=closed, folds=tuple(folds)))
    check(p, seen)
    for item in seen.items:
        if item.kind == "fold":
            assert len(item.outputs) == 1 or item.output == p.output
