from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.trace import Trace
from tutor.language import parse, parse_at
from tutor.render.formula import formula
from tutor.render.plain import text_of


def make(text: str, at: str = "x=1", steps: int = 0, rate: float = 0.1) -> Trace:
    program = parse(text)
    given = parse_at([at])
    trace = engine.record_with(program.function(), {n: given[n] for n in program.inputs})
    for _ in range(steps):
        trace = engine.step(trace, program.function(), rate)
    return trace


def lines(trace: Trace, event: int, *, ascii: bool = False) -> list[str]:
    return [text_of(line).rstrip() for line in formula(trace, event, ascii=ascii).lines]


XYZ = make("(x + y)*z", "x=-2,y=5,z=-4")


def test_forward_events_show_the_expression_and_its_numbers() -> None:
    assert lines(XYZ, 0) == ["x = −2"]
    assert lines(XYZ, 3) == ["q = x + y", "  = −2 + 5 = 3"]
    assert lines(XYZ, 4) == ["f = q·z", "  = 3·(−4) = −12"]
    assert formula(XYZ, 4).title == "f = q·z"


def test_a_contribution_is_the_chain_rule_with_its_numbers() -> None:
    shown = formula(XYZ, 8)
    assert shown.title == "q → x"
    assert shown.rule == "add passes the gradient on unchanged"
    assert lines(XYZ, 8) == [
        "∂f/∂x = ∂f/∂q · ∂q/∂x",
        "      =   −4  ·   1   = −4",
        "        above   slope",
    ]
    assert lines(XYZ, 6) == [
        "∂f/∂q = ∂f/∂f · ∂f/∂q",
        "      =   1   ·  (−4) = −4",
        "        above   input",
        "∂f/∂q = z",
    ]


def test_the_parts_of_a_contribution_have_their_roles() -> None:
    symbols, numbers, _ = formula(XYZ, 8).lines
    assert [(t.strip(), r) for t, r in symbols if r != "text"] == [
        ("∂f/∂q", "upstream"),
        ("∂q/∂x", "local"),
    ]
    assert [(t.strip(), r) for t, r in numbers if r != "text"] == [
        ("−4", "upstream"),
        ("1", "local"),
        ("−4", "result"),
    ]


def test_the_slope_is_shown_with_names_and_with_numbers() -> None:
    trace = make("sigmoid(x)", "x=1")
    slope = "∂f/∂x = f·(1 − f) = 0.7311·(1 − 0.7311) = 0.1966"
    assert lines(trace, len(trace.events) - 1)[-1] == slope
    square = make("x**2", "x=-3")
    assert lines(square, len(square.events) - 1)[-1] == "∂f/∂x = 2·x = 2·(−3) = −6"
    cube = make("x**3", "x=-3")
    assert lines(cube, len(cube.events) - 1)[-1] == "∂f/∂x = 3·x² = 3·(−3)² = 27"


def test_a_fan_out_is_shown_term_by_term() -> None:
    trace = make("x*x*x + x", "x=3")
    arrivals = trace.arrivals("x")
    told = [lines(trace, event)[-1] for event in arrivals]
    assert told == [
        "∂f/∂x so far (1 of 4) = 1",
        "∂f/∂x so far (2 of 4) = 1 + 9 = 10",
        "∂f/∂x so far (3 of 4) = 1 + 9 + 9 = 19",
        "∂f/∂x = 1 + 9 + 9 + 9 = 28",
    ]
    assert lines(trace, arrivals[0])[0] == "∂f/∂x via f = ∂f/∂f · ∂f/∂x"
    assert lines(trace, arrivals[-1])[0].startswith("∂f/∂x via n1, operand 2 = ")
    active = [run for run in formula(trace, arrivals[2]).lines[-1] if run[1] == "active"]
    assert active == [(" + 9", "active")]


def test_a_long_sum_shows_its_end() -> None:
    trace = make(" + ".join(["x"] * 12), "x=2")
    assert lines(trace, trace.arrivals("x")[-1])[-1].startswith(
        "∂f/∂x = 6 before + 1 + 1 + 1 + 1 + 1 + 1 = 12"
    )


