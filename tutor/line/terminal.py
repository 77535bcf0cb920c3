"""Where the commands come from: a person, or a file of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

PROMPT = "> "


def commands_of(stream: TextIO | None, *, prompt: bool) -> Iterator[str]:
    """The lines of a stream. prompt: a person is there: ask for each, with history where the
    platform has it."""
    if stream is None:
        return
    if not prompt:
        yield from stream
        return
    try:
        import readline  # noqa: F401 — importing it gives `input` a history and an editor
    except ImportError:
        pass
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            print(file=sys.stdout)
            return
