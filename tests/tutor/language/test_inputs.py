"""Values as they are typed after --at."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.language import LanguageError, bind, parse, parse_at, read_at


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["x=-2,y=5,z=-4"], {"x": -2.0, "y": 5.0, "z": -4.0}),
        (["x=-2", "y=5"], {"x": -2.0, "y": 5.0}),
        ([" x = 1e-3 , y = .5 "], {"x": 0.001, "y": 0.5}),
        (["x=−2,y=+3"], {"x": -2.0, "y": 3.0}),
        (["x=inf,y=-inf"], {"x": math.inf, "y": -math.inf}),
        (["x₁=1"], {"x1": 1.0}),
        (["σ=2"], {"sigma": 2.0}),
        (["x=1e−3"], {"x": 0.001}),
    ],
)
def test_numbers(texts: list[str], values: dict[str, float]) -> None:
    assert parse_at(texts) == values


def test_nan() -> None:
    assert math.isnan(parse_at(["x=nan"])["x"])
    assert math.isnan(parse_at(["x=NaN"])["x"])


def test_arrays_keep_their_commas() -> None:
    values = parse_at(["W=[[1,2],[3,-4e-1]],x=[1],y=2,T=[[[1],[2]]]"])
    assert values["y"] == 2.0
    np.testing.assert_array_equal(values["W"], [[1, 2], [3, -0.4]])
    assert np.shape(values["x"]) == (1,)
    assert np.shape(values["T"]) == (1, 2, 1)
    assert np.asarray(values["W"]).dtype == np.float64


def test_a_large_list_is_read() -> None:
    rows = ",".join("[" + ",".join(["0.25"] * 30) + "]" for _ in range(30))
    assert np.shape(parse_at([f"W=[{rows}]"])["W"]) == (30, 30)


def test_files(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "a.npy", array)
    np.save(tmp_path / "whole.npy", np.arange(3))
    np.save(tmp_path / "big_endian.npy", np.array([1.5, 2.5], dtype=">f8"))
    np.save(tmp_path / "number.npy", np.float64(2.5))
    values = parse_at([f"x={tmp_path}/a.npy,y=1", f"k={tmp_path}/whole.npy"])
    np.testing.assert_array_equal(values["x"], array)
    assert np.asarray(values["x"]).dtype == np.float32
    assert np.asarray(values["k"]).dtype == np.float64
    swapped = np.asarray(parse_at([f"b={tmp_path}/big_endian.npy"])["b"])
    assert swapped.dtype.isnative
    np.testing.assert_array_equal(swapped, [1.5, 2.5])
    assert parse_at([f"n={tmp_path}/number.npy"])["n"] == 2.5


def _pickled(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def _claims_too_much(path: Path) -> None:
    np.save(path, np.zeros(4))
    data = path.read_bytes().replace(b"(4,)", b"(99999999999,)")
    path.write_bytes(data)


def _archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.zeros(2))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(256 * 1024 * 1024 + 1)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.write_bytes(b""), "no array of numbers"),
        (lambda path: path.write_bytes(b"hello"), "no array of numbers"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\xff\xff{"), "no array of numbers"),
        (lambda path: path.mkdir(), "this is not a file"),
        (lambda path: np.save(path, np.array(["a"])), "inputs are real numbers"),
        (lambda path: np.save(path, np.array([1j])), "inputs are real numbers"),
        (_pickled, "no array of numbers"),
        (_claims_too_much, "no array of numbers"),
        (_archive, "several arrays"),
        (_sparse, "at most 268435456 are read"),
        (os.mkfifo, "this is not a file"),
    ],
)
def test_files_that_hold_no_array(write: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    write(path)
    text = f"y=1,x={path}"
    with pytest.raises(LanguageError) as caught:
        parse_at([text])
    assert caught.value.reason == "bad_arguments"
    assert said in caught.value.message
    assert text[caught.value.start : caught.value.end] == str(path)


@pytest.mark.parametrize(
    ("text", "reason", "pointed", "said"),
    [
        ("", "empty_input", "", "there is nothing to read"),
        ("x", "syntax_error", "x", "expected name=value, found x"),
        ("x=1,2", "syntax_error", "2", "a vector is written x=[1, 2]"),
        ("x=1,,y=2", "syntax_error", ",", "expected name=value"),
        ("x=1,", "syntax_error", "", "expected name=value"),
        ("x=", "syntax_error", "x=", "x is given no value"),
        ("=1", "syntax_error", "=", "a name is missing"),
        ("2x=1", "syntax_error", "2x", "2x is not a name"),
        ("x y=1", "syntax_error", "x y", "x y is not a name"),
        ("x=a", "syntax_error", "a", "expected a number, found the name a"),
        ("x=1 2", "syntax_error", "2", "expected the end of the value"),
        ("x=1/3", "syntax_error", "/", 'found "/"'),
        ("x=--1", "syntax_error", "-", 'found "-"'),
        ("x=-", "syntax_error", "", "expected a number"),
        ("x=[1,2", "syntax_error", "[", "never closed"),
        ("x=[1 2]", "syntax_error", "2", 'expected "," or "]"'),
        ("x=[]", "bad_arguments", "[]", "at least one entry"),
        ("x=[[1,2],[3]]", "bad_arguments", "[3]", "rows of 2 and 1 entries"),
        ("x=[1,[2]]", "bad_arguments", "[2]", "a number and a list"),
        ("x=[[1],2]", "bad_arguments", "2", "a number and a list"),
        ("x=[[[1]],[[1,2]]]", "bad_arguments", "[[1,2]]", "rows of the shapes (1, 1) and (1, 2)"),
        ("x=1,x=2", "bad_arguments", "x=2", "x is given twice"),
        ("x=1e300", "number_too_large", "1e300", "larger than 1e250"),
        ("x=" + "1" * 41, "number_too_large", "1" * 41, "at most 40"),
        ("x=1\x07", "bad_character", "\x07", "U+0007 at column 4"),
        ("x=" + "[" * 33 + "1" + "]" * 33, "too_deep", "[", "more than 32 brackets"),
        ("x=[" + "1," * 10_000 + "1]", "too_long", ",", "put the array in a file"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_refused(text: str, reason: str, pointed: str, said: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_at([text])
    error = caught.value
    assert error.reason == reason
    assert said in str(error)
    assert error.text is text
    if pointed:
        assert text[error.start : error.end] == pointed
    else:
        assert error.start == len(text)


def test_the_same_name_in_two_options_is_refused() -> None:
    with pytest.raises(LanguageError, match="x is given twice") as caught:
        parse_at(["x=1", "y=2,x=3"])
    assert caught.value.text == "y=2,x=3"


def test_values_come_in_the_order_of_the_program() -> None:
    values = bind(parse("w*x + b"), read_at(["b=3,x=2", "w=1"]))
    assert list(values.items()) == [("w", 1.0), ("x", 2.0), ("b", 3.0)]


def test_a_missing_value_points_into_the_expression() -> None:
    with pytest.raises(LanguageError) as caught:
        bind(parse("w*x + b"), read_at(["w=1,x=2"]))
    error = caught.value
    assert error.message == "the expression uses w, x and b; --at gives no value for b"
    assert error.hint == "add --at b=..."
    assert (error.text, error.start, error.end) == ("w*x + b", 6, 7)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("e**x", "write exp(x)"),
        ("pi*x", "write 3.14"),
        ("foo(x)", "there is no function foo"),
        ("sigmoid*x", "write sigmoid(...)"),
        ("a*x + b", "add --at a=...,b=..."),
    ],
)
def test_the_hint_for_a_missing_value(text: str, hint: str) -> None:
    with pytest.raises(LanguageError) as caught:
        bind(parse(text), read_at(["x=1"]))
    assert hint in caught.value.hint


def test_a_value_too_many_points_into_the_option() -> None:
    with pytest.raises(LanguageError) as caught:
        bind(parse("w1*x"), read_at(["x=2,w_1=1"]))
    error = caught.value
    assert error.message == "the expression uses w1 and x; --at gives w_1"
    assert error.hint == "did you mean w1?"
    assert error.reason == "unknown_name"
    assert (error.text, error.start, error.end) == ("x=2,w_1=1", 4, 9)


def test_a_value_for_what_the_program_works_out() -> None:
    with pytest.raises(LanguageError, match="z is worked out by the expression itself"):
        bind(parse("z = x + 1; z**2"), read_at(["x=2,z=1"]))


def test_a_declared_function_name_is_an_input() -> None:
    given = read_at(["step=0.5,x=3"])
    program = parse("step(x - 1)", declared=given)
    assert bind(program, given) == {"step": 0.5, "x": 3.0}
