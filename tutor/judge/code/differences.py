"""The slope of the loss by one entry, from two forward passes beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays.numpy_ import NAMESPACE
from tutor.judge.code.evidence import Evidence

STEP = 1e-5
"""By what share of its size (at least of 1) an entry is moved to either side."""


def by_differences(evidence: Evidence, name: str, place: int, index: tuple[int, ...]) -> float:
    """dL/dq at one entry of a variable or a quantity q, by central differences at one point: the
    forward lines below q are computed again with that entry moved."""
    graph = evidence.graph
    nodes = [node.at(place)[0] for node in evidence.nodes]
    at, end = graph.places[name], graph.places[evidence.task.loss]
    size = STEP * max(1.0, abs(float(nodes[at][index])))
    results = []
    for sign in (1, -1):
        values: list[Any] = list(nodes)
        moved = np.array(nodes[at], dtype=float)
        moved[index] += sign * size
        values[at] = moved
        for i in range(at + 1, end + 1):
            step = graph.steps[i]
            if not graph.ancestors[i] >> at & 1:
                continue
            operands = [values[k] for k in step.operands]
            if step.op is None:
                values[i] = operands[0]
            else:
                with np.errstate(all="ignore"):
                    values[i] = step.op.forward(NAMESPACE, *operands, **step.params)
        results.append(float(values[end]))
    return (results[0] - results[1]) / (2 * size)
