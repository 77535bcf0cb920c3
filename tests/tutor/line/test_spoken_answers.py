"""Whatever is asked, what is said can be said: no sign that a screen reader stumbles on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.actions import ACTIONS
from tutor.line.answers import beginning
from tutor.line.loop import respond
from tutor.session import session as sessions
from tutor.session.session import Session
from tutor.session.targets import opened

FOLDER = Path(__file__).parents[3] / "docs" / "examples"
SILENT = {"source", "help", "palette", "command"}
"""What reads a program or what is to be typed aloud: as it is written."""
STUMBLES = re.compile(r"[^\x00-\x7f]|\.\.|,,|;;|::| [,;.]|\( *\)|[.;:,] *[.;,]|  | [*@] |->|[<>|]")


def of(text: str, **inputs: Any) -> Session:
    return sessions.start(text, inputs)


TRACES = {
    "example": lambda: of("(x + y)*z", x=-2, y=5, z=-4),
    "neuron": lambda: of(
        "n = w0 + w1*x1 + w2*x2; f = sigmoid(n); -log(f)", w0=-3, w1=2, w2=-3, x1=-1, x2=-2
    ),
    "layer": lambda: of(
        "mean((relu(x@W + b) - t)**2)",
        x=np.arange(12.0).reshape(4, 3) / 10,
        W=np.arange(6.0).reshape(3, 2) / 7 - 0.3,
        b=np.zeros(2),
        t=np.ones((4, 2)),
    ),
    "not finite": lambda: opened(str(FOLDER / "attention.py:loss"), {}),
    "scopes": lambda: opened(str(FOLDER / "siamese.py:loss"), {}),
    "deep": lambda: opened(str(FOLDER / "deep.py:loss"), {}),
}


def commands(session: Session) -> Iterator[str]:
    """A conversation in which every word is used, most of them at several moments."""
    p = session.trace.passes[0]
    name, last, middle = next(iter(session.inputs)), p.names[-1], p.names[len(p.names) // 2]
    yield from ("where", "step", "pane", "node", f"look {middle}", "right", "left", "up", "down")
    yield from ("enter", "cells", "after", f"why {name}", "go 50%", "where", "pane", "pane-back")
    yield from (f"cells {middle}", f"cells back {name}", f"break {last}", f"watch grad({name})")
    yield from (f"watch norm(grad({name}))", "break |grad| > 1 and op mul", "notes", "continue")
    yield from ("continue-back", "mark a", "end", "to-mark a", "break-here", "watch-here")
    yield from (f"until grad({name}) written", "end", "writer", "notes", "switch 1", "delete all")
    yield from ("view", "fold", "open", "fold-all", "view", "open-all", "view", "open-auto")
    yield from ("audit", f"why {name}", "after", "before", "pane")
    for notation in ("tutor", "Q", "L", "I", "B", "C"):
        yield from (f"notation {notation}", "legend", "pane")
    yield from ("notation own", "rate 0.2", "descend", "pane", "rest", "notes", "compare", "undo")
    yield from ("redo", "undo", "pin", "start", "compare", f"what-if {middle}=0", "after", "undo")
    yield from (
        f"set {name}=1",
        "undo",
        f"mark-node {middle}",
        "gate mine",
        "gates",
        "look nothing",
    )
    yield from ("predict", *["hint", "answer 1", "hint", "hint", "step", "step"] * 4, "predict")
    yield from ("start", "predict amount local", *["hint", "answer 3", "step", "step"] * 4)
    yield from ("predict", "start", "play", "scrub-back", "scrub", "nonsense", "go 10000", "editor")
    yield from [action.verb for action in ACTIONS if action.verb and action.id not in
                (*SILENT, "back", "save", "export")]  # fmt: skip


@pytest.mark.parametrize("name", [*list(TRACES)[:5], pytest.param("deep", marks=pytest.mark.long)])
def test_nothing_is_said_that_cannot_be_said(name: str) -> None:
    session = TRACES[name]()
    stumbled = [line for line in beginning(session) if STUMBLES.search(line)]
    for command in commands(session):
        done = respond(session, command)
        session = done.session
        for line in done.said:
            told = re.split(r"(?i)\b(?:such as|an example|for example|did you mean)\b", line)[0]
            found = STUMBLES.search(told)
            if found:
                stumbled.append(f"{command}: {found[0]!r} in {line}")
    assert not stumbled, "\n".join(dict.fromkeys(stumbled))
