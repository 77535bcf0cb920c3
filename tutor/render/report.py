"""Report: an answer to a question about a trace, in the three forms in which it is given.

A front end draws the rows, line mode says the sentences, `--json` prints the data. Whoever makes a
report makes all three from the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tutor.render.plain import Line, spelled, spelled_line, text_of

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a report. node, event: what is looked at, or where one goes, when it is opened."""

    line: Line
    node: int | None = None
    event: int | None = None

    @property
    def text(self) -> str:
        """The row without its roles."""
        return text_of(self.line)


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question.

    kind: the name of the question, such as "why" or "audit". title: what it is about; aside: what
    stands at the right of it. rows: the picture. sentences: the same in words, each whole by
    itself. data: the same for `json.dumps`, without "format" and "report". at: the row that is
    chosen when the report opens.
    """

    kind: str
    title: str
    rows: tuple[Row, ...]
    sentences: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    aside: str = ""
    at: int = 0

    def document(self) -> dict[str, Any]:
        """The report as one JSON document."""
        return {"format": FORMAT, "report": self.kind, **self.data}

    def spelled(self, ascii: bool) -> Report:
        """The report as it is, or with its signs in ASCII."""
        if not ascii:
            return self
        return Report(
            self.kind,
            spelled(self.title, True),
            tuple([Row(spelled_line(row.line, True), row.node, row.event) for row in self.rows]),
            tuple([spelled(sentence, True) for sentence in self.sentences]),
            self.data,
            spelled(self.aside, True),
            self.at,
        )
