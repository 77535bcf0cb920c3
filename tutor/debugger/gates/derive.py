"""The child process that derives a gate's formulas: `python -m tutor.debugger.gates.derive`,
started by `tutor.debugger.gates.deriving`.

One JSON document on standard input; on standard output one line of JSON as soon as each part is
found: `{"formulas": [[input, cell, text, where], …]}`, `{"same": true}`, `{"proof": {…}}`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from engine.errors import EngineError
from tutor.debugger.cells.call import FAILURES
from tutor.sandbox.prove import MEMORY, SPARE, answer, limit


def main() -> int:
    """Read, derive, answer."""
    limit("RLIMIT_AS", MEMORY)
    request = json.load(sys.stdin)
    limit("RLIMIT_CPU", int(request["seconds"] + SPARE))
    for said in parts(request):
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps({"proof": answer({**request, "nodes": None})}) + "\n")
    return 0


def parts(request: Any) -> Iterator[dict[str, Any]]:
    """What can be found out beside the proof, one by one."""
    for part in (_formulas, _same):
        said = _told(part, request)
        if said is not None:
            yield said


def _told(part: Callable[[Any], dict[str, Any]], request: Any) -> dict[str, Any] | None:
    """One part of the answer; None where SymPy or the engine gives up, which is no fault."""
    try:
        return part(request)
    except (EngineError, MemoryError, RecursionError, *FAILURES):
        return None


def _formulas(request: Any) -> dict[str, Any]:
    from tutor.debugger.gates.formulas import formulas
    from tutor.sandbox.graphs import decode

    found = formulas(decode(request["graph"]), request["name"], request["seconds"] / 3)
    return {"formulas": [[f.input, list(f.cell), f.text, f.where] for f in found]}


def _same(request: Any) -> dict[str, Any]:
    from tutor.debugger.gates.formulas import is_same
    from tutor.sandbox.graphs import decode

    if request["op"] is None:
        return {"same": False}
    trace, seconds = decode(request["graph"]), request["seconds"] / 3
    return {"same": is_same(trace, request["op"], request["params"], request["order"], seconds)}


if __name__ == "__main__":
    sys.exit(main())
