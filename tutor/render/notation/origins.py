"""Where a factor of a gradient comes from: from above, an activation, an input, a weight, the loss.

Each origin has a word, for the line under the numbers, and a role, for its colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from engine.trace import Trace
from tutor.render.notation.layers import ACTIVATIONS, network_of

Origin = Literal["above", "slope", "activation", "input", "weight", "loss"]

ROLES: Mapping[Origin, str] = MappingProxyType(
    {
        "above": "upstream",
        "slope": "local",
        "activation": "local",
        "input": "factor.input",
        "weight": "local",
        "loss": "factor.loss",
    }
)

_BY_THE_OTHER = ("mul", "matmul", "dot", "outer")


def upstream_origin(trace: Trace, source: int) -> Origin:
    """Where the gradient that `source` passes on comes from: the loss, if `source` is the output of
    a network, else what lies above."""
    at = trace.pass_of(source)
    network = network_of(trace.passes[at])
    direct = source - trace.node_range(at).start in network.outputs
    return "loss" if direct and network.loss is not None else "above"


def local_origin(trace: Trace, source: int, operand: int) -> Origin:
    """Where the local factor of `source` for one of its operands comes from."""
    at = trace.pass_of(source)
    p, first = trace.passes[at], trace.node_range(at).start
    network, local = network_of(p), source - first
    if local in network.above:
        return "loss"
    entry = trace.node(source)
    if entry.op in ACTIVATIONS:
        return "activation"
    if entry.op not in _BY_THE_OTHER or len(entry.inputs) != 2:
        return "slope"
    other = entry.inputs[1 - operand] - first
    parts = [part for layer in network.layers for part in layer.parts if part.product == local]
    for part in parts:
        return "input" if other == part.data else "weight"
    if p.ops[other] is None:
        return "input" if p.wanted[other] else "slope"
    return "slope"
