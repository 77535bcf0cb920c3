"""Sentences for the ear."""

from __future__ import annotations

import pytest

from tutor.render.spoken import in_words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("x + y: −2 + 5 = 3", "x plus y: minus 2 plus 5 is 3"),
        ("= −4 · 1  = −4.", "is minus 4 times 1, that is minus 4."),
        ("∂f/∂x = ∂f/∂q · ∂q/∂x", "d f over d x is d f over d q times d q over d x"),
        ("exp: passes on its own value eˣ.", "exp: passes on its own value e to the power x."),
        ("times σ(1 − σ)", "times sigma times (1 minus sigma)"),
        ("h = σ(z)", "h is sigmoid of (z)"),
        ("Σₙ xₙᵢ δₙⱼ", "sum over n of x n i delta n j"),
        ("n3[:, 0] carries 2", "n3[all, 0] carries 2"),
        ("1 is (), n3 is (20, 6).", "1 is a scalar, n3 is (20, 6)."),
        ("mean(n4, keepdims=False)", "mean(n4)"),
        ("passes gradient @ second.T to the first", "passes gradient times second transposed to "
                                                    "the first"),
        ("x = n3² and n4³ and a¹⁰", "x is n3 squared and n4 cubed and a to the power 10"),
        ("encoder ×12, folded", "encoder 12 times, folded"),
        ("layer=0..9, a repeat", "layer 0 to 9, a repeat"),
        ("Breakpoint 2, |grad| > 1: holds", "Breakpoint 2, the size of grad greater than 1: holds"),
        ("none yet. An example: |grad| > 10.", "none yet. An example: |grad| > 10."),
        ("pow passes b·a^(b−1)", "pow passes b times a to the power (b minus 1)"),
        ("f is 3 (−4 + 7).", "f is 3 (minus 4 plus 7)."),
        ("A sign is wanted: +, − or 0.", "A sign is wanted: plus, minus or 0."),
        ("the loss went down ▃▁▂█ to 1e−5", "the loss went down to 1 times 10 to the minus 5"),
        ("value: — not computed yet", "value: not computed yet"),
        ("its gradient is nan", "its gradient is not a number"),
        ("w ← w − η · ∂L/∂w", "w becomes w minus the learning rate times d L over d w"),
        ("einsum(q, k, pattern=ntd,nsd->nts)", "einsum(q, k, pattern=ntd,nsd to nts)"),
    ],
)  # fmt: skip
def test_signs_become_words(written: str, said: str) -> None:
    assert in_words(written) == said
