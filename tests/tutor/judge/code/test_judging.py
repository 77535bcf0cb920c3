"""Backward passes written by hand: right ones, wrong lines in them, and what follows from these."""

from __future__ import annotations

import numpy as np
import pytest

from engine.arrays.numpy_ import NAMESPACE
from tests.tutor.judge.code.filled import empty, filled, judge, task
from tests.tutor.judge.code.passes import PASSES, Wrong
from tutor.judge import shelf
from tutor.judge.code.differences import by_differences
from tutor.judge.code.evidence import Evidence, points_of
from tutor.judge.code.judging import Checked, Found, judged, order_of
from tutor.judge.code.task import task_of
from tutor.judge.exercise import read_exercise
from tutor.sandbox.submission import Submission

WRONG = [(name, wrong) for name, given in PASSES.items() for wrong in given.wrong]


def found(checked: Checked, name: str) -> Found:
    return next(one for one in checked.arrays if one.name == name)


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("seed", [0, 1])
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


BATCH = PASSES["batch"].lines
_QUOTIENT = (
    "np.array([(np.sum((np.tanh(Z + h) - Y)**2) - np.sum((np.tanh(Z - h) - Y)**2)) / 2e-6 / n "
    "for h in 1e-6 * np.eye(m)])"
)


@pytest.mark.parametrize(
    ("changes", "name", "status", "message"),
    [
        ({"db": "dZ.sum(axis=0).astype(np.float32)"}, "db", "right", ""),
        (
            {"db": "dZ.sum(axis=0).astype(np.float16)"},
            "db",
            "dtype",
            "db is right as far as float16 can tell; use float64",
        ),
        (
            {"db": "dZ.sum(axis=0).astype(int)"},
            "db",
            "dtype",
            "db is int64, so its fractions are lost; a gradient is an array of float64",
        ),
        (
            {"db": "dZ.sum(axis=0) + 0j"},
            "db",
            "dtype",
            "db holds complex numbers, and a gradient is real",
        ),
        (
            {"db": "list(dZ.sum(axis=0))"},
            "db",
            "dtype",
            "db has the right numbers as a list; make it an array with np.array",
        ),
        (
            {"db": "dZ.sum(axis=0) + (0j if n == 6 else 0)"},
            "db",
            "dtype",
            "db holds complex numbers, and a gradient is real",
        ),
        ({"db": "np.ones((1,) * 32)"}, "db", "shape", "db has shape (1, 1, 1, 1, 1, 1, 1"),
        ({"db": "np.zeros((0, 3))"}, "db", "shape", "db has shape (0, 3), and b has shape (4,)"),
        ({"db": "dZ.sum(axis=0) > 0"}, "db", "wrong", "db is not right"),
        (
            {"db": "{}"},
            "db",
            "strange",
            "db is a dict; an array of numbers with shape (m,) is wanted",
        ),
        (
            {"db": "type('\\x1b[2J', (), {})()"},
            "db",
            "strange",
            "db is a ␛[2J; an array of numbers",
        ),
        (
            {"db": "np.zeros((400, 400))"},
            "db",
            "strange",
            "db is an array of shape (400, 400); an array of numbers with shape (m,)",
        ),
        (
            {"db": "np.array(['a'])"},
            "db",
            "strange",
            "db is an array of str32; an array of numbers",
        ),
        (
            {"db": "np.float32(-dZ.sum(axis=0))"},
            "db",
            "wrong",
            "db has the opposite sign",
        ),
        (
            {"db": "(dZ.sum(axis=0) / n).astype('float32')"},
            "db",
            "wrong",
            "db is off by a factor 1 over n",
        ),
        ({"db": "np.float32(dZ)"}, "db", "shape", "db is right before summing over the batch"),
        (
            {"db": "dZ.sum(axis=0) * np.nan"},
            "db",
            "wrong",
            "db is nan everywhere, where the gradient",
        ),
        ({"db": "dZ.sum(axis=0) / 0"}, "db", "wrong", "db is inf everywhere, where the gradient"),
        ({"db": "np.zeros(b.shape)"}, "db", "wrong", "db is 0 everywhere"),
        (
            {"db": "np.round(dZ.sum(axis=0), 6)"},
            "db",
            "wrong",
            "db is nearly right: a number in it",
        ),
        ({"dY": "-dA / (1 + 1e-9)"}, "dY", "wrong", "dY is nearly right: a number in it"),
        (
            {"db": _QUOTIENT},
            "db",
            "wrong",
            "db is nearly right: a number in it is rounded or added, or it is a difference",
        ),
        ({"db": "dZ.sum(axis=0) + 1"}, "db", "wrong", "db has a constant added to every entry"),
        ({"db": "dZ.sum(axis=0) * b"}, "db", "wrong", "db has a factor too many"),
        ({"db": "np.random.rand(*b.shape)"}, "db", "wrong", "db is not right; no single slip"),
        ({"db": "np.where(b > 0, dZ.sum(axis=0), 0)"}, "db", "wrong", "db is "),
        (
            {"db": "np.ones(np.random.randint(1, 9))"},
            "db",
            "shape",
            "db has another shape each time",
        ),
    ],
)
def test_values_dtypes_and_shapes(
    changes: dict[str, str], name: str, status: str, message: str
) -> None:
    with np.errstate(all="ignore"):
        one = found(judge("batch", filled("batch", BATCH | changes)), name)
    assert (one.status, one.message[: len(message)]) == (status, message)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("softmax", {"dz": "p - y", "dp": "y * (-1 / p)"}),
        ("softmax", {"dz": "(np.diag(p) - np.outer(p, p)) @ dp", "dW": "dz[:, None] * x"}),
        ("softmax", {"dz": "(p - y).astype(np.float32)"}),
        ("neuron", {"dz": "(a - y) / (2 + np.exp(z) + np.exp(-z))"}),
        ("neuron", {"dw": "np.array(x * dz)", "db": "float(dz)"}),
        ("batch", {"dX": "np.einsum('nm,dm->nd', dZ, W)", "db": "np.ones(n) @ dZ"}),
        ("conv", {"dx": "corr(np.pad(dz, m - 1), k[::-1])", "dz": "da * (z >= 0)"}),
        ("attention", {"dA": "dO @ V.T + 0 * A"}),
        ("norm", {"dx": "(n * dc - dc.sum()) / n"}),
    ],
)
def test_right_answers_in_another_form(name: str, changes: dict[str, str]) -> None:
    checked = judge(name, filled(name, PASSES[name].lines | changes))
    assert [one.message for one in checked.arrays if one.status != "right"] == []


