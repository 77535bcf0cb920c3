"""`backprop derive`: the list, an exercise of one's own, a file of lines, proofs, line mode."""

from __future__ import annotations

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from tutor.cli.main import main

RIGHT = "dL/da = 2*(a - y)\ndL/dw = 2*(a - y)*a*(1 - a)*x\n"
WRONG = "dL/da = 2*(a - y)\ndL/dw = 2*(a − y)*a*(1 - a)\n"
OWN = {"vars": {"x": {"shape": []}}, "forward": ["L = x**3"], "loss": "L", "targets": ["dL/dx"]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("right.txt").write_text(RIGHT, encoding="utf-8")
    Path("wrong.txt").write_text(WRONG, encoding="utf-8")
    Path("own.json").write_text(json.dumps(OWN), encoding="utf-8")
    return tmp_path


@pytest.fixture
def derive(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command: its exit code, and what stands on standard output and error."""

    def run(*words: str, typed: str | bytes = b"") -> tuple[int, str, str]:
        data = typed.encode() if isinstance(typed, str) else typed
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data), encoding="utf-8"))
        code = main(["derive", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


class TestTheList:
    def test_every_exercise_by_level(self, derive: Any) -> None:
        code, out, err = derive()
        assert code == 0
        rows = out.splitlines()
        assert rows[0] == "Level 1"
        levels = [row for row in rows if not row.startswith(" ")]
        assert levels == sorted(levels)
        names = [row.split()[0] for row in rows if row.startswith(" ")]
        assert len(names) == len(set(names)) >= 40
        assert {"neuron", "lstm-cell", "gaussian-squared-error", "linear-collapse"} <= set(names)
        assert "backprop derive NAME" in err

    def test_as_data(self, derive: Any) -> None:
        code, out, _ = derive("--json")
        assert code == 0
        exercises = json.loads(out)["exercises"]
        assert len(exercises) >= 40
        for one in exercises:
            assert set(one) == {"name", "title", "summary", "level", "targets"}
            assert one["title"]

    def test_in_ascii(self, derive: Any) -> None:
        assert derive("--ascii")[1].isascii()


class TestTheExercise:
    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("neurn", "there is no exercise neurn; did you mean neuron?"),
            ("nothing-like-it", "there is no exercise nothing-like-it"),
            ("none.json", "there is no file none.json"),
            ("../../etc/passwd", "there is no file passwd"),
            ("\x1b[2J", "there is no exercise"),
            ("a" * 5000, "there is no exercise"),
            ("nul\x00", "there is no exercise"),
        ],
        ids=["a near miss", "a miss", "no file", "a path", "escape", "long", "zero byte"],
    )
    def test_one_that_is_not_there(self, derive: Any, name: str, message: str) -> None:
        code, out, err = derive(name, "right.txt")
        assert (code, out) == (2, "")
        assert message in err
        assert err.strip().isprintable()
        assert len(err) < 500

    def test_of_ones_own(self, derive: Any) -> None:
        code, out, err = derive("own.json", "-", typed="3*x**2")
        assert (code, err) == (0, "")
        assert out.startswith("dL/dx   correct\n")

    def test_one_that_does_not_say_what_to_derive(self, derive: Any) -> None:
        Path("own.json").write_text(json.dumps({**OWN, "targets": []}))
        code, out, err = derive("own.json", "-", typed="3*x**2")
        assert (code, out) == (2, "")
        assert "this exercise does not say what to derive" in err
        assert "--target dL/dw" in err
        assert derive("own.json", "-", "--target", "dL/dx", typed="3*x**2")[0] == 0

    def test_an_identity_and_a_bound(self, derive: Any) -> None:
        code, out, _ = derive("sigmoid-symmetry", "-", typed="1 - sigmoid(z)")
        assert code == 0, out
        assert out.startswith("1 - sigmoid(z)   correct\n")
        assert derive("sigmoid-symmetry", "-", typed="sigmoid(z)")[0] == 1
        assert derive("sigmoid-quarter", "-", typed="<= 1/5")[0] == 1

    def test_strange_keys_are_told(self, derive: Any) -> None:
        Path("own.json").write_text(json.dumps({**OWN, "colour": "red"}))
        code, _, err = derive("own.json", "-", typed="3*x**2")
        assert code == 0
        assert err.startswith("backprop derive: ")
        assert "the key colour is not known and is ignored" in err

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"vars": {},\n "forward": [}', "own.json: line 2, column 14: this is no JSON"),
            ("[1]", "an exercise is an object"),
            ("", "line 1, column 1: this is no JSON"),
            ('{"forward": ["L = q"]}', "forward, line 1: nothing here is named q"),
            ('{"vars": 3}', "vars: an object is wanted"),
            ("[" * 100_000, "nested too deeply"),
            ('{"level": ' + "9" * 5000 + "}", "too many digits"),
        ],
        ids=["broken", "list", "empty", "forward", "vars", "deep", "digits"],
    )
    def test_a_file_that_is_none(self, derive: Any, text: str, message: str) -> None:
        Path("own.json").write_text(text)
        code, out, err = derive("own.json", "right.txt")
        assert (code, out) == (2, "")
        assert message in err
        assert err.startswith("backprop derive: error: own.json: ")

    @pytest.mark.parametrize("target", ["dL/db", "dL/dz", "db", "∂L/∂b"])
    def test_another_target(self, derive: Any, target: str) -> None:
        line = "2*(a - y)*a*(1 - a)"
        code, out, _ = derive("neuron", "-", "--target", target, typed=line)
        assert code == 0, out

    @pytest.mark.parametrize(
        ("target", "message", "spot"),
        [
            ("dL/dq", "nothing here is named dq", "^^"),
            ("z", "the target is a derivative such as dL/dw", ""),
            ("dL/", "found the end of the text", "^"),
            ("dL/dw*2", "the target is a derivative", ""),
            ("import os", "", "^"),
            ("", "", ""),
            ("x" * 3000, "", ""),
        ],
    )
    def test_a_target_that_is_none(self, derive: Any, target: str, message: str, spot: str) -> None:
        code, out, err = derive("neuron", "right.txt", "--target", target)
        assert (code, out) == (2, "")
        assert err.startswith("backprop derive: error: --target: ")
        assert message in err
        assert spot in err.splitlines()[-1]

    def test_a_seed(self, derive: Any) -> None:
        first, second = (derive("neuron", "wrong.txt", "--seed", "3")[1] for _ in range(2))
        assert first == second
        assert derive("neuron", "wrong.txt", "--seed", "-3")[0] == 2
        assert derive("neuron", "wrong.txt", "--seed", "three")[0] == 2


class TestAFileOfLines:
    def test_right(self, derive: Any) -> None:
        code, out, err = derive("neuron", "right.txt")
        assert (code, err) == (0, "")
        assert out.splitlines() == [
            "dL/dw   correct",
            "  ≈  1  dL/da = 2*(a - y)",
            "  ≈  2  dL/dw = 2*(a - y)*a*(1 - a)*x",
            "",
            "   Every line is right, and dL/dw is reached.",
        ]

    def test_wrong(self, derive: Any) -> None:
        code, out, err = derive("neuron", "wrong.txt")
        assert (code, err) == (1, "")
        first, one, two, spot, _, said, example = out.splitlines()
        assert first == "dL/dw   wrong"
        assert one == "  ≈  1  dL/da = 2*(a - y)"
        assert two == "  ✗  2  dL/dw = 2*(a − y)*a*(1 - a)"
        assert spot.strip("‾ ") == ""
        assert spot.index("‾") >= two.index("2*(a")
        assert len(spot) <= len(two)
        assert said == "   Line 2: a factor of the chain is missing (missing_chain_factor)."
        assert example.startswith("   At ")

    def test_what_follows_from_a_wrong_line(self, derive: Any) -> None:
        lines = "dL/dz = 2*(a - y)*a\ndL/dw = dL/dz*x\ndL/dw = 2*(a - y)*a*x\n"
        code, out, _ = derive("neuron", "-", typed=lines)
        assert code == 1
        assert [row[2] for row in out.splitlines() if row[5:6].isdigit()] == ["✗", "≈", "~"]

    def test_incomplete(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "-", typed="dL/dw = dL/dz*x")
        assert code == 1
        assert out.startswith("dL/dw   incomplete\n")
        assert "2*(a - y)*a*(1 - a)*x" not in out

    def test_unreadable(self, derive: Any) -> None:
        Path("bad.txt").write_text("# start\n\ndL/dw = dL/da * q\n")
        code, out, err = derive("neuron", "bad.txt")
        assert (code, out) == (2, "")
        place, line, caret = err.splitlines()[:3]
        assert place.startswith("backprop derive: error: bad.txt:3: ")
        assert line == "  dL/dw = dL/da * q"
        assert caret == " " * line.index("q") + "^"

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            ("__import__('os')", "standard input:1: "),
            ("x\x00", "standard input:1: "),
            ("\x1b[2J", "standard input:1: "),
            ("", "standard input"),
            ("\n\n# only a thought\n", "standard input"),
            ("x" * 100_000, "standard input"),
            ("x\n" * 250, "standard input"),
        ],
        ids=["python", "zero byte", "escape", "nothing", "blank", "long", "many"],
    )
    def test_refused(self, derive: Any, lines: str, message: str) -> None:
        code, out, err = derive("neuron", "-", typed=lines)
        assert (code, out) == (2, "")
        assert err.startswith(f"backprop derive: error: {message}")
        assert err.replace("\n", "").isprintable()
        assert len(err) < 1000

    def test_bytes_that_are_no_text(self, derive: Any) -> None:
        code, _, err = derive("neuron", "-", typed=b"x\ny\xff")
        assert code == 2
        assert "standard input:2: the file is not UTF-8" in err
        code, _, err = derive("neuron", "-", typed=RIGHT.encode("utf-8-sig"))
        assert code == 0, err
        assert derive("neuron", "-", typed=RIGHT.replace("\n", "\r\n"))[0] == 0

    def test_a_file_that_cannot_be_read(self, derive: Any) -> None:
        for name, why in (("none.txt", "No such file"), (".", "Is a directory")):
            code, out, err = derive("neuron", name)
            assert (code, out) == (2, "")
            assert err.startswith(f"backprop derive: error: {name}: the file cannot be read: {why}")

    def test_standard_input_by_itself(self, derive: Any) -> None:
        assert derive("neuron", "--text", typed=RIGHT)[0] == 0


class TestTheForm:
    def test_json(self, derive: Any) -> None:
        code, out, err = derive("neuron", "wrong.txt", "--json")
        assert (code, err) == (1, "")
        found = json.loads(out)
        assert found["report"] == "derivation"
        assert (found["verdict"], found["target"], found["first_wrong"]) == ("wrong", "dL/dw", 1)
        assert found["label"] == "missing_chain_factor"
        assert [line["mark"] for line in found["lines"]] == ["≈", "✗"]
        assert found["lines"][1]["text"] == WRONG.splitlines()[1]
        start, end = found["lines"][1]["span"]
        assert WRONG.splitlines()[1][start:end]

    def test_json_of_what_cannot_be_read(self, derive: Any) -> None:
        code, out, err = derive("neuron", "-", "--json", typed="dL/dw = q")
        assert (code, err) == (2, "")
        found = json.loads(out)
        assert (found["verdict"], found["label"]) == ("reject", "unknown_name")
        assert found["lines"][0]["mark"] == "?"

    def test_text(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "wrong.txt", "--text")
        assert code == 1
        one, two, said, _ = out.splitlines()
        assert one == "Line 1: equal at every point."
        assert two == "Line 2: wrong."
        assert "missing_chain_factor" in said

    def test_latex(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "right.txt", "--latex")
        assert code == 0
        assert out.startswith("\\begin{align*}\n")
        assert out.count("\\frac{\\partial L}") == 2
        assert out.isascii()

    def test_ascii(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "wrong.txt", "--ascii")
        assert code == 1
        assert out.isascii()
        assert "?" not in out
        _, one, two, spot, *_ = out.splitlines()
        assert one.startswith("  +  1  ")
        assert two == "  X  2  dL/dw = 2*(a - y)*a*(1 - a)"
        assert spot.strip("^ ") == ""
        assert spot.index("^") >= two.index("2*(a")

    def test_a_terminal_without_unicode(self, derive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LC_ALL", "C")
        for form in ([], ["--text"], ["--solution"]):
            assert derive("neuron", "right.txt", *form)[0] == 0

    @pytest.mark.parametrize("change", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
    def test_no_colours_where_the_output_is_piped(
        self, derive: Any, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
    ) -> None:
        for name, value in change.items():
            monkeypatch.setenv(name, value)
        for words in ([], ["neuron", "wrong.txt"], ["neuron", "--solution"]):
            assert "\x1b" not in "".join(derive(*words)[1:])

    def test_forms_exclude_each_other(self, derive: Any) -> None:
        assert derive("neuron", "right.txt", "--json", "--latex")[0] == 2

    def test_an_option_that_is_none(self, derive: Any) -> None:
        code, _, err = derive("neuron", "--provee")
        assert code == 2
        assert "--provee" in err


class TestProofs:
    @pytest.mark.long
    def test_the_marks_change_and_the_route_is_told(self, derive: Any) -> None:
        code, out, err = derive("neuron", "right.txt", "--prove")
        assert (code, err) == (0, "")
        rows = out.splitlines()
        assert rows[1].startswith("  =  1  ")
        assert rows[2].startswith("  =  2  ")
        assert "   Line 2 is proved." in rows
        assert any("sigmoid" in row and "gradient" in row for row in rows)

    @pytest.mark.long
    def test_as_data(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "right.txt", "--prove", "--json")
        assert code == 0
        found = json.loads(out)
        assert [line["mark"] for line in found["lines"]] == ["=", "="]
        assert "Line 1 is proved." in found["proof"]

    def test_a_wrong_line_is_not_proved(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "wrong.txt", "--prove")
        assert code == 1
        assert "Line 2 is proved" not in out


class TestTheSolution:
    def test_each_step_has_a_rule(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "--solution")
        assert code == 0
        rows = out.splitlines()
        assert rows[0].startswith("dL/da = 2*(a - y)")
        assert all(len(row.split("   ")) >= 2 for row in rows)

    def test_as_latex(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "--solution", "--latex")
        assert code == 0
        assert out.startswith("\\begin{align*}")
        assert out.count("&=") == 4

    def test_as_data_it_is_judged_right(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "--solution", "--json", "--target", "dL/db")
        assert code == 0
        found = json.loads(out)
        assert found["target"] == "dL/db"
        lines = "\n".join(step["line"] for step in found["steps"])
        assert derive("neuron", "-", "--target", "dL/db", typed=lines)[0] == 0


class TestLineMode:
    def test_a_conversation(self, derive: Any) -> None:
        script = "dL/da = 2*(a - y)\n:nonsense\ndL/dw = 2*(a - y)*a*(1 - a)*x\n:quit\n"
        code, out, _ = derive("neuron", "--line", typed=script)
        rows = out.splitlines()
        assert rows[0] == "One neuron."
        assert "Line 1 is right at every point." in rows
        assert any(row.startswith("Not done: nonsense is no command") for row in rows)
        assert "Every line is right, and dL/dw is reached." in rows
        assert code == 2

    def test_the_end_tells_whether_the_target_is_reached(self, derive: Any) -> None:
        assert derive("neuron", "--line", typed=RIGHT)[0] == 0
        assert derive("neuron", "--line", typed=WRONG)[0] == 1
        assert derive("neuron", "--line", typed="")[0] == 1

    def test_each_answer_is_a_document(self, derive: Any) -> None:
        code, out, _ = derive("neuron", "--line", "--json", typed=RIGHT)
        assert code in (0, 1)
        documents = [json.loads(line) for line in out.splitlines()]
        assert documents, out

    def test_in_ascii(self, derive: Any) -> None:
        assert derive("neuron", "--line", "--ascii", typed="δ = 2\n:help\n")[1].isascii()
