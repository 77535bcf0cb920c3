from __future__ import annotations

import engine
from engine.trace import Trace
from tutor.language import parse
from tutor.render.inspector import arrives, inspection
from tutor.render.plain import text_of

TEXT = "(x + y)*z"


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


XYZ = make(TEXT, x=-2, y=5, z=-4)


def told(trace: Trace, node: int | str, cursor: int, *, ascii: bool = False) -> dict[str, str]:
    shown = inspection(trace, trace.id(node), cursor, text=TEXT, ascii=ascii)
    return {label: text_of(line) for label, line in shown.rows}


def test_an_input_when_its_gradient_has_arrived() -> None:
    assert told(XYZ, "x", 9) == {
        "value": "−2",
        "gradient": "−4",
        "arrives as": "−4 from q",
        "is": "an input, can be edited",
        "used by": "q",
    }


def test_what_has_not_happened() -> None:
    before = told(XYZ, "q", 0)
    assert before["value"] == "— not computed yet"
    assert before["gradient"] == "— nothing has arrived yet"
    assert "arrives as" not in before


def test_the_place_is_the_sub_term_that_was_typed() -> None:
    assert inspection(XYZ, 3, 10, text=TEXT).place == "x + y"
    assert inspection(XYZ, 3, 10).title == "q = x + y"
    traced = engine.record(lambda x: x * 2, x=1.0)
    assert inspection(traced, 2, 9).place.startswith("test_inspector.py:")


def test_the_gradient_is_the_sum_of_its_contributions_with_their_shares() -> None:
    trace = make("x*x - 3*x", x=1)
    arrivals = trace.arrivals("x")
    half = told(trace, "x", arrivals[0] + 1)
    assert half["gradient"] == "−3 so far, 1 of 3 parts"
    done = told(trace, "x", arrivals[-1] + 1)
    assert done["gradient"] == "−1"
    assert done["arrives as"] == "−3 from n2 (60%) + 1 from n1 (20%) + 1 from n1 (20%)"


def test_all_digits() -> None:
    trace = make("x/3", x=1)
    assert told(trace, "f", 9)["value"] == "0.3333333333333333"
    small = engine.record_with(parse("x/3").function(), {"x": 1}, dtype="float32")
    assert told(small, "f", 9)["value"] == "0.33333334"
    assert told(small, "f", 9)["dtype"] == "float32"


def test_tensors_constants_and_scopes() -> None:
    def layer(x: engine.Tensor) -> engine.Tensor:
        with engine.scope("layer 1"):
            return (x * 2).sum()

    trace = engine.record(layer, x=[float(i) for i in range(10)])
    x = told(trace, 0, 99)
    assert x["value"] == "from 0 to 9, mean 4.5"
    assert x["shape"] == "(10,), float64"
    product = told(trace, 2, 99)
    assert product["scope"] == "layer 1"
    constant = told(trace, 1, 99)
    assert constant["is"] == "a constant"
    assert constant["gradient"] == "— none is wanted for a constant"
    assert told(trace, trace.output, 99)["used by"] == "nothing, the result"
    assert told(trace, trace.output, 99)["arrives as"] == "1 seed"


def test_ascii_is_ascii() -> None:
    for node in range(5):
        for cursor in (0, 5, 10):
            shown = inspection(XYZ, node, cursor, text=TEXT, ascii=True)
            texts = [shown.title, shown.place, *told(XYZ, node, cursor, ascii=True).values()]
            assert all(text.isascii() and "?" not in text for text in texts)


def test_a_long_sum_is_told_whole_or_by_its_largest_parts() -> None:
    text = " + ".join(f"{k}*x" for k in range(1, 41))
    trace = make(text, x=1)
    shown = inspection(trace, trace.id("x"), len(trace.events))
    assert shown.count == len(shown.parts) == 40
    whole = text_of(dict(shown.rows)["arrives as"])
    assert whole.count(" from ") == 40
    assert whole == text_of(arrives(shown.parts, shown.count, len(whole)))
    assert [part.size for part in shown.parts] == sorted(
        [part.size for part in shown.parts], reverse=True
    )
    cut = text_of(arrives(shown.parts[::-1], shown.count, 60))
    assert len(cut) <= 60
    assert cut.startswith("40 from ")
    told = cut.count(" from ")
    assert told >= 2
    assert cut.endswith(f" … and {40 - told} more")
    assert text_of(arrives(shown.parts, 40, 60, ascii=True)).isascii()
