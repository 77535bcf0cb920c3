"""Records: what `backprop judge` makes of one line, for any data that JSON can hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.judge.exercise import read_exercise
from tutor.judge.judge import judge
from tutor.judge.records import LONGEST, MOST_LINES, answered, as_data
from tutor.judge.verdict import REASONS, Candidate, CounterExample, Verdict

SQUARE = {"vars": {"x": {"shape": []}}, "forward": ["L = x**2"], "loss": "L"}
RECORD = {"context": SQUARE, "target": "dL/dx", "lines": ["2*x"], "seed": 5}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
keys = st.sampled_from(
    ["context", "target", "lines", "seed", "vars", "forward", "loss", "dims", "aliases", "find"]
)


def told(answer: dict[str, Any]) -> None:
    """An answer is one, and stands in one line of JSON without NaN."""
    assert answer["verdict"] in ("correct", "wrong", "incomplete", "reject")
    assert json.dumps(answer, allow_nan=False).isascii()
    if answer["verdict"] == "reject":
        assert answer["label"] in REASONS
        assert answer["message"].isprintable()
        assert answer["message"]


def test_a_record() -> None:
    answer = answered(json.dumps(RECORD))
    assert answer.pop("ms") >= 0
    assert answer == {
        "verdict": "correct",
        "first_wrong": None,
        "label": None,
        "span": None,
        "counter_example": None,
        "candidates": [],
        "message": "",
        "seed": 5,
    }


def test_a_record_is_judged_as_the_judge_judges() -> None:
    lines = ["dL/dx = x", "dL/dx = 3*x"]
    answer = answered(json.dumps({**RECORD, "lines": lines}))
    verdict = judge(read_exercise(SQUARE), "dL/dx", lines, 5)
    answer.pop("ms")
    assert answer == as_data(verdict)


def test_a_verdict_as_data() -> None:
    example = CounterExample({"x": [[1.0, 2.0]], "b": None}, None, 2.5, (0, 1))
    candidates = (Candidate("sign_error", (2, 5)), Candidate("batch_mean", (0, 1), False))
    verdict = Verdict("wrong", 3, "sign_error", (2, 5), example, candidates, "Line 4.", (), 9)
    assert as_data(verdict) == {
        "verdict": "wrong",
        "first_wrong": 3,
        "label": "sign_error",
        "span": [2, 5],
        "counter_example": {
            "values": {"x": [[1.0, 2.0]], "b": None},
            "yours": None,
            "truth": 2.5,
            "entry": (0, 1),
            "against": "truth",
        },
        "candidates": ["sign_error", "batch_mean"],
        "message": "Line 4.",
        "seed": 9,
    }


def test_warnings_go_to_whom_they_are_for() -> None:
    said: list[str] = []
    strange = json.dumps({**RECORD, "context": {**SQUARE, "colour": "red", "title": "Square"}})
    assert answered(strange, said.append)["verdict"] == "correct"
    assert said == ["exercise: the key colour is not known and is ignored"]
    assert answered(strange)["verdict"] == "correct"


def test_the_target_may_be_missing_where_the_exercise_has_one() -> None:
    one = {**SQUARE, "targets": ["dL/dx"]}
    for target in (None, "", "  "):
        record = {**RECORD, "context": one, "target": target}
        assert answered(json.dumps(record))["verdict"] == "correct"


def test_an_identity_needs_no_target() -> None:
    context = {
        "vars": {"z": {"shape": []}},
        "find": "identity",
        "from": "sigmoid(-z)",
        "to": "1 - sigmoid(z)",
    }
    for target in (None, "", "1 - sigmoid(z)"):
        for lines, verdict in ((["1 - sigmoid(z)"], "correct"), (["sigmoid(z)"], "wrong")):
            record = {"context": context, "target": target, "lines": lines}
            assert answered(json.dumps(record))["verdict"] == verdict


def test_the_limits_of_a_record() -> None:
    text = json.dumps(RECORD)
    assert answered(text + " " * (LONGEST - len(text)))["verdict"] == "correct"
    assert answered(text + " " * (LONGEST - len(text) + 1))["label"] == "too_long"
    for count in (MOST_LINES - 1, MOST_LINES, MOST_LINES + 1):
        answer = answered(json.dumps({**RECORD, "lines": [""] * count}))
        assert answer["label"] in ("too_long", "empty_input")


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", '{"context": NaN}', '{"seed": -Infinity}']
)
def test_words_that_are_no_json(text: str) -> None:
    assert answered(text)["verdict"] == "reject"


@pytest.mark.parametrize("key", ["context", "target", "lines", "seed"])
@settings(max_examples=60)
@given(value=anything)
def test_any_value_for_any_key_gets_an_answer(key: str, value: Any) -> None:
    told(answered(json.dumps({**RECORD, key: value})))


@pytest.mark.parametrize("key", [*sorted(SQUARE), "dims", "aliases", "find", "up_to", "from", "to"])
@settings(max_examples=40)
@given(value=anything)
def test_any_value_in_an_exercise_gets_an_answer(key: str, value: Any) -> None:
    told(answered(json.dumps({**RECORD, "context": {**SQUARE, key: value}})))


@settings(max_examples=80)
@given(st.text(max_size=60) | st.dictionaries(keys, anything).map(json.dumps))
def test_any_text_gets_an_answer(text: str) -> None:
    told(answered(text))


@settings(max_examples=80)
@given(st.lists(st.text(alphabet="xL2d/=*+-()' \n\t\x00σ²\ud800[]{}<>.,#", max_size=30)))
def test_any_lines_get_an_answer(lines: list[str]) -> None:
    told(answered(json.dumps({**RECORD, "lines": lines})))


def test_a_fault_of_our_own_is_an_answer_too() -> None:
    def broken(_: str) -> None:
        raise RuntimeError("two\nlines \x1b[2J of \ud800")

    answer = answered(json.dumps({**RECORD, "context": {**SQUARE, "colour": "red"}}), broken)
    told(answer)
    assert (answer["verdict"], answer["label"]) == ("reject", "bad_arguments")
    assert answer["message"].startswith("internal error, our fault: RuntimeError: two lines")
