"""Writing into arrays while recording: what NumPy would give, with its gradient, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.errors import LeavesGraphError, ShapeError
from engine.proof import gradcheck

A = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]])
V = np.array([0.2, -0.4, 0.9])
Function = Callable[..., Any]


def filled(x: Any) -> Any:
    h = np.zeros_like(x)
    for t in range(len(x)):
        h[t] = np.tanh(x[t])
    return (h * h).sum()


def accumulated(x: Any) -> Any:
    h = np.ones_like(x)
    for t in range(1, len(x)):
        h[t] += h[t - 1] * x[t]
    return (h * x).sum()


def columns(x: Any) -> Any:
    h = np.full_like(x, 0.5)
    h[:, 0] = x[:, 1] * 2.0
    h[1:, [2, 1]] -= x[:1, :2]
    h[x > 1.0] *= 3.0
    return np.sum(h**2)


def used_before_and_after(x: Any) -> Any:
    h = x * 1.0
    before = h * 2.0
    h[0] = x[1] * 3.0
    h[...] += 1.0
    return np.sum(before * h)


def seen_by_all(x: Any) -> Any:
    h = x.copy()
    same = h
    pair = [h, 2.0]
    h[0, 1] = 0.0
    h *= x
    return np.sum(same * 2.0) + np.sum(pair[0])


def kept_copies(x: Any) -> Any:
    h = x * 1.0
    row = h[0].copy()
    chosen = h[[0, 1]]
    entry = h[0, 0]
    h[0] = 7.0
    return np.sum(row * chosen) + entry * entry + np.sum(h)


def views_of_other_entries(x: Any) -> Any:
    h = x * 1.0
    below = h[1:]
    turned = h.T
    last = turned[2:]
    h[0, :2] = x[1, :2] * 2.0
    return np.sum(below**2) + np.sum(last**2) + np.sum(h**3)


def scalar_sum(x: Any) -> Any:
    total = 0.0
    for row in x:
        for entry in row:
            total += entry * entry
    total *= 2.0
    return total


@pytest.mark.parametrize(
    "function",
    [
        filled,
        accumulated,
        columns,
        used_before_and_after,
        seen_by_all,
        kept_copies,
        views_of_other_entries,
        scalar_sum,
    ],
)
def test_the_value_is_numpys_and_the_gradient_is_right(function: Function) -> None:
    plain = A.copy()
    trace = engine.record(function, x=A)
    assert trace.value(trace.output) == pytest.approx(function(plain), rel=1e-14)
    assert np.array_equal(plain, A)
    step = 1e-6
    for place in np.ndindex(A.shape):
        up, down = A.copy(), A.copy()
        up[place] += step
        down[place] -= step
        slope = (function(up) - function(down)) / (2 * step)
        assert trace.grad("x")[place] == pytest.approx(slope, abs=1e-7)


INDICES = (0, -1, (1, 2), (slice(None), 1), slice(1, None), [2, 0], (0, slice(None, 2)), Ellipsis)
SLOTS = st.integers(0, 7)
KINDS = st.sampled_from(["view", "turn", "write", "add", "put", "new", "copy"])
STEP = st.tuples(KINDS, SLOTS, SLOTS)


def interpreted(x: Any, steps: list[tuple[str, int, int]]) -> Any:
    """A program of writes, views and uses, on arrays or on tensors; what cannot be is left out."""
    held = [x * 1.0, x + 1.0]
    total = 0.0
    for kind, a, b in steps:
        one, other = held[a % len(held)], held[b % len(held)]
        index = INDICES[b]
        if kind == "view" and one.shape == (3, 3):
            held.append(one[index])
        elif kind == "turn":
            held.append(one.T if b % 2 else one.reshape(-1))
        elif kind == "write" and one.shape == (3, 3):
            one[index] = np.sin(other.sum())
        elif kind == "add" and one.shape == other.shape and one.ndim:
            one += other * 0.5
        elif kind == "put" and one.shape == (3, 3):
            one[index] *= 0.5
        elif kind == "new":
            held.append(one * 0.5 + other.sum())
        elif kind == "copy":
            held.append(one.copy())
        total = total + np.sum(held[b % len(held)] * 0.1)
    return total + sum(np.sum(one * one) for one in held)


@given(st.lists(STEP, max_size=9))
def test_a_program_of_writes_gives_what_numpy_gives_or_is_refused(
    steps: list[tuple[str, int, int]],
) -> None:
    x = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
    try:
        trace = engine.record(lambda x: interpreted(x, steps), x=x)
    except LeavesGraphError:
        return
    assert trace.value(trace.output) == pytest.approx(interpreted(x.copy(), steps), rel=1e-9)
    way = np.cos(np.arange(9.0)).reshape(3, 3)
    slope = (interpreted(x + 1e-6 * way, steps) - interpreted(x - 1e-6 * way, steps)) / 2e-6
    assert np.sum(trace.grad("x") * way) == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_each_write_is_a_node_and_earlier_users_keep_the_state_they_saw() -> None:
    trace = engine.record(used_before_and_after, x=A)
    assert [node.op for node in trace.nodes][:4] == ["input", "constant", "mul", "constant"]
    writes = [node for node in trace.nodes if node.op == "write"]
    (before,) = [node for node in trace.nodes if node.op == "mul" and node.id > 2][:1]
    assert before.inputs[0] == 2
    assert [writes[0].inputs[0], writes[1].inputs[0]] == [2, writes[0].id]
    np.testing.assert_array_equal(trace.value(2), A)
    np.testing.assert_array_equal(trace.value(writes[0].id)[0], A[1] * 3.0)


def test_a_long_loop_of_writes_takes_each_node_once() -> None:
    def running(x: Tensor) -> Any:
        h = np.zeros_like(x)
        g = np.zeros_like(x)
        for t in range(400):
            h[t] = x[t] * 2.0
            g[t] = h[t] + 1.0
        return np.sum(g)

    trace = engine.record(running, x=np.ones(400))
    assert trace.grad("x").tolist() == [2.0] * 400
    assert sum(node.op == "write" for node in trace.nodes) == 800


def test_names_stay_with_a_tensor_that_is_written_into() -> None:
    def named(x: Tensor) -> Any:
        h = Tensor(np.zeros(3), name="h")
        h[0] = x[1]
        h.name = "ready"
        h[1] = x[2]
        return h.sum()

    trace = engine.record(named, x=V)
    assert [node.name for node in trace.nodes if node.op == "write"] == ["ready", "ready_2"]
    assert trace.node(trace.id("h")).op == "constant"


def test_like_functions_give_tensors_only_while_recording_and_only_for_floats() -> None:
    seen: list[Any] = []

    def look(x: Tensor) -> Any:
        seen.extend([np.zeros_like(x), np.ones_like(x, dtype=bool), np.empty_like(x)])
        return x.sum() + np.full_like(x, x[0]).sum()

    trace = engine.record(look, x=V)
    assert [type(one) for one in seen] == [Tensor, np.ndarray, Tensor]
    assert seen[2].tolist() == [0.0, 0.0, 0.0]
    assert trace.grad("x").tolist() == [4.0, 1.0, 1.0]
    assert type(np.zeros_like(Tensor(V))) is np.ndarray


def into_an_input(x: Any) -> Any:
    x[0] = 1.0
    return x.sum()


def into_a_view(x: Any) -> Any:
    h = x * 1.0
    row = h[0]
    row[1] = 2.0
    return h.sum()


def through_two_brackets(x: Any) -> Any:
    h = x * 1.0
    h[0][1] = x[1, 1]
    return h.sum()


def adding_to_a_view(x: Any) -> Any:
    h = x * 1.0
    for row in h:
        row += x[0]
    return h.sum()


def into_a_turned(x: Any) -> Any:
    h = x * 1.0
    h.T[0] = 1.0
    return h.sum()


def stale_row(x: Any) -> Any:
    h = x * 1.0
    row = h[0]
    h[0, 1] = 5.0
    return (row * 2.0).sum() + h.sum()


def stale_after_adding(x: Any) -> Any:
    h = x * 1.0
    flat = h.reshape(-1)
    h += 1.0
    return flat.sum()


def stale_result(x: Any) -> Any:
    h = x * 1.0
    row = h[0]
    h[0] = 1.0
    return row


def stale_choice(x: Any) -> Any:
    h = x[0] * 1.0
    first = h[:1]
    h[0] = -1.0
    return h.sum() if first > 0 else x.sum()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (into_an_input, r"x\[\.\.\.\] = .* would write into an input.*x = x\.copy\(\)"),
        (into_a_view, r"through a view into .*h\[i, j\] = "),
        (through_two_brackets, r"through a view into"),
        (adding_to_a_view, r"\+= \.\.\. .*through a view into"),
        (into_a_turned, r"through a view into"),
        (stale_row, r"is a view of .*written into after.*\.copy\(\)"),
        (stale_after_adding, r"is a view of"),
        (stale_result, r"is a view of"),
        (stale_choice, r"is a view of"),
    ],
)
def test_what_would_differ_from_numpy_in_silence_is_refused(function: Function, said: str) -> None:
    with pytest.raises(LeavesGraphError, match=said) as caught:
        engine.record(function, x=A)
    assert "\n" not in str(caught.value)
    if function is not stale_result:
        assert "test_writing.py:" in str(caught.value)


OUTSIDE = Tensor(np.zeros(3), name="H")


@pytest.mark.parametrize(
    ("function", "kind", "said"),
    [
        (lambda x: OUTSIDE.__setitem__(0, x[0]), LeavesGraphError, "made outside of the function"),
        (lambda x: (x * 1.0).__setitem__([0, 0], x[:2]), ShapeError, "names a place twice"),
        (lambda x: (x * 1.0).__setitem__(slice(2), x), ShapeError, r"does not fit into the \(2,\)"),
        (lambda x: (x * 1.0).__setitem__(5, x[0]), ShapeError, "out of bounds"),
        (lambda x: (x > 0).__setitem__(0, x[0]), LeavesGraphError, "numbers into a mask"),
    ],
)
def test_other_writes_that_cannot_be_followed(function: Function, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said):
        engine.record(function, x=V)


def test_an_array_that_grows_by_broadcasting_is_refused_as_numpy_does() -> None:
    def grown(x: Tensor) -> Any:
        h = x * 1.0
        h += np.ones((2, 3))
        return h.sum()

    with pytest.raises(ShapeError, match=r"\+= .*result of shape \(2, 3\) does not fit"):
        engine.record(grown, x=V)


def test_a_tensor_in_a_plain_array_is_refused_with_what_to_write_instead() -> None:
    def stored(x: Tensor) -> Any:
        out = np.zeros(3)
        out[0] = x[1]
        return out.sum()

    def several(x: Tensor) -> Any:
        out = np.zeros(3)
        out[:2] = x[1:]
        return out.sum()

    def added(x: Tensor) -> Any:
        out = np.zeros(3)
        out += x
        return out.sum()

    for function in (stored, several):
        with pytest.raises(LeavesGraphError, match=r"plain NumPy array \(test_writing.*zeros_like"):
            engine.record(function, x=V)
    with pytest.raises(
        LeavesGraphError, match=r"\(test_writing.py:\d+\).*a = a \+ \.\.\. in place"
    ):
        engine.record(added, x=V)


def test_outside_of_a_recording_nothing_is_written() -> None:
    with pytest.raises(LeavesGraphError, match="cannot be written into"):
        Tensor(V)[0] = 1.0
    with pytest.raises(LeavesGraphError, match="cannot be written into"), engine.no_grad():
        Tensor(V)[0] = 1.0


def test_the_op_is_differentiated_on_every_index() -> None:
    for index in (1, slice(0, 2), [2, 0], np.array([True, False, True]), Ellipsis):
        new = np.array([0.3, 0.6, 0.9])[: np.ones(3)[index].size].reshape(np.ones(3)[index].shape)
        check = gradcheck(lambda x, v, i=index: engine.write(x, v, index=i), V, new)
        assert check.status == "agrees"


def test_what_python_looked_at_is_noted() -> None:
    def decides(x: Tensor, n: Tensor) -> Any:
        y = x * x
        if y > 1.0:
            y = y * 2.0
        for _ in range(int(n)):
            y = y + 1.0
        with engine.no_grad():
            factor = y.item()
        return y * (1.0 if factor > 5 else 0.0)

    p = engine.record(decides, x=1.5, n=2.9).passes[0]
    kinds = [(p.names[d.node], d.kind, d.outcome) for d in p.decisions]
    assert kinds[1:] == [("n", "whole number", 2), (p.names[p.decisions[2].node], "number", 6.5)]
    assert p.ops[p.decisions[0].node].name == "gt"
    assert p.decisions[0].outcome is True
    assert all(d.location is not None and d.location.line > 0 for d in p.decisions)
    assert engine.record(lambda x: x * x, x=2.0).passes[0].decisions == ()


def test_numbers_are_formatted_and_the_rest_is_as_numpy_has_it() -> None:
    assert f"{Tensor(1.23456):.2f} {Tensor([2.5])}" == "1.23 Tensor([2.5])"
    with pytest.raises(TypeError, match="format"):
        f"{Tensor(V):.2f}"


def test_a_copy_by_any_name_is_an_array_of_its_own() -> None:
    x = np.array([2.0, -3.0, 4.0])
    for copied in (lambda a: +a, np.positive, np.copy, lambda a: a.copy()):

        def loss(x: Any, copied: Any = copied) -> Any:
            a = x * 2.0
            b = copied(a)
            b[0] = 0.0
            return a.sum() + b.sum()

        trace = engine.record(loss, x=x)
        assert trace.value(trace.output) == 8.0
        assert trace.grad("x").tolist() == [2.0, 4.0, 4.0]


def test_the_copy_of_a_mask_is_a_mask() -> None:
    trace = engine.record(lambda x: x[(x > 0).copy()].sum(), x=np.array([2.0, -3.0, 4.0]))
    assert trace.value(trace.output) == 6.0
    assert trace.grad("x").tolist() == [1.0, 0.0, 1.0]


def test_what_einsum_only_moves_is_a_view() -> None:
    def loss(x: Any) -> Any:
        a = np.outer(x, x)
        b = np.einsum("ij->ji", a)
        a[0, 1] = 5.0
        return b[1, 0] * x[0]

    with pytest.raises(LeavesGraphError, match="this is a view of the array"):
        engine.record(loss, x=np.array([2.0, -3.0]))

    def summed(x: Any) -> Any:
        a = np.outer(x, x)
        b = np.einsum("ij->j", a)
        a[0, 1] = 5.0
        return b[1]

    trace = engine.record(summed, x=np.array([2.0, -3.0]))
    assert trace.value(trace.output) == 3.0
