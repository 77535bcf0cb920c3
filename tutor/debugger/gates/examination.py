"""What a gate is, worked out once: its local derivatives, the op that it equals, two checks."""

from __future__ import annotations

from dataclasses import dataclass

from engine.passes import Pass
from tutor.debugger import checks
from tutor.debugger.cells.call import FAILURES
from tutor.debugger.checks import Check
from tutor.debugger.gates.alone import Local, alone, locals_of
from tutor.debugger.gates.gate import Gate, GateError
from tutor.debugger.gates.known import Known, known
from tutor.render.sanitise import sanitise

_BUDGET = 20_000
"""How many ops the differences may cost: some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of a gate at the end of its pass.

    locals: by each of its inputs. known: the op of the registry that it is. tape, differences: two
    of the three routes to its own gradients; SymPy is asked by `deriving.start`.
    """

    locals: tuple[Local, ...]
    known: Known | None
    tape: Check
    differences: Check


def examine(p: Pass, gate: Gate) -> Examination:
    """Everything about a gate that does not depend on the moment; to be kept while it is shown.

    Takes some tens of milliseconds. Raises GateError where the gate cannot be run by itself.
    """
    try:
        trace = alone(p, gate)
        found = locals_of(p, gate)
        return Examination(
            locals=tuple(found),
            known=known(trace),
            tape=checks.tape(trace),
            differences=checks.differences(trace, budget=_BUDGET),
        )
    except FAILURES as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise GateError(
            f"{sanitise(gate.name)} cannot be run by itself: {sanitise(why)}"
        ) from error
