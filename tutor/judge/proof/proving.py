"""Ask a child process to prove lines of a derivation, within a time limit.

    job = start(exercise, target, lines, which=(0, 2))
    job.poll()      # {0: Proof(…)}: what is known by now; never waits
    job.wait()      # all of it, at the latest when the time is up
    job.stop()

The child gets the exercise and the lines as texts of the language, which it reads as the judge
does; SymPy gets trees, never text, and is imported there alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tutor.judge.exercise import Exercise
from tutor.language.unparse import unparse
from tutor.render.sanitise import sanitise
from tutor.sandbox.jobs import Job

LIMIT = 10.0
"""Seconds for all lines together."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What SymPy found of one line.

    "proved": the difference of the two sides was reduced to exactly 0. "open": it was not, within
    the limits; the numbers agree all the same. why: one clause where it is open. route: how it was
    proved, one sentence a step.
    """

    status: Literal["proved", "open"]
    why: str = ""
    route: tuple[str, ...] = ()


class Proving:
    """Proofs under way. It holds a child process: end it with `wait` or `stop`."""

    def __init__(self, job: Job, which: Sequence[int]) -> None:
        self._job = job
        self._which = tuple(which)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._job.over is not None

    def poll(self) -> dict[int, Proof]:
        """The proofs that are known by now, by the index of the line."""
        return self._read(self._job.poll())

    def wait(self) -> dict[int, Proof]:
        """All proofs; what was not decided in time is open."""
        return self._read(self._job.wait())

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        self._job.stop()

    def _read(self, documents: Sequence[Mapping[str, Any]]) -> dict[int, Proof]:
        found: dict[int, Proof] = {}
        for said in documents:
            route = tuple(sanitise(str(step)) for step in said["route"])
            status: Literal["proved", "open"] = "proved" if said["proved"] else "open"
            found[int(said["line"])] = Proof(status, sanitise(str(said["why"])), route)
        if self._job.over is not None:
            why = self._job.over or "the proof ended without an answer (too little memory?)"
            found |= {n: Proof("open", why) for n in self._which if n not in found}
        return found


@dataclass(frozen=True, slots=True)
class Answered:
    """Proofs that need no child."""

    proofs: Mapping[int, Proof]
    over: bool = True

    def poll(self) -> dict[int, Proof]:
        """The proofs."""
        return dict(self.proofs)

    def wait(self) -> dict[int, Proof]:
        """The proofs."""
        return dict(self.proofs)

    def stop(self) -> None:
        """Nothing is under way."""


def start(
    exercise: Exercise,
    target: str,
    lines: Sequence[str],
    which: Sequence[int],
    *,
    seconds: float = LIMIT,
) -> Proving | Answered:
    """Begin to prove lines, which the judge found to be right. Returns at once.

    which: their indices.
    """
    if not which:
        return Answered({})
    request = {
        "exercise": as_data(exercise),
        "target": target,
        "lines": list(lines),
        "which": list(which),
        "seconds": seconds,
    }
    try:
        job = Job("tutor.judge.proof.child", json.dumps(request).encode(), seconds)
    except OSError as error:
        why = f"no child process: {error.strerror or error}"
        return Answered({n: Proof("open", why) for n in which})
    return Proving(job, which)


def as_data(exercise: Exercise) -> dict[str, Any]:
    """The exercise as data that `read_exercise` reads: what decides what is true."""
    data: dict[str, Any] = {
        "dims": dict(exercise.dims),
        "vars": {
            one.name: {"shape": list(one.shape), "domain": one.domain} for one in exercise.variables
        },
        "forward": list(exercise.forward_texts),
        "final_form": exercise.final_form,
        "aliases": {name: unparse(meant) for name, meant in exercise.aliases.items()},
        "targets": list(exercise.targets),
        "find": exercise.find,
        "up_to": sorted(exercise.up_to),
        "constants": sorted(exercise.constants),
    }
    if exercise.loss is not None:
        data["loss"] = exercise.loss
    if exercise.start is not None and exercise.goal is not None:
        data |= {"from": unparse(exercise.start), "to": unparse(exercise.goal)}
    return data
