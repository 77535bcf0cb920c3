"""Activations that are written by hand: regions of several ops between one product and the next.

Between two products with weights the gradient goes from the operand h, that the later product is
fed with, back to the sum z, that h was made of. Where all that lies between is done entry by entry,
those ops are one activation, whatever they are: `1/(1 + exp(-z))` is four ops and one sigmoid. What
arrives at z beside what arrived at h is the factor of its slopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np

from engine.ops import REGISTRY
from tutor.debugger.audit.audited import Array, Audited
from tutor.debugger.audit.layers import Layer
from tutor.debugger.audit.profiles import Profile, profile
from tutor.debugger.cells.call import FAILURES
from tutor.debugger.errors import DebuggerError
from tutor.debugger.gates import alone, gate, known

UNKNOWN = "activation"
"""What a region is called that is no op of the registry."""

_MOST_MEMBERS = 64
_MOST_TRIED = 4
_OTHER = Profile("other")


@dataclass(frozen=True, slots=True)
class Region:
    """An activation of several ops; all ids are local ones.

    top: the h that it makes. z: the sum that it makes h of. members: its nodes, h among them,
    rising. name: the op of the registry that it is; without one, that of the activation in it
    where all else is sums and multiples, else `activation`. profile: what the op is like, "other"
    where that is not known.
    """

    top: int
    z: int
    members: tuple[int, ...]
    name: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class _Graph:
    """A pass as plain lists, which Python reads quickly: the operands end to end and where those of
    each node start, how often each node is used, and whether each node is computed entry by entry
    and whether it is a sum of products."""

    operands: list[int]
    starts: list[int]
    uses: list[int]
    entrywise: list[bool]
    sums: list[bool]

    def of(self, node: int) -> list[int]:
        """The operands of a node."""
        return self.operands[self.starts[node] : self.starts[node + 1]]


def regions(audited: Audited) -> list[Region]:
    """The activations of several ops, or of one that is not known as an activation."""
    tops, graph = _tops(audited)
    found = []
    for top in tops:
        made = _down(audited, graph, top)
        if made is not None:
            found.append((top, *made))
    names: dict[Any, tuple[str, Profile]] = {}
    named = []
    for top, z, members in found:
        key = _key(audited, graph, z, members)
        if key not in names:
            names[key] = _named(audited, members, tried=len(names) < _MOST_TRIED)
        named.append(Region(top, z, members, *names[key]))
    return named


def steepest(audited: Audited, region: Region) -> float:
    """The largest slope by size that the gradient met in a region."""
    p = audited.p
    above = np.asarray(p.gradients[region.top], dtype=np.float64)
    below = np.asarray(p.gradients[region.z], dtype=np.float64)
    with np.errstate(all="ignore"):
        return float(np.abs(below[above != 0] / above[above != 0]).max())


def region_layers(audited: Audited, of: Iterable[Region]) -> list[Layer]:
    """The regions whose op is flat at both ends, as layers: one for each array, one for all single
    numbers together."""
    p = audited.p
    flat = [region for region in of if np.isfinite(region.profile.limit)]
    wide = [[region] for region in flat if region.top in p.values.arrays]
    single = [region for region in flat if region.top not in p.values.arrays]
    found = []
    for group in [*wide, single] if single else wide:
        upstream = _rows(p.gradients[region.top] for region in group)
        with np.errstate(all="ignore"):
            slopes = _rows(p.gradients[region.z] for region in group) / upstream
        found.append(
            Layer(
                # `sum_below` begins at what z is an operand of.
                tuple(next(i for i in r.members if r.z in p.operands[i]) for r in group),
                group[0].name,
                group[0].profile,
                np.where(upstream != 0, slopes, np.nan),
                upstream != 0,
                _rows(p.values[region.z] for region in group),
                hidden=True,
                loss=False,
            )
        )
    return found


def _rows(values: Iterable[Any]) -> Array:
    rows = [np.asarray(value, dtype=np.float64) for value in values]
    if len(rows) > 1:
        return np.concatenate([row.reshape(1, 1) for row in rows])
    return rows[0].reshape(-1, rows[0].shape[-1]) if rows[0].ndim else rows[0].reshape(1, 1)


def _tops(audited: Audited) -> tuple[list[int], _Graph]:
    """What products are fed with that is made entry by entry, save what is one activation of a sum:
    that one is known. And the graph to go down from there."""
    p = audited.p
    products = audited.products | audited.weighted
    entrywise = np.zeros(len(p.ops), dtype=bool)
    entrywise[audited.nodes_of(lambda op: op.elementwise)] = True
    flat, starts = p.operands.flat, p.operands.starts
    operands, begin = flat.tolist(), starts.tolist()
    listed = _sums(audited, products, operands, begin)
    sums = np.array(listed, dtype=bool)
    fed = np.unique(flat[np.repeat(products, np.diff(starts))])
    fed = fed[(entrywise & audited.flows & ~sums)[fed]]
    single = np.diff(starts)[fed] == 1
    tops = fed[~(single & audited.activations[fed] & sums[flat[starts[fed]]])].tolist()
    if not tops:
        return [], _Graph([], [], [], [], [])
    uses = np.bincount(flat, minlength=len(p.ops)).tolist()
    return tops, _Graph(operands, begin, uses, (entrywise & ~products).tolist(), listed)


def _sums(audited: Audited, products: Array, operands: list[int], begin: list[int]) -> list[bool]:
    """Whether each node is a product with weights, or a sum of such and of leaves: what a layer
    puts into its activation."""
    found: list[bool] = products.tolist()
    leaf = [op is None for op in audited.p.ops]
    for i in audited.nodes_of(lambda op: op.name in ("add", "sub")):
        a, b = operands[begin[i]], operands[begin[i] + 1]
        found[i] = (found[a] or found[b]) and (found[a] or leaf[a]) and (found[b] or leaf[b])
    return found


def _down(audited: Audited, graph: _Graph, top: int) -> tuple[int, tuple[int, ...]] | None:
    """The one sum that a node is made of entry by entry, and the nodes between; None where there is
    none, where more leads in or out than these two, where all slopes are constants, and where it is
    a single op that is known as an activation."""
    p = audited.p
    members: list[int] = []
    waiting = [-top]
    used: dict[int, int] = {}
    while waiting:
        i = -heappop(waiting)
        if not waiting and graph.sums[i]:
            closed = all(count == graph.uses[k] for k, count in used.items())
            alike = np.shape(p.values[i]) == np.shape(p.values[top])
            bends = any(not _straight(audited, k) for k in members)
            single = members == [top] and bool(audited.activations[top])
            if closed and alike and bends and not single and audited.flows[i]:
                return i, tuple(members[::-1])
            return None
        if not graph.entrywise[i] or len(members) == _MOST_MEMBERS:
            return None
        members.append(i)
        for k in graph.of(i):
            if k in used:
                used[k] += 1
            elif p.ops[k] is not None and p.wanted[k]:
                used[k] = 1
                heappush(waiting, -k)
    return None


def _straight(audited: Audited, node: int) -> bool:
    """Whether the slopes of a node are constants: a sum, a multiple."""
    p = audited.p
    op: Any = p.ops[node]
    constant = [p.ops[k] is None for k in p.operands[node]]
    if op.name == "mul":
        return any(constant)
    return op.name in ("add", "sub", "neg") or (op.name == "div" and constant[1])


def _key(audited: Audited, graph: _Graph, z: int, members: tuple[int, ...]) -> Any:
    """The ops of a region, how they hang together, and the numbers in it."""
    p = audited.p
    place = {node: k for k, node in enumerate((z, *members))}
    key: list[Any] = []
    for i in members:
        key.append(p.ops[i])
        if i in p.params:
            key.append(repr(p.params[i]))
        for k in graph.of(i):
            inside = place.get(k)
            if inside is not None:
                key.append(inside)
            else:
                key.append("array" if k in p.values.arrays else repr(p.values.floats[k]))
    return tuple(key)


def _named(audited: Audited, members: tuple[int, ...], *, tried: bool) -> tuple[str, Profile]:
    p = audited.p
    if len(members) == 1:
        op: Any = p.ops[members[0]]
        return op.name, audited.profiles.get(members[0], _OTHER)
    if tried:
        try:
            one = gate(p, members)
            cell = (0,) * np.ndim(p.values[members[-1]])
            found = known(alone(p, one, cell=cell or None))
        except (DebuggerError, *FAILURES):
            found = None
        if found is not None:
            return found.op, profile(REGISTRY[found.op], found.params)
    bent = [i for i in members if not _straight(audited, i)]
    if len(bent) == 1 and audited.activations[bent[0]]:
        op = p.ops[bent[0]]
        return op.name, _OTHER
    return UNKNOWN, _OTHER
