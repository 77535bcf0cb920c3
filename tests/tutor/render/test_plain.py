from __future__ import annotations

import pytest

from engine.ops import REGISTRY
from tutor.actions import ACTIONS, key_label
from tutor.render.plain import spelled_line, text_of, to_ascii


@pytest.mark.parametrize(
    ("text", "ascii"),
    [
        ("∂f/∂x = −4 · 1", "df/dx = -4 * 1"),
        ("Wᵀ ∙ ∂L/∂z", "W^T @ dL/dz"),
        ("(eˣ − e⁻ˣ)/2", "(e^x - e^-x)/2"),
        ("w ← w − η · g", "w <- w - lr * g"),
        ("x\n", "x\n"),
        ("é\x1b", "??"),
    ],
)
def test_signs_are_spelled_out(text: str, ascii: str) -> None:
    assert to_ascii(text) == ascii


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_sign_of_every_op_has_an_ascii_form(name: str) -> None:
    op = REGISTRY[name]
    for text in (op.symbol, op.rule, op.doc):
        assert to_ascii(text).isascii()
        assert "?" not in to_ascii(text).replace("?", "", text.count("?"))


def test_every_text_of_every_action_has_an_ascii_form() -> None:
    for action in ACTIONS:
        for text in (action.title, action.help, *(key_label(k, ascii=True) for k in action.keys)):
            assert "?" not in to_ascii(text).replace("?", "", text.count("?"))


def test_runs_keep_their_roles() -> None:
    line = (("−1", "result"), (" · ", "text"))
    assert spelled_line(line, True) == (("-1", "result"), (" * ", "text"))
    assert spelled_line(line, False) is line
    assert text_of(line) == "−1 · "
