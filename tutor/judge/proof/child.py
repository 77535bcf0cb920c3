"""The child process that proves lines: `python -m tutor.judge.proof.child`, started by
`tutor.judge.proof.proving`.

One JSON document on standard input; for each line that was asked about, as soon as it is decided,
one line of JSON on standard output. It bounds its own memory and computing time.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tutor.sandbox.limits import SPARE, limit

MEMORY = 2 * 1024**3
"""Bytes of address space, where the platform can limit it."""


def main() -> int:
    """Read, prove line by line, answer each at once."""
    limit("RLIMIT_AS", MEMORY)
    request = json.load(sys.stdin)
    limit("RLIMIT_CPU", int(request["seconds"] + SPARE))
    for said in answers(request):
        print(json.dumps(said), flush=True)
    return 0


def answers(request: Any) -> Any:
    """What is found of each line, one after the other."""
    from tutor.judge.exercise import read_exercise
    from tutor.judge.proof.lines import statements
    from tutor.judge.proof.symbolic import Prover

    exercise = read_exercise(request["exercise"])
    seconds = float(request["seconds"])
    wanted = statements(exercise, request["target"], request["lines"])
    prover = Prover(exercise, [one.definition for one in wanted if one.definition], seconds)
    for one in wanted:
        if one.number in request["which"]:
            found = prover.prove(one)
            yield {
                "line": one.number,
                "proved": found.why == "",
                "why": found.why,
                "route": list(found.route),
            }


if __name__ == "__main__":
    sys.exit(main())
