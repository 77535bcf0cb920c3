"""The small examples of the third hint: the judge finds in each the slip that it is there for."""

from __future__ import annotations

import pytest

from tutor.judge.exercise import read_exercise
from tutor.judge.hints import hint
from tutor.judge.judge import judge
from tutor.judge.messages import SLIP_WORDS, of_incomplete, of_slip
from tutor.judge.twins import TWINS
from tutor.judge.verdict import SLIPS

UNFINISHED = ("unresolved", "circular")


def test_every_slip_has_words_and_an_example() -> None:
    assert set(SLIP_WORDS) == set(SLIPS)
    assert set(TWINS) == set(SLIPS) - {"unknown"}


@pytest.mark.parametrize("label", TWINS)
def test_the_wrong_line_has_the_slip(label: str) -> None:
    twin = TWINS[label]
    found = judge(read_exercise(twin.exercise()), twin.target, [twin.wrong], 1)
    assert found.kind == ("incomplete" if label in UNFINISHED else "wrong")
    assert found.label == label


@pytest.mark.parametrize("label", TWINS)
def test_the_right_line_is_right(label: str) -> None:
    twin = TWINS[label]
    found = judge(read_exercise(twin.exercise()), twin.target, [twin.right], 1)
    assert found.lines[0].mark == "≈"


@pytest.mark.parametrize("label", [label for label in TWINS if label not in UNFINISHED])
def test_three_hints(label: str) -> None:
    twin = TWINS[label]
    lines = [twin.wrong]
    found = judge(read_exercise(twin.exercise()), twin.target, lines, 1)
    hints = [hint(found, lines, step) for step in (1, 2, 3)]
    assert hints[0].startswith("Line 1 is the first that does not hold.")
    assert hints[1] == SLIP_WORDS[label].kind
    assert twin.right in hints[2]
    assert hint(found, lines, 4) == ""


def test_no_hint_on_a_right_line() -> None:
    twin = TWINS["sign_error"]
    found = judge(read_exercise(twin.exercise()), twin.target, [twin.right], 1)
    assert hint(found, [twin.right], 1) == ""


@pytest.mark.parametrize("words", SLIP_WORDS.values())
def test_words_are_kind(words: tuple[str, str]) -> None:
    said = " ".join(words).lower()
    assert not any(word in said.split() for word in ("just", "simply", "obviously", "trivial"))
    assert words[0][0].islower()
    assert words[1].endswith((".", "?"))


def test_sentences() -> None:
    assert of_slip("sign_error", 3) == "Line 3: a sign is turned (sign_error)."
    assert of_slip("unknown", 1) == "Line 1: the two sides are not equal."
    assert of_slip("sign_error", 1, "1 + a").endswith("Look at 1 + a")
    assert "dL/dw" in of_incomplete("unresolved", "dL/dw")
