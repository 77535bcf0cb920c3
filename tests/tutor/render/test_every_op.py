"""Every view takes every registered op, in every way its declaration samples it."""

from __future__ import annotations

import json

import pytest

import engine
from engine.ops import REGISTRY
from engine.ops.declare import Sample
from engine.proof import points
from engine.trace import Trace
from tutor.debugger.frame import Frame, active
from tutor.debugger.state import state
from tutor.render.box import content, size
from tutor.render.events import event_row
from tutor.render.formula import formula
from tutor.render.inspector import inspection
from tutor.render.json_ import document, dumps
from tutor.render.plain import text_of
from tutor.render.sentences import sentence
from tutor.sandbox.graphs import decode, encode

CASES = [(name, i) for name, op in REGISTRY.items() for i in range(len(op.samples))]


def traced(name: str, sample: Sample) -> Trace:
    op = REGISTRY[name]
    values = points.operands(op, sample)
    inputs = {f"v{i}": value for i, value in enumerate(values)}
    return engine.record_with(lambda **given: op(*given.values(), **sample.params), inputs)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_views(name: str, number: int) -> None:
    trace = traced(name, REGISTRY[name].samples[number])
    end = len(trace.events)
    for i in range(end):
        shown, plain = formula(trace, i), formula(trace, i, ascii=True)
        assert shown.title
        assert len(shown.lines) == len(plain.lines) >= 1
        row = event_row(trace, i, ascii=True)
        texts = [sentence(trace, i, ascii=True), row.what, row.amount, row.how, plain.rule]
        texts += [text_of(line) for line in plain.lines]
        assert all(text.isascii() and "?" not in text for text in texts)
        spoken = sentence(trace, i, spoken=True)
        assert not any(sign in spoken for sign in "−·∂²ᵀ→⊙∙")
        assert active(Frame(trace, i + 1)) is not None
    for node in range(len(trace.nodes)):
        assert len(content(trace, node, end).rows) == size(trace, node)[1]
        assert inspection(trace, node, end).rows[0][0] == "value"
        assert state(Frame(trace, end), node).known
    data = json.loads(dumps(document(trace, {})))
    assert data["nodes"][-1]["rule"] == REGISTRY[name].rule
    assert [node.op for node in decode(encode(trace.passes[0])).nodes] == [
        node.op for node in trace.nodes
    ]
