"""Layers: the activations of a pass, seen as units over a batch.

In a graph of arrays a layer is one node: its last axis numbers the units, the axes before it the
examples; a vector is one example. In a graph of scalars a layer is all activations of one line at
one distance from the output; those whose sums begin with the same parameter are one unit, seen at
several examples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tutor.debugger.audit.audited import Array, Audited
from tutor.debugger.audit.profiles import FLAT, Profile

SELECTOR = Profile("one-sided", 1.0)
"""What a maximum with a constant, or a product with a mask, is like."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Activations that belong together.

    nodes: local ids. op: the op's name. profile: what it is like. slopes: the local derivative,
    (examples, units); NaN where there is nothing to see, since no gradient arrived or none is
    known. upstream: whether a gradient arrives, of the same shape. z: the operand's values, of the
    same shape. hidden: whether a product or another activation comes after it. loss: whether each
    unit is only averaged or summed after it, as the hinge of a loss is.
    """

    nodes: tuple[int, ...]
    op: str
    profile: Profile
    slopes: Array
    upstream: Array
    z: Array
    hidden: bool
    loss: bool

    @property
    def units(self) -> int:
        """How many units of the layer get a gradient from above."""
        return int(self.upstream.any(axis=0).sum())

    @property
    def off(self) -> int:
        """How many of these are flat at every example at which a gradient arrives."""
        flat = np.abs(self.slopes) < FLAT * self.profile.steepest
        always = (flat | ~self.upstream).all(axis=0)
        return int((always & self.upstream.any(axis=0)).sum())


def layers(audited: Audited) -> Iterator[Layer]:
    """The layers of activations that are flat somewhere, newest first."""
    scalars: list[int] = []
    for i in np.flatnonzero(audited.activations & audited.reached)[::-1].tolist():
        op: Any = audited.p.ops[i]
        if op.name == "softmax" or not _judged(audited, i):
            continue
        if i in audited.p.values.arrays:
            yield _of_array(audited, i)
        else:
            scalars.append(i)
    if scalars:
        yield from _of_scalars(audited, scalars)


def _judged(audited: Audited, node: int) -> bool:
    """Whether it is flat somewhere, and passes something on that is more than a mask."""
    made = audited.profiles.get(node)
    if made is not None and not made.flattens:
        return False
    return np.size(audited.p.values[node]) > 0 and bool(audited.unit_edges[node] >= 0)


def _of_array(audited: Audited, node: int) -> Layer:
    p = audited.p
    op: Any = p.ops[node]
    slot = int(p.slots[audited.unit_edges[node]])
    value = np.asarray(p.values[node])
    slopes = np.broadcast_to(np.asarray(p.local(node, slot), dtype=np.float64), value.shape)
    z = np.broadcast_to(np.asarray(p.values[p.operands[node][slot]], dtype=np.float64), value.shape)
    upstream = np.asarray(p.gradients[node])
    return Layer(
        (node,),
        op.name,
        audited.profiles.get(node, SELECTOR),
        _units_last(slopes),
        _units_last(upstream != 0),
        _units_last(z),
        bool(audited.heights[node] > 0),
        bool(np.ptp(upstream) == 0) if upstream.size > 1 else False,
    )


def _units_last(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)


def _of_scalars(audited: Audited, nodes: list[int]) -> Iterator[Layer]:
    p = audited.p
    ids = np.array(nodes)
    ids = ids[~np.isin(ids, list(p.values.arrays))]
    units = _first_parameter(audited)[ids]
    groups: dict[Any, list[int]] = defaultdict(list)
    heights = audited.heights[ids].tolist()
    for k, i in enumerate(ids.tolist()):
        key = (p.ops[i], p.locations[i], p.scopes.get(i), heights[k])
        groups[key].append(k)
    edges = audited.unit_edges[ids]
    upstream = p.gradients.floats[ids]
    with np.errstate(all="ignore"):
        slopes = p.amounts.floats[edges] / upstream
    z = p.values.floats[p.targets[edges]]
    for (op, *_), members in groups.items():
        of, ids_here = np.array(members), ids[members]
        yield Layer(
            tuple(ids_here.tolist()),
            op.name,
            audited.profiles.get(int(ids_here[0]), SELECTOR),
            *_table(units[of], slopes[of], upstream[of] != 0, z[of], ids_here),
            bool(_weighted_after(audited, ids_here)),
            bool(len(of) > 1 and np.ptp(upstream[of]) == 0),
        )


def _table(
    units: Array, slopes: Array, upstream: Array, z: Array, ids: Array
) -> tuple[Array, Array, Array]:
    """Slopes, upstream and z as (examples, units); NaN and False where a unit has fewer examples
    than others."""
    keys = np.where(units >= 0, units, -1 - ids)
    _, column, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(column, kind="stable")
    starts = np.cumsum(sizes) - sizes
    row = np.empty(len(keys), dtype=np.int64)
    row[order] = np.arange(len(keys)) - np.repeat(starts, sizes)
    shape = (int(sizes.max()), len(sizes))
    tables = np.full(shape, np.nan), np.zeros(shape, dtype=bool), np.full(shape, np.nan)
    for table, values in zip(tables, (slopes, upstream, z), strict=True):
        table[row, column] = values
    return tables


def _first_parameter(audited: Audited) -> Array:
    """For each scalar node the parameter that its sum begins with: down the first operands of sums,
    and from a product to the parameter in it; −1 where that leads to none."""
    p = audited.p
    n = len(p.ops)
    starts, flat = p.operands.starts, p.operands.flat
    leaf = np.zeros(n, dtype=bool)
    leaf[audited.parameters] = True
    names = np.array([0 if op is None else _STEPS.get(op.name, 0) for op in p.ops])
    activations = np.flatnonzero(audited.activations)
    following = np.arange(n)
    inner = np.flatnonzero(names)
    a = flat[starts[inner]]
    b = flat[np.minimum(starts[inner] + 1, len(flat) - 1)]
    product = names[inner] == 2
    following[inner] = np.where(product & ~leaf[a] & leaf[b], b, a)
    stays = np.flatnonzero(product & ~leaf[a] & ~leaf[b])
    following[inner[stays]] = inner[stays]
    sums = following.copy()
    following[activations] = activations
    while True:
        further = following[following]
        if np.array_equal(further, following):
            break
        following = further
    ends = following[sums[flat[starts[activations]]]] if len(activations) else activations
    found = np.full(n, -1)
    found[activations] = np.where(leaf[ends], ends, -1)
    return found


_STEPS = {"add": 1, "sub": 1, "mul": 2}


def _weighted_after(audited: Audited, ids: Array) -> bool:
    """Whether a product, another activation or a single product with a parameter comes after."""
    if (audited.heights[ids] > 0).any():
        return True
    p = audited.p
    return any(audited.weighted[user] for i in ids[:50].tolist() for user in p.consumers[i])