def test_matrix_rules_have_their_transposes_and_shapes() -> None:
    trace = make("z = W@x; sum(z)", "W=[[1,2],[3,4],[5,6]],x=[1,-1]")
    to_w, to_x = trace.departures("z")
    assert lines(trace, to_w) == [
        "∂f/∂W = ∂f/∂z ∙ xᵀ",
        "      = (3, 2) from −1 to 1",
        "        shape (3, 2) from (3,) and (3, 2), (2,)",
        "         loss   input",
    ]
    assert lines(trace, to_x) == [
        "∂f/∂x = Wᵀ ∙ ∂f/∂z",
        "      = [9, 12]",
        "        shape (2,) from (3,) and (3, 2), (2,)",
        "        weight loss",
    ]


def test_a_matmul_of_vectors_and_one_over_a_batch() -> None:
    dot = engine.record(lambda w, x: w @ x, w=np.ones(3), x=np.ones(3))
    assert lines(dot, dot.arrivals("w")[0])[0] == "∂f/∂w = ∂f/∂f · x"
    batch = engine.record(lambda W, x: (W @ x).sum(), W=np.ones((5, 3)), x=np.ones((2, 3, 4)))
    assert lines(batch, batch.arrivals("W")[0])[0].endswith(" ∙ xᵀ, summed over the batch")
    assert not lines(batch, batch.arrivals("x")[0])[0].endswith("batch")


def test_an_op_without_a_rule_of_its_own_is_written_with_its_jacobian() -> None:
    trace = make("p = softmax(x); sum(p*p)", "x=[1,2,3]")
    (event,) = trace.departures("p")
    assert lines(trace, event)[0] == "∂f/∂x = (∂p/∂x)ᵀ ∙ ∂f/∂p"


def test_broadcasting_says_that_it_sums() -> None:
    trace = make("sum(x + b)", "x=[1,2,3],b=1")
    told = lines(trace, trace.arrivals("b")[0])
    assert told[1].endswith("= 3")
    assert "summed to the shape ()" in told[-1]


def test_seeds() -> None:
    assert lines(XYZ, 5) == ["∂f/∂f = 1"]
    given = engine.record_with(parse("x*2").function(), {"x": [1, 2]}, upstream=[3, 4])
    (seed,) = [e.i for e in given.events if e.kind == "seed"]
    assert lines(given, seed) == ["upstream gradient of f = [3, 4]"]
    assert formula(given, seed).rule == "the seed was given"


def test_updates_show_the_step_in_digits_that_differ() -> None:
    trace = make("w*x", "w=-3,x=0.5", steps=1, rate=0.001)
    (w, _) = trace.update_range(0)
    assert lines(trace, w) == ["w ← w − η · ∂f/∂w", "w ← −3 − 0.001 · 0.5 = −3.0005"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("(x + y)*z", "x=-2,y=5,z=-4"),
        ("a = sqrt(abs(x)); tanh(a)*sigmoid(x)/a - x**2", "x=-2"),
        ("p = softmax(W@x); L = -log(p[1])", "W=[[1,2],[3,4]],x=[1,2]"),
        ("sum(x.T@x)", "x=[[1,2],[3,4]]"),
    ],
)
def test_ascii_is_ascii_and_aligned(text: str, at: str) -> None:
    trace = make(text, at)
    for i in range(len(trace.events)):
        shown = formula(trace, i, ascii=True)
        for part in (shown.title, shown.rule, *lines(trace, i, ascii=True)):
            assert part.isascii()
            assert "?" not in part
        told = lines(trace, i, ascii=True)
        if trace.events[i].local is not None and len(told) > 1 and "*" in told[0]:
            first, second = told[0].index(" * "), told[1].index(" * ")
            assert first == second


def test_a_narrow_place_breaks_before_operators_with_equals_signs_below_each_other() -> None:
    trace = make("a = sigmoid(z); sum(a*a)", "z=[4.25,-1.5]")
    (event,) = trace.departures("a")
    whole = "\n".join(lines(trace, event))
    shown = [text_of(line) for line in formula(trace, event, width=34).lines]
    assert shown[:4] == [
        "∂f/∂z = ∂f/∂a ⊙ ∂a/∂z",
        "      = [1.972, 0.3649]",
        "        ⊙ [0.01387, 0.1491]",
        "      = [0.02734, 0.05442]",
    ]
    assert "".join(shown).replace(" ", "") == whole.replace(" ", "").replace("\n", "")
    assert all(len(line) <= 34 for line in shown)
    assert formula(trace, event, width=200) == formula(trace, event)
