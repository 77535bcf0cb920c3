"""Every form in which a moment can be written, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.ops import REGISTRY
from engine.ops.declare import op
from tutor.debugger.export import KINDS, ExportError, export, file_name, picture
from tutor.debugger.frame import Frame
from tutor.language import parse


def frame(cursor: int = 9, text: str = "(x + y)*z", **inputs: Any) -> Frame:
    values = inputs or {"x": -2.0, "y": 5.0, "z": -4.0}
    return Frame(engine.record(parse(text).function(), **values), cursor)


def test_the_kinds() -> None:
    assert list(KINDS) == ["svg", "text", "latex", "markdown", "json", "numpy"]
    assert [kind.ending for kind in KINDS.values()] == [
        ".svg", ".txt", ".tex", ".md", ".json", ".py"
    ]  # fmt: skip
    assert all(kind.title for kind in KINDS.values())


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("cursor", range(11))
def test_every_kind_at_every_moment(kind: str, cursor: int) -> None:
    text = export(kind, frame(cursor))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_svg_is_the_picture_of_the_moment() -> None:
    root = ElementTree.fromstring(export("svg", frame(), theme="dark"))  # noqa: S314
    assert root[0].text == "The graph of f after event 9 of 10"
    assert root[1].text == "Event 9 of 10: q passes −4 on to x (−4 times 1). x is complete."
    words = "".join(root.itertext())
    assert "q = x + y" in words.replace("\u00a0", " ")
    assert "#10151a" in words


def test_text_is_the_picture_of_the_moment() -> None:
    assert (
        export("text", frame()).splitlines()[0] == "┏ x ━━━━━━┓     ┌ q = x + y ┐     ┌ f = q·z ┐"
    )
    assert export("text", frame()).splitlines()[-1].startswith("Event 9 of 10: q passes −4 on to x")
    assert export("text", frame(0)).splitlines()[-1].endswith("Nothing has happened yet.")
    assert export("text", frame(), ascii=True).isascii()


def test_a_derivation_is_that_of_the_focused_node() -> None:
    at = frame()
    assert export("latex", at).count(r"\frac{\partial f}{\partial x}") == 2
    looked = replace(at, focus=at.trace.id("z"))
    assert r"\frac{\partial f}{\partial z} &=" in export("latex", looked)
    assert export("markdown", looked).startswith("## ∂f/∂z")
    assert "-4" in export("latex", looked)
    assert "-4" not in export("latex", looked, numbers=False)


def test_json_is_the_document() -> None:
    data = json.loads(export("json", frame()))
    assert data["format"] == 1
    assert len(data["events"]) == 10


def test_numpy_is_the_pass_that_one_is_in() -> None:
    fn = parse("(w*x - 1)^2").function()
    trace = engine.step(engine.record(fn, w=1.0, x=3.0), fn, 0.1)
    assert '"w": np.array(1.0)' in export("numpy", Frame(trace, 3))
    assert '"w": np.array(-0.2' in export("numpy", Frame(trace, len(trace.events)))


def test_file_names() -> None:
    at = frame()
    assert [file_name(kind, at) for kind in KINDS] == [
        "f-event-9.svg",
        "f-event-9.txt",
        "df-dx.tex",
        "df-dx.md",
        "f.json",
        "f.py",
    ]
    strange = engine.record(lambda **v: v["../a b"] * 2.0, **{"../a b": 1.0})
    assert file_name("latex", Frame(strange, 0, strange.id("../a b"))) == "df-da_b.tex"


@pytest.mark.parametrize("make", [export, file_name])
def test_an_unknown_kind_is_refused(make: Any) -> None:
    with pytest.raises(ExportError, match="no export 'pdf'; there are svg, text, latex, markdown"):
        make("pdf", frame())


def test_a_node_without_a_gradient_is_refused() -> None:
    trace = engine.record(lambda x, y: x * 2.0, x=1.0, y=3.0)
    with pytest.raises(ExportError, match="no gradient reaches y"):
        export("latex", Frame(trace, 0, trace.id("y")))


def test_an_op_that_cannot_be_written_is_refused() -> None:
    odd = op("?", rule="none", elementwise=True, name="odd")(lambda xp, x: x if x.ndim else x.real)
    odd.gradient(lambda xp, g, out, x: (g,))
    try:
        trace = engine.record(lambda x: odd(x) * 1.0, x=np.array(2.0))
        with pytest.raises(ExportError, match=r"odd: it asks an array for \.real"):
            export("numpy", Frame(trace))
    finally:
        del REGISTRY["odd"]


def test_a_large_constant_is_refused_in_one_line() -> None:
    large = Tensor(np.ones(2000), name="table")
    trace = engine.record(lambda x: (x * large).sum(), x=np.ones(2000))
    with pytest.raises(ExportError, match="the constant table has 2000 entries") as caught:
        export("numpy", Frame(trace))
    assert "\n" not in str(caught.value)


def test_a_picture_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MOST_CELLS", 100)
    with pytest.raises(ExportError, match="cells, and at most 100 can be written; fold some"):
        export("svg", frame())


def test_a_large_graph_is_written_as_it_is_folded() -> None:
    def chain(x: Any) -> Any:
        for i in range(40):
            with engine.scope(f"layer {i}"):
                for _ in range(10):
                    x = engine.tanh(x) * 1.1
        return x

    trace = engine.record(chain, x=0.5)
    text = export("text", Frame(trace, len(trace.events)))
    assert max(map(len, text.splitlines())) < 3000
    assert len(export("svg", Frame(trace, len(trace.events)))) < 500_000
