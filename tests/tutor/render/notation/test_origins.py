from __future__ import annotations

import pytest

from engine.trace import Trace
from tests.tutor.render.notation.networks import COLUMN, LOGITS, NEURON, make
from tutor.render.formula import formula
from tutor.render.notation import named
from tutor.render.notation.origins import ROLES
from tutor.render.plain import Line, text_of


def told(trace: Trace, source: str, target: str, **options: object) -> tuple[Line, ...]:
    ids = (trace.id(source), trace.id(target))
    (event,) = [e.i for e in trace.events if (e.source, e.node) == ids]
    return formula(trace, event, **options).lines  # type: ignore[arg-type]


def words(lines: tuple[Line, ...]) -> list[str]:
    """The words under the factors."""
    (line,) = [line for line in lines if any(run[0] in ROLES for run in line)]
    return text_of(line).split()


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("n2", "w2", ["above", "input"]),
        ("n2", "x2", ["above", "weight"]),
        ("n4", "b", ["above", "slope"]),
        ("a", "n4", ["loss", "activation"]),
        ("n5", "a", ["above", "loss"]),
        ("f", "n5", ["above", "loss"]),
    ],
)
def test_each_factor_of_a_neuron_says_where_it_comes_from(
    source: str, target: str, expected: list[str]
) -> None:
    assert words(told(NEURON, source, target)) == expected


def test_matrices_say_it_too() -> None:
    assert words(told(COLUMN, "n3", "W2")) == ["above", "input"]
    assert words(told(COLUMN, "n3", "h")) == ["weight", "above"]
    assert words(told(COLUMN, "p", "n4")) == ["loss", "activation"]
    logits = LOGITS.nodes[LOGITS.nodes[LOGITS.output].inputs[0]].name
    assert words(told(LOGITS, "f", logits, notation=named("tutor"))) == ["loss"]


def test_the_roles_say_the_same_as_the_words() -> None:
    symbols, numbers, under, *_ = told(NEURON, "a", "n4")
    roles = [role for text, role in under if text.strip()]
    assert roles == ["factor.loss", "local"]
    for line in (symbols, numbers):
        assert [role for _, role in line if role not in ("text", "result")] == roles


def test_words_stand_under_their_factors() -> None:
    _, numbers, under, *_ = told(NEURON, "n2", "w2")
    text, below = text_of(numbers), text_of(under)
    assert abs(text.index("·") - 3 - (below.index("above") + 2)) <= 4
    assert below.index("input") > text.index("·")


def test_a_graph_that_is_no_network_has_inputs_and_slopes() -> None:
    trace = make("(x + y)*z", x=-2.0, y=5.0, z=-4.0)
    assert words(told(trace, "f", "q")) == ["above", "input"]
    assert words(told(trace, "q", "x")) == ["above", "slope"]


def test_in_a_narrow_pane_the_words_are_joined() -> None:
    wide = told(COLUMN, "h", "n2")
    narrow = told(COLUMN, "h", "n2", width=40)
    assert text_of(wide[2]).split() == ["above", "activation"]
    assert "   above   activation" in [text_of(line) for line in narrow]
    assert all(text_of(line).isascii() for line in told(COLUMN, "h", "n2", width=40, ascii=True))
