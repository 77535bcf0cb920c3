from __future__ import annotations

import json

import pytest

from tutor.actions.deriving import DERIVING
from tutor.judge import shelf
from tutor.line.deriving import VERBS, beginning, converse, respond
from tutor.session.deriving.derivation import Derivation, begin

ENDS = ("Goodbye.",)


@pytest.fixture
def neuron() -> Derivation:
    return begin("neuron", shelf.load("neuron"), "dL/dw")


def said(derivation: Derivation, *typed: str) -> list[list[str]]:
    return [lines for lines, _ in converse(derivation, typed)]


def test_the_beginning_says_what_is_given_and_asked(neuron: Derivation) -> None:
    assert beginning(neuron) == [
        "One neuron.",
        "Given: z equals w times x plus b.",
        "Given: a equals sigmoid of z.",
        "Given: L equals the quantity a minus y, end of quantity, squared.",
        "Find dL/dw. Type one line at a time; :help lists the commands.",
    ]


def test_the_beginning_says_shapes_and_domains() -> None:
    said = beginning(begin("softmax-layer", shelf.load("softmax-layer"), "dL/dW"))
    assert "Given: W is a matrix, k by d." in said
    assert "Given: x is a vector of length d." in said


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("sigmoid-symmetry", "minus z, end of quantity equals 1 minus sigmoid of z. Type"),
        (
            "sigmoid-quarter",
            "Show that the derivative of sigmoid at z is bounded by 1 divided by 4. Type",
        ),
        ("gaussian-squared-error", ", up to an additive constant and a positive factor. Type"),
    ],
)
def test_the_beginning_says_what_is_to_be_shown(name: str, asked: str) -> None:
    assert asked in beginning(begin(name, shelf.load(name), ""))[-1]


def test_lines_are_judged_one_by_one(neuron: Derivation) -> None:
    answers = said(neuron, "dL/da = 2*(a - y)", "dL/dw = 2*(a - y)*a*(1 - a)", ":line 2",
                   "dL/dw = 2*(a - y)*a*(1 - a)*x")  # fmt: skip
    assert answers[0] == ["Line 1 is right at every point."]
    assert answers[1][0] == "Line 2: a factor of the chain is missing (missing_chain_factor)."
    assert answers[1][1].startswith("At ")
    assert answers[2][0].startswith("Line 2: the derivative of L by w equals")
    assert answers[3] == [
        "Line 2 is right at every point.",
        "Every line is right, and dL/dw is reached.",
    ]


def test_hints(neuron: Derivation) -> None:
    answers = said(neuron, ":hint", "dL/dw = 2*(a - y)*a*(1 - a)", ":hint", ":hint", ":hint")
    assert answers[0][0].startswith("Not done: there is no line yet")
    assert "first that does not hold" in answers[2][0]
    assert "smaller one" in answers[4][0]


def test_a_line_that_cannot_be_read(neuron: Derivation) -> None:
    assert said(neuron, "dL/dw = __import__('os')")[0][0].startswith("Line 1: ")


def test_a_line_that_cannot_be_read_is_typed_again(neuron: Derivation) -> None:
    bad, good, after = (
        done for _, done in converse(neuron, ["dL/da = 2*(a - ", "dL/da = 2*(a - y)", "2*(a - y"])
    )
    assert bad.refused
    assert bad.said[1] == "It is not kept: type it again."
    assert bad.derivation.lines == ()
    assert bad.data["error"].startswith("Line 1: ")
    assert good.said[0] == "Line 1 is right at every point."
    assert after.derivation.lines == good.derivation.lines


def test_steps_are_read_as_formulas(neuron: Derivation) -> None:
    first, second, between = said(neuron, ":solution", ":solution", ":between")
    assert first == [
        "Step 1 of 4: the derivative of L by a equals 2 times the quantity a minus y, end of "
        "quantity. By: power rule."
    ]
    assert second[0].startswith("Step 2 of 4: the derivative of L by z equals ")
    assert between[0].startswith("A line between: the derivative of L by ")


def test_commands_that_do_not_exist(neuron: Derivation) -> None:
    assert said(neuron, ":hnt") == [["Not done: hnt is no command (did you mean :hint?)."]]
    assert said(neuron, ":line") == [["Not done: line needs to know more (such as :line 2)."]]
    assert said(neuron, ":") == [["Not done: nothing is no command (:help lists the commands)."]]


def test_quit_ends(neuron: Derivation) -> None:
    assert said(neuron, ":quit", "dL/dw = 1") == [list(ENDS)]


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_command_answers(neuron: Derivation, verb: str) -> None:
    for before in (neuron, respond(neuron, "dL/da = 2*a").derivation):
        done = respond(before, f":{verb}")
        assert done.said
        assert all(one.strip() for one in done.said)
        assert not any("Traceback" in one for one in done.said)


def test_every_action_of_a_derivation_has_a_word_or_belongs_to_the_screen() -> None:
    without = {action.id for action in DERIVING if not action.verb}
    assert without == {"derive.enter", "derive.palette"}
    assert all(action.help.endswith(".") for action in DERIVING)
    chords = [action.chord for action in DERIVING if action.chord]
    assert len(chords) == len(set(chords))
    keys = [key for action in DERIVING for key in action.keys]
    assert len(keys) == len(set(keys))


def test_the_same_as_data(neuron: Derivation) -> None:
    (lines, done), *_ = converse(neuron, ["dL/da = a - y"], as_json=True)
    data = json.loads(lines[0])
    assert data["lines"] == ["dL/da = a - y"]
    assert data["report"]["verdict"] == "wrong"
    assert data["report"]["lines"][0]["label"] == "constant_factor"
    assert data["said"] == done.said


def test_an_identity_says_both_ends() -> None:
    exercise = shelf.load("sigmoid-symmetry")
    derivation = begin("sigmoid-symmetry", exercise, "")
    assert "equals" in beginning(derivation)[-1] or " is " in beginning(derivation)[-1]
