"""Worked solutions: their lines, their rules, and that the judge finds every one of them right."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tutor.judge import shelf
from tutor.judge.exercise import Exercise, read_exercise
from tutor.judge.judge import judge
from tutor.judge.worked import WorkedStep, worked
from tutor.language.admitted import ADMITTED

SHIPPED = [
    (one.name, target)
    for one in shelf.summaries()
    if one.find == "gradient"
    for target in one.targets
]
STATEMENTS = [one.name for one in shelf.summaries() if one.find != "gradient"]


@cache
def loaded(name: str) -> Exercise:
    return shelf.load(name)


def solved(name: str, target: str) -> tuple[WorkedStep, ...]:
    steps = worked(loaded(name), target)
    assert steps is not None
    return steps


def lines(name: str, target: str) -> list[str]:
    return [step.line for step in solved(name, target)]


def exercise_of(*forward: str, form: str = "backprop", **variables: list[str]) -> Exercise:
    """An exercise over variables of these shapes, with n, m and k as sizes."""
    declared = {name: {"shape": shape, "domain": "positive"} for name, shape in variables.items()}
    return read_exercise(
        {
            "dims": {"n": 4, "m": 3, "k": 2},
            "vars": declared,
            "forward": list(forward),
            "loss": "L",
            "final_form": form,
        }
    )


def assert_right(exercise: Exercise, target: str, steps: tuple[WorkedStep, ...] | None) -> None:
    assert steps is not None
    verdict = judge(exercise, target, [step.line for step in steps], 5)
    assert (verdict.kind, verdict.first_wrong) == ("correct", None), (steps, verdict)


LINES: list[tuple[str, str, list[str]]] = [
    (
        "neuron",
        "dL/dw",
        [
            "dL/da = 2*(a - y)",
            "dL/dz = dL/da*a*(1 - a)",
            "dL/dw = dL/dz*x",
            "dL/dw = 2*(a - y)*a*(1 - a)*x",
        ],
    ),
    (
        "bce-sigmoid",
        "dL/dw",
        [
            "dL/dp = (1 - y)/(1 - p) - y/p",
            "dL/dz = dL/dp*p*(1 - p)",
            "dL/dw = dL/dz*x",
            "dL/dw = (p - y)*x",
        ],
    ),
    (
        "softmax-cross-entropy",
        "dL/dz",
        ["dL/dp = -y/p", "dL/dz = p*(dL/dp - sum(dL/dp*p))", "dL/dz = p - y"],
    ),
    (
        "mse-batch",
        "dL/dw",
        ["dL/dyh = 2*(yh - y)/n", "dL/dw = X.T @ dL/dyh", "dL/dw = 2*(X.T @ (yh - y))/n"],
    ),
    (
        "logistic-loss",
        "dL/dz",
        ["dL/dz = -exp(-y*z)*y/(1 + exp(-y*z))", "dL/dz = -y*sigmoid(-y*z)"],
    ),
    ("product-rule", "df/dx", ["df/dx = 2*sin(x)*x + x**2*cos(x)"]),
    ("max-pool", "dL/du", ["dL/dp = p - y", "dL/du = dL/dp*(u > v)", "dL/du = (p - y)*(u > v)"]),
    (
        "average-pool",
        "dL/dX",
        ["dL/dp = p - y", "dL/dX = (dL/dp/k + 0*X.T).T", "dL/dX = ((p - y)/k + 0*X.T).T"],
    ),
    (
        "conv-1d",
        "dL/dx",
        ["dL/da = a - y", "dL/dz = dL/da*(z > 0)", "dL/dx = conv_full(dL/dz, k)"],
    ),
    (
        "attention",
        "dL/dK",
        [
            "dL/dO = O - Y",
            "dL/dA = dL/dO @ V.T",
            "dL/dS = A*(dL/dA - sum(dL/dA*A, axis=1, keepdims=True))",
            "dL/dK = (dL/dS).T @ Q/sqrt(d)",
        ],
    ),
    (
        "rnn-two-steps",
        "dL/dw",
        [
            "dL/ds2 = s2 - y",
            "dL/ds1 = dL/ds2*(1 - s2**2)*w",
            "dL/dw = dL/ds2*(1 - s2**2)*s1 + dL/ds1*(1 - s1**2)*s0",
        ],
    ),
    (
        "batch-norm",
        "dL/dx",
        [
            "dL/dyh = yh - y",
            "dL/dxh = dL/dyh*g",
            "dL/ds = -sum(dL/dxh*xh)/s",
            "dL/ds2 = dL/ds/(2*s)",
            "dL/dc = dL/dxh/s + 2*dL/ds2*c/n",
            "dL/dmu = -sum(dL/dc)",
            "dL/dx = dL/dc + dL/dmu/n",
        ],
    ),
    (
        "lstm-cell",
        "dL/dWf",
        [
            "dL/dh = h - y",
            "dL/dc = dL/dh*o*(1 - tanh(c)**2)",
            "dL/df = dL/dc*c0",
            "dL/dWf = outer(dL/df*f*(1 - f), h0)",
        ],
    ),
]


@pytest.mark.parametrize(("name", "target", "expected"), LINES, ids=[one[0] for one in LINES])
def test_lines_are_those_that_a_person_would_write(
    name: str, target: str, expected: list[str]
) -> None:
    assert lines(name, target) == expected


def test_steps_say_which_rules_they_use() -> None:
    assert [step.rule for step in solved("neuron", "dL/dw")] == [
        "power rule",
        "chain rule, sigmoid's slope",
        "chain rule, product: the other factor",
        "put together",
    ]
    assert [step.rule for step in solved("softmax-batch", "dL/dW")] == [
        "slope of log",
        "chain rule, softmax's Jacobian",
        "chain rule, matrix product: X.T @ gradient",
    ]
    assert (
        solved("skip", "dL/dx")[2].rule == "sum over paths, chain rule, product: the other factor"
    )
    assert solved("product-rule", "df/dx")[0].rule.startswith("sum over paths, product rule")
    assert solved("net-3-4-2", "dL/dx")[-1].rule == "chain rule, matrix product: W1.T @ gradient"
    assert solved("net-3-4-2", "dL/dW1")[-1].rule == (
        "chain rule, matrix product: outer(gradient, x)"
    )
    assert solved("vector-neuron", "dL/dw")[2].rule == "chain rule, dot product: the other factor"


def test_steps_say_why_in_the_engines_words() -> None:
    steps = solved("neuron", "dL/dw")
    assert steps[1].why == "sigmoid passes the gradient times σ(1 − σ)"
    assert all(step.why for step in solved("batch-norm-layer", "dL/dX"))


@pytest.mark.parametrize(("name", "target", "_"), LINES, ids=[one[0] for one in LINES])
def test_the_judge_finds_a_worked_solution_right(name: str, target: str, _: list[str]) -> None:
    assert_right(loaded(name), target, solved(name, target))


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_judge_finds_a_shipped_proof_right(name: str) -> None:
    assert_right(loaded(name), "", worked(loaded(name), ""))


@pytest.mark.long
@pytest.mark.parametrize("case", SHIPPED, ids=["{} {}".format(*case) for case in SHIPPED])
def test_the_judge_finds_every_worked_solution_right(case: tuple[str, str]) -> None:
    name, target = case
    assert_right(loaded(name), target, solved(name, target))


@pytest.mark.long
@pytest.mark.parametrize("name", sorted({name for name, _ in SHIPPED}))
def test_every_quantity_has_a_derivation(name: str) -> None:
    exercise = loaded(name)
    given = [variable.name for variable in exercise.variables]
    for by in [*given, *exercise.quantities]:
        if by != exercise.loss:
            target = f"d{exercise.loss}/d{by}"
            assert_right(exercise, target, worked(exercise, target))


ELEMENTWISE = """abs cos cosh elu erf exp expm1 gelu leaky_relu log log1p relu sigmoid sin sinh
softplus sqrt square swish tanh flip cumsum softmax log_softmax""".split()
CASES: list[tuple[list[str], str, dict[str, list[str]]]] = [
    *[([f"z = {name}(x)", "L = sum(z*y)"], "dL/dx", {}) for name in ELEMENTWISE],
    *[
        ([f"z = {name}(x)", "L = z**2"], "dL/dx", {})
        for name in ("sum", "mean", "max", "min", "prod", "logsumexp")
    ],
    (["z = maximum(x, y)", "L = sum(z**2)"], "dL/dy", {}),
    (["z = minimum(x, y)", "L = sum(z**2)"], "dL/dy", {}),
    (["z = logaddexp(x, y)", "L = sum(z**2)"], "dL/dx", {}),
    (["z = pow(x, y)", "L = sum(z)"], "dL/dy", {}),
    (["z = where(x > y, x, y*x)", "L = sum(z**2)"], "dL/dx", {}),
    (["z = x**s", "L = sum(z*y)"], "dL/ds", {}),
    (["z = outer(x, u)", "L = sum(z*B)"], "dL/du", {"B": ["n", "m"]}),
    (["z = outer(x, u)", "L = sum(z)"], "dL/dx", {}),
    (["z = diag(x) @ y", "L = sum(z)"], "dL/dx", {}),
    (["z = diag(A @ A.T)", "L = sum(z**2)"], "dL/dA", {}),
    (["z = transpose(A)", "L = sum(z**2)"], "dL/dA", {}),
    (["z = dot(x, y)", "L = z**2"], "dL/dx", {}),
    (["z = dot(s, x)", "L = sum(z**2)"], "dL/ds", {}),
    (["z = A @ x", "L = sum(z)"], "dL/dA", {}),
    (["z = A @ A.T", "L = sum(z)"], "dL/dA", {}),
    (["z = u @ A", "L = sum(z*x)"], "dL/du", {}),
    (["z = x @ A.T @ A @ x", "L = z"], "dL/dA", {}),
    (["z = A - mean(A, axis=1, keepdims=True)", "L = sum(z**2)"], "dL/dA", {}),
    (["z = A - mean(A, axis=0)", "L = sum(z**2)"], "dL/dA", {}),
    (["z = sum(A*A, axis=1)", "L = sum(z*u)"], "dL/dA", {}),
    (["z = max(A, axis=1)", "L = sum(z*u)"], "dL/dA", {}),
    (["z = softmax(A, axis=0)", "L = sum(z*A)"], "dL/dA", {}),
    (["z = logsumexp(A)", "L = sum(z*u)"], "dL/dA", {}),
    (["z = A*u", "L = sum(z**2)"], "dL/du", {"u": ["m", 1]}),
    (["z = A + c", "L = sum(z**2)"], "dL/dc", {"c": [1, "n"]}),
    (["z = A @ c", "L = sum(z**2)"], "dL/dc", {"c": ["n", 1]}),
    (["z = A @ c", "L = sum(z**2)"], "dL/dA", {"c": ["n", 1]}),
    (["z = corr_full(x, u)", "L = sum(z**2)"], "dL/du", {}),
    (["z = conv_full(x, u)", "L = sum(z**2)"], "dL/du", {}),
    (["z = conv_full(x, u)", "L = sum(z**2)"], "dL/dx", {}),
    (["z = conv(x, u)", "L = sum(z)"], "dL/du", {}),
    (["L = sum((y - x)**2)/n"], "dL/dx", {}),
    (["L = mean(corr(x, u))"], "dL/dx", {}),
]


@pytest.mark.parametrize(("forward", "target", "more"), CASES, ids=[" ".join(c[0]) for c in CASES])
def test_every_function_has_its_derivation(
    forward: list[str], target: str, more: dict[str, list[str]]
) -> None:
    given: dict[str, Any] = {"x": ["n"], "y": ["n"], "u": ["m"], "s": [], "A": ["m", "n"], **more}
    exercise = exercise_of(*forward, form="closed", **given)
    steps = worked(exercise, target)
    if forward == ["L = mean(corr(x, u))"]:
        assert steps is None  # one line, so there is no name for the gradient that would slide
        return
    assert_right(exercise, target, steps)


def test_every_function_of_derivations_was_tried() -> None:
    tried = {
        word for forward, _, _ in CASES for line in forward for word in ADMITTED if word in line
    }
    flat = {"step", "sign", "floor"}
    assert tried | flat | {"matmul", "min"} >= set(ADMITTED)


@pytest.mark.parametrize("name", ["floor", "sign", "step"])
def test_what_is_flat_has_no_derivation(name: str) -> None:
    exercise = exercise_of(f"z = {name}(x)", "L = sum(z)", x=["n"])
    assert worked(exercise, "dL/dx") is None


@pytest.mark.parametrize("target", ["dz/dw", "dL/dq", "L", "", "dL/d", "(", "dL/dn", "da/dL"])
def test_what_is_no_gradient_of_a_number_has_no_derivation(target: str) -> None:
    exercise = exercise_of("z = w*x", "a = sum(z)", "L = a**2", w=["n"], x=["n"])
    assert worked(exercise, target) is None


def test_a_quantity_that_the_loss_does_not_depend_on_has_no_derivation() -> None:
    exercise = exercise_of("z = w*x", "q = x*x", "L = z**2", w=[], x=[])
    assert worked(exercise, "dL/dq") is None


def test_the_gradient_of_a_quantity_in_between_can_be_asked_for() -> None:
    exercise = exercise_of("z = w*x", "a = sigmoid(z)", "L = a**2", w=[], x=[])
    steps = worked(exercise, "da/dw")
    assert steps is not None
    assert [step.line for step in steps] == ["da/dz = a*(1 - a)", "da/dw = da/dz*x"]


def test_sizes_are_named_whatever_the_example_is() -> None:
    data = {
        "vars": {"X": {"shape": ["n", "d"]}, "w": {"shape": ["d"]}, "y": {"shape": ["n"]}},
        "forward": ["r = X @ w - y", "L = mean(r**2)"],
        "loss": "L",
    }
    for dims in ({"n": 5, "d": 3}, {"n": 3, "d": 3}, {"n": 1, "d": 1}, {"n": 900_000, "d": 2}):
        steps = worked(read_exercise({**data, "dims": dims}), "dL/dw")
        assert steps is not None
        assert steps[-1].line == "dL/dw = 2*(X.T @ r)/n"


def test_a_long_closed_form_is_not_written_in_one_line() -> None:
    exercise = exercise_of(
        "a = tanh(w*x)", "b = tanh(a*x)", "c = tanh(b*x)", "L = (c - y)**2*exp(c)",
        form="closed", w=[], x=[], y=[],
    )  # fmt: skip
    steps = worked(exercise, "dL/dx")
    assert steps is not None
    assert steps[-1].rule != "put together"
    assert_right(exercise, "dL/dx", steps)


def test_deep_and_long_forward_lines_do_no_harm() -> None:
    exercise = exercise_of("L = " + "+".join(["w"] * 150), w=[])
    steps = worked(exercise, "dL/dw")
    assert steps is not None
    assert steps[0].line == "dL/dw = 150"
    # Sixty slopes, each of which holds all sines below it: more than a line can say.
    assert worked(exercise_of("L = " + "sin(" * 60 + "w" + ")" * 60, w=[]), "dL/dw") is None


def test_identities_without_an_authors_lines_have_none() -> None:
    plain = read_exercise({"find": "identity", "vars": {"z": {}}, "from": "z + z", "to": "2*z"})
    assert worked(plain, "") is None
    assert worked(replace(plain), "dL/dz") is None
