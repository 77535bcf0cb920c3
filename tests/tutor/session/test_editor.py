"""The command that opens the user's editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutor.session import session as sessions
from tutor.session.editor import command
from tutor.session.origin import File
from tutor.session.refused import Refused
from tutor.session.session import Session


@pytest.fixture
def traced(tmp_path: Path) -> Session:
    path = tmp_path / "loss.py"
    path.write_text("def loss(w=2.0):\n    a = w * w\n    return a + 1\n")
    return sessions.start(File.of(f"{path}:loss"), {})


@pytest.mark.parametrize(
    ("editor", "arguments"),
    [
        ("nano", ["nano", "+3", "{path}"]),
        ("code --wait", ["code", "--wait", "--goto", "{path}:3"]),
        ("'my editor' -n", ["my editor", "-n", "+3", "{path}"]),
    ],
)
def test_the_editor_opens_the_line_of_the_focused_node(
    traced: Session, editor: str, arguments: list[str]
) -> None:
    assert isinstance(traced.origin, File)
    wanted = [one.format(path=traced.origin.path) for one in arguments]
    assert command(traced, {"EDITOR": editor}) == wanted


@pytest.mark.parametrize(
    ("editor", "why"),
    [("", "no editor is set"), ("  ", "no editor is set"), ('"vi', "a quote is open")],
)
def test_without_an_editor_nothing_is_opened(traced: Session, editor: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        command(traced, {"EDITOR": editor})


def test_an_expression_lies_in_no_file() -> None:
    with pytest.raises(Refused, match="lies in no file"):
        command(sessions.start("x*x", {"x": 1}), {"EDITOR": "vi"})
