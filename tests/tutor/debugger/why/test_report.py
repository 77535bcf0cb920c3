from __future__ import annotations

import json

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.ops import REGISTRY
from engine.proof import points
from engine.trace import Trace
from tutor.debugger.why import why
from tutor.debugger.why.report import bar, part_name, report, target_name
from tutor.language import parse
from tutor.render.report import Report

CASES = [(name, i) for name, op in REGISTRY.items() for i in range(len(op.samples))]


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


def asked(trace: Trace, name: str, **how: object) -> Report:
    node = trace.passes[0].by_name[name]
    made = report(trace, why(trace, node, **how))  # type: ignore[arg-type]
    json.dumps(made.document(), allow_nan=False)
    for row in made.spelled(True).rows:
        assert row.text.isascii()
        assert "?" not in row.text
    assert all(len(row.text) <= 78 for row in made.rows)
    return made


def texts(made: Report) -> list[str]:
    return [row.text.rstrip() for row in made.rows]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_every_op_is_told_of(name: str, number: int) -> None:
    known = REGISTRY[name]
    sample = known.samples[number]
    inputs = {f"v{i}": value for i, value in enumerate(points.operands(known, sample))}
    trace = engine.record_with(
        lambda **given: known(*given.values(), **sample.params) * 1.5, inputs
    )
    for node in trace.inputs:
        made = asked(trace, node)
        assert made.sentences
        assert made.data.get("cut", {"agrees": True})["agrees"] is True


def test_a_small_graph_is_told_by_its_paths() -> None:
    made = asked(make("(x + y)*z", x=-2, y=5, z=-4), "x")
    assert made.title == "∂f/∂x = −4"
    assert texts(made) == ["1 way", "  f → q → x  −4 · 1 = −4"]
    assert made.rows[made.at].node == 3
    assert made.sentences == ("x's gradient is minus 4: one way, from q, minus 4 times 1.",)


def test_a_cut_has_bars_shares_and_a_sum() -> None:
    made = asked(make("f = 3*x - 2*x", x=1.0), "x", depth=1)
    assert made.aside == "cut 1 of 2: 2 nodes"
    assert texts(made)[-3:] == [
        "  n1   ████████████████████████          +3   60 %",
        "  n2   ████████████████                  −2   40 %",
        "  sum                                    +1  ✓   80 % cancels",
    ]
    assert made.sentences[-1] == (
        "At depth 1 of 2, n1 carries 3, n2 carries minus 2; 80 percent cancels."
    )
    assert made.data["cut"]["agrees"] is True
    assert made.data["cut"]["members"][1] == {
        "name": "n2", "id": 4, "amount": -2.0, "share": 0.4,
    }  # fmt: skip


def test_many_small_ones_are_summed() -> None:
    rng = np.random.default_rng(0)
    trace = make(
        "h = tanh(x@W); mean((h@V)^2)",
        x=rng.normal(size=(6, 3)), W=rng.normal(size=(3, 40)), V=rng.normal(size=(40, 2)),
    )  # fmt: skip
    made = asked(trace, "x", depth=3)
    assert made.aside == "cut 3 of 5: 40 parts of h"
    assert any(text.startswith("  28 more") for text in texts(made))
    assert texts(made)[0] == "x[3, 2] has the largest gradient; name another entry to follow that."
    assert sum("h[:, " in text for text in texts(made)) == 12
    assert len(made.data["cut"]["members"]) == 40


def test_a_scope_names_the_cut() -> None:
    def net(x: Tensor, w: Tensor) -> Tensor:
        with engine.scope("layer 1"):
            a, b = x * w, x + w
        return a * b

    made = asked(engine.record_with(net, {"x": 2.0, "w": 3.0}), "w", depth=1)
    assert made.aside == "cut 1 of 2 (layer 1): 2 nodes"


def test_a_gradient_that_cancels_is_said_to() -> None:
    made = asked(make("x*w - w*x", x=0.2, w=-1), "x")
    assert made.title == "∂f/∂x = 0"
    assert (
        "It cancels to almost nothing: 1 from some against minus 1 from others." in made.sentences
    )
    assert texts(made)[-1].endswith("100 % cancels")


def test_a_way_that_is_stopped_names_who_stops_it() -> None:
    made = asked(make("relu(x*w) + b", x=0.2, w=-1, b=0.3), "x")
    stop = next(sentence for sentence in made.sentences if "flat here" in sentence)
    assert "relu passes the gradient where x > 0, and 0 elsewhere." in stop
    assert "Every way to it has a factor of 0." in made.sentences
    row = next(row for row in made.rows if "is flat here" in row.text)
    assert row.event is not None
    assert any("0 · (−1) = 0" in text for text in texts(made))


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("(x > w) + b + 2", "x", "gt passes nothing on to x (a comparison is flat"),
        ("(x > w) + b + 2", "2", "2 is a constant: no gradient is wanted for it."),
        ("y = x*3; w + b", "x", "y is used by nothing that leads to f."),
        ("y = exp(x*3)*w; w + b", "x", "y is used by nothing that leads to f."),
    ],
)
def test_where_no_gradient_comes_the_end_of_the_chain_is_named(
    text: str, name: str, told: str
) -> None:
    program = parse(text)
    values = {"x": 0.2, "w": -1.0, "b": 0.3}
    trace = engine.record_with(program.function(), {k: values[k] for k in program.inputs})
    made = asked(trace, name)
    assert made.title == f"∂f/∂{name} = —"
    assert made.sentences[0] == f"No gradient reaches {name}."
    assert told in made.sentences[1]
    assert made.data["gradient"] is None
    assert made.rows[0].node is not None


