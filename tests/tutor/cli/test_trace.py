from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.ops import REGISTRY
from tutor.cli.main import main
from tutor.settings import recent

XYZ = ("trace", "(x + y)*z", "--at", "x=-2,y=5,z=-4")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command line; the exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_without_a_terminal_the_sentences_are_printed(run: Any) -> None:
    code, out, err = run(*XYZ)
    assert (code, err) == (0, "")
    assert out == run(*XYZ, "--text")[1]
    lines = out.splitlines()
    assert lines[9] == "Event 9 of 10: q passes −4 on to x (−4 times 1). x is complete."
    assert lines[-2].startswith("Tape and differences agree: 3 of 3 entries")
    assert lines[-1] == "SymPy: skipped: --prove asks for it."


def test_json_is_one_document_with_the_checks(run: Any) -> None:
    code, out, err = run(*XYZ, "--json")
    data = json.loads(out)
    assert (code, err) == (0, "")
    assert data["checks"]["finite_difference"]["agrees"] is True
    assert data["checks"]["finite_difference"]["max_error"] < 1e-9
    assert data["checks"]["sympy"] == {"status": "skipped", "why": "--prove asks for it"}


def test_prove_asks_sympy(run: Any) -> None:
    assert json.loads(run(*XYZ, "--json", "--prove")[1])["checks"]["sympy"] == {"status": "proved"}
    assert run(*XYZ, "--prove")[1].splitlines()[-1] == "SymPy proves the formula of the gradient."


@pytest.mark.parametrize("form", ["--text", "--json"])
def test_a_disagreement_is_exit_code_1(
    run: Any, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(REGISTRY["mul"], "vjp", lambda xp, g, out, a, b: (g * b, g))
    code, out, _ = run(*XYZ, form)
    assert code == 1
    assert "DISAGREE" in out or json.loads(out)["checks"]["finite_difference"]["agrees"] is False


def test_values_may_come_in_parts_in_brackets_and_from_files(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "x.npy"
    np.save(file, np.array([1.0, -1.0]))
    code, out, err = run(
        "trace", "W@x + b", "--at", "W=[[1,2],[3,4]],b=[0,1]", "--at", f"x={file}", "--json"
    )
    assert code == 0
    assert json.loads(out)["output"]["value"] == [-1, 0]
    assert err == "seeded with ones, because the output has shape (2,)\n"


def test_the_seed_can_be_given(run: Any) -> None:
    arguments = ("trace", "x*2", "--at", "x=[1,2]", "--upstream", "[3,-4]", "--json")
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert json.loads(out)["inputs"]["x"]["grad"] == [6, -8]
    negative = run("trace", "x*2", "--at", "x=1", "--upstream", "-3", "--json")
    assert json.loads(negative[1])["inputs"]["x"]["grad"] == -6


def test_an_expression_may_begin_with_minus(run: Any) -> None:
    code, out, _ = run("trace", "-x*y", "--at", "x=2,y=3", "--json")
    assert (code, json.loads(out)["output"]["value"]) == (0, -6)


def test_dtype_shows_rounding(run: Any) -> None:
    data = json.loads(
        run("trace", "x + y", "--at", "x=1,y=0.0001", "--dtype", "float16", "--json")[1]
    )
    assert data["output"]["value"] == 1.0
    assert data["checks"]["finite_difference"]["agrees"] is True


def test_steps_change_the_parameters_and_say_which(run: Any) -> None:
    loss = ("trace", "(w*x - y)**2", "--at", "w=1,x=2,y=6", "--step", "lr=0.05")
    code, out, err = run(*loss, "--step", "lr=0.05", "--json")
    updates = [e for e in json.loads(out)["events"] if e["kind"] == "update"]
    assert (code, [(e["node"], e["rate"]) for e in updates]) == (0, [(0, 0.05)] * 2)
    assert err == "the step changes w (--params says which)\n"
    code, out, err = run(*loss, "--params", "x,w")
    assert (code, err) == (0, "")
    assert "after 1 step x = " in out


def test_ascii_is_ascii(run: Any) -> None:
    for arguments in (
        (*XYZ, "--step", "lr=0.1"),
        ("trace", "p = softmax(W@x); -log(p[0])", "--at", "W=[[1,2],[3,4]],x=[1,2]"),
    ):
        out = run(*arguments, "--ascii")[1]
        assert out.isascii()
        assert "?" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("(x + y)*z", "--at", "x=1"),
            [
                "uses x, y and z; --at gives no value for y and z",
                "(x + y)*z",
                "     ^",
                "y=...,z=...",
            ],
        ),
        (("(x + y", "--at", "x=1"), ['"(" is never closed', "  (x + y", "  ^"]),
        (
            ("x*2", "--at", "x=1,v=2"),
            ["the expression uses x; --at gives v", "  x=1,v=2\n      ^^^\n"],
        ),
        (("x*2", "--at", "x=[1,2"), ["--at: ", '"[" is never closed', "    ^"]),
        (("a@b", "--at", "a=[1,2,3],b=[1,2]"), ["matmul", "(3,)", "(2,)", "  ^^^"]),
        (("loss.py:train",), ["loss.py: there is no such file"]),
        (("x*2", "--at", "x=1", "--step", "fast"), ["--step: ", "  ^^^^", "lr=0.1"]),
        (("x*2", "--at", "x=1", "--step", "lr=-1"), ["--step: ", "above 0"]),
        (("x*2", "--at", "x=1", "--params", "x, v"), ["--params: ", "     ^", "The inputs are: x"]),
        (("x*2", "--at", "x=1", "--params", "x,x"), ["x is named twice"]),
        (("x*2", "--at", "x=[1,2]", "--upstream", "[1,2,3]"), ["--upstream: ", "(3,)", "(2,)"]),
        (("x*2", "--at", "x=1", "--upstream", "1,b=2"), ["--upstream: ", "one value"]),
        (("x*2", "--at", "x=1", "--upstream", "[1"), ["--upstream: ", "never closed", "  ^"]),
        (("2*3", "--step", "lr=1"), ["nothing to update"]),
        (("x*2", "--at", "x=1", "--text", "--json"), ["not allowed with"]),
        (("x*2", "--at", "x=1", "--dtype", "int8"), ["invalid choice"]),
        ((), ["TARGET"]),
    ],
)
def test_bad_input_is_a_line_a_caret_and_exit_code_2(
    run: Any, arguments: tuple[str, ...], said: list[str]
) -> None:
    code, out, err = run("trace", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("backprop trace: error: ")
    assert "Traceback" not in err
    for text in said:
        assert text in err


def test_nothing_is_remembered_without_a_terminal(run: Any) -> None:
    run(*XYZ)
    assert recent.load() == []


def test_with_a_terminal_the_stepper_opens(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def stepper(session: Any, *, plain: bool | None = None) -> int:
        opened.append((session.text, session.frame.cursor, len(session.trace.passes), plain))
        return 0

    monkeypatch.setattr("tutor.cli.terminal.is_interactive", lambda: True)
    monkeypatch.setattr("tutor.tui.app.run_stepper", stepper)
    code, out, err = run(*XYZ, "--step", "lr=0.1")
    assert (code, out, err) == (0, "", "")
    assert opened == [("(x + y)*z", 0, 2, None)]
    assert recent.load() == [recent.Recent("(x + y)*z", (("x", "-2"), ("y", "5"), ("z", "-4")))]
    run(*XYZ, "--ascii")
    assert opened[-1][-1] is True
    assert run(*XYZ, "--text")[1].startswith("Graph with 5 nodes")
    assert len(opened) == 2