def test_an_array_that_is_right_though_the_one_above_it_is_wrong() -> None:
    checked = judge(
        "softmax", filled("softmax", PASSES["softmax"].lines | {"dp": "y", "dz": "p - y"})
    )
    assert [one.status for one in checked.arrays] == ["wrong", "right", "right", "right", "right"]


def test_two_slips_are_told_apart() -> None:
    changes = {"dZ": "-dA * (1 - A**2)", "dW": "2 * X.T @ dZ"}
    checked = judge("batch", filled("batch", BATCH | changes))
    assert found(checked, "dZ").label == "sign_error"
    assert found(checked, "dW").label == "constant_factor"
    assert found(checked, "db").follows == "dZ"
    cell = found(checked, "dW").cell
    assert cell is not None
    assert cell.given == "dZ"
    assert cell.yours == pytest.approx(2 * cell.other)


def test_what_is_made_of_an_array_of_another_shape_waits_for_it() -> None:
    checked = judge("norm", filled("norm", PASSES["norm"].lines | {"ds": "-dxh * c / s**2"}))
    assert found(checked, "ds").status == "shape"
    assert found(checked, "ds2").message == "ds2 is not judged before ds is right"
    assert found(checked, "dx").follows == "ds"
    assert found(checked, "db").status == "right"


def test_an_array_off_by_the_same_number_is_told_once() -> None:
    checked = judge("batch", filled("batch", BATCH | {"dA": "2 * (A - Y)", "dY": "-dA"}))
    assert found(checked, "dA").label == "batch_mean"
    assert found(checked, "dY").message == "dY is off in the same way as dA"


def test_what_is_0_has_to_be_0() -> None:
    """A gradient that cancels out: no bound makes room for another number."""
    exercise = {
        "dims": {"n": 4},
        "vars": {"x": {"shape": ["n"]}},
        "forward": ["mu = mean(x)", "v = mean((x - mu)**2)"],
        "loss": "v",
    }
    given = task_of(read_exercise(exercise))
    both = points_of(given, 0)
    order = order_of(both)
    for amount, status in ((0.0, "right"), (1e-17, "right"), (1e-6, "wrong"), (1.0, "wrong")):
        arrays = []
        for which, k in order:
            x = both[which].inputs(k)["x"]
            arrays.append({"dmu": np.array(amount), "dx": 2 * (x - x.mean()) / len(x)})
        judgement = judged(given, both, order, Submission(tuple(arrays), {}))
        assert judgement[0].status == status


