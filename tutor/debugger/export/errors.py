"""What export says when it refuses."""

from __future__ import annotations

from tutor.debugger.errors import DebuggerError


class ExportError(DebuggerError):
    """Something cannot be written in the form that was asked for; one line says why."""
