from __future__ import annotations

import json

import numpy as np
import pytest

import engine
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
from tutor.render.expressions import name_of
from tutor.render.formula import formula
from tutor.render.notation import NOTATIONS, OWN, legend, named, next_notation, written
from tutor.render.notation.layers import network_of
from tutor.render.plain import text_of


def called(trace: Trace, notation: str) -> dict[str, str]:
    """The sign of each node that has another name in the program."""
    names = written(trace, named(notation))
    pairs = {name_of(trace, i): names.name(i) for i in range(len(trace.nodes))}
    return {own: sign for own, sign in pairs.items() if own != sign}


def test_a_key_goes_through_all_notations_and_comes_back() -> None:
    seen, notation = [], OWN
    for _ in NOTATIONS:
        seen.append(notation.id)
        notation = next_notation(notation)
    assert seen == ["own", "tutor", "Q", "L", "I", "B", "C"]
    assert notation is OWN
    assert named("[q]") is named("Q")
    with pytest.raises(KeyError, match="there are own, tutor, Q"):
        named("Z")


def test_the_program_s_own_names_are_left_alone() -> None:
    assert called(COLUMN, "own") == {}
    for event in range(len(COLUMN.events)):
        assert formula(COLUMN, event) == formula(COLUMN, event, notation=OWN)


@pytest.mark.parametrize(
    ("notation", "signs"),
    [
        ("tutor", "W₁ b₁ z₁ a₁ W₂ b₂ z₂ ŷ y L"),
        ("Q", "W¹ b¹ z² z³ W³ b³ z⁴ ỹ y C"),
        ("L", "W¹ b¹ z¹ a¹ W² b² z² a² y C"),
        ("I", "W¹ b¹ θ¹ O¹ W² b² θ² y t E"),
        ("B", "W⁽¹⁾ b⁽¹⁾ in⁽¹⁾ a⁽¹⁾ W⁽²⁾ b⁽²⁾ in⁽²⁾ ŷ y J"),
        ("C", "w⁽¹⁾ b⁽¹⁾ I⁽¹⁾ O⁽¹⁾ w⁽²⁾ b⁽²⁾ I⁽²⁾ ŷ y L"),
    ],
)
def test_a_network_in_the_letters_of_each_course(notation: str, signs: str) -> None:
    names = written(COLUMN, named(notation))
    nodes = [COLUMN.id(name) for name in "W1 b1 n2 h W2 b2 n4 p y f".split()]
    assert [names.name(node) for node in nodes] == signs.split()


def test_the_error_signal_of_each_course() -> None:
    pre = COLUMN.id("n4")
    told = {n.id: written(COLUMN, n).gradient(pre) for n in NOTATIONS}
    assert told == {
        "own": "∂f/∂n4", "tutor": "δ₂", "Q": "δ⁴", "L": "δ²", "I": "δ²", "B": "δ⁽²⁾",
        "C": "∂L/∂I⁽²⁾",
    }  # fmt: skip
    assert written(COLUMN, named("tutor")).derivative(pre) == "∂L/∂z₂"


def test_layers_are_found_whichever_way_they_are_written() -> None:
    for trace, first, turned in [
        (COLUMN, True, False),
        (ROWS, False, False),
        (TURNED, False, True),
        (COLUMNS, True, False),
        (LOGITS, False, False),
    ]:
        layers = network_of(trace.passes[0]).layers
        assert [layer.number for layer in layers] == [1, 2]
        assert all(part.weight_first == first for layer in layers for part in layer.parts)
        assert all(part.turned == turned for layer in layers for part in layer.parts)
    neuron = network_of(NEURON.passes[0])
    assert [trace_name(NEURON, part.weight) for part in neuron.layers[0].parts] == ["w1", "w2"]
    assert neuron.target == NEURON.id("y")


def trace_name(trace: Trace, node: int) -> str:
    return trace.nodes[node].name


def test_a_network_of_one_layer_has_no_numbers() -> None:
    assert called(NEURON, "tutor") == {"n4": "z", "a": "ŷ", "f": "L"}
    linear = make("(w*x + b - y)**2", w=2.0, x=1.0, b=0.5, y=1.0)
    assert called(linear, "I")["n2"] == "y"
    assert written(linear, named("I")).name(linear.id("y")) == "t"


def test_several_units_of_a_layer_are_numbered() -> None:
    trace = make(
        "h1 = tanh(w1*x); h2 = tanh(w2*x); (sigmoid(v1*h1 + v2*h2) - y)**2",
        w1=0.1, w2=0.2, v1=0.3, v2=0.4, x=1.0, y=0.0,
    )  # fmt: skip
    assert [called(trace, "tutor")[name] for name in ("h1", "h2")] == ["a₁,₁", "a₁,₂"]
    assert [called(trace, "I")[name] for name in ("h1", "h2")] == ["O₁¹", "O₂¹"]
    assert "w1" not in called(trace, "tutor")


