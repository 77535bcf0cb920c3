"""Forward lines as engine ops: forward, backward, cut at a quantity, with another rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.arrays.bounded import NAMESPACE, Bounded, bounded
from engine.arrays.numpy_ import NAMESPACE as NUMPY
from tutor.judge.exercise import read_exercise
from tutor.judge.graph import Graph, GraphError, Sweep, compiled, unbroadcast
from tutor.judge.setting import Setting, setting_of
from tutor.judge.sizes import choose, shapes_of
from tutor.language.derivation import forward_program


def graph_of(variables: str, *lines: str, sizes: str = "") -> Graph:
    names = variables.split()
    return compiled(names, sizes.split(), forward_program(lines, [*names, *sizes.split()]))


def gradients(graph: Graph, of: str, **values: Any) -> dict[str, Any]:
    given = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    nodes = graph.forward(given, NUMPY)
    return graph.gradients(nodes, of, np.ones(()), NUMPY)


def setting(forward: list[str], variables: dict[str, list[Any]], **more: Any) -> Setting:
    made = {name: {"shape": shape} for name, shape in variables.items()}
    data = {"vars": made, "forward": forward, "loss": "L", **more}
    return setting_of(read_exercise(data))


def test_gradients_of_a_branch_add_up() -> None:
    graph = graph_of("x w", "u = x*w", "v = u + x", "L = v**2")
    found = gradients(graph, "L", x=2.0, w=3.0)
    assert found["x"] == pytest.approx(2 * 8 * 4)
    assert found["u"] == pytest.approx(16)
    assert found["v"] == pytest.approx(16)
    assert found["L"] == 1


def test_a_derivative_by_a_quantity_leaves_that_one_free() -> None:
    graph = graph_of("x", "u = x**2", "v = u", "L = u*v")
    found = gradients(graph, "L", x=2.0)
    assert found["v"] == pytest.approx(4)
    assert found["u"] == pytest.approx(8)


def test_what_does_not_lead_there_gets_nothing() -> None:
    graph = graph_of("x y", "u = x**2", "v = y*u", "L = u")
    assert gradients(graph, "L", x=2.0, y=1.0)["v"] is None
    assert not graph.depends("u", "y")
    assert graph.depends("v", "x")


def test_sizes_and_constants_get_no_gradient() -> None:
    graph = graph_of("x", "L = sum(x**2)/n + 3", sizes="n")
    found = gradients(graph, "L", x=[1.0, 2.0], n=2.0)
    assert found["x"] == pytest.approx([1.0, 2.0])
    assert found["n"] is None


def test_broadcasting_is_undone() -> None:
    graph = graph_of("X b", "L = sum((X + b)**2)")
    found = gradients(graph, "L", X=np.ones((3, 2)), b=[1.0, 2.0])
    assert found["b"] == pytest.approx([12.0, 18.0])
    wide = np.ones((2, 3, 4))
    assert unbroadcast(NUMPY, wide, (3, 1)).tolist() == [[8.0]] * 3
    assert unbroadcast(NUMPY, np.ones(()), (2,)).shape == (2,)


def test_a_step_with_another_rule() -> None:
    graph = graph_of("x", "a = tanh(x)", "L = a**2")
    nodes = graph.forward({"x": np.asarray(0.5)}, NUMPY)
    place = graph.places["a"]
    changed = {place: lambda xp, g, out, x: (g * out,)}
    found = graph.backward(nodes, graph.places["L"], np.ones(()), NUMPY, changed)
    assert found[graph.places["x"]] == pytest.approx(2 * np.tanh(0.5) ** 2)


def test_a_gradient_may_be_forced() -> None:
    graph = graph_of("x", "a = tanh(x)", "L = a**2")
    nodes = graph.forward({"x": np.asarray(0.5)}, NUMPY)
    forced = {graph.places["a"]: np.asarray(7.0)}
    sweep = Sweep(graph, nodes, graph.places["L"], np.ones(()), NUMPY, forced=forced)
    assert sweep.at(graph.places["x"]) == pytest.approx(7 * (1 - np.tanh(0.5) ** 2))


def test_masks_count_as_0_and_1() -> None:
    graph = graph_of("x", "m = (x > 1)", "L = sum(m + m*x + where(x > 1, x, 0))")
    nodes = graph.forward({"x": np.array([0.5, 2.0])}, NUMPY)
    assert nodes[graph.places["L"]] == pytest.approx(5.0)
    found = graph.gradients(nodes, "L", np.ones(()), NUMPY)
    assert found["x"] == pytest.approx([0.0, 2.0])


def test_many_samples_at_once_agree_with_each_alone() -> None:
    graph = graph_of("W x", "z = W @ x", "a = sigmoid(z)", "L = sum(a*z)")
    rng = np.random.default_rng(1)
    several = {"W": rng.normal(size=(5, 3, 2)), "x": rng.normal(size=(5, 2))}
    nodes = graph.forward({name: bounded(value) for name, value in several.items()}, NAMESPACE)
    seed = NAMESPACE.ones_like(nodes[graph.places["L"]])
    found = graph.gradients(nodes, "L", seed, NAMESPACE)["W"]
    assert isinstance(found, Bounded)
    for k in range(5):
        alone = gradients(graph, "L", W=several["W"][k], x=several["x"][k])["W"]
        assert np.all(np.abs(found.value[k] - alone) <= found.error[k] + 1e-15)


def test_elementwise_is_known_from_the_steps() -> None:
    made = setting(
        ["z = W @ x", "a = tanh(z)*z", "p = softmax(a)", "L = sum(p*p)"],
        {"W": ["m", "d"], "x": ["d"]},
        dims={"m": 3, "d": 2},
    )
    graph, shapes = made.graph, made.shapes[0]
    assert graph.elementwise("a", "z", shapes)
    assert not graph.elementwise("p", "z", shapes)
    assert not graph.elementwise("z", "x", shapes)


def test_sizes_differ_and_keep_their_order() -> None:
    made = setting(
        ["Y = X @ W", "L = sum(Y)"],
        {"X": ["n", "d"], "W": ["d", "k"]},
        dims={"n": 5, "d": 3, "k": 3},
    )
    for sizes in made.sizes:
        assert len(set(sizes.values())) == 3
        assert sizes["d"] < sizes["n"]
    assert made.sizes[0] != made.sizes[1]


def test_sizes_suit_a_kernel_and_keep_written_ones() -> None:
    made = setting(
        ["y = corr(x, k)", "z = corr(y, l)", "L = sum(z)*sum(c)"],
        {"x": ["n"], "k": ["m"], "l": ["p"], "c": [3]},
        dims={"n": 9, "m": 3, "p": 3},
    )
    for which, sizes in enumerate(made.sizes):
        assert sizes["n"] - sizes["m"] + 1 >= sizes["p"]
        assert made.shape("c", which) == (3,)
        assert 3 not in sizes.values()


def test_a_size_that_follows_from_others_grows_with_them() -> None:
    made = setting(
        ["y = corr(x, k)", "L = sum((y - t)**2)"],
        {"x": ["h", "w"], "k": ["i", "j"], "t": ["p", "q"]},
        dims={"h": 7, "w": 5, "i": 3, "j": 2, "p": 5, "q": 4},
    )
    for sizes in made.sizes:
        assert sizes["p"] == sizes["h"] - sizes["i"] + 1
        assert sizes["q"] == sizes["w"] - sizes["j"] + 1
    assert len(set(made.sizes[0].values())) == 6
    assert made.sizes[0] != made.sizes[1]


def test_sizes_that_must_be_equal_are_those_given() -> None:
    made = setting(
        ["z = A @ B", "L = sum(z*z.T)"],
        {"A": ["n", "k"], "B": ["k", "m"]},
        dims={"n": 4, "k": 2, "m": 4},
    )
    assert made.sizes[0]["n"] == made.sizes[0]["m"]


@pytest.mark.parametrize(
    ("lines", "line"),
    [(["a = x @ y"], 0), (["a = sum(x)", "b = a + x", "c = x @ b @ y"], 2)],
)
def test_shapes_that_do_not_fit_are_said_with_their_line(lines: list[str], line: int) -> None:
    graph = graph_of("x y", *lines)
    with pytest.raises(GraphError) as caught:
        choose({"n": 3, "m": 2}, {"x": ("n",), "y": ("m",)}, graph)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_too_large_arrays_are_refused() -> None:
    graph = graph_of("x", "a = outer(x, x)", "b = a @ a")
    with pytest.raises(GraphError, match="too large"):
        shapes_of({"x": (1000,)}, {}, graph)
