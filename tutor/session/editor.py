"""The user's editor, at a line of the file that is traced."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from tutor.render.sanitise import sanitise
from tutor.session.origin import File
from tutor.session.panels.source import place_of
from tutor.session.refused import Refused
from tutor.session.session import Session

# Editors that take the line otherwise than `+12 file`.
_OTHERWISE = {
    "code": ("--goto", "{file}:{line}"),
    "codium": ("--goto", "{file}:{line}"),
    "subl": ("{file}:{line}",),
    "hx": ("{file}:{line}",),
    "zed": ("{file}:{line}",),
}


def command(session: Session, environment: Mapping[str, str] | None = None) -> list[str]:
    """The command that opens the file at the line of the focused node.

    Only a file that the user named is opened: of a loaded trace, none. Raises Refused where there
    is no such file, or no editor.
    """
    environment = os.environ if environment is None else environment
    path = file_of(session)
    editor = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        words = shlex.split(editor)
    except ValueError:
        raise Refused(f"EDITOR={sanitise(editor)} cannot be read: a quote is open") from None
    if not words:
        raise Refused("no editor is set", hint="export EDITOR=nano, or any other")
    place = place_of(session)
    fields = {"file": str(path), "line": place.line if place is not None else 1}
    how = _OTHERWISE.get(Path(words[0]).stem, ("+{line}", "{file}"))
    return [*words, *[word.format(**fields) for word in how]]


def file_of(session: Session) -> Path:
    """The file that the user asked to trace. Raises Refused where there is none."""
    if isinstance(session.origin, File):
        return session.origin.path
    told = {
        "expression": "an expression lies in no file; :set edits its inputs",
        "recorded": "paths named in a loaded trace are not opened",
    }
    raise Refused(told.get(session.origin.kind, "this function lies in no file that is known"))
