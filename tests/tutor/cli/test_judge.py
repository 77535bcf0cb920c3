"""`backprop judge`: one answer a line, whatever the line holds, and nothing else on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from tutor.cli.main import main

ROOT = Path(__file__).parents[3]
KEYS = [
    "verdict",
    "first_wrong",
    "label",
    "span",
    "counter_example",
    "candidates",
    "message",
    "seed",
    "ms",
]


def scalars(*names: str) -> dict[str, Any]:
    return {name: {"shape": [], "domain": "real"} for name in names}


LOGISTIC = {
    "vars": scalars("w", "x", "b", "y"),
    "forward": ["z = w*x + b", "L = log(1 + exp(-y*z))"],
    "loss": "L",
}
BRANCH = {"vars": scalars("x", "w"), "forward": ["u = x*w", "v = u + x", "L = v**2"], "loss": "L"}
LINEAR = {
    "dims": {"n": 5, "d": 3},
    "vars": {"X": {"shape": ["n", "d"]}, "w": {"shape": ["d"]}, "y": {"shape": ["n"]}},
    "forward": ["yh = X @ w", "L = sum((yh - y)**2)/n"],
    "loss": "L",
}
SOFTMAX = {
    "dims": {"k": 4},
    "vars": {"z": {"shape": ["k"]}, "y": {"shape": ["k"], "domain": "simplex"}},
    "forward": ["p = softmax(z)", "L = -sum(y*log(p))"],
    "loss": "L",
}
TANH = {"vars": scalars("z"), "forward": ["a = tanh(z)", "L = a**2"], "loss": "L"}

EXAMPLES = [
    (LOGISTIC, "dL/dw", "-y*x*sigmoid(-y*z)", "correct", None, {None}),
    (LOGISTIC, "dL/dw", "-y*sigmoid(-y*z)", "wrong", 0, {"missing_chain_factor"}),
    (LOGISTIC, "dL/dw", "-y*x*sigmoid(y*z)", "wrong", 0, {"wrong_eval_point", "sign_error"}),
    (BRANCH, "dL/dx", "2*v*w", "wrong", 0, {"missing_branch"}),
    (LINEAR, "dL/dw", "2*X.T @ (yh - y)/n", "correct", None, {None}),
    (LINEAR, "dL/dw", "2*X @ (yh - y)/n", "wrong", 0, {"transpose_error"}),
    (LINEAR, "dL/dw", "2*X.T @ (yh - y)", "wrong", 0, {"batch_mean"}),
    (SOFTMAX, "dL/dz", "dL/dz = p - y", "correct", None, {None}),
    (SOFTMAX, "dL/dz", "-y/p * p*(1 - p)", "wrong", 0, {"softmax_diagonal_only"}),
    (TANH, "dL/dz", "dL/dz = dL/da * da/dz", "incomplete", None, {"unresolved"}),
    (LOGISTIC, "dL/dw", "__import__('os')", "reject", 0, {"forbidden_syntax"}),
]
"""The examples of the contract: exercise, target, line, and the answer."""

RECORD = {"context": LOGISTIC, "target": "dL/dw", "lines": ["-y*x*sigmoid(-y*z)"], "seed": 7}


def record(**changes: Any) -> str:
    return json.dumps({**RECORD, **changes})


def without(key: str) -> str:
    return json.dumps({name: value for name, value in RECORD.items() if name != key})


def no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: bytes | str
) -> tuple[list[dict[str, Any]], str]:
    """The answers to what is given on standard input, and what is said beside them."""
    data = given.encode() if isinstance(given, str) else given
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data), encoding="utf-8"))
    assert main(["judge"]) == 0
    out, err = capsys.readouterr()
    assert out.isascii()
    answers = [json.loads(line, parse_constant=no_constant) for line in out.splitlines()]
    for answer in answers:
        assert list(answer) == KEYS
        assert answer["verdict"] in ("correct", "wrong", "incomplete", "reject")
    return answers, err


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda given: judged(capsys, monkeypatch, given)


@pytest.mark.parametrize(
    ("context", "target", "line", "verdict", "first", "labels"),
    EXAMPLES,
    ids=[f"{line} for {target}" for _, target, line, *_ in EXAMPLES],
)
def test_the_examples_of_the_contract(
    ask: Any,
    context: dict[str, Any],
    target: str,
    line: str,
    verdict: str,
    first: int | None,
    labels: set[str | None],
) -> None:
    given = {"context": context, "target": target, "lines": [line]}
    [answer], said = ask(json.dumps(given) + "\n")
    assert said == ""
    assert (answer["verdict"], answer["first_wrong"]) == (verdict, first)
    assert answer["label"] in labels
    if verdict == "wrong":
        assert answer["label"] == answer["candidates"][0]
        assert 1 <= len(answer["candidates"]) <= 3
        start, end = answer["span"]
        assert 0 <= start < end <= len(line)
        if answer["counter_example"] is not None:
            assert {"values", "yours", "truth"} <= set(answer["counter_example"])


BAD = {
    "no JSON": ("dL/dw = x", "syntax_error"),
    "half of a record": (record()[:-5], "syntax_error"),
    "an array": ("[1, 2]", "bad_arguments"),
    "a number": ("17", "bad_arguments"),
    "null": ("null", "bad_arguments"),
    "a text": ('"dL/dw"', "bad_arguments"),
    "an empty object": ("{}", "bad_arguments"),
    "no context": (without("context"), "bad_arguments"),
    "no lines": (without("lines"), "bad_arguments"),
    "no target where several are possible": (without("target"), "bad_arguments"),
    "a context that is a text": (record(context="neuron"), "bad_arguments"),
    "a context that is a list": (record(context=[]), "bad_arguments"),
    "an empty context": (record(context={}), "bad_arguments"),
    "a forward line outside the language": (
        record(context={**LOGISTIC, "forward": ["L = __import__('os')"]}),
        "bad_arguments",
    ),
    "a target that is a number": (record(target=3), "bad_arguments"),
    "a target that nobody declared": (record(target="dL/dq"), "bad_arguments"),
    "a target outside the language": (record(target="import os"), "bad_arguments"),
    "lines that are a number": (record(lines=3), "bad_arguments"),
    "lines that are numbers": (record(lines=[1, 2]), "bad_arguments"),
    "lines that are null": (record(lines=[None]), "bad_arguments"),
    "no line": (record(lines=[]), "empty_input"),
    "blank lines": (record(lines=["", "  ", "# a thought"]), "empty_input"),
    "a seed that is a text": (record(seed="7"), "bad_arguments"),
    "a seed that is true": (record(seed=True), "bad_arguments"),
    "a seed below zero": (record(seed=-1), "bad_arguments"),
    "a seed that is huge": (record(seed=10**400), "bad_arguments"),
    "a seed that is no whole number": (record(seed=1.5), "bad_arguments"),
    "NaN for a size": (
        record(context={**LINEAR, "dims": {"n": float("nan"), "d": 3}}),
        "bad_arguments",
    ),
    "Infinity for a seed": (record(seed=float("inf")), "bad_arguments"),
    "a whole number of 5000 digits": ('{"seed": ' + "7" * 5000 + "}", "number_too_large"),
    "nesting": ("[" * 100_000, "too_deep"),
    "a nested object": ('{"a":' * 50_000, "too_deep"),
    "a record of two million characters": (record(lines=["a" * 2_000_000]), "too_long"),
    "one hundred thousand lines": (record(lines=["a"] * 100_000), "too_long"),
    "a line of 3000 characters": (record(lines=["x" + "+x" * 1500]), "too_long"),
    "an empty line": ("", "empty_input"),
    "a line of blanks": ("   ", "empty_input"),
    "a byte order mark": ("\ufeff" + record(), "syntax_error"),
    "a zero byte between keys": ('{"context"\x00: 1}', "syntax_error"),
    "a zero byte in a line": (record(lines=["x\x00"]), "bad_character"),
    "a lone surrogate in a line": (record(lines=["x\ud800"]), "bad_character"),
    "a lone surrogate in a name": (
        record(context={**LOGISTIC, "vars": {"\udfff": {"shape": []}}}),
        "bad_arguments",
    ),
    "an escape code in a line": (record(lines=["\x1b[2Jx"]), "bad_character"),
}


@pytest.mark.parametrize(("given", "reason"), BAD.values(), ids=BAD)
def test_a_bad_record_gets_a_reject(ask: Any, given: str, reason: str) -> None:
    [bad, good], _ = ask(given + "\n" + record() + "\n")
    assert bad["verdict"] == "reject", bad
    assert bad["label"] == reason, bad
    assert bad["message"].isprintable()
    assert 0 < len(bad["message"]) < 500
    assert bad["counter_example"] is None
    assert bad["candidates"] == []
    # The next record is judged as if nothing had been.
    assert good["verdict"] == "correct"


def test_bytes_that_are_no_utf_8(ask: Any) -> None:
    between = record().replace("sigmoid", "sig\u00e9moid").encode("latin-1")
    inside = b'{"lines": ["\xff\xfe"]}'
    for bad in (b"\xff\xfe\xfd", between, inside, b"\x80" * 5000, b"\xed\xa0\x80"):
        [refused, good], said = ask(bad + b"\n" + record().encode() + b"\n")
        assert refused["verdict"] == "reject"
        assert good["verdict"] == "correct"
        assert "Traceback" not in said


def test_the_last_line_needs_no_end(ask: Any) -> None:
    [answer], _ = ask(record())
    assert answer["verdict"] == "correct"
    assert ask(b"") == ([], "")


def test_lines_may_end_as_on_windows(ask: Any) -> None:
    answers, _ = ask(f"{record()}\r\n{record(lines=['x'])}\r\n")
    assert [one["verdict"] for one in answers] == ["correct", "wrong"]


def test_the_last_of_two_equal_keys_counts(ask: Any) -> None:
    twice = record()[:-1] + ', "lines": ["x"]}'
    [answer], _ = ask(twice + "\n")
    assert answer["verdict"] == "wrong"


def test_lines_may_be_one_text(ask: Any) -> None:
    [answer], _ = ask(record(lines="dL/dz = -y*sigmoid(-y*z)\ndL/dw = dL/dz*x"))
    assert answer["verdict"] == "correct"


def test_a_line_without_end_is_refused_and_the_next_one_judged(ask: Any) -> None:
    [refused, good], _ = ask("a" * 9_000_000 + "\n" + record() + "\n")
    assert (refused["verdict"], refused["label"]) == ("reject", "too_long")
    assert good["verdict"] == "correct"


def test_blank_and_comment_lines_count(ask: Any) -> None:
    lines = ["# the logistic loss", "", "dL/dz = -y*sigmoid(-y*z)", "  ", "dL/dw = dL/dz*b"]
    [wrong, unread], _ = ask(
        "\n".join([record(lines=lines), record(lines=[*lines[:4], "dL/dw = dL/dz*q"])])
    )
    assert (wrong["verdict"], wrong["first_wrong"]) == ("wrong", 4)
    assert (unread["verdict"], unread["first_wrong"]) == ("reject", 4)
    assert unread["label"] == "unknown_name"
    assert unread["span"] == [14, 15]


def test_strange_keys_are_told_on_standard_error(ask: Any) -> None:
    strange = {**LOGISTIC, "colour\x1b[2J": "red", "difficulty": 3}
    [_, answer], said = ask("\n" + record(context=strange))
    assert answer["verdict"] == "correct"
    first, second = said.splitlines()
    assert first.startswith("backprop judge: record 2: exercise: the key ")
    assert "\x1b" not in first
    assert "difficulty is not known and is ignored" in second


def test_the_seed_is_kept_and_decides_the_answer(ask: Any) -> None:
    wrong = record(lines=["-y*sigmoid(-y*z)"])
    (first, second), _ = ask(f"{wrong}\n{wrong}\n")
    assert first["seed"] == 7
    assert first["ms"] >= 0
    assert {**first, "ms": 0} == {**second, "ms": 0}
    fresh = record(lines=["-y*sigmoid(-y*z)"], seed=None)
    (first, second), _ = ask(f"{fresh}\n{fresh}\n")
    assert first["seed"] != second["seed"]
    (again,), _ = ask(record(lines=["-y*sigmoid(-y*z)"], seed=first["seed"]))
    assert {**first, "ms": 0} == {**again, "ms": 0}


def test_numbers_that_are_not_finite_are_null(ask: Any) -> None:
    context = {"vars": scalars("x"), "forward": ["L = x**2"], "loss": "L"}
    for line in ("log(x)", "x/(x - x)", "1e200**x*1e200", "sqrt(x)**2*2"):
        given = {"context": context, "target": "dL/dx", "lines": [line]}
        [answer], _ = ask(json.dumps(given))  # no_constant refuses NaN and Infinity
        assert answer["verdict"] in ("wrong", "reject")


def started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tutor.cli.main", "judge"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    with started() as process:
        yield process
        process.kill()


def test_each_answer_comes_before_the_next_record_is_sent(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    for given, expected in ((record(), "correct"), ("nonsense", "reject"), (record(), "correct")):
        child.stdin.write(given + "\n")
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["verdict"] == expected
    child.stdin.close()
    assert child.wait(20) == 0
    assert child.stdout.read() == ""
    assert child.stderr.read() == ""


def test_a_reader_that_goes_away_is_no_fault_of_ours(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    child.stdin.write(record() + "\n")
    child.stdin.close()
    assert child.wait(20) == 141
    assert child.stderr.read() == ""