def test_what_python_only_looked_at_is_told_with_its_line() -> None:
    def asks(x: Tensor, y: Tensor) -> Tensor:
        return y * 2 if x > 0.5 else y

    def reads(x: Tensor, y: Tensor) -> Tensor:
        return y * x.item()

    asked_whether = asked(engine.record(asks, x=1.0, y=2.0), "x").sentences[1]
    assert asked_whether.startswith("Python asked whether q = (x > 0.5) is true (")
    assert asked_whether.endswith("): a decision passes no gradient.")
    assert "test_report.py:" in asked_whether
    read = asked(engine.record(reads, x=1.0, y=2.0), "x").sentences[1]
    assert read.startswith("Python read x as a plain number (")
    assert read.endswith("), which passes no gradient.")


def test_a_result_without_inputs_says_so() -> None:
    trace = engine.record_with(lambda x: Tensor(3.0) * 2.0, {"x": 1.0})
    made = asked(trace, "x")
    assert made.sentences[1] == "f depends on no input, so nothing is passed back."


def test_what_is_not_a_number_leads_to_the_first_one() -> None:
    made = asked(make("log(x*w)*(x - x)", x=0.2, w=-1), "x")
    assert made.title == "∂f/∂x = nan"
    row = next(row for row in made.rows if "the first that is not a number" in row.text)
    assert row.event == 3
    infinite = asked(make("sqrt(x*w)", x=0.0, w=-1), "x")
    assert "The first infinity is what f = √(q) passes on to q." in infinite.sentences


def test_the_first_odd_entry_of_an_array_is_followed() -> None:
    made = asked(make("sum(sqrt(x))", x=[1.0, 0.0, 4.0]), "x")
    assert made.title == "∂f/∂x[1] = inf"
    assert (
        made.sentences[1] == "x[1] has the first odd gradient; name another entry to follow that."
    )


def test_the_result_has_the_seed() -> None:
    made = asked(make("x*2", x=1), "f")
    assert made.sentences == ("f's gradient is 1, the seed.",)


def test_a_whole_array_is_followed_along_its_gradient() -> None:
    trace = make("sum(x*w)", x=[3.0, 4.0], w=[1.0, 1.0])
    made = asked(trace, "w", whole=True)
    assert made.title == "‖∂f/∂w‖ = 5"
    assert made.sentences[0].startswith("The gradient of w as a whole has the length 5: one way")
    assert target_name(trace, why(trace, 1, whole=True)) == "‖∂f/∂w‖"


def test_before_it_has_arrived_that_is_said() -> None:
    trace = make("(x + y)*z", x=-2, y=5, z=-4)
    found = why(trace, 0)
    assert "Not all of it has arrived yet" in report(trace, found, cursor=3).sentences[1]
    assert len(report(trace, found, cursor=len(trace.events)).sentences) == 1


def test_long_paths_keep_their_ends() -> None:
    def chain(x: Tensor) -> Tensor:
        for _ in range(50):
            x = engine.tanh(x)
        return x

    made = asked(engine.record_with(chain, {"x": 0.5}), "x")
    (row,) = [text for text in texts(made) if "→" in text]
    assert row.startswith("  f → n49 →")
    assert "…" in row


def test_very_many_paths_are_only_counted() -> None:
    def build(x: Tensor) -> Tensor:
        for _ in range(600):
            x = x * 0.5 + x * 0.25
        return x

    made = asked(engine.record_with(build, {"x": 1.0}), "x")
    assert "more than 10^100 ways" in texts(made)[0]
    assert made.data["paths"]["counted"] is False


def test_a_bar_is_as_long_as_its_share() -> None:
    assert [bar(share, 8) for share in (0.0, 0.001, 0.5, 0.55, 1.0)] == [
        "", "░", "████", "████▒", "████████",
    ]  # fmt: skip


def test_parts_are_named_as_one_indexes_them() -> None:
    trace = make("sum(x)", x=np.ones((2, 12)).tolist())
    assert part_name(trace, 0, None) == "x"
    assert part_name(trace, 0, (None, 3)) == "x[:, 3]"
    assert part_name(trace, 0, (None, 3), aligned=True) == "x[:,  3]"
