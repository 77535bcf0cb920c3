"""Whatever a derivation holds, the only error is LanguageError; what is read can be written."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.language import LanguageError, unparse, words
from tutor.language.admitted import known_functions
from tutor.language.derivation import (
    forward_program,
    read_expression,
    read_line,
    read_lines,
    read_name,
)
from tutor.language.lines import Vocabulary
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Keyword,
    Name,
    Number,
    Transpose,
    Unary,
)

NAMES = ("x", "w", "b", "y", "z1", "a", "L", "X", "dh", "h", "dz", "z", "T", "d_k", "w_dx", "d")
VOCABULARY = Vocabulary(frozenset(NAMES), frozenset({"n"}), {"delta": Derivative("L", "z")}, "L")
BOUND = Vocabulary(VOCABULARY.names, VOCABULARY.dims, VOCABULARY.aliases, "L", bounds=True)

PIECES = [
    *"+-*/@^()[],;:=<>.'\"{}# \t²³ᵀ·−×⊙σδ₁∂′xywzaLTn0123456789",
    *("**", "==", "!=", "<=", ">=", "//", ":=", ".T", "^T", "1e5", "0.5", "≤", "dL/dw", "dL_dw"),
    *("dx", "dh/dz", "exp(", "sum(", "max(", "sigma'(", "dtanh(", ", axis=0", ", keepdims=True"),
    *("True", "lambda", "__import__('os')", "_", "np.", "delta", "g = ", "= ", "softmax'", "q"),
    *("\x00", "\x1b", "\ud800", "\u202e", "é", "\U0001f600", "\r", "\n", "$", "%", "!"),
]
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.lists(st.sampled_from(PIECES[:90]), max_size=12).map(" ".join),
)

ELEMENTWISE = ("sigmoid", "tanh", "relu", "exp", "log", "sqrt", "abs", "sin")
numbers = st.one_of(
    st.integers(0, 10**6).map(float),
    st.floats(0, 1e250, allow_nan=False).filter(lambda value: len(repr(value)) <= 40),
)
leaves = st.one_of(
    numbers.map(Number),
    st.sampled_from((*NAMES, "n")).map(Name),
    st.builds(Derivative, st.sampled_from(NAMES), st.sampled_from(NAMES)),
)


def one_level(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    keywords = st.sampled_from(
        [(), (Keyword("axis", 0),), (Keyword("axis", -1), Keyword("keepdims", True))]
    )
    return st.one_of(
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "@", "**"]), inner, inner),
        st.builds(Compare, st.sampled_from([">", "<", ">=", "<=", "==", "!="]), inner, inner),
        st.builds(Transpose, inner),
        st.builds(Call, st.sampled_from(ELEMENTWISE), st.tuples(inner)),
        st.builds(Call, st.sampled_from([f"{name}'" for name in ELEMENTWISE]), st.tuples(inner)),
        st.builds(Call, st.sampled_from(["maximum", "dot", "outer"]), st.tuples(inner, inner)),
        st.builds(Call, st.sampled_from(["sum", "mean", "max"]), st.tuples(inner), keywords),
        st.builds(Call, st.just("where"), st.tuples(inner, inner, inner)),
    )


trees = st.recursive(leaves, one_level, max_leaves=12)


@settings(max_examples=250)
@given(trees)
def test_what_is_written_reads_as_the_same_tree(tree: Expression) -> None:
    text = unparse(tree)
    assert read_expression(f"({text})", VOCABULARY) == tree
    assert words(tree).isprintable()


def check(error: LanguageError, text: str, line: int | None = None) -> None:
    assert error.line == line
    assert 0 <= error.start <= error.end <= max(len(text), error.start) + 1
    assert error.start <= len(text)
    assert error.text == text
    assert str(error).isprintable()
    assert len(str(error)) < 250


@settings(max_examples=400)
@given(texts, st.sampled_from([VOCABULARY, BOUND]))
def test_reading(text: str, vocabulary: Vocabulary) -> None:
    try:
        line = read_line(text, vocabulary)
    except LanguageError as error:
        check(error, text, 0)
        return
    if line is None:
        return
    for side in line.sides:
        assert 0 <= side.start <= side.expression.start < side.expression.end <= side.end
        assert side.end <= len(text)
    assert read_line(unparse(line), vocabulary) == line
    assert words(line).isprintable()


@settings(max_examples=150)
@given(st.lists(texts, max_size=4))
def test_reading_several(lines: list[str]) -> None:
    try:
        read = read_lines(lines, VOCABULARY)
    except LanguageError as error:
        check(error, lines[error.line or 0], error.line or 0)
    else:
        assert [line.number for line in read if line] == [
            number for number, line in enumerate(read) if line
        ]


@settings(max_examples=100)
@given(texts)
def test_forward_lines(text: str) -> None:
    try:
        forward_program([text], NAMES)
    except LanguageError as error:
        check(error, text, 0)
    try:
        read_name(text)
    except LanguageError as error:
        check(error, text)


HOSTILE = [
    "x" * 1_000_000,
    "\n" * 1_000_000,
    "(" * 1_999,
    "[" * 1_999,
    "-" * 1_999,
    "exp(" * 490,
    "x**" * 390,
    "'" * 1_999,
    "sigma'" * 300,
    "sigma'(" * 130,
    "x.T" * 390 + "(",
    "\x00" * 1_999,
    "\ud800\udfff" * 900,
    "\x1b]0;title\x07" * 90,
    "d" * 1_999,
    "_d" * 999,
    "d" + "L_d" * 600,
    "dL_d" * 499,
    "∂" * 399,
    "∂L/" * 130,
    "dL/" * 130,
    "=" * 399,
    "= x " * 500,
    "e" * 1_999 + "(x)",
    "__class__.__bases__[0].__subclasses__()",
    "().__class__.__mro__",
    "x.__init__.__globals__",
    "exec('import os')",
    "(lambda: 0)()",
    "[x for x in y]",
    "f'{x}'",
    "b'x'",
    "import os; os.system('ls')",
    "open('x').read()",
    "$(reboot)",
    "`reboot`",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%s%s%s%n",
    "' OR 1=1 --",
    "DROP TABLE x;",
    "sum(x, axis=99999999999999999999)",
    "x[99999999999]",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        read_line(text, VOCABULARY)
    check(caught.value, text, 0)
    for char in set(text) - {"∂"}:
        assert " " <= char <= "~" or char not in str(caught.value)


def test_reading_opens_imports_and_compiles_nothing() -> None:
    seen: list[str] = []
    watching = [True]

    def watch(event: str, _: tuple[object, ...]) -> None:
        if watching[0] and event in ("open", "import", "exec", "compile", "subprocess.Popen"):
            seen.append(event)

    sys.addaudithook(watch)
    try:
        for text in (*HOSTILE, *(f"{name}(x)" for name in known_functions()), "dL/dw = sigmod(x)"):
            try:
                read_line(text, VOCABULARY)
            except LanguageError:
                continue
    finally:
        watching[0] = False
    assert seen == []
