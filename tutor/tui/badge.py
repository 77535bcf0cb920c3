"""The badge: which routes to the gradient agree. The screen never waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from engine.trace import Trace
from tutor.debugger import checks
from tutor.debugger.checks import Check
from tutor.render.numbers import number
from tutor.render.plain import spelled
from tutor.tui.widgets.surface import Run

if TYPE_CHECKING:
    from tutor.sandbox import prover

CALM = 0.25
"""Seconds without a change of question before anything is worked out."""

POLL = 0.1
MANY = 20_000
"""Nodes beyond which differences would keep a thread, and with it every key, busy for seconds."""

QUICK = 10_000
"""Ops on single numbers that differences may run on the event loop; more go to a thread."""

_DIFFERENCES = {
    "agrees": "Differences agree with the tape",
    "differs": "Differences DISAGREE with the tape",
    "kink": "Differences agree but for a kink",
    "undefined": "The function is not finite there",
    "unsure": "Differences are too coarse to say anything",
    "skipped": "Differences cannot be taken",
    "absent": "There is no gradient to check",
}
_PROOFS = {
    "proved": "SymPy proves the gradient",
    "numeric": "SymPy agrees in numbers",
    "differs": "SymPy DISAGREES",
    "skipped": "SymPy was not asked",
    "running": "SymPy is at work",
}
_UNSURE = ("differs", "kink", "undefined", "unsure", "numeric", "skipped", "absent")
_ROLES = {"✓": "right", "✗": "wrong", "≈": "changed"}


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A gradient to check: of one node, or of all inputs when None. Compared by identity."""

    trace: Trace
    node: int | None


@dataclass(slots=True)
class _Answers:
    tape: Check
    differences: Check = field(default_factory=lambda: Check("differences", "running"))
    sympy: Check = field(default_factory=lambda: checks.sympy(None))


class Badge:
    """Asks for the gradient that is shown; calls `changed` when there is something new to show."""

    class Answered(Message):
        """An answer from a thread."""

        def __init__(self, question: Question, check: Check) -> None:
            self.question = question
            self.check = check
            super().__init__()

    def __init__(self, screen: Screen[None], changed: Callable[[], None]) -> None:
        self._screen = screen
        self._changed = changed
        self._question: Question | None = None
        self._answers: _Answers | None = None
        self._job: prover.Job | prover.Refused | None = None
        self._timer: Timer | None = None

    def ask(self, trace: Trace, node: int | None) -> None:
        """Check the gradient of `node`, or of all inputs; the same question again costs nothing."""
        now = self._question
        if now is not None and now.trace is trace and now.node == node:
            return
        self.stop()
        self._question = Question(trace, node)
        self._answers = _Answers(checks.tape(trace, node))
        self._timer = self._screen.set_timer(CALM, self._begin)

    def stop(self) -> None:
        """Let go of everything that is under way."""
        self._question = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._job is not None:
            self._job.stop()
            self._job = None

    def take(self, message: Answered) -> None:
        """Take an answer that a thread sent, unless the question is another one by now."""
        if message.question is self._question and self._answers is not None:
            self._answers.differences = message.check
            self._changed()

    @property
    def checks(self) -> list[Check]:
        """What each route says now."""
        if self._answers is None:
            return []
        return [self._answers.tape, self._answers.differences, self._answers.sympy]

    def runs(self, width: int, *, ascii: bool) -> list[Run]:
        """The routes with their marks; only the first letters where there is little room."""
        row: list[Run] = []
        for check in self.checks:
            name = check.route if width >= 60 else check.route[0]
            gap = "  " if row else ""
            mark = spelled(check.mark, ascii)
            row += [(f"{gap}{name} ", "quiet"), (mark, _ROLES.get(check.mark, "quiet"))]
        return row

    def sentence(self) -> str:
        """What the routes say, in words."""
        if self._answers is None:
            return ""
        difference, proof = self._answers.differences, self._answers.sympy
        if difference.status == "running":
            return "The gradient is being checked."
        told = [_DIFFERENCES[difference.status], _PROOFS[proof.status]]
        if difference.status == "agrees":
            told[0] += f" to {number(difference.max_error or 0.0)}"
        whys = [check.why for check in (difference, proof) if check.status in _UNSURE and check.why]
        return "; ".join([". ".join([*told, ""]).rstrip(), *whys])

    def _begin(self) -> None:
        from tutor.sandbox import prover  # after the first frame

        question = self._question
        if question is None or self._answers is None:
            return
        trace = question.trace
        nodes = sum(len(p.ops) for p in trace.passes)
        if nodes > MANY:
            why = f"{nodes} nodes are too many to compare beside the screen; --text does it"
            self._answers.differences = Check("differences", "skipped", why)
        elif checks.cost(trace, question.node) <= QUICK:
            self._answers.differences = _compared(question)
        else:
            Thread(target=self._compare, args=(question,), daemon=True).start()
        self._job = prover.start(trace, question.node)
        self._timer = self._screen.set_interval(POLL, self._poll)
        self._changed()

    def _compare(self, question: Question) -> None:
        """In a thread: differences of a large graph."""
        check = _compared(question)
        if question is self._question and self._screen.is_attached:
            self._screen.post_message(self.Answered(question, check))

    def _poll(self) -> None:
        if self._job is None or self._answers is None or self._timer is None:
            return
        answer = self._job.poll()
        if answer is not None:
            self._timer.stop()
            self._timer = None
            self._answers.sympy = checks.sympy(answer)
            self._changed()


def _compared(question: Question) -> Check:
    """What differences say; where they fail, that is said, and the screen goes on."""
    try:
        return checks.differences(question.trace, question.node)
    except Exception as error:
        why = f"differences failed, our fault: {type(error).__name__}: {error}"
        return Check("differences", "absent", why)
