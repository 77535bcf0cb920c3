"""Ask a child process to prove a trace's gradients with SymPy, within a time limit.

    job = start(trace, seconds=5.0)
    answer = job.poll()      # None while it is at work; never waits
    answer = job.wait()      # waits, at most until the limit
    job.stop()               # when the answer is not wanted any more

The child gets the graph as data (`tutor.sandbox.graphs`), never text to be read as a formula, and
sends back one line of JSON. SymPy is imported there alone.
"""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import IO, Literal

from engine.trace import Trace
from tutor.sandbox.children import began
from tutor.sandbox.graphs import UnsendableError, encode

LIMIT = 5.0
"""Seconds that a proof may take."""

MOST_NODES = 400

MOST_NUMBERS = 20_000
"""Numbers of the inputs and constants that are sent: a child that starts proves a thousand, and
sending more holds up the screen."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What SymPy found. "proved": the difference was reduced to exactly 0. "numeric": the two agree
    at points, which is all that can be had. "differs": they do not. "skipped": nothing was found
    out. why: one clause."""

    status: Literal["proved", "numeric", "differs", "skipped"]
    why: str = ""


class Job:
    """A proof under way. It holds a child process: end it with `wait` or `stop`."""

    def __init__(self, child: subprocess.Popen[bytes], reply: IO[bytes], seconds: float) -> None:
        self._child = child
        self._reply = reply
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._answer: Answer | None = None

    def poll(self) -> Answer | None:
        """The answer if there is one now; a child beyond its time is stopped."""
        if self._answer is None:
            if self._child.poll() is not None:
                self._answer = self._read()
            elif time.monotonic() >= self._ends:
                self._answer = self._too_long()
        return self._answer

    def wait(self) -> Answer:
        """The answer, at the latest when the time is up."""
        if self._answer is None:
            try:
                self._child.wait(max(0.0, self._ends - time.monotonic()))
                self._answer = self._read()
            except subprocess.TimeoutExpired:
                self._answer = self._too_long()
            except BaseException:
                self.stop()
                raise
        return self._answer

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        self._end()
        if self._answer is None:
            self._answer = Answer("skipped", "stopped")

    def _too_long(self) -> Answer:
        self._end()
        return Answer("skipped", f"no proof within {self._seconds:g} seconds")

    def _end(self) -> None:
        self._child.kill()
        self._child.wait()
        self._reply.close()

    def _read(self) -> Answer:
        with self._reply as reply:
            reply.seek(0)
            text = reply.read()
        try:
            data = json.loads(text)
            return Answer(data["status"], data["why"])
        except (ValueError, KeyError, TypeError):
            return Answer("skipped", "the proof ended without an answer (too little memory?)")


@dataclass(frozen=True, slots=True)
class Refused:
    """A job that was answered without a child."""

    answer: Answer

    def poll(self) -> Answer | None:
        """The answer."""
        return self.answer

    def wait(self) -> Answer:
        """The answer."""
        return self.answer

    def stop(self) -> None:
        """Nothing is under way."""


def start(trace: Trace, node: int | None = None, *, seconds: float = LIMIT) -> Job | Refused:
    """Begin to prove the gradient of one node, or when None of all inputs of the last pass.

    Returns at once.
    """
    at = len(trace.passes) - 1 if node is None else trace.pass_of(node)
    wanted = trace.passes[at]
    nodes = None if node is None else [node - trace.node_range(at).start]
    if wanted.seed is None:
        return Refused(Answer("skipped", "there is no gradient to prove"))
    if len(wanted.ops) > MOST_NODES:
        why = f"{len(wanted.ops)} nodes are too many for a proof, at most {MOST_NODES}"
        return Refused(Answer("skipped", why))
    leaves = (value for i, value in wanted.values.arrays.items() if wanted.ops[i] is None)
    numbers = sum(int(value.size) for value in leaves)
    if numbers > MOST_NUMBERS:
        why = f"{numbers:,} numbers are too many for a proof, at most {MOST_NUMBERS:,}"
        return Refused(Answer("skipped", why))
    try:
        request = json.dumps({"seconds": seconds, "nodes": nodes, "graph": encode(wanted)})
    except UnsendableError as error:
        return Refused(Answer("skipped", str(error)))
    try:
        child, reply = began("tutor.sandbox.prove", request.encode())
    except OSError as error:
        return Refused(Answer("skipped", f"no child process: {error.strerror or error}"))
    return Job(child, reply, seconds)
