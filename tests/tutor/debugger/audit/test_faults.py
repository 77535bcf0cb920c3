"""Every planted fault is found and named; every healthy network passes in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.trace import Trace
from tests.tutor.debugger.audit import faulty
from tests.tutor.debugger.audit.healthy import HEALTHY, mlp, rnn, scalar_mlp
from tutor.debugger.audit import Finding, audit

FINITE = "NaN and infinity"
UNITS = "dead and saturated units"
CHAIN = "vanishing and exploding"
CANCELS = "cancellation"
REACH = "parameters without a gradient"
SCALE = "scale and initialisation"

# The fault, the check that must find it, how grave it is, its kind, parts of what is said.
FAULTS: list[tuple[Callable[[], Trace], str, str, str, tuple[str, ...]]] = [
    (faulty.log_of_an_underflown_softmax, FINITE, "wrong", "log of 0",
     ("first infinity: log", "got 0 from softmax", "cell [3, 0]")),
    (faulty.zero_over_zero, FINITE, "wrong", "0/0", ("first NaN: div", "got 0/0", "cell [1, 0]")),
    (faulty.root_at_zero, FINITE, "wrong", "infinite slope",
     ("backward pass only", "sqrt", "slope of inf at 0", "cell [1]")),
    (faulty.where_trick, FINITE, "wrong", "0·∞",
     ("first NaN, in the backward pass only", "sqrt", "passes 0 · ∞ on to x", "cell [1]")),
    (faulty.exp_overflow, FINITE, "wrong", "overflow",
     ("first infinity: exp", "overflows at 1000 from z", "cell [1, 1]")),
    (faulty.infinity_minus_infinity, FINITE, "wrong", "overflow", ("exp", "overflows at 800")),
    (faulty.zero_times_infinity, FINITE, "wrong", "log of 0", ("log", "got 0 from x", "cell [1]")),
    (faulty.log_of_a_negative_number, FINITE, "wrong", "log of a negative number",
     ("first NaN: log", "got −2 from sub")),
    (faulty.nan_in_the_data, FINITE, "wrong", "given", ("X was given it, cell [3, 1]",)),
    (faulty.float16_overflow, FINITE, "wrong", "overflow", ("overflows at 300 · 300 from x",)),
    (faulty.float16_gradient_overflow, FINITE, "wrong", "overflow",
     ("backward pass only", "overflows at")),
    (faulty.dead_relu_layer, UNITS, "wrong", "dead", ("all 32 units are off for all 32 examples",)),
    (faulty.dead_scalar_units, UNITS, "wrong", "dead", ("all 2 units are off for all 4 examples",)),
    (faulty.saturated_tanh, UNITS, "warning", "saturated",
     ("82 % of the units are saturated with |z| > 2.5", "and 1 layer more")),
    (faulty.saturated_attention, UNITS, "warning", "saturated", ("softmax", "8 rows")),
    (faulty.deep_sigmoid, CHAIN, "warning", "vanishing",
     ("gradient shrinks 10^−6.4 over 10 layers", "sigmoid′ 10^−6.3")),
    (faulty.small_weights, CHAIN, "warning", "vanishing", ("over 8 layers", "W 10^−7.8")),
    (faulty.vanishing_rnn, CHAIN, "warning", "vanishing", ("over 50 layers", "tanh′")),
    (faulty.exploding_rnn, CHAIN, "warning", "exploding", ("gradient grows 10^8.5", "W 10^8.5")),
    (faulty.two_terms_that_cancel, CANCELS, "warning", "cancels", ("∂f/∂w cancels to 0.0013 %",)),
    (faulty.huge_terms_that_cancel, CANCELS, "warning", "cancels", ("8000 from mul", "−8000 from")),
    (faulty.step_function, REACH, "wrong", "exactly 0", ("W, x and b get exactly 0: step",)),
    (faulty.detached, REACH, "wrong", "no gradient", ("W1 is cut off behind tanh",)),
    (faulty.compared, REACH, "wrong", "no gradient", ("t is cut off at gt", "is flat")),
    (faulty.unused, REACH, "warning", "no gradient", ("unused is not used",)),
    (faulty.zero_weights, REACH, "warning", "exactly 0", ("multiplies by W3, all 0",)),
    (faulty.equal_units, SCALE, "warning", "symmetric", ("all units of W1 and W2",)),
    (faulty.targets_in_thousands, SCALE, "warning", "large result", ("the result is 1.231e10",)),
    (faulty.log_after_softmax, SCALE, "warning", "log of softmax", ("right after softmax",)),
]  # fmt: skip


def grave(trace: Trace, at: int | None = None) -> list[Finding]:
    return [f for f in audit(trace, at) if f.severity in ("wrong", "warning")]


@pytest.mark.parametrize(
    ("make", "check", "severity", "kind", "parts"), FAULTS, ids=[f[0].__name__ for f in FAULTS]
)
def test_a_planted_fault_is_found_first_and_named(
    make: Callable[[], Trace], check: str, severity: str, kind: str, parts: tuple[str, ...]
) -> None:
    trace = make()
    found = [f for f in grave(trace) if f.check == check]
    assert found, [f.text for f in audit(trace)]
    finding = found[0]
    assert (finding.severity, finding.data["kind"]) == (severity, kind)
    for part in parts:
        assert part in finding.text
    assert finding.remedy
    assert finding.node in range(len(trace.nodes))
    assert finding.event is None or finding.event in range(len(trace.events))


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_network_raises_no_alarm(name: str) -> None:
    assert [(f.check, f.text) for f in grave(HEALTHY[name]())] == []


@pytest.mark.parametrize("seed", range(3))
def test_healthy_networks_of_other_seeds_raise_none_either(seed: int) -> None:
    import engine

    for trace in (
        mlp(engine.relu, gain=2**0.5, seed=seed),
        mlp(engine.relu, (2, 4, 4, 2), gain=2**0.5, batch=4, seed=seed),
        mlp(engine.relu, (16,) * 12, gain=2**0.5, seed=seed),
        mlp(engine.tanh, (16,) * 8, seed=seed),
        rnn(seed=seed),
        scalar_mlp(seed),
    ):
        assert [(f.check, f.text) for f in grave(trace)] == []


def test_the_sketch_of_the_screens_holds() -> None:
    """`✗ … log (file:line) got 0 from softmax (file:line), cell [3, 1]` and what it became."""
    finding = grave(faulty.log_of_an_underflown_softmax())[0]
    assert finding.cell == (3, 0)
    assert finding.location is not None
    assert finding.location.file is not None
    assert finding.location.file.endswith("faulty.py")
    assert f"log (faulty.py:{finding.location.line})" in finding.text
    rows = [row.text for row in finding.rows]
    assert any("then NaN: mul" in row and "−inf" in row for row in rows)
    assert any("the result is nan" in row for row in rows)
    assert "log_softmax" in finding.remedy
