from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.ops import REGISTRY
from engine.proof import points
from engine.trace import Trace
from tutor.debugger.predict import Question, State, judge, next_question, question, report
from tutor.debugger.predict.judge import Answer, Score
from tutor.debugger.predict.question import KINDS, Reply
from tutor.debugger.predict.slips import MESSAGES
from tutor.language import parse

CASES = [(name, i) for name, op in REGISTRY.items() for i in range(len(op.samples))]


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def questions(trace: Trace, seeds: range = range(2)) -> Iterator[Question]:
    """Every question of every kind."""
    for cursor in range(len(trace.events)):
        for kind in KINDS:
            for seed in seeds:
                asked = question(trace, cursor, seed=seed, kinds=[kind])
                if asked is not None:
                    assert (asked.kind, asked.event) == (kind, cursor)
                    yield asked


def written(reply: Reply) -> str:
    """A reply as somebody types it."""
    if isinstance(reply, frozenset):
        return ", ".join(sorted(reply))
    return repr(reply) if not isinstance(reply, str) else reply


def worked_out(reply: Reply) -> str:
    """A reply as the result of an expression, so that it is not taken for a rounded one."""
    return f"({reply!r})*1" if isinstance(reply, float) else written(reply)


def check(asked: Question) -> None:
    """Its own answer is right, every slip is named, and nothing is given away."""
    right = judge(asked, written(asked.reply))
    assert right.verdict == "right", asked
    for slip in asked.slips:
        answer = judge(asked, worked_out(slip.reply))
        assert (answer.verdict, answer.slip) == ("wrong", slip.tag), (asked, slip)
        assert answer.message == MESSAGES[slip.tag]
    assert len(asked.hints) == 3
    assert all(hint and hint[-1] in ".?" for hint in asked.hints), asked.hints
    assert asked.text.endswith("?")
    assert asked.solution
    shown = report(asked, State(hints=3), Score())
    assert all(len(row.text) <= 78 for row in shown.rows)
    assert all(row.text.isascii() for row in shown.spelled(True).rows)
    assert "answer" not in shown.data


@pytest.mark.parametrize(("name", "number"), CASES)
def test_every_question_about_every_op_knows_its_answer(name: str, number: int) -> None:
    known = REGISTRY[name]
    sample = known.samples[number]
    values = points.operands(known, sample)
    inputs = {f"v{i}": value for i, value in enumerate(values)}
    trace = engine.record_with(lambda **given: known(*given.values(), **sample.params), inputs)
    for asked in questions(trace, range(1)):
        check(asked)


