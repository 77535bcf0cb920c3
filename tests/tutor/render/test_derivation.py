"""Derivations: the steps of the chain rule, and the same as LaTeX and Markdown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import Trace
from engine.ops import REGISTRY
from engine.proof import points
from tutor.language import parse
from tutor.render import tex
from tutor.render.derivation import (
    WHOLE,
    Derivation,
    Fold,
    NothingToDeriveError,
    Step,
    derivation,
)
from tutor.render.latex import latex
from tutor.render.markdown import markdown

DATA = Path(__file__).parents[2] / "data" / "random_expressions.json"
CASES: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["cases"]


def traced(text: str, **inputs: Any) -> Trace:
    return engine.record(parse(text).function(), **inputs)


def we01() -> Trace:
    return traced("(x + y)*z", x=-2.0, y=5.0, z=-4.0)


def we02() -> Trace:
    text = "f = sigmoid(w0 + w1*x1 + w2*x2); L = -ln(f)"
    return traced(text, w0=-3.0, w1=2.0, w2=-3.0, x1=-1.0, x2=-2.0)


def we05() -> Trace:
    def layer(W: Any, x: Any, b: Any) -> Any:
        return engine.sigmoid(W @ x + b).sum()

    return engine.record(
        layer, W=np.array([[1.0, -2], [-1, 1]]), x=np.array([1.0, -1]), b=np.array([1.0, 0])
    )


def of(trace: Trace, name: str) -> Derivation:
    return derivation(trace, trace.id(name))


def balanced(text: str) -> None:
    """Braces, environments and \\left … \\right are closed in the order in which they opened."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    tokens = re.findall(r"\\begin\{[^}]*\}|\\end\{[^}]*\}|\\left|\\right|\\.|[{}$]", body)
    opened: list[str] = []
    for token in tokens:
        if token.startswith("\\begin"):
            opened.append(token[6:])
        elif token == "{":
            opened.append("}")
        elif token == "\\left":
            opened.append("\\right")
        elif token.startswith("\\end"):
            assert opened.pop() == token[4:]
        elif token in ("}", "\\right"):
            assert opened.pop() == token
        elif token == "$":
            if opened and opened[-1] == "$":
                opened.pop()
            else:
                opened.append("$")
    assert opened == []


def one_relation_a_row(text: str) -> None:
    """Each row of align* has one place at which it is aligned."""
    body = re.sub(r"\\begin\{bmatrix\}.*?\\end\{bmatrix\}", "", text, flags=re.DOTALL)
    rows = body.partition("\\begin{align*}\n")[2].partition("\n\\end{align*}")[0].split(" \\\\\n")
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == 1, row


def checked(found: Derivation) -> None:
    """Every step adds up to its gradient; both forms are well formed, with numbers and without."""
    for step in found.steps:
        if isinstance(step, Step) and step.terms:
            amounts = [event.amount for event in step.terms]
            amounts += [] if step.rest is None else [step.rest.amount]
            np.testing.assert_allclose(sum(amounts), step.gradient, rtol=1e-9, atol=1e-12)
    for numbers in (True, False):
        written = latex(found, numbers=numbers)
        assert written.isascii()
        balanced(written)
        one_relation_a_row(written)
        assert "\\\\\n\\end" not in written
        blocks = markdown(found, numbers=numbers).split("$$")
        assert len(blocks) % 2 == 1
        for block in blocks[1::2]:
            balanced(block)


def test_the_steps_are_those_of_the_backward_pass_on_the_way() -> None:
    trace = we01()
    found = of(trace, "x")
    assert [trace.nodes[step.node].name for step in found.steps if isinstance(step, Step)] == [
        "f",
        "q",
        "x",
    ]
    assert (found.on_the_way, found.folded, found.note) == (3, False, "")
    assert found.title == "∂f/∂x"
    assert [trace.nodes[i].name for i in found.made] == ["q", "f"]


def test_the_first_worked_example() -> None:
    written = re.sub(
        r"\\frac{\\partial (\w+)}{\\partial (\w+)}", r"d\1/d\2", latex(of(we01(), "x"))
    )
    assert (
        written
        == r"""\begin{align*}
q &= x + y = -2 + 5 = 3 \\
f &= q \cdot z = 3 \cdot \left(-4\right) = -12 \\
df/df &= 1 \\
df/dq &= df/df \cdot df/dq \\
&= df/df \cdot z \\
&= 1 \cdot \left(-4\right) = -4 \\
df/dx &= df/dq \cdot dq/dx \\
&= df/dq \cdot 1 \\
&= -4 \cdot 1 = -4 \\
&\text{Along the way the local derivatives multiply:} \\
df/dx &= z = -4
\end{align*}
"""
    )


def test_without_numbers_there_are_none_but_those_of_the_rules() -> None:
    written = latex(of(we02(), "w1"), numbers=False)
    assert "0.1966" not in written
    assert r"= -1 \cdot \frac{1}{f} \cdot f \cdot \left(1 - f\right) \cdot x_{1}" in written
    told = markdown(of(we02(), "w1"), numbers=False)
    assert "0.1966" not in told
    assert "Through f: sigmoid passes the gradient times σ(1 − σ)." in told


