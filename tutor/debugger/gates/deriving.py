"""Ask a child process for a gate's formulas and a proof of its gradients, within a time limit.

    job = start(p, gate, known)
    derived = job.poll()     # what is known by now; `derived.answer` is None while it is at work
    derived = job.wait()     # waits, at most until the limit
    job.stop()               # when the answer is not wanted any more

The child gets the gate as data, never text to be read as a formula. SymPy is imported there alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.passes import Pass
from tutor.debugger.cells.call import FAILURES
from tutor.debugger.gates.alone import alone, elementwise
from tutor.debugger.gates.gate import Gate
from tutor.debugger.gates.known import Known
from tutor.render.sanitise import sanitise
from tutor.sandbox.graphs import UnsendableError, encode
from tutor.sandbox.jobs import Job
from tutor.sandbox.prover import Answer

LIMIT = 8.0
"""Seconds that formulas and proof may take together."""

_MOST_NUMBERS = 256


@dataclass(frozen=True, slots=True)
class Derived:
    """What a child found out about a gate.

    answer: what SymPy says of its gradients; None while it is at work. formulas: for inputs, by
    local id, the local derivative as a text, by the first cell where the input has several. where:
    the region in which these hold, in words; empty for everywhere. same: it is proved that the gate
    is the op that it was compared with.
    """

    answer: Answer | None = None
    formulas: Mapping[int, str] = field(default_factory=dict)
    where: str = ""
    same: bool = False


class Deriving:
    """A derivation under way. It holds a child process: end it with `wait` or `stop`."""

    def __init__(self, job: Job, names: Mapping[str, int]) -> None:
        self._job = job
        self._names = names

    def poll(self) -> Derived:
        """What has been found by now; a child beyond its time is stopped."""
        return self._read(self._job.poll())

    def wait(self) -> Derived:
        """What was found, at the latest when the time is up."""
        return self._read(self._job.wait())

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        self._job.stop()

    def _read(self, documents: Sequence[Mapping[str, Any]]) -> Derived:
        """What a child has said so far. One that ended without an answer has skipped it."""
        said: dict[str, Any] = {}
        for document in documents:
            said |= document
        proof = said.get("proof")
        answer = None if proof is None else Answer(proof["status"], proof["why"])
        if answer is None and self._job.over is not None:
            why = self._job.over or "the proof ended without an answer (too little memory?)"
            answer = Answer("skipped", why)
        rows = said.get("formulas", [])
        texts = {self._names[name]: sanitise(text) for name, _, text, _ in rows}
        where = next((sanitise(row[3]) for row in rows), "")
        return Derived(answer, texts, where, bool(said.get("same")))


@dataclass(frozen=True, slots=True)
class Refused:
    """A derivation that was answered without a child."""

    derived: Derived

    def poll(self) -> Derived:
        """The answer."""
        return self.derived

    def wait(self) -> Derived:
        """The answer."""
        return self.derived

    def stop(self) -> None:
        """Nothing is under way."""


def start(p: Pass, gate: Gate, known: Known | None = None) -> Deriving | Refused:
    """Begin to derive a gate's formulas and to prove its gradients. Returns at once.

    An elementwise gate of arrays is derived for one cell.
    """
    try:
        taken = alone(p, gate, cell=_first_cell(p, gate)).passes[0]
        size = sum(
            int(np.size(value)) for value in (taken.values[k] for k in range(len(taken.ops)))
        )
        if not gate.inputs:
            return _refused("no gradient flows into the gate")
        if size > _MOST_NUMBERS:
            return _refused(f"too large for symbols: {size:,} numbers, at most {_MOST_NUMBERS}")
        request = json.dumps(
            {
                "seconds": LIMIT,
                "graph": encode(taken),
                "name": p.names[gate.output],
                "op": None if known is None else known.op,
                "params": {} if known is None else dict(known.params),
                "order": [] if known is None else list(known.order),
            }
        )
    except (*FAILURES, UnsendableError) as error:
        return _refused(str(error).splitlines()[0] if str(error) else type(error).__name__)
    names = {p.names[node]: node for node in gate.inputs}
    try:
        job = Job("tutor.debugger.gates.derive", request.encode(), LIMIT)
    except OSError as error:
        return _refused(f"no child process: {error.strerror or error}")
    return Deriving(job, names)


def _first_cell(p: Pass, gate: Gate) -> tuple[int, ...] | None:
    shape = np.shape(p.values[gate.output])
    return (0,) * len(shape) if shape and 0 not in shape and elementwise(p, gate) else None


def _refused(why: str) -> Refused:
    return Refused(Derived(Answer("skipped", sanitise(why))))
