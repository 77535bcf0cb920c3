"""Exercises read from data of strangers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.judge.exercise import ExerciseError, read_exercise
from tutor.language.tree import Derivative

GOOD: dict[str, Any] = {
    "dims": {"n": 5, "d": 3},
    "vars": {
        "X": {"shape": ["n", "d"], "domain": "real"},
        "w": {"shape": ["d"]},
        "y": {"shape": ["n"], "domain": "real"},
    },
    "forward": ["yh = X @ w", "L = sum((yh - y)**2)/n"],
    "loss": "L",
    "final_form": "backprop",
    "aliases": {"delta": "dL/dyh"},
}


def test_the_example_of_the_contract_is_read() -> None:
    warnings: list[str] = []
    read = read_exercise(GOOD, warnings.append)
    assert warnings == []
    assert [variable.name for variable in read.variables] == ["X", "w", "y"]
    assert read.variables[1].domain == "real"
    assert read.quantities == ("yh", "L")
    assert read.aliases == {"delta": Derivative("L", "yh")}
    assert read.final_form == "backprop"
    assert read.vocabulary.loss == "L"
    assert read.vocabulary.dims == {"n", "d"}


def test_what_may_be_missing() -> None:
    read = read_exercise({"vars": {"x": {}}, "forward": ["L = x**2; "], "loss": "L"})
    assert (read.final_form, read.find, dict(read.dims)) == ("closed", "gradient", {})
    assert read.variables[0].shape == ()


def test_unknown_keys_are_ignored_with_a_warning() -> None:
    warnings: list[str] = []
    read_exercise({**GOOD, "colour": "blue", "a\x1b[31m": 1}, warnings.append)
    assert len(warnings) == 2
    assert "colour" in warnings[0]
    assert "\x1b" not in "".join(warnings)


def test_names_are_read_as_the_language_reads_them() -> None:
    data = {"vars": {"σ": {}, "x₁": {}}, "forward": ["z = σ*x₁", "L = z**2"], "loss": "L"}
    read = read_exercise(data)
    assert [variable.name for variable in read.variables] == ["sigma", "x1"]
    assert read.vocabulary.names == {"sigma", "x1", "z", "L"}


def test_two_exercises_are_equal_when_the_same_is_asked() -> None:
    assert read_exercise(GOOD) == read_exercise({**GOOD, "title": "another"})
    assert read_exercise(GOOD) != read_exercise({**GOOD, "final_form": "closed"})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"dims": {"n": 0, "d": 3}}, "dims.n"),
        ({"dims": {"n": True, "d": 3}}, "dims.n"),
        ({"dims": {"n": 10**30, "d": 3}}, "dims.n"),
        ({"dims": ["n"]}, "dims"),
        ({"dims": {"n": 5}}, "vars.X.shape"),
        ({"dims": {"n": 5, "d": 3, "w": 2}}, "vars.w"),
        ({"vars": []}, "vars"),
        ({"vars": {"X": 3}}, "vars.X"),
        ({"vars": {"X": {"shape": "n"}}}, "vars.X.shape"),
        ({"vars": {"X": {"shape": [1.5]}}}, "vars.X.shape"),
        ({"vars": {"X": {"shape": [-1]}}}, "vars.X.shape"),
        ({"vars": {"X": {"shape": [10**9]}}}, "vars.X.shape"),
        ({"vars": {"X": {"shape": ["n"] * 9}}}, "vars.X.shape"),
        ({"vars": {"X": {"domain": "complex"}}}, "vars.X.domain"),
        ({"vars": {"X": {"domain": []}}}, "vars.X.domain"),
        ({"vars": {"X": {"domain": "simplex"}}}, "vars.X.domain"),
        ({"vars": {"__class__": {}}}, "vars"),
        ({"vars": {"a b": {}}}, "vars"),
        ({"vars": {"": {}}}, "vars"),
        ({"vars": {"x" * 100: {}}}, "vars"),
        ({"vars": {f"x{i}": {} for i in range(300)}}, "vars"),
        ({"forward": []}, "forward"),
        ({"forward": {"z": 1}}, "forward"),
        ({"forward": [1]}, "forward"),
        ({"forward": ["yh = X @ w", "yh = y", "L = sum(yh)"]}, "forward, line 2"),
        ({"forward": ["L = sum(a)", "a = X @ w"]}, "forward, line 1"),
        ({"forward": ["L = sum(L)"]}, "forward, line 1"),
        ({"forward": ["w = X @ y", "L = sum(w)"]}, "forward, line 1"),
        ({"forward": ["L = __import__('os')"]}, "forward, line 1"),
        ({"forward": ["yh = X @ y", "L = sum(yh)"]}, "forward, line 1"),
        ({"forward": ["yh = X @ w", "L = yh - y"]}, "loss"),
        ({"loss": "M"}, "loss"),
        ({"loss": 3}, "loss"),
        ({"aliases": {"delta": "yh"}}, "aliases.delta"),
        ({"aliases": {"delta": 3}}, "aliases.delta"),
        ({"aliases": {"w": "dL/dyh"}}, "aliases.w"),
        ({"aliases": {"delta": "dL/dq"}}, "aliases.delta"),
        ({"final_form": "open"}, "final_form"),
        ({"find": "maximum"}, "find"),
        ({"find": "identity"}, "from"),
        ({"find": "identity", "from": "sum(y)", "to": "("}, "to"),
        ({"up_to": "sign"}, "up_to"),
        ({"up_to": [["constant"]]}, "up_to"),
        ({"constants": ["q"]}, "constants"),
        ({"targets": ["w"]}, "targets"),
        ({"level": 9}, "level"),
        ({"title": 3}, "title"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ExerciseError) as caught:
        read_exercise({**GOOD, **change})
    message = str(caught.value)
    assert message.startswith(where)
    assert "\n" not in message


def test_large_arrays_are_refused_before_they_are_made() -> None:
    forward = ["a = outer(x, x)", "b = a @ a", *[f"c{i} = b @ b" for i in range(50)], "L = sum(b)"]
    with pytest.raises(ExerciseError, match="too large"):
        read_exercise({"vars": {"x": {"shape": [1000]}}, "forward": forward, "loss": "L"})


def test_deep_data_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ExerciseError):
        read_exercise({**GOOD, "vars": {"X": {"shape": deep}}})
    with pytest.raises(ExerciseError):
        read_exercise({**GOOD, "constants": deep})


_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*GOOD, "find", "shape", "domain", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*GOOD, "find", "from", "to", "up_to"]), _DATA))
def test_whatever_stands_in_the_data_only_this_error_is_raised(change: dict[str, Any]) -> None:
    with suppress(ExerciseError):
        assert read_exercise({**GOOD, **change}).key
