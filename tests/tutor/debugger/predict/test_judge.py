from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.debugger.predict import State, judge, report, reveal
from tutor.debugger.predict.judge import Answer, Score
from tutor.debugger.predict.question import Form, Question, Reply, Slip


def asking(
    reply: Reply, form: Form = "number", *, slips: tuple[Slip, ...] = (), choices: str = ""
) -> Question:
    return Question(
        kind="amount",
        event=9,
        node=0,
        index=(),
        text="q = x + y gets −4 from above. What does it pass on to x?",
        form=form,
        reply=reply,
        hints=("Add passes the gradient on unchanged.", "∂f/∂q · 1.", "−4 · 1."),
        solution="−4 · 1 = −4",
        slips=slips,
        choices=tuple(choices.split()),
        known={"z": -4.0},
    )


@pytest.mark.parametrize(
    ("right", "typed"),
    [
        (-4.0, "-4"), (-4.0, "−4"), (-4.0, "-4.0"), (-4.0, " - 4 "), (-4.0, "z"), (-4.0, "z * 1"),
        (-4.0, "[-4]"), (-4.0, "[[z]]"),
        (-4.0, "-8/2"), (-0.72, "-2*(1-0.8^2)"), (-0.72, "−2 · (1 − 0.8²)"), (-0.72, "-.72"),
        (-0.72, "-0.7"), (0.19661, "0.1966"), (0.19661, "0.197"), (0.19661, "0.2"),
        (0.19661, "0.20"), (0.19661, "sigmoid(1)*(1-sigmoid(1))"), (1 / 3, "1/3"), (1 / 3, "0.33"),
        (1 / 3, "0.333333"), (0.96, "1"), (12.6, "13"), (1234567.0, "1.2346e6"), (1e-5, "1e-5"),
        (1.04e-5, "1e-5"), (0.0, "0"), (0.0, "0.00"), (0.0, "1-1"), (100.0, "99.5"),
    ],
)  # fmt: skip
def test_right_numbers(right: float, typed: str) -> None:
    assert judge(asking(right), typed) == Answer("right", "Right.")


