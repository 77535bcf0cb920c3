"""Three routes to a gradient: the tape, differences, SymPy. Which of them agree?

Differences are computed here and now. SymPy works in a child process with a time limit
(`tutor.sandbox.prover`), so that nothing waits for it and nothing of it is imported here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.passes import Pass
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
"""How many ops on single numbers one badge may cost: some tenths of a second."""

ENTRIES, DIRECTIONS = 64, 16
"""Of an array every entry is compared; of one of more entries than this, some directions are."""

NUMBERS = 5000
"""How many numbers are computed in an array in the time that an op takes by itself."""


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

    budget: how many ops on single numbers may be run for it, as `work` counts them. Takes from a
    millisecond to some tenths of a second.
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
                share = budget / len(trace.passes)
                passes = [
                    check_gradients(Trace((p,)), budget=_runs(p, share)) for p in trace.passes
                ]
                found = max(passes, key=lambda c: (GRAVITY.index(c.status), c.max_error))
            else:
                p = trace.passes[trace.pass_of(node)]
                found = check_node(trace, node, budget=_runs(p, budget))
    except FAILURES as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        return Check("differences", "skipped", f"the graph cannot be run again: {sanitise(why)}")
    why = found.note
    if found.status == "differs":
        why = f"{found.where} is off by {number(found.max_error)}"
    nothing = found.entries > 0 and found.compared == 0
    return Check("differences", found.status, why, None if nothing else found.max_error)


def work(p: Pass) -> float:
    """About how long one run of a pass takes, counted in ops on single numbers.

    An op on an array takes longer by its entries, and a product of two arrays by what is
    multiplied: of an (m, k) and a (k, n) matrix that is m·k·n, the root of their three sizes.
    What gives a single number is left out: nearly always the entries were computed before it.
    """
    numbers = 0.0
    for node, value in p.values.arrays.items():
        op = p.ops[node]
        if op is not None:
            sizes = [
                p.values.arrays[i].size if i in p.values.arrays else 1 for i in p.operands[node]
            ]
            product = len(sizes) == 2 and not op.elementwise
            numbers += (
                math.sqrt(math.prod(sizes) * value.size) if product else max(value.size, *sizes)
            )
    return len(p.ops) + numbers / NUMBERS


def cost(trace: Trace, node: int | None = None) -> float:
    """About how many ops on single numbers `differences` runs where its budget allows it: seven
    runs for each entry, or for each of some directions."""
    total = 0.0
    for at, p in enumerate(trace.passes):
        nodes = list(p.inputs.values())
        if node is not None:
            nodes = [node - trace.node_range(at).start] if trace.pass_of(node) == at else []
        sizes = [int(np.size(p.values[one])) for one in nodes]
        lines = sum(size if size <= ENTRIES else DIRECTIONS for size in sizes)
        total += 7 * lines * work(p) if lines else 0.0
    return total


def _runs(p: Pass, budget: float) -> int:
    """How many ops of a pass may be run, where one takes longer than an op on single numbers."""
    return int(budget * len(p.ops) / work(p))


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
