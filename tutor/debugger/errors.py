"""What all refusals of the debugger have in common."""

from __future__ import annotations


class DebuggerError(ValueError):
    """Something that was asked about a trace cannot be answered; the message is one line."""
