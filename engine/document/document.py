"""What a document is: a trace, and the text that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import EngineError
from engine.trace import Trace

SUFFIX = ".bptrace"


class DocumentError(EngineError, ValueError):
    """A trace that cannot be written, or a file that cannot be read as one. One line."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text that a trace was made from.

    kind: an "expression" of the answer language or a Python "file". name: what the text is called,
    such as the file's path at the time; it is text, and nobody opens it. function: which function
    of the file ran.
    """

    kind: Literal["expression", "file"]
    name: str
    text: str
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A trace with its source text, where it has one. about: whatever else is worth keeping, such
    as a title, as text by name."""

    trace: Trace
    source: Source | None = None
    about: Mapping[str, str] = field(default_factory=dict)
