"""A scalar training step, node by node: the engine against micrograd, and the cost of recording.

The step is micrograd's own demo: an MLP 2-16-16-1 on 100 points, hinge loss plus L2, forward,
backward, update; 65 thousand scalar nodes. Run it with

    python -m benchmarks.scalar_graph

All contestants take turns in one process, some steps each as in training, so that a slow moment
of the machine hits each alike; what is reported is the ratio of medians. micrograd is measured
when it is installed (`pip install micrograd`).
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import engine
from engine import Tensor
from engine.recording import record_with

POINTS = 100
WIDTHS = (2, 16, 16, 1)
PENALTY = 1e-4
RATE = 0.01
STEPS = 4


def data() -> tuple[list[list[float]], list[float]]:
    """100 points in the plane and a label of +1 or -1 for each."""
    rng = random.Random(0)
    points = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(POINTS)]
    return points, [1.0 if x * y > 0 else -1.0 for x, y in points]


def weights() -> list[float]:
    """Starting weights and bias of each unit in turn, layer by layer, in one list."""
    rng = random.Random(1)
    values = []
    for fan_in, fan_out in pairwise(WIDTHS):
        for _ in range(fan_out):
            values += [rng.uniform(-1, 1) for _ in range(fan_in)] + [0.0]
    return values


def loss(parameters: list[Any], inputs: list[list[Any]], labels: list[float]) -> Any:
    """Hinge loss plus L2 penalty, written with scalar operators only."""
    layers = _layers(parameters)
    losses = []
    for units, label in zip(inputs, labels, strict=True):
        for layer in layers[:-1]:
            units = [_unit(weights, bias, units).relu() for weights, bias in layer]
        (score,) = [_unit(weights, bias, units) for weights, bias in layers[-1]]
        losses.append((1 + -label * score).relu())
    return _sum(losses) * (1.0 / len(losses)) + PENALTY * _sum([p * p for p in parameters])


def engine_step(parameters: list[Tensor]) -> float:
    """One step with the engine, update included."""
    points, labels = data()
    total = loss(parameters, [[Tensor(x) for x in p] for p in points], labels)
    for p in parameters:
        p.zero_grad()
    total.backward()
    for p in parameters:
        p.held = p.held - RATE * p.kept
    return float(total.item())


def recorded_pass(values: list[float]) -> engine.Trace:
    """The same forward and backward pass, recorded in full."""
    points, labels = data()

    def fn(**named: Tensor) -> Tensor:
        inputs = [[Tensor(x) for x in p] for p in points]
        return loss(list(named.values()), inputs, labels)  # type: ignore[no-any-return]

    return record_with(fn, {f"p{i}": value for i, value in enumerate(values)})


def micrograd_step() -> Callable[[], float] | None:
    """One step with micrograd, or None where it is not installed."""
    try:
        from micrograd.engine import Value
        from micrograd.nn import MLP
    except ImportError:
        return None
    model = MLP(WIDTHS[0], list(WIDTHS[1:]))
    for parameter, value in zip(model.parameters(), weights(), strict=True):
        parameter.data = value

    def step() -> float:
        points, labels = data()
        scores = [model([Value(x) for x in point]) for point in points]
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total = data_loss + PENALTY * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= RATE * p.grad
        return float(total.data)

    return step


def moment(trace: engine.Trace, count: int = 2000) -> float:
    """Seconds, on average, to read what was known of a random node at a random event."""
    rng = random.Random(2)
    places = [
        (rng.randrange(len(trace.nodes)), rng.randrange(len(trace.events))) for _ in range(count)
    ]
    trace.grad_at(0, 0)
    start = time.perf_counter()
    for node, cursor in places:
        trace.events[cursor]
        trace.known(node, cursor)
        trace.grad_at(node, cursor)
    return (time.perf_counter() - start) / count


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    parameters = [Tensor(value, requires_grad=True) for value in weights()]
    contestants: dict[str, Callable[[], Any]] = {
        "engine, eager step": lambda: engine_step(parameters),
        "engine, recorded pass": lambda: recorded_pass(weights()),
    }
    other = micrograd_step()
    if other is not None:
        contestants["micrograd, step"] = other
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name, run in contestants.items():
            gc.collect()  # nobody pays for the garbage of the one before
            start = time.perf_counter()
            for _ in range(STEPS):
                run()
            elapsed = (time.perf_counter() - start) / STEPS
            if turn:
                times[name].append(elapsed)
    eager = statistics.median(times["engine, eager step"])
    trace = recorded_pass(weights())
    nodes = len(trace.nodes)
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:24} {median * 1e3:8.1f} ms   {median / eager:6.2f} x eager")
    size = sum(p.nbytes for p in trace.passes)
    print(
        f"{nodes} nodes, {len(trace.events)} events, {size / nodes:.0f} bytes a node in the trace"
    )
    print(f"a moment at random: {moment(trace) * 1e6:.0f} µs for an event, a value and a gradient")
    if other is None:
        print("micrograd is not installed: pip install micrograd", file=sys.stderr)
    return 0


def _layers(parameters: list[Any]) -> list[list[tuple[list[Any], Any]]]:
    following = iter(parameters)
    return [
        [([next(following) for _ in range(fan_in)], next(following)) for _ in range(fan_out)]
        for fan_in, fan_out in pairwise(WIDTHS)
    ]


def _unit(weights: list[Any], bias: Any, units: list[Any]) -> Any:
    total = bias
    for weight, unit in zip(weights, units, strict=True):
        total = total + weight * unit
    return total


def _sum(items: list[Any]) -> Any:
    total = items[0]
    for item in items[1:]:
        total = total + item
    return total


if __name__ == "__main__":
    raise SystemExit(main())
