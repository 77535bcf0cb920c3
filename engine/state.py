"""What is switched on in this thread: recording, no_grad, the current scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine.source import Location
    from engine.tensor import Tensor


class Mode(Protocol):
    """Something that wants to see every node as it is made.

    scopes and location are those in force; they are kept here, and not looked up in the thread's
    state, because they are read for every node. named: the Tensors that were given a name since.
    """

    recording: bool
    scopes: tuple[str, ...]
    location: Location | None
    named: list[Tensor]

    def made(self, node: Tensor) -> None:
        """Called once for each new node, before anyone else sees it."""


MODE: ContextVar[Mode | None] = ContextVar("mode", default=None)
SCOPES: ContextVar[tuple[str, ...]] = ContextVar("scopes", default=())
LOCATION: ContextVar[Location | None] = ContextVar("location", default=None)

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
    token = MODE.set(new)
    new.scopes, new.location = SCOPES.get(), LOCATION.get()
    BUSY.append(new)
    try:
        yield
    finally:
        BUSY.remove(new)
        MODE.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without building a graph, as `torch.no_grad()`; also usable as a decorator."""
    with mode(_NoGrad()):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name the part of the graph that is built inside: `with scope("layer1"): ...`. Scopes nest."""
    token = SCOPES.set((*SCOPES.get(), name))
    _tell_mode()
    try:
        yield
    finally:
        SCOPES.reset(token)
        _tell_mode()


@contextmanager
def location(place: Location) -> Iterator[None]:
    """Say where the nodes that are made inside come from, in place of the calling line."""
    token = LOCATION.set(place)
    _tell_mode()
    try:
        yield
    finally:
        LOCATION.reset(token)
        _tell_mode()


def recording() -> bool:
    """Whether this thread is inside `record`."""
    mode = MODE.get()
    return mode is not None and mode.recording


def _tell_mode() -> None:
    mode = MODE.get()
    if mode is not None:
        mode.scopes, mode.location = SCOPES.get(), LOCATION.get()
