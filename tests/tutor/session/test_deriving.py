from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tutor.judge import shelf
from tutor.session.deriving import derivation as deriving
from tutor.session.deriving import helping, proving, writing
from tutor.session.deriving.derivation import Derivation
from tutor.session.refused import Refused

RIGHT = ("dL/da = 2*(a - y)", "dL/dz = dL/da*a*(1 - a)", "dL/dw = 2*(a - y)*a*(1 - a)*x")


@pytest.fixture
def neuron() -> Derivation:
    return deriving.begin("neuron", shelf.load("neuron"), "dL/dw")


def typed(derivation: Derivation, *lines: str) -> Derivation:
    for line in lines:
        derivation = deriving.entered(derivation, line)
    return derivation


def marks(derivation: Derivation) -> str:
    assert derivation.verdict is not None
    return "".join(one.mark for one in derivation.verdict.lines)


def test_each_line_is_judged_as_it_is_finished(neuron: Derivation) -> None:
    one = typed(neuron, RIGHT[0])
    assert one.at == 1
    assert marks(one) == "≈"
    assert one.verdict is not None
    assert one.verdict.kind == "incomplete"
    done = typed(one, *RIGHT[1:])
    assert marks(done) == "≈≈≈"
    assert done.done


def test_the_lines_above_one_that_cannot_be_read_keep_their_marks(neuron: Derivation) -> None:
    assert marks(typed(neuron, RIGHT[0], "dL/dz = ((")) == "≈?"
    assert marks(typed(neuron, "# a remark", "dL/dz = dL/da", "((", RIGHT[0])) == "✗? "


def test_a_line_is_written_anew(neuron: Derivation) -> None:
    wrong = typed(neuron, RIGHT[0], "dL/dz = dL/da*a", RIGHT[2])
    assert marks(wrong) == "≈✗≈"
    again = typed(writing.at_line(wrong, "2"), RIGHT[1])
    assert again.lines == RIGHT
    assert again.done
    assert deriving.undone(again).lines == wrong.lines
    assert deriving.redone(deriving.undone(again)).lines == RIGHT


def test_a_text_of_several_lines_is_as_many(neuron: Derivation) -> None:
    assert typed(neuron, "\n".join(RIGHT)).lines == RIGHT


def test_an_empty_text_takes_a_line_away(neuron: Derivation) -> None:
    written = typed(neuron, *RIGHT)
    less = deriving.entered(writing.at_line(written, "1"), "")
    assert less.lines == RIGHT[1:]
    assert deriving.entered(less, "").lines == RIGHT[2:]
    assert deriving.entered(neuron, "  ").lines == ()


def test_the_seed_stays(neuron: Derivation) -> None:
    one = typed(neuron, RIGHT[0])
    two = typed(one, RIGHT[1])
    assert one.seed is not None
    assert one.seed == two.seed


def test_targets(neuron: Derivation) -> None:
    other = deriving.next_target(neuron)
    assert other.target == neuron.exercise.targets[1]
    back = deriving.aimed(typed(other, *RIGHT), "dL/dw")
    assert back.done
    proved = deriving.proved(other, {0: "proved"})
    assert deriving.aimed(proved, "dL/dw").proofs == {}
    with pytest.raises(Refused, match="this exercise asks for"):
        deriving.aimed(neuron, "dL/dq")


def test_hints_go_from_where_to_what_kind_to_a_smaller_example(neuron: Derivation) -> None:
    wrong = typed(neuron, "dL/dw = 2*(a - y)*a*(1 - a)")
    one = helping.hint(wrong)
    two = helping.hint(one)
    three = helping.hint(two)
    assert [d.hints for d in (one, two, three)] == [1, 2, 3]
    with pytest.raises(Refused, match="the last hint"):
        helping.hint(three)
    assert "first that does not hold" in one.told
    assert "local derivative" in two.told
    assert "a smaller one" in three.told
    assert typed(three, "dL/db = 1").hints == 0


