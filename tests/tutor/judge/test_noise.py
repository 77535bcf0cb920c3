"""Nothing that a wrong answer is dressed in makes it right: numbers of which rounding leaves none,
ties, 0/0, what overflows."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tutor.judge.exercise import read_exercise
from tutor.judge.judge import judge

REAL = {"shape": [], "domain": "real"}
SCALARS = {"w": REAL, "x": REAL, "y": REAL}


def _net(activation: str) -> dict[str, Any]:
    forward = ["z = w*x", f"a = {activation}(z)", "L = (a - y)**2/2"]
    return {"vars": SCALARS, "forward": forward, "loss": "L"}


LINEAR: dict[str, Any] = {
    "dims": {"n": 5, "d": 3},
    "vars": {"X": {"shape": ["n", "d"]}, "w": {"shape": ["d"]}, "y": {"shape": ["n"]}},
    "forward": ["z = X @ w", "L = sum((z - y)**2)/n"],
    "loss": "L",
}
ANSWERS = {
    "tanh": (_net("tanh"), "(a - y)*x*(1 - a**2)", "x"),
    "relu": (_net("relu"), "(a - y)*x*(z > 0)", "x"),
    "linear": (LINEAR, "2*X.T @ (z - y)/n", "sum(w)"),
}
NOISE = """
((3 + 1e30) - 1e30)
((1e17 + V) - 1e17)
sign(V - V)
step(0*V)
(abs(V - V)/abs(V - V))
(((V + 1e30) - 1e30) > 0)
(((V + 1e30) - 1e30) == V)
max(1, (V + 1e30) - 1e30)
where(V > 0, 1, (1e40 + 1) - 1e40)
where(V > 2.5, (1e40 + 3) - 1e40, 1)
where(V < 5, 1, (1e40 + 3) - 1e40)
(exp(710)/exp(710))
(exp(800) - exp(800))
(0*log(0))
(1/(V - V + 1))
cos(1e30*V)
(1 + 0*((1e30 + V) - 1e30))
abs(sign((1e30 + V) - 1e30))
(1e300*1e10*0)
(V/V >= 1)
min(1, V/V)
(2*V/V == 2)
(sin(V)**2 + cos(V)**2)**1e17
((V*1e200)*1e-200 == V)
sigmoid(1e17*(3*V - V - 2*V))
step(3*V - V - V - V)
((V - V)**0)
exp(1e16*(V/3*3 - V))
((1e-20*V + 1) - 1 >= 0)
""".strip().split("\n")
DRESSES = (
    "K*T*N",
    "K*(T) + N",
    "K*(T) + N - N",
    "K*(T)/N",
    "where(N >= 0, K*(T), T)",
    "T + (K - 1)*(T)*N",
)
FACTORS = ("3", "-1", "1.5")
SHORT = list(product(("tanh", "linear"), NOISE[::3], DRESSES[:2], FACTORS[:1]))
ALL = list(product(ANSWERS, NOISE, DRESSES, FACTORS))


def _is_accepted(answer: str, noise: str, dress: str, factor: str, seed: int) -> bool:
    context, truth, name = ANSWERS[answer]
    spelled = {"T": truth, "K": f"({factor})", "N": noise.replace("V", name)}
    line = "".join(spelled.get(part, part) for part in dress)
    return judge(read_exercise(context), "dL/dw", [line], seed).kind == "correct"


# What is exactly 0 in every point leaves this dress as the truth alone.
NOTHING = {"sign(V - V)", "step(0*V)", "(exp(800) - exp(800))", "step(3*V - V - V - V)"}


def _is_wrong(noise: str, dress: str) -> bool:
    return not (dress.startswith("T +") and noise in NOTHING)


@pytest.mark.parametrize(("answer", "noise", "dress", "factor"), SHORT)
def test_a_wrong_answer_in_noise_is_not_accepted(
    answer: str, noise: str, dress: str, factor: str
) -> None:
    assert not _is_accepted(answer, noise, dress, factor, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_wrong_answer_in_noise_is_accepted(seed: int) -> None:
    chosen = [one for one in ALL if _is_wrong(one[1], one[2])]
    accepted = [one for one in chosen if _is_accepted(*one, seed)]
    assert not accepted


@pytest.mark.parametrize(
    "line",
    ["(T)*(x/x >= 1)", "(T)/(x - x + 1)", "((T) + 1e6) - 1e6", "(T)*(z == w*x)", "(T)*(x - x)**0"],
)
def test_a_right_answer_in_what_is_exactly_one_is_accepted(line: str) -> None:
    context, truth, _ = ANSWERS["tanh"]
    verdict = judge(read_exercise(context), "dL/dw", [line.replace("T", truth)], 1)
    assert verdict.kind == "correct"


def test_a_bound_that_rounding_hides_is_not_accepted() -> None:
    context: dict[str, Any] = {
        "vars": {"z": REAL},
        "forward": ["s = sigmoid(z)"],
        "find": "bound",
        "from": "s*(1 - s)",
        "to": "1/4",
    }
    exercise = read_exercise(context)
    hidden = ["s*(1 - s) <= 1/8 + ((1e30 + z) - 1e30)", "<= 1/4"]
    assert judge(exercise, "", ["s*(1 - s) = 1/4 - (s - 1/2)**2", "<= 1/4"], 1).kind == "correct"
    assert judge(exercise, "", hidden, 1).kind == "reject"


def test_a_difference_that_rounding_hides_is_no_constant() -> None:
    context: dict[str, Any] = {
        "vars": {"z": REAL, "c": REAL},
        "forward": ["s = sigmoid(z)"],
        "find": "identity",
        "up_to": "constant",
        "constants": ["c"],
        "from": "s + c",
        "to": "s",
    }
    exercise = read_exercise(context)
    assert judge(exercise, "", ["s"], 1).kind == "correct"
    assert judge(exercise, "", ["7*s + ((1e30 + 3) - 1e30)", "= s"], 1).kind == "reject"
