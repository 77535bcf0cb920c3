"""What a person has noted about a trace: stops, watches, marks, and a run to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.trace import Trace

if TYPE_CHECKING:
    from tutor.debugger.stops.stops import Stop
    from tutor.debugger.watches.watches import Watch


def _none() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pinned:
    """A moment that was pinned to compare others with."""

    trace: Trace
    cursor: int
    label: str


@dataclass(frozen=True, slots=True)
class Notes:
    """stops: where to stop. watches: what to keep an eye on. marks: the cursor of each letter.
    pinned: what a comparison compares with; None for the run before the last edit."""

    stops: tuple[Stop, ...] = ()
    watches: tuple[Watch, ...] = ()
    marks: Mapping[str, int] = field(default_factory=_none)
    pinned: Pinned | None = None
