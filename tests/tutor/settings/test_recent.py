from __future__ import annotations

import json
from pathlib import Path

import pytest

from tutor.settings import recent
from tutor.settings.recent import Recent, load, recent_file, remember

FIRST = Recent("(x + y)*z", (("x", "-2"), ("y", "5"), ("z", "-4")))
SECOND = Recent("W @ x", (("W", "[[1,2],[3,4]]"), ("x", "x.npy")))


def test_nothing_was_traced_yet() -> None:
    assert load() == []


def test_the_newest_comes_first_and_each_once() -> None:
    for entry in (FIRST, SECOND, FIRST):
        assert remember(entry)
    assert load() == [FIRST, SECOND]


def test_the_same_expression_with_other_inputs_is_another_entry() -> None:
    remember(FIRST)
    remember(Recent(FIRST.expression, (("x", "1"),)))
    assert len(load()) == 2


def test_the_oldest_go_when_there_are_too_many() -> None:
    for number in range(recent.LIMIT + 5):
        remember(Recent(f"x + {number}"))
    assert [entry.expression for entry in load()] == [f"x + {n}" for n in range(24, 4, -1)]


def test_any_text_survives() -> None:
    odd = Recent("σ(\x1b \udcff)\n", (("ε", "1e-3"),))
    assert remember(odd)
    assert load() == [odd]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"format": 2, "recent": []}',
        b'{"format": 1, "recent": 3}',
        b'{"format": 1, "recent": [3]}',
        b'{"format": 1, "recent": [{"expression": 3, "inputs": {}}]}',
        b'{"format": 1, "recent": [{"expression": "x", "inputs": {"x": 1}}]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_list_is_set_aside_and_said(content: bytes) -> None:
    recent_file().parent.mkdir(parents=True)
    recent_file().write_bytes(content)
    told: list[str] = []
    assert load(told.append) == []
    assert told == ["The list of recent expressions was damaged. It now lies in recent.json.bad."]
    assert recent_file().with_name("recent.json.bad").read_bytes() == content
    assert remember(FIRST)
    assert load() == [FIRST]


def test_a_folder_that_cannot_be_written_is_no_error(home: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file where the folder should be")
    told: list[str] = []
    assert remember(FIRST) is False
    assert load(told.append) == []
    assert told == ["The list of recent expressions cannot be read: Not a directory."]


def test_a_save_that_fails_leaves_the_old_list_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(FIRST)

    def full(source: str, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(recent.os, "replace", full)
    assert remember(SECOND) is False
    assert load() == [FIRST]
    assert [path.name for path in recent_file().parent.iterdir()] == ["recent.json"]


def test_the_file_says_what_format_it_has() -> None:
    remember(FIRST)
    assert json.loads(recent_file().read_text())["format"] == 1
