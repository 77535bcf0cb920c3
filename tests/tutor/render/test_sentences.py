from __future__ import annotations

import pytest

import engine
from engine.trace import Trace
from tutor.language import parse, parse_at
from tutor.render import text
from tutor.render.events import event_row
from tutor.render.sentences import graph_sentence, in_words, sentence, sentences, start_sentence


def make(expression: str, at: str = "", steps: int = 0, **options: object) -> Trace:
    program = parse(expression)
    given = parse_at([at]) if at else {}
    inputs = {name: given[name] for name in program.inputs}
    trace = engine.record_with(program.function(), inputs, **options)
    for _ in range(steps):
        trace = engine.step(trace, program.function(), 0.1)
    return trace


XYZ = make("(x + y)*z", "x=-2,y=5,z=-4")


def test_every_event_of_the_first_example() -> None:
    assert [sentence(XYZ, i) for i in range(10)] == [
        "Event 1 of 10: x is −2.",
        "Event 2 of 10: y is 5.",
        "Event 3 of 10: z is −4.",
        "Event 4 of 10: q = x + y = −2 + 5 = 3.",
        "Event 5 of 10: f = q·z = 3·(−4) = −12.",
        "Event 6 of 10: the backward pass starts at f with the gradient 1.",
        "Event 7 of 10: f passes −4 on to q (1 times −4). q is complete.",
        "Event 8 of 10: f passes 3 on to z (1 times 3). z is complete.",
        "Event 9 of 10: q passes −4 on to x (−4 times 1). x is complete.",
        "Event 10 of 10: q passes −4 on to y (−4 times 1). y is complete.",
    ]


def test_the_same_for_a_screen_reader() -> None:
    assert [sentence(XYZ, i, spoken=True, numbered=False) for i in (0, 3, 4, 8)] == [
        "x is minus 2.",
        "q is x plus y, that is minus 2 plus 5, that is 3.",
        "f is q times z, that is 3 times minus 4, that is minus 12.",
        "q passes minus 4 on to x (minus 4 times 1). x is complete.",
    ]
    assert in_words("x is −1.2e−5.") == "x is minus 1.2 times 10 to the minus 5."


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("(x + y)*z", "x=-2,y=5,z=-4"),
        ("x*x*x*x*x*x + x", "x=0.5"),
        ("p = softmax(W@x); -log(p[0])", "W=[[1,2],[3,4]],x=[1,2]"),
        ("x", "x=1"),
        ("2*3", ""),
    ],
)
def test_all_at_once_says_the_same(expression: str, at: str) -> None:
    trace = make(expression, at)
    one_by_one = [sentence(trace, i) for i in range(len(trace.events))]
    assert list(sentences(trace)) == one_by_one
    told = list(sentences(trace, ascii=True))
    assert all(line.isascii() for line in told)


def test_a_fan_out_is_told_part_by_part() -> None:
    trace = make("x*x + 3*x", "x=2")
    told = [sentence(trace, i, numbered=False) for i in trace.arrivals("x")]
    assert told == [
        "n2 passes 3 on to x (1 times 3). x has 3 so far, 1 of 3 parts.",
        "n1 passes 2 on to x (1 times 2). x has 3 + 2 = 5 so far, 2 of 3 parts.",
        "n1 passes 2 on to x (1 times 2). x is complete with 3 + 2 + 2 = 7.",
    ]


def test_tensors_are_told_by_their_entries_or_by_their_range() -> None:
    trace = make("sum(x*2)", "x=[1,-2]")
    assert sentence(trace, 0, numbered=False) == "x is [1, −2]."
    many = engine.record(lambda x: (x * x).sum(), x=[float(i) for i in range(10)])
    assert sentence(many, 0, numbered=False) == "x is an array (10,) from 0 to 9."


def test_seeds_constants_and_what_no_gradient_reaches() -> None:
    ones = make("x*2", "x=[1,2]")
    assert sentence(ones, 1, numbered=False) == "2 is a constant."
    (seed,) = [event.i for event in ones.events if event.kind == "seed"]
    assert sentence(ones, seed, numbered=False).endswith("starts at f with ones, [1, 1].")
    given = make("x*2", "x=[1,2]", upstream=[3, 4])
    assert sentence(given, seed, numbered=False).endswith("with the given gradient [3, 4].")
    unused = engine.record(lambda x, y: x * 2, x=1.0, y=2.0)
    assert list(text.summary(unused))[1:] == ["∂f/∂x = 2", "∂f/∂y = —, no gradient reaches it"]


def test_updates_and_the_pass_after_show_what_changed() -> None:
    trace = make("w*x", "w=-3,x=0.01", steps=1)
    update = trace.update_range(0)[0]
    told = [sentence(trace, i, numbered=False) for i in (update, update + 2, update + 4)]
    assert told == [
        "w goes from −3 to −3.001: minus 0.1 times 0.01.",
        "w is −3.001 (it was −3).",
        "f = w·x = −3.001·0.31 = −0.9303 (it was −0.03).",
    ]
    summary = list(text.summary(trace))
    assert summary[3:] == [
        "after 1 step f = −0.9303 (before: −0.03)",
        "after 1 step w = −3.001 (before: −3)",
        "after 1 step x = 0.31 (before: 0.01)",
    ]


def test_the_graph_in_a_sentence() -> None:
    assert graph_sentence(XYZ) == ("Graph with 5 nodes: x, y, z are inputs; q = x + y; f = q·z.")
    assert graph_sentence(XYZ, spoken=True).endswith("q is x plus y; f is q times z.")
    assert start_sentence(XYZ).endswith("Nothing has happened yet.")
    assert graph_sentence(make("2*3")) == "Graph with 1 node: no inputs."


def test_rows_of_the_list_of_events() -> None:
    rows = [event_row(XYZ, i) for i in (0, 4, 5, 8)]
    assert [(r.number, r.what, r.amount, r.how) for r in rows] == [
        ("1", "x", "−2", ""),
        ("5", "f", "−12", "= q·z"),
        ("6", "seed f", "1", ""),
        ("9", "q → x", "−4", "= −4 · 1"),
    ]
    plain = event_row(XYZ, 8, ascii=True)
    assert (plain.what, plain.how) == ("q -> x", "= -4 * 1")
    trace = make("w*x", "w=-3,x=0.01", steps=1)
    update = event_row(trace, trace.update_range(0)[0])
    assert (update.what, update.amount, update.how) == ("update w", "−3.001", "= −3 − 0.1 · 0.01")


def test_text_is_the_graph_the_events_the_gradients_and_the_checks() -> None:
    told = list(text.lines(XYZ, ["Tape and differences agree."]))
    assert told[0].startswith("Graph with 5 nodes")
    assert told[1].startswith("Event 1 of 10")
    assert told[11:] == [
        "",
        "f = −12",
        "∂f/∂x = −4",
        "∂f/∂y = −4",
        "∂f/∂z = 3",
        "Tape and differences agree.",
    ]


def test_large_gradients_are_printed_in_rows() -> None:
    trace = engine.record(lambda x: (x * x).sum(), x=[[1.0, 2.0, 3.0, 4.0]] * 4)
    lines = list(text.summary(trace))
    assert lines[1] == "∂f/∂x = (4, 4) from 2 to 8:"
    assert lines[2:] == ["    2  4  6  8"] * 4
