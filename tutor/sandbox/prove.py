"""The child process that proves: `python -m tutor.sandbox.prove`, started by
`tutor.sandbox.prover`.

One JSON document on standard input, one line of JSON on standard output: `{"status": …, "why": …}`.
It bounds its own memory and computing time; the parent's clock is the first limit, these are the
second.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from engine.errors import EngineError
from tutor.sandbox.limits import SPARE as SPARE
from tutor.sandbox.limits import limit as limit

MEMORY = 2 * 1024**3
"""Bytes of address space, where the platform can limit it."""


def main() -> int:
    """Read, prove, answer."""
    limit("RLIMIT_AS", MEMORY)
    request = json.load(sys.stdin)
    limit("RLIMIT_CPU", int(request["seconds"] + SPARE))
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


if __name__ == "__main__":
    sys.exit(main())
