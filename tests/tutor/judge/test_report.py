"""The verdict on a derivation as rows, sentences and data."""

from __future__ import annotations

import json

import pytest

from tutor.judge import shelf
from tutor.judge.judge import judge
from tutor.judge.report import example_sentence, hint_sentences, line_rows, report, told
from tutor.judge.verdict import CounterExample, Judged, Verdict
from tutor.render.report import Report
from tutor.render.sanitise import cell_width

WRONG = ["dL/da = 2*(a − y)", "", "dL/dw = 2*(a − y)*a*(1 − a)"]


def verdict(*lines: str) -> Verdict:
    return judge(shelf.load("neuron"), "dL/dw", lines, 3)


def found(*lines: str, ascii: bool = False) -> Report:
    return report("dL/dw", lines, verdict(*lines), ascii=ascii)


def spot(rows: list[str]) -> str:
    """What stands above the strokes of the first spot."""
    place = next(at for at, row in enumerate(rows) if row.strip() and set(row.strip()) <= {"‾"})
    row, strokes = rows[place - 1], rows[place]
    return row[strokes.index("‾") : len(strokes)]


def test_every_line_has_its_mark_and_its_number() -> None:
    rows = [row.text for row in found(*WRONG).rows]
    assert rows[:3] == [
        "  ≈  1  dL/da = 2*(a − y)",
        "     2  ",
        "  ✗  3  dL/dw = 2*(a − y)*a*(1 − a)",
    ]
    assert spot(rows) == "2*(a − y)*a*(1 − a)"
    assert rows[4:6] == [
        "",
        "   Line 3: a factor of the chain is missing (missing_chain_factor).",
    ]


def test_sentences_and_data() -> None:
    made = found(*WRONG)
    assert (made.title, made.aside) == ("dL/dw", "wrong")
    assert made.sentences[:2] == ("Line 1: equal at every point.", "Line 3: wrong.")
    document = made.document()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert (document["verdict"], document["first_wrong"]) == ("wrong", 2)
    assert [line["number"] for line in document["lines"]] == [0, 2]
    assert [line["text"] for line in document["lines"]] == [WRONG[0], WRONG[2]]


def test_a_proof_changes_the_mark_of_a_right_line_only() -> None:
    said = verdict(*WRONG)
    made = report("dL/dw", WRONG, said, {0: "proved", 2: "proved"})
    assert [row.text[2] for row in made.rows[:3]] == ["=", " ", "✗"]
    assert made.sentences[:2] == ("Line 1: proved.", "Line 3: wrong.")
    assert [line["mark"] for line in made.data["lines"]] == ["=", "✗"]
    unproved = report("dL/dw", WRONG, said, {0: "open"})
    assert unproved.rows[0].text[2] == "≈"


def test_right_and_incomplete() -> None:
    right = found("dL/dw = 2*(a - y)*a*(1 - a)*x")
    assert right.sentences[-1] == "Every line is right, and dL/dw is reached."
    incomplete = verdict("dL/dw = dL/dz*x")
    [(sentence, role)] = told("dL/dw", incomplete)
    assert (incomplete.kind, sentence, role) == ("incomplete", incomplete.message, "changed")


def test_in_ascii_each_spot_stays_under_what_it_marks() -> None:
    lines = ["dL/dz = 2*(a − y)*σ(z)", "dL/dw = 2*(a − y)*σ(z)*(1 − σ(z))"]
    made = found(*lines, ascii=True)
    rows = [row.text for row in made.rows]
    first = next(at for at, row in enumerate(rows) if row.startswith("  X"))
    strokes = rows[first + 1]
    assert "".join(rows[: first + 2]).isascii()
    assert set(strokes.strip()) == {"^"}
    assert rows[first][strokes.index("^") : len(strokes)].endswith("sigmoid(z)")


@pytest.mark.parametrize(
    ("line", "span", "shown", "before"),
    [
        ("a = \x1b[2Jb", (4, 9), "␛[2Jb", 4),
        ("変数 = b", (5, 6), "b", 7),
        ("a\x00 + b", (5, 6), "b", 5),
        ("a\ud800 + b", (0, 2), None, 0),
        ("a", (1, 1), "", 1),
    ],
    ids=["escape", "wide", "zero byte", "surrogate", "behind the end"],
)
def test_foreign_text_is_made_safe_and_measured_in_cells(
    line: str, span: tuple[int, int], shown: str | None, before: int
) -> None:
    row, strokes = line_rows(0, line, Judged(0, "?", "bad_character", span, "no"))
    assert row.text.isprintable()
    assert "\ud800" not in row.text
    assert strokes.text.index("‾") == 8 + before
    marked = strokes.text.count("‾")
    assert marked == max(1, cell_width(shown)) if shown is not None else marked >= 1


def test_a_line_nobody_judged() -> None:
    [row] = line_rows(11, "# a thought", None)
    assert row.text == "    12  # a thought"


def test_a_counter_example_in_words() -> None:
    example = CounterExample({"w": 0.7, "x": [1.0, -2.0]}, 0.25, -4.5, None)
    assert example_sentence(example) == (
        "At w = 0.7, x = [1, −2]: your line gives 0.25, the true value is −4.5."
    )
    inside = CounterExample({}, None, 2.0, (1, 0))
    assert example_sentence(inside) == (
        "Your line gives no number in entry [1, 0], the true value is 2."
    )
    many = CounterExample({f"w{i}": float(i) for i in range(9)}, 1.0, 2.0)
    assert "w5 = 5, …: your line" in example_sentence(many)
    large = CounterExample({f"W{n}": [[1.5, -2.5, 0.5]] * 2 for n in range(5)}, 1.0, 2.0)
    assert example_sentence(large).count("W") < 5
    assert ", …: your line gives 1, the true value is 2." in example_sentence(large)
    nowhere = CounterExample({}, 0.2, 0.25)
    assert example_sentence(nowhere) == "Your line gives 0.2, the true value is 0.25."
    assert example_sentence(CounterExample({"w": 1.5}, 1.0, 2.0), spoken=True).startswith(
        "At w 1.5: your line"
    )


def test_hints_come_one_after_the_other_and_hold_no_answer() -> None:
    said = verdict(*WRONG)
    three = hint_sentences(said, WRONG, 3)
    assert len(three) == 3
    for count in range(3):
        assert hint_sentences(said, WRONG, count) == three[:count]
    assert not any("(1 - a)*x" in one or "(1 − a)*x" in one for one in three)
