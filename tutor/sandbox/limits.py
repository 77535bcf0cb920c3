"""What a child process may use of the machine, set by itself as the first thing it does."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

SPARE = 5.0
"""Seconds beyond the limit, after which the system ends a child that nobody waits for."""

UNANSWERED = 70
"""The exit code of a child that could not hand over its answer."""

LONGEST_MESSAGE = 600
"""Characters of what an error says that are handed over."""


def limit(name: str, most: int, *, for_good: bool = False) -> None:
    """Bound a resource of this process, where the platform can.

    for_good: it cannot raise the bound again.
    """
    try:
        import resource

        kind = getattr(resource, name)
    except (ImportError, AttributeError):
        return
    _, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (allowed, allowed if for_good else hard))


def limit_time(seconds: float) -> None:
    """Let the system end this process after so many seconds, whether it computes or sleeps."""
    limit("RLIMIT_CPU", int(seconds) + 1)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def end_with(parent: int) -> None:
    """Let this process, and what it has started, end within a second of its parent.

    A parent that is killed, or whose terminal is closed, cannot stop its child any more.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
