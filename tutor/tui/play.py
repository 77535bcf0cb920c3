"""Playing: one event after another, at a speed that can be changed."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen
from textual.timer import Timer

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_FIRST = 2


class Player:
    """Calls `step` so many times a second until it says that there is nothing more."""

    def __init__(self, screen: Screen[None], step: Callable[[], bool]) -> None:
        self._screen = screen
        self._step = step
        self._at = _FIRST
        self._timer: Timer | None = None

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer is not None

    @property
    def note(self) -> str:
        """What stands on the timeline: the speed while it plays."""
        return f"▶ {SPEEDS[self._at]:g}/s" if self.playing else ""

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self._start()

    def pause(self) -> None:
        """Stop where one is."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def change(self, by: int) -> str:
        """Play faster or slower; returns the speed in words."""
        self._at = max(0, min(len(SPEEDS) - 1, self._at + by))
        if self.playing:
            self.pause()
            self._start()
        return f"Plays {SPEEDS[self._at]:g} events a second"

    def _start(self) -> None:
        self._timer = self._screen.set_interval(1 / SPEEDS[self._at], self._tick)

    def _tick(self) -> None:
        if not self._step():
            self.pause()
