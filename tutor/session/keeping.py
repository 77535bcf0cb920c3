"""Keeping a trace: as a document, as a picture, as formulas, as code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.document import SUFFIX, Document
from engine.document import save as save_document
from tutor.debugger.export import KINDS, export, file_name
from tutor.render.sanitise import sanitise
from tutor.session import files
from tutor.session.refused import Refused
from tutor.session.session import Session

_DERIVATIONS = ("latex", "markdown")


def document_of(session: Session) -> Document:
    """The trace with the text that it was made from."""
    return Document(session.trace, session.origin.source, {"title": session.text})


def save(session: Session, text: str) -> Session:
    """Write the trace into a document; a name without an ending gets `.bptrace`."""
    path = files.path_of(text)
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


def export_as(session: Session, text: str) -> Session:
    """Write the picture, the derivation, the trace or the function: `svg`, `latex graph.tex`,
    `latex-rules` (without numbers), `numpy f.py`."""
    word, _, name = text.strip().partition(" ")
    kind, numbers = exported_kind(word)
    path = files.path_of(name.strip() or file_name(kind, session.frame))
    if path.suffix == "":
        path = path.with_suffix(KINDS[kind].ending)
    made = export(kind, session.frame, numbers=numbers)
    try:
        path.write_text(made, encoding="utf-8")
    except OSError as error:
        name = sanitise(str(path))
        raise Refused(f"{name} cannot be written: {error.strerror}") from error
    return replace(session, told=f"Written to {sanitise(str(path))}: {KINDS[kind].title}.")


def exported_kind(word: str) -> tuple[str, bool]:
    """The kind of an export and whether it has numbers: `latex-rules` has none."""
    kind = word.removesuffix("-rules")
    if kind not in KINDS or (kind != word and kind not in _DERIVATIONS):
        known = ", ".join([*KINDS, *[f"{one}-rules" for one in _DERIVATIONS]])
        raise Refused(f"{word or 'this'} is nothing to export", 0, len(word), f"there are {known}")
    return kind, kind == word


def exports(session: Session, text: str) -> Sequence[str]:
    """What can be exported, for completion; behind it, files."""
    word, blank, rest = text.partition(" ")
    if blank:
        return [f"{word} {one}" for one in files.endings(session, rest)]
    known = [*KINDS, *[f"{one}-rules" for one in _DERIVATIONS]]
    return [one for one in known if one.startswith(word)]
