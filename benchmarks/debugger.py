"""How fast the gradient debugger answers, beside the targets.

    python -m benchmarks.debugger            every figure, in about half a minute
    python -m benchmarks.debugger --json     as data

The first figures are taken on micrograd's demo step: 65 thousand scalar nodes, 189 thousand events.
A question is put as a person puts it, for the first time: on a node nobody asked about before, and
with a condition nobody asked before. What the trace itself keeps (names, the order of arrivals) is
made before the clock starts, as the first picture of the stepper makes it. "at most" is the slowest
of all that were asked, "median" the one in the middle.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import engine
from benchmarks.scalar_graph import recorded_pass, weights
from engine import Tensor
from engine.document import Document, load, save
from engine.trace import Trace
from tutor.debugger.frame import Frame
from tutor.debugger.moving import jump, to_writer
from tutor.debugger.state import state
from tutor.debugger.stops.stops import next_stop, parse_stop
from tutor.debugger.why import depths, why
from tutor.debugger.why.report import report
from tutor.render.formula import formula
from tutor.render.inspector import inspection
from tutor.render.sentences import sentence

WIDTHS = (784, 256, 128, 10)
BATCH = 128
CONDITIONS = (
    "|grad| > 10",
    "value is nan",
    "op = relu and value < 1e-6",
    "kind = contribution and |amount| > 0.5",
    "grad(p100) written",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Measured milliseconds, and what the slowest should be at most."""

    name: str
    median: float
    slowest: float
    target: float

    @property
    def ratio(self) -> float:
        """The slowest over the target: at most 1 is good."""
        return self.slowest / self.target


def figure(name: str, target: float, asked: Iterable[Callable[[], Any]]) -> Figure:
    """Put each question once, and time it."""
    times = []
    gc.collect()
    for question in asked:
        start = time.perf_counter()
        question()
        times.append((time.perf_counter() - start) * 1e3)
    return Figure(name, statistics.median(times), max(times), target)


def jumps(trace: Trace) -> Iterator[Callable[[], Any]]:
    """To random moments, each with the state of a random node and what has happened in words."""
    rng = random.Random(1)

    def go(cursor: int, node: int) -> None:
        frame = jump(Frame(trace), cursor)
        state(frame, node)
        inspection(trace, node, cursor)
        sentence(trace, cursor - 1)
        formula(trace, cursor - 1)

    for _ in range(200):
        cursor, node = rng.randrange(1, len(trace.events)), rng.randrange(len(trace.nodes))
        yield lambda cursor=cursor, node=node: go(cursor, node)


def writers(trace: Trace) -> Iterator[Callable[[], Any]]:
    """`W` pressed at random moments on parameters, of whose gradient most is written."""
    rng = random.Random(2)
    inputs = list(trace.inputs.values())
    for _ in range(200):
        frame = Frame(trace, rng.randrange(len(trace.nodes), len(trace.events)))
        yield lambda frame=frame: to_writer(frame, rng.choice(inputs))


def scans(trace: Trace) -> Iterator[Callable[[], Any]]:
    """From the start to the first moment at which a condition holds, or to the end."""
    for text in CONDITIONS:
        yield lambda text=text: next_stop(Frame(trace), [parse_stop(text, trace)])


def cuts(trace: Trace) -> Iterator[Callable[[], Any]]:
    """Where the gradient of a parameter comes from, with its report: first cuts, from the widest
    flow (a weight of the first layer) to the narrowest."""
    for node in list(trace.inputs.values())[::12]:
        yield lambda node=node: report(trace, why(trace, node))


def walks(trace: Trace) -> Iterator[Callable[[], Any]]:
    """`<` and `>`: every cut of one parameter, after the first."""
    node = trace.inputs["p0"]
    why(trace, node)
    for depth in depths(trace, node):
        yield lambda depth=depth: report(trace, why(trace, node, depth=depth))


def openings(trace: Trace) -> Iterator[Callable[[], Any]]:
    """The trace, opened from its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "step.bptrace"
        save(Document(trace, None), path)
        for _ in range(3):
            yield lambda: load(path)


def network() -> Trace:
    """One step of an MLP 784-256-128-10 on 128 points: relu, softmax and cross entropy."""
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(BATCH, WIDTHS[0]))}
    for k, (inner, outer) in enumerate(pairwise(WIDTHS), 1):
        inputs[f"W{k}"] = rng.normal(size=(inner, outer)) * np.sqrt(2 / inner)
        inputs[f"b{k}"] = np.zeros(outer)
    classes = rng.integers(0, WIDTHS[-1], size=BATCH).astype(float)

    def loss(x: Tensor, **layers: Tensor) -> Tensor:
        for k in (1, 2):
            x = engine.relu(x @ layers[f"W{k}"] + layers[f"b{k}"])
        return engine.cross_entropy(x @ layers["W3"] + layers["b3"], Tensor(classes))

    return engine.record_with(loss, inputs)


def steps(trace: Trace) -> Iterator[Callable[[], Any]]:
    """Every event of the MLP as the panes show it: state, sentence, formula, inspector."""

    def show(i: int) -> None:
        frame = jump(Frame(trace), i + 1)
        node = trace.events[i].node
        state(frame, node)
        sentence(trace, i)
        formula(trace, i, width=56)
        inspection(trace, node, i + 1)

    for i in range(len(trace.events)):
        yield lambda i=i: show(i)


def measure() -> list[Figure]:
    """All figures."""
    trace = recorded_pass(weights())
    next(jumps(trace))()
    why(trace, trace.output)
    layers = network()
    return [
        figure("any jump, with what is shown of it", 50, jumps(trace)),
        figure("W", 50, writers(trace)),
        figure("a conditional breakpoint, scanned", 50, scans(trace)),
        figure("a cut, asked for the first time", 50, cuts(trace)),
        figure("a cut further on", 50, walks(trace)),
        figure("opening the trace from its file", 2000, openings(trace)),
        figure("a step in words, MLP at batch 128", 25, steps(layers)),
        figure("a cut of W1 of that MLP", 50, [lambda: report(layers, why(layers, 1))]),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as data")
    given = parser.parse_args(arguments)
    figures = measure()
    if given.json:
        print(json.dumps([{**asdict(f), "ratio": round(f.ratio, 3)} for f in figures], indent=1))
        return 0
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for f in figures:
        print(
            f"{f.name:<38} median {f.median:8.2f} ms   at most {f.slowest:8.2f} ms   "
            f"target {f.target:5.0f}   ratio {f.ratio:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
