"""A template filled in and run in this process: what the child would hand over, judged."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from tests.tutor.judge.code.passes import PASSES
from tutor.judge.code.evidence import Points, points_of
from tutor.judge.code.judging import Checked, judged, order_of
from tutor.judge.code.task import FUNCTION, Task, task_of
from tutor.judge.code.template import changed_lines, template
from tutor.judge.exercise import read_exercise
from tutor.sandbox import run_submission
from tutor.sandbox.packed import unpacked
from tutor.sandbox.submission import FunctionError, Submission


@cache
def task(name: str) -> Task:
    """The task of one of the exercises here."""
    return task_of(read_exercise(PASSES[name].exercise))


@cache
def points(name: str, seed: int) -> tuple[Points, Points]:
    """The points that it is judged at."""
    return points_of(task(name), seed)


@cache
def empty(name: str) -> str:
    """Its file, not filled in."""
    return template(task(name), name)


def filled(name: str, lines: Mapping[str, str]) -> str:
    """Its file with some lines filled in."""
    text = empty(name)
    for array, line in lines.items():
        text, count = re.subn(
            rf"(?m)^(    {array}) = None.*$", lambda m, x=line: f"{m[1]} = {x}", text
        )
        assert count == 1, array
    return text


def judge(name: str, text: str, seed: int = 3) -> Checked:
    """What is found about a file."""
    given = task(name)
    both = points(name, seed)
    order = order_of(both)
    inputs = [both[which].inputs(k) for which, k in order]
    submission = submitted(text, [given.gradients[one] for one in given.wanted], inputs)
    arrays = judged(given, both, order, submission)
    changed = changed_lines(given, text)
    return Checked(given, arrays, submission.printed, submission.failed, changed, seed)


def submitted(text: str, names: list[str], inputs: list[dict[str, Any]]) -> Submission:
    """What the child tells, without a child."""
    request = {
        "path": "/nowhere/mine.py",
        "text": text,
        "function": FUNCTION,
        "names": names,
        "inputs": [list(one) for one in inputs],
        "seed": 1,
        "memory": 2**30,
    }
    before = list(sys.path), list(sys.argv), set(sys.modules)
    states = random.getstate(), np.random.get_state()
    values = [np.asarray(x) for one in inputs for x in one.values()]
    try:
        told, document = run_submission.answer(request, values, lambda: None)
    finally:
        sys.path[:], sys.argv[:] = before[0], before[1]
        for module in set(sys.modules) - before[2]:
            del sys.modules[module]
        random.setstate(states[0])
        np.random.set_state(states[1])
    waiting = iter(unpacked(document))
    arrays = tuple([{key: next(waiting) for key in sample} for sample in told["arrays"]])
    error = told["error"]
    failed = None
    if error is not None:
        failed = FunctionError(
            error["message"], kind=error["kind"], line=error["line"], source_line=error["text"]
        )
    return Submission(arrays, told["instead"], "", failed, told["notes"])
