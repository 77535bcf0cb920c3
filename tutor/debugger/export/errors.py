"""What export says when it refuses."""

from __future__ import annotations


class ExportError(ValueError):
    """Something cannot be written in the form that was asked for; one line says why."""