def test_what_cannot_be_done_says_why(neuron: Derivation) -> None:
    done = typed(neuron, *RIGHT)
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: helping.hint(neuron), "no line yet"),
        (lambda: helping.hint(done), "nothing wrong"),
        (lambda: helping.hint(typed(neuron, "((")), "cannot be read"),
        (lambda: helping.unsolved(neuron), "not shown"),
        (lambda: helping.latex(neuron), "no line yet"),
        (lambda: deriving.undone(neuron), "no change"),
        (lambda: deriving.redone(neuron), "no change"),
        (lambda: deriving.removed(neuron), "not finished"),
        (lambda: deriving.cleared(neuron), "no line yet"),
        (lambda: writing.at_line(done, "7"), "numbered from 1 to 4"),
        (lambda: writing.kept(neuron, "x.txt"), "no line yet"),
    ]
    for do, why in refused:
        with pytest.raises(Refused, match=why):
            do()


def test_the_line_between_is_true_and_new(neuron: Derivation) -> None:
    shown = helping.between(neuron)
    assert shown.between is not None
    after = typed(shown, shown.between.line)
    assert marks(after) == "≈"
    more = helping.between(after)
    assert more.between is not None
    assert more.between.line != shown.between.line


def test_the_worked_solution_is_shown_step_by_step(neuron: Derivation) -> None:
    steps = helping.solution(neuron)
    derivation = neuron
    for count, step in enumerate(steps, 1):
        derivation = helping.solved(derivation)
        assert derivation.solved == count
        assert step.line in derivation.told
        assert step.rule in derivation.told
    with pytest.raises(Refused, match="at its end"):
        helping.solved(derivation)
    assert helping.unsolved(derivation).solved == 0


def test_lines_are_kept_in_a_file(neuron: Derivation, tmp_path: Path) -> None:
    written = typed(neuron, *RIGHT)
    kept = writing.kept(written, str(tmp_path / "answer.txt"))
    assert kept.told == "3 lines in answer.txt."
    assert (tmp_path / "answer.txt").read_text().splitlines() == list(RIGHT)
    with pytest.raises(Refused, match="cannot be written"):
        writing.kept(written, str(tmp_path / "none" / "answer.txt"))
    unreadable = typed(neuron, RIGHT[0], "2*\udcff")
    writing.kept(unreadable, str(tmp_path / "other.txt"))
    assert (tmp_path / "other.txt").read_text().splitlines() == [RIGHT[0], "2*?"]


def test_lines_are_kept_over_those_of_the_same_sitting_alone(
    neuron: Derivation, tmp_path: Path
) -> None:
    answer, notes = tmp_path / "answer.txt", tmp_path / "notes.txt"
    kept = writing.kept(typed(neuron, *RIGHT[:2], "2*\udcff"), str(answer))
    other = typed(deriving.undone(kept), RIGHT[2])
    assert writing.kept(other, str(answer)).told == "3 lines in answer.txt."
    assert answer.read_text().splitlines() == list(RIGHT[:3])
    notes.write_text("what I must not lose\n")
    with pytest.raises(Refused, match=r"notes.txt is there already .* name another file"):
        writing.kept(other, str(notes))
    assert notes.read_text() == "what I must not lose\n"


def test_proofs_turn_marks(neuron: Derivation) -> None:
    written = typed(neuron, RIGHT[0], "dL/dw = 2*(a - y)*a*(1 - a)")
    assert proving.open_lines(written) == (0,)
    after, said = proving.wait(written)
    assert after.proofs == {0: "proved"}
    assert said[0] == "Line 1 is proved."
    assert any("power" in one or "pow" in one for one in said)
    assert proving.open_lines(after) == ()
    # A line above that changes takes the proofs below it along.
    assert typed(writing.at_line(after, "1"), "dL/da = 2*a - 2*y").proofs == {}
