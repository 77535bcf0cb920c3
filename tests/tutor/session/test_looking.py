"""Nodes and entries by name."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tutor.session.looking import cell_named
from tutor.session.refused import Refused


def trace() -> engine.Trace:
    return engine.record(lambda x, W, sigma: (x @ W).sum() * sigma, x=np.ones(4), W=np.ones((4, 8)),
                         sigma=2.0)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "index"),
    [
        ("x", "x", None),
        ("W[3, 7]", "W", (3, 7)),
        (" W [-1,0] ", "W", (3, 0)),
        ("W[1 2]", "W", (1, 2)),
        ("f", "f", None),
        ("f[]", "f", ()),
        ("σ", "sigma", None),
    ],
)
def test_a_text_names_a_node_or_an_entry(
    text: str, name: str, index: tuple[int, ...] | None
) -> None:
    made = trace()
    assert cell_named(made, text) == (made.id(name), index)


@pytest.mark.parametrize(
    ("text", "message", "span"),
    [
        ("nobody", "no node is called nobody (the inputs are x, W, sigma)", "nobody"),
        ("nobody[1]", "no node is called nobody (the inputs are x, W, sigma)", "nobody"),
        ("W[1]", "a cell of W, of shape (4, 8), has 2 numbers, not 1", "[1]"),
        ("W[4, 0]", "W has no cell 4 along axis 0: they are 0 to 3", "[4, 0]"),
        ("W[a, b]", "a cell is given by whole numbers, such as [0, 1], not by '[a, b]'", "[a, b]"),
        ("f[0]", "f is a scalar: it is one cell, without an index", "[0]"),
        ("no\x1b[2Jname", "no node is called no", None),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    text: str, message: str, span: str | None
) -> None:
    with pytest.raises(Refused) as caught:
        cell_named(trace(), text)
    assert str(caught.value).startswith(message)
    assert "\x1b" not in str(caught.value)
    if span is not None:
        assert text[caught.value.start : caught.value.end] == span
