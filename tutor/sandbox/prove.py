"""The child process that proves: `python -m tutor.sandbox.prove`, started by
`tutor.sandbox.prover`.

One JSON document on standard input, one line of JSON on standard output: `{"status": …, "why": …}`.
It limits itself before it reads: the parent's clock is the first limit, these are the second.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from engine.errors import EngineError

MEMORY = 2 * 1024**3
"""Bytes of address space, where the platform can limit it."""

SPARE = 5.0
"""Seconds of computing beyond the limit, after which the system ends a child that nobody waits
for."""


def main() -> int:
    """Read, prove, answer."""
    request = json.load(sys.stdin)
    limit(float(request["seconds"]))
    json.dump(answer(request), sys.stdout)
    return 0


def answer(request: Any) -> dict[str, str]:
    """What SymPy finds about the graph in a request."""
    from engine.proof.symbolic import prove_trace
    from tutor.sandbox.graphs import decode

    try:
        trace = decode(request["graph"])
        proof = prove_trace(trace, request["nodes"], seconds=float(request["seconds"]))
    except (EngineError, MemoryError, RecursionError) as error:
        return {"status": "skipped", "why": f"SymPy could not take it: {type(error).__name__}"}
    return {"status": proof.status, "why": proof.why or ""}


def limit(seconds: float) -> None:
    """Bound this process's memory and computing time, where the platform can."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, int(seconds + SPARE)),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (allowed, hard))
        except (ValueError, OSError):
            continue


if __name__ == "__main__":
    sys.exit(main())
