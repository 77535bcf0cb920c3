from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import engine
from engine.ops import REGISTRY
from engine.trace import Trace
from tests.tutor.debugger.audit import faulty, healthy
from tutor.debugger.audit import Finding, audit, report

_FAULTS = [
    make
    for name, make in vars(faulty).items()
    if callable(make) and getattr(make, "__module__", "") == faulty.__name__
]


@pytest.mark.parametrize("make", _FAULTS, ids=[make.__name__ for make in _FAULTS])
def test_every_form_of_a_report_is_fit_to_show(make: Callable[[], Trace]) -> None:
    trace = make()
    made = report(audit(trace), title="loss.py")
    assert made.kind == "audit"
    assert max(len(row.text) for row in made.rows) <= 78
    for row in made.rows:
        assert row.node is None or row.node in range(len(trace.nodes))
        assert row.event is None or row.event in range(len(trace.events))
    data = json.loads(json.dumps(made.document(), allow_nan=False))
    assert (data["report"], data["wrong"] + data["warnings"] > 0) == ("audit", True)
    assert all(sentence.endswith(".") for sentence in made.sentences)
    plain = made.spelled(True)
    assert all(row.text.isascii() and "?" not in row.text for row in plain.rows)


def test_wrong_comes_first_and_the_quiet_checks_are_counted() -> None:
    made = report(audit(faulty.log_of_an_underflown_softmax()))
    assert made.rows[0].text.startswith("✗ first infinity: log")
    assert made.aside == "1 wrong"
    assert any(row.text == "✓ 4 other checks found nothing" for row in made.rows)


def test_a_healthy_network_gets_one_line_and_what_was_looked_at() -> None:
    made = report(audit(healthy.xavier_tanh()), title="tanh")
    assert (made.title, made.aside) == ("tanh", "nothing found")
    assert made.rows[0].text == "✓ 6 checks found nothing"
    assert made.sentences == ("6 checks found nothing.",)
    assert made.data["wrong"] == made.data["warnings"] == 0
    assert {f["check"] for f in made.data["findings"]} == {f.check for f in audit(healthy.we_01())}


def test_a_rate_to_try_is_in_the_data() -> None:
    finding = audit(healthy.xavier_tanh())[-1]
    assert 0 < finding.data["rate"] < 1


def test_names_of_others_are_made_safe() -> None:
    finding = Finding("x", "warning", "a", rows=(), node=None)
    made = report([finding], title="\x1b[31mloss")
    assert "\x1b" not in made.title


def _applied(op: Any, params: dict[str, Any], **operands: Any) -> Any:
    return op(*operands.values(), **params).sum()


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_audit_takes_every_op_on_ordinary_and_on_odd_numbers(name: str) -> None:
    op = REGISTRY[name]
    rng = np.random.default_rng(0)
    for sample in op.samples[:3]:
        given = sample.values or (None,) * len(sample.shapes)
        operands = [
            rng.normal(size=shape) if value is None else np.asarray(value, dtype=float)
            for shape, value in zip(sample.shapes, given, strict=True)
        ]
        for fill in (None, 0.0, np.inf, np.nan, 1e300):
            values = {
                f"x{i}": x if fill is None or given[i] is not None else np.full_like(x, fill)
                for i, x in enumerate(operands)
            }
            trace = engine.record_with(partial(_applied, op, sample.params), values)
            found = audit(trace)
            assert {f.check for f in found} >= {"NaN and infinity", "cancellation"}
            json.dumps(report(found).document(), allow_nan=False)


def test_empty_arrays_and_a_lone_input() -> None:
    for trace in (
        engine.record(lambda x: x.sum(), x=np.zeros((0, 3))),
        engine.record(lambda x: x, x=2.0),
        engine.record(lambda x: x * 2.0, x=np.ones(3)),
    ):
        assert report(audit(trace)).aside == "nothing found"
