"""Proofs beside the screen: right lines go to SymPy in a child process, and come back proved."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen
from textual.timer import Timer

from tutor.judge.proof import Answered, Proof, Proving
from tutor.session.deriving import proving
from tutor.session.deriving.derivation import Derivation

PAUSE = 0.4
"""Seconds of calm before a child is started: lines may come one after the other."""
POLL = 0.2
"""Seconds between two looks at what is proved."""


class Prover:
    """Keeps at most one child at work, on the lines as they stand now."""

    def __init__(self, screen: Screen[None], found: Callable[[dict[int, Proof]], None]) -> None:
        """found: is told what is known, whenever that is more than before."""
        self._screen = screen
        self._found = found
        self._job: Proving | Answered | None = None
        self._timer: Timer | None = None
        self._lines: tuple[str, ...] = ()
        self._target = ""
        self.waiting: tuple[int, ...] = ()
        self.proofs: dict[int, Proof] = {}

    def follow(self, derivation: Derivation) -> None:
        """Prove what is open in a derivation; what was at work on other lines is ended."""
        if (derivation.lines, derivation.target) == (self._lines, self._target):
            return
        self.stop()
        same = 0
        if derivation.target == self._target:
            pairs = zip(self._lines, derivation.lines, strict=False)
            same = next(
                (i for i, (old, new) in enumerate(pairs) if old != new),
                min(len(self._lines), len(derivation.lines)),
            )
        self._lines, self._target = derivation.lines, derivation.target
        self.proofs = {n: proof for n, proof in self.proofs.items() if n < same}
        self.waiting = proving.open_lines(derivation)
        if self.waiting:
            self._timer = self._screen.set_timer(PAUSE, lambda: self._begin(derivation))

    def stop(self) -> None:
        """End the child, if there is one."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._job is not None:
            self._job.stop()
            self._job = None
        self.waiting = ()

    def _begin(self, derivation: Derivation) -> None:
        self._job = proving.begin(derivation)
        self._timer = self._screen.set_interval(POLL, self._look)

    def _look(self) -> None:
        job = self._job
        if job is None:
            return
        known = job.poll()
        fresh = {n: proof for n, proof in known.items() if n not in self.proofs}
        over = job.over
        if over:
            self.stop()
        self.waiting = tuple(n for n in self.waiting if n not in known)
        if fresh:
            self.proofs |= fresh
            self._found(fresh)
