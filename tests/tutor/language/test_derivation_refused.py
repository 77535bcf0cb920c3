"""Lines of a derivation that are refused: the reason, the place and what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tutor.language import LanguageError
from tutor.language.derivation import (
    check_limits,
    forward_program,
    read_expression,
    read_line,
    read_lines,
    read_name,
)
from tutor.language.lines import Vocabulary
from tutor.language.tree import Derivative, Name

VOCABULARY = Vocabulary(
    names=frozenset("x w b y z z1 a L W1 h theta gamma_1".split()),
    dims=frozenset({"n"}),
    aliases={"delta": Derivative("L", "z")},
    loss="L",
)
BOUND = replace(VOCABULARY, bounds=True)

# text, reason, the part of the text that is pointed at, a part of what is said
REFUSED = [
    # out of the grammar
    ("x =", "syntax_error", "=", 'nothing stands behind "="'),
    ("=", "syntax_error", "=", 'nothing stands behind "="'),
    ("x = = b", "syntax_error", "= b"[:1], "an expression was expected"),
    ("x == b", "syntax_error", "x == b", 'related by a single "="'),
    ("dL/dw == b", "syntax_error", "dL/dw == b", 'related by a single "="'),
    ("x +", "syntax_error", "", "found the end of the text"),
    ("x + * b", "syntax_error", "*", 'found "*"'),
    ("(x + b", "syntax_error", "(", '"(" is never closed'),
    ("x + b)", "syntax_error", ")", '")" closes nothing'),
    ("()", "syntax_error", "(", "nothing stands in these parentheses"),
    ("x b", "syntax_error", "b", "for a product write *"),
    ("2 3", "syntax_error", "3", "found the number 3"),
    ("(a)2", "syntax_error", "2", "found the number 2"),
    ("x, b", "syntax_error", ",", 'found ","'),
    ("a < b < x", "syntax_error", "<", "comparisons do not follow each other"),
    ("exp x", "syntax_error", "exp", "write exp(x)"),
    ("sigma' z", "syntax_error", "sigma'", "write sigma'(z)"),
    ("sigma'*z", "syntax_error", "sigma'", "needs its argument in parentheses"),
    ("∂", "syntax_error", "∂", "write dA/dB"),
    ("∂(x)/∂w", "syntax_error", "∂", "write dA/dB"),
    ("x.", "syntax_error", "", 'expected T after "."'),
    ("W1.T(a)", "syntax_error", "(", "write @ for the matrix product"),
    ("x²³", "syntax_error", "³", "one raised digit"),
    ("1_000", "syntax_error", "1_", "no underscore"),
    ("the answer x", "unknown_name", "the", "nothing here is named the"),
    ("the answer is x", "forbidden_syntax", "is", "a word of Python"),
    ("exp(a = b)", "bad_arguments", "a", "takes no argument named a"),
    # names that nobody declared
    ("q", "unknown_name", "q", "nothing here is named q"),
    ("x*thet", "unknown_name", "thet", "did you mean theta?"),
    ("Gamma1", "unknown_name", "Gamma1", "did you mean gamma_1?"),
    ("Z1", "unknown_name", "Z1", "did you mean z1?"),
    ("dL/dthets", "unknown_name", "dthets", "did you mean dtheta?"),
    ("dL/dq", "unknown_name", "dq", "nothing here is named dq"),
    ("dQ/dw", "unknown_name", "dQ", "nothing here is named dQ"),
    ("dL_dq = x", "unknown_name", "dL_dq", "nothing here is named dL_dq"),
    ("dL_dthet = x", "unknown_name", "dL_dthet", "did you mean dL_dtheta?"),
    ("x = q = b", "unknown_name", "q", "nothing here is named q"),
    ("g = g + x", "unknown_name", "g", "nothing here is named g"),
    ("dn", "unknown_name", "dn", "nothing here is named dn"),
    ("d L/d w", "unknown_name", "d", "nothing here is named d"),
    ("e**x", "unknown_name", "e", "write exp(x)"),
    ("2pi", "unknown_name", "pi", "write 3.14159"),
    ("inf", "unknown_name", "inf", "250 digits"),
    ("d(x)", "unknown_name", "d", "a derivative is written dA/dB"),
    ("foo(x)", "unknown_name", "foo", "neither a function nor a quantity named foo"),
    ("sigmod(x)", "unknown_name", "sigmod", "did you mean sigmoid?"),
    ("thetta(x)", "unknown_name", "thetta", "did you mean theta?"),
    ("dfoo(x)", "unknown_name", "dfoo", "named dfoo"),
    ("reshape(x, shape=2)", "unknown_name", "reshape", "not among the functions of a derivation"),
    ("broadcast_to(x, shape=9)", "unknown_name", "broadcast_to", "not among the functions"),
    ("einsum(x)", "unknown_name", "einsum", "not among the functions"),
    ("sigma", "unknown_name", "sigma", "its argument stands in parentheses"),
    ("exp*x", "unknown_name", "exp", "write exp(x)"),
    # what has no place in any derivation
    ("__import__('os')", "forbidden_syntax", "__import__", "may not begin with _"),
    ("q + __import__('os')", "forbidden_syntax", "__import__", "may not begin with _"),
    ("x.__class__", "forbidden_syntax", ".__class__", "attributes"),
    ("np.exp(x)", "forbidden_syntax", ".exp", "write exp(x)"),
    ("x.sum()", "forbidden_syntax", ".sum", "write sum(x)"),
    ("os.system('ls')", "forbidden_syntax", ".system", "attributes"),
    ("().__class__", "forbidden_syntax", ".__class__", "attributes"),
    ("x.shape", "forbidden_syntax", ".shape", "the transpose is .T"),
    ("_", "forbidden_syntax", "_", "may not begin with _"),
    ("_g = x", "forbidden_syntax", "_g", "may not begin with _"),
    ("g__1 = x", "forbidden_syntax", "g__1", "hold __"),
    ("lambda x: x", "forbidden_syntax", "lambda", "a word of Python"),
    ("x if y else b", "forbidden_syntax", "if", "where(condition, a, b)"),
    ("not x", "forbidden_syntax", "not", "1 - mask"),
    ("import os", "forbidden_syntax", "import", "a word of Python"),
    ("None", "forbidden_syntax", "None", "a word of Python"),
    ("True", "forbidden_syntax", "True", "a word of Python"),
    ("eval(x)", "forbidden_syntax", "eval", "a function of Python"),
    ("exec('x')", "forbidden_syntax", "exec", "a function of Python"),
    ("print('x')", "forbidden_syntax", "'", "strings are not part"),
    ("'x'", "forbidden_syntax", "'", "strings are not part"),
    ('"x"', "forbidden_syntax", '"', "strings are not part"),
    ("x'", "forbidden_syntax", "'", "only a function has a prime (the transpose is .T)"),
    ("f'{x}'", "forbidden_syntax", "'", "strings"),
    ("{x}", "forbidden_syntax", "{", "braces"),
    ("[x, w]", "forbidden_syntax", "[", "brackets"),
    ("x[0]", "forbidden_syntax", "[", "brackets"),
    ("(x := 2)", "forbidden_syntax", ":=", "write = in a line of its own"),
    ("x; y", "forbidden_syntax", ";", "next one in a line of its own"),
    ("x // 2", "forbidden_syntax", "//", "whole-number division"),
    ("x -> y", "forbidden_syntax", "->", "arrow"),
    ("x: y", "forbidden_syntax", ":", "colon"),
    # arguments
    ("softmax'(z)", "bad_arguments", "softmax'", "not one number for each entry"),
    ("max'(z)", "bad_arguments", "max'", "not one number for each entry"),
    ("dsoftmax(z)", "bad_arguments", "dsoftmax", "not one number for each entry"),
    ("sigma''(z)", "bad_arguments", "''", "second derivatives"),
    ("sigma'(z, x)", "bad_arguments", "x", "takes 1 term"),
    ("exp()", "bad_arguments", "exp()", "takes 1 term, found 0"),
    ("exp(x, y)", "bad_arguments", "y", "takes 1 term, found one more"),
    ("dot(x)", "bad_arguments", "dot(x)", "takes 2 terms, found 1"),
    ("where(x, y)", "bad_arguments", "where(x, y)", "takes 3 terms, found 2"),
    ("exp(x, axis=0)", "bad_arguments", "axis", "takes no argument named axis"),
    ("sum(x, y)", "bad_arguments", "y", "axis takes a whole number"),
    ("sum(x, axis=(0, 1))", "bad_arguments", "axis=(0, 1)", "one whole number"),
    ("sum(x, axis=9)", "bad_arguments", "axis=9", "one whole number"),
    ("sum(x, axis=-9)", "bad_arguments", "axis=-9", "one whole number"),
    ("sum(x, axis=0.5)", "bad_arguments", "0.5", "axis takes a whole number"),
    ("sum(x, axis=n)", "bad_arguments", "n", "axis takes a whole number"),
    ("sum(x, keepdims=2)", "bad_arguments", "keepdims=2", "True or False"),
    ("sum(x, axis=0, axis=1)", "bad_arguments", "axis", "given twice"),
    ("softmax(x, axis=None)", "bad_arguments", "axis=None", "along one axis"),
    ("transpose(x, axes=(0, 1))", "bad_arguments", "axes", "takes no argument named axes"),
    ("elu(x, alpha=2)", "bad_arguments", "alpha", "takes no argument named alpha"),
    ("max(x, y, axis=0)", "bad_arguments", "axis=0", "elementwise and takes no axis"),
    # characters, by code point
    ("x & y", "bad_character", "&", "U+0026 (&)"),
    ("x$", "bad_character", "$", "U+0024"),
    ("x \\ y", "bad_character", "\\", "U+005C"),
    ("|x|", "bad_character", "|", "the absolute value is abs(x)"),
    ("sigma’(z)", "bad_character", "’", "write the prime as '"),
    ("x ≤ y", "bad_character", "≤", "U+2264"),
    ("ｗ*x", "bad_character", "ｗ", "U+FF57"),
    ("x\u00a0+ 1", "bad_character", "\u00a0", "U+00A0"),
    ("x\x00", "bad_character", "\x00", "U+0000"),
    ("\x1b[2J", "bad_character", "\x1b", "U+001B"),
    ("x\ud800", "bad_character", "\ud800", "U+D800"),
    ("# \x07", "bad_character", "\x07", "U+0007"),
    ("x # \u202e", "bad_character", "\u202e", "U+202E"),
    ("x\ny", "bad_character", "\n", "U+000A within a line"),
    ("x\r\ny\n", "bad_character", "\r", "U+000D within a line"),
    ("(x\n)", "bad_character", "\n", "U+000A within a line"),
    # sizes
    ("9" * 41, "number_too_large", "9" * 41, "41 characters"),
    ("1e251", "number_too_large", "1e251", "larger than 1e250"),
    ("1e999999999999", "number_too_large", "1e999999999999", "larger than 1e250"),
    ("(" * 65 + "x" + ")" * 65, "too_deep", "(", "more than 64 levels"),
    ("-" * 65 + "x", "too_deep", "-", "more than 64 levels"),
    ("x**" * 65 + "x", "too_deep", "**", "more than 64 levels"),
    ("exp(" * 65 + "x" + ")" * 65, "too_deep", "(", "more than 64 levels"),
    ("x+" * 200 + "x", "too_long", "x", "more than 400 tokens"),
    (" " * 2_001, "too_long", " ", "a line of 2001 characters"),
    (" " * 1_000_000, "too_long", " " * 998_000, "a line of 1000000 characters"),
    ("#" * 2_001, "too_long", "#", "a line of 2001 characters"),
]


@pytest.mark.parametrize(
    ("text", "reason", "place", "said"), REFUSED, ids=[ascii(row[0][:24]) for row in REFUSED]
)
def test_refused(text: str, reason: str, place: str, said: str) -> None:
    with pytest.raises(LanguageError) as caught:
        read_line(text, VOCABULARY, 3)
    error = caught.value
    assert said in str(error)
    assert error.reason == reason
    assert text[error.start : error.end] == place
    assert error.line == 3
    assert error.text == text
    assert str(error).isprintable()
    assert len(str(error)) < 250


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a <= ", 'nothing stands behind "<="'),
        ("<=", 'nothing stands behind "<="'),
        ("a == b", '"==" between two sides'),
        ("a != b", 'found "!="'),
        ("(a < b < x)", "comparisons do not follow"),
    ],
)
def test_refused_in_a_bound(text: str, said: str) -> None:
    with pytest.raises(LanguageError) as caught:
        read_line(text, BOUND)
    assert caught.value.reason == "syntax_error"
    assert said in str(caught.value)


def test_at_the_limits() -> None:
    for text in (
        "(" * 64 + "x" + ")" * 64,
        "x+" * 199 + "x",
        "9" * 40,
        "1e250",
        "x" + " " * 1_999,
        "#" * 2_000,
    ):
        read_line(text, VOCABULARY)
    assert len(read_lines(["x"] * 200, VOCABULARY)) == 200
    assert len(read_lines(["x" + " " * 1_999] * 10, VOCABULARY)) == 10


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (["x"] * 201, 200, "201 lines; at most 200"),
        ([""] * 1_000_000, 200, "1000000 lines"),
        (["x" + " " * 1_999] * 10 + ["x"], 10, "more than 20000 characters in all"),
        (["x", "x" * 2_001, "q"], 1, "2001 characters"),
        (["q", "x" * 2_001], 1, "2001 characters"),
    ],
)
def test_limits_come_before_any_work(lines: list[str], line: int, said: str) -> None:
    with pytest.raises(LanguageError) as caught:
        read_lines(lines, VOCABULARY)
    assert caught.value.reason == "too_long"
    assert caught.value.line == line
    assert said in str(caught.value)
    with pytest.raises(LanguageError):
        check_limits(lines)


def test_the_first_line_at_fault_is_named() -> None:
    with pytest.raises(LanguageError) as caught:
        read_lines(["# x", "", "x = w", "q", "\x00"], VOCABULARY)
    assert caught.value.line == 3
    with pytest.raises(LanguageError) as caught:
        read_lines(["g", "g = x"], VOCABULARY)
    assert (caught.value.line, caught.value.reason) == (0, "unknown_name")


def test_no_gradient_where_there_is_no_loss() -> None:
    with pytest.raises(LanguageError) as caught:
        read_line("x*dw", Vocabulary(frozenset({"x", "w"})))
    assert caught.value.reason == "unknown_name"
    assert caught.value.hint == "write dA/dw"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_input"),
        ("# x", "empty_input"),
        ("x = w", "syntax_error"),
        ("= x", "syntax_error"),
        ("q", "unknown_name"),
        ("x w", "syntax_error"),
    ],
)
def test_terms_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(LanguageError) as caught:
        read_expression(text, VOCABULARY)
    assert caught.value.reason == reason


@pytest.mark.parametrize("text", ["", "x y", "x + 1", "2", "__x", "lambda", "x'", "é", "x[0]"])
def test_names_that_are_refused(text: str) -> None:
    with pytest.raises(LanguageError):
        read_name(text)


def test_forward_lines() -> None:
    lines = ["z = w*x + b; a = sigmoid(z)", "# the loss", "", "L = (a - y)**2/n;"]
    program = forward_program(lines, ["w", "x", "b", "y", "n"])
    assert [name for name, _ in program] == ["z", "a", "L"]
    term = program[1][1]
    assert lines[0][term.start : term.end] == "sigmoid(z)"


def test_forward_lines_know_no_derivatives() -> None:
    [(name, term)] = forward_program(["a = dh/dz"], ["h", "z", "dh", "dz"])
    assert name == "a"
    assert term == read_expression("(dh)/(dz)", Vocabulary(frozenset({"dh", "dz"})))
    [(name, term)] = forward_program(["da = h"], ["h", "a"])
    assert (name, term) == ("da", Name("h"))


@pytest.mark.parametrize(
    ("lines", "line", "reason", "said"),
    [
        (["z = q"], 0, "unknown_name", "nothing here is named q"),
        (["z = x", "a = dz"], 1, "unknown_name", "nothing here is named dz"),
        (["z = x", "L_z = dz/dx"], 1, "unknown_name", "nothing here is named dz"),
        (["z = z"], 0, "unknown_name", "nothing here is named z"),
        (["z = x", "z = x"], 1, "forbidden_syntax", "has its value already"),
        (["x = 2"], 0, "forbidden_syntax", "has its value already"),
        (["x"], 0, "syntax_error", "gives a name its value"),
        (["x + 1 = 2"], 0, "syntax_error", "gives a name its value"),
        (["z = x = 2"], 0, "syntax_error", 'a second "="'),
        (["z = x y"], 0, "syntax_error", "found the name y"),
        (["z ="], 0, "syntax_error", "found the end"),
        (["z = x[0]"], 0, "forbidden_syntax", "brackets"),
        (["z = reshape(x, 2)"], 0, "unknown_name", "not among the functions"),
        (["z = x\na = z"], 0, "bad_character", "U+000A"),
        (["_z = x"], 0, "forbidden_syntax", "may not begin with _"),
        (["z = x"] + [""] * 200, 200, "too_long", "201 lines"),
    ],
)
def test_forward_lines_that_are_refused(
    lines: list[str], line: int, reason: str, said: str
) -> None:
    with pytest.raises(LanguageError) as caught:
        forward_program(lines, ["x", "y"])
    assert caught.value.reason == reason
    assert caught.value.line == line
    assert said in str(caught.value)
