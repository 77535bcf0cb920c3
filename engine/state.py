"""What is switched on in this thread: recording, no_grad, the current scope."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine.tensor import Tensor


class Mode(Protocol):
    """Something that wants to see every node as it is made."""

    recording: bool

    def made(self, node: Tensor) -> None:
        """Called once for each new node, before anyone else sees it."""


class _State(threading.local):
    mode: Mode | None = None
    scopes: tuple[str, ...] = ()


STATE = _State()


class _NoGrad:
    """Makes every node a leaf: nothing that is computed remembers where it came from."""

    recording = False

    def made(self, node: Tensor) -> None:
        node.forget()


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without building a graph, as `torch.no_grad()`; also usable as a decorator."""
    before = STATE.mode
    STATE.mode = _NoGrad()
    try:
        yield
    finally:
        STATE.mode = before


@contextmanager
def mode(new: Mode | None) -> Iterator[None]:
    """Run with another mode, and put the old one back."""
    before = STATE.mode
    STATE.mode = new
    try:
        yield
    finally:
        STATE.mode = before


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name the part of the graph that is built inside: `with scope("layer1"): ...`. Scopes nest."""
    before = STATE.scopes
    STATE.scopes = (*before, name)
    try:
        yield
    finally:
        STATE.scopes = before
