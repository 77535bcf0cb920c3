"""Whatever is typed, the only error is LanguageError, and it can always be shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.language import LanguageError, bind, parse, parse_at, read_at, unparse, words

PIECES = [
    *"+-*/@^()[],;:=<>.'\"{}#\n ²³ᵀ·−×⊙σδ₁∂′xyzWTe0123456789",
    *("**", "==", "!=", ">=", "//", "->", ":=", ".T", "^T", "1e5", "0.5", "nan", "inf"),
    *("exp", "sum", "max", "einsum", "where", "reshape", "softmax", "sigmod", "axis=0"),
    *("True", "lambda", "__import__", "_", "(2, 3)", "x[0:1]", "[1, 2]", "ij,jk->ik", "shape="),
    *("\x00", "\x1b", "\ud800", "\u202e", "é", "\U0001f600", "\r", "\t", "$", "%", "!"),
]

texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.lists(st.sampled_from(PIECES[:70]), max_size=12).map(" ".join),
)


def check(error: LanguageError, text: str) -> None:
    assert 0 <= error.start <= error.end <= max(len(text), error.start) + 1
    assert error.start <= len(text)
    assert str(error).isprintable()


@settings(max_examples=600)
@given(texts)
def test_reading(text: str) -> None:
    try:
        program = parse(text)
    except LanguageError as error:
        check(error, text)
        return
    assert parse(unparse(program), declared=program.inputs) == program
    assert words(program).isprintable()


@pytest.mark.long
@settings(max_examples=300)
@given(st.lists(texts, max_size=2))
def test_values(options: list[str]) -> None:
    try:
        parse_at(options)
    except LanguageError as error:
        check(error, error.text)
        known = error.text in options
    else:
        known = True
    assert known


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000,
        "x" * 1_000_000,
        "(" * 1_000_000,
        "\n" * 1_000_000,
        "9" * 19_999,
        "9**9**9**9" * 100,
        "(" * 1_999,
        "[" * 1_999,
        "-" * 1_999,
        "exp(" * 490,
        "x**" * 390,
        "[[" * 190 + "]]" * 5,
        "1.." * 600,
        "x[" * 390,
        "\x00" * 1_999,
        "\ud800\udfff" * 900,
        "\x1b]0;title\x07" * 90,
        "((((x)" * 60,
        "f(" * 190 + ",,",
        "#" * 19_000,
        ";" * 1_999,
        "=" * 399,
        "e" * 1_999 + "(x)",
        ("x = x;" * 300 + "\n") * 9,
        "\n".join(["x" * 99] * 199),
        "__class__.__bases__[0].__subclasses__()",
        "().__class__",
        "x.__init__.__globals__",
        "exec('import os')",
        "(lambda: 0)()",
        "[x for x in y]",
        "f'{x}'",
        "x if 1 else y",
        "import os; os.system('ls')",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    check(caught.value, text)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000,
        "x=" + "[" * 10_000,
        "x=" + "1," * 9_999,
        "x=[" + "1," * 9_990 + "[2]]",
        "x=" + "9" * 500,
        "x=\x00.npy",
        "x=\ud800.npy",
        "x=" + "a" * 5_000 + ".npy",
        "\x1b=1",
        "=" * 20_000,
        "," * 20_000,
        "x=__import__('os')",
        "x=/dev/zero.npy",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_values_are_refused(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        bind(parse("x"), read_at([text]))
    check(caught.value, text)
    assert len(str(caught.value)) < 250
