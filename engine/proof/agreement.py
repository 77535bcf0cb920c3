"""What the routes to a gradient say about each other, as data for those who show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from engine.ops import REGISTRY
from engine.proof.differences import GradCheck, check_gradients
from engine.trace import Trace


@dataclass(frozen=True, slots=True)
class Proof:
    """What SymPy says of a gradient.

    proved: the engine's backward pass, run on symbols, equals the derivative of the forward
    expression: each difference was reduced to exactly 0. numeric: it could not be decided, `why`
    tells the reason. differs: it is wrong, `why` names the entry. regions: the branches for which
    that holds, each in words; `entries`: how many derivatives were compared. how: "whole" when the
    output was one expression; "op by op" when each op was proved by itself.
    """

    status: Literal["proved", "numeric", "differs", "skipped"]
    why: str | None = None
    regions: tuple[str, ...] = ()
    entries: int = 0
    how: Literal["whole", "op by op"] = "whole"


SKIPPED = Proof("skipped", "not asked for")


@dataclass(frozen=True, slots=True)
class Agreement:
    """The three routes to the gradients of a trace: the tape itself, differences, SymPy."""

    finite_difference: GradCheck
    sympy: Proof

    def data(self) -> dict[str, Any]:
        """The same as plain data, ready for JSON."""
        found = self.finite_difference
        sympy: dict[str, Any] = {"status": self.sympy.status}
        if self.sympy.why is not None and self.sympy.status != "skipped":
            sympy["why"] = self.sympy.why
        return {
            "finite_difference": {
                "agrees": found.agrees,
                "max_error": found.max_error,
                "status": found.status,
                "note": found.note,
            },
            "sympy": sympy,
        }


def numeric_only() -> dict[str, str]:
    """The ops for which only numbers can decide, each with the reason in its declaration."""
    return {op.name: op.numeric_only for op in REGISTRY.values() if op.numeric_only}


def check_trace(trace: Trace, prove: bool = False, seconds: float | None = 5.0) -> Agreement:
    """Compare the gradients of a trace's last pass with differences, and on demand with SymPy's.

    prove: whether to run SymPy; `seconds` is what it may take at most, give or take one expression.
    """
    if not prove:
        return Agreement(check_gradients(trace), SKIPPED)
    from engine.proof.symbolic import prove_trace

    return Agreement(check_gradients(trace), prove_trace(trace, seconds=seconds))
