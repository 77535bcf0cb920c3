"""Whatever the bytes are: a DocumentError of one line, or a trace that can be read to the end."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import Tensor
from engine.document import Document, DocumentError, Source, read_bytes, write_bytes
from engine.document.members import EVERY, unpacked
from engine.document.members import packed as members_packed
from engine.trace import Trace
from tests.engine.document.samples import members, packed, random_trace

Files = dict[str, bytes]


def sample() -> bytes:
    def f(x: Tensor, w: Tensor) -> Tensor:
        with engine.scope("layer1"):
            z = engine.clip(w @ x, lo=-1.0, hi=2.0)
            z.name = "z"
        return (z[0] * z[1:]).sum() + engine.take(z, indices=np.array([0, 1])).sum()

    numbers = np.random.default_rng(0)
    trace = engine.record(f, x=numbers.normal(size=3), w=numbers.normal(size=(2, 3)))
    trace = engine.step(trace, f, 0.1)
    return write_bytes(Document(trace, Source("file", "a.py", "x = 1\n", "f"), {"title": "t"}))


DATA = sample()
MEMBERS = members(DATA)
JSON = [name for name in MEMBERS if name.endswith((".json", ".jsonl"))]


def survive(data: bytes) -> bool:
    """Whether the bytes are a document; they have to be refused in one line, or be read whole."""
    said = None
    try:
        trace = read_bytes(data).trace
    except DocumentError as error:
        said = str(error)
    if said is None:
        walk(trace)
        write_bytes(Document(trace))
        return True
    assert said
    assert said.isprintable(), said
    assert len(said) < 400
    return False


def walk(trace: Trace) -> None:
    """Look at everything that a trace has."""
    for p in trace.passes:
        assert len(p.names) == len(p.ops)
        for node in range(len(p.ops)):
            for slot in range(len(p.operands[node])):
                p.local(node, slot)
    for node in trace.nodes:
        repr(node)
        trace.arrivals(node.id)
        trace.departures(node.id)
        trace.consumers(node.id)
    for event in trace.events:
        repr(event)
        trace.grad_at(event.node, event.i)


def test_the_sample_survives() -> None:
    assert survive(DATA)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_byte_that_is_another_one(place: int, change: int) -> None:
    survive(DATA[:place] + bytes([DATA[place] ^ change]) + DATA[place + 1 :])


@given(st.integers(0, len(DATA) - 1))
def test_a_file_that_is_cut_off(length: int) -> None:
    assert not survive(DATA[:length])


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    assert not survive(data)
    assert not survive(b"PK\x03\x04" + data)


@given(st.integers(0, 10**6))
def test_a_member_with_other_bytes(seed: int) -> None:
    survive(packed(other_bytes(random.Random(seed), MEMBERS)))


@given(st.integers(0, 10**6))
def test_a_column_with_other_numbers(seed: int) -> None:
    survive(packed(other_numbers(random.Random(seed), MEMBERS)))


@given(st.integers(0, 10**6))
def test_json_with_other_data(seed: int) -> None:
    survive(packed(other_data(random.Random(seed), MEMBERS)))


@pytest.mark.long
@settings(max_examples=2000)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_part_of_any_graph(graph: int, seed: int) -> None:
    files = members(write_bytes(Document(random_trace(graph))))
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 1, 2])):
        files = chance.choice([other_bytes, other_numbers, other_data])(chance, files)
    survive(packed(files))


def other_bytes(chance: random.Random, files: Files) -> Files:
    """A member with some bytes exchanged for others, or cut out, or put in."""
    name = chance.choice(sorted(files))
    old = files[name]
    place = chance.randrange(len(old) + 1)
    new = chance.randbytes(chance.choice([0, 1, 2, 8]))
    return {**files, name: old[:place] + new + old[place + chance.choice([0, 1, 2, 8]) :]}


def other_numbers(chance: random.Random, files: Files) -> Files:
    """A column with other numbers, such as could stand there, or with fewer of them."""
    name = chance.choice(sorted(EVERY))
    try:
        column = unpacked(name, files[f"{name}.npy"]).copy()
    except DocumentError:  # it was changed before
        return files
    flat = column.reshape(-1)
    for _ in range(chance.randint(1, 2) if len(flat) else 0):
        with np.errstate(over="ignore"):
            flat[chance.randrange(len(flat))] = chance.choice(NUMBERS[column.dtype.kind])
    if chance.random() < 0.3:
        column = column[: chance.randint(0, len(column))]
    return {**files, f"{name}.npy": members_packed(name, column)}


def other_data(chance: random.Random, files: Files) -> Files:
    """A member of JSON with something else at some place, or nothing, or one key more."""
    name = chance.choice(JSON)
    lines = files[name].split(b"\n")
    at = chance.randrange(max(len(lines) - 1, 1))
    try:
        line = json.loads(lines[at])
    except ValueError:  # it was changed before
        return files
    if not isinstance(line, dict) or not line:
        return files
    holder, key = chance.choice(list(spots(line)))
    value = copy.deepcopy(chance.choice(VALUES))
    way = chance.random()
    if way < 0.2:
        del holder[key]
    elif way < 0.3 and isinstance(holder, dict):
        holder[str(value)] = value
    else:
        holder[key] = value
    lines[at] = json.dumps(line).encode()
    return {**files, name: b"\n".join(lines)}


def spots(data: Any) -> Any:
    """Every place in JSON data, as what holds it and its key there."""
    keys: Any = data.keys() if isinstance(data, dict) else range(len(data))
    for key in list(keys):
        yield data, key
        if isinstance(data[key], (dict, list)):
            yield from spots(data[key])


NUMBERS: dict[str, list[Any]] = {
    "b": [True, False],
    "f": [math.nan, math.inf, -1.0, 0.0, 1e308],
    "i": [-2, -1, 0, 1, 2, 3, 5, 9, 12, 100, 127],
    "u": [0, 1, 2, 3, 7, 100],
}
VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 2, 99, 10**30, 1.5, "", "x", "relu", "\x1b[2J", "\ud800"),
    *([], [1], [[]], {}, {"a": 1}, {"slice": [1, 2]}, {"slice": ["a", None, 2]}, {"list": [[]]}),
    *({"array": 0}, {"array": 10**6}, {"ellipsis": True}, {"float": "nan"}, {"scalar": 0}),
    {"tuple": [{"array": 1}, 3]},
]
