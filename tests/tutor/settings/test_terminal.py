from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tutor.settings.terminal import colours, drawable, unicode_ok


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-kitty"}, "256"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "none"),
        ({"COLORTERM": "truecolor"}, "none"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, "truecolor"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "xterm", "NO_COLOR": "1", "COLORTERM": "truecolor"}, "none"),
        ({"TERM": "xterm", "NO_COLOR": ""}, "16"),
    ],
)
def test_colours(environment: dict[str, str], level: str) -> None:
    assert colours(environment) == level


@pytest.mark.parametrize(("kind", "answer"), [("xterm", True), ("dumb", False), ("", False)])
def test_drawable(kind: str, answer: bool) -> None:
    assert drawable({"TERM": kind}) is answer


@pytest.mark.parametrize(
    ("encoding", "environment", "answer"),
    [
        ("utf-8", {}, True),
        ("UTF8", {"LANG": "de_DE.UTF-8"}, True),
        ("utf_8", {"LANG": "C.UTF-8"}, True),
        ("ascii", {}, False),
        ("iso8859-1", {}, False),
        (None, {}, False),
        ("utf-8", {"LANG": "C"}, False),
        ("utf-8", {"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, False),
        ("utf-8", {"LANG": "C", "LC_ALL": "C.UTF-8"}, True),
    ],
)
def test_unicode(encoding: str | None, environment: dict[str, str], answer: bool) -> None:
    stream: Any = SimpleNamespace(encoding=encoding)
    assert unicode_ok(stream, environment) is answer