def test_differences_agree_with_the_sweep() -> None:
    for name in PASSES:
        points = points_of(task(name), 5)[0]
        evidence = Evidence(points, {}, 2)
        for one in task(name).wanted:
            true = evidence.truth[one].value
            index = (0,) * (true.ndim - 1)
            slope = by_differences(evidence, one, 1, index)
            assert slope == pytest.approx(float(true[(1, *index)]), rel=1e-4, abs=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", shelf.names())
def test_one_slip_in_any_shipped_exercise_is_told_once(name: str) -> None:
    exercise = shelf.load(name)
    if exercise.find != "gradient":
        return
    given = task_of(exercise)
    both = points_of(given, 0)
    order = order_of(both)
    graph, end = given.graph, given.graph.places[given.loss]
    nodes = []
    for which, k in order:
        inputs = {one: both[which].inputs(k)[given.spelled[one]] for one in given.arguments}
        sizes = {one: float(size) for one, size in given.sizes[which].items()}
        nodes.append(graph.forward(inputs | sizes, NAMESPACE))
    for one in (None, *given.wanted):
        arrays, moved = [], False
        for values in nodes:
            true = graph.backward(values, end, np.ones(()), NAMESPACE)
            wrong = {} if one is None else {graph.places[one]: -np.asarray(true[graph.places[one]])}
            moved = moved or any(np.abs(x).max() > 1e-9 for x in wrong.values())
            arrived = graph.backward(values, end, np.ones(()), NAMESPACE, forced=wrong)
            arrays.append(
                {given.gradients[q]: np.array(arrived[graph.places[q]]) for q in given.wanted}
            )
        judgement = judged(given, both, order, Submission(tuple(arrays), {}))
        labels = {found.by: found.label for found in judgement if found.label is not None}
        assert labels == ({one: "sign_error"} if moved else {})
        assert all(found.status in ("right", "follows") for found in judgement if found.by != one)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "batch",
            {"dW": "(X.T @ dZ).sum(axis=0)"},
            "dW is summed over the batch (axis 0), which has",
        ),
        ("batch", {"dW": "(X.T @ dZ).mean(axis=1, keepdims=True)"}, "dW is averaged over axis 1"),
        ("batch", {"dW": "(X.T @ dZ).sum()"}, "dW is summed over all entries, which has to stay"),
        (
            "batch",
            {"dW": "np.zeros((d, m)) + (X.T @ dZ).sum(axis=0)"},
            "dW is summed over the batch",
        ),
        ("batch", {"dW": "(X.T @ dZ).ravel()"}, "dW has the right numbers; it has shape ("),
        ("batch", {"dW": "np.ones(3)"}, "dW has shape (3,), and W has shape ("),
        ("batch", {"dA": "dZ.sum() if False else Z"}, "dA "),
        ("batch", {"dX": "(W @ dZ.T).T * -1"}, "dX has the opposite sign"),
        ("batch", {"db": "dZ.sum(axis=0) / n"}, "db is off by a factor 1 over n"),
        ("batch", {"db": "dZ.sum(axis=0) * n**2"}, "db is off by a factor n²"),
        ("conv", {"dk": "np.correlate(x, dz)[::-1]"}, "dk is right, but turned round"),
        (
            "norm",
            {"dc": "dxh / s + 2 * (ds2 * 2 * c / n)"},
            "dc counts what comes back through s2 twice",
        ),
        (
            "norm",
            {"dc": "dxh / s - ds2 * 2 * c / n"},
            "dc takes what comes back through s2 with the",
        ),
        ("norm", {"dc": "ds2 * 2 * c / n"}, "dc lacks what comes back through xh"),
        ("norm", {"dx": "dxh"}, "dx is what dxh should be"),
        ("lstm", {"dzi": "di"}, "dzi is di handed on unchanged: a local derivative is missing"),
        (
            "lstm",
            {"dzi": "di * i"},
            "dzi has a value where a slope belongs: see the sigmoid in the line",
        ),
        (
            "lstm",
            {"df": "dc * c"},
            "df is off at the * in the line of c: a variable, layer or time",
        ),
        (
            "softmax",
            {"dz": "dp * p * (1 - p)"},
            "dz is off at the softmax in the line of p: only the",
        ),
        ("neuron", {"dz": "da * a * (1 - a) if z > 0 else 0.0"}, "dz is right for some inputs and"),
    ],
)
def test_a_message_says_where_and_what_kind(
    name: str, changes: dict[str, str], message: str
) -> None:
    [array] = changes
    one = found(judge(name, filled(name, PASSES[name].lines | changes)), array)
    assert one.message[: len(message)] == message
