"""However large or strange a wrong line is, a diagnosis ends within its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tutor.judge.slips import diagnosis, search, terms
from tutor.judge.verdict import SLIPS, Verdict

Answered = Callable[..., Verdict]

LARGE = [
    ("neuron", "dL/dw", "+".join(["a*x"] * 99)),
    ("neuron", "dL/dw", "*".join(["(a - y)"] * 60)),
    ("neuron", "dL/dw", "-".join(["sigmoid(z)*w"] * 40)),
    ("batch", "dL/dW", " + ".join(["X.T @ (X @ W)"] * 24)),
    ("batch", "dL/dW", " + ".join(["X @ W"] * 60)),
    ("layers", "dL/dw1", "(" * 50 + "h1" + ")" * 50),
    ("kernel", "dL/dx", "conv_full(conv(x, k), k)" + " + x" * 80),
]


@pytest.mark.parametrize(("name", "target", "line"), LARGE)
def test_large_lines_are_diagnosed_within_the_budget(
    answered: Answered, monkeypatch: pytest.MonkeyPatch, name: str, target: str, line: str
) -> None:
    spent: list[int] = []
    before = search.Search.within

    def within(self: search.Search, steps: int, look: Callable[[], None]) -> None:
        before(self, steps, look)
        spent.append(steps - self.steps.left)

    monkeypatch.setattr(search.Search, "within", within)
    verdict = answered(name, target, line)
    assert verdict.kind == "wrong"
    assert verdict.label in SLIPS
    assert sum(spent) <= 12_000


def test_a_part_of_the_search_may_run_out_of_steps(
    answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "_SHORT", 3)
    monkeypatch.setattr(diagnosis, "_LONG", 3)
    verdict = answered("batch", "dL/dW", "X.T @ ((A - T)*A)/n")
    assert (verdict.kind, verdict.label) == ("wrong", "unknown")


def test_steps_are_counted() -> None:
    steps = terms.Steps(2)
    steps.take(2)
    with pytest.raises(terms.StepsSpentError):
        steps.take()


@pytest.mark.parametrize("line", ["0", "1", "x/0", "log(-1)*x", "exp(exp(exp(9)))*x", "w"])
def test_strange_lines_are_diagnosed(answered: Answered, line: str) -> None:
    found: Any = answered("neuron", "dL/dw", line)
    assert found.kind in ("wrong", "reject")
