"""Backward passes written by hand: right ones, wrong lines in them, and what follows from these."""

from __future__ import annotations

import pytest

from tests.tutor.judge.code.filled import empty, filled, judge
from tests.tutor.judge.code.passes import PASSES, Wrong
from tutor.judge.code.judging import Checked, Found

WRONG = [(name, wrong) for name, given in PASSES.items() for wrong in given.wrong]


def found(checked: Checked, name: str) -> Found:
    return next(one for one in checked.arrays if one.name == name)


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_right_pass_is_right(name: str, seed: int) -> None:
    checked = judge(name, filled(name, PASSES[name].lines), seed)
    assert [one.message for one in checked.arrays if one.status != "right"] == []
    assert checked.right
    assert checked.changed == ()


@pytest.mark.parametrize("name", PASSES)
def test_an_empty_template_is_not_filled_in(name: str) -> None:
    checked = judge(name, empty(name))
    assert not checked.right
    assert {one.mark for one in checked.arrays} == {"?"}
    assert all(one.message.endswith("is not filled in yet") for one in checked.arrays)
    assert checked.failed is None


@pytest.mark.parametrize(("name", "wrong"), WRONG, ids=[f"{n}-{w.name}-{w.line}" for n, w in WRONG])
def test_a_wrong_line_is_told_once(name: str, wrong: Wrong) -> None:
    checked = judge(name, filled(name, PASSES[name].lines | {wrong.name: wrong.line}))
    one = found(checked, wrong.name)
    assert one.status == wrong.status
    assert not wrong.slips or one.label in wrong.slips, one.message
    assert one.message.startswith(f"{wrong.name} ")
    others = [other for other in checked.arrays if other.name != wrong.name]
    assert {other.status for other in others} <= {"right", "follows"}
    assert (one.cell is not None) == (one.status == "wrong")