@pytest.mark.long
@settings(max_examples=20)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(0, 99))
def test_every_question_about_a_random_graph_knows_its_answer(
    choices: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)

    def build(**given: Any) -> Any:
        nodes: list[Any] = list(given.values())
        for choice in choices:
            kind, rest = choice % 8, choice // 8
            a, b = nodes[rest % len(nodes)], nodes[rest // len(nodes) % len(nodes)]
            made = (
                lambda a, b: a + b,
                lambda a, b: a * b,
                lambda a, b: a - b * 2,
                lambda a, b: engine.tanh(a),
                lambda a, b: engine.relu(a) * b,
                lambda a, b: engine.sigmoid(b) + a.sum(),
                lambda a, b: a**2,
                lambda a, b: engine.maximum(b, a),
            )[kind](a, b)
            nodes.append(made)
        return (nodes[-1] * nodes[0]).sum() + nodes[-1].mean()

    given = {"x": 0.7, "w": -1.3, "u": rng.normal(size=(2, 3)), "b": rng.normal(size=3)}
    trace = engine.record_with(build, given)
    asked = list(questions(trace, range(1)))
    assert asked
    for one in asked:
        check(one)


def test_the_question_of_the_screen() -> None:
    trace = make("a = tanh(z); a*w", z=float(np.arctanh(0.8)), w=-2)
    event = next(e.i for e in trace.events if e.kind == "contribution" and e.node == 0)
    asked = question(trace, event, kinds=["amount"])
    assert asked is not None
    assert asked.text == (
        "a = tanh(z) gets −2 from above. Its own value is 0.8, z is 1.099. "
        "What does it pass on to z?"
    )
    assert asked.solution == "−2 · (1 − 0.8²) = −0.72"
    assert asked.hints == (
        "Tanh passes the gradient times 1 − tanh².",
        "∂f/∂a · (1 − a²).",
        "−2 · (1 − 0.8²).",
    )


@pytest.mark.parametrize(
    ("text", "inputs", "name", "typed", "slip"),
    [
        ("a = tanh(z); a*w", {"z": 1.0986, "w": -2.0}, "z", "0.72", "sign_flipped"),
        ("a = tanh(z); a*w", {"z": 1.0986, "w": -2.0}, "z", "0.36", "missing_upstream"),
        ("a = tanh(z); a*w", {"z": 1.0986, "w": -2.0}, "z", "-2", "missing_local"),
        ("a = tanh(z); a*w", {"z": 1.0986, "w": -2.0}, "z", "-2*(1-0.8)", "missing_square"),
        ("a = tanh(z); a*w", {"z": 1.0986, "w": -2.0}, "z", "-2*(1-1.0986^2)", "in_for_out"),
        ("s = σ(z); s*w", {"z": 0.5, "w": 3.0}, "z", "3*0.6225", "missing_complement"),
        ("s = σ(z); s*w", {"z": 0.5, "w": 3.0}, "z", "3*(1-0.6225)", "missing_complement"),
        ("s = σ(z); s*w", {"z": 0.5, "w": 3.0}, "z", "3*0.5*(1-0.5)", "in_for_out"),
        ("p = x*y; p*3", {"x": 2.0, "y": 5.0}, "x", "6", "wrong_operand"),
        ("p = x^2; p*3", {"x": 5.0}, "x", "15", "missing_two"),
        ("p = x^3; p*2", {"x": 5.0}, "x", "50", "missing_exponent"),
        ("p = log(x); p*3", {"x": 5.0}, "x", "15", "upside_down"),
        ("p = exp(x); p*3", {"x": 0.5}, "x", "3*0.5", "in_for_out"),
    ],
)
def test_slips_are_named(
    text: str, inputs: dict[str, float], name: str, typed: str, slip: str
) -> None:
    trace = make(text, **inputs)
    event = trace.arrivals(name)[0]
    asked = question(trace, event, kinds=["amount"])
    assert asked is not None
    answer = judge(asked, typed)
    assert (answer.verdict, answer.slip) == ("wrong", slip)


def test_forgetting_to_accumulate_is_named() -> None:
    trace = make("x*y + x*3", x=2, y=5)
    first, second = trace.arrivals("x")
    asked = question(trace, second, kinds=["total"])
    assert asked is not None
    assert asked.reply == 8.0
    part = float(trace.events[second].amount)
    had = float(trace.events[first].amount)
    assert judge(asked, repr(part)).slip == "not_accumulated"
    assert judge(asked, repr(had)).slip == "nothing_new"
    assert judge(asked, repr(part * had)).slip == "product_for_sum"
    assert question(trace, first, kinds=["total"]) is None
    alone = question(trace, second, kinds=["amount"])
    assert alone is not None
    assert judge(alone, "8").slip == "total_for_part"


def test_a_mean_is_off_by_the_batch() -> None:
    trace = make("mean(x*w)", x=[1.0, 2.0, 3.0, 4.0], w=2.0)
    event = next(e.i for e in trace.events if e.kind == "contribution")
    asked = question(trace, event, kinds=["amount"])
    assert asked is not None
    assert asked.reply == 0.25
    assert judge(asked, "1").slip == "missing_local"
    second = question(trace, trace.arrivals("w")[0], kinds=["amount"])
    assert second is not None
    assert second.reply == 2.5
    assert judge(second, "10").slip in ("missing_upstream", "off_by_batch")
    assert judge(second, "1").slip in ("not_summed", "missing_local")


def test_shapes_and_their_slips() -> None:
    trace = make("sum(x@W)", x=np.ones((4, 3)).tolist(), W=np.ones((3, 2)).tolist())
    event = trace.arrivals("W")[0]
    asked = question(trace, event, kinds=["shape"])
    assert asked is not None
    for typed in ("(3, 2)", "3x2", "3, 2", "[3,2]", " ( 3 × 2 ) ", "3 2"):
        assert judge(asked, typed).verdict == "right"
    assert judge(asked, "(2, 3)").slip == "transposed"
    assert judge(asked, "(4, 2)").slip == "upstream_shape"
    assert judge(asked, "(7,)") == Answer("wrong", "Not that shape.")
    for typed in ("abc", "(3, -2)", "3.5", "((", "(3, 2"):
        verdict = judge(asked, typed).verdict
        assert verdict == ("right" if typed == "(3, 2" else "unreadable")


def test_who_contributes() -> None:
    trace = make("a = x*2; b = x*3; a*b", x=1)
    asked = question(trace, trace.arrivals("x")[0], kinds=["who"])
    assert asked is not None
    assert asked.reply == {"a", "b"}
    for typed in ("a, b", "b a", "A and B", "a,b"):
        assert judge(asked, typed).verdict == "right"
    assert judge(asked, "a").slip == "not_everyone"
    assert judge(asked, "a, f").slip == "someone_else"


def test_which_node_comes_next() -> None:
    trace = make("(x + y)*z", x=1, y=2, z=3)
    forward = question(trace, 3, kinds=["next"])
    assert forward is not None
    assert (forward.reply, judge(forward, "Q").verdict) == ("q", "right")
    assert judge(forward, "f").slip == "not_ready"
    assert judge(forward, "nobody").verdict == "unreadable"
    # f passes to q and to z: which is first is a convention, and is not asked.
    assert question(trace, trace.arrivals("q")[0], kinds=["next"]) is None


def test_an_update() -> None:
    function = parse("(w*x - y)^2").function()
    trace = engine.step(engine.record(function, w=1.5, x=2, y=1), function, 0.1, wrt=["w"])
    event = trace.update_range(0).start
    asked = question(trace, event)
    assert asked is not None
    assert asked.kind == "update"
    assert judge(asked, "1.5 - 0.1*8").verdict == "right"
    assert judge(asked, "2.3").slip == "uphill"
    assert judge(asked, "-6.5").slip == "missing_rate"
    assert judge(asked, "0.8").slip == "step_alone"
    assert judge(asked, "1.5").slip == "unchanged"
    for one in questions(trace):
        check(one)


def test_an_update_is_found_behind_everything_else() -> None:
    function = parse("(w*x - y)^2").function()
    trace = engine.step(engine.record(function, w=1.5, x=2, y=1), function, 0.1, wrt=["w"])
    found = next_question(trace, 0, kinds=["update"], within=1)
    assert found is not None
    assert found.event == trace.update_range(0).start
    later = next_question(trace, found.event + 1, kinds=["amount"])
    assert later is not None
    assert later.event in trace.backward_range(1)


def test_the_same_seed_asks_the_same() -> None:
    trace = make("a = tanh(x@W); mean((a - t)^2)", x=[[1.0, 2.0]], W=[[0.1, 0.2], [0.3, 0.4]],
                 t=[[0.0, 1.0]])  # fmt: skip
    cursors = range(len(trace.events))
    once = [question(trace, cursor, seed=5) for cursor in cursors]
    assert once == [question(trace, cursor, seed=5) for cursor in cursors]
    kinds = Counter(
        asked.kind
        for seed in range(30)
        for cursor in cursors
        if (asked := question(trace, cursor, seed=seed)) is not None
    )
    assert set(kinds) == set(KINDS) - {"who", "update"}


def test_nothing_is_asked_where_there_is_nothing_to_work_out() -> None:
    trace = make("(x + y)*z", x=1, y=2, z=3)
    assert [question(trace, cursor) for cursor in (-1, 0, 1, 2, len(trace.events))] == [None] * 5
    found = next_question(trace, 0)
    assert found is not None
    assert found.event == 3
    assert next_question(trace, len(trace.events)) is None
    assert next_question(trace, 0, kinds=["update"]) is None
    assert next_question(trace, 0, within=3) is None


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("log(x)*2", {"x": -1.0}),
        ("x/y", {"x": 1.0, "y": 0.0}),
        ("exp(x)", {"x": 1000.0}),
        ("sqrt(x)", {"x": 0.0}),
    ],
)
def test_what_is_no_number_is_never_asked_for(text: str, inputs: dict[str, float]) -> None:
    for asked in questions(make(text, **inputs)):
        assert asked.form != "number" or np.isfinite(asked.reply)  # type: ignore[arg-type]
        check(asked)


@pytest.mark.parametrize("text", ["relu(x)*3", "abs(x)*3", "maximum(x, 0)*3"])
def test_at_a_kink_nothing_is_asked_of_it(text: str) -> None:
    trace = make(text, x=0.0)
    assert question(trace, trace.arrivals("x")[0]) is None


def test_an_op_that_is_not_here_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = make("tanh(x)", x=0.5)
    monkeypatch.delitem(REGISTRY, "tanh")
    assert question(trace, 1) is None
    assert question(trace, trace.arrivals("x")[0]) is None


def test_a_given_seed_is_not_asked_for() -> None:
    trace = engine.record_with(parse("x*y").function(), {"x": 3, "y": 4}, upstream=10.0)
    assert question(trace, trace.arrivals(trace.output)[0]) is None


def test_large_arrays_are_asked_for_shapes_and_order_alone() -> None:
    trace = make("sum(x@W)", x=np.ones((90, 80)).tolist(), W=np.ones((80, 2)).tolist())
    kinds = {asked.kind for asked in questions(trace)}
    assert kinds <= {"shape", "next", "who", "total", "value", "sign", "amount"}
    matmul = question(trace, trace.arrivals("W")[0], seed=1)
    assert matmul is None or matmul.kind in ("shape", "next", "who")
