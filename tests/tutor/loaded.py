"""Trace documents that are read and are strange: ops that nobody knows here, numbers that are not
finite, arrays without entries, numbers that no op would have given."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import engine
from engine import Tensor
from engine.document import Document, DocumentError, Source, read_bytes, write_bytes
from engine.document.members import EVERY, unpacked
from engine.document.members import packed as column_packed
from engine.ops.declare import REAL, REGISTRY, Op, op
from engine.trace import Trace
from tests.engine.document.samples import changed, members, packed, random_trace

ODD = (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 1e308, 1e-308, 5e-324)
NAMES = ("input", "constant", "other", "sum*", "{a}", "σ", "x y", "%s", "f(x", '"q"', "\\frac")


@contextmanager
def own_op() -> Iterator[Op]:
    """An op that is in the registry for a while."""

    @op("⊙", rule="the gradient times the other factor", domain=(REAL, REAL), elementwise=True)
    def bespoke(xp: Any, a: Any, b: Any, *, by: float = 2.0) -> Any:
        """A product of one's own."""
        return a * b * by

    @bespoke.gradient
    def _(xp: Any, g: Any, out: Any, a: Any, b: Any, *, by: float = 2.0) -> Any:
        return g * b * by, g * a * by

    try:
        yield bespoke
    finally:
        del REGISTRY["bespoke"]


def _foreign() -> Iterator[tuple[str, Trace]]:
    with own_op() as bespoke:

        def layer(x: Tensor, w: Tensor) -> Tensor:
            with engine.scope("layer"):
                z = bespoke(engine.tanh(w @ x), x, by=3.0)
                z.name = "z"
            return engine.sum(engine.exp(z) * z)

        trace = engine.record(layer, x=np.array([0.1, 0.2]), w=np.ones((2, 2)))
        yield "foreign-layer", engine.step(trace, layer, 0.1)
        yield "foreign", engine.record(lambda x, y: engine.exp(bespoke(x, y)), x=0.5, y=2.0)


def _odd() -> Iterator[tuple[str, Trace]]:
    nan, inf = np.nan, np.inf
    functions: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "nan": (
            lambda x, w: engine.sum(engine.log(w @ x)) * 2.0,
            {"x": np.array([0.0, 1.0, -1.0]), "w": np.eye(3)},
        ),
        "infinite": (lambda x: engine.exp(x) * 0.0 + 1 / x, {"x": 1000.0}),
        "masked": (
            lambda x, y: engine.sum(engine.where(x, x, engine.softmax(x * y))),
            {"x": np.array([nan, inf, -inf, 0.0]), "y": 2.0},
        ),
        "overflow": (lambda x: engine.sum(x * 1e308 - x * 1e308 * 1e10), {"x": np.ones((2, 2))}),
        "no-rows": (
            lambda x, y: engine.sum(x @ y) + engine.sum(engine.relu(x)),
            {"x": np.ones((0, 3)), "y": np.ones((3, 0))},
        ),
        "no-entries": (lambda x: engine.exp(x) * 2.0, {"x": np.ones((0,))}),
        "0-d": (
            lambda x, y: x * y + engine.sin(x),
            {"x": np.array(2.0, np.float32), "y": np.array(3.0, np.float16)},
        ),
        "leaf": (lambda x: x, {"x": np.ones((2, 2))}),
        "no-input": (lambda: Tensor(2.0) * 3.0, {}),
        "branch": (lambda x: x * 2.0 if x > 0 else x * 3.0, {"x": 1.0}),
    }
    for name, (function, inputs) in functions.items():
        with np.errstate(all="ignore"):
            yield name, engine.record(function, **inputs)


def _documents() -> dict[str, bytes]:
    source = Source("file", "own.py", "def f(x):\n    return x\n", "f")
    traces = dict([*_foreign(), *_odd()])
    return {name: write_bytes(Document(trace, source)) for name, trace in traces.items()}


DOCUMENTS = _documents()
"""Documents as a recording left them, by what is strange about them."""


def mutated(seed: int) -> bytes:
    """A document in which some numbers are others, or some ops are declared otherwise."""
    chance = random.Random(seed)
    some = [*DOCUMENTS.values(), write_bytes(Document(random_trace(seed % 20)))]
    while True:
        data = chance.choice(some)
        change = _declared if chance.random() < 0.35 else _numbers
        data = change(chance, data)
        try:
            read_bytes(data)
        except DocumentError:
            continue
        return data


def _declared(chance: random.Random, data: bytes) -> bytes:
    def change(table: bytes) -> bytes:
        lines = table.split(b"\n")
        for k, line in enumerate(lines):
            if line.startswith(b'{"op"') and chance.random() < 0.5:
                entry = json.loads(line)
                if chance.random() < 0.7:
                    entry["op"]["name"] = chance.choice(NAMES)
                    entry["op"]["symbol"] = chance.choice(["{", "…", "-", " ", "σ"])
                else:
                    entry["op"]["elementwise"] = not entry["op"]["elementwise"]
                lines[k] = json.dumps(entry).encode()
        return b"\n".join(lines)

    return changed(data, "tables.jsonl", change)


def _numbers(chance: random.Random, data: bytes) -> bytes:
    files = members(data)
    floats = [name for name in EVERY if EVERY[name][0] in ("<f8", "<f4", "<f2")]
    for name in chance.sample(floats, 3):
        column = unpacked(name, files[f"{name}.npy"]).copy()
        for _ in range(chance.choice([1, 2, 50]) if len(column) else 0):
            with np.errstate(all="ignore"):
                column[chance.randrange(len(column))] = chance.choice(ODD)
        files = {**files, f"{name}.npy": column_packed(name, column)}
    return packed(files)
