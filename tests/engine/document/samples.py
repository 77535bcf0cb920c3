"""Traces of many kinds, and whether two are the same to the last bit."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

import engine
from engine import Tensor
from engine.columns import Column
from engine.passes import Pass
from engine.recording import record_with
from engine.trace import Trace

_UNARY = "exp tanh sigmoid relu sin square softplus abs neg gelu swish".split()
_BINARY = "add sub mul maximum minimum logaddexp".split()
_SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (2, 3), (2, 1), (2, 2, 3))


def random_trace(seed: int) -> Trace:
    """A recording of a random graph: scalars and arrays of any width, scopes, names, several
    passes, seeds, constants, masks and indices."""
    chance = random.Random(seed)
    numbers = np.random.default_rng(seed)
    shapes = [chance.choice(_SHAPES) for _ in range(chance.randint(1, 3))]
    inputs = {name: numbers.normal(size=s) for name, s in zip("xyz", shapes, strict=False)}
    kinds = [chance.random() for _ in range(chance.randint(1, 12))]
    plan = [(kind, chance.random(), chance.random(), chance.random()) for kind in kinds]

    def fn(**given: Tensor) -> Tensor:
        made = list(given.values())
        for kind, a, b, c in plan:
            with engine.scope("outer" if a < 0.5 else "ünder"):
                made.append(_one_more(made, kind, a, b, c))
            if c < 0.2 and made[-1].op is not None:
                made[-1].name = f"h{len(made)}"
        return made[-1] if plan[0][1] < 0.5 else engine.sum(made[-1]) + 0.5

    dtype = chance.choice([None, "float64", "float32", "float16"])
    trace = record_with(fn, inputs, dtype=dtype)
    if chance.random() < 0.3:
        seeded = numbers.normal(size=np.shape(trace.value(trace.output)))
        trace = record_with(fn, inputs, dtype=dtype, upstream=seeded)
    reached = [name for name, node in trace.inputs.items() if trace.grad(node) is not None]
    for _ in range(chance.choice([0, 0, 1, 3])):
        trace = engine.step(trace, fn, 1e-3, reached)
    return trace


def _one_more(made: list[Tensor], kind: float, a: float, b: float, c: float) -> Tensor:
    x = made[int(a * len(made))]
    if kind < 0.4:
        return getattr(engine, _UNARY[int(b * len(_UNARY))])(x)  # type: ignore[no-any-return]
    if kind < 0.7:
        alike = [y for y in made if y.shape in (x.shape, ())]
        op = getattr(engine, _BINARY[int(b * len(_BINARY))])
        return op(x, alike[int(c * len(alike))])  # type: ignore[no-any-return]
    if kind < 0.8:
        return engine.where(x > 0.0, x, x * 0.25)
    if x.ndim == 0:
        return engine.clip(x, lo=-1.0) * 2.0
    if kind < 0.85:
        return x[..., 0] if b < 0.5 else x[::-1]
    if kind < 0.9:
        return engine.take(x, indices=np.array([0, -1, 0]), axis=0)
    if kind < 0.95:
        return engine.sum(x, axis=-1, keepdims=b < 0.5)
    return engine.transpose(x)


def assert_alike(one: Trace, other: Trace) -> None:
    """That two traces hold the same, bit for bit: graph, names, places, values and events."""
    assert len(one.passes) == len(other.passes)
    for mine, its in zip(one.passes, other.passes, strict=True):
        assert_pass(mine, its)
    assert list(map(repr, one.nodes)) == list(map(repr, other.nodes))
    assert len(one.events) == len(other.events)
    for event, same in zip(one.events, other.events, strict=True):
        for field in fields(event):
            mine, its = getattr(event, field.name), getattr(same, field.name)
            if field.name in ("i", "kind", "node", "source", "operand", "rate"):
                assert mine == its
            else:
                assert_bits(mine, its)


def assert_pass(one: Pass, other: Pass) -> None:
    """That two passes hold the same, bit for bit."""
    for name in ("index", "ops", "operands", "names", "given_names", "scopes", "locations"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("output", "seed_given", "decisions"):
        assert getattr(one, name) == getattr(other, name), name
    assert list(one.inputs.items()) == list(other.inputs.items())
    assert repr(dict(one.params)) == repr(dict(other.params))
    for name in ("wanted", "sources", "slots", "targets"):
        assert_bits(getattr(one, name), getattr(other, name))
    assert_bits(one.seed, other.seed)
    for name in ("values", "gradients", "amounts"):
        assert_column(getattr(one, name), getattr(other, name))
    assert [update[:2] for update in one.updates] == [update[:2] for update in other.updates]
    for mine, its in zip(one.updates, other.updates, strict=True):
        assert_bits(mine[2], its[2])


def assert_column(one: Column, other: Column) -> None:
    """That two columns hold the same, bit for bit."""
    assert one.absent == other.absent
    assert one.arrays.keys() == other.arrays.keys()
    assert len(one) == len(other)
    for i in range(len(one)):
        assert_bits(one[i], other[i])


def assert_bits(one: Any, other: Any) -> None:
    """That two values are the same, nan or not, and of the same dtype and shape."""
    assert (one is None) == (other is None)
    if one is not None:
        one, other = np.asarray(one), np.asarray(other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()


def members(data: bytes) -> dict[str, bytes]:
    """What lies in the bytes of a document."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip of members, without any of the care that the writer takes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A document with one of its members changed."""
    files = members(data)
    return packed({**files, name: change(files[name])})
