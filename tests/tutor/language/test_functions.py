"""Every registered op can be written by its name, with its operands and its parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.ops import REGISTRY, Op
from engine.ops.declare import Sample
from tutor.language import parse
from tutor.language.functions import UNCALLABLE, function_named, names, near
from tutor.language.tree import Listed
from tutor.language.unparse import setting

OPS = sorted(set(REGISTRY) - UNCALLABLE)


def written(op: Op, sample: Sample) -> str:
    """A sample of an op as a call: `sum(a0, axis=0)`."""
    function = function_named(op.name)
    assert function is not None
    arguments = [f"a{i}" for i in range(len(sample.shapes))]
    for name, value in sample.params.items():
        if name == function.pattern:
            arguments.insert(0, value)
        else:
            plain = Listed(value) if isinstance(value, list) else value
            arguments.append(f"{name}={setting(plain)}")
    return f"{op.name}({', '.join(arguments)})"


def operands(op: Op, sample: Sample) -> dict[str, Any]:
    chance = np.random.default_rng(1)
    arrays = {}
    for i, shape in enumerate(sample.shapes):
        fixed = sample.values[i] if sample.values is not None else None
        domain = op.domain[min(i, len(op.domain) - 1)]
        drawn = chance.uniform(domain.low, domain.high, shape)
        arrays[f"a{i}"] = drawn if fixed is None else np.asarray(fixed, dtype=float)
    return arrays


@pytest.mark.parametrize("name", OPS)
def test_every_op_can_be_called(name: str) -> None:
    op = REGISTRY[name]
    # A pattern of einsum without its arrow cannot be told from its operands.
    samples = [one for one in op.samples if "->" in one.params.get("pattern", "->")]
    assert samples
    for sample in samples:
        inputs = operands(op, sample)
        program = parse(written(op, sample))
        ours = program.function()(**inputs)
        direct = op(*inputs.values(), **sample.params)
        np.testing.assert_array_equal(np.asarray(ours.tolist()), np.asarray(direct.tolist()))


@pytest.mark.parametrize("name", sorted(names()))
def test_the_usage_names_every_parameter(name: str) -> None:
    function = function_named(name)
    assert function is not None
    usage = function.usage()
    assert usage.startswith(f"{function.name}(")
    for parameter in function.parameters:
        assert parameter.name == function.pattern or f"{parameter.name}=" in usage
        assert parameter.wants()


@pytest.mark.parametrize(
    ("usage", "name"),
    [
        ("sum(x, axis=None, keepdims=False)", "sum"),
        ("where(condition, a, b)", "where"),
        ("concatenate(a, b, ..., axis=0)", "concatenate"),
        ("reshape(x, shape=...)", "reshape"),
        ("log(x)", "ln"),
        ("sigmoid(x)", "sigma"),
        ("step(x)", "heaviside"),
    ],
)
def test_usage(usage: str, name: str) -> None:
    function = function_named(name)
    assert function is not None
    assert function.usage() == usage


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sigmod", "sigmoid"),
        ("simgoid", "sigmoid"),
        ("sigmoidd", "sigmoid"),
        ("softmex", "softmax"),
        ("Exp", "exp"),
        ("SUM", "sum"),
        ("logsoftmax", "log_softmax"),
        ("tan", "tanh"),
        ("alpha", None),
        ("x" * 2000, None),
        ("", None),
    ],
)
def test_near_names(typed: str, meant: str | None) -> None:
    assert near(typed) == meant
