"""Every slip gets its name, in numbers and in arrays, and points at the right place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tutor.judge.verdict import SLIPS, Verdict

Answered = Callable[..., Verdict]

CASES = [
    ("sign_error", "neuron", "dL/dw", "(y - a)*a*(1 - a)*x"),
    ("sign_error", "softmax", "dL/dz", "p + y"),
    ("sign_error", "ridge", "dL/dw", "X.T @ r/n - lam*w"),
    ("constant_factor", "tanh", "dL/dw", "(a - y)*(1 - a**2)*x"),
    ("constant_factor", "least_squares", "dL/dw", "X.T @ (yh - y)/n"),
    ("additive_constant", "tanh", "dL/dw", "2*(a - y)*(1 - a**2)*x + 1"),
    ("additive_constant", "softmax", "dL/dz", "p - y + 1"),
    ("rounded_constant", "tanh", "dL/dw", "1.999*(a - y)*(1 - a**2)*x"),
    ("rounded_constant", "ridge", "dL/dw", "X.T @ r/n + 0.999*lam*w"),
    ("missing_chain_factor", "margin", "dL/dw", "-y*sigmoid(-y*z)"),
    ("missing_chain_factor", "neuron", "dL/dw", "(a - y)*x"),
    ("missing_chain_factor", "batch", "dL/dW", "X.T @ (A - T)/n"),
    ("extra_chain_factor", "neuron", "dL/db", "(a - y)*a*(1 - a)*x"),
    ("extra_chain_factor", "softmax", "dL/dz", "(p - y)*p*(1 - p)"),
    ("missing_branch", "skip", "dL/dx", "2*v*w"),
    ("missing_branch", "ridge", "dL/dw", "X.T @ r/n"),
    ("extra_term", "neuron", "dL/dw", "(a - y)*a*(1 - a)*x + w"),
    ("extra_term", "least_squares", "dL/dw", "2*X.T @ (yh - y)/n + w"),
    ("sum_product_confusion", "neuron", "dL/dw", "(a - y)*a*(1 - a) + x"),
    ("sum_product_confusion", "ridge", "dL/dw", "X.T @ r/n*lam*w"),
    ("product_quotient_rule", "product", "dL/dx", "3*x**2*cos(x)"),
    ("product_quotient_rule", "product", "dL/dx", "3*x**2*sin(x)"),
    ("product_quotient_rule", "quotient", "dL/dx", "1/(1 + x**2)"),
    ("power_rule", "cube", "dL/dx", "6*u**3"),
    ("power_rule", "tanh", "dL/da", "2*(a - y)**2"),
    ("activation_for_derivative", "neuron", "dL/dw", "(a - y)*a*x"),
    ("activation_for_derivative", "batch", "dL/dW", "X.T @ ((A - T)*A)/n"),
    ("wrong_local_derivative", "tanh", "dL/dw", "2*(a - y)*a*(1 - a)*x"),
    ("wrong_local_derivative", "batch", "dL/dW", "X.T @ ((A - T)*A*(1 - A))/n"),
    ("softmax_diagonal_only", "softmax", "dL/dz", "-y/p*p*(1 - p)"),
    ("softmax_diagonal_only", "softmax", "dL/dz", "-y*(1 - p)"),
    ("inverted_ratio", "logarithm", "dL/dp", "-p/y"),
    ("inverted_ratio", "logarithm", "dL/dp", "-y*p"),
    ("not_differentiated", "wave", "dL/dx", "sin(x)"),
    ("not_differentiated", "logarithm", "dL/dp", "-y*log(p)"),
    ("integrated_instead", "cube", "dL/dx", "u**4/8"),
    ("integrated_instead", "logarithm", "dL/dp", "-y*(p*log(p) - p)"),
    ("wrong_eval_point", "neuron", "dL/dw", "(a - y)*sigmoid'(a)*x"),
    ("wrong_eval_point", "layers", "dL/dw1", "(h2 - y)*(1 - h2**2)*w2*(1 - h2**2)*x"),
    ("wrong_eval_point", "batch", "dL/dW", "X.T @ ((A - T)*(1 - Z**2))/n"),
    ("wrong_node", "layers", "dL/dw2", "(h2 - y)*(1 - h2**2)*x"),
    ("wrong_node", "layers", "dL/dw1", "(h2 - y)*(1 - h2**2)*w1*(1 - h1**2)*x"),
    ("wrong_target", "neuron", "dL/dx", "y - a"),
    ("wrong_node", "neuron", "dL/dx", "(a - y)*a*(1 - a)*x"),
    ("wrong_target", "batch", "dL/dX", "X.T @ ((A - T)*(1 - A**2))/n"),
    ("transpose_error", "least_squares", "dL/dw", "2*X @ (yh - y)/n"),
    ("transpose_error", "batch", "dL/dX", "((A - T)*(1 - A**2)) @ W/n"),
    ("matmul_order", "batch", "dL/dX", "W.T @ ((A - T)*(1 - A**2))/n"),
    ("matmul_order", "batch", "dL/dW", "((A - T)*(1 - A**2)) @ X.T/n"),
    ("elementwise_vs_matmul", "least_squares", "dL/dw", "2*X.T*(yh - y)/n"),
    ("elementwise_vs_matmul", "batch", "dL/dW", "X.T*((A - T)*(1 - A**2))/n"),
    ("outer_inner", "layer", "dL/dW", "((a - t)*(1 - a**2)) @ x"),
    ("outer_inner", "layer", "dL/dx", "outer(W, (a - t)*(1 - a**2))"),
    ("shape_mismatch", "layer", "dL/dx", "W + x"),
    ("shape_mismatch", "batch", "dL/dW", "X + W"),
    ("kernel_flip", "kernel", "dL/dx", "corr_full(y, k)"),
    ("kernel_flip", "kernel", "dL/dk", "conv(x, y)"),
    ("missing_sum", "batch", "dL/db", "(A - T)*(1 - A**2)/n"),
    ("missing_sum", "bias", "dL/db", "2*(yh - y)/n"),
    ("wrong_axis", "batch", "dL/db", "sum((A - T)*(1 - A**2), axis=1)/n"),
    ("wrong_axis", "batch", "dL/db", "sum((A - T)*(1 - A**2))/n"),
    ("batch_mean", "least_squares", "dL/dw", "2*X.T @ (yh - y)"),
    ("batch_mean", "batch", "dL/db", "mean((A - T)*(1 - A**2), axis=0)/n"),
    ("missing_parentheses", "neuron", "dL/dw", "a - y*a*(1 - a)*x"),
    ("missing_parentheses", "batch", "dL/dW", "X.T @ (A - T*(1 - A**2))/n"),
    ("domain_mismatch", "neuron", "dL/dw", "(a - y)*a*(1 - a)*sqrt(x**2)"),
    ("domain_mismatch", "ridge", "dL/dw", "X.T @ r/n + lam*abs(w)"),
]

REWRITTEN = [
    ("algebra_slip", "neuron", ["dL/dw = (a - y)*a*(1 - a)*x", "= (a - y)*(a - exp(a))*x"]),
    ("sign_error", "neuron", ["dL/dw = (a - y)*a*(1 - a)*x", "= (a - y)*(a + a**2)*x"]),
    ("missing_parentheses", "neuron", ["dL/dw = (a - y)*a*(1 - a)*x", "= (a - y)*a*1 - a*x"]),
]

ELSEWHERE = {
    "circular",
    "unresolved",
    "contradicts_given",
    "algebra_slip",
    "unknown",
}
"""Slips that no single wrong line of the cases above can show."""

SPANS = [
    ("neuron", "dL/dw", "(a - y)*sigmoid'(a)*x", "a"),
    ("batch", "dL/dW", "X.T @ ((A - T)*A)/n", "A"),
    ("ridge", "dL/dw", "X.T @ r/n + 0.999*lam*w", "0.999"),
    ("ridge", "dL/dw", "X.T @ r/n - lam*w", "X.T @ r/n - lam*w"),
    ("least_squares", "dL/dw", "2*X @ (yh - y)/n", "X"),
    ("batch", "dL/db", "sum((A - T)*(1 - A**2), axis=1)/n", "sum((A - T)*(1 - A**2), axis=1)"),
    ("layers", "dL/dw2", "(h2 - y)*(1 - h2**2)*x", "x"),
    ("neuron", "dL/dw", "(a - y)*a*(1 - a)*x + w", "w"),
    ("cube", "dL/dx", "6*u**3", "u**3"),
    ("kernel", "dL/dk", "conv(x, y)", "conv(x, y)"),
    ("softmax", "dL/dz", "p + y", "p + y"),
    ("batch", "dL/dX", "W.T @ ((A - T)*(1 - A**2))/n", "W.T @ ((A - T)*(1 - A**2))"),
]


@pytest.mark.parametrize(("label", "name", "target", "line"), CASES)
def test_the_slip_is_named(
    answered: Answered, label: str, name: str, target: str, line: str
) -> None:
    verdict = answered(name, target, line)
    assert verdict.kind == "wrong"
    assert verdict.label == label
    assert verdict.candidates[0].label == label
    assert len(verdict.candidates) <= 3


@pytest.mark.parametrize(("label", "name", "lines"), REWRITTEN)
def test_a_false_rewriting_is_named(
    answered: Answered, label: str, name: str, lines: list[str]
) -> None:
    verdict = answered(name, "dL/dw", *lines)
    assert (verdict.kind, verdict.first_wrong, verdict.label) == ("wrong", 1, label)


def test_there_are_two_cases_of_every_slip() -> None:
    named = [case[0] for case in CASES]
    assert {slip for slip in SLIPS if named.count(slip) < 2} == ELSEWHERE


@pytest.mark.parametrize(("name", "target", "line", "part"), SPANS)
def test_the_span_is_the_place_to_look_at(
    answered: Answered, name: str, target: str, line: str, part: str
) -> None:
    verdict = answered(name, target, line)
    assert verdict.span is not None
    assert line[slice(*verdict.span)] == part


def test_the_slip_may_lie_in_the_definition_of_a_symbol(answered: Answered) -> None:
    lines = ["e = (a - y)*(1 + a**2)", "dL/dw = 2*e*x"]
    verdict = answered("tanh", "dL/dw", *lines)
    assert verdict.first_wrong == 1
    assert verdict.label in ("sign_error", "wrong_local_derivative")


def test_one_slip_may_be_made_at_every_step(answered: Answered) -> None:
    line = "(h2 - y)*h2*w2*h1*x"
    verdict = answered("layers", "dL/dw1", line)
    assert verdict.label == "activation_for_derivative"


def test_the_label_does_not_hang_on_the_points(answered: Answered) -> None:
    for _, name, target, line in CASES[::6]:
        labels = {answered(name, target, line, seed=seed).label for seed in range(1, 4)}
        assert len(labels) == 1


def test_nothing_explains_nonsense(answered: Answered) -> None:
    verdict = answered("neuron", "dL/dw", "cos(w)/(3 + y**2) + exp(-x)*7 - sin(b*y)")
    assert verdict.label == "unknown"
