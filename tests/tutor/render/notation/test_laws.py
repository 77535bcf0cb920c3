from __future__ import annotations

import numpy as np
import pytest

from engine.trace import Trace
from tests.tutor.render.notation.networks import (
    COLUMN,
    COLUMNS,
    LOGITS,
    NEURON,
    ROWS,
    TURNED,
    make,
)
from tests.tutor.render.notation.reading import entry_value, matrix_value
from tutor.render.formula import formula
from tutor.render.notation import NOTATIONS, OWN, Notation, named, written
from tutor.render.notation.laws import gradient_laws, value_law
from tutor.render.plain import text_of

NETWORKS = {
    "column": COLUMN, "rows": ROWS, "turned": TURNED, "columns": COLUMNS, "logits": LOGITS,
    "neuron": NEURON,
}  # fmt: skip
MATRIX = [n for n in NOTATIONS if n.form == "matrix" and n is not OWN]
INDEX = [n for n in NOTATIONS if n.form == "index"]


def contributions(trace: Trace) -> list[int]:
    return [e.i for e in trace.events if e.kind == "contribution"]


@pytest.mark.parametrize("notation", MATRIX, ids=lambda n: n.id)
@pytest.mark.parametrize("trace", NETWORKS.values(), ids=NETWORKS)
def test_every_law_in_matrices_comes_to_the_gradient_that_is_passed_on(
    trace: Trace, notation: Notation
) -> None:
    names, checked = written(trace, notation), 0
    for i in contributions(trace):
        event = trace.events[i]
        for law in gradient_laws(names, event):
            left, _, right = text_of(law).partition(" = ")
            assert left == names.gradient(event.node)
            if right.startswith("Σ"):
                total = matrix_value(names, right.split(" ", 1)[1]).sum(axis=0)
                assert np.allclose(total, event.amount)
            else:
                found = matrix_value(names, right)
                assert np.allclose(found.reshape(np.shape(event.amount)), event.amount), right
            checked += 1
    assert checked >= 2


@pytest.mark.parametrize("notation", INDEX, ids=lambda n: n.id)
@pytest.mark.parametrize("name", ["column", "rows", "turned", "columns", "logits"])
def test_every_law_of_one_entry_comes_to_the_gradient_and_to_the_value(
    name: str, notation: Notation
) -> None:
    trace = NETWORKS[name]
    names, checked = written(trace, notation), 0
    rows = name in ("column", "turned", "columns")
    for i in contributions(trace):
        event = trace.events[i]
        for law in gradient_laws(names, event):
            text = text_of(law)
            if any(run[1] == "factor.loss" for run in law) and "′" not in text:
                continue  # of the loss; held against the trace in matrices
            indices, found = entry_value(names, text, stored_to_from=rows)
            wanted = event.amount
            if "W" in text.partition(" = ")[0]:
                node = trace.nodes[event.node]
                stored = rows != (node.op == "transpose")
                wanted = wanted if stored == notation.to_from else np.transpose(wanted)
            assert len(indices) == np.ndim(wanted), text
            assert np.allclose(found, wanted), text
            checked += 1
    assert checked >= 5
    for layer in names.network(0).layers:
        law = value_law(names, layer.pre)
        assert law is not None
        _, found = entry_value(names, text_of(law), stored_to_from=rows)
        assert np.allclose(found, trace.value(layer.pre))


def lines(trace: Trace, source: str, target: str, notation: str) -> list[str]:
    """The formula of the contribution between two nodes by the program's names."""
    ids = (trace.id(source), trace.id(target))
    (event,) = [e.i for e in trace.events if (e.source, e.node) == ids]
    made = formula(trace, event, notation=named(notation))
    return [text_of(line).rstrip() for line in made.lines]


