from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import engine
from engine.passes import Decision
from engine.source import Location
from tests.tutor.debugger.audit.healthy import typed
from tutor.debugger.audit import Finding, audit


def told(trace: engine.Trace) -> list[tuple[str, str]]:
    return [(f.severity, f.text) for f in _found(trace)]


def _found(trace: engine.Trace) -> list[Finding]:
    return [
        f
        for f in audit(trace)
        if f.check == "parameters without a gradient" and f.severity in ("wrong", "warning")
    ]


def test_a_result_that_depends_on_no_input() -> None:
    (found,) = _found(engine.record(lambda x: engine.Tensor(3.0) * 2.0, x=1.0))
    assert found.severity == "wrong"
    assert "depends on no input" in found.text


def test_labels_and_masks_may_have_no_gradient() -> None:
    def loss(z: Any, y: Any, mask: Any) -> Any:
        return engine.cross_entropy(engine.where(mask, z, 0.0), y)

    inputs: dict[str, Any] = {"z": np.ones((2, 3)), "y": [0, 2], "mask": [[1, 0, 1], [1, 1, 1]]}
    assert told(engine.record_with(loss, inputs)) == []


def test_labels_that_are_compared_with_a_constant_are_labels_still() -> None:
    def loss(x: Any, y: Any) -> Any:
        return (x * (y == 1.0)).sum()

    assert told(engine.record(loss, x=np.ones(3), y=np.array([0.0, 1.0, 1.0]))) == []


def test_labels_that_are_an_index_are_labels_still() -> None:
    def loss(z: Any, y: Any) -> Any:
        return z[np.arange(2), y].sum()

    assert told(engine.record(loss, z=np.ones((2, 3)), y=np.array([0, 2]))) == []
    ((_, text),) = told(engine.record(lambda z, y: z.sum(), z=np.ones(2), y=np.array([0, 2])))
    assert text == "y is not used"


def test_a_number_of_rounds_needs_no_gradient() -> None:
    def loss(x: Any, n: Any) -> Any:
        for _ in range(int(n.item())):
            x = x * 2.0
        return x

    trace = engine.record(loss, x=1.0, n=3.0)
    place = Location("/home/me/loss.py", 3)
    rounds = Decision(1, "whole number", 3.0, place)
    trace = engine.Trace((replace(trace.passes[0], decisions=(rounds,)),))
    assert told(trace) == []


def test_what_leads_nowhere_is_named_with_its_end() -> None:
    def loss(x: Any, w: Any) -> Any:
        engine.exp(w)
        return x * x

    ((severity, text),) = told(engine.record(loss, x=2.0, w=1.5))
    assert severity == "warning"
    assert text.startswith("w leads only to exp")


def test_a_product_with_zeros_is_named() -> None:
    ((_, text),) = told(typed("W @ x + b", W=[0.5, 1.5], x=[0, 0], b=1))
    assert text == "W gets exactly 0: matmul (q) multiplies by x, all 0"


def test_contributions_that_cancel_are_left_to_the_other_check() -> None:
    assert told(typed("x*y - x*y", x=2, y=3)) == []


def test_a_penalty_at_its_minimum_is_no_fault() -> None:
    assert told(typed("(w*x - 1)^2 + b*b + c^2", w=1, x=2, b=0, c=0)) == []


def test_a_branch_that_was_taken_by_python_is_named_when_it_was_recorded() -> None:
    trace = engine.record(lambda x, t: x * 2.0, x=1.0, t=0.5)
    decided = Decision(1, "truth", True, Location("/home/me/loss.py", 7))
    trace = engine.Trace((replace(trace.passes[0], decisions=(decided,)),))
    (found,) = _found(trace)
    assert found.text == "t is only looked at by Python, as in an if"
    assert [row.text for row in found.rows] == ["    Python took the number of t at loss.py:7"]


def test_a_step_between_the_layers_cuts_all_below_it() -> None:
    (found,) = _found(typed("v*step(w*x)", v=2, w=1, x=3))
    assert found.severity == "wrong"
    assert found.data["names"] == ["w", "x"]
