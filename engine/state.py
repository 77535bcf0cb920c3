"""What is switched on in this thread: recording, no_grad, the current scope."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine.source import Location
    from engine.tensor import Tensor


class Mode(Protocol):
    """Something that wants to see every node as it is made.

    scopes and location are those in force; they are kept here, and not looked up in the thread's state,
    because they are read for every node.
    """

    recording: bool
    scopes: tuple[str, ...]
    location: Location | None
    named: list[Tensor]

    def made(self, node: Tensor) -> None:
        """Called once for each new node, before anyone else sees it."""


class _State(threading.local):
    mode: Mode | None = None
    scopes: tuple[str, ...] = ()
    location: Location | None = None


STATE = _State()

# Not empty while any thread has a mode: a list is quicker to look at than a thread's own state, and
# this is looked at once for every node of every scalar graph.
BUSY: list[Mode] = []


class _NoGrad:
    """Makes every node a leaf: nothing that is computed remembers where it came from."""

    recording = False

    def __init__(self) -> None:
        self.scopes: tuple[str, ...] = ()
        self.location: Location | None = None
        self.named: list[Tensor] = []

    def made(self, node: Tensor) -> None:
        node.forget()


@contextmanager
def mode(new: Mode) -> Iterator[None]:
    """Let `new` see every node that this thread makes inside."""
    before = STATE.mode
    STATE.mode = new
    new.scopes, new.location = STATE.scopes, STATE.location
    BUSY.append(new)
    try:
        yield
    finally:
        BUSY.remove(new)
        STATE.mode = before
        if before is not None:
            before.scopes, before.location = STATE.scopes, STATE.location


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without building a graph, as `torch.no_grad()`; also usable as a decorator."""
    with mode(_NoGrad()):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name the part of the graph that is built inside: `with scope("layer1"): ...`. Scopes nest."""
    before = STATE.scopes
    _enter_scopes((*before, name))
    try:
        yield
    finally:
        _enter_scopes(before)


@contextmanager
def location(place: Location) -> Iterator[None]:
    """Say where the nodes that are made inside come from, in place of the calling line."""
    before = STATE.location
    _enter_location(place)
    try:
        yield
    finally:
        _enter_location(before)


def _enter_scopes(scopes: tuple[str, ...]) -> None:
    STATE.scopes = scopes
    if STATE.mode is not None:
        STATE.mode.scopes = scopes


def _enter_location(place: Location | None) -> None:
    STATE.location = place
    if STATE.mode is not None:
        STATE.mode.location = place