@pytest.mark.parametrize(
    ("notation", "first", "law"),
    [
        ("tutor", "δ₁ = ∂L/∂a₁ ⊙ σ′(z₁)", "δ₁ = (W₂ᵀ ∙ δ₂) ⊙ σ′(z₁)"),
        ("Q", "δ² = δ³ ⊙ σ′(z²)", "δ² = ((W³)ᵀ ∙ δ⁴) ⊙ σ′(z²)"),
        ("L", "δ¹ = ∂C/∂a¹ ⊙ σ′(z¹)", "δ¹ = ((W²)ᵀ ∙ δ²) ⊙ σ′(z¹)"),
        ("I", "δⱼ¹ = (Σₖ Wⱼₖ² δₖ²) · σ′(θⱼ¹)", ""),
        ("B", "δᵢ⁽¹⁾ = (Σₖ Wᵢ,ₖ⁽²⁾ δₖ⁽²⁾) · σ′(inᵢ⁽¹⁾)", ""),
        ("C", "∂L/∂I⁽¹⁾ = ∂L/∂O⁽¹⁾ ⊙ σ′(I⁽¹⁾)",
         "∂L/∂I⁽¹⁾ = ((W⁽²⁾)ᵀ ∙ ∂L/∂I⁽²⁾) ⊙ σ′(I⁽¹⁾)".replace("W", "w")),
    ],
)  # fmt: skip
def test_the_error_signal_as_each_course_writes_it(notation: str, first: str, law: str) -> None:
    told = lines(COLUMN, "h", "n2", notation)
    assert told[0].replace("  ", " ") == first
    if law:
        assert told[-1] == law


def test_row_batches_have_the_weights_on_the_right() -> None:
    assert lines(ROWS, "h", "n2", "tutor")[-1] == "δ₁ = (δ₂ ∙ W₂ᵀ) ⊙ tanh′(z₁)"
    assert lines(ROWS, "n1", "U1", "tutor")[0] == "∂L/∂W₁ = Xᵀ ∙ δ₁"
    assert lines(ROWS, "n1", "U1", "I")[0] == "∂E/∂Wᵢⱼ¹ = Σₙ Xₙᵢ δₙⱼ¹"
    weights = TURNED.nodes[TURNED.id("W1")]
    (turned,) = TURNED.consumers(weights.id)
    assert written(TURNED, named("tutor")).name(turned) == "W₁ᵀ"
    assert lines(TURNED, "n2", TURNED.nodes[turned].name, "tutor")[0] == "∂L/∂W₁ᵀ = Xᵀ ∙ δ₁"


def test_a_loss_is_written_in_the_notation() -> None:
    assert lines(ROWS, "f", "p", "L")[0] == "∂C/∂a² = 2·(a² − y) / 8"
    logits = LOGITS.nodes[LOGITS.nodes[LOGITS.output].inputs[0]].name
    assert lines(LOGITS, "f", logits, "tutor")[0] == "δ₂ = (softmax(z₂) − y) / 4"


def test_one_neuron_shows_the_three_factors_of_its_weight() -> None:
    told = lines(NEURON, "n2", "w2", "tutor")
    assert told[0].split() == ["∂L/∂w2", "=", "δ", "·", "∂n2/∂w2"]
    assert told[2].split() == ["above", "input"]
    assert told[-1] == "∂L/∂w2 = ∂L/∂ŷ · σ′(z) · x2"


def test_a_value_is_the_whole_layer() -> None:
    pre = COLUMN.passes[0].by_name["n2"]
    told = [text_of(formula(COLUMN, pre, notation=n).lines[0]) for n in NOTATIONS]
    assert told == [
        "n2 = n1 + b1",
        "z₁ = W₁ ∙ x + b₁",
        "z² = W¹ ∙ z¹ + b¹",
        "z¹ = W¹ ∙ x + b¹",
        "θⱼ¹ = Σᵢ Wᵢⱼ¹ xᵢ + bⱼ¹",
        "inᵢ⁽¹⁾ = Σⱼ Wⱼ,ᵢ⁽¹⁾ xⱼ + bᵢ⁽¹⁾",
        "I⁽¹⁾ = w⁽¹⁾ ∙ x + b⁽¹⁾",
    ]


def test_laws_in_ascii() -> None:
    told = []
    for notation in NOTATIONS[1:]:
        for event in range(len(COLUMN.events)):
            made = formula(COLUMN, event, notation=notation, ascii=True)
            told += [text_of(line) for line in made.lines]
    assert all(line.isascii() and "?" not in line for line in told)
    assert "delta1 = (W2^T @ delta2) * sigmoid'(z1)" in told
    assert "dC/dW^1 = delta^2 @ (z^1)^T" in told


def test_of_a_gradient_in_several_parts_no_law_of_the_whole_is_told() -> None:
    trace = make(
        "h = tanh(W@x); sum(tanh(W@h)*h)", W=np.array([[0.5, 0.1], [0.2, 0.3]]), x=np.ones(2)
    )
    for event in trace.arrivals("W"):
        told = [text_of(line) for line in formula(trace, event, notation=named("L")).lines]
        assert told[0].startswith("∂C/∂W via") or told[0].split(" via")[0].startswith("∂")
        assert sum(line.startswith("∂") for line in told) == 2  # the rule and the sum