@pytest.mark.parametrize(
    ("right", "typed"),
    [
        (-4.0, "4"), (-4.0, "-4.1"), (-0.72, "-0.8"), (-0.72, "-1"), (0.19661, "0"),
        (0.19661, "0.1"), (0.19661, "0.22"), (0.6, "1"), (0.4, "0"), (12.6, "12"), (0.0, "0.1"),
        (0.0, "1e-9"), (1e-5, "0"), (1e-5, "0.0"), (100.0, "98"), (3.0, "z"),
    ],
)  # fmt: skip
def test_wrong_numbers(right: float, typed: str) -> None:
    assert judge(asking(right), typed) == Answer("wrong", "Not that number.")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Nothing is typed yet. A number is wanted"),
        ("   ", "Nothing is typed yet."),
        ("x +", "That cannot be read:"),
        ("nobody", "That cannot be read: there is no number called nobody here."),
        ("[1, 2]", "That is more than one number."),
        ("1/0", "That does not come out at a finite number."),
        ("9**9**9", "That does not come out at a finite number."),
        ("log(-1)", "That does not come out at a finite number."),
        ("[1, 2] @ [1, 2, 3]", "That cannot be read: matmul"),
        ("__import__('os')", "That cannot be read:"),
        ("1" * 500, "That is very long."),
        ("(" * 150, "That cannot be read:"),
        ("\x1b[31m4", "That cannot be read:"),
        ("∞", "That cannot be read:"),
        ("−4!", "That cannot be read:"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(typed: str, told: str) -> None:
    answer = judge(asking(-4.0), typed)
    assert answer.verdict == "unreadable"
    assert answer.message.startswith(told)
    assert "\n" not in answer.message
    assert "\x1b" not in answer.message


@given(st.text(max_size=30), st.sampled_from(["number", "node", "nodes", "shape", "sign"]))
def test_nothing_that_is_typed_raises(typed: str, form: Form) -> None:
    replies: dict[str, Reply] = {
        "number": 2.5, "node": "q", "nodes": frozenset(("q", "f")), "shape": (3, 4), "sign": "+",
    }  # fmt: skip
    answer = judge(asking(replies[form], form, choices="q f"), typed)
    assert answer.verdict in ("right", "wrong", "unreadable")
    assert answer.message


def test_signs() -> None:
    asked = asking("−", "sign", slips=(Slip("wrong_sign", "+"),))
    for typed in ("-", "−", "minus", "Negative", " - "):
        assert judge(asked, typed).verdict == "right"
    assert judge(asked, "+").slip == "wrong_sign"
    assert judge(asked, "0") == Answer("wrong", "Not that sign.")
    assert judge(asked, "maybe").verdict == "unreadable"


def test_the_likeliest_slip_is_named_and_the_answer_is_not_told() -> None:
    slips = (Slip("sign_flipped", 4.0), Slip("missing_local", 8.0))
    answer = judge(asking(-4.0, slips=slips), "4")
    assert answer == Answer(
        "wrong", "The size is right, the sign is the other one.", "sign_flipped"
    )
    assert judge(asking(-4.0, slips=slips), "8.02").slip == "missing_local"
    assert judge(asking(-4.0, slips=slips), "5").slip is None


def test_the_score() -> None:
    score = Score()
    for verdict in ("right", "wrong", "right", "unreadable", "right", "right"):
        score = score.after(Answer(verdict, ""))  # type: ignore[arg-type]
    assert score == Score(4, 5, 3)
    assert score.passed() == Score(4, 6, 0)


def test_hints_come_one_after_the_other() -> None:
    asked = asking(-4.0)
    shown = [report(asked, State(hints=k), Score()).data["hints"] for k in (0, 1, 3)]
    rule, names, numbers = "Add passes the gradient on unchanged.", "∂f/∂q · 1.", "−4 · 1."
    assert shown == [[], [rule], [rule, names, numbers]]
    assert reveal(asked) == "✓  −4 · 1 = −4"


def test_the_report_hides_the_answer_until_it_is_given() -> None:
    asked = asking(-4.0, slips=(Slip("sign_flipped", 4.0),))
    wrong = State("4", judge(asked, "4"), hints=1)
    made = report(asked, wrong, Score(7, 9))
    assert made.aside == "7 right of 9"
    assert [row.text for row in made.rows] == [
        "  q = x + y gets −4 from above. What does it pass on to x?",
        "  hint: Add passes the gradient on unchanged.",
        "  > 4",
        "  ✗  The size is right, the sign is the other one.",
    ]
    assert "answer" not in made.data
    assert made.data["slip"] == "sign_flipped"
    assert made.sentences[0] == "q, x plus y, gets minus 4 from above. What does it pass on to x?"
    right = report(asked, State("-4", judge(asked, "-4")), Score(8, 10, 5))
    assert right.aside == "8 right of 10, 5 in a row"
    assert right.rows[-1].text == "  ✓  −4 · 1 = −4"
    assert right.rows[-1].event == 9
    assert (right.data["answer"], right.data["solution"]) == (-4.0, "−4 · 1 = −4")
    given_up = report(asked, State(revealed=True), Score(0, 1))
    assert given_up.rows[-1].text == "  ✓  −4 · 1 = −4"
    assert given_up.sentences[-1] == "minus 4 times 1 is minus 4."
    over = report(None, State(), Score(1, 1, 1))
    assert over.sentences == ("Everything has happened: there is nothing left to predict.",)
    for one in (made, right, given_up, over):
        json.dumps(one.document(), allow_nan=False)


def test_what_was_typed_is_safe_to_show() -> None:
    asked = asking(-4.0)
    made = report(asked, State("\x1b[2J[red]4", judge(asked, "\x1b[2J[red]4")), Score())
    assert not any("\x1b" in row.text for row in made.rows)
