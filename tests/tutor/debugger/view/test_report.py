"""What is seen, told in rows, sentences and data."""

from __future__ import annotations

import json

from tests.tutor.debugger.view.graphs import layered, perceptron, recurrent
from tutor.debugger import moving
from tutor.debugger.frame import Frame
from tutor.debugger.view import moves
from tutor.debugger.view.report import view_report
from tutor.session.session import start


def test_a_small_graph_is_told_node_by_node() -> None:
    frame = moving.jump(start("(x + y)*z", {"x": -2, "y": 5, "z": -4}).frame, 9)
    report = view_report(frame.trace, frame)
    assert (report.kind, report.title, report.aside) == ("view", "graph", "5 nodes")
    assert [row.node for row in report.rows] == [0, 1, 2, 3, 4]
    assert report.rows[0].text.startswith(" ◀ x ")
    assert report.at == 0
    assert report.sentences[0] == "The graph has 5 nodes, all of them open."
    assert report.sentences[1] == "x, value −2, gradient −4."
    assert report.sentences[4] == "q is x + y, value 3, gradient −4."


def test_folded_groups_are_told_with_what_they_take() -> None:
    trace = layered(12)
    frame = Frame(trace, 3)
    report = view_report(trace, frame)
    assert report.aside == f"4 boxes for {len(trace.nodes)} nodes"
    layer = next(row for row in report.rows if "×12" in row.text)
    assert "▸ layer ×12" in layer.text
    assert layer.text.endswith("from x")
    told = next(sentence for sentence in report.sentences if "layer" in sentence)
    assert told == "layer ×12, a repeat of 120 nodes, is folded, takes x."
    document = json.loads(json.dumps(report.document()))
    assert document["report"] == "view"
    entry = next(one for one in document["items"] if one["kind"] == "repeat")
    assert (entry["count"], entry["inputs"], entry["value"]) == (12, ["x"], None)
    assert sum(b - a + 1 for one in document["items"] for a, b in one["nodes"]) == len(trace.nodes)


def test_what_is_open_is_indented_and_rows_fit() -> None:
    trace = recurrent(8)
    frame = moving.end(moves.opened(Frame(trace), trace.id("x3")))
    report = view_report(trace, frame)
    step = next(row.text for row in report.rows if "t=3" in row.text.split("from")[0])
    assert step.startswith("     ▸ t=3 (")
    assert "from " in step
    assert all(len(row.text) <= 100 for row in report.rows)
    assert all(" v " in row.text and " ∂ " in row.text for row in report.rows)


def test_several_numbers_are_counted() -> None:
    frame = moving.end(Frame(perceptron(8)))
    report = view_report(frame.trace, frame)
    assert any("8 numbers" in row.text for row in report.rows)
    assert any(sentence.endswith("gives 8 numbers.") for sentence in report.sentences)
    assert report.spelled(True).rows[0].text.isascii()
