"""The audit: six checks of one pass, each of which answers in findings."""

from __future__ import annotations

import numpy as np

from engine.trace import Trace
from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.cancelling import cancelling
from tutor.debugger.audit.chain import chain
from tutor.debugger.audit.finding import Finding
from tutor.debugger.audit.finite import finite, not_finite
from tutor.debugger.audit.reach import reach
from tutor.debugger.audit.scale import scale
from tutor.debugger.audit.units import units

_CHECKS = (finite, units, chain, cancelling, reach, scale)


def audit(trace: Trace, at: int | None = None) -> tuple[Finding, ...]:
    """What the checks say of pass number `at`: one finding or more of each check, in their order.

    at: None stands for the first pass in which a number is not finite, or else the last pass.
    Raises IndexError where there is no such pass.
    """
    if at is None:
        at = _first_odd(trace)
    if not 0 <= at < len(trace.passes):
        raise IndexError(f"there is no pass {at}; there are {len(trace.passes)}")
    audited = Audited(trace, at)
    with np.errstate(all="ignore"):
        return tuple(finding for check in _CHECKS for finding in check(audited))


def _first_odd(trace: Trace) -> int:
    last = len(trace.passes) - 1
    for at, p in enumerate(trace.passes[:-1]):
        made = [i for i in not_finite(p.values) if p.ops[i] is not None]
        if made or not_finite(p.gradients):
            return at
    return last
