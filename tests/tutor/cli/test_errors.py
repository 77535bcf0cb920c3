from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.cli.errors import UNUSABLE, UnusableInput, describe, guarded, pointed
from tutor.render.sanitise import cell_width


def raising(error: BaseException) -> int:
    raise error


def test_the_exit_code_of_the_action_is_passed_on() -> None:
    assert guarded("backprop", lambda: 1) == 1


def test_unusable_input_is_a_sentence_and_a_caret(capsys: pytest.CaptureFixture[str]) -> None:
    fault = UnusableInput(
        "unknown name w", text="z = w*x", start=4, end=5, where="expression", hint="Add --at w=…"
    )
    assert guarded("backprop trace", lambda: raising(fault)) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err == (
        "backprop trace: error: expression: unknown name w\n  z = w*x\n      ^\n  Add --at w=…\n"
    )


def test_foreign_text_cannot_command_the_terminal() -> None:
    fault = UnusableInput(
        "what is \x1b[2J?",
        text="a\x1b]0;x\x07 + b\u202e",
        start=1,
        end=2,
        where="\x1b",
        hint="\x9b",
    )
    told = describe("backprop", fault)
    assert told == "backprop: error: ␛: what is ␛[2J?\n  a␛]0;x␇ + b�\n   ^\n  �"
    ascii_only = describe("backprop", fault, unicode=False)
    assert ascii_only.isascii()
    assert "\x1b" not in ascii_only


@pytest.mark.parametrize(
    ("text", "start", "end", "line", "carets"),
    [
        ("abc", 0, 3, "abc", "^^^"),
        ("abc", 3, 3, "abc", "   ^"),
        ("abc", 1, 99, "abc", " ^^"),
        ("", 0, 0, "", "^"),
        ("a;\nbc;\nd", 3, 4, "bc;", "^"),
        ("a;\nbc;\nd", 4, 8, "bc;", " ^^"),
        ("a\n", 1, 2, "a", " ^"),
        ("a\tb+", 3, 4, "a␉b+", "   ^"),
        ("梯度+x", 1, 2, "梯度+x", "  ^^"),
        ("x̂+y", 2, 3, "x̂+y", " ^"),
    ],
)
def test_carets_stand_under_the_spot(
    text: str, start: int, end: int, line: str, carets: str
) -> None:
    assert pointed(text, start, end, 78) == (line, carets)


def test_a_long_line_is_cut_around_the_spot() -> None:
    text = "a + " * 40 + "?" + " + b" * 40
    line, carets = pointed(text, 160, 161, 30)
    assert len(line) <= 30
    assert line.startswith("…")
    assert line.endswith("…")
    assert line[carets.index("^")] == "?"


def test_a_cut_line_shows_as_much_as_it_can_at_the_end() -> None:
    line, carets = pointed("x" * 99 + "?", 99, 100, 30)
    assert line == "…" + "x" * 27 + "?"
    assert carets == " " * 28 + "^"


@given(
    st.text(max_size=200),
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(20, 90),
    st.booleans(),
)
def test_the_pointed_line_always_fits(
    text: str, start: int, length: int, width: int, unicode: bool
) -> None:
    line, carets = pointed(text, start, start + length, width, unicode)
    assert cell_width(line) <= width
    assert "^" in carets
    assert set(carets) <= {" ", "^"}
    assert "\n" not in line


def test_our_own_fault_is_one_line_and_a_report(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert guarded("backprop trace", lambda: raising(KeyError("a\nb\x1b"))) == 3
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.count("\n") == 1
    assert "Traceback" not in seen.err
    [report] = (home / "state" / "reports").iterdir()
    start = "backprop trace: internal error, our fault: KeyError: 'a\\nb\\x1b'. Report: "
    assert seen.err == f"{start}{report}\n"
    told = report.read_text()
    assert told.startswith("backprop-tutor ")
    assert "arguments: " in told
    assert "raising(KeyError" in told


def test_a_report_that_cannot_be_written_is_said(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    home.write_text("a file where the folder should be")
    assert guarded("backprop", lambda: raising(RuntimeError("x"))) == 3
    expected = "backprop: internal error, our fault: RuntimeError: x. The report could not be"
    assert capsys.readouterr().err.startswith(expected)


def test_an_interrupt_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded("backprop", lambda: raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


def test_help_leaves_with_success() -> None:
    assert guarded("backprop", lambda: raising(SystemExit(0))) == 0


def test_a_reader_that_left_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.dup(1)
    try:
        assert guarded("backprop", lambda: raising(BrokenPipeError())) == 141
    finally:
        os.dup2(before, 1)
        os.close(before)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "this needs more memory than there is here"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "the output cannot be written: No space",
        ),
    ],
)
def test_what_the_machine_has_no_room_for_is_no_fault_of_ours(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def action() -> int:
        raise error

    monkeypatch.setattr("tutor.cli.errors._drop_output", lambda: None)
    assert guarded("backprop trace", action) == UNUSABLE
    assert told in capsys.readouterr().err
