"""Lines of a derivation that are read: what they mean and where every part stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tutor.language import unparse, words
from tutor.language.derivation import knowing, read_expression, read_line, read_lines, read_name
from tutor.language.lines import Line, Vocabulary
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Keyword,
    Name,
    Number,
    Transpose,
    Unary,
    walk,
)

NAMES = "x w b y z a L X W W1 w_1 z2 a2 dh h dout out t_d s v a_db".split()
VOCABULARY = Vocabulary(
    names=frozenset(NAMES),
    dims=frozenset({"n", "m", "T"}),
    aliases={"delta": Derivative("L", "z"), "dy": Derivative("L", "a")},
    loss="L",
)
BOUND = replace(VOCABULARY, bounds=True)


def read(text: str, vocabulary: Vocabulary = VOCABULARY) -> Line:
    line = read_line(text, vocabulary)
    assert line is not None
    return line


# text, what it is in the plainest spelling, with every bracket that decides something
EXPRESSIONS = [
    # operators as in Python
    ("a + b*x", "a + (b*x)"),
    ("a - b - x", "(a - b) - x"),
    ("a/b/x", "(a/b)/x"),
    ("a/b*x", "(a/b)*x"),
    ("a*b/x", "(a*b)/x"),
    ("X @ w*y", "(X @ w)*y"),
    ("y*X @ w", "(y*X) @ w"),
    ("a**b**x", "a**(b**x)"),
    ("a^b^x", "a**(b**x)"),
    ("-a**2", "-(a**2)"),
    ("-a*b", "(-a)*b"),
    ("2**-a", "2**(-a)"),
    ("a - -b", "a - (-b)"),
    ("+a", "+a"),
    ("--a", "-(-a)"),
    ("a > b + 1", "a > (b + 1)"),
    ("(z > 0)*a", "(z > 0)*a"),
    ("1 - (z >= 0)", "1 - (z >= 0)"),
    ("(z != 0)", "z != 0"),
    ("(z == 0)", "(z == 0)"),
    # products without a sign: as *, from left to right
    ("2(a - y)", "2*(a - y)"),
    ("1/2(a - y)", "(1/2)*(a - y)"),
    ("a(1 - a)", "a*(1 - a)"),
    ("(a - y)(1 - a)", "(a - y)*(1 - a)"),
    ("(a - y)x", "(a - y)*x"),
    ("2x", "2*x"),
    ("2x**2", "2*(x**2)"),
    ("1/2x", "(1/2)*x"),
    ("2a(1 - a)x", "((2*a)*(1 - a))*x"),
    ("x²(a - y)", "(x**2)*(a - y)"),
    ("x²w", "(x**2)*w"),
    ("-2(a - y)", "(-2)*(a - y)"),
    ("a(1 - a)**2", "a*((1 - a)**2)"),
    ("x^2(a)", "(x**2)*a"),
    ("X @ w(a)", "(X @ w)*a"),
    ("2exp(x)", "2*exp(x)"),
    ("(a)exp(x)", "a*exp(x)"),
    ("2sigma'(z)", "2*sigmoid'(z)"),
    ("exp(x)(a)", "exp(x)*a"),
    # transposes
    ("X.T @ w", "(X.T) @ w"),
    ("X^T @ w", "(X.T) @ w"),
    ("Xᵀ @ w", "(X.T) @ w"),
    ("(X @ W).T", "(X @ W).T"),
    ("-X.T", "-(X.T)"),
    ("X.T.T", "(X.T).T"),
    ("X^T^2", "(X.T)**2"),
    ("x**T", "x**T"),
    # other spellings
    ("a − b·x×y⊙z", "a - ((b*x)*y)*z"),
    ("a³", "a**3"),
    ("σ(z)", "sigmoid(z)"),
    ("σ′(z)", "sigmoid'(z)"),
    ("δ", "dL/dz"),
    ("W₁", "W1"),
    ("w_₁", "w_1"),
    ("∂L/∂w", "dL/dw"),
    ("∂L/dw", "dL/dw"),
    ("2∂L/∂w", "2*(dL/dw)"),
    ("∂w", "dL/dw"),
    # derivatives
    ("dL/dw", "dL/dw"),
    ("dL_dw", "dL/dw"),
    ("dw", "dL/dw"),
    ("dL", "dL/dL"),
    ("(dL/dw)", "dL/dw"),
    ("dL / dw", "dL/dw"),
    ("-dL/dw", "-(dL/dw)"),
    ("dL/dw*x", "(dL/dw)*x"),
    ("x*dL/dw", "x*(dL/dw)"),
    ("x/dL/dw", "x/(dL/dw)"),
    ("1/dL/dw*x", "(1/(dL/dw))*x"),
    ("dL/dw/x", "(dL/dw)/x"),
    ("dL/da*da/dz", "(dL/da)*(da/dz)"),
    ("dL/da @ da/dz", "(dL/da) @ (da/dz)"),
    ("dL/da(1 - a)", "(dL/da)*(1 - a)"),
    ("dL/dw**2", "(dL/dw)**2"),
    ("2**dL/dw", "2**(dL/dw)"),
    ("dL/dw.T", "(dL/dw).T"),
    ("dL/dw^T", "(dL/dw).T"),
    ("dL/dw²", "(dL/dw)**2"),
    ("dL/dW1 + dL/dW₁", "(dL/dW1) + (dL/dW1)"),
    ("dL/dw_1", "dL/dw_1"),
    ("dL_dw_1", "dL/dw_1"),
    ("dw_1_dz2", "dw_1/dz2"),
    ("dt_d_da", "dt_d/da"),
    ("da_db", "dL/da_db"),
    ("da2/dz2", "da2/dz2"),
    ("dw/n", "(dL/dw)/n"),
    ("dz/da/dw", "(dz/da)/(dL/dw)"),
    ("exp(dL/dw)", "exp(dL/dw)"),
    # declared names win over dX, dA/dB over a quotient
    ("dh", "dh"),
    ("dout*x", "dout*x"),
    ("dy", "dL/da"),
    ("dh*h", "dh*h"),
    ("dh/dz", "dh/dz"),
    ("dh/x", "(dh)/x"),
    ("dout/dx", "dout/dx"),
    ("dout/dh", "dout/dh"),
    # functions
    ("ln(a)", "log(a)"),
    ("heaviside(z)", "step(z)"),
    ("max(z, 0)", "maximum(z, 0)"),
    ("min(z, 6)", "minimum(z, 6)"),
    ("maximum(z, 0)", "maximum(z, 0)"),
    ("max(z)", "max(z)"),
    ("max(z, axis=0)", "max(z, axis=0)"),
    ("sum(z)", "sum(z)"),
    ("sum(z, 0)", "sum(z, axis=0)"),
    ("sum(z, axis=-1, keepdims=True)", "sum(z, axis=-1, keepdims=True)"),
    ("mean(z, 1, True)", "mean(z, axis=1, keepdims=True)"),
    ("mean(z, axis=None, keepdims=1)", "mean(z, keepdims=True)"),
    ("prod(z)", "prod(z)"),
    ("softmax(z)", "softmax(z)"),
    ("softmax(z, axis=0)", "softmax(z, axis=0)"),
    ("where(z > 0, 1, 0.5)", "where(z > 0, 1, 0.5)"),
    ("outer(x, w)", "outer(x, w)"),
    ("dot(x, w)", "dot(x, w)"),
    ("diag(x)", "diag(x)"),
    ("transpose(X)", "transpose(X)"),
    ("flip(w)", "flip(w)"),
    ("conv_full(x, flip(w))", "conv_full(x, flip(w))"),
    ("corr(x, w)", "corr(x, w)"),
    ("leaky_relu(z, slope=0.2)", "leaky_relu(z, slope=0.2)"),
    ("dsigmoid(z)*dtanh(z)*drelu(z)", "(sigmoid'(z)*tanh'(z))*relu'(z)"),
    ("dsigma(z)", "sigmoid'(z)"),
    ("exp'(x)", "exp'(x)"),
    ("ln'(x)", "log'(x)"),
    ("tanh'(z)**2", "(tanh'(z))**2"),
    ("sigma'(z)(a)", "sigmoid'(z)*a"),
    ("leaky_relu'(z, slope=0.2)", "leaky_relu'(z, slope=0.2)"),
    # names and numbers
    ("w(x)", "w*x"),
    ("n", "n"),
    ("1e-3x", "0.001*x"),
    (".5x", "0.5*x"),
    ("2.T", "2.T"),
    ("1e250", "1e250"),
]


@pytest.mark.parametrize(("text", "plain"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_expressions(text: str, plain: str) -> None:
    line = read(text)
    assert line.left is None
    assert not line.defines
    assert not line.continues
    [side] = line.sides
    assert side.relation == "="
    assert (side.start, side.end) == (0, len(text))
    assert side.expression == read_expression(plain, VOCABULARY)
    for term in walk(side.expression):
        assert 0 <= term.start < term.end <= len(text)
    again = read(unparse(line))
    assert again == line
    assert words(line).isprintable()


def test_trees() -> None:
    a, z = Name("a"), Name("z")
    assert read("dL/da*da").sides[0].expression == Binary(
        "*", Derivative("L", "a"), Derivative("L", "a")
    )
    assert read("σ′(z)").sides[0].expression == Call("sigmoid'", (z,))
    assert read("(z > 0)").sides[0].expression == Compare(">", z, Number(0))
    assert read("-a.T").sides[0].expression == Unary("-", Transpose(a))
    assert read("sum(z, 1)").sides[0].expression == Call("sum", (z,), (Keyword("axis", 1),))
    assert read("dh/z").sides[0].expression == Binary("/", Name("dh"), z)
    assert read("(dh)/(dz2)").sides[0].expression == Binary("/", Name("dh"), Derivative("L", "z2"))
    implied = read("2(a)").sides[0].expression
    assert isinstance(implied, Binary)
    assert implied.implied


# text, left side, right sides, defines, continues
LINES = [
    ("dL/dw = x", "dL/dw", ["x"], False, False),
    ("(dL/dw) = x", "dL/dw", ["x"], False, False),
    ("dL_dw = x", "dL/dw", ["x"], False, False),
    ("∂L/∂w = x", "dL/dw", ["x"], False, False),
    ("dw = x = w", "dL/dw", ["x", "w"], False, False),
    ("delta = a - y", "dL/dz", ["a - y"], False, False),
    ("δ = a - y", "dL/dz", ["a - y"], False, False),
    ("dy = a - y", "dL/da", ["a - y"], False, False),
    ("dh = w", "dh", ["w"], False, False),
    ("a = s", "a", ["s"], False, False),
    ("n = 5", "n", ["5"], False, False),
    ("g = a - y", "g", ["a - y"], True, False),
    ("e1 = a - y = b", "e1", ["a - y", "b"], True, False),
    ("dq = a", "dq", ["a"], True, False),
    ("sigma = a", "sigma", ["a"], True, False),
    ("dz2 = a", "dL/dz2", ["a"], False, False),
    ("= x", None, ["x"], False, True),
    ("= x = w", None, ["x", "w"], False, True),
    ("2*x = x + x", None, ["2*x", "x + x"], False, False),
    ("-x = b = w", None, ["-x", "b", "w"], False, False),
    ("dw*x = b", None, ["dL/dw*x", "b"], False, False),
    ("dw", None, ["dL/dw"], False, False),
    ("x # = w", None, ["x"], False, False),
    ("\tx = w\n", "x", ["w"], False, False),
    ("dL/dw = (z > 0)", "dL/dw", ["(z > 0)"], False, False),
    ("dL/dw = z > 0", "dL/dw", ["(z > 0)"], False, False),
]


@pytest.mark.parametrize(("text", "left", "sides", "defines", "continues"), LINES)
def test_lines(
    text: str, left: str | None, sides: list[str], defines: bool, continues: bool
) -> None:
    line = read(text)
    given = None if left is None else Name(left) if defines else read_expression(left, VOCABULARY)
    assert line.left == given
    wanted = [read_expression(side, VOCABULARY) for side in sides]
    assert [side.expression for side in line.sides] == wanted
    assert (line.defines, line.continues) == (defines, continues)
    assert read(unparse(line)) == line


def test_spans() -> None:
    text = "dL/dw = (a - y)*x = ((b))"
    line = read_line(text, VOCABULARY, 7)
    assert line is not None
    assert line.number == 7
    assert line.text == text
    assert line.left is not None
    assert text[line.left.start : line.left.end] == "dL/dw"
    assert [text[side.start : side.end] for side in line.sides] == ["(a - y)*x", "((b))"]
    places = [text[term.start : term.end] for term in walk(line.sides[0].expression)]
    assert places == ["(a - y)*x", "a - y", "a", "y", "x"]
    assert text[line.sides[1].expression.start] == "b"


@pytest.mark.parametrize(
    ("text", "relations", "left"),
    [
        ("a*(1 - a) <= 1/4", ["=", "<="], False),
        ("<= 1/4", ["<="], False),
        ("≤ 1/4", ["<="], False),
        ("a ≥ b > x", ["=", ">=", ">"], False),
        ("da/dz = a*(1 - a) < 1", ["=", "<"], True),
        ("da/dz <= 1/4", ["=", "<="], False),
        ("= b <= x", ["=", "<="], False),
        ("(a > b)*x = b", ["=", "="], False),
        ("where(a > b, 1, 0) <= 1", ["=", "<="], False),
    ],
)
def test_bounds(text: str, relations: list[str], left: bool) -> None:
    line = read(text, BOUND)
    assert [side.relation for side in line.sides] == relations
    assert (line.left is not None) == left
    assert line.continues == (text[0] in "<≤=")
    assert read(unparse(line), BOUND) == line


def test_a_symbol_of_ones_own() -> None:
    lines = read_lines(
        ["# plan", "g = a - y", "", "dL/dg = 1", "g = dg*g", "exp = g", "exp(g)*exp"], VOCABULARY
    )
    assert [line is None for line in lines] == [True, False, True, False, False, False, False]
    assert [line.number for line in lines if line] == [1, 3, 4, 5, 6]
    _, first, _, second, third, fourth, last = lines
    assert first is not None
    assert first.defines
    assert second is not None
    assert second.left == Derivative("L", "g")
    assert third is not None
    assert not third.defines
    assert third.sides[0].expression == Binary("*", Derivative("L", "g"), Name("g"))
    assert fourth is not None
    assert fourth.defines
    assert last is not None
    # Its own symbol of a function's name does not take the function away.
    call = Call("exp", (Name("g"),))
    assert last.sides[0].expression == Binary("*", call, Name("exp"))
    _, local = read_lines(["dtanh = a", "dtanh(z)*dtanh"], VOCABULARY)
    assert local is not None
    call = Call("tanh'", (Name("z"),))
    assert local.sides[0].expression == Binary("*", call, Name("dtanh"))


def test_a_declared_name_takes_the_function_away() -> None:
    vocabulary = Vocabulary(frozenset({"sigma", "x"}))
    product = Binary("*", Name("sigma"), Name("x"))
    assert read("sigma(x)", vocabulary).sides[0].expression == product


def test_without_a_loss() -> None:
    vocabulary = Vocabulary(frozenset({"s", "z"}))
    assert read("ds/dz = z", vocabulary).left == Derivative("s", "z")
    assert read("ds_dz", vocabulary).sides[0].expression == Derivative("s", "z")
    assert read("dz = s", vocabulary).defines


def test_the_vocabulary_below_a_line() -> None:
    assert knowing(VOCABULARY, None) is VOCABULARY
    assert knowing(VOCABULARY, read("x = w")) is VOCABULARY
    below = knowing(VOCABULARY, read("g = w"))
    assert below.names == VOCABULARY.names | {"g"}
    assert below.own == {"g"}


@pytest.mark.parametrize("text", ["", "   ", "\t", "# all of it", "  # σ ≠ ŷ — läuft", "\n", "#"])
def test_blank_lines(text: str) -> None:
    assert read_line(text, VOCABULARY) is None


@pytest.mark.parametrize(
    ("text", "name"), [("w₁", "w1"), (" δ ", "delta"), ("x", "x"), ("lam", "lam")]
)
def test_names(text: str, name: str) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dL/dw = -2x", "the derivative of L by w equals minus 2 times x"),
        ("= σ′(z)", "equals the derivative of sigmoid at z"),
        ("g = a", "g equals a"),
        ("x", "x"),
    ],
)
def test_words(text: str, said: str) -> None:
    assert words(read(text)) == said


def test_words_of_a_bound() -> None:
    assert words(read("a < b", BOUND)) == "a is less than b"
    assert words(read("≥ b", BOUND)) == "is at least b"
