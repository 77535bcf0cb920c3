"""What the language refuses: the reason, the place and what is said."""

from __future__ import annotations

import pytest

from tutor.language import LanguageError, parse

# text, reason, the part of the text that is pointed at ("" is its end), a part of what is said
REFUSED = [
    ("", "empty_input", "", "there is nothing to read"),
    ("   ", "empty_input", "   ", "there is nothing to read"),
    ("# only words", "empty_input", "# only words", "there is nothing to read"),
    (" ; \n ;", "empty_input", " ; \n ;", "there is nothing to read"),
    ("x +", "syntax_error", "", "found the end of the text"),
    ("x +\ny", "syntax_error", "\n", "found the end of the line"),
    ("* x", "syntax_error", "*", 'expected a number, a name or "(", found "*"'),
    ("x ** * y", "syntax_error", "* y"[:1], 'found "*"'),
    ("(x + y", "syntax_error", "(", '"(" is never closed'),
    ("x[0", "syntax_error", "[", '"[" is never closed'),
    ("[1, 2", "syntax_error", "[", '"[" is never closed'),
    ("exp(x", "syntax_error", "(", '"(" is never closed'),
    ("x + y)", "syntax_error", ")", '")" closes nothing'),
    ("x]", "syntax_error", "]", '"]" closes nothing'),
    ("(x]", "syntax_error", "]", 'expected an operator or ")", found "]"'),
    ("()", "syntax_error", "(", "nothing stands in these parentheses"),
    ("[]", "syntax_error", "[]", "at least one entry"),
    ("x y", "syntax_error", "y", "for a product write *"),
    ("2 3", "syntax_error", "3", "found the number 3"),
    ("(x) 2", "syntax_error", "2", "found the number 2"),
    ("x 2", "syntax_error", "2", "for a product write *"),
    ("sin x", "syntax_error", "x", "write sin(x)"),
    ("x, y", "syntax_error", ",", "a vector is written [a, b]"),
    ("(x, y)", "syntax_error", ",", "a vector is written [a, b]"),
    ("x; y", "syntax_error", "x", "only the last statement may do without a name"),
    ("a = b = c", "syntax_error", "= c"[:1], "a second ="),
    ("x + y = z", "syntax_error", "x + y", "only a name can stand on the left of ="),
    ("x[0] = 2", "syntax_error", "x[0]", "to compare write =="),
    ("a = ", "syntax_error", "", "found the end of the text"),
    ("= x", "syntax_error", "=", 'found "="'),
    ("x += 1", "syntax_error", "=", "a name of its own"),
    ("a < b < c", "syntax_error", "< c"[:1], "write (a < b)*(b < c)"),
    ("x²³", "syntax_error", "³", "one raised digit at a time"),
    ("²", "syntax_error", "²", "found a raised 2"),
    ("x.", "syntax_error", "", 'expected T after "."'),
    ("x.5", "syntax_error", ".5", "found the number .5"),
    ("1_000", "syntax_error", "1_", "no underscore"),
    ("0x1f + y", "syntax_error", "0x1", "decimal digits"),
    ("x[i]", "syntax_error", "i", "take(x, [0, 2])"),
    ("x[]", "syntax_error", "]", "a whole number or a slice"),
    ("Wᵀ(a - y)", "syntax_error", "(", "write @ for the matrix product"),
    ("W.T(a - y)", "syntax_error", "(", "write @ for the matrix product"),
    ("W^T(a - y)", "syntax_error", "(", "write @ for the matrix product"),
    ("x -> y", "syntax_error", "->", 'found "->"'),
    ("x = a b", "syntax_error", "b", "found the name b"),
    ("__import__('os')", "forbidden_syntax", "__import__", "may not begin with _"),
    ("x.__class__", "forbidden_syntax", ".__class__", "attributes"),
    ("_x", "forbidden_syntax", "_x", "may not begin with _"),
    ("x__y", "forbidden_syntax", "x__y", "hold __"),
    ("lambda x: x", "forbidden_syntax", "lambda", "a word of Python"),
    ("x if y else z", "forbidden_syntax", "if", "where(condition, a, b)"),
    ("x and y", "forbidden_syntax", "and", "join two masks with *"),
    ("not x", "forbidden_syntax", "not", "1 - mask"),
    ("import os", "forbidden_syntax", "import", "a word of Python"),
    ("True", "forbidden_syntax", "True", "a word of Python"),
    ("x = None", "forbidden_syntax", "None", "a word of Python"),
    ("eval(x)", "forbidden_syntax", "eval", "a function of Python"),
    ("open(x)", "forbidden_syntax", "open", "a function of Python"),
    ('"abc"', "forbidden_syntax", '"', "strings are not part"),
    ("x + 'a'", "forbidden_syntax", "'", "strings are not part"),
    ("sigma'(z)", "forbidden_syntax", "'", "derivatives"),
    ("∂L", "forbidden_syntax", "∂", "derivatives"),
    ("{x: 1}", "forbidden_syntax", "{", "braces"),
    ("(x := 2)", "forbidden_syntax", ":=", "write = in a statement of its own"),
    ("x // 2", "forbidden_syntax", "//", "whole-number division"),
    ("x.sum()", "forbidden_syntax", ".sum", "write sum(x)"),
    ("np.exp(x)", "forbidden_syntax", ".exp", "write exp(...)"),
    ("x.shape", "forbidden_syntax", ".shape", "the transpose is .T"),
    ("x = 1; x = 2", "forbidden_syntax", "x = 2"[:1], "has its value already"),
    ("x = x + 1", "forbidden_syntax", "x", "both sides of ="),
    ("y = x; x = 2", "forbidden_syntax", "x = 2"[:1], "was used above"),
    ("y = exp(x); exp = 2; y", "forbidden_syntax", "exp = 2"[:3], "was used above"),
    ("exp(x) + exp", "forbidden_syntax", "exp", "a function above"),
    ("exp + exp(x)", "forbidden_syntax", "exp(x)"[:3], "an input above"),
    ("sigmod(z)", "unknown_name", "sigmod", "did you mean sigmoid?"),
    ("2*Exp(z)", "unknown_name", "Exp", "did you mean exp?"),
    ("f(x, y)", "unknown_name", "f", "there is no function f"),
    ("x[1.5]", "bad_arguments", "1.5", "an index is a whole number"),
    ("x[1e3]", "bad_arguments", "1e3", "an index is a whole number"),
    ("x[12345678901]", "bad_arguments", "12345678901", "at most 9 digits"),
    ("x[::0]", "bad_arguments", "0", "cannot be 0"),
    ("[[1], [2, 3]]", "bad_arguments", "[2, 3]", "rows of 1 and 2 entries"),
    ("[1, [2]]", "bad_arguments", "[2]", "a row among numbers"),
    ("[[1], 2]", "bad_arguments", "2", "a number among rows"),
    ("exp()", "bad_arguments", "exp()", "exp takes 1 term, found 0"),
    ("exp(x, y)", "bad_arguments", "y", "found one more"),
    ("matmul(x)", "bad_arguments", "matmul(x)", "matmul takes 2 terms, found 1"),
    ("sum(x, axes=0)", "bad_arguments", "axes", "sum takes no argument named axes"),
    ("sum(x, axis=0, axis=1)", "bad_arguments", "axis=1"[:4], "axis is given twice"),
    ("sum(x, axis=y)", "bad_arguments", "y", "axis takes"),
    ("sum(x, axis=0.5)", "bad_arguments", "0.5", "axis takes"),
    ("sum(x, axis=0 + 1)", "bad_arguments", "0 +", "no term that is worked out"),
    ("sum(x, keepdims=2)", "bad_arguments", "2", "keepdims takes True or False"),
    ("sum(axis=0, x)", "bad_arguments", "x", "terms come first"),
    ("sum(x, axis=)", "syntax_error", ")", 'for axis, found ")"'),
    ("exp(x,)", "syntax_error", ")", "one more argument"),
    ("max(x, y, axis=0)", "bad_arguments", "axis=0", "takes no axis"),
    ("reshape(x)", "bad_arguments", "reshape(x)", "reshape needs shape="),
    ("einsum(A, B)", "bad_arguments", ")", "einsum takes its pattern first"),
    ('einsum("ij->i", A)', "forbidden_syntax", '"', "strings are not part"),
    ("einsum(ij->i)", "bad_arguments", ")", "then a comma"),
    ("1e251", "number_too_large", "1e251", "larger than 1e250"),
    ("x + 1" + "0" * 40, "number_too_large", "1" + "0" * 40, "at most 40 are read"),
    ("x + $", "bad_character", "$", "U+0024 ($) at column 5"),
    ("x ≤ y", "bad_character", "≤", "write <="),
    ("α*x", "bad_character", "α", "write alpha"),
    ("(" * 65 + "x" + ")" * 65, "too_deep", "(", "more than 64 levels"),
    ("-" * 65 + "x", "too_deep", "-", "more than 64 levels"),
    ("2**" * 65 + "x", "too_deep", "**", "more than 64 levels"),
    ("[" * 65 + "x" + "]" * 65, "too_deep", "[", "more than 64 levels"),
    ("+".join(["x"] * 201), "too_long", "x", "more than 400 tokens"),
    ("x" * 2001, "too_long", "x", "at most 2000 are read"),
    ("x;" * 150 + "\nx", "syntax_error", "x", "only the last"),
    ("\n" * 201 + "x", "too_long", "\n", "at most 200 are read"),
    (" " * 1999 + "\n" + (" " * 1999 + "\n") * 9 + "x", "too_long", "x", "at most 20000 are read"),
]


@pytest.mark.parametrize(
    ("text", "reason", "pointed", "said"), REFUSED, ids=[repr(case[0][:24]) for case in REFUSED]
)
def test_refused(text: str, reason: str, pointed: str, said: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    error = caught.value
    assert error.reason == reason
    assert said in str(error)
    assert "\n" not in str(error)
    assert error.text is text
    if pointed:
        assert text[error.start : error.end] == pointed
    else:
        assert error.start == len(text)


def test_the_place_of_a_repeated_word_is_the_right_one() -> None:
    with pytest.raises(LanguageError) as caught:
        parse("y = x; x = 2")
    assert caught.value.start == 7


def test_two_hundred_statements_are_read_and_no_more() -> None:
    assert len(parse("\n".join(f"a{i} = x" for i in range(200))).statements) == 200
    with pytest.raises(LanguageError, match="more than 200 statements"):
        parse("\n".join(f"a{i} = x; b{i} = x" for i in range(101)))


def test_errors_can_be_sent_between_processes() -> None:
    import pickle

    with pytest.raises(LanguageError) as caught:
        parse("x +")
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (copy.reason, copy.start, str(copy)) == ("syntax_error", 3, str(caught.value))
