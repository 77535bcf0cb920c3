"""Gates of one's own: what can be folded into one, and why other things can not."""

from __future__ import annotations

import pytest

import engine
from engine import scope
from tests.tutor.debugger.view.graphs import layered
from tutor.debugger.frame import Frame
from tutor.debugger.view import moves
from tutor.debugger.view.folds import FoldError
from tutor.debugger.view.zoom import Fold
from tutor.session.session import start

# WE-02: the sigmoid neuron with its gates written out.
GATES = "n = w0 + w1*x1 + w2*x2; m = -n; e = exp(m); d = 1 + e; f = 1/d; -log(f)"
INPUTS = {"w0": -3, "w1": 2, "w2": -3, "x1": -1, "x2": -2}


def neuron(*marked: str) -> Frame:
    frame = start(GATES, INPUTS).frame
    for name in marked:
        frame = moves.mark(frame, frame.trace.id(name))
    return frame


def refusal(frame: Frame, name: str = "gate") -> str:
    with pytest.raises(FoldError) as caught:
        moves.fold_marked(frame, name)
    return str(caught.value)


def test_four_gates_fold_into_a_sigmoid_with_their_constants() -> None:
    frame = moves.fold_marked(neuron("m", "e", "d", "f"), "sigmoid")
    item = moves.item_at(frame, frame.trace.id("e"))
    assert (item.kind, item.title, item.size) == ("fold", "sigmoid", 6)
    assert item.output == frame.trace.id("f")
    assert [moves.shown(frame).by_id[k].title for k in item.inputs] == ["n"]
    assert frame.zoom.marked == frozenset()
    users = [one.title for one in moves.shown(frame).items if item.id in one.inputs]
    assert users == [frame.trace.nodes[frame.trace.consumers("f")[0]].name]


def test_a_gate_opens_folds_again_and_is_given_up() -> None:
    frame = moves.fold_marked(neuron("m", "e", "d", "f"), "sigmoid")
    node = frame.trace.id("d")
    opened = moves.opened(frame, node)
    assert moves.item_at(opened, node).kind == "node"
    assert opened.zoom.folds == frame.zoom.folds
    assert moves.folded(opened, node).zoom == frame.zoom
    assert moves.revealed(frame, node).zoom == opened.zoom
    assert moves.all_open(frame).zoom.folds == frame.zoom.folds
    assert moves.item_at(moves.all_open(frame), node).kind == "node"
    assert moves.item_at(moves.all_folded(frame), node).title == "sigmoid"
    given_up = moves.unfold(opened, node)
    assert given_up.zoom == neuron().zoom
    assert moves.unfold(given_up, node) is given_up


def test_nodes_need_not_stand_together() -> None:
    def fn(a, b):
        p = a * 2.0
        q = b * 3.0
        r = p + 1.0
        s = q + 1.0
        return r * s

    frame = Frame(engine.record(fn, a=1.0, b=2.0))
    nodes = [i for i, node in enumerate(frame.trace.nodes) if node.op in ("mul", "add")]
    for node in (nodes[0], nodes[2]):
        frame = moves.mark(frame, node)
    frame = moves.fold_marked(frame, "affine")
    item = moves.item_at(frame, nodes[0])
    assert item.size == 4
    assert len(item.nodes) == 2
    seen = moves.shown(frame)
    placed: set[int] = set()
    for one in seen.items:
        assert set(one.inputs) <= placed
        placed.add(one.id)


def test_a_mark_is_taken_back_by_marking_again() -> None:
    frame = neuron("m")
    assert moves.mark(frame, frame.trace.id("m")).zoom == neuron().zoom


@pytest.mark.parametrize(
    ("marked", "why"),
    [
        ((), "a gate needs at least two nodes that compute, none is marked"),
        (("e",), "a gate needs at least two nodes that compute, one is marked"),
        (("w0", "n", "m"), "w0 is an input; a gate takes inputs from outside, so unmark it"),
        (("m", "d", "f"), "a way leads out of the gate at m and in again through e"),
        (("e", "f"), "mark d as well, or unmark e"),
    ],
)
def test_what_is_no_gate_is_refused_with_the_reason(marked: tuple[str, ...], why: str) -> None:
    assert why in refusal(neuron(*marked))


def test_a_gate_has_one_output() -> None:
    frame = start("a = x*y; b = a + 1; c = a*2; b*c", {"x": 1, "y": 2}).frame
    for name in ("a", "b"):
        frame = moves.mark(frame, frame.trace.id(name))
    assert "a gate has one output, but a and b are used outside" in refusal(frame)


def test_a_gate_needs_a_name_of_its_own() -> None:
    assert "needs a name" in refusal(neuron("m", "e"), "  ")
    frame = moves.fold_marked(neuron("m", "e"), "one")
    again = moves.mark(moves.mark(frame, frame.trace.id("d")), frame.trace.id("f"))
    assert "there is a gate called one already" in refusal(again, "one")
    assert [fold.name for fold in moves.fold_marked(again, "two").zoom.folds] == ["one", "two"]


def test_gates_do_not_share_nodes() -> None:
    frame = moves.fold_marked(neuron("m", "e"), "one")
    with pytest.raises(FoldError, match="e is folded into one; open that to mark nodes in it"):
        moves.mark(frame, frame.trace.id("e"))
    frame = moves.opened(frame, frame.trace.id("e"))
    for name in ("e", "d"):
        frame = moves.mark(frame, frame.trace.id(name))
    assert "e is in the gate one already; unfold that first" in refusal(frame)


def test_what_is_folded_away_cannot_be_marked() -> None:
    frame = Frame(layered(12))
    with pytest.raises(FoldError, match="is folded into layer ×12; open that"):
        moves.mark(frame, frame.trace.id("W1"))


def test_a_gate_around_a_folded_group_is_refused_while_that_is_folded() -> None:
    def fn(x):
        a = x * 2.0
        with scope("part"):
            b = engine.tanh(a)
            c = engine.sigmoid(x)
        d = c + 1.0
        e = a + d
        return e * b

    frame = Frame(engine.record(fn, x=1.0))
    ops = {node.op: i for i, node in enumerate(frame.trace.nodes)}
    first = next(i for i, node in enumerate(frame.trace.nodes) if node.op == "mul")
    adds = [i for i, node in enumerate(frame.trace.nodes) if node.op == "add"]
    frame = moves.folded(frame, ops["tanh"])
    assert moves.item_at(frame, ops["tanh"]).title == "part"
    for node in (first, *adds):
        frame = moves.mark(frame, node)
    assert "a gate has one output" in refusal(frame)
    frame = moves.mark(frame, first)
    assert moves.item_at(moves.fold_marked(frame, "sum"), adds[0]).kind == "fold"


def test_a_gate_that_is_none_in_another_graph_is_not_shown() -> None:
    frame = moves.fold_marked(neuron("m", "e", "d", "f"), "sigmoid")
    other = Frame(start("x*y + tanh(x)*y", {"x": 1, "y": 2}).trace, zoom=frame.zoom)
    assert {item.kind for item in moves.shown(other).items} == {"node"}
    assert frame.zoom.folds[0] == Fold("sigmoid", frame.zoom.folds[0].nodes)
