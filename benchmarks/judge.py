"""What the derivation judge finds over its corpus, and how fast, beside the contract's figures.

    python -m benchmarks.judge            every figure, in a few minutes
    python -m benchmarks.judge --json     as data

Verdicts are compared with the labels of tests/data/judge, which were written before the judge. A
check is one record of `backprop judge` from its text to the answer, all in one process that has
judged one record before; its time is told by the clock and as time of the processor, which tells
more where others work on the machine. The cold start is a process of its own; a start of Python
that imports NumPy and nothing else stands beside it, taken in turns, because both depend on the
machine and its load. Bytecode is written before the clock starts.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.tutor.judge import corpus
from tests.tutor.judge.corpus import Case, Tally
from tutor.judge.records import answered

ROOT = Path(__file__).resolve().parent.parent
SEEDS = (1, 20, 303, 4_004, 50_005)
RUNS = 7
LOOK = "import sys; print('sympy' in sys.modules)"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure, what it should be, and whether it is. target: in words, with the unit."""

    name: str
    measured: float
    target: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """All answers to the corpus with one seed, and the milliseconds of each check, by the clock
    and of the processor."""

    answers: dict[str, dict[str, Any]]
    times: dict[str, float]
    worked: dict[str, float]


def judged(cases: Sequence[Case], seed: int) -> Judged:
    """Judge every case as the command does, after one that is not measured."""
    contexts = corpus.exercises()
    texts = {
        case.id: json.dumps(
            {
                "context": contexts[case.exercise],
                "target": case.target,
                "lines": case.lines,
                "seed": seed,
            }
        )
        for case in cases
    }
    answered(texts[cases[0].id])
    gc.collect()
    gc.freeze()
    found = Judged({}, {}, {})
    for name, text in texts.items():
        start, work = time.perf_counter(), time.process_time()
        found.answers[name] = answered(text)
        found.worked[name] = (time.process_time() - work) * 1e3
        found.times[name] = (time.perf_counter() - start) * 1e3
    return found


def tally(cases: Sequence[Case], found: Judged) -> Tally:
    """The answers beside the labels."""
    return Tally(
        [
            corpus.compare(case, answer["verdict"], answer["first_wrong"], answer["label"])
            for case in cases
            for answer in (found.answers[case.id],)
        ]
    )


def verdicts(cases: Sequence[Case], counted: Tally, found: Judged) -> list[Figure]:
    """What is right and what is wrong."""
    accepted = len(counted.faulty("false accept"))
    refused, right = len(counted.faulty("false reject")), len(counted.having("correct"))
    several = [one for one in counted.having("wrong") if len(one.case.lines) > 1]
    first = sum("first wrong line" not in one.faults for one in several)
    label, unknown = counted.label_share(), counted.unknown_share()
    hostile = [case for case in cases if case.family == "hostile"]
    held = sum(found.answers[case.id]["verdict"] in ("reject", "wrong") for case in hostile)
    late = max(found.times[case.id] for case in hostile)
    return [
        Figure("cases", len(cases), "at least 600", len(cases) >= 600),
        Figure("false accepts", accepted, "0", accepted == 0),
        Figure(f"false rejects of {right}", refused, "2 of 283", refused <= right * 2 / 283),
        Figure(
            f"first wrong line found, of {len(several)}",
            first,
            "68 of 69",
            first >= len(several) * 68 / 69,
        ),
        Figure("accepted label, %", 100 * label, "at least 92, aim 96", label >= 0.92),
        Figure("unknown, %", 100 * unknown, "at most 6", unknown <= 0.06),
        Figure(f"hostile refused of {len(hostile)}", held, "all", held == len(hostile)),
        Figure("hostile, slowest, ms", late, "at most 100", late <= 100),
    ]


def speed(found: Judged) -> list[Figure]:
    """Milliseconds of a check, when everything is imported."""
    figures = []
    for kind, measured in (("warm check", found.times), ("the same, processor", found.worked)):
        times = sorted(measured.values())
        middle, late = statistics.median(times), times[int(0.99 * (len(times) - 1))]
        figures += [
            Figure(f"{kind}, median, ms", middle, "at most 5", middle <= 5),
            Figure(f"{kind}, p99, ms", late, "at most 60", late <= 60),
            Figure(f"{kind}, slowest, ms", times[-1], "at most 100", times[-1] <= 100),
        ]
    return figures