def test_the_second_worked_example_with_numbers() -> None:
    written = latex(of(we02(), "w1"))
    assert r"&= -1.368 \cdot 0.1966 = -0.2689" in written
    assert r"f &= \sigma\left(n_{4}\right) = \sigma\left(1\right) = 0.7311" in written
    assert written.rstrip().endswith("= 0.2689\n\\end{align*}")


def test_a_layer_of_matrices() -> None:
    written = latex(of(we05(), "W"))
    assert (
        r"\frac{\partial f}{\partial W} &= \frac{\partial f}{\partial n_{1}}\, {x}^{\top}"
        in written
    )
    assert r"\begin{bmatrix} 0.01766 & -0.01766 \\ 0.105 & -0.105 \end{bmatrix}" in written
    assert r"\text{(spread over the summed entries)}" in written
    assert r"\frac{\partial f}{\partial n_{3}} \odot n_{3} \odot \left(1 - n_{3}\right)" in written


def test_several_ways_are_a_sum() -> None:
    trace = traced("x*y + sin(x)", x=1.0, y=2.0)
    written = latex(of(trace, "x"))
    assert (
        r"\frac{\partial f}{\partial n_{2}} \cdot \cos\left(x\right) + "
        r"\frac{\partial f}{\partial n_{1}} \cdot y" in written
    )
    assert r"&= 0.5403 + 2 = 2.54" in written
    assert "Along the way" not in written


def test_one_node_used_twice_by_one_op() -> None:
    written = latex(of(traced("x*x", x=3.0), "x"))
    assert r"\Big|_{\text{operand 1}}" in written
    assert "&= 3 + 3 = 6" in written


def test_markdown_tells_each_step_in_a_sentence() -> None:
    told = markdown(of(we01(), "x"))
    assert told.startswith("## ∂f/∂x\n\nHow much f changes with x, by the chain rule.\n")
    assert "q passes −4 on to x (−4 times 1). x is complete." in told
    assert "The backward pass starts at f with the gradient 1." in told
    assert told.endswith("∂f/∂x = −4\n")


@pytest.mark.parametrize("make", [we01, we02, we05])
def test_every_input_of_the_worked_examples(make: Any) -> None:
    trace = make()
    for name in trace.inputs:
        checked(of(trace, name))


@pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in REGISTRY.values()])
def test_every_op(op: Any) -> None:
    for sample in op.samples:
        values = points.operands(op, sample)
        inputs = {f"x{i}": value for i, value in enumerate(values)}
        trace = engine.record(lambda s=sample, **free: op(*free.values(), **s.params), **inputs)
        for name in inputs:
            if trace.grad(name) is not None:
                checked(of(trace, name))


@pytest.mark.parametrize("case", CASES[::10], ids=range(0, len(CASES), 10))
def test_random_expressions(case: dict[str, Any]) -> None:
    trace = traced(case["expression"], **{n: np.array(v) for n, v in case["inputs"].items()})
    for name in trace.inputs:
        if trace.grad(name) is not None:
            checked(of(trace, name))


def deep(layers: int, units: int) -> Trace:
    def network(x: Any, w: Any) -> Any:
        for layer in range(layers):
            with engine.scope(f"layer {layer}"):
                for _ in range(units):
                    x = engine.tanh(x * w)
        return x * x

    return engine.record(network, x=0.5, w=1.1)


def test_up_to_sixty_nodes_nothing_is_folded() -> None:
    found = of(deep(1, 29), "x")
    assert found.on_the_way == WHOLE
    assert not found.folded
    assert len(found.steps) == WHOLE


def test_a_long_way_is_folded_scope_by_scope_and_says_so() -> None:
    found = of(deep(5, 10), "x")
    folds = [step for step in found.steps if isinstance(step, Fold)]
    assert [fold.title for fold in folds] == [f"layer {i}" for i in (4, 3, 2, 1, 0)]
    assert all(len(fold.known) == 1 for fold in folds)
    assert found.note == (
        "102 nodes lie on the way, and at most 60 steps are written out: 100 are folded, "
        "scope by scope."
    )
    written = latex(found)
    assert "% 102 nodes lie on the way" in written
    assert r"(20 steps of the chain rule in layer 4 lead to)" in written
    assert "20 steps of the chain rule in layer 4 are folded here." in markdown(found)
    checked(found)


def test_a_long_way_without_scopes_loses_its_middle() -> None:
    def chain(x: Any) -> Any:
        for _ in range(200):
            x = engine.sin(x)
        return x

    found = of(engine.record(chain, x=0.5), "x")
    assert len(found.steps) == WHOLE + 1
    assert found.note.endswith("141 are folded.")
    checked(found)


def test_a_long_sum_shows_its_largest_terms() -> None:
    def fan(x: Any) -> Any:
        total = x * 0.5
        for k in range(20):
            total = total + x * float(k)
        return total

    found = of(engine.record(fan, x=1.0), "x")
    last = found.steps[-1]
    assert isinstance(last, Step)
    assert last.rest is not None
    assert (len(last.terms), last.rest.count) == (5, 16)
    assert sorted(float(event.amount) for event in last.terms) == [15, 16, 17, 18, 19]
    assert r"\underbrace{\cdots}_{16\text{ more terms}}" in latex(found)
    assert "16 more terms are added up" in markdown(found)
    checked(found)


