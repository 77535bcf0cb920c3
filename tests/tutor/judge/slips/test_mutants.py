"""A right answer with one known thing done to it gets the name of that thing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.judge.verdict import Verdict

Answered = Callable[..., Verdict]

RIGHT = [
    ("neuron", "dL/dw", "(a - y)*a*(1 - a)*x"),
    ("neuron", "dL/dx", "(a - y)*w*sigmoid'(z)"),
    ("tanh", "dL/dw", "2*(a - y)*(1 - a**2)*x"),
    ("margin", "dL/dw", "-y*x*exp(-y*z)/(1 + exp(-y*z))"),
    ("skip", "dL/dx", "2*v*w + 2*v"),
    ("layers", "dL/dw1", "(h2 - y)*(1 - h2**2)*w2*(1 - h1**2)*x"),
    ("least_squares", "dL/dw", "2*X.T @ (yh - y)/n"),
    ("ridge", "dL/dw", "X.T @ r/n + lam*w"),
    ("batch", "dL/dW", "X.T @ ((A - T)*(1 - A**2))/n"),
    ("batch", "dL/db", "sum((A - T)*(1 - A**2), axis=0)/n"),
    ("batch", "dL/dX", "((A - T)*(1 - A**2)) @ W.T/n"),
    ("layer", "dL/dx", "W.T @ ((a - t)*(1 - a**2))"),
    ("kernel", "dL/dk", "corr(x, y)"),
    ("kernel", "dL/dx", "conv_full(y, k)"),
    ("softmax", "dL/dz", "p - y"),
]

CHANGES = [
    (r" - ", " + ", {"sign_error", "wrong_local_derivative"}),
    (r" \+ ", " - ", {"sign_error"}),
    (r"^", "-", {"sign_error"}),
    (r" @ ", "*", {"elementwise_vs_matmul", "missing_sum"}),
    (r"\.T\b", "", {"transpose_error"}),
    (r"\b([WX])\b(?!\.T)", r"\1.T", {"transpose_error"}),
    (r"\*\*2", "**3", {"power_rule", "wrong_local_derivative"}),
    (r"/n\b", "", {"batch_mean"}),
    (r"/n\b", "/n**2", {"batch_mean"}),
    (r"^2\*", "", {"constant_factor"}),
    (r"\bsum\(", "mean(", {"batch_mean"}),
    (r"axis=0", "axis=1", {"wrong_axis"}),
    (r", axis=0", "", {"wrong_axis"}),
    (r"\bconv", "corr", {"kernel_flip"}),
    (r"\bcorr", "conv", {"kernel_flip"}),
    (r"sigmoid'\(", "sigmoid(", {"activation_for_derivative"}),
    (r"\*\(1 - \w+(\*\*2)?\)", "", {"missing_chain_factor", "activation_for_derivative"}),
    (r"\*x$", "", {"missing_chain_factor"}),
    (r"$", " + 1", {"additive_constant"}),
    (r"^(.*)$", r"0.999*(\1)", {"rounded_constant"}),
    (r"^(.*)$", r"(\1)*2", {"constant_factor"}),
]

MUTANTS = [
    (name, target, right[: found.start()] + found.expand(put) + right[found.end() :], labels)
    for name, target, right in RIGHT
    for pattern, put, labels in CHANGES
    for found in re.finditer(pattern, right)
]


def test_the_answers_that_are_changed_are_right(answered: Answered) -> None:
    for name, target, right in RIGHT:
        assert answered(name, target, right).kind == "correct"


@given(case=st.sampled_from(MUTANTS), seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_what_was_done_is_among_the_candidates(
    answered: Answered, case: tuple[str, str, str, set[str]], seed: int
) -> None:
    name, target, line, labels = case
    verdict = answered(name, target, line, seed=seed)
    assert verdict.kind == "wrong"
    assert labels & {candidate.label for candidate in verdict.candidates}


@pytest.mark.long
def test_what_was_done_mostly_comes_first(answered: Answered) -> None:
    found = [answered(name, target, line).label in labels for name, target, line, labels in MUTANTS]
    assert sum(found) >= 0.95 * len(found)


def test_spans_lie_within_the_line(answered: Answered) -> None:
    for name, target, line, _ in MUTANTS[::9]:
        for candidate in answered(name, target, line).candidates:
            start, end = candidate.span
            assert 0 <= start < end <= len(line)
