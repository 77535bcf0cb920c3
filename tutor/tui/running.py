"""Running: a user's function is run again in a child process, while the screen stays at hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from textual.message import Message
from textual.timer import Timer

from tutor.actions import Action
from tutor.actions.commands import perform
from tutor.session.origin import STOPPED
from tutor.session.refused import Refused
from tutor.session.session import Session

if TYPE_CHECKING:
    from tutor.tui.screens.stepper import StepperScreen

CALM = 0.3
"""Seconds after which it is said that something runs."""

Outcome = Session | Refused | Exception
Then = Callable[["Session | Refused"], None]


class Running:
    """One action at a time in a thread; the clock in the status line, and a way to stop it."""

    class Ended(Message):
        """The action was done, or refused, or failed through a fault of ours."""

        def __init__(self, then: Then, outcome: Outcome) -> None:
            self.then = then
            self.outcome = outcome
            super().__init__()

    def __init__(self, screen: StepperScreen) -> None:
        self._screen = screen
        self._stopped = Event()
        self._timer: Timer | None = None
        self._began = 0.0

    @property
    def busy(self) -> bool:
        """Whether something runs."""
        return self._timer is not None

    def start(self, action: Action, text: str, then: Then) -> None:
        """Do the action in a thread; `then` gets the session afterwards, or why not."""
        self._stopped = Event()
        self._began = time.monotonic()
        self._timer = self._screen.set_interval(CALM, self._tell)
        session = self._screen.session
        Thread(
            target=self._run, args=(session, action, text, then, self._stopped), daemon=True
        ).start()

    def stop(self) -> None:
        """End what runs."""
        self._stopped.set()

    def take(self, message: Ended) -> None:
        """Hand on what came of it. Raises what the thread failed with."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        outcome = message.outcome
        if isinstance(outcome, Session | Refused):
            message.then(outcome)
        else:
            raise outcome

    def _tell(self) -> None:
        seconds = time.monotonic() - self._began
        self._screen.say(f"Running {self._screen.session.text} … {seconds:.0f} s. esc stops it.")

    def _run(self, session: Session, action: Action, text: str, then: Then, stopped: Event) -> None:
        STOPPED.set(stopped)  # of this thread alone
        outcome: Outcome
        try:
            outcome = perform(session, action, text)
        except Exception as error:  # a refusal, or what the screen's own thread is to report
            outcome = error
        if self._screen.is_attached:
            self._screen.post_message(self.Ended(then, outcome))
