"""Trees as numbers: over samples, NumPy and symbols; shapes by name; chains of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.arrays import numpy_
from engine.arrays.bounded import Bounded, bounded
from engine.arrays.symbols import SymbolArray, symbols_like
from tutor.judge.evaluate import Evaluation, MisfitError, value_of, values_of_terms
from tutor.judge.fitting import LARGEST
from tutor.judge.links import Linked
from tutor.language.derivation import read_line
from tutor.language.lines import Vocabulary
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Index,
    Keyword,
    Name,
    Number,
    Slice,
    Unary,
    children,
    walk,
)

N, D, M = 5, 3, 4
SIZES = {N: "n", D: "d", M: "m"}
SHAPES: dict[str, tuple[int, ...]] = {
    "X": (N, D),
    "W": (M, D),
    "w": (D,),
    "y": (N,),
    "x": (D,),
    "v": (M,),
    "k": (2,),
    "K": (2, 2),
    "a": (),
    "b": (),
    "z": (M,),
    "h": (M,),
    "L": (),
}
WORDS = Vocabulary(frozenset(SHAPES), frozenset("ndm"), {}, "L")
RNG = np.random.default_rng(8)
PLAIN = {name: RNG.normal(size=(6, *shape)) for name, shape in SHAPES.items()}
SAMPLES: dict[str, Any] = {name: bounded(value) for name, value in PLAIN.items()}
SAMPLES |= {"n": N, "d": D, "m": M}


def tree(text: str) -> Expression:
    line = read_line(text, WORDS)
    assert line is not None
    return line.sides[-1].expression


def at(k: int) -> dict[str, Any]:
    return {name: value[k] for name, value in PLAIN.items()} | {"n": N, "d": D, "m": M}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


MEANINGS: list[tuple[str, Any]] = [
    ("2*X.T @ (X @ w - y)/n", lambda v: 2 * v["X"].T @ (v["X"] @ v["w"] - v["y"]) / N),
    ("-a**2 + 3", lambda v: -(v["a"] ** 2) + 3),
    ("+a - -b", lambda v: v["a"] + v["b"]),
    ("sigmoid'(z)", lambda v: sigmoid(v["z"]) * (1 - sigmoid(v["z"]))),
    ("dtanh(z)*v", lambda v: (1 - np.tanh(v["z"]) ** 2) * v["v"]),
    ("exp'(a)", lambda v: np.exp(v["a"])),
    ("relu'(z)", lambda v: 1.0 * (v["z"] > 0)),
    ("(z > 0)*v", lambda v: (v["z"] > 0) * v["v"]),
    ("(z > 0) + (v > 0)", lambda v: 1.0 * (v["z"] > 0) + (v["v"] > 0)),
    ("(z > 0)", lambda v: 1.0 * (v["z"] > 0)),
    ("-(z > 0)", lambda v: -1.0 * (v["z"] > 0)),
    ("sum(z > 0)", lambda v: 1.0 * np.sum(v["z"] > 0)),
    ("where(z > v, z, 0)", lambda v: np.where(v["z"] > v["v"], v["z"], 0)),
    ("where(z > 0, 1, 2)*(z <= 0)", lambda v: 2.0 * (v["z"] <= 0)),
    ("max(z)", lambda v: np.max(v["z"])),
    ("max(z, v)", lambda v: np.maximum(v["z"], v["v"])),
    ("min(z, 0)", lambda v: np.minimum(v["z"], 0)),
    ("min(X)", lambda v: np.min(v["X"])),
    ("sum(X, axis=0)", lambda v: v["X"].sum(0)),
    ("mean(X, axis=-1, keepdims=True)*X", lambda v: v["X"].mean(-1, keepdims=True) * v["X"]),
    ("prod(z)", lambda v: np.prod(v["z"])),
    ("outer(v, x) - W", lambda v: np.outer(v["v"], v["x"]) - v["W"]),
    ("dot(x, w)", lambda v: v["x"] @ v["w"]),
    ("diag(z) @ W", lambda v: np.diag(v["z"]) @ v["W"]),
    ("softmax(X)", lambda v: np.exp(v["X"]) / np.exp(v["X"]).sum(-1, keepdims=True)),
    ("step(z)", lambda v: 1.0 * (v["z"] > 0)),
    ("x.T @ w", lambda v: v["x"] @ v["w"]),
    ("transpose(X) @ y", lambda v: v["X"].T @ v["y"]),
    ("flip(y)", lambda v: v["y"][::-1]),
    ("flip(X)", lambda v: v["X"][::-1, ::-1]),
    ("corr(y, k)", lambda v: np.correlate(v["y"], v["k"], "valid")),
    ("conv(y, k)", lambda v: np.convolve(v["y"], v["k"], "valid")),
    ("corr_full(y, k)", lambda v: np.correlate(v["y"], v["k"], "full")),
    ("conv_full(y, k)", lambda v: np.convolve(v["y"], v["k"], "full")),
    ("corr(X, K)", lambda v: _slid(v["X"], v["K"])),
    ("conv(X, K)", lambda v: _slid(v["X"], v["K"][::-1, ::-1])),
    ("corr_full(X, K)", lambda v: _slid(np.pad(v["X"], 1), v["K"])),
    ("conv_full(X, K)", lambda v: _slid(np.pad(v["X"], 1), v["K"][::-1, ::-1])),
    ("log(a**2)/n", lambda v: np.log(v["a"] ** 2) / N),
    ("2", lambda _: 2.0),
]


def _slid(x: Any, k: Any) -> Any:
    return np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(x, k.shape), k)


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_samples_and_numpy_give_what_the_text_means(text: str, meaning: Any) -> None:
    term = tree(text)
    many = value_of(term, SAMPLES)
    quick = value_of(
        term, {k: x.values() if isinstance(x, Bounded) else x for k, x in SAMPLES.items()}
    )
    for k in range(6):
        wanted = meaning(at(k))
        value, error = many.at(k)
        one = value_of(term, at(k), xp=numpy_.NAMESPACE)
        assert np.shape(one) == np.shape(wanted) == np.shape(value)
        np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(one, wanted, rtol=1e-12, atol=1e-13)
        np.testing.assert_array_equal(quick.at(k)[0], value)
        assert np.all(error <= 1e-11 * (1 + np.abs(value)))


@pytest.mark.parametrize("text", ["2*X.T @ (X @ w - y)/3", "sigmoid'(a)*b", "where(a > 0, b, 1)"])
def test_symbols_can_be_evaluated_too(text: str) -> None:
    values = {name: symbols_like(shape, name) for name, shape in SHAPES.items()}
    found = value_of(tree(text), values)
    assert isinstance(found, SymbolArray)
    assert found.shape == value_of(tree(text), SAMPLES).shape


def test_a_decimal_is_within_half_a_unit_and_a_fraction_exact() -> None:
    assert value_of(tree("0.1"), SAMPLES).error[0] > 0
    assert value_of(tree("0.5 + 3"), SAMPLES).error[0] == 0


def test_undefined_samples_are_values_with_unknown_error() -> None:
    found = value_of(tree("log(a) - log(a)"), {"a": bounded([-1.0, 0.0, 2.0])})
    assert np.isnan(found.value[:2]).all()
    assert found.error[:2].tolist() == [np.inf, np.inf]
    assert found.error[2] < 1e-14


MISFITS = [
    ("X @ y", "X @ y", "(n, d) @ (n,): inner sizes d and n differ"),
    ("1 + X*y", "X*y", "(n, d) * (n,): sizes d and n do not fit together"),
    ("a @ b", "a @ b", "() @ (): a scalar has no matrix product; use * for it"),
    ("sum(X.T - X)", "X.T - X", "(d, n) - (n, d): sizes n and d do not fit together"),
    ("2*corr(k, y)", "corr(k, y)", "corr: the kernel (n,) is larger than the input (2,)"),
    ("outer(X, y)", "outer(X, y)", "outer: outer takes two vectors"),
    ("outer(outer(x, y), x)", "outer(outer(x, y), x)", "outer: outer takes two vectors"),
    ("sum(y, axis=1)", "sum(y, axis=1)", "sum: there is no axis 1: the only axis is 0"),
    ("max(X, y)", "max(X, y)", "(n, d) and, in maximum, (n,): sizes d and n do not fit together"),
    ("(y > x)*a", "y > x", "(n,) > (d,): sizes n and d do not fit together"),
    ("softmax(a)", "softmax(a)", "softmax: there is no axis -1: a scalar has no axis"),
]


@pytest.mark.parametrize(("text", "place", "message"), MISFITS)
def test_what_does_not_fit_is_said_with_the_term_and_the_names(
    text: str, place: str, message: str
) -> None:
    with pytest.raises(MisfitError) as caught:
        value_of(tree(text), SAMPLES, sizes=SIZES)
    assert text[caught.value.term.start : caught.value.term.end] == place
    assert caught.value.message == message


def test_entries_are_picked_by_numbers_and_slices() -> None:
    found = value_of(Index(Name("X"), (-1, Slice(0, 2))), SAMPLES)
    np.testing.assert_array_equal(found.value, PLAIN["X"][:, -1, :2])
    with pytest.raises(MisfitError, match=r"there is no entry 7: the axis has size d"):
        value_of(Index(Name("x"), (7,)), SAMPLES, sizes=SIZES)
    with pytest.raises(MisfitError, match=r"2 places for the 1 axis of \(d,\)"):
        value_of(Index(Name("x"), (0, 0)), SAMPLES, sizes=SIZES)


def test_a_list_of_terms_is_an_array() -> None:
    found = value_of(Array((Name("a"), Number(2.0))), SAMPLES)
    np.testing.assert_array_equal(found.value, np.stack([PLAIN["a"], np.full(6, 2.0)], axis=1))
    with pytest.raises(MisfitError, match="stack"):
        value_of(Array((Name("a"), Name("x"))), SAMPLES)
    with pytest.raises(MisfitError, match="empty"):
        value_of(Array(()), SAMPLES)


def test_without_names_the_sizes_are_numbers() -> None:
    with pytest.raises(MisfitError, match=r"\(5, 3\) @ \(5,\): inner sizes 3 and 5 differ"):
        value_of(tree("X @ y"), SAMPLES)


def _call(name: str, *operands: Expression, **keywords: Any) -> Call:
    return Call(name, operands, tuple(Keyword(key, value) for key, value in keywords.items()))


@pytest.mark.parametrize(
    "term",
    [
        _call("broadcast_to", Name("a"), shape=(10**9, 10**9)),
        _call("broadcast_to", Name("a"), shape=(300, 300)),
        _call("pad", Name("X"), width=9000),
        _call("scatter", Name("a"), shape=(10**6,), index=0),
        _call("diag", Name("x"), k=5000),
        _call("reshape", Name("X"), shape=(10**12, -1)),
        _call("windows", Name("X"), sizes=(10**8,), strides=(1,)),
        _call("take", Name("x"), indices=tuple([0] * 9), axis=10**20),
        _call("no_such_function", Name("x")),
        _call("softmax'", Name("x")),
        _call("exp", Name("x"), Name("x")),
        _call("exp", Name("x"), axis=1),
        _call("sum", Name("x"), axis="first"),
        _call("one_hot"),
        Name("nobody"),
        Derivative("L", "x"),
    ],
)
def test_hostile_calls_are_refused_before_they_are_computed(term: Expression) -> None:
    with pytest.raises(MisfitError) as caught:
        value_of(term, SAMPLES)
    assert caught.value.term == term


def test_no_expression_can_grow_its_arrays_without_end() -> None:
    """Columns times rows, again and again."""
    big: Expression = Name("x")
    for _ in range(12):
        big = _call("concatenate", big, big)
    with pytest.raises(MisfitError, match="to work out"):
        value_of(big, SAMPLES)
    wide = _call(
        "outer", _call("concatenate", *[Name("y")] * 30), _call("concatenate", *[Name("y")] * 30)
    )
    with pytest.raises(MisfitError, match=f"{LARGEST:,} at most"):
        value_of(wide, SAMPLES)


def test_the_work_for_one_tree_is_bounded() -> None:
    square: Expression = _call("outer", *[_call("concatenate", *[Name("y")] * 15)] * 2)
    assert value_of(square, SAMPLES).shape == (75, 75)
    for _ in range(30):
        square = _call("tanh", square)
    with pytest.raises(MisfitError, match="this takes more than 100,000 entries to work out"):
        value_of(square, SAMPLES)


def test_a_chain_of_hundreds_of_terms_is_no_trouble() -> None:
    long: Expression = Name("a")
    deep: Expression = Name("a")
    for _ in range(3000):
        long = Binary("+", long, Name("b"))
        deep = Unary("-", deep)
    assert value_of(long, SAMPLES).shape == ()
    assert np.array_equal(value_of(deep, SAMPLES).value, SAMPLES["a"].value)


# dL/dz · dz/d… for z = W x + v·0, a = tanh(z), L = Σ a·h: links with known values.
def links(of: str, by: str) -> Any:
    """Derivatives of z = W @ x, h = tanh(z), L = sum(h*v) at the samples."""
    z = PLAIN["W"] @ PLAIN["x"][..., None]
    z = z[..., 0]
    slope = 1 - np.tanh(z) ** 2
    to_h, to_z = PLAIN["v"], PLAIN["v"] * slope
    eye = np.eye(M)
    match of, by:
        case "L", "h":
            return bounded(to_h)
        case "L", "z":
            return bounded(to_z)
        case "L", "W":
            return bounded(np.einsum("si,sj->sij", to_z, PLAIN["x"]))
        case "L", "x":
            return bounded(np.einsum("si,sij->sj", to_z, PLAIN["W"]))
        case "L", "a":
            return bounded(to_h[:, 0])
        case "a", "b":
            return bounded(to_h[:, 1])
        case "h", "z":
            return Linked("h", "z", 1, bounded(eye * slope[:, :, None]), bounded(slope))
        case "z", "W":
            return Linked("z", "W", 1, bounded(np.einsum("ij,sk->sijk", eye, PLAIN["x"])))
        case "z", "x":
            return Linked("z", "x", 1, bounded(PLAIN["W"]))
        case "h", "x":
            return Linked("h", "x", 1, bounded(slope[:, :, None] * PLAIN["W"]))
        case "W", "z":
            return Linked("W", "z", 2, bounded(np.ones((6, M, D, M))))
        case _:
            raise AssertionError((of, by))


def same(text: str, of: str, by: str) -> None:
    """A chain is the derivative that its ends name."""
    wanted = links(of, by)
    found = value_of(tree(text), SAMPLES, links)
    assert isinstance(found, Linked)
    assert (found.of, found.by) == (of, by)
    right = wanted.jacobian if isinstance(wanted, Linked) else wanted
    np.testing.assert_allclose(found.jacobian.value, right.value, rtol=1e-12)
    assert np.all(found.jacobian.error < 1e-12)


@pytest.mark.parametrize(
    ("text", "of", "by"),
    [
        ("dL/dh * dh/dz * dz/dW", "L", "W"),
        ("dz/dW * dh/dz * dL/dh", "L", "W"),
        ("dL/dh * dz/dW * dh/dz", "L", "W"),
        ("dz/dW * dL/dh * dh/dz", "L", "W"),
        ("dL/dz * dz/dW", "L", "W"),
        ("dz/dW * dL/dz", "L", "W"),
        ("dz/dW @ dL/dz", "L", "W"),
        ("dL/dz @ dz/dx", "L", "x"),
        ("dh/dz @ dz/dx", "h", "x"),
        ("dh/dz * dz/dx", "h", "x"),
        ("dz/dx * dh/dz", "h", "x"),
        ("2*dL/dz*dz/dx/2", "L", "x"),
        ("-(-dL/dz) * dz/dx", "L", "x"),
        ("dL/dh * (dh/dz * dz/dx)", "L", "x"),
        ("-dz/dW * dL/dh * (-dh/dz)", "L", "W"),
        ("dL/dh*dz/dW*3*dh/dz/3", "L", "W"),
        ("dL/dz * (dz/dx + dz/dx)/2", "L", "x"),
        ("dL/dz*dz/dx*2 - dL/dh*dh/dx", "L", "x"),
        ("dh/dz * (2*dz/dx - dz/dx)", "h", "x"),
        ("(dh/dz).T @ dL/dh", "L", "z"),
        ("transpose(dh/dz) @ dL/dh", "L", "z"),
    ],
)
def test_a_product_of_derivatives_is_the_chain(text: str, of: str, by: str) -> None:
    same(text, of, by)


@pytest.mark.parametrize(
    ("text", "of", "by"),
    [
        ("v * dh/dz", "L", "z"),
        ("dh/dz * v", "L", "z"),
        ("v @ dh/dz", "L", "z"),
        ("v * (1 - h**2)*0 + dL/dz", "L", "z"),
        ("dL/dh * dtanh(W @ x)", "L", "z"),
        ("outer(dL/dz, x)", "L", "W"),
        ("W.T @ dL/dz", "L", "x"),
        ("dL/dz @ W", "L", "x"),
        ("(dz/dx).T @ dL/dz", "L", "x"),
        ("(v * dtanh(W @ x)) * dz/dW", "L", "W"),
        ("(v * dtanh(W @ x)) * dz/dx", "L", "x"),
        ("(v * dtanh(W @ x)) @ dz/dx", "L", "x"),
        ("(dL/dx).T", "L", "x"),
        ("transpose(dz/dx) @ dL/dz", "L", "x"),
        ("W.T @ dh/dz @ dL/dh", "L", "x"),
        ("dL/dh @ (dh/dz @ W)", "L", "x"),
    ],
)
def test_a_derivative_among_ordinary_arrays_is_one_itself(text: str, of: str, by: str) -> None:
    found = value_of(tree(text), SAMPLES, links)
    if isinstance(found, Linked):
        found = found.jacobian
    np.testing.assert_allclose(found.value, links(of, by).value, rtol=1e-12)


def test_an_elementwise_derivative_is_its_diagonal() -> None:
    found = value_of(tree("dh/dz + 0"), SAMPLES, links)
    np.testing.assert_array_equal(found.value, links("h", "z").diagonal.value)
    alone = value_of(tree("dh/dz"), SAMPLES, links)
    assert isinstance(alone, Linked)
    assert alone.diagonal is not None


def test_a_jacobian_of_vectors_is_a_matrix_that_can_be_applied() -> None:
    found = value_of(tree("dz/dx @ w"), SAMPLES, links)
    np.testing.assert_allclose(found.at(2)[0], PLAIN["W"][2] @ PLAIN["w"][2])


def test_scalars_multiply_whatever_their_names() -> None:
    found = value_of(tree("dL/da * dL/da"), SAMPLES, links)
    np.testing.assert_allclose(found.value, links("L", "a").value ** 2)
    found = value_of(tree("a*dL/da*da/db"), SAMPLES, links)
    assert (found.of, found.by) == ("L", "b")


def test_links_that_do_not_join_are_named() -> None:
    with pytest.raises(MisfitError, match="dL/dh and dz/dx do not join"):
        value_of(tree("dL/dh * dz/dx"), SAMPLES, links, sizes=SIZES)
    with pytest.raises(MisfitError, match="dL/dh and dz/dx do not join"):
        value_of(tree("x + dL/dh * dz/dx"), SAMPLES, links)


def test_known_terms_are_not_computed_again() -> None:
    term = tree("2*X.T @ (X @ w - y)/n")
    known = values_of_terms(term, SAMPLES)
    assert len(known) == len(list(walk(term)))
    assert value_of(term, {}, known=known, xp=None) is known[id(term)]


def _paths(term: Expression) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    waiting: list[tuple[Expression, tuple[int, ...]]] = [(term, ())]
    while waiting:
        at_term, path = waiting.pop()
        found.append(path)
        waiting.extend((child, (*path, i)) for i, child in enumerate(children(at_term)))
    return found


def _replaced(term: Expression, path: tuple[int, ...], new: Expression) -> Expression:
    if not path:
        return new
    place, rest = path[0], path[1:]
    match term:
        case Binary():
            sides = [term.left, term.right]
            sides[place] = _replaced(sides[place], rest, new)
            return Binary(term.sign, sides[0], sides[1])
        case Unary():
            return Unary(term.sign, _replaced(term.operand, rest, new))
        case Call():
            operands = list(term.operands)
            operands[place] = _replaced(operands[place], rest, new)
            return Call(term.function, tuple(operands), term.keywords)
    raise AssertionError(term)


def test_a_number_in_the_place_of_a_mask_stays_what_it_is() -> None:
    term = tree("(z > 0)*v")
    evaluation = Evaluation(SAMPLES)
    found = evaluation.revalued(term, (0,), SAMPLES["z"], evaluation.terms(term))
    np.testing.assert_array_equal(found.value, PLAIN["z"] * PLAIN["v"])


def test_a_name_of_a_mask_counts_as_zeros_and_ones() -> None:
    masks = {"z": PLAIN["z"][0] > 0, "v": PLAIN["v"][0]}
    np.testing.assert_array_equal(value_of(tree("-z + z + z"), masks), 1.0 * masks["z"])


scalars = st.recursive(
    st.sampled_from(["a", "b"]).map(Name) | st.sampled_from([1.0, 2.0, 0.5]).map(Number),
    lambda below: (
        st.builds(Binary, st.sampled_from("+-*"), below, below)
        | st.builds(Unary, st.just("-"), below)
        | st.builds(lambda x: Call("tanh", (x,)), below)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(scalars, st.data())
def test_a_changed_place_is_the_changed_tree(term: Expression, data: st.DataObject) -> None:
    """Only the path from a place to the root is computed again, whatever the place."""
    path = data.draw(st.sampled_from(_paths(term)))
    evaluation = Evaluation(SAMPLES)
    known = evaluation.terms(term)
    new = Binary("+", Name("a"), Number(3.0))
    found = evaluation.revalued(term, path, evaluation.value(new), known)
    np.testing.assert_array_equal(
        found.value + 0 * SAMPLES["a"].value,
        value_of(_replaced(term, path, new), SAMPLES).value + 0 * SAMPLES["a"].value,
    )


ENTRYWISE = (
    "sigmoid tanh exp log sqrt relu abs sin softplus step sigmoid' tanh' log' softmax".split()
)
terms = st.recursive(
    st.sampled_from(["z", "v", "h"]).map(Name)
    | st.sampled_from([1.0, 2.0, 0.5, 0.1, 1e6]).map(Number),
    lambda below: (
        st.builds(Binary, st.sampled_from("+-*/"), below, below)
        | st.builds(
            lambda x, n: Binary("**", x, Number(n)), below, st.sampled_from([2.0, -1.0, 0.5])
        )
        | st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(ENTRYWISE), below)
        | st.builds(
            lambda f, x, y: Call(f, (x, y)), st.sampled_from(["maximum", "minimum"]), *[below] * 2
        )
        | st.builds(lambda a, b, x: Call("where", (Compare(">", a, b), x, a)), below, below, below)
        | st.builds(
            lambda f, x: Call(f, (Binary("*", Name("v"), x),)),
            st.sampled_from(["sum", "mean", "max", "prod"]),
            below,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=150)
@given(terms, st.sampled_from([0.3, 1.0, 8.0, 60.0]), st.integers(0, 10**6))
def test_bounds_cover_the_same_expression_in_extended_precision(
    term: Expression, scale: float, seed: int
) -> None:
    """Whatever overflows, saturates or cancels on the way."""
    rng = np.random.default_rng(seed)
    points = {name: rng.normal(size=(5, M)) * scale for name in ("z", "v", "h")}
    try:
        found = value_of(term, {name: bounded(x) for name, x in points.items()})
    except MisfitError:
        return
    for k in range(5):
        true = value_of(
            term,
            {name: x[k].astype(np.longdouble) for name, x in points.items()},
            xp=numpy_.NAMESPACE,
        )
        value, error, exact = np.broadcast_arrays(*found.at(k), true)
        known = np.isfinite(value) & np.isfinite(error) & np.isfinite(exact)
        assert np.all(np.abs(value - exact)[known] <= error[known] * 1.001)
        beyond = np.isinf(value) & (error == 0)
        assert not np.any(np.abs(exact[beyond]) < 1e300)
