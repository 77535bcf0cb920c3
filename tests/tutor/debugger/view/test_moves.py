"""Moves of the zoom: opening, folding, going to what is hidden."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.tutor.debugger.view.graphs import chain, layered, perceptron, recurrent
from tutor.debugger import moving
from tutor.debugger.frame import Frame
from tutor.debugger.view import moves
from tutor.debugger.view.tree import MOST
from tutor.debugger.view.zoom import AUTO, Zoom
from tutor.session import session as sessions


def titles(frame: Frame) -> list[str]:
    return [item.title for item in moves.shown(frame).items]


def test_enter_opens_a_repeat_into_its_instances_and_these_into_nodes() -> None:
    frame = Frame(layered(12))
    node = frame.trace.id("W3")
    assert moves.item_at(frame, node).title == "layer ×12"
    frame = moves.opened(frame, node)
    assert moves.item_at(frame, node).title == "layer3"
    frame = moves.opened(frame, node)
    assert moves.item_at(frame, node).kind == "node"
    assert "layer4" in titles(frame)
    assert moves.opened(frame, node) is frame


def test_folding_takes_one_level_back_at_a_time() -> None:
    frame = Frame(layered(12))
    node = frame.trace.id("W3")
    near = moves.opened(moves.opened(frame, node), node)
    once = moves.folded(near, node)
    assert moves.item_at(once, node).title == "layer3"
    twice = moves.folded(once, node)
    assert titles(twice) == titles(frame)
    assert moves.folded(twice, node) is twice
    assert moves.item_at(moves.opened(twice, node), node).title == "layer3"


def test_a_small_graph_that_is_open_can_be_folded() -> None:
    frame = Frame(recurrent(3))
    node = frame.trace.id("x2")
    once = moves.folded(frame, node)
    assert moves.item_at(once, node).title == "t=2"
    assert moves.item_at(once, frame.trace.id("x1")).kind == "node"
    assert moves.item_at(moves.folded(once, node), node).title == "t=1..3"


def test_all_open_all_folded_and_back() -> None:
    frame = Frame(layered(12))
    everything = moves.all_open(frame)
    assert len(titles(everything)) == len(frame.trace.nodes)
    assert moves.all_open(everything) is everything
    nothing = moves.all_folded(everything)
    assert titles(nothing) == titles(frame)
    assert moves.automatic(nothing).zoom == frame.zoom


def test_a_hidden_node_is_shown_with_the_groups_around_it_open() -> None:
    frame = Frame(chain(5000), focus=3)
    after = moves.revealed(frame, 2500)
    assert moves.item_at(after, 2500).kind == "node"
    assert after.focus == 3
    assert moves.revealed(after, 2500) is after
    assert len(titles(after)) < 200


def test_no_more_is_opened_than_can_be_drawn_and_what_was_asked_for_comes_first() -> None:
    rng = random.Random(0)
    frame = Frame(chain(5000))
    for _ in range(40):
        node = rng.randrange(1, 5000)
        frame = moves.revealed(frame, node)
        assert moves.item_at(frame, node).kind == "node"
        assert len(titles(frame)) <= MOST
    for _ in range(40):
        folded = [item for item in moves.shown(frame).items if item.kind != "node"]
        item = rng.choice(folded)
        frame = moves.opened(frame, item.output)
        assert moves.item_at(frame, item.output).id != item.id
        assert len(titles(frame)) <= MOST


def test_the_zoom_stays_through_steps_of_time_and_of_descent() -> None:
    session = sessions.start(lambda **k: _network(k), {"x": 1.0, "w": 0.5, "v": 2.0})
    frame = moves.folded(moving.end(session.frame), 4)
    after = sessions.descend(sessions.at(session, frame))
    assert after.frame.zoom == frame.zoom
    assert titles(after.frame) == titles(frame)
    assert "a" in titles(after.frame)
    node = after.trace.node_range(1).start + 4
    assert moves.item_at(after.frame, node).title == "a"
    assert moves.item_at(moves.opened(after.frame, node), node).kind == "node"


def _network(k: dict) -> object:
    from engine import scope, tanh

    with scope("a"):
        h = tanh(k["w"] * k["x"] + 1.0)
    return (k["v"] * h) ** 2


def test_a_node_that_is_not_there_is_refused() -> None:
    frame = Frame(recurrent(3))
    for move in (moves.opened, moves.folded, moves.revealed, moves.mark, moves.unfold):
        with pytest.raises(IndexError, match="there is no node 9999"):
            move(frame, 9999)


def test_zooms_are_told_apart_by_what_they_show_only() -> None:
    frame = Frame(perceptron(4))
    assert frame.zoom == AUTO == Zoom()
    marked = replace(frame, zoom=Zoom(marked=frozenset({40})))
    assert moves.shown(marked) is moves.shown(frame)