def steady(cases: Sequence[Case], first: Judged) -> Figure:
    """Cases whose verdict or line is another one with another seed."""
    keys = ("verdict", "first_wrong")
    others = [judged(cases, seed).answers for seed in SEEDS[1:]]
    differing = [
        case.id
        for case in cases
        if any(
            [other[case.id][key] for key in keys] != [first.answers[case.id][key] for key in keys]
            for other in others
        )
    ]
    name = f"another verdict with one of {len(SEEDS)} seeds"
    return Figure(" ".join([name, *differing[:3]]), len(differing), "0", not differing)


def cold(record: str) -> list[Figure]:
    """Milliseconds of a process that judges one record, and of one that imports NumPy."""
    judging = [sys.executable, "-m", "tutor.cli.main", "judge"]
    numpy = [sys.executable, "-c", "import numpy"]
    with tempfile.TemporaryDirectory() as bytecode:
        around = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": bytecode}
        around.pop("PYTHONDONTWRITEBYTECODE", None)

        def once(command: list[str]) -> float:
            start = time.perf_counter()
            subprocess.run(
                command, input=record, env=around, cwd=ROOT, text=True, capture_output=True,
                check=True,
            )  # fmt: skip
            return (time.perf_counter() - start) * 1e3

        for command in (judging, numpy):
            once(command)
        pairs = [(once(judging), once(numpy)) for _ in range(RUNS)]
    ours, theirs = (statistics.median(one) for one in zip(*pairs, strict=True))
    return [
        Figure("cold start with one record, median, ms", ours, "at most 400", ours <= 400),
        Figure("python -c 'import numpy', median, ms", theirs, "for comparison", True),
        Figure("cold start over that of NumPy", ours / theirs, "at most 3", ours <= 3 * theirs),
    ]


def without_sympy(record: str) -> Figure:
    """Whether a process that judged a record has SymPy."""
    command = f"from tutor.cli.main import main; main(['judge']); {LOOK}"
    done = subprocess.run(
        [sys.executable, "-c", command], input=record, env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT, text=True, capture_output=True, check=True,
    )  # fmt: skip
    there = done.stdout.splitlines()[-1] != "False"
    return Figure("SymPy imported", float(there), "0", not there)


def families(counted: Tally) -> dict[str, tuple[int, int]]:
    """Per family of slips: right and wrong."""
    right, wrong = Counter[str](), Counter[str]()
    for one in counted.findings:
        (wrong if one.faults else right)[one.case.family] += 1
    return {name: (right[name], wrong[name]) for name in sorted(right | wrong)}


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 when a figure is not held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as data")
    parser.add_argument("--quick", action="store_true", help="one seed only")
    given = parser.parse_args(arguments)
    cases = corpus.cases()
    found = judged(cases, SEEDS[0])
    counted = tally(cases, found)
    contexts = corpus.exercises()
    sample = next(case for case in cases if case.verdict == "wrong")
    record = json.dumps(
        {
            "context": contexts[sample.exercise],
            "target": sample.target,
            "lines": sample.lines,
            "seed": 1,
        }
    )
    figures = [*verdicts(cases, counted, found), *speed(found)]
    figures += [] if given.quick else [steady(cases, found)]
    figures += [*cold(record), without_sympy(record)]
    slow = sorted(found.times, key=lambda name: -found.times[name])[:5]
    if given.json:
        data = {
            "figures": [asdict(one) for one in figures],
            "families": families(counted),
            "slowest": {name: found.times[name] for name in slow},
        }
        print(json.dumps(data, indent=1))
        return 0 if all(one.holds for one in figures) else 1
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for one in figures:
        mark = "" if one.holds else "   not held"
        print(f"{one.name:<48} {one.measured:>9.1f}   target {one.target}{mark}")
    print(f"\n{'family':<12}{'right':>7}{'wrong':>7}")
    for name, (right, wrong) in families(counted).items():
        print(f"{name:<12}{right:>7}{wrong:>7}")
    print("\nslowest: " + ", ".join(f"{name} {found.times[name]:.0f} ms" for name in slow))
    return 0 if all(one.holds for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