def test_weights_that_several_layers_share_keep_their_name() -> None:
    def rnn(W: engine.Tensor, U: engine.Tensor, x: engine.Tensor) -> engine.Tensor:
        h = engine.tanh(U @ x[0])
        for t in range(1, 3):
            h = engine.tanh(W @ h + U @ x[t])
        return (h * h).sum()

    trace = engine.record(rnn, W=np.eye(2) / 2, U=np.ones((2, 2)), x=np.ones((3, 2)))
    assert "W" not in called(trace, "tutor")
    assert "U" not in called(trace, "tutor")
    assert len(network_of(trace.passes[0]).layers) == 3


@pytest.mark.parametrize(
    "text",
    ["(x + y)*z", "x*x*x + x", "sum(A@B)*0 + x", "sin(x)*cos(y)", "2*3", "x"],
)
def test_a_graph_that_is_no_network_keeps_its_names(text: str) -> None:
    inputs = {"x": 1.0, "y": 2.0, "z": 3.0, "A": np.ones((2, 2)), "B": np.ones((2, 2))}
    function = parse_function(text)
    trace = engine.record_with(function[0], {name: inputs[name] for name in function[1]})
    if network_of(trace.passes[0]).layers:  # two parameters multiplied are a layer by their form
        assert "A" in trace.inputs
        return
    for notation in NOTATIONS:
        names = written(trace, notation)
        assert [names.name(i) for i in range(len(trace.nodes))] == [
            name_of(trace, i) for i in range(len(trace.nodes))
        ]
    assert "No layers were recognised" in legend(trace, named("L")).sentences[0]


def parse_function(text: str):  # type: ignore[no-untyped-def]
    from tutor.language import parse

    program = parse(text)
    return program.function(), program.inputs


def test_a_residual_input_is_no_bias() -> None:
    trace = make("sum(tanh(W@x) + x)", W=np.eye(2), x=np.ones(2))
    (layer,) = network_of(trace.passes[0]).layers
    assert layer.biases == ()


def test_a_product_that_is_used_twice_is_a_layer_of_its_own() -> None:
    trace = make("n = W@x; sum(tanh(n + b)) + sum(n)", W=np.eye(2), x=np.ones(2), b=np.ones(2))
    (layer,) = network_of(trace.passes[0]).layers
    assert layer.pre == trace.id("n")
    names = written(trace, named("tutor"))
    for i in trace.departures("n"):
        # The gradient that n passes on is the sum of both ways, not that of n + b.
        assert names.upstream(trace.id("n")) == names.gradient(trace.id("n"))
        assert trace.events[i].source == trace.id("n")


def test_steps_of_descent_have_the_same_names() -> None:
    function = parse_function("(sigmoid(w*x + b) - y)**2")[0]
    trace = engine.record_with(function, {"w": 0.1, "x": 1.0, "b": 0.0, "y": 1.0})
    trace = engine.step(trace, function, 0.1, wrt=["w", "b"])
    names = written(trace, named("tutor"))
    assert [names.name(node.id) for node in trace.nodes if node.op == "sigmoid"] == ["ŷ", "ŷ"]
    update = trace.update_range(0).start
    assert text_of(formula(trace, update, notation=named("L")).lines[0]) == "w ← w − η · ∂C/∂w"


def test_the_legend_says_what_is_what_and_leads_there() -> None:
    report = legend(COLUMN, named("I"))
    assert report.kind == "notation"
    rows = {row.text.split()[0]: row for row in report.rows if row.node is not None}
    assert rows["θ¹"].node == COLUMN.id("n2")
    assert "the pre-activation of layer 1" in rows["θ¹"].text
    assert rows["t"].text.endswith("in the program: y")
    assert "Wᵢⱼ leads from unit i to unit j; a layer is θ = Wᵀ x." in report.sentences
    assert "The program keeps W the other way round: transposed." in report.sentences
    assert all(len(row.text) <= 78 for row in report.rows)
    document = report.document()
    assert document["notation"] == "I"
    json.dumps(document, allow_nan=False)
    assert "transposed" not in " ".join(legend(ROWS, named("I")).sentences)


def test_which_of_the_two_is_called_activation() -> None:
    after, before = legend(COLUMN, named("L")), legend(COLUMN, named("B"))
    assert "a₁ is the activation of layer 1, called h in the program." in after.sentences
    assert any(s.startswith("in₁ is the activation of layer 1") for s in before.sentences)
    assert before.sentences[-1] == '"Activation" is what stands before σ.'
    assert "The program" not in legend(COLUMN, OWN).sentences[0]


def test_logits_are_a_pre_activation_and_a_linear_output_an_output() -> None:
    pre = LOGITS.nodes[LOGITS.nodes[LOGITS.output].inputs[0]].id
    assert written(LOGITS, named("tutor")).name(pre) == "z₂"
    assert any("the pre-activation of the output" in s for s in
               legend(LOGITS, named("tutor")).sentences)  # fmt: skip


def test_a_large_graph_is_left_alone() -> None:
    def chain(w: engine.Tensor) -> engine.Tensor:
        total = w
        for _ in range(2000):
            total = engine.tanh(total * w)
        return total

    trace = engine.record(chain, w=0.5)
    assert network_of(trace.passes[0]).layers == ()
    assert called(trace, "tutor") == {}
