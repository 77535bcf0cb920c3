"""Scene: what a picture shows at one moment. Boxes change their faces, never their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tutor.layout.box import Edge

State = Literal["normal", "pending", "done", "active", "changed"]
EdgeState = Literal["normal", "pending", "done"]
Flow = Literal["forward", "backward"]

Run = tuple[str, str]  # text, style key


@dataclass(frozen=True, slots=True)
class Face:
    """What one box shows: a title in its upper border, rows of runs inside, its state, and whether
    it has the focus. Rows are cut and padded to the inner width (box width - 2); the style keys of
    their runs are the caller's own.
    """

    title: str = ""
    rows: tuple[tuple[Run, ...], ...] = ()
    state: State = "normal"
    focus: bool = False


@dataclass(frozen=True, slots=True)
class Active:
    """An edge in the light, and which way its arrow points: forward ▶ at the consumer, backward ◀
    at the source.
    """

    edge: Edge
    flow: Flow


def _normal(source: int) -> EdgeState:
    return "normal"


@dataclass(frozen=True, slots=True)
class Scene:
    """``face(id)`` for every box, the active edges, and ``edge(source)`` for all edges from a node.

    Both are asked only for what is in view.
    """

    face: Callable[[int], Face]
    active: tuple[Active, ...] = ()
    edge: Callable[[int], EdgeState] = _normal


GROUND = "ground"
_STATES = ("", ".pending", ".done", ".active", ".changed")

STYLES: frozenset[str] = frozenset(
    [GROUND, "edge", "edge.pending", "edge.done", "edge.active.forward", "edge.active.backward"]
    + [
        part + state + focus
        for part in ("box", "title", "fill")
        for state in _STATES
        for focus in ("", ".focus")
    ]
)
"""Every style key that drawing adds to those in the faces' rows."""


def style_key(part: Literal["box", "title", "fill"], face: Face) -> str:
    """The style of a face's border, title or empty cells, such as ``box.active.focus``."""
    state = "" if face.state == "normal" else "." + face.state
    return part + state + (".focus" if face.focus else "")
