from __future__ import annotations

import pytest

from tutor.language.derivation import read_line
from tutor.language.lines import Vocabulary
from tutor.render.answers import latex, line_latex

NAMES = Vocabulary(frozenset("w x b y z a L W X W1 p".split()), frozenset("n"), {}, "L")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "dL/dw = 2(a - y)*x",
            r"\frac{\partial L}{\partial w} &= 2 \cdot \left(a - y\right) \cdot x",
        ),
        ("X.T @ (p - y)/n", r"&\frac{{X}^{\top}\,\left(p - y\right)}{n}"),
        ("= exp(-z)**2", r"&= {\left(e^{-z}\right)}^{2}"),
        ("(x/y)**2", r"&{\left(\frac{x}{y}\right)}^{2}"),
        ("sigma'(z)*sqrt(x)", r"&\sigma'\left(z\right) \cdot \sqrt{x}"),
        ("abs(x)*(z > 0)", r"&\left|x\right| \cdot [z > 0]"),
        ("(1e30)**2 - 1e30", r"&{\left(1 \cdot 10^{30}\right)}^{2} - 1 \cdot 10^{30}"),
        ("1e-30*x", r"&1 \cdot 10^{-30} \cdot x"),
        ("W1", r"&W_{1}"),
        ("sum(X, axis=0)", r"&\operatorname{sum}_{\text{axis} = 0}\left(X\right)"),
        ("x - -y", r"&x - \left(-y\right)"),
    ],
)
def test_lines(text: str, written: str) -> None:
    line = read_line(text, NAMES)
    assert line is not None
    assert line_latex(line) == written


def test_a_derivation_is_aligned() -> None:
    written = latex(["# chain rule", "g = 2*(a - y)", "", "dL/dw = g*x", "what is $this"], NAMES)
    assert written.splitlines() == [
        r"\begin{align*}",
        "% chain rule",
        r"  g &= 2 \cdot \left(a - y\right) \\",
        r"  \frac{\partial L}{\partial w} &= g \cdot x",
        r"% what is \$this",
        r"\end{align*}",
    ]


def test_nothing_that_can_be_read() -> None:
    assert latex(["\\input{x}"], NAMES).splitlines()[1] == r"% \textbackslash{}input\{x\}"
