"""Action: one thing that can be done, and how its keys are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tutor.session.session import Session

Group = Literal["time", "graph", "learn", "edit", "screen"]

LEADER = "ctrl+g"
"""The key that begins a chord; it works inside text fields too."""


def _always(session: Session) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done.

    id: a stable name such as "step.next". keys: its keys outside text fields, as Textual names
    them, the first one is shown. chord: what does it everywhere, inside text fields too: "ctrl+g n"
    (the leader, then a key), a function key or a ctrl key. title: one or two words for the footer.
    help: one sentence. run: the pure function, or None where the interface itself acts (panes,
    help, play). enabled: None, or why it cannot be done now.
    """

    id: str
    keys: tuple[str, ...]
    chord: str
    title: str
    help: str
    group: Group
    run: Callable[[Session], Session] | None = None
    enabled: Callable[[Session], str | None] = _always


_LABELS = {
    "right": ("→", "right"),
    "left": ("←", "left"),
    "up": ("↑", "up"),
    "down": ("↓", "down"),
    "space": ("space", "space"),
    "left_square_bracket": ("[", "["),
    "right_square_bracket": ("]", "]"),
    "slash": ("/", "/"),
    "question_mark": ("?", "?"),
    "plus": ("+", "+"),
    "minus": ("-", "-"),
    "less_than_sign": ("<", "<"),
    "greater_than_sign": (">", ">"),
    "escape": ("esc", "esc"),
}


def key_label(key: str, *, ascii: bool = False) -> str:
    """How a key, or a chord such as "ctrl+g right", is written for a person: `→`, `ctrl+g →`."""
    return " ".join(_LABELS.get(part, (part, part))[ascii] for part in key.split(" "))
