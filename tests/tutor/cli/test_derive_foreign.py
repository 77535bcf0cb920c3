"""`backprop derive` with exercises and lines that try to reach the terminal."""

from __future__ import annotations

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tutor.cli.main import main

ESCAPES = "\x1b]0;title\x07\x1b[2J\u202e\r\n"
FOREIGN = {
    "title": f"A title{ESCAPES}",
    "summary": f"A summary{ESCAPES}",
    "vars": {"x": {"shape": []}},
    "forward": ["L = x**3"],
    "loss": "L",
    "targets": ["dL/dx"],
    f"key{ESCAPES}": 1,
}
TYPED = f"""# a comment{ESCAPES}3*x**2{ESCAPES}:show
:{ESCAPES}:foo{ESCAPES}:save {ESCAPES}:target \x1b[2J
:line \x1b[2J
:latex
:hint
"""


@pytest.mark.parametrize("words", [(), ("--text",), ("--line",), ("--line", "--ascii"), ("-",)])
def test_nothing_foreign_reaches_the_terminal(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "foreign\x1b[2J.json"
    path.write_text(json.dumps(FOREIGN), encoding="utf-8")
    typed = "" if words in ((), ("--text",)) else TYPED
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(typed.encode()), encoding="utf-8"))
    main(["derive", str(path), *words])
    out, err = capsys.readouterr()
    assert "A title" in out or "the language" in err
    assert (out + err).replace("\n", "").isprintable()
    assert "Traceback" not in out + err
