"""Actions that lead out of the terminal: the source, the editor, files."""

from __future__ import annotations

from tutor.actions.action import Action, Argument
from tutor.actions.later import later
from tutor.session import editor, files
from tutor.session.panel import close, show
from tutor.session.panels.source import SourcePanel
from tutor.session.refused import Refused
from tutor.session.session import Session


def _source(session: Session) -> Session:
    if isinstance(session.panel, SourcePanel):
        return close(session)
    return show(session, SourcePanel())


def _has_source(session: Session) -> str | None:
    return None if session.origin.source is not None else "The source is not known"


def _has_printed(session: Session) -> str | None:
    return None if session.printed.strip() else "The function printed nothing"


def _has_file(session: Session) -> str | None:
    try:
        editor.file_of(session)
    except Refused as refusal:
        return refusal.message[:1].upper() + refusal.message[1:]
    return None


KEEPING: tuple[Action, ...] = (
    Action("source", ("O",), "ctrl+g O", "source",
           "Show the source, with the line of what has just happened.", "out", _source,
           _has_source, verb="source"),
    Action("save", ("ctrl+s",), "ctrl+s", "save",
           "Save the trace as a document, to open it again or hand it on.", "out", verb="save",
           argument=Argument("save as", "save run.bptrace", later("keeping", "save"), files.endings,
                             later("keeping", "proposed"))),
    Action("export", ("X",), "ctrl+g X", "export",
           "Export the picture (svg, text), the derivation of the focused gradient (latex, "
           "markdown, or with -rules behind it without numbers), the trace (json) or the function "
           "as code (numpy).", "out", verb="export",
           argument=Argument("export", "export svg, export latex-rules, export numpy f.py",
                             later("keeping", "export_as"), later("keeping", "exports"))),
    Action("printed", (), "ctrl+g 2", "printed",
           "Show what the function printed.", "out", later("panels.printed", "ask"), _has_printed,
           verb="printed"),
    Action("editor", ("o",), "ctrl+g o", "editor",
           "Open the file in your editor, at this node's line.", "out", None, _has_file,
           verb="editor"),
)  # fmt: skip
