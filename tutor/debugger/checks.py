"""Three routes to a gradient: the tape, differences, SymPy. Which of them agree?

Differences are computed here and now. SymPy works in a child process with a time limit
(`tutor.sandbox.prover`), so that nothing waits for it and nothing of it is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.trace import Trace
from tutor.render.json_ import plain
from tutor.render.numbers import number
from tutor.render.sanitise import sanitise

if TYPE_CHECKING:
    from tutor.sandbox.prover import Answer

Status = Literal[
    "agrees",
    "differs",
    "kink",
    "undefined",
    "unsure",
    "proved",
    "numeric",
    "skipped",
    "running",
    "absent",
]

_REASONS = {
    "kink": " At a kink there is no derivative, and the tape follows a convention.",
    "undefined": " Where a function is not finite, differences cannot say anything.",
    "unsure": " There differences are too coarse to say anything.",
}

BUDGET = 60_000
"""How many ops one badge may cost: some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one route says of a gradient.

    route: "tape", "differences" or "SymPy". status: "agrees", "differs"; of differences also "kink"
    (there is no derivative here, only a convention), "undefined" (the function is not finite) and
    "unsure" (lost in rounding); of SymPy "proved", "numeric" (equal in numbers, not
    proved) and "running"; "skipped" where nothing could be checked; "absent" where there is no
    gradient. why: one sentence, may be
    empty. max_error: relative, of differences.
    """

    route: str
    status: Status
    why: str = ""
    max_error: float | None = None

    @property
    def wrong(self) -> bool:
        """Whether this route speaks against the gradient shown."""
        return self.status == "differs"

    @property
    def mark(self) -> str:
        """`✓` agrees, `✗` differs, `≈` only in numbers, `…` under way, `—` nothing to say."""
        marks = {"agrees": "✓", "proved": "✓", "differs": "✗", "kink": "≈", "numeric": "≈"}
        if self.status in ("undefined", "unsure") and self.max_error is not None:
            return "✓"
        return marks.get(self.status, "…" if self.status == "running" else "—")


def tape(trace: Trace, node: int | None = None) -> Check:
    """The tape's own word: a gradient is there, or why it is not."""
    last = trace.passes[-1]
    if last.seed is None:
        return Check("tape", "absent", "the result depends on no input")
    if node is not None and trace.grad(node) is None:
        return Check("tape", "absent", "no gradient comes here")
    return Check("tape", "agrees")


def differences(trace: Trace, node: int | None = None, *, budget: int = BUDGET) -> Check:
    """Compare the tape with differences: at `node`, or at all inputs of every pass when None.

    budget: how many ops may be run for it. Takes from a millisecond to some tenths of a second.
    Where the graph cannot be run again, as in a loaded trace with an op that this program lacks,
    the check is skipped.
    """
    from engine.document import ForeignOp
    from engine.proof import GRAVITY, check_gradients, check_node
    from tutor.debugger.cells.call import FAILURES

    if tape(trace, node).status == "absent":
        return Check("differences", "absent", "there is no gradient to compare")
    lacking = {op.name for p in trace.passes for op in set(p.ops) if isinstance(op, ForeignOp)}
    if lacking:
        return Check("differences", "skipped", unknown_op(min(lacking)))
    if not any(np.isfinite(p.values[p.output]).any() for p in trace.passes):
        return Check("differences", "undefined", "the result is not finite")
    try:
        with np.errstate(all="ignore"):
            if node is None:
                share = budget // len(trace.passes)
                passes = [check_gradients(Trace((p,)), budget=share) for p in trace.passes]
                found = max(passes, key=lambda c: (GRAVITY.index(c.status), c.max_error))
            else:
                found = check_node(trace, node, budget=budget)
    except FAILURES as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        return Check("differences", "skipped", f"the graph cannot be run again: {sanitise(why)}")
    why = found.note
    if found.status == "differs":
        why = f"{found.where} is off by {number(found.max_error)}"
    nothing = found.entries > 0 and found.compared == 0
    return Check("differences", found.status, why, None if nothing else found.max_error)


def unknown_op(name: str) -> str:
    """Why nothing can be checked that has an op in it which only a loaded trace knows."""
    return f"the op {sanitise(name)} is not known to this program"


def sympy(answer: Answer | None) -> Check:
    """What SymPy answered; None says that it is still at work."""
    if answer is None:
        return Check("SymPy", "running", "SymPy is at work")
    return Check("SymPy", answer.status, answer.why)


def badge(checks: list[Check]) -> str:
    """The routes with their marks: `tape ✓  differences ✓  SymPy …`."""
    return "  ".join(f"{check.route} {check.mark}" for check in checks)


def sentences(difference: Check, proof: Check) -> list[str]:
    """What `--text` says of the checks, one sentence each."""
    reason = _REASONS.get(difference.status, "")
    if difference.status == "absent":
        first = f"Nothing to compare: {difference.why}."
    elif difference.status == "skipped":
        first = f"The gradients cannot be checked: {difference.why}."
    elif difference.status == "differs":
        first = f"Tape and differences DISAGREE: {difference.why}."
    elif difference.max_error is None:
        first = f"Nothing to compare with differences: {difference.why}.{reason}"
    else:
        error = f"largest relative error {number(difference.max_error)}"
        first = f"Tape and differences agree: {difference.why}, {error}.{reason}"
    told = {
        "proved": "SymPy proves the formula of the gradient",
        "numeric": "SymPy: equal in numbers, not proved",
        "differs": "SymPy DISAGREES",
    }
    second = told.get(proof.status, "SymPy: skipped")
    return [first, f"{second}{f': {proof.why}' if proof.why else ''}."]


def as_data(difference: Check, proof: Check) -> dict[str, Any]:
    """What stands under "checks" in the JSON form."""
    data: dict[str, Any] = {
        "finite_difference": {
            "agrees": None if difference.max_error is None else not difference.wrong,
            "max_error": None if difference.max_error is None else plain(difference.max_error),
        },
        "sympy": {"status": proof.status},
    }
    if difference.status == "skipped":
        data["finite_difference"]["why"] = difference.why
    if proof.why:
        data["sympy"]["why"] = proof.why
    return data
