"""What is switched on in this thread: recording, no_grad, the current scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from engine.source import Location
    from engine.tensor import Tensor
    from engine.writing import Writes

Look = Literal["truth", "number", "whole number"]


class Mode(Protocol):
    """Something that wants to see every node as it is made.

    scopes and location are those in force; they are kept here, and not looked up in the thread's
    state, because they are read for every node. named: the Tensors that were given a name since.
    writes: what was written into Tensors since; None where nothing may be.
    """

    recording: bool
    scopes: tuple[str, ...]
    location: Location | None
    named: list[Tensor]

    @property
    def writes(self) -> Writes | None: ...

    def made(self, node: Tensor) -> None:
        """Called once for each new node, before anyone else sees it."""

    def took(self, leaf: Tensor, array: Any) -> None:
        """Called when a plain array became a constant of the graph."""

    def decided(self, tensor: Tensor, kind: Look, outcome: bool | float) -> None:
        """Called when Python gets a number out of a Tensor and may decide something by it."""

    def rescoped(self, scopes: tuple[str, ...]) -> None:
        """Called when a scope is entered or left."""


MODE: ContextVar[Mode | None] = ContextVar("mode", default=None)
SCOPES: ContextVar[tuple[str, ...]] = ContextVar("scopes", default=())
LOCATION: ContextVar[Location | None] = ContextVar("location", default=None)

# Not empty while any thread has a mode: a list is quicker to look at than a thread's own state, and
# this is looked at once for every node of every scalar graph.
BUSY: list[Mode] = []


class _NoGrad:
    """Makes every node a leaf: nothing that is computed remembers where it came from."""

    recording = False

    def __init__(self, outer: Mode | None) -> None:
        self.outer = outer
        self.scopes: tuple[str, ...] = ()
        self.location: Location | None = None
        self.named: list[Tensor] = []
        self.writes = None

    def made(self, node: Tensor) -> None:
        node.forget()

    def took(self, leaf: Tensor, array: Any) -> None:
        pass

    def decided(self, tensor: Tensor, kind: Look, outcome: bool | float) -> None:
        if self.outer is not None:
            self.outer.decided(tensor, kind, outcome)

    def rescoped(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes


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
    with mode(_NoGrad(MODE.get())):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name the part of the graph that is built inside: `with scope("layer1"): ...`. Scopes nest."""
    token = SCOPES.set((*SCOPES.get(), name))
    _tell_scopes()
    try:
        yield
    finally:
        SCOPES.reset(token)
        _tell_scopes()


@contextmanager
def location(place: Location) -> Iterator[None]:
    """Say where the nodes that are made inside come from, in place of the calling line."""
    token = LOCATION.set(place)
    _tell_location()
    try:
        yield
    finally:
        LOCATION.reset(token)
        _tell_location()


def recording() -> bool:
    """Whether this thread is inside `record`."""
    mode = MODE.get()
    return mode is not None and mode.recording


def looked_at(tensor: Tensor, kind: Look, outcome: Any) -> None:
    """Tell the mode that Python got a number out of a Tensor."""
    mode = MODE.get()
    if mode is not None:
        mode.decided(tensor, kind, outcome)


def _tell_scopes() -> None:
    mode = MODE.get()
    if mode is not None:
        mode.rescoped(SCOPES.get())


def _tell_location() -> None:
    mode = MODE.get()
    if mode is not None:
        mode.location = LOCATION.get()
