"""Proofs of lines: right ones are proved, wrong ones never are."""

from __future__ import annotations

from typing import Any

import pytest

from tutor.judge import shelf
from tutor.judge.exercise import read_exercise
from tutor.judge.proof import Answered, start
from tutor.judge.proof.child import answers
from tutor.judge.proof.proving import as_data

ARRAYS = {
    "dims": {"n": 5, "d": 3},
    "vars": {"X": {"shape": ["n", "d"]}, "w": {"shape": ["d"]}, "y": {"shape": ["n"]}},
    "forward": ["yh = X @ w", "L = sum((yh - y)**2)/n"],
    "loss": "L",
}
SHARES = {
    "dims": {"k": 4},
    "vars": {"z": {"shape": ["k"]}, "y": {"shape": ["k"], "domain": "simplex"}},
    "forward": ["p = softmax(z)", "L = -sum(y*log(p))"],
    "loss": "L",
}
KINK = {"vars": {"x": {"shape": []}}, "forward": ["a = relu(x)", "L = a**2"], "loss": "L"}


# A bound that holds on each branch for the sign that the branch has.
BEYOND = {"zero-one-bound"}


def found(data: dict[str, Any], target: str, *lines: str) -> list[dict[str, Any]]:
    request = {
        "exercise": data,
        "target": target,
        "lines": list(lines),
        "which": list(range(len(lines))),
        "seconds": 30,
    }
    return list(answers(request))


def proved(data: dict[str, Any], target: str, *lines: str) -> list[bool]:
    return [said["proved"] for said in found(data, target, *lines)]


def test_tensors_are_proved_at_two_small_shapes() -> None:
    said = found(ARRAYS, "dL/dw", "dL/dyh = 2*(yh - y)/n", "dL/dw = X.T @ dL/dyh")
    assert [one["proved"] for one in said] == [True, True]
    route = said[1]["route"]
    assert (
        route[0] == "The forward lines are run on symbols, for d = 2, n = 3 and for d = 3, n = 4."
    )
    assert any("matmul" in step for step in route)
    assert route[-1] == "The difference of both sides is reduced to exactly 0 in all 5 entries."


def test_wrong_lines_are_never_proved() -> None:
    assert not any(
        proved(
            ARRAYS,
            "dL/dw",
            "2*X.T @ (yh - y)",
            "-2*X.T @ (yh - y)/n",
            "2*X.T @ yh/n",
            "dL/dyh = yh",
        )
    )
    assert proved(KINK, "dL/dx", "2*x", "2*a", "2*a*(x > 0)", "2*abs(x)") == [
        False, True, True, False,
    ]  # fmt: skip


def test_what_is_known_of_the_domain() -> None:
    said = found(SHARES, "dL/dz", "p - y")
    assert said[0]["proved"]
    assert any("domain" in step for step in said[0]["route"])
    free = {**SHARES, "vars": {"z": {"shape": ["k"]}, "y": {"shape": ["k"]}}}
    assert proved(free, "dL/dz", "p - y", "p*sum(y) - y") == [False, True]


def test_branches_are_told() -> None:
    said = found(KINK, "dL/dx", "2*a*(x > 0)")
    assert said[0]["route"][-1] == "That holds on the branches x > 0; x < 0." or (
        said[0]["route"][-1] == "That holds on the branches x < 0; x > 0."
    )


def test_a_branch_that_no_point_met_proves_nothing() -> None:
    """By numbers alone each of these might pass; on symbols half of it was never looked at."""
    said = found(KINK, "dL/dx", "2*a*(x > -1000)", "2*a*(a > -1)", "2*a*(a**2 + 1 > 0)")
    assert [one["proved"] for one in said] == [False, False, True]
    assert said[0]["why"] == "it was proved on the branches that were tried, which are not all"


def test_far_kinks_are_met() -> None:
    far = {"vars": {"x": {"shape": []}}, "forward": ["L = relu(x - 3)"], "loss": "L"}
    assert proved(far, "dL/dx", "(x > 3)", "0", "1") == [True, False, False]


def test_symbols_of_ones_own() -> None:
    said = found(ARRAYS, "dL/dw", "g = 2*(yh - y)/n", "dL/dw = X.T @ g", "= dL/dyh * dyh/dw")
    assert [one["proved"] for one in said] == [True, True, True]
    assert said[0]["route"] == ["This line gives a name; there is nothing to prove."]


@pytest.mark.parametrize("name", [one.name for one in shelf.summaries() if one.find != "gradient"])
def test_shipped_identities_and_bounds(name: str) -> None:
    exercise = shelf.load(name)
    lines = [step.line for step in exercise.steps]
    said = found(as_data(exercise), "", *lines)
    assert [one["line"] for one in said] == list(range(len(lines)))
    assert sum(one["proved"] for one in said) >= len(lines) // 2 or name in BEYOND


def test_the_child_answers_line_by_line() -> None:
    exercise = read_exercise(ARRAYS)
    job = start(exercise, "dL/dw", ["2*X.T @ (yh - y)/n", "dL/dyh = 2*(yh - y)/n"], (0, 1))
    proofs = job.wait()
    assert {n: proof.status for n, proof in proofs.items()} == {0: "proved", 1: "proved"}
    assert job.over
    job.stop()


def test_no_time() -> None:
    job = start(read_exercise(ARRAYS), "dL/dw", ["2*X.T @ (yh - y)/n"], (0,), seconds=0.01)
    assert job.wait()[0].status == "open"
    assert "no proof within" in job.wait()[0].why


def test_a_job_that_is_stopped() -> None:
    job = start(read_exercise(ARRAYS), "dL/dw", ["2*X.T @ (yh - y)/n"], (0,))
    job.stop()
    assert job.poll()[0].why == "stopped"


def test_nothing_to_prove() -> None:
    job = start(read_exercise(ARRAYS), "dL/dw", [], ())
    assert isinstance(job, Answered)
    assert job.poll() == job.wait() == {}
    job.stop()
