"""How fast the interface is, in a real terminal (a pty), beside the targets.

    python benchmarks/interface.py            every figure, in about a minute
    python benchmarks/interface.py --json     as data

First frames count from the start of the process to the first complete frame; key to paint from the
key's bytes going in to the frame that shows the new moment coming out. Byte-compiled and warm: each
is run once unmeasured.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import math
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>$]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()=>]")
RUNS = 7
STEPS = 150
PAUSE = 0.04
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure in milliseconds, and what it should be at most."""

    name: str
    measured: float
    target: float

    @property
    def ratio(self) -> float:
        """Measured over target: at most 1 is good."""
        return self.measured / self.target


class Program:
    """A child process in a terminal of its own."""

    def __init__(self, arguments: list[str], columns: int, lines: int) -> None:
        self.text = b""
        self.began = time.perf_counter()
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(ROOT)
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            for name in ("COLUMNS", "LINES", "NO_COLOR", "PYTHONDONTWRITEBYTECODE"):
                environment.pop(name, None)
            environment["PYTHONPATH"] = str(ROOT)
            environment["BACKPROP_TUTOR_HOME"] = "/tmp/backprop-tutor-benchmark"  # noqa: S108
            os.execve(sys.executable, [sys.executable, *arguments], environment)  # noqa: S606
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)

    def until(self, shown: Callable[[bytes], bool]) -> float:
        """Read until what has been written satisfies `shown`; the moment at which it did."""
        deadline = time.perf_counter() + PATIENCE
        while not shown(self.text):
            if time.perf_counter() > deadline:
                raise TimeoutError(f"never shown; the last of it: {self.text[-300:]!r}")
            if select.select([self.terminal], [], [], 0.5)[0]:
                data = os.read(self.terminal, 1 << 16)
                self.text += ESCAPES.sub(b"", data)
        return time.perf_counter()

    def calm(self, seconds: float) -> None:
        """Read until nothing has come for so long."""
        while select.select([self.terminal], [], [], seconds)[0]:
            self.text += ESCAPES.sub(b"", os.read(self.terminal, 1 << 16))

    def press(self, keys: bytes) -> None:
        """Send keys."""
        os.write(self.terminal, keys)

    def end(self) -> None:
        """End it."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def first_frame(arguments: list[str], last_words: str, size: tuple[int, int]) -> float:
    """Median milliseconds from the start of the process to `last_words` on the screen."""
    times = []
    for run in range(RUNS + 1):
        program = Program(arguments, *size)
        came = program.until(lambda text: last_words.encode() in text)
        if run:
            times.append((came - program.began) * 1000)
        program.end()
    return statistics.median(times)


def key_to_paint(nodes: int, size: tuple[int, int]) -> tuple[float, float]:
    """Median and 95th percentile of milliseconds from a step key to its frame."""
    program = Program([__file__, "--open", str(nodes)], *size)
    program.until(lambda text: b"\xe2\x94\x8c" in text)
    program.calm(1.5)
    times = []
    for step in range(1, STEPS + 1):
        count = f"{step}/".encode()
        program.text = b""
        began = time.perf_counter()
        program.press(b"\x1b[C")
        came = program.until(lambda text, count=count: count in text)  # type: ignore[misc]
        times.append((came - began) * 1000)
        program.calm(PAUSE)
    program.end()
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def opening(nodes: int, size: tuple[int, int]) -> float:
    """Milliseconds from opening the stepper on a recorded graph to its boxes on the screen."""
    times = []
    for _ in range(3):
        program = Program([__file__, "--open", str(nodes)], *size)
        began = program.until(lambda text: b"recorded" in text)
        came = program.until(lambda text: b"\xe2\x94\x8c" in text)
        times.append((came - began) * 1000)
        program.end()
    return statistics.median(times)


def network(nodes: int) -> tuple[Callable[..., Any], dict[str, float]]:
    """A scalar network with tanh units of about so many nodes, and its inputs."""
    import engine

    width = max(2, math.ceil((nodes / 6) ** 0.5))
    sizes = [width, width, width, 1]
    names = {f"x{i}": 0.1 * (i % 7) - 0.3 for i in range(width)}
    for layer, (inner, outer) in enumerate(pairwise(sizes)):
        for j in range(outer):
            for i in range(inner):
                names[f"w{layer}_{j}_{i}"] = ((7 * i + 3 * j + layer) % 11 - 5) / 10

    def fn(**k: Any) -> Any:
        h = [k[f"x{i}"] for i in range(width)]
        for layer, (inner, outer) in enumerate(pairwise(sizes)):
            units = []
            for j in range(outer):
                total = k[f"w{layer}_{j}_0"] * h[0]
                for i in range(1, inner):
                    total = total + k[f"w{layer}_{j}_{i}"] * h[i]
                units.append(engine.tanh(total))
            h = units
        return h[0]

    return fn, names


def open_network(nodes: int) -> int:
    """Record a network and open the stepper on it (run in the child)."""
    from tutor.session.session import start
    from tutor.tui.app import run_stepper

    fn, inputs = network(nodes)
    session = start(fn, inputs)
    print(f"recorded {len(session.trace.nodes)} nodes", flush=True)
    return run_stepper(session)


def measure() -> list[Figure]:
    """All figures."""
    trace = ["-m", "tutor.cli.main", "trace", "(x + y)*z", "--at", "x=-2,y=5,z=-4"]
    small = (80, 24)
    figures = [
        Figure("home, first frame", first_frame(["-m", "tutor.cli.main"], "ctrl+p", small), 500),
        Figure("trace, first frame", first_frame(trace, "0/10", small), 750),
    ]
    for columns, lines in (small, (120, 40), (200, 60)):
        median, late = key_to_paint(1000, (columns, lines))
        where = f"1000 nodes, {columns}x{lines}"
        figures.append(Figure(f"key to paint, median ({where})", median, 10))
        figures.append(Figure(f"key to paint, p95 ({where})", late, 25))
    figures.append(Figure("10000 nodes, opened", opening(10_000, (120, 40)), 2000))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the figures as data")
    parser.add_argument("--open", type=int, metavar="NODES", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.open:
        return open_network(arguments.open)
    figures = measure()
    if arguments.json:
        print(json.dumps([{**asdict(f), "ratio": round(f.ratio, 3)} for f in figures], indent=1))
        return 0
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for f in figures:
        print(f"{f.name:<48} {f.measured:8.1f} ms   target {f.target:6.0f}   ratio {f.ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
