"""What was traced lately: expressions with the inputs they were given, newest first.

One small JSON file in the state folder, replaced atomically. Losing it harms nobody, so a file that
cannot be read is set aside and a folder that cannot be written is no error.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.settings.paths import state_folder

LIMIT = 20
_FORMAT = 1
_FILE = "recent.json"


@dataclass(frozen=True, slots=True)
class Recent:
    """One traced expression and the text of each input, by name: ``(("x", "-2"), ("y", "5"))``."""

    expression: str
    inputs: tuple[tuple[str, str], ...] = ()


def load(tell: Callable[[str], None] | None = None) -> list[Recent]:
    """Return what was traced lately, newest first; empty when there is nothing.

    A file that cannot be understood is renamed to ``recent.json.bad``; `tell`, when given, gets
    one sentence about it.
    """
    path = recent_file()
    try:
        return _decode(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []
    except OSError as problem:
        _say(tell, f"The list of recent expressions cannot be read: {problem.strerror}.")
    except (ValueError, RecursionError):
        aside = path.with_name(path.name + ".bad")
        try:
            path.replace(aside)
        except OSError:
            return []
        _say(tell, f"The list of recent expressions was damaged. It now lies in {aside.name}.")
    return []


def remember(entry: Recent) -> bool:
    """Put `entry` first in the list, once, and keep `LIMIT` entries; False if that failed."""
    entries = [entry, *(other for other in load() if other != entry)][:LIMIT]
    return _save(entries)


def recent_file() -> Path:
    """Return the path of the list, whether it exists or not."""
    return state_folder() / _FILE


def _decode(data: Any) -> list[Recent]:
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError("not a list of recent expressions")
    entries = data.get("recent")
    if not isinstance(entries, list):
        raise ValueError("no list")
    return [_decode_entry(entry) for entry in entries[:LIMIT]]


def _decode_entry(entry: Any) -> Recent:
    if not isinstance(entry, dict):
        raise ValueError("an entry is no object")
    expression, inputs = entry.get("expression"), entry.get("inputs")
    if not isinstance(expression, str) or not isinstance(inputs, dict):
        raise ValueError("an entry lacks its expression or its inputs")
    if not all(isinstance(text, str) for text in inputs.values()):
        raise ValueError("an input is no text")
    return Recent(expression, tuple(inputs.items()))


def _save(entries: list[Recent]) -> bool:
    data = {
        "format": _FORMAT,
        "recent": [{"expression": e.expression, "inputs": dict(e.inputs)} for e in entries],
    }
    path = recent_file()
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1)
        os.replace(temporary, path)
    except OSError:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
        return False
    return True


def _say(tell: Callable[[str], None] | None, sentence: str) -> None:
    if tell is not None:
        tell(sentence)