def test_a_later_pass() -> None:
    fn = parse("(w*x - 1)^2").function()
    trace = engine.step(engine.record(fn, w=1.0, x=3.0), fn, 0.1, wrt=["w"])
    node = trace.node_range(1).start + trace.passes[1].inputs["w"]
    found = derivation(trace, node)
    checked(found)
    assert "w -0.2" not in latex(found)
    assert "= -9.6" in latex(found)


def test_the_result_itself() -> None:
    found = of(we01(), "f")
    assert len(found.steps) == 1
    checked(found)


def test_a_seed_that_was_given() -> None:
    trace = engine.record_with(lambda x: x * x * x, {"x": 2.0}, upstream=2.5)
    written = latex(of(trace, "x"))
    assert r"\frac{\partial f}{\partial f} &= 2.5" in written
    ones = engine.record(lambda x: x * 2.0, x=np.ones(3))
    assert r"&= \mathbf{1}" in latex(of(ones, "x"), numbers=False)


def test_a_node_that_no_gradient_reaches() -> None:
    trace = engine.record(lambda x, y: x * 2.0, x=1.0, y=2.0)
    with pytest.raises(NothingToDeriveError, match="no gradient reaches y: f does not change with"):
        of(trace, "y")
    with pytest.raises(IndexError, match="there is no node 99"):
        derivation(trace, 99)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x", "x"),
        ("W1", "W_{1}"),
        ("h_2", "h_{2}"),
        ("n12", "n_{12}"),
        ("ŷ", r"\hat{y}"),
        ("y_hat", r"\hat{y}"),
        ("yhat", r"\hat{y}"),
        ("σ", r"\sigma"),
        ("theta_0", r"\theta_{0}"),
        ("θ₁", r"\theta_{1}"),
        ("loss", r"\mathrm{loss}"),
        ("W_hidden", r"W_{\mathrm{hidden}}"),
        ("W1_out", r"W_{1,\mathrm{out}}"),
        ("x'", "x'"),
        ("a b", r"\text{a b}"),
        ("$%&{}\\", r"\text{\$\%\&\{\}\textbackslash{}}"),
        ("日", r"\text{(U+65E5)}"),
        ("␛[0m", r"\text{(U+241B)[0m}"),
    ],
)
def test_names(text: str, written: str) -> None:
    assert tex.name(text) == written
    balanced(written)


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (-1.36788, "-1.368"),
        (1.234e-5, r"1.234 \times 10^{-5}"),
        (float("-inf"), r"-\infty"),
        (float("nan"), r"\mathrm{NaN}"),
    ],
)
def test_numbers(x: float, written: str) -> None:
    assert tex.number(x) == written


def test_values() -> None:
    assert tex.value(None) == r"\text{nothing}"
    assert tex.value(np.array([1.0, -2.0])) == r"\begin{bmatrix} 1 \\ -2 \end{bmatrix}"
    assert tex.value(np.arange(6.0)).endswith(r"\end{bmatrix}^{\top}")
    assert tex.value(np.zeros((20, 30))) == r"\text{(20, 30) all 0}"
    assert tex.value(np.zeros(0)) == r"\text{(0,) empty}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("−\ue000/\ue001²", r"-\frac{a}{b^{2}}"),
        ("1/(2·\ue000)", r"\frac{1}{2 \cdot a}"),
        ("\ue000·(1 − \ue000)", r"a \cdot \left(1 - a\right)"),
        ("(\ue000 + \ue001)²", r"\left(a + b\right)^{2}"),
        ("0.5·\ue000^(−0.5)", r"0.5 \cdot a^{-0.5}"),
        ("|\ue000|", r"\left|a\right|"),
        ("√(\ue000)", r"\sqrt{a}"),
        ("max(\ue000, \ue001)", r"\max\left(a, b\right)"),
        ("relu(\ue000, axis=(0, 1))", r"\operatorname{relu}\left(a, \text{axis=(0, 1)}\right)"),
        ("\ue000 ∙ \ue001ᵀ", r"a \, b^{\top}"),
        ("(\ue000 ≥ \ue001)", r"a \ge b"),
    ],
)
def test_formulas(text: str, written: str) -> None:
    assert tex.formula(text, [("a", tex.ATOM), ("b", tex.ATOM)])[0] == written


@pytest.mark.parametrize("text", ["", "(", "a +", "a b", ")", "f(a", "1 ++ 2"])
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        tex.formula(text, [])


def test_in_a_long_sum_the_term_that_is_no_number_is_written() -> None:
    terms = " + ".join(f"x*{k}" for k in range(1, 8))
    with np.errstate(all="ignore"):
        found = of(traced(f"{terms} + sqrt(x)*0", x=0.0), "x")
    step = found.steps[-1]
    assert isinstance(step, Step)
    assert any(np.isnan(event.amount) for event in step.terms)
