"""Graphs to look at: layers, time steps, a network of scalars, and random ones with scopes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from hypothesis import strategies as st

import engine
from engine import Trace, scope


def layered(count: int, *, numbered: bool = True, extra: bool = True) -> Trace:
    """A chain of tanh layers, each in a scope, with a weight matrix and a bias of its own."""
    rng = np.random.default_rng(0)

    def fn(x: Any, **weights: Any) -> Any:
        h = x
        for k in range(count):
            with scope(f"layer{k + 1}" if numbered else "layer"):
                h = engine.tanh(weights[f"W{k + 1}"] @ h + weights[f"b{k + 1}"])
                if extra:
                    h = 0.5 * h + h**2
        return (h * h).sum()

    weights = {f"W{k + 1}": rng.normal(size=(3, 3)) for k in range(count)}
    weights |= {f"b{k + 1}": rng.normal(size=3) for k in range(count)}
    return engine.record(fn, x=rng.normal(size=3), **weights)


def recurrent(steps: int) -> Trace:
    """An RNN of one unit over time, a scope `t=1`, `t=2`, … each step."""

    def fn(wx: Any, wh: Any, b: Any, wy: Any, h: Any, **data: Any) -> Any:
        loss = 0.0 * h
        for t in range(1, steps + 1):
            with scope(f"t={t}"):
                h = engine.tanh(wx * data[f"x{t}"] + wh * h + b)
                loss = loss + (wy * h - data[f"y{t}"]) ** 2
        return loss

    data = {f"x{t}": 0.1 * t for t in range(1, steps + 1)}
    data |= {f"y{t}": -0.1 * t for t in range(1, steps + 1)}
    return engine.record(fn, wx=0.3, wh=0.5, b=0.1, wy=1.0, h=0.0, **data)


def perceptron(width: int) -> Trace:
    """A network of scalars without scopes: two layers of `width` units, one unit at the end."""
    sizes = [width, width, width, 1]
    names = {f"x{i}": 0.1 * i for i in range(width)}
    for layer in range(3):
        for j in range(sizes[layer + 1]):
            names |= {f"w{layer}_{j}_{i}": 0.1 * (i - j) for i in range(sizes[layer])}

    def fn(**k: Any) -> Any:
        h = [k[f"x{i}"] for i in range(width)]
        for layer in range(3):
            units = []
            for j in range(sizes[layer + 1]):
                total = k[f"w{layer}_{j}_0"] * h[0]
                for i in range(1, len(h)):
                    total = total + k[f"w{layer}_{j}_{i}"] * h[i]
                units.append(engine.tanh(total))
            h = units
        return h[0]

    return engine.record(fn, **names)


def chain(length: int) -> Trace:
    """One op after the other."""

    def fn(x: Any) -> Any:
        for _ in range(length):
            x = engine.tanh(x)
        return x

    return engine.record(fn, x=0.5)


OPS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: engine.tanh(a),
    lambda a, b: a - 0.5 * b,
)
_SCOPES: tuple[tuple[str, ...], ...] = ((), ("a",), ("a", "b"), ("a", "c"), ("t=1",), ("t=2",))


@st.composite
def traces(draw: Any, most: int = 100) -> Trace:
    """Random graphs, in random scopes, many of them with stretches that repeat."""
    unit = draw(
        st.lists(
            st.tuples(
                st.integers(0, len(OPS) - 1),
                st.integers(0, 20),
                st.integers(0, 20),
                st.sampled_from(_SCOPES),
            ),
            min_size=1,
            max_size=25,
        )
    )
    times = draw(st.integers(1, max(1, most // len(unit))))
    inputs = draw(st.integers(1, 20))

    def fn(**k: Any) -> Any:
        made = list(k.values())
        for _ in range(times):
            for op, a, b, names in unit:
                with _within(names):
                    made.append(OPS[op](made[-1 - a % len(made)], made[-1 - b % len(made)]))
        total = made[-1]
        for one in made[inputs:-1:3]:
            total = total + one
        return total

    return engine.record(fn, **{f"x{i}": 0.1 * i for i in range(inputs)})


def _within(names: tuple[str, ...]) -> ExitStack:
    stack = ExitStack()
    for name in names:
        stack.enter_context(scope(name))
    return stack
