"""Keeping a trace: as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.document import SUFFIX, Document
from engine.document import save as save_document
from tutor.render.sanitise import sanitise
from tutor.session.refused import Refused
from tutor.session.session import Session


def document_of(session: Session) -> Document:
    """The trace with the text that it was made from."""
    return Document(session.trace, session.origin.source, {"title": session.text})


def save(session: Session, text: str) -> Session:
    """Write the trace into a document; a name without an ending gets `.bptrace`."""
    path = Path(text.strip()).expanduser()
    if path.suffix == "":
        path = path.with_suffix(SUFFIX)
    if path.suffix != SUFFIX:
        raise Refused(f"a trace is kept as {SUFFIX}", 0, len(text), "export writes other forms")
    save_document(document_of(session), path)
    return replace(session, told=f"The trace is saved as {sanitise(str(path))}.")


def proposed(session: Session) -> str:
    """A name for the document."""
    stem = "".join(char if char.isalnum() else "-" for char in session.text[:40]).strip("-")
    return f"{stem or 'trace'}{SUFFIX}"


def endings(session: Session, text: str) -> Sequence[str]:
    """Files that begin like this, for completion."""
    path = Path(text).expanduser()
    folder = path if text.endswith("/") else path.parent
    begun = "" if text.endswith("/") else path.name
    try:
        found = [one for one in folder.iterdir() if one.name.startswith(begun)]
    except OSError:
        return ()
    return sorted(str(one) + ("/" if one.is_dir() else "") for one in found)[:50]
